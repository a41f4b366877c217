import pytest

from candidate_gen.request_checks import check_request
from serving.errors import InvalidRequestError
from tests.candidate_gen.builders import a_request


def test_viewer_zero_and_empty_names_are_fine():
    check_request(a_request(viewer_id=0, surface="", device="", region=""))


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("viewer_id", -1, "-1 is below 0"),
        ("now_ms", 0, "0 is not above 0"),
        ("reply_partition", 64, r"64 is outside of \[0, 63\]"),
        ("reply_partition", -1, r"-1 is outside of \[0, 63\]"),
        ("utc_offset_minutes", 1_081, "1081 is further than 1080 from 0"),
        ("surface", "x" * 65, "65 characters, the limit is 64"),
        ("excluded_item_ids", list(range(10_001)), "10001 ids, the limit is 10000"),
        ("left_group_ids", list(range(10_001)), "10001 ids, the limit is 10000"),
    ],
)
def test_names_field_value_and_limit(field, value, problem):
    with pytest.raises(InvalidRequestError, match=f"{field}: {problem}"):
        check_request(a_request(**{field: value}))
