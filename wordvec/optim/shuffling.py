"""Sentences in random order, so that what stands together in a text is trained apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import descent as kernel

Window = tuple[NDArray[np.int64], NDArray[np.int64]]
WINDOW = 1 << 26  # tokens, 256 MB: sentences change places within so many only, so that a corpus may exceed memory


class Sentences:
    """The sentences of some consecutive chunks as they stand, or, with a seed, in another random order in each epoch.

    A word that is rare in a text is often frequent in one place. Replicas have high learning rates and move it there as
    far as it goes, but in the mean it moves by a small part of that. Apart from each other, its sentences add up.

    With a seed chunks change as well: all of a window have about the same number of tokens, so that replicas, which
    train as many chunks, do not wait for each other. There are as many of them as there were.
    """

    def __init__(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        chunks: NDArray[np.int64],
        seed: Sequence[int] | None = None,
        first: int = 0,
    ) -> None:
        """Chunk first + i has the sentences chunks[i]:chunks[i + 1]; sentence j is ids[offsets[j]:offsets[j + 1]]."""
        self._ids, self._offsets, self._chunks, self._seed, self._first = ids, offsets, chunks, seed, first
        windows = (offsets[chunks[:-1]] - offsets[chunks[0]]) // WINDOW  # of each chunk
        self._starts = np.concatenate([[0], np.flatnonzero(np.diff(windows)) + 1, [len(windows)]])
        self._kept: dict[tuple[int, ...], Window] = {}

    def _window(self, seed: tuple[int, ...], number: int) -> Window:
        """The sentences of a window in their order, and which of them begin its chunks."""
        found = self._kept.get((*seed, number))
        if found is None:
            found = self._ordered(seed, number)
            for key in list(self._kept)[:-1]:  # threads may be in two of them
                self._kept.pop(key, None)
            self._kept[(*seed, number)] = found
        return found

    def _ordered(self, seed: tuple[int, ...], number: int) -> Window:
        first, last = self._starts[number : number + 2]
        start, stop = self._chunks[[first, last]]
        order = start + np.random.default_rng([*seed, number]).permutation(stop - start)
        before = np.concatenate([[0], np.cumsum(self._offsets[order + 1] - self._offsets[order])])
        marks = np.searchsorted(before, before[-1] * np.arange(last - first) // (last - first))
        return order, np.append(marks, stop - start)

    def text(self, part: slice, epoch: int) -> dict[str, Any]:
        """The arguments ids, offsets and chunks of a kernel, for some chunks."""
        at, stop = part.start - self._first, part.stop - self._first
        if self._seed is None or at == stop:
            return {"ids": self._ids, "offsets": self._offsets, "chunks": self._chunks[at : stop + 1]}
        sentences, chunks = [], [np.zeros(1, np.int64)]
        number = int(np.searchsorted(self._starts, at, "right")) - 1
        while at < stop:
            first, last = self._starts[number : number + 2]
            order, marks = self._window((*self._seed, epoch), number)
            marks = marks[at - first : min(stop, last) - first + 1]
            sentences.append(order[marks[0] : marks[-1]])
            chunks.append(marks[1:] - marks[0] + chunks[-1][-1])
            at, number = min(stop, last), number + 1
        order = np.concatenate(sentences)
        starts = self._offsets[order]
        offsets = np.concatenate([[0], np.cumsum(self._offsets[order + 1] - starts)])
        ids = np.empty(offsets[-1], np.int32)
        kernel.gather(self._ids, starts, offsets, ids)
        return {"ids": ids, "offsets": offsets, "chunks": np.concatenate(chunks)}
