"""Words as bags of rows: which rows of a shared table each word has, and how its vector is composed of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import word2vec as kernel
from wordvec.subwords.ngrams import NGramHash, mean_rows, word_rows
from wordvec.vocabulary import Vocabulary

Floats = NDArray[np.float32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_WORDS, _ROWS = 1 << 14, 1 << 20  # looked at at a time
HOW = {"mean": kernel.MEAN, "multiply": kernel.MULTIPLY, "concat": kernel.CONCAT, "weighted": kernel.WEIGHTED}


@dataclass(frozen=True)
class Bags:
    """The rows of V words in CSR form; `compose` says how they make the vector of a word (`bags.h`)."""

    starts: Int64  # [V + 1]
    rows: Int32  # [starts[V]], below `size`
    size: int  # rows of the table
    compose: str = "mean"
    part: int = 0  # numbers that "concat" takes of each row

    @classmethod
    def of_rows(cls, rows: NDArray[Any], size: int, compose: str = "mean", part: int = 0) -> Bags:
        """Bags of as many rows each, from [V, k]."""
        starts = np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int64)
        return cls(starts, np.ascontiguousarray(rows.ravel(), np.int32), size, compose, part)

    def of(self, words: Int64) -> tuple[Int64, Int32]:
        """The rows of some words in CSR form."""
        counts = np.diff(self.starts)[words]
        starts = np.concatenate([[0], np.cumsum(counts)])
        places = np.repeat(self.starts[words] - starts[:-1], counts) + np.arange(starts[-1])
        return starts, self.rows[places]

    def arguments(self, input: NDArray[Any], importance: NDArray[Any] | None) -> dict[str, Any]:
        """What the kernel is told."""
        return {
            "input": input,
            "word_indptr": self.starts,
            "word_rows": self.rows,
            "word_steps": self._steps() if self.compose == "mean" else None,
            "importance": importance,
            "compose": HOW[self.compose],
            "part": self.part,
        }

    def _steps(self) -> NDArray[np.float64]:
        """[V] how far each row of a word goes for a step of its vector: less where some row stands there repeatedly."""
        steps = np.empty(len(self.starts) - 1)
        for first in range(0, len(steps), _WORDS):  # all pairs of a word and a row at once would take many matrices
            starts = self.starts[first : first + _WORDS + 1]
            sizes, rows = np.diff(starts), self.rows[starts[0] : starts[-1]]
            words = np.repeat(np.arange(len(sizes)), sizes)
            pairs, times = np.unique(words * np.int64(self.size) + rows, return_counts=True)
            squares = np.bincount(pairs // self.size, times.astype(np.float64) ** 2, len(sizes))
            steps[first : first + len(sizes)] = sizes / np.maximum(squares, 1)
        return steps

    def means(self, input: Floats, workers: int) -> Floats:
        """The vectors [V, D] of all words, where they are means."""
        vectors = np.empty((len(self.starts) - 1, input.shape[1]), np.float32)
        mean_rows(input, self.starts, self.rows, vectors, workers=workers)
        return vectors


@dataclass(frozen=True)
class NGrams:
    """The bags of words and of their n-grams: fastText's, without the buckets on which no n-gram falls."""

    bags: Bags  # row i is that of word i; the rows of n-grams follow, those of frequent words first
    buckets: Int32  # [P] the bucket of each row of an n-gram

    @classmethod
    def make(cls, words: Vocabulary, hashing: NGramHash, workers: int) -> NGrams:
        """The rows of all words. Frequent n-grams lie side by side, which the caches reward."""
        size = len(words)
        starts, rows = word_rows(words.data, words.offsets, hashing, own=0, base=size, workers=workers)
        first = np.full(hashing.bucket, len(rows), np.int64)  # where each bucket stands first
        blocks = range(0, len(rows), _ROWS)
        for start in reversed(blocks):
            found = np.flatnonzero(rows[start : start + _ROWS] >= size)[::-1] + start
            first[rows[found] - size] = found  # of a bucket that comes again, the last that is written stays
        used = np.flatnonzero(first < len(rows))
        buckets = used[np.argsort(first[used])]
        places = np.empty(hashing.bucket, np.int32)
        places[buckets] = size + np.arange(len(buckets), dtype=np.int32)
        for start in blocks:
            part = rows[start : start + _ROWS]
            hashed = part >= size
            part[hashed] = places[part[hashed] - size]
        return cls(Bags(starts, rows, size + len(buckets)), buckets.astype(np.int32))
