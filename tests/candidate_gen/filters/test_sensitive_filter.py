from candidate_gen.filters.sensitive_filter import SensitiveFilter
from candidate_gen.viewer_state.viewer import Profile
from tests.candidate_gen.builders import a_batch, a_query, a_viewer

BATCH = a_batch([1, 2], is_sensitive=[1, 0])


def test_drops_sensitive_items() -> None:
    assert list(SensitiveFilter().keep(a_query(), BATCH)) == [False, True]


def test_keeps_them_for_viewers_who_asked() -> None:
    viewer = a_viewer(profile=Profile(allow_sensitive=True))
    assert list(SensitiveFilter().keep(a_query(viewer), BATCH)) == [True, True]
