"""What is known of a file's contents, and when it is looked at again."""

import hashlib
import os
import time

import pytest

from generation import file_hashes
from generation.file_hashes import SETTLED_NS, begin_hashing, file_sha256


@pytest.fixture
def read_paths(monkeypatch):
    """Files whose bytes were read, in order."""
    paths = []

    def read(path):
        paths.append(path.name)
        return file_sha256(path)

    monkeypatch.setattr(file_hashes, "file_sha256", read)
    return paths


@pytest.fixture
def settled(tmp_path, monkeypatch):
    """Makes files that look as if they had been written long ago."""
    begun = time.time_ns()
    monkeypatch.setattr(file_hashes.time, "time_ns", lambda: begun + 2 * SETTLED_NS)

    def write(name, contents):
        path = tmp_path / name
        path.write_bytes(contents)
        return path

    return write


def hashes(*paths):
    return [each.result() for each in begin_hashing(paths)]


def sha256(contents):
    return hashlib.sha256(contents).hexdigest()


def test_hashes_come_in_the_order_of_the_files(settled):
    contents = [b"", b"a", b"long " * 1_000_000]
    paths = [settled(f"file-{number}", each) for number, each in enumerate(contents)]
    assert hashes(*paths) == [sha256(each) for each in contents]


def test_a_file_that_has_not_changed_is_read_once(settled, read_paths):
    path = settled("items", b"the same")
    assert hashes(path) == hashes(path, path)[:1]
    assert read_paths == ["items"]


def test_a_file_written_anew_is_read_again(settled, read_paths):
    path = settled("items", b"before")
    assert hashes(path) == [sha256(b"before")]
    path.write_bytes(b"afterw")
    assert hashes(path) == [sha256(b"afterw")]
    assert len(read_paths) == 2


def test_a_change_that_hides_behind_the_old_time_and_size_is_seen(settled):
    path = settled("items", b"before")
    assert hashes(path) == [sha256(b"before")]
    old = path.stat()
    while path.stat().st_ctime_ns == old.st_ctime_ns:
        path.write_bytes(b"hidden")
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert hashes(path) == [sha256(b"hidden")]


def test_another_file_under_the_same_name_is_read(settled):
    path = settled("items", b"before")
    assert hashes(path) == [sha256(b"before")]
    settled("other", b"rename").rename(path)
    assert hashes(path) == [sha256(b"rename")]


def test_a_file_just_written_is_read_every_time(tmp_path, read_paths):
    path = tmp_path / "items"
    path.write_bytes(b"just now")
    assert hashes(path, path) == [sha256(b"just now")] * 2
    assert len(read_paths) == 2


def test_what_could_not_be_read_is_tried_again(settled, monkeypatch):
    path = settled("items", b"here")

    def fail(path):
        raise OSError(f"{path.name} cannot be read")

    with monkeypatch.context() as broken:
        broken.setattr(file_hashes, "file_sha256", fail)
        with pytest.raises(OSError, match="items cannot be read"):
            hashes(path)
    assert hashes(path) == [sha256(b"here")]


def test_a_missing_file_is_told_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        begin_hashing([tmp_path / "nowhere"])
