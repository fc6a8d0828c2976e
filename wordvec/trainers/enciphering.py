"""Sums of the codes of the words around each word: from a corpus in one pass, or from counts; by threads, repeatable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import cipher as kernel
from wordvec.cipher import Cipher
from wordvec.cooccurrence import Cooccurrence
from wordvec.corpus import EncodedCorpus
from wordvec.threads import in_order

CONTEXTS = 1 << 20  # about so many are added up in one call of a kernel: some 20 ms
NUMBERS = 1 << 19  # float64 numbers of a block of sums
TOKENS = 1 << 22  # looked at in one call while places are sought

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Which words of context are added, how much they weigh, and where they are added."""

    left: int  # reach
    right: int
    segments: Longs  # [2, window] of the result, for contexts to the left, to the right, at the distances 1, 2, ...
    scales: Doubles  # [window] what a context weighs at each distance
    weights: Doubles  # [V, window] what it weighs besides by its word, or [V, 1] at all distances; [0, 0]: 1


class Block(NamedTuple):
    """Some rows, and those of their items that one call of a kernel adds up."""

    rows: slice  # from 0, of the rows in hand
    items: slice
    part: bool  # not all items of the rows, which is then one row
    left: int  # items of the rows that come in blocks after this one


Add = Callable[[Block, Doubles], None]


class Summing:
    """Sums of codes, float64 [rows, segments, bits + 1], in blocks of rows: of the bits, and of the weights of contexts.

    Each block is handed to `finish(rows, sums)`, by any thread; what that returns comes back in the order of the rows.
    """

    def __init__(
        self,
        cipher: Cipher,
        windows: Windows,
        segments: int,
        finish: Callable[[slice, Doubles], Doubles],
        pool: Executor,
        workers: int,
    ) -> None:
        self.windows, self.finish, self.pool, self.ahead = windows, finish, pool, 2 * workers
        self.workers, self.size, self.segments, self.bits = workers, len(cipher), segments, cipher.bits
        coded = np.empty((len(cipher), kernel.RECORD), np.uint8)
        kernel.records(cipher.offsets, cipher.places, cipher.beta, cipher.bits, coded)
        self.codes = (coded, cipher.offsets, cipher.places, windows.weights)

    def of_counts(self, counts: Cooccurrence) -> Iterator[Doubles]:
        """From a matrix of counts, or of counts per offset."""
        offsets = np.ones(1, np.int64) if counts.offsets is None else counts.offsets
        distances = np.abs(offsets) - 1
        segments = self.windows.segments[(offsets > 0).astype(np.int64), distances]

        def add(block: Block, sums: Doubles) -> None:
            starts = counts.indptr[block.rows.start : block.rows.stop + 1] - block.items.start
            cells = counts.indices[block.items], counts.data[block.items]
            kernel.counts(starts, *cells, distances, segments, *self.codes, sums)

        whole = max(CONTEXTS, int(np.diff(counts.indptr).max()))  # rows are not cut: their cells are at most columns
        return self._run(0, self._blocks(counts.indptr, whole), add)

    def of_corpus(self, corpus: EncodedCorpus, memory: float) -> Iterator[Doubles]:
        """From a corpus: word by word over the places where it stands, for as many words at a time as `memory` (GB) holds.

        The places of a very frequent word are cut into parts, whose sums are added in their order.
        """
        ends = np.concatenate([[0], np.cumsum(self._tally(corpus))])
        most = max(1, CONTEXTS // (self.windows.left + self.windows.right))
        first = 0
        while first < self.size:
            last = int(np.searchsorted(ends, ends[first] + int(memory * 2**30 / 8), side="right")) - 1
            last = min(max(last, first + 1), self.size)
            starts = ends[first : last + 1] - ends[first]
            add = self._adder(corpus, starts, self._places(corpus, first, starts))
            yield from self._run(first, self._blocks(starts, most), add)
            first = last

    def _adder(self, corpus: EncodedCorpus, starts: Longs, found: NDArray[np.uint64]) -> Add:
        windows = self.windows

        def add(block: Block, sums: Doubles) -> None:
            part = block.items
            mine = np.clip(starts[block.rows.start : block.rows.stop + 1], part.start, part.stop) - part.start
            kernel.windows(corpus.ids, found[part], mine, windows.scales, windows.segments, *self.codes, sums)

        return add

    def _run(self, first: int, blocks: Iterable[Block], add: Add) -> Iterator[Doubles]:
        """Add up blocks in threads; `first` is the number of the first row in hand."""

        def finished(block: Block, sums: Doubles) -> Doubles:
            return self.finish(slice(first + block.rows.start, first + block.rows.stop), sums)

        def work(block: Block) -> tuple[Block, bool, Doubles]:
            sums = np.zeros((block.rows.stop - block.rows.start, self.segments, self.bits + 1 + kernel.SPARE))
            add(block, sums)
            sums = sums[:, :, : self.bits + 1]
            return (block, False, sums) if block.part else (block, True, finished(block, sums))

        held: Doubles | None = None
        for block, done, result in in_order(self.pool, work, blocks, self.ahead):
            if not done:
                held = result if held is None else held + result
                if block.left:
                    continue
                result, held = finished(block, held), None
            yield result

    def _blocks(self, starts: Longs, most: int) -> Iterator[Block]:
        """Blocks of about `most` items or fewer; a row with more of them comes in parts."""
        rows = max(1, NUMBERS // (self.segments * (self.bits + 1)))
        row, size = 0, len(starts) - 1
        while row < size:
            end = int(np.searchsorted(starts, starts[row] + most, side="right")) - 1
            end = min(max(end, row + 1), row + rows, size)
            begin, stop = int(starts[row]), int(starts[end])
            cuts = [*range(begin, stop, most), stop] if stop > begin else [begin, stop]
            for a, b in zip(cuts, cuts[1:]):
                yield Block(slice(row, end), slice(a, b), part=len(cuts) > 2, left=stop - b)
            row = end

    def _tally(self, corpus: EncodedCorpus) -> Longs:
        """[V] how often each id occurs."""

        def work(start: int) -> Longs:
            return np.bincount(corpus.ids[start : start + TOKENS], minlength=self.size)

        tallies = in_order(self.pool, work, range(0, len(corpus.ids), TOKENS), self.ahead)
        return np.sum(list(tallies), axis=0)

    def _places(self, corpus: EncodedCorpus, first: int, starts: Longs) -> NDArray[np.uint64]:
        """Where the words from `first` on stand, word after word; each thread looks for some of the words."""
        found = np.empty(starts[-1], np.uint64)
        shares = np.searchsorted(starts, np.linspace(0, starts[-1], self.workers + 1)[1:-1]).tolist()
        cuts = sorted({0, *shares, len(starts) - 1})
        marks = corpus.chunks(TOKENS).tolist()
        reach = self.windows.left, self.windows.right

        def work(share: tuple[int, int]) -> None:
            cursors = starts[share[0] : share[1]].copy()
            for a, b in zip(marks, marks[1:]):
                some = corpus.offsets[a : b + 1]
                kernel.places(corpus.ids, some, *reach, first + share[0], first + share[1], cursors, found)

        for _ in in_order(self.pool, work, zip(cuts, cuts[1:]), self.ahead):
            pass
        return found
