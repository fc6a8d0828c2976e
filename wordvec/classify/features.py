"""From texts to rows of the input matrix: words, and n-grams of characters, words and bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import classify as kernel
from wordvec.classify.checks import encode_text
from wordvec.classify.lines import unlabelled
from wordvec.subwords.ngrams import NGramHash, kept_rows, word_rows
from wordvec.vocabulary import Vocabulary, offsets_of

Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

EOS = "</s>"  # the word that ends each line, as in fastText; its row is what all texts share


@dataclass(frozen=True, eq=False)
class Features:
    """The mapping from a text to rows of the input matrix [R, D]: rows of its words, then of its n-grams.

    An n-gram is hashed to one of `bucket` buckets. `kept` [P], rising, are the buckets that have rows; None: all have.
    Of the others, all share a last row of zeros, as rows that were never seen in training; where the matrix is
    `pruned` they are left out, as in fastText.
    """

    words: Vocabulary  # those with a row; none in a model of bytes
    bucket: int = 0
    min_n: int = 0
    max_n: int = 0
    word_ngrams: int = 1
    byte_lengths: tuple[int, ...] = ()
    label_prefix: str = "__label__"
    kept: Int32 | None = None
    pruned: bool = False

    @property
    def rows(self) -> int:
        """The number of rows of the input matrix."""
        if self.kept is None:
            return len(self.words) + self.bucket
        return len(self.words) + len(self.kept) + (not self.pruned)

    @property
    def missing(self) -> int:
        """The row for buckets without an own row: a row of zeros, or -1."""
        return -1 if self.kept is None or self.pruned else self.rows - 1

    @cached_property
    def index(self) -> tuple[NDArray[np.uint64], Int32] | None:
        """A rank index of `kept`: a bit for each bucket, and the number of set bits before each 64 buckets."""
        if self.kept is None:
            return None
        bits, places = np.zeros(self.bucket // 64 + 1, np.uint64), self.kept.astype(np.int64)
        words, first = np.unique(places >> 6, return_index=True)
        each = np.uint64(1) << (places & 63).astype(np.uint64)
        if len(words):
            bits[words] = np.bitwise_or.reduceat(each, first)
        ranks = np.searchsorted(places, np.arange(len(bits), dtype=np.int64) << 6).astype(np.int32)
        return bits, ranks

    def types(self, data: Bytes, offsets: Int64) -> tuple[Int64, Int32, Int32]:
        """(indptr [T + 1], rows, hashes [T]) of packed words: the word's own row, if any, then its n-grams."""
        own = self.words.rows_of(data, offsets).astype(np.int32)  # first: it checks the offsets
        hashes = np.empty(len(offsets) - 1, np.int32)
        kernel.hashes(data, offsets, hashes)
        if not self.max_n:
            return offsets_of((own >= 0).astype(np.int64)), own[own >= 0], hashes
        hashing = NGramHash("fasttext", max(1, self.min_n), self.max_n, self.bucket)
        starts, rows = word_rows(data, offsets, hashing, own=0, workers=1)
        rows[starts[:-1]] = -1
        self._place(rows)
        rows[starts[:-1]] = own
        starts, rows = kept_rows(starts, rows, rows >= 0)
        return starts, rows, hashes

    def _place(self, rows: Int32) -> None:
        """Replace buckets by their rows; negative values stay."""
        if self.index is None:
            rows[rows >= 0] += len(self.words)
        else:
            kernel.places(*self.index, len(self.words), self.missing, rows)

    def bags(
        self,
        offsets: Int64,
        ids: Int32 | None = None,
        types: tuple[Int64, Int32, Int32] | None = None,
        text: Bytes | None = None,
    ) -> kernel.Bags:
        """The input of the kernel for the rows of lines: the types of their tokens, or their bytes."""
        bits, ranks = self.index or (None, None)
        common = {"bucket": max(self.bucket, 1), "bits": bits, "ranks": ranks}
        common |= {"base": len(self.words), "missing": self.missing}
        if self.byte_lengths:
            lengths = np.zeros(self.byte_lengths[-1] + 1, np.uint8)
            lengths[list(self.byte_lengths)] = 1
            return kernel.Bags(offsets, text=text, lengths=lengths, **common)  # type: ignore[arg-type]
        assert types is not None
        starts, rows, hashes = types
        return kernel.Bags(
            offsets,
            ids=ids,
            starts=starts,
            rows=rows,
            hashes=hashes,
            word_ngrams=self.word_ngrams,
            **common,  # type: ignore[arg-type]
        )

    def rows_of(self, texts: Sequence[str]) -> tuple[Int64, Int32]:
        """(indptr [N + 1], rows) of texts in CSR form; labels have no rows."""
        if self.byte_lengths:
            texts = [unlabelled(text, self.label_prefix) for text in texts]
        encoded = [encode_text(text, number) for number, text in enumerate(texts)]
        ends = offsets_of(np.fromiter(map(len, encoded), np.int64, len(encoded)))
        data = np.frombuffer(b"".join(encoded), np.uint8)
        if self.byte_lengths:
            bags = self.bags(ends, text=data)
        else:
            words, offsets, starts = self._tokens(data, ends)
            bags = self.bags(starts, types=self.types(words, offsets))
        room = bags.room()[1]
        starts, rows = np.empty(len(ends), np.int64), np.empty(room, np.int32)
        bags.fill(starts, rows)
        return starts, rows[: starts[-1]]

    def _tokens(self, text: Bytes, ends: Int64) -> tuple[Bytes, Int64, Int64]:
        """The packed tokens of lines, and the number of tokens before each line."""
        lines = len(ends) - 1
        data, starts = np.empty(len(text) + len(EOS) * lines, np.uint8), np.empty(lines + 1, np.int64)
        offsets = np.empty((len(text) + lines) // 2 + lines + 1, np.int64)
        prefix = np.frombuffer(self.label_prefix.encode("utf-8", "surrogateescape"), np.uint8)
        count = kernel.tokens(text, ends, prefix, data, offsets, starts)
        return data[: offsets[count]], offsets[: count + 1], starts
