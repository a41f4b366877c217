import pytest

from generation.manifest import InvalidGenerationError, Manifest
from ranker.models import Models
from tests.generation.tiny_generation import write_tiny_generation

MODEL_FILES = ["models/pre_ranker.onnx", "models/ranker.onnx", "models/value_model.json"]


@pytest.fixture
def folder(tmp_path):
    return write_tiny_generation(tmp_path / "generations")


def test_loads_what_belongs_together(folder):
    models = Models.open(folder, Manifest.read(folder))
    assert models.ranker.heads == ("click", "hide")
    assert models.worth.tolist() == [1, -4]
    assert models.value_model_version == "1"


@pytest.mark.parametrize("name", MODEL_FILES)
def test_refuses_a_flipped_bit(folder, name):
    path = folder / name
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(contents)
    with pytest.raises(InvalidGenerationError, match=f"{name} differs from the manifest"):
        Models.open(folder, Manifest.read(folder))


@pytest.mark.parametrize("name", MODEL_FILES)
def test_refuses_a_generation_without_one_of_them(folder, name):
    (folder / name).unlink()
    with pytest.raises(InvalidGenerationError, match=f"{name} is missing"):
        Models.open(folder, Manifest.read(folder))


def test_refuses_a_manifest_that_does_not_list_them(folder):
    manifest = Manifest.read(folder)
    del manifest.files["models/ranker.onnx"]
    with pytest.raises(InvalidGenerationError, match=r"models/ranker\.onnx"):
        Models.open(folder, manifest)
