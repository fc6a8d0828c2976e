"""How a corpus is counted: what counts how much, and how the work is cut so that it fits into memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels.cooccurrence import PACKED
from wordvec.base.errors import CorpusError, OptionError
from wordvec.cooccurrence.options import Counting
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.subsampling import keep_chances, keep_thresholds, streams

TOKEN = 8  # bytes of a block for each token: itself, and its place
ROW = 17  # bytes of a thread for each column: a sum, a mark and a sum that is taken
CELL = 19 + PACKED  # bytes of a thread for each cell: a column, a value, packed or not, and a copy that waits
MOST_CELLS = 1 << 17  # of a task: what stays in the cache while it waits, unless a row may have more
LONGEST_BLOCK = 2**31 - 2  # tokens; places are int32


@dataclass(frozen=True)
class Plan:
    """What the parts of a count need to know."""

    words: int  # ids below this are counted
    columns: int  # of the matrix
    offsets: NDArray[np.int64]  # [K] where the counted neighbours of a word stand
    left: NDArray[np.int64]  # [2, reach] the weight, and the first column, of a neighbour 1, 2, ... places before
    right: NDArray[np.int64]  # [2, reach] likewise after
    unit: int  # what the weights are divided by
    chances: NDArray[np.float64]  # [words] the chance that a token is kept, where a pair counts by it; else [0]
    keep: NDArray[np.uint32]  # [words] thresholds of draws, where tokens are drawn; else [0]
    gaps: bool  # what is not counted keeps its place
    chunks: NDArray[np.int64]  # [C + 1] sentences where streams of draws start
    seeds: NDArray[np.uint64]  # [C] these streams
    sentences: NDArray[np.int64]  # [blocks + 1] sentences where blocks start
    cells: int  # of a task, at most
    threads: int
    tokens: int  # of the corpus

    @property
    def neighbours(self) -> int:
        """The most neighbours that an occurrence counts."""
        return len(self.offsets)

    @property
    def ahead(self) -> int:
        """Tasks that may be under way or wait to be written."""
        return self.threads + 1

    @classmethod
    def make(cls, corpus: EncodedCorpus, options: Counting, per_offset: bool) -> Plan:
        """The plan of a count; OptionError where it cannot be done within `memory`."""
        counts = np.asarray(corpus.vocabulary.counts)
        words = _words(counts, options)
        counts = counts[:words]
        offsets, weights, unit = options.weights()
        columns = words * (len(offsets) if per_offset else 1)
        if columns >= 2**31:
            raise OptionError(
                f"there must be fewer than 2^31 columns; {words} words at {len(offsets)} offsets make {columns}: "
                "give a higher min_count or a smaller window"
            )
        first = np.arange(len(offsets)) * words * per_offset
        before, after = np.flatnonzero(offsets < 0)[::-1], np.flatnonzero(offsets > 0)
        chunks = corpus.chunks()
        drawn = options.sample > 0 and options.subsample == "sampled"
        cells = min(MOST_CELLS, int(options.memory * 1e9) // (32 * CELL * options.threads))
        cells = max(cells, int(min(columns, counts[0] * len(offsets))), 1)
        return cls(
            words=words,
            columns=columns,
            offsets=offsets,
            left=np.stack([weights[before], first[before]]),
            right=np.stack([weights[after], first[after]]),
            unit=unit,
            chances=keep_chances(counts, options.sample) if options.sample > 0 and not drawn else np.empty(0),
            keep=keep_thresholds(counts, options.sample) if drawn else np.empty(0, np.uint32),
            gaps=options.gaps == "keep",
            chunks=chunks,
            seeds=streams(options.seed, max(len(chunks) - 1, 1)),
            sentences=_blocks(corpus, chunks, options, words, columns, cells),
            cells=cells,
            threads=options.threads,
            tokens=len(corpus.ids),
        )


def _words(counts: NDArray[np.int64], options: Counting) -> int:
    """How many words are counted: all of the corpus, but where rare ones keep their places."""
    if options.gaps == "close":
        return len(counts)
    words = int((counts >= options.min_count).sum())
    if words == 0:
        raise CorpusError(
            f"no word occurs {options.min_count} times or more: the most frequent occurs {counts.max()} times; give "
            "more text or a lower min_count"
        )
    return min(words, options.max_vocab or words)


def _blocks(
    corpus: EncodedCorpus, chunks: NDArray[np.int64], options: Counting, words: int, columns: int, cells: int
) -> NDArray[np.int64]:
    """Sentences where blocks start: as many chunks to a block as fit into memory."""
    threads = options.threads
    fixed = threads * (ROW * columns + CELL * cells) + PACKED * cells + 4 * words * (threads + 3)
    longest = int(np.diff(_ends(corpus, chunks)).max(initial=1))
    room = (int(options.memory * 1e9) - fixed) // TOKEN
    if room < longest:
        least = (fixed + TOKEN * longest) / 1e9
        raise OptionError(
            f"memory must be at least {least:.2g} GB for {words} words and {threads} workers; got {options.memory:g}: "
            "give more, fewer workers, or a higher min_count"
        )
    return block_starts(corpus, chunks, room)


def block_starts(corpus: EncodedCorpus, chunks: NDArray[np.int64], room: int) -> NDArray[np.int64]:
    """Sentences where blocks start: as many chunks to a block as have `room` tokens, one at least."""
    ends, room = _ends(corpus, chunks), min(room, LONGEST_BLOCK)
    starts = [0]
    while starts[-1] < len(chunks) - 1:
        last = int(np.searchsorted(ends, ends[starts[-1]] + room, "right")) - 1
        starts.append(max(last, starts[-1] + 1))
    return chunks[starts]


def _ends(corpus: EncodedCorpus, chunks: NDArray[np.int64]) -> NDArray[np.int64]:
    """[C + 1] tokens up to each chunk, with what separates sentences."""
    return corpus.offsets[chunks] + chunks + 1
