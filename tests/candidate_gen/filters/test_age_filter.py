from candidate_gen.filters.age_filter import AgeFilter
from tests.candidate_gen.builders import a_batch, a_query
from tests.serving.fixed_clock import NOON_MS

HOUR_MS = 3_600_000


def kept(created_ms: list[int], surface: str = "home") -> list[bool]:
    batch = a_batch(range(len(created_ms)), created_ms=created_ms)
    query = a_query(max_age_ms={"home": 48 * HOUR_MS}, surface=surface)
    return list(AgeFilter().keep(query, batch))


def test_keeps_an_item_exactly_at_the_limit() -> None:
    limit = NOON_MS - 48 * HOUR_MS
    assert kept([limit, limit - 1]) == [True, False]


def test_keeps_an_item_from_a_clock_running_ahead() -> None:
    assert kept([NOON_MS + 5_000]) == [True]


def test_a_surface_without_a_limit_keeps_all_and_even_undated_or_older_items() -> None:
    assert kept([1, 0, -5], surface="archive") == [True, True, True]


def test_accepts_an_empty_batch() -> None:
    assert kept([]) == []
