from dataclasses import replace

from feedrank.checkup.generation import check_generation, schema_finding
from generation.manifest import Manifest
from tests.generation.tiny_generation import write_tiny_generation


def test_a_whole_generation_of_this_release_is_good(tmp_path):
    folder = write_tiny_generation(tmp_path)
    findings = check_generation(tmp_path)
    assert [finding.verdict for finding in findings] == ["good", "good"]
    assert findings[0].found.startswith(f"{folder.name} is whole")


def test_a_damaged_file_is_named(tmp_path):
    folder = write_tiny_generation(tmp_path)
    damaged = next(folder.rglob("items.arrow"))
    damaged.chmod(0o644)
    contents = bytearray(damaged.read_bytes())
    contents[-1] ^= 1
    damaged.write_bytes(contents)
    [finding] = check_generation(tmp_path)
    assert finding.verdict == "bad"
    assert str(damaged) in finding.found


def test_without_generations_the_build_is_what_to_do(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        [finding] = check_generation(folder)
        assert finding.verdict == "bad"
        assert "feedrank build" in finding.advice


def test_a_generation_of_another_release_is_bad(tmp_path):
    manifest = Manifest.read(write_tiny_generation(tmp_path))
    finding = schema_finding(replace(manifest, feature_schema="older"))
    assert (finding.verdict, finding.advice) == ("bad", "run `feedrank build`")
    assert finding.found.startswith("features of another release")
