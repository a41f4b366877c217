"""A receipt written at once is the one that protobuf writes."""

from hypothesis import given
from hypothesis import strategies as st

from protos import receipt_pb2
from serving.contracts import receipt_codec
from serving.contracts.receipt import Receipt, SourceCount, StageCount

TEXT = st.text(max_size=150)
COUNT = st.integers(-(2**31), 2**31 - 1)
FLOAT = st.floats(width=32, allow_nan=False)
RECEIPTS = st.builds(
    Receipt,
    generation=TEXT,
    shards_total=COUNT,
    shards_answered=COUNT,
    sources=st.lists(st.builds(SourceCount, TEXT, COUNT, COUNT), max_size=8),
    stages=st.lists(st.builds(StageCount, TEXT, COUNT, COUNT, FLOAT), max_size=20),
    defaulted_columns=st.lists(TEXT, max_size=3),
    models=st.dictionaries(TEXT, TEXT, max_size=3),
    degraded_reasons=st.lists(TEXT, max_size=3),
    origin=TEXT,
    bus_lag_messages=st.integers(-(2**63), 2**63 - 1),
    total_ms=FLOAT,
    narrowed=st.lists(TEXT, max_size=3),
)


@given(RECEIPTS)
def test_both_ways_of_writing_say_the_same(receipt):
    written = receipt_pb2.Receipt.FromString(receipt_codec.to_bytes(receipt))
    filled = receipt_pb2.Receipt()
    receipt_codec.fill(filled, receipt)
    assert written == filled
    assert receipt_codec.from_proto(written) == receipt


@given(RECEIPTS)
def test_a_copy_says_the_same_and_is_its_own(receipt):
    copy = receipt.copy()
    assert copy == receipt
    copy.degrade("another reason than any")
    copy.narrow("another width than any")
    copy.stages.append(StageCount("s", 1, 1, 1.0))
    copy.models["another model than any, which has a name longer than all"] = ""
    assert copy != receipt
    assert "another reason than any" not in receipt.degraded_reasons
