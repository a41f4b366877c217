import numpy as np
import pytest

from features.matrix import FEATURE_COUNT, FEATURES
from generation.manifest import InvalidGenerationError
from ranker.onnx_model import ModelError, OnnxModel
from tests.generation.tiny_models import write_linear_model

COSINE = [feature.name for feature in FEATURES].index("vector_cosine")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ranker.onnx"


def assert_refused(path, cause):
    with pytest.raises(ModelError, match=cause) as refused:
        OnnxModel(path)
    assert str(path) in str(refused.value)


def test_predicts_a_column_per_head(path):
    write_linear_model(path, {"click": {"vector_cosine": 2.0}, "hide": {"vector_cosine": -2.0}})
    model = OnnxModel(path)
    matrix = np.zeros((2, FEATURE_COUNT), np.float32)
    matrix[1, COSINE] = 1
    assert model.heads == ("click", "hide")
    sigmoid_of_two = 1 / (1 + np.exp(-2))
    np.testing.assert_allclose(
        model.predict(matrix), [[0.5, 0.5], [sigmoid_of_two, 1 - sigmoid_of_two]], atol=1e-6
    )


def test_the_version_follows_the_contents(path):
    write_linear_model(path, {"click": {"vector_cosine": 2.0}})
    first = OnnxModel(path).version
    assert first == OnnxModel(path).version
    write_linear_model(path, {"click": {"vector_cosine": 2.5}})
    assert OnnxModel(path).version != first
    assert len(first) == 12


def test_refuses_a_model_made_for_other_features(path):
    write_linear_model(path, {"click": {}}, schema="0123456789ab")
    assert_refused(path, "was made for features 0123456789ab")


def test_refuses_a_model_of_another_width(path):
    write_linear_model(path, {"click": {}}, feature_count=FEATURE_COUNT + 1)
    assert_refused(path, f"takes .*{FEATURE_COUNT + 1}.*expected .*{FEATURE_COUNT}")


def test_refuses_a_model_that_names_no_heads(path):
    write_linear_model(path, {"": {}})
    assert_refused(path, "names no heads")


def test_refuses_a_model_whose_heads_are_not_its_columns(path):
    write_linear_model(path, {"click,like": {}})
    assert_refused(path, "expected probabilities of 2 heads")


def test_refuses_a_model_that_is_not_finite(path):
    write_linear_model(path, {"click": {"vector_cosine": float("nan")}})
    assert_refused(path, "gives .*nan.* for the default row")


@pytest.mark.parametrize("contents", [b"", b"garbage", b"\x08\x0a" + bytes(100)])
def test_refuses_what_is_no_model(path, contents):
    path.write_bytes(contents)
    assert_refused(path, "is not a model")


def test_refuses_half_a_model(path):
    write_linear_model(path, {"click": {"vector_cosine": 2.0}})
    path.write_bytes(path.read_bytes()[:-40])
    assert_refused(path, "is not a model|was made for features|names no heads")


def test_a_model_that_cannot_be_used_makes_the_generation_invalid():
    assert issubclass(ModelError, InvalidGenerationError)
