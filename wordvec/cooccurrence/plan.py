"""The plan of a count: weights of the pairs, and the division of the work into blocks that fit into memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels.cooccurrence import PACKED
from wordvec.base.errors import CorpusError, OptionError
from wordvec.cooccurrence.options import Counting
from wordvec.corpus import EncodedCorpus
from wordvec.corpus.subsampling import keep_chances, keep_thresholds, streams

TOKEN = 8  # bytes of a block for each token: its id and its position
ROW = 17  # bytes of a thread for each column: a sum, a mark and a sum that is read
CELL = 19 + PACKED  # bytes of a thread for each cell: a column, a value, packed or not, and a copy to be written
MOST_CELLS = 1 << 17  # cells of a task, so that they stay in the cache; a single row may have more
LONGEST_BLOCK = 2**31 - 2  # tokens; positions are int32


@dataclass(frozen=True)
class Plan:
    """The sizes, weights and divisions that all parts of a count use."""

    words: int  # ids below this are counted
    columns: int  # of the matrix
    offsets: NDArray[np.int64]  # [K] positions of the counted neighbours relative to a word
    left: NDArray[np.int64]  # [2, window] the weight and the first column of a neighbour 1, 2, ... positions before
    right: NDArray[np.int64]  # [2, window] likewise after
    unit: int  # the divisor of the weights
    chances: NDArray[np.float64]  # [words] the probability that a token is kept, where it weights pairs; else [0]
    keep: NDArray[np.uint32]  # [words] thresholds of the random numbers, where tokens are dropped at random; else [0]
    gaps: bool  # words that are not counted keep their positions
    chunks: NDArray[np.int64]  # [C + 1] first sentences of the chunks, each with its own random numbers
    ends: NDArray[np.int64]  # [C + 1] tokens before each chunk, separators of sentences included
    seeds: NDArray[np.uint64]  # [C] the seeds of the chunks
    sentences: NDArray[np.int64]  # [blocks + 1] first sentences of the blocks
    cells: int  # of a task, at most
    threads: int
    tokens: int  # of the corpus

    @property
    def neighbours(self) -> int:
        """The number of neighbours of an occurrence, at most."""
        return len(self.offsets)

    @property
    def ahead(self) -> int:
        """Tasks that may be running or waiting to be written."""
        return self.threads + 1

    @classmethod
    def make(cls, corpus: EncodedCorpus, options: Counting, per_offset: bool) -> Plan:
        """The plan of a count; OptionError where it does not fit into `memory`."""
        chunks = corpus.chunks()
        return cls.of(np.asarray(corpus.vocabulary.counts), chunks, corpus.offsets[chunks], options, per_offset)

    @classmethod
    def of(
        cls,
        counts: NDArray[np.int64],
        chunks: NDArray[np.int64],
        before: NDArray[np.int64],
        options: Counting,
        per_offset: bool,
        most: int = LONGEST_BLOCK,
    ) -> Plan:
        """The plan for words with these counts, and chunks with so many tokens `before` each; `most` tokens a block."""
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
        left, right = np.flatnonzero(offsets < 0)[::-1], np.flatnonzero(offsets > 0)
        ends = before + chunks + 1
        drawn = options.sample > 0 and options.subsample == "sampled"
        cells = min(MOST_CELLS, int(options.memory * 1e9) // (32 * CELL * options.threads))
        cells = max(cells, int(min(columns, counts.max() * len(offsets))), 1)
        return cls(
            words=words,
            columns=columns,
            offsets=offsets,
            left=np.stack([weights[left], first[left]]),
            right=np.stack([weights[right], first[right]]),
            unit=unit,
            chances=keep_chances(counts, options.sample) if options.sample > 0 and not drawn else np.empty(0),
            keep=keep_thresholds(counts, options.sample) if drawn else np.empty(0, np.uint32),
            gaps=options.gaps == "keep",
            chunks=chunks,
            ends=ends,
            seeds=streams(options.seed, max(len(chunks) - 1, 1)),
            sentences=chunks[block_starts(ends, min(most, _room(ends, options, words, columns, cells)))],
            cells=cells,
            threads=options.threads,
            tokens=int(before[-1]),
        )


def _words(counts: NDArray[np.int64], options: Counting) -> int:
    """The number of counted words: all of the corpus, or the frequent ones where rare ones keep their positions."""
    if options.gaps == "close":
        return len(counts)
    if (counts[1:] > counts[:-1]).any():
        raise OptionError(
            "gaps='keep' must have words by falling count, as encode_corpus orders them; these are in the order of a "
            "given vocabulary: give gaps='close'"
        )
    words = int((counts >= options.min_count).sum())
    if words == 0:
        raise CorpusError(
            f"no word occurs {options.min_count} times or more: the most frequent occurs {counts.max()} times; give "
            "more text or a lower min_count"
        )
    return min(words, options.max_vocab or words)


def _room(ends: NDArray[np.int64], options: Counting, words: int, columns: int, cells: int) -> int:
    """The tokens of a block that fit into memory; OptionError where a chunk does not."""
    threads = options.threads
    fixed = threads * (ROW * columns + CELL * cells) + PACKED * cells + 4 * words * (threads + 3)
    longest = int(np.diff(ends).max(initial=1))
    most_tokens = (int(options.memory * 1e9) - fixed) // TOKEN
    if most_tokens < longest:
        least = (fixed + TOKEN * longest) / 1e9
        raise OptionError(
            f"memory must be at least {least:.2g} GB for {words} words and {threads} workers; got {options.memory:g}: "
            "give more, fewer workers, or a higher min_count"
        )
    return most_tokens


def block_starts(ends: NDArray[np.int64], most_tokens: int) -> NDArray[np.int64]:
    """[blocks + 1] first chunks of the blocks: each has as many chunks as `most_tokens` allow, at least one.

    `ends` [C + 1] are the tokens before each chunk.
    """
    most_tokens, starts = min(most_tokens, LONGEST_BLOCK), [0]
    while starts[-1] < len(ends) - 1:
        last = int(np.searchsorted(ends, ends[starts[-1]] + most_tokens, "right")) - 1
        starts.append(max(last, starts[-1] + 1))
    return np.array(starts)
