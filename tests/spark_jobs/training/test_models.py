"""Trained models: what they learn, and that the exported file computes the same."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.metrics import roc_auc_score

from features.matrix import FEATURE_COUNT, feature_schema
from spark_jobs.training.evaluate import auc, judge
from spark_jobs.training.main_ranker import (
    HEADS,
    MIN_POSITIVES,
    heads_with_enough,
    jax_probabilities,
    train_main_ranker,
)
from spark_jobs.training.network import Network, Scaling
from spark_jobs.training.onnx_export import VALUE_WEIGHTS, write_model
from spark_jobs.training.pre_ranker import train_pre_ranker
from spark_jobs.training.samples import LABELS

RANDOM = np.random.default_rng(4)
MATRIX = RANDOM.normal(3, 2, (3_000, FEATURE_COUNT)).astype(np.float32)
MATRIX[:, 5] = 7.0
CLICKED = MATRIX[:, 0] + RANDOM.normal(0, 1, 3_000) > 3
LIKED = MATRIX[:, 1] > 5


@pytest.fixture(scope="module")
def ranker() -> Network:
    return train_main_ranker(MATRIX, {"click": CLICKED, "like": LIKED}, ("click", "like"), 7)[0]


def run(path: Path, matrix: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["probabilities"], {"features": matrix})[0])


def test_every_head_has_a_label_to_learn_and_a_worth() -> None:
    assert set(HEADS) <= set(LABELS)
    assert set(HEADS) == set(VALUE_WEIGHTS)


def test_the_exported_ranker_computes_what_jax_computes(tmp_path: Path, ranker: Network) -> None:
    write_model(tmp_path / "ranker.onnx", ranker, kind="ranker", trained_rows=3_000)
    unseen = RANDOM.normal(3, 6, (50, FEATURE_COUNT)).astype(np.float32)
    exported = run(tmp_path / "ranker.onnx", unseen)
    assert exported.shape == (50, 2)
    np.testing.assert_allclose(exported, jax_probabilities(ranker, unseen), atol=1e-5)
    np.testing.assert_allclose(exported, ranker.predict(unseen), atol=1e-5)


def test_the_exported_file_says_what_it_is(tmp_path: Path, ranker: Network) -> None:
    write_model(tmp_path / "ranker.onnx", ranker, kind="ranker", trained_rows=3_000)
    said = {p.key: p.value for p in onnx.load(tmp_path / "ranker.onnx").metadata_props}
    assert said == {
        "feature_schema": feature_schema(),
        "heads": "click,like",
        "kind": "ranker",
        "trained_rows": "3000",
    }


def test_training_again_gives_the_same_bytes(tmp_path: Path, ranker: Network) -> None:
    again, _ = train_main_ranker(MATRIX, {"click": CLICKED, "like": LIKED}, ("click", "like"), 7)
    for name, network in (("a", ranker), ("b", again)):
        write_model(tmp_path / name, network, kind="ranker", trained_rows=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_every_head_learns_its_own_action(ranker: Network) -> None:
    predicted = ranker.predict(MATRIX)
    for column, happened in enumerate((CLICKED, LIKED)):
        assert (auc(predicted[:, column], happened) or 0) > 0.9


def test_the_pre_ranker_finds_the_feature_that_matters() -> None:
    network = train_pre_ranker(MATRIX, CLICKED)
    weights = np.abs(network.layers[0][0][:, 0])
    assert weights.argmax() == 0
    assert (auc(network.predict(MATRIX)[:, 0], CLICKED) or 0) > 0.9


def test_a_feature_that_never_changed_in_training_changes_nothing_later() -> None:
    network = train_pre_ranker(MATRIX, CLICKED)
    other = MATRIX[:10].copy()
    other[:, 5] = -1_000
    np.testing.assert_array_equal(network.predict(other), network.predict(MATRIX[:10]))


def test_values_beyond_those_of_training_count_as_the_end_of_the_range() -> None:
    scaling = Scaling.of(np.array([[0.0], [10.0]], np.float32))
    apart = scaling.apply(np.array([[10.0], [1e9], [-5.0], [0.0]], np.float32))[:, 0]
    assert apart[0] == apart[1]
    assert apart[2] == apart[3]


def test_without_any_positive_the_pre_ranker_says_how_rare_they_are() -> None:
    network = train_pre_ranker(MATRIX[:98], np.zeros(98, bool))
    np.testing.assert_allclose(network.predict(MATRIX[:3]), 0.01, atol=1e-6)


def test_a_head_needs_enough_of_both_labels() -> None:
    few, enough = np.zeros(1_000, bool), np.zeros(1_000, bool)
    few[: MIN_POSITIVES - 1] = True
    enough[:MIN_POSITIVES] = True
    labels = {"click": enough, "like": few, "long_view": ~few, "hide": ~enough}
    assert heads_with_enough(labels) == ("click", "hide")


def test_a_coin_flip_is_judged_a_coin_flip() -> None:
    happened = RANDOM.random(4_000) < 0.5
    figures = judge(RANDOM.random(4_000), happened, 0.5, seed=1)
    low, high = figures["auc_interval"]  # type: ignore[misc]
    assert low < 0.5 < high
    assert figures["base_log_loss"] == pytest.approx(np.log(2), abs=1e-4)


def test_the_interval_is_that_of_resampled_rows() -> None:
    random = np.random.default_rng(4)
    probabilities, resampled = np.round(random.random(2_500), 1), []
    happened = random.random(2_500) < 0.6
    same_luck = np.random.default_rng(1)
    for _ in range(200):
        rows = same_luck.integers(0, 2_500, 2_500)
        resampled.append(roc_auc_score(happened[rows], probabilities[rows]))
    figures = judge(probabilities, happened, 0.5, seed=1)
    assert figures["auc_interval"] == pytest.approx(np.percentile(resampled, (2.5, 97.5)), abs=2e-5)


def test_too_few_positives_are_counted_but_not_judged() -> None:
    happened = np.arange(5_000) < 999
    assert judge(RANDOM.random(5_000), happened, 0.5, seed=1) == {"rows": 5_000, "positives": 999}
