"""Up to three centres of what a viewer liked lately: several tastes that one mean would blur."""

import numpy as np
import numpy.typing as npt

MAX_CLUSTERS = 3
ROUNDS = 4
SAME_TASTE_COSINE = 0.8
"""A vector this close to a centre starts no cluster of its own."""

TINY = np.float32(1e-12)
"""A length that has no direction."""

Floats = npt.NDArray[np.float32]


def cluster_centres(vectors: Floats) -> Floats:
    """k-means by cosine, started from the newest vector and then the ones least like it.

    Args:
        vectors: `float32[p, dim]`, newest first; rows of zeros are left out.

    Returns:
        `float32[k, dim]`, k <= 3: the means of the clusters as they are, not normalised, because
        retrieval is by dot product; largest cluster first. The same input gives the same answer.
    """
    norms = np.sqrt(np.einsum("pd,pd->p", vectors, vectors))
    if not (norms > TINY).all():
        vectors, norms = vectors[norms > TINY], norms[norms > TINY]
    if not len(vectors):
        return vectors[:0]
    members = _settled(vectors / norms[:, None])
    sizes = members.sum(axis=1)
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    centres: Floats = (members[order] @ vectors) / sizes[order][:, None]
    return centres


def _settled(units: Floats) -> Floats:
    """Memberships, `float32[k, p]` of 0 and 1, after a few rounds of k-means."""
    members = _members(units, units[_seeds(units)])
    for _ in range(ROUNDS):
        sums = members @ units
        lengths = np.sqrt(np.einsum("kd,kd->k", sums, sums))
        moved = _members(units, sums / np.maximum(lengths, TINY)[:, None])
        if np.array_equal(moved, members):
            break
        members = moved
    return members


def _seeds(units: Floats) -> list[int]:
    """Rows to start from, at most `MAX_CLUSTERS`, each unlike the ones before."""
    seeds = [0]
    closest = units @ units[0]
    while len(seeds) < MAX_CLUSTERS:
        farthest = int(np.argmin(closest))
        if closest[farthest] >= SAME_TASTE_COSINE:
            break
        seeds.append(farthest)
        closest = np.maximum(closest, units @ units[farthest])
    return seeds


def _members(units: Floats, directions: Floats) -> Floats:
    """`float32[k, p]`: 1 where vector `p` is closest to direction `k`; ties to the first."""
    nearest = np.argmax(directions @ units.T, axis=0)
    return np.asarray(nearest == np.arange(len(directions))[:, None], np.float32)
