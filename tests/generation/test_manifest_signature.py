"""A generation that nobody trusted signed is refused, however well its files fit."""

import stat

import pytest

from generation import layout
from generation.manifest import InvalidGenerationError, Manifest, verify
from generation.manifest_signature import sign_manifest, trusted_manifest
from generation.trusted_keys import KeyFileError, SigningKey, TrustedKeys
from tests.generation.tiny_generation import write_tiny_generation


@pytest.fixture
def folder(tmp_path):
    return write_tiny_generation(tmp_path / "generations")


@pytest.fixture
def key(tmp_path) -> SigningKey:
    return SigningKey.make(tmp_path / "build.pem")


@pytest.fixture
def other(tmp_path) -> SigningKey:
    return SigningKey.make(tmp_path / "other.pem")


def trusting(*keys: SigningKey) -> TrustedKeys:
    return TrustedKeys({key.key_id: key.private.public_key() for key in keys})


def test_signed_by_a_trusted_key_it_is_read(folder, key):
    sign_manifest(folder, key)
    assert trusted_manifest(folder, trusting(key)) == Manifest.read(folder)


def test_unsigned_it_is_read_only_where_no_signature_is_asked_for(folder, key):
    assert trusted_manifest(folder, None) == Manifest.read(folder)
    with pytest.raises(InvalidGenerationError, match="signed by nobody"):
        trusted_manifest(folder, trusting(key))


def test_the_key_of_another_is_named_and_refused(folder, key, other):
    sign_manifest(folder, other)
    with pytest.raises(InvalidGenerationError, match=f"signed by {other.key_id}: no key"):
        trusted_manifest(folder, trusting(key))


def test_while_keys_are_rotated_either_signature_is_enough(folder, key, other):
    for signer in (key, other, key):
        sign_manifest(folder, signer)
    assert len((folder / layout.SIGNATURES).read_text().splitlines()) == 2
    for trusted in (trusting(key), trusting(other)):
        assert trusted_manifest(folder, trusted) == Manifest.read(folder)


def test_one_changed_byte_of_the_manifest_is_enough(folder, key):
    sign_manifest(folder, key)
    path = folder / layout.MANIFEST
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"shard_count": 2', b'"shard_count": 3'))
    with pytest.raises(InvalidGenerationError, match="no key that is trusted"):
        trusted_manifest(folder, trusting(key))


def test_a_signature_does_not_move_to_another_generation(folder, key):
    sign_manifest(folder, key)
    moved = folder.rename(folder.parent / "0123456789ab")
    with pytest.raises(InvalidGenerationError, match="holds the manifest of"):
        trusted_manifest(moved, trusting(key))


@pytest.mark.parametrize("line", ["", "garbage", "{} !!!!", "{} ", "{} AAAA", "\xff" * 70_000])
def test_damaged_signatures_count_for_nothing(folder, key, line):
    (folder / layout.SIGNATURES).write_text(line.format(key.key_id))
    with pytest.raises(InvalidGenerationError):
        trusted_manifest(folder, trusting(key))


def test_signing_leaves_a_generation_that_verifies_and_a_file_that_cannot_be_written(folder, key):
    name = folder.name
    sign_manifest(folder, key)
    manifest = Manifest.read(folder)
    verify(folder, manifest)
    assert manifest.name == name
    modes = {stat.S_IMODE((folder / file).stat().st_mode) for file in manifest.files}
    assert modes == {0o444}


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/index.faiss", "shards/../../x"])
def test_a_manifest_names_files_of_its_own_folder_only(folder, name):
    raw = (folder / layout.MANIFEST).read_bytes()
    changed = raw.replace(b'"vocabulary.json"', f'"{name}"'.encode())
    assert changed != raw
    with pytest.raises(InvalidGenerationError, match="not in its folder"):
        Manifest.parse(changed, folder / layout.MANIFEST)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "id\n", "id AAAA\n", "\xff\n"])
def test_a_damaged_file_of_trusted_keys_is_refused(tmp_path, text):
    (tmp_path / "trusted").write_text(text)
    with pytest.raises(KeyFileError):
        TrustedKeys.read(tmp_path / "trusted")


def test_an_id_that_is_not_that_of_its_key_is_refused(tmp_path, key, other):
    _, _, theirs = other.trusted_line.partition(" ")
    (tmp_path / "trusted").write_text(f"{key.key_id} {theirs}\n")
    with pytest.raises(KeyFileError, match="line 1: the id"):
        TrustedKeys.read(tmp_path / "trusted")


def test_a_private_key_is_its_owners_and_never_written_over(tmp_path, key):
    assert stat.S_IMODE((tmp_path / "build.pem").stat().st_mode) == 0o600
    assert SigningKey.read(tmp_path / "build.pem").key_id == key.key_id
    with pytest.raises(FileExistsError):
        SigningKey.make(tmp_path / "build.pem")
