"""An epoch of pairs as groups of contexts of one word, in random order: each pair as often as its weight says."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Groups(NamedTuple):
    """The groups of an epoch: group i has the contexts ids[starts[i] + k * strides[i]] for k < sizes[i]."""

    ids: NDArray[np.int32]  # [N] contexts
    rows: NDArray[np.int32]  # [G] the word of each group
    starts: NDArray[np.int64]  # [G]
    strides: NDArray[np.int64]  # [G]
    sizes: NDArray[np.int64]  # [G] 1 to the length of a group
    order: NDArray[np.int64]  # [G] in which the groups are trained


class Sampling:
    """Draws the pairs of a sparse matrix, about `total` in an epoch, by systematic sampling (Madow 1949).

    Cell i comes floor(s_i + u) - floor(s_(i-1) + u) times, where s are the running sums of the expected numbers and u
    is uniform in 0..1: each number is its expectation, rounded down or up. Where expectations are whole numbers, as
    those of counts are, each cell comes exactly so often in every epoch. The contexts of a word are dealt out to its
    groups in turn, so that copies of a pair are in different groups.
    """

    def __init__(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        weights: NDArray[np.float64],
        length: int,
        seed: int,
        total: float | None = None,
    ) -> None:
        self.indptr, self.indices, self.length, self.seed = indptr, indices, length, seed
        expected = weights if total is None else weights * (total / weights.sum())
        self.is_exact = bool((expected == np.rint(expected)).all())
        self.sums = np.cumsum(expected)
        self.total = round(float(self.sums[-1]))
        self._lock, self._epoch = threading.Lock(), -1
        self._groups: Groups | None = None

    def numbers(self, epoch: int) -> NDArray[np.int64]:
        """[cells] how often each cell comes in an epoch."""
        u = 0.0 if self.is_exact else np.random.default_rng([self.seed, epoch, 4]).random()
        ends: NDArray[np.int64] = np.floor(self.sums + (0.5 if self.is_exact else u)).astype(np.int64)
        return np.diff(ends, prepend=0)

    def groups(self, epoch: int) -> Groups:
        """The groups of an epoch; the same for every thread."""
        with self._lock:
            if self._groups is None or epoch != self._epoch:
                old = self._groups
                made = self._made(epoch) if old is None or not self.is_exact else old
                order = np.random.default_rng([self.seed, epoch, 3]).permutation(len(made.rows))
                self._groups, self._epoch = made._replace(order=order), epoch
            return self._groups

    def _made(self, epoch: int) -> Groups:
        numbers = self.numbers(epoch)
        ids = self.indices if (numbers == 1).all() else np.repeat(self.indices, numbers)
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(numbers)])[self.indptr]
        sizes = np.diff(ends)
        several = -(-sizes // self.length)  # groups of each word
        rows = np.repeat(np.arange(len(sizes), dtype=np.int32), several)
        place = np.arange(len(rows)) - np.repeat(np.cumsum(several) - several, several)
        strides = several[rows]
        return Groups(
            np.ascontiguousarray(ids),
            rows,
            ends[rows] + place,
            strides,
            (sizes[rows] - place - 1) // strides + 1,
            np.empty(0, np.int64),
        )


def gathered(groups: Groups, some: NDArray[np.int64]) -> dict[str, Any]:
    """The arguments of the kernel for some groups: contexts, where each group begins among them, and its word."""
    sizes = groups.sizes[some]
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    places = np.arange(int(sizes.max()))  # a rectangle of places, of which each group uses the first ones
    at = groups.starts[some][:, None] + places * groups.strides[some][:, None]
    return {"ids": groups.ids[at[places < sizes[:, None]]], "offsets": ends, "documents": groups.rows[some]}
