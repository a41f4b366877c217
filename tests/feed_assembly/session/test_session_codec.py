import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_assembly.session.session import KEPT_MS_OF, RevocationChange, SessionRecord
from feed_assembly.session.session_codec import (
    SessionFormatError,
    pack_session,
    unpack_session,
)

NOON_MS = 1_750_000_000_000
FORMAT_1_SAMPLE = bytes.fromhex(
    "01020000000000000004dc20749701000001000000000000000000000001000000000000000100000002000000"
    "02000000010000000c0000000000000000dc20749701000003dc20749701000001640000000000000001dc2074"
    "9701000003dc20749701000001f40100000000000002dc20749701000003dc2074970100000065000000000000"
    "0005dc207497010000660000000000000005dc2074970100000500000066697273740000000004000000706167"
    "65"
)
"""What `a_record()` was packed to by the first release."""

FORMAT_2_SAMPLE = bytes.fromhex(
    "02030000000000000004dc20749701000006dc2074970100000100000000000000000000000100000000000000"
    "010000000200000002000000010000000c0000000000000000dc20749701000003dc2074970100000164000000"
    "0000000001dc20749701000003dc20749701000001f40100000000000002dc20749701000003dc207497010000"
    "00650000000000000005dc207497010000660000000000000005dc207497010000050000006669727374000000"
    "000400000070616765"
)
"""`a_record()`, lost at `NOON_MS + 6`."""

int64 = st.integers(-(2**63), 2**63 - 1)
blobs = st.lists(st.binary(max_size=50), max_size=3)
changes = st.builds(
    RevocationChange,
    kind=st.sampled_from(list(KEPT_MS_OF)),
    id=int64,
    occurred_ms=st.integers(0, 2**62),
    in_force=st.booleans(),
)


def a_record() -> SessionRecord:
    return (
        SessionRecord()
        .with_changes(
            [
                RevocationChange("blocked_authors", 12, NOON_MS, True),
                RevocationChange("hidden_items", 100, NOON_MS + 1, True),
                RevocationChange("left_groups", 500, NOON_MS + 2, False),
            ],
            NOON_MS + 3,
        )
        .with_positive(NOON_MS + 4)
        .with_page([101, 102], NOON_MS + 5, [b"first", b""])
        .with_remembered_pages([b"page"])
    )


def contents(record: SessionRecord) -> list[object]:
    tables = [record.revocations(kind).rows.tolist() for kind in KEPT_MS_OF]
    return [
        record.revocation_version,
        record.last_positive_ms,
        record.lost_ms,
        tables,
        record.served.rows.tolist(),
        record.stored_feeds,
        record.remembered_pages,
    ]


def test_reads_what_the_first_release_wrote():
    # It did not count lifted revocations.
    assert contents(unpack_session(FORMAT_1_SAMPLE)) == contents(
        replace(a_record(), revocation_version=2)
    )


def test_reads_and_writes_format_2():
    lost = replace(a_record(), lost_ms=NOON_MS + 6)
    assert pack_session(lost) == FORMAT_2_SAMPLE
    assert contents(unpack_session(FORMAT_2_SAMPLE)) == contents(lost)


@given(st.lists(changes), st.lists(int64), blobs, blobs)
def test_comes_back_as_it_was(changes, served, feeds, pages):
    record = (
        SessionRecord()
        .with_changes(changes, NOON_MS)
        .with_page(served, NOON_MS, feeds)
        .with_remembered_pages(pages)
    )
    assert contents(unpack_session(pack_session(record))) == contents(record)


@given(st.integers(0, len(FORMAT_1_SAMPLE) - 1))
def test_refuses_a_record_cut_anywhere(length):
    with pytest.raises(SessionFormatError, match=f"{length} bytes are no session record"):
        unpack_session(FORMAT_1_SAMPLE[:length])


def test_refuses_what_is_left_over():
    with pytest.raises(SessionFormatError, match="ends at byte"):
        unpack_session(FORMAT_1_SAMPLE + b"x")


def test_refuses_another_format():
    with pytest.raises(SessionFormatError, match="format is 3, need 1 or 2"):
        unpack_session(b"\3" + FORMAT_1_SAMPLE[1:])


@given(st.binary(max_size=200))
def test_foreign_bytes_raise_only_the_declared_error(raw):
    with contextlib.suppress(SessionFormatError):
        unpack_session(raw)
