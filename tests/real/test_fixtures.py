import pytest

from tests.real.fixtures import require


def test_what_is_there_is_used() -> None:
    require(None)


def test_what_is_missing_skips_its_tests_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="redis-server is not installed"):
        require("redis-server is not installed")


def test_what_is_missing_fails_its_tests_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="redis-server is not installed"):
        require("redis-server is not installed")
