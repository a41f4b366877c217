"""Who relates to whom since when: follows, friends, memberships, blocks, likes of friends."""

from dataclasses import dataclass

import numpy as np

from simulator.arrays import NOTHING, Bools, Floats, Ints


@dataclass(frozen=True)
class TimedPairs:
    """A set of (left, right) index pairs, each with the moment it began.

    Attributes:
        keys: `int64[n]`, `left * right_count + right`, ascending, unique.
        since_ms: `int64[n]`, beside `keys`.
        right_count: Every right index is in `[0, right_count)`.
    """

    keys: Ints
    since_ms: Ints
    right_count: int

    @classmethod
    def of(cls, left: Ints, right: Ints, since_ms: Ints, right_count: int) -> "TimedPairs":
        """Build from columns in any order; of repeated pairs the earliest stays."""
        return cls._of_keys(left * right_count + right, since_ms, right_count)

    @classmethod
    def _of_keys(cls, keys: Ints, since_ms: Ints, right_count: int) -> "TimedPairs":
        if not len(keys):
            return cls(keys, since_ms, right_count)
        # A stable sort merges runs, and what is joined is already two sorted ones.
        order = np.argsort(keys, kind="stable")
        keys, since_ms = keys[order], since_ms[order]
        first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        return cls(keys[first], np.minimum.reduceat(since_ms, first), right_count)

    @classmethod
    def none(cls, right_count: int) -> "TimedPairs":
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), right_count)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def left(self) -> Ints:
        return self.keys // self.right_count

    @property
    def right(self) -> Ints:
        return self.keys % self.right_count

    def joined(self, other: "TimedPairs") -> "TimedPairs":
        """Pairs of either set, each since its earlier moment."""
        return self._of_keys(
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.since_ms, other.since_ms]),
            self.right_count,
        )

    def holds(self, left: Ints, right: Ints, now_ms: Ints) -> Bools:
        """Say for each row whether its pair had begun by its `now_ms`. Rows broadcast.

        A right index of `NOTHING` is in no pair.
        """
        wanted = left * self.right_count + right
        if not len(self):
            return np.zeros(np.broadcast(wanted, now_ms).shape, bool)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self) - 1)
        is_pair = (self.keys[at] == wanted) & (right >= 0)
        begun: Bools = is_pair & (self.since_ms[at] <= now_ms)
        return begun

    def all_of(self, left: Ints) -> tuple[Ints, Ints]:
        """Every pair of every row of `left`: row numbers and right indices, `int64[m]` each."""
        start = np.searchsorted(self.keys, left * self.right_count)
        size = np.searchsorted(self.keys, (left + 1) * self.right_count) - start
        row = np.repeat(np.arange(len(left)), size)
        within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
        return row, self.keys[start[row] + within] % self.right_count

    def draw(self, left: Ints, luck: Floats) -> Ints:
        """Draw one right index per row of `left`, evenly; `NOTHING` where there is none.

        Args:
            luck: `float64[n]` uniform in `[0, 1)`, one per row.
        """
        if not len(self):
            return np.full(len(left), NOTHING, np.int64)
        start = np.searchsorted(self.keys, left * self.right_count)
        end = np.searchsorted(self.keys, (left + 1) * self.right_count)
        at = np.minimum(start + (luck * (end - start)).astype(np.int64), len(self) - 1)
        return np.where(end > start, self.keys[at] % self.right_count, NOTHING)
