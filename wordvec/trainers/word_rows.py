"""Words composed of several rows: which rows of a shared table each word has, and how they make its vector."""

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

_WORDS, _ROWS = 1 << 14, 1 << 20  # processed in one block
HOW = {"mean": kernel.MEAN, "multiply": kernel.MULTIPLY, "concat": kernel.CONCAT, "weighted": kernel.WEIGHTED}


@dataclass(frozen=True)
class WordRows:
    """The rows of V words in CSR form; `compose` says how they make the vector of a word (`bags.h`)."""

    indptr: Int64  # [V + 1]
    rows: Int32  # [indptr[V]], below `size`
    size: int  # rows of the table
    compose: str = "mean"
    part: int = 0  # dimensions that "concat" takes of each row

    @classmethod
    def of_rows(cls, rows: NDArray[Any], size: int, compose: str = "mean", part: int = 0) -> WordRows:
        """The same number of rows for each word, from [V, k]."""
        indptr = np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int64)
        return cls(indptr, np.ascontiguousarray(rows.ravel(), np.int32), size, compose, part)

    def of(self, words: Int64) -> tuple[Int64, Int32]:
        """The rows of some words in CSR form."""
        counts = np.diff(self.indptr)[words]
        indptr = np.concatenate([[0], np.cumsum(counts)])
        places = np.repeat(self.indptr[words] - indptr[:-1], counts) + np.arange(indptr[-1])
        return indptr, self.rows[places]

    def arguments(
        self, input: NDArray[Any], importance: NDArray[Any] | None, frozen: NDArray[np.uint8] | None = None
    ) -> dict[str, Any]:
        """The arguments of the kernel; all rows of `frozen` words [V] stay, those that others share, too."""
        rows = None
        if frozen is not None:
            rows = np.zeros(len(input), np.uint8)
            for part in np.array_split(np.flatnonzero(frozen), len(frozen) // _WORDS + 1):
                rows[self.of(part)[1]] = 1
        return {
            "frozen_words": frozen,
            "frozen_rows": rows,
            "input": input,
            "word_indptr": self.indptr,
            "word_rows": self.rows,
            "word_steps": self._steps() if self.compose == "mean" else None,
            "importance": importance,
            "compose": HOW[self.compose],
            "part": self.part,
        }

    def _steps(self) -> NDArray[np.float64]:
        """[V] the step of each row of a word for a step of its vector: smaller where a row occurs repeatedly."""
        steps = np.empty(len(self.indptr) - 1)
        for first in range(0, len(steps), _WORDS):  # all pairs of a word and a row at once would take many matrices
            indptr = self.indptr[first : first + _WORDS + 1]
            sizes, rows = np.diff(indptr), self.rows[indptr[0] : indptr[-1]]
            words = np.repeat(np.arange(len(sizes)), sizes)
            pairs, times = np.unique(words * np.int64(self.size) + rows, return_counts=True)
            squares = np.bincount(pairs // self.size, times.astype(np.float64) ** 2, len(sizes))
            steps[first : first + len(sizes)] = sizes / np.maximum(squares, 1)
        return steps

    def means(self, input: Floats, workers: int) -> Floats:
        """The vectors [V, D] of all words, where they are means."""
        vectors = np.empty((len(self.indptr) - 1, input.shape[1]), np.float32)
        mean_rows(input, self.indptr, self.rows, vectors, workers=workers)
        return vectors


@dataclass(frozen=True)
class NGrams:
    """The rows of words and of their n-grams, as in fastText, without the buckets that no n-gram falls on."""

    word_rows: WordRows  # row i is that of word i; the rows of n-grams follow, those of frequent words first
    buckets: Int32  # [P] the bucket of each row of an n-gram

    @classmethod
    def make(cls, words: Vocabulary, hashing: NGramHash, workers: int) -> NGrams:
        """The rows of all words. Frequent n-grams lie side by side, which the caches reward."""
        size = len(words)
        indptr, rows = word_rows(words.data, words.offsets, hashing, own=0, base=size, workers=workers)
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
        return cls(WordRows(indptr, rows, size + len(buckets)), buckets.astype(np.int32))
