"""Keys from the command line, and that none of them is shown."""

import pytest

from feed_assembly.key_ring import MAX_KEYS, KeyRing
from feedrank.main import main
from generation.manifest_signature import trusted_manifest
from generation.trusted_keys import TrustedKeys
from serving.access.caller_tokens import CallerTokens
from serving.access.roles import Role
from serving.metrics_recorder import Metrics
from serving.watched_files import WatchedFiles
from tests.generation.tiny_generation import write_tiny_generation


def said(capsys, *words: object) -> str:
    """What a command says that ends well."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    text = capsys.readouterr()
    assert not ended.value.code, text.err
    return text.out


def refusal(capsys, *words: object) -> str:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert ended.value.code == 1
    return capsys.readouterr().err


@pytest.fixture
def pair(tmp_path, capsys):
    """A private key and the file that trusts it."""
    private, trusted = tmp_path / "private.pem", tmp_path / "trusted"
    told = said(capsys, "keys", "new", "--private", private, "--trusted", trusted)
    assert private.read_text() not in told
    return private, trusted


def test_a_token_names_who_it_was_made_for(capsys, pair):
    private, trusted = pair
    roles = ["--role", "internal", "--role", "operator"]
    token = said(capsys, "keys", "token", "--private", private, "--name", "ann", *roles).strip()
    files = WatchedFiles("keys", [trusted], lambda: TrustedKeys.read(trusted), Metrics())
    caller = CallerTokens(files).caller_of(token)
    assert (caller.name, caller.roles) == ("ann", {Role.INTERNAL, Role.OPERATOR})


def test_a_generation_is_signed_and_verified(capsys, tmp_path, pair):
    private, trusted = pair
    folder = write_tiny_generation(tmp_path / "generations")
    where = ["--generations", folder.parent]
    assert "no key that is trusted" in refusal(
        capsys, "generations", "verify", *where, "--trusted", trusted
    )
    said(capsys, "generations", "sign", *where, "--private", private)
    assert "signed by a trusted key" in said(
        capsys, "generations", "verify", *where, "--trusted", trusted
    )
    assert trusted_manifest(folder, TrustedKeys.read(trusted)).name == folder.name


def test_a_damaged_generation_is_not_signed(capsys, tmp_path, pair):
    folder = write_tiny_generation(tmp_path / "generations")
    (folder / "vocabulary.json").unlink()
    words = ["generations", "sign", "--generations", folder.parent, "--private", pair[0]]
    assert "vocabulary.json is missing" in refusal(capsys, *words)


def test_keys_of_page_tokens_are_added_and_listed_without_being_shown(capsys, tmp_path):
    ring = tmp_path / "home" / "page_token.keys"
    said(capsys, "keys", "rotate", ring)
    told = said(capsys, "keys", "rotate", ring)
    keys = KeyRing.read(ring).keys
    assert [line.split()[0] for line in told.splitlines()] == [key.key_id for key in keys]
    assert [line.split(maxsplit=2)[2] for line in told.splitlines()] == ["signs", "will sign"]
    listed = said(capsys, "keys", "list", ring)
    assert listed == told
    assert not [key for key in keys if key.secret.hex() in told]


def test_a_rotation_too_many_leaves_the_file_as_it_is(capsys, tmp_path):
    ring = tmp_path / "page_token.keys"
    for _ in range(MAX_KEYS):
        said(capsys, "keys", "rotate", ring)
    before = ring.read_bytes()
    assert "rotate again after" in refusal(capsys, "keys", "rotate", ring)
    assert ring.read_bytes() == before


@pytest.mark.parametrize("words", [["keys", "list", "{}/none"], ["keys", "list", "{}/damaged"]])
def test_a_file_that_is_no_ring_is_told_in_one_line(capsys, tmp_path, words):
    (tmp_path / "damaged").write_text("secret words here")
    error = refusal(capsys, *(word.format(tmp_path) for word in words))
    assert error.startswith("error: ")
    assert "secret" not in error


def test_a_private_key_is_not_written_over(capsys, pair):
    private, trusted = pair
    assert "file exists" in refusal(
        capsys, "keys", "new", "--private", private, "--trusted", trusted
    )
