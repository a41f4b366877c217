"""The main ranker: one network with a shared trunk and a head per action.

Heads share what they know of viewers and items, so that rare actions profit from frequent ones. The
last part of the training rows by time stops the training: it is the most like what is to come.
"""

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from spark_jobs.training.network import Network, Scaling

Floats = npt.NDArray[np.float32]
Layers = list[tuple[jax.Array, jax.Array]]

TRUNK = (128, 64)
HEADS = ("click", "like", "long_view", "hide")
MIN_POSITIVES = 200
"""Of a head in the training rows; a head with fewer is left out of the model."""

STOPPING_SHARE = 0.1
BATCH_ROWS = 512
MAX_EPOCHS = 20
PATIENCE = 2
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1.0


def heads_with_enough(labels: dict[str, npt.NDArray[np.bool_]]) -> tuple[str, ...]:
    """Heads that have both kinds of label often enough, in the order of `HEADS`."""
    return tuple(
        head
        for head in HEADS
        if min(int(labels[head].sum()), int((~labels[head]).sum())) >= MIN_POSITIVES
    )


def train_main_ranker(
    matrix: Floats, labels: dict[str, npt.NDArray[np.bool_]], heads: tuple[str, ...], seed: int
) -> tuple[Network, int]:
    """Fit on rows ordered by time.

    Args:
        matrix: `float32[n, F]`, raw features.
        labels: Head -> `bool[n]`.
        heads: At least one.

    Returns:
        The network of the best epoch, and how many epochs that took.
    """
    scaling = Scaling.of(matrix)
    inputs = scaling.apply(matrix)
    targets = np.stack([labels[head] for head in heads], axis=1).astype(np.float32)
    border = max(1, int(len(inputs) * (1 - STOPPING_SHARE)))
    layers = _initial(inputs.shape[1], targets[:border], seed)
    optimiser = optax.adamw(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    state = optimiser.init(layers)
    random = np.random.default_rng(seed)
    best, best_loss, best_epoch = layers, np.inf, 0
    for epoch in range(1, MAX_EPOCHS + 1):
        order = random.permutation(border)
        batches = max(1, border // BATCH_ROWS)
        for rows in np.array_split(order, batches):
            layers, state = _step(optimiser, layers, state, inputs[rows], targets[rows])
        loss = (
            float(_loss(layers, inputs[border:], targets[border:])) if border < len(inputs) else 0
        )
        if loss < best_loss:
            best, best_loss, best_epoch = layers, loss, epoch
        elif epoch - best_epoch >= PATIENCE:
            break
    arrays = tuple((np.asarray(w, np.float32), np.asarray(b, np.float32)) for w, b in best)
    return Network(heads, scaling, arrays), best_epoch


def jax_probabilities(network: Network, matrix: Floats) -> Floats:
    """`float32[n, heads]` as JAX computes it, the oracle of the exported file."""
    layers: Layers = [(jnp.asarray(w), jnp.asarray(b)) for w, b in network.layers]
    logits = _logits(layers, jnp.asarray(network.scaling.apply(matrix)))
    return np.asarray(jax.nn.sigmoid(logits), np.float32)


def _initial(width: int, targets: Floats, seed: int) -> Layers:
    """He initialisation; heads start at the frequency of their action."""
    random = np.random.default_rng(seed)
    widths = (width, *TRUNK, targets.shape[1])
    layers: Layers = []
    for fan_in, fan_out in pairwise(widths):
        weights = random.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)).astype(np.float32)
        layers.append((jnp.asarray(weights), jnp.zeros(fan_out, jnp.float32)))
    rate = np.clip(targets.mean(axis=0), 1e-4, 1 - 1e-4)
    layers[-1] = (layers[-1][0] * 0.1, jnp.asarray(np.log(rate / (1 - rate)), jnp.float32))
    return layers


def _logits(layers: Layers, inputs: Any) -> jax.Array:
    values = inputs
    for number, (weights, bias) in enumerate(layers):
        if number:
            values = jax.nn.relu(values)
        values = values @ weights + bias
    return jnp.asarray(values)


def _loss_of(layers: Layers, inputs: Any, targets: Any) -> jax.Array:
    """Mean over rows of the sum over heads of the log loss."""
    losses = optax.sigmoid_binary_cross_entropy(_logits(layers, inputs), targets)
    return jnp.mean(jnp.sum(losses, axis=1))


_loss = jax.jit(_loss_of)


def _update(optimiser: Any, layers: Layers, state: Any, inputs: Any, targets: Any) -> Any:
    gradients = jax.grad(_loss_of)(layers, inputs, targets)
    updates, state = optimiser.update(gradients, state, layers)
    return optax.apply_updates(layers, updates), state


_step = jax.jit(_update, static_argnums=0)
