"""Up to three centres of what a viewer liked lately: several tastes that one mean would blur."""

import numpy as np
import numpy.typing as npt

from generation.compiled import FLOAT32_ROWS, compiled, step

MAX_CLUSTERS = 3
ROUNDS = 4
SAME_TASTE_COSINE = np.float32(0.8)
"""A vector this close to a centre starts no cluster of its own."""

TINY = np.float32(1e-12)
"""A length that has no direction."""

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@step
def cosines(units: Floats, direction: Floats) -> Floats:
    found = np.zeros(units.shape[1], np.float32)
    for dimension in range(len(units)):
        for column in range(len(found)):
            found[column] += units[dimension, column] * direction[dimension]
    return found


@step
def closest_of(units: Floats, directions: Floats) -> Places:
    """The direction closest to each vector; ties to the first."""
    best, cluster_of = cosines(units, directions[0]), np.zeros(units.shape[1], np.int64)
    for cluster in range(1, len(directions)):
        other = cosines(units, directions[cluster])
        for column in range(len(other)):
            if other[column] > best[column]:
                best[column], cluster_of[column] = other[column], cluster
    return cluster_of


@step
def seeds(units: Floats) -> Floats:
    """Vectors to start from, at most `MAX_CLUSTERS`, each unlike the ones before."""
    directions = np.empty((MAX_CLUSTERS, len(units)), np.float32)
    directions[0] = units[:, 0]
    closest = cosines(units, directions[0])
    for count in range(1, MAX_CLUSTERS):
        farthest = np.argmin(closest)
        if closest[farthest] >= SAME_TASTE_COSINE:
            return directions[:count]
        directions[count] = units[:, farthest]
        closest = np.maximum(closest, cosines(units, directions[count]))
    return directions


@step
def settled(units: Floats) -> Places:
    """Which cluster each vector belongs to after a few rounds of k-means.

    Args:
        units: `float32[dim, p]`: a vector is a column, so that all are compared at once.
    """
    directions = seeds(units)
    cluster_of = closest_of(units, directions)
    for _ in range(ROUNDS):
        directions[:] = 0
        for column in range(units.shape[1]):
            directions[cluster_of[column]] += units[:, column]
        for cluster in range(len(directions)):
            length = np.sqrt((directions[cluster] * directions[cluster]).sum())
            directions[cluster] /= max(length, TINY)
        moved = closest_of(units, directions)
        if (moved == cluster_of).all():
            break
        cluster_of = moved
    return cluster_of


@compiled(FLOAT32_ROWS, FLOAT32_ROWS)
def cluster_centres(vectors: Floats) -> Floats:
    """k-means by cosine, started from the newest vector and then the ones least like it.

    Args:
        vectors: `float32[p, dim]`, newest first; rows of zeros are left out.

    Returns:
        `float32[k, dim]`, k <= 3: the means of the clusters as they are, not normalised, because
        retrieval is by dot product; largest cluster first. The same input gives the same answer.
    """
    lengths = np.sqrt((vectors * vectors).sum(axis=1))
    vectors, lengths = vectors[lengths > TINY], lengths[lengths > TINY]
    units = np.ascontiguousarray((vectors / lengths.reshape(-1, 1)).T)
    if len(vectors) == 0:
        return vectors
    cluster_of = settled(units)
    sizes = np.bincount(cluster_of, minlength=MAX_CLUSTERS)
    largest_first = np.argsort(-sizes, kind="mergesort")
    centres = np.zeros((np.count_nonzero(sizes), vectors.shape[1]), np.float32)
    for place in range(len(centres)):
        cluster = largest_first[place]
        for row in range(len(vectors)):
            if cluster_of[row] == cluster:
                centres[place] += vectors[row]
        centres[place] /= np.float32(sizes[cluster])
    return centres
