import os
from typing import ClassVar

import pytest
from pydantic import Field, SecretStr, ValidationError

from serving.loopback import is_loopback
from serving.settings import CommonSettings
from serving.settings_loading import SettingsError, load_settings


class ExampleSettings(CommonSettings):
    service: ClassVar[str] = "ranker"

    main_count: int = Field(default=200, le=500)
    topics: tuple[str, ...] = ()
    token_key: SecretStr = Field(default=SecretStr("unset"), min_length=4)


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Nothing but what every server must be told."""
    for name in [name for name in os.environ if name.startswith("FEEDRANK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FEEDRANK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEEDRANK_GENERATIONS", str(tmp_path / "generations"))
    return monkeypatch


@pytest.fixture
def write_config(environment, tmp_path):
    def write(text: str) -> None:
        (tmp_path / "feedrank.toml").write_text(text, "utf-8")
        environment.setenv("FEEDRANK_CONFIG", str(tmp_path / "feedrank.toml"))

    return write


def problems_of(settings_class=ExampleSettings, arguments=None) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        load_settings(settings_class, arguments)
    return str(raised.value).splitlines()[1:]


def test_listens_on_loopback_and_stores_under_home_by_default(tmp_path):
    settings = load_settings(ExampleSettings)
    assert settings.host == "127.0.0.1"
    assert settings.bus == f"log://{tmp_path}/home/bus"
    assert settings.state == f"rocksdb://{tmp_path}/home/state"


def test_a_relative_home_becomes_absolute(environment, tmp_path):
    environment.chdir(tmp_path)
    environment.setenv("FEEDRANK_HOME", "here")
    assert load_settings(ExampleSettings).bus == f"log://{tmp_path}/here/bus"


def test_the_stronger_place_wins(environment, write_config):
    write_config(
        "port = 1\ndrain_s = 1\nlog_level = 'error'\nmain_count = 1\n[ranker]\ndrain_s = 2"
    )
    environment.setenv("FEEDRANK_LOG_LEVEL", "debug")
    environment.setenv("FEEDRANK_MAIN_COUNT", "3")
    environment.setenv("FEEDRANK_RANKER__MAIN_COUNT", "4")
    settings = load_settings(ExampleSettings, {"port": 5, "metrics_port": None})
    assert (settings.drain_s, settings.log_level) == (2, "debug")
    assert (settings.main_count, settings.port) == (4, 5)


def test_lists_are_given_as_json(environment):
    environment.setenv("FEEDRANK_TOPICS", '["a", "b"]')
    assert load_settings(ExampleSettings).topics == ("a", "b")


def test_all_problems_are_reported_at_once(environment, write_config, tmp_path):
    write_config("drain_s = -1")
    environment.setenv("FEEDRANK_PORT", "70000")
    environment.setenv("FEEDRANK_BUS", "zookeeper://x")
    environment.setenv("FEEDRANK_TOPICS", "a, b")
    environment.setenv("FEEDRANK_PROT", "1")
    environment.setenv("FEEDRANK_RANKER__MAIN_COUNT", "501")
    environment.delenv("FEEDRANK_GENERATIONS")
    assert sorted(problems_of()) == [
        "  FEEDRANK_BUS = (an address): string should match pattern '^(log|kafkas?)://.+$'",
        "  FEEDRANK_PORT = '70000': input should be less than or equal to 65535",
        "  FEEDRANK_PROT: unknown setting; did you mean FEEDRANK_PORT?",
        "  FEEDRANK_RANKER__MAIN_COUNT = '501': input should be less than or equal to 500",
        "  FEEDRANK_TOPICS = 'a, b': input should be a valid tuple",
        f"  drain_s (in {tmp_path}/feedrank.toml) = -1: input should be greater than or equal to 0",
        "  generations: required; set FEEDRANK_GENERATIONS",
    ]


def test_options_of_a_bus_that_do_not_go_together_are_a_problem(environment):
    environment.setenv("FEEDRANK_BUS", "kafka://b:9092?user=shop")
    assert problems_of() == [
        "  FEEDRANK_BUS = (an address): user is given and kafka:// is plain text, need kafkas://"
    ]


def test_a_bad_home_is_one_problem(environment):
    environment.delenv("FEEDRANK_HOME")
    assert problems_of() == ["  home: required; set FEEDRANK_HOME"]


def test_an_unknown_key_in_the_file_is_refused(write_config, tmp_path):
    write_config("[ranker]\nmain_cuont = 3")
    assert problems_of() == [
        f"  ranker.main_cuont (in {tmp_path}/feedrank.toml): unknown setting;"
        " did you mean main_count?"
    ]


def test_what_is_meant_for_another_service_is_left_to_it(environment, write_config):
    write_config("[feed_assembly]\nanything = 1")
    environment.setenv("FEEDRANK_FEED_ASSEMBLY__ANYTHING", "1")
    assert load_settings(ExampleSettings).main_count == 200


def test_an_unknown_service_is_refused(environment):
    environment.setenv("FEEDRANK_RANKRE__MAIN_COUNT", "1")
    assert problems_of() == [
        "  FEEDRANK_RANKRE__MAIN_COUNT: unknown setting; did you mean FEEDRANK_RANKER__MAIN_COUNT?"
    ]


@pytest.mark.parametrize("text", ["port = ", None], ids=["damaged", "absent"])
def test_a_file_that_cannot_be_read_is_named(environment, write_config, tmp_path, text):
    write_config(text or "")
    if text is None:
        environment.setenv("FEEDRANK_CONFIG", str(tmp_path / "absent.toml"))
    [problem] = problems_of()
    assert problem.startswith(f"  FEEDRANK_CONFIG = '{tmp_path}")


def test_secrets_and_values_of_unknown_keys_are_not_printed(environment):
    environment.setenv("FEEDRANK_TOKEN_KEY", "abc")
    environment.setenv("FEEDRANK_TOKN_KEY", "hunter2")
    text = "\n".join(problems_of())
    assert "FEEDRANK_TOKEN_KEY = (secret)" in text
    assert "abc" not in text
    assert "hunter2" not in text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "ranker.example"])
def test_a_reachable_host_without_tls_is_refused(environment, host):
    environment.setenv("FEEDRANK_HOST", host)
    assert problems_of() == [
        f"  FEEDRANK_HOST = '{host}': a host other than loopback needs tls_certificate and tls_key"
    ]


def test_a_reachable_host_with_tls_is_accepted(environment, tmp_path):
    for name in ("CERTIFICATE", "KEY"):
        (tmp_path / name).touch()
        environment.setenv(f"FEEDRANK_TLS_{name}", str(tmp_path / name))
    environment.setenv("FEEDRANK_HOST", "0.0.0.0")
    [problem] = problems_of()
    assert "needs to know who calls" in problem
    environment.setenv("FEEDRANK_ALLOW_ANONYMOUS", "true")
    assert load_settings(ExampleSettings).host == "0.0.0.0"


@pytest.mark.parametrize("given", ["CERTIFICATE", "KEY"])
def test_half_of_a_key_pair_is_refused(environment, tmp_path, given):
    (tmp_path / "pem").touch()
    environment.setenv(f"FEEDRANK_TLS_{given}", str(tmp_path / "pem"))
    [problem] = problems_of()
    assert "given together or not at all" in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_loopback_has_many_names(host):
    assert is_loopback(host)


def test_settings_do_not_change(tmp_path):
    settings = ExampleSettings(home=tmp_path, generations=tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]


def test_built_by_hand_they_read_no_environment(environment, tmp_path):
    environment.setenv("FEEDRANK_PORT", "1")
    assert ExampleSettings(home=tmp_path, generations=tmp_path).port == 50_051
