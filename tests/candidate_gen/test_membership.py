import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from candidate_gen.membership import is_among, sorted_distinct, values_of

LARGEST = 2**63 - 1
some_ids = st.lists(st.integers(-LARGEST, LARGEST) | st.integers(-1, 5), max_size=20).map(
    lambda values: np.array(values, np.int64)
)


@given(some_ids, some_ids)
def test_is_among_agrees_with_looking_at_each(values, keys):
    expected = [value in keys.tolist() for value in values.tolist()]
    assert is_among(values, np.sort(keys)).tolist() == expected


@given(some_ids, some_ids)
def test_sorted_distinct_agrees_with_a_set(one, other):
    assert sorted_distinct(one, other).tolist() == sorted({*one.tolist(), *other.tolist()})


@given(some_ids, st.sets(st.integers(-1, 5)))
def test_values_of_agrees_with_a_dictionary(wanted, keys):
    table = {key: float(key + 10) for key in keys}
    (values,) = values_of(
        wanted, np.array(list(table), np.int64), np.array(list(table.values()), np.float32)
    )
    assert values.tolist() == [table.get(item, 0.0) for item in wanted.tolist()]
