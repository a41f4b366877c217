import pytest

from ranker.onnx_model import ModelError
from ranker.value_model import ValueModel


@pytest.fixture
def path(tmp_path):
    return tmp_path / "value_model.json"


def test_weights_follow_the_order_of_the_heads(path):
    path.write_text('{"version": 3, "weights": {"hide": -8, "click": 1, "share": 5}}')
    value_model = ValueModel.read(path)
    assert value_model.version == 3
    assert value_model.for_heads(("click", "long_view", "hide")).tolist() == [1, 0, -8]


def test_refuses_heads_that_are_worth_nothing(path):
    path.write_text('{"version": 1, "weights": {"like": 1}}')
    with pytest.raises(ModelError, match="no weight for any of the heads click, hide"):
        ValueModel.read(path).for_heads(("click", "hide"))


@pytest.mark.parametrize(
    "contents",
    [
        "",
        "[]",
        "{}",
        '{"version": 1}',
        '{"weights": {"click": 1}}',
        '{"version": 1, "weights": ["click"]}',
        '{"version": 1, "weights": {"click": "much"}}',
        '{"version": null, "weights": {"click": 1}}',
    ],
)
def test_refuses_what_is_no_value_model(path, contents):
    path.write_text(contents)
    with pytest.raises(ModelError, match=r"value_model\.json is not a value model"):
        ValueModel.read(path)


@pytest.mark.parametrize("weight", ["NaN", "Infinity"])
def test_refuses_a_weight_that_is_not_finite(path, weight):
    path.write_text(f'{{"version": 1, "weights": {{"click": 1, "hide": {weight}}}}}')
    with pytest.raises(ModelError, match="no finite weight for hide"):
        ValueModel.read(path)


def test_refuses_bytes_that_are_no_text(path):
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError):
        ValueModel.read(path)
