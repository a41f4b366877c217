"""Number columns of tables come back as views of the file, or are refused."""

import numpy as np
import pyarrow as pa
import pytest

from generation.arrow_file import MappedTable, write_table

KINDS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(3,), (3, 2), (0,), (0, 2)])
def test_numbers_come_back_as_they_were_written(tmp_path, kind, shape):
    written = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    write_table(tmp_path / "t.arrow", {"number": written})
    read = MappedTable(tmp_path / "t.arrow").array("number", kind, *shape[1:])
    assert read.dtype == written.dtype
    np.testing.assert_array_equal(read, written)
    assert not read.flags.writeable


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, None]),
        pa.array(["text", "text"]),
        pa.array([True, False]),
        pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
        pa.array([[1, 2], [3, None]], pa.list_(pa.int64(), 2)),
    ],
    ids=["gap", "text", "flags", "row missing", "gap in a row"],
)
def test_what_is_no_column_of_numbers_is_refused(tmp_path, column):
    write_table(tmp_path / "t.arrow", {"number": column})
    with pytest.raises(ValueError, match="number"):
        MappedTable(tmp_path / "t.arrow").array("number")
