"""fastText (Bojanowski et al. 2017) and floret: word vectors composed of character n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.options import option
from wordvec.subwords import PrunedNGrams, make_subwords
from wordvec.subwords.ngrams import MAX_N, MAX_ROWS, NGramHash, check_lengths, mean_rows, word_rows
from wordvec.trainers.base import FitOptions
from wordvec.trainers.word2vec import CBOW, Inputs, Word2Vec
from wordvec.trainers.word_rows import NGrams, WordRows
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary


@dataclass(frozen=True, kw_only=True)
class ComposedTrainer(Word2Vec):
    """Models whose words are composed of several rows, trained as skip-gram or as CBOW."""

    sg: bool = option(True, "skip-gram, not CBOW")

    exact: ClassVar[bool] = False

    @property
    def cbow(self) -> bool:  # type: ignore[override]
        """Whether the words of a window predict the word between them."""
        return not self.sg

    @property
    def noise_uses(self) -> int:  # type: ignore[override]
        """How many groups of positions have the same noise samples."""
        return CBOW.noise_uses if self.cbow else 1


@dataclass(frozen=True, kw_only=True)
class FastText(ComposedTrainer):
    """A word vector is the mean of the word's row and those of its character n-grams (Bojanowski et al. 2017)."""

    min_n: int = option(3, "characters of the shortest n-gram", low=0, high=MAX_N)
    max_n: int = option(6, "characters of the longest n-gram; 0: words only", low=0, high=MAX_N)
    bucket: int = option(2_000_000, "rows that n-grams are hashed to", low=1, high=MAX_ROWS // 2)

    name: ClassVar[str] = "fasttext"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_n:
            check_lengths(max(1, self.min_n), self.max_n)

    @property
    def composes(self) -> str | None:
        """The kind of subwords of the vectors; None without n-grams."""
        return "fasttext" if self.max_n else None

    def _inputs(self, words: Vocabulary, options: FitOptions) -> Inputs:
        if self.max_n == 0:
            return super()._inputs(words, options)
        hashing = NGramHash("fasttext", max(1, self.min_n), self.max_n, self.bucket)
        ngrams, size = NGrams.make(words, hashing, self.threads), len(words)
        composition, input = ngrams.word_rows, self._random(ngrams.word_rows.size + 1)
        input[-1] = 0  # the row of n-grams that do not occur
        for source in options.sources:
            self._put(source, words, ngrams, input)

        def vectors(metadata: dict[str, Any], context: NDArray[np.float32] | None) -> KeyedVectors:
            rows = options.restore(composition.means(input, self.threads), words)
            pruned = np.stack([ngrams.buckets, np.arange(len(ngrams.buckets), dtype=np.int32)], axis=1)
            lengths: dict[str, Any] = {"min_n": hashing.min_n, "max_n": hashing.max_n, "bucket": hashing.bucket}
            subwords = PrunedNGrams("fasttext", input[size:], pruned, **lengths, zeros=True)
            return KeyedVectors(words, rows, metadata=metadata, context=context, subwords=subwords)

        return Inputs(composition.arguments(input, None, options.frozen_words(words)), vectors)

    def _put(self, init: KeyedVectors, words: Vocabulary, ngrams: NGrams, input: NDArray[np.float32]) -> None:
        """Start known words at their vectors in `init`, and n-grams at their rows there, if of the same kind.

        A word vector is a mean: the word's own row is chosen so that the mean with its n-grams is that vector.
        """
        size, old = len(words), init.subwords and init.subwords.plain()
        same = {"kind": "fasttext", "min_n": max(1, self.min_n), "max_n": self.max_n, "bucket": self.bucket}
        same["vector_size"] = self.vector_size  # truncated vectors have another
        if old is not None and all(getattr(old, name) == value for name, value in same.items()):
            for first in range(0, len(ngrams.buckets), 4096):
                some = ngrams.buckets[first : first + 4096]
                input[size + first : size + first + len(some)] = old.rows_of(some)
        known = init.vocabulary.ids(words)
        composition, places = ngrams.word_rows, np.flatnonzero(known >= 0)
        for part in np.array_split(places, len(places) // 4096 + 1):
            indptr, rows = composition.of(part)
            means = np.empty((len(part), self.vector_size), np.float32)
            mean_rows(input, indptr, rows, means)
            count = np.diff(indptr)[:, None].astype(np.float32)
            input[part] += count * (np.asarray(init.vectors[known[part]]) - means)


@dataclass(frozen=True, kw_only=True)
class Floret(ComposedTrainer):
    """A word vector is the mean of rows of one small table, some for the word and some for each of its n-grams.

    A Bloom embedding (Miranda et al. 2022, arXiv 2212.09255) instead of fastText's table: words have no own rows.
    """

    min_n: int = option(4, "characters of the shortest n-gram", low=1, high=MAX_N)
    max_n: int = option(5, "characters of the longest n-gram", low=1, high=MAX_N)
    bucket: int = option(50_000, "rows of the table", low=1, high=MAX_ROWS)
    hash_count: int = option(2, "rows for a word and for each n-gram", low=1, high=4)

    name: ClassVar[str] = "floret"
    inverts: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_lengths(self.min_n, self.max_n)

    @property
    def composes(self) -> str:
        """The kind of subwords of the vectors."""
        return "floret"

    def _inputs(self, words: Vocabulary, options: FitOptions) -> Inputs:
        hashing = NGramHash("floret", self.min_n, self.max_n, self.bucket, self.hash_count)
        return hashed_inputs(self, words, hashing, options)


def hashed_inputs(trainer: ComposedTrainer, words: Vocabulary, hashing: NGramHash, options: FitOptions) -> Inputs:
    """Words that are means of the rows that their n-grams are hashed to, and have no own rows."""
    indptr, rows = word_rows(words.data, words.offsets, hashing, workers=trainer.threads)
    how = {"min_n": hashing.min_n, "max_n": hashing.max_n, "hash_count": hashing.hash_count}
    return table_inputs(trainer, words, WordRows(indptr, rows, hashing.bucket), options, hashing.kind, **how)


def table_inputs(
    trainer: ComposedTrainer, words: Vocabulary, composition: WordRows, options: FitOptions, kind: str, **how: Any
) -> Inputs:
    """Words that are means of rows of one table, which also composes unknown words: `make_subwords(kind, **how)`."""
    input, init = trainer._random(composition.size), options.init
    if init is not None:
        size = trainer.vector_size
        old = init.subwords and init.subwords.plain()
        same_table(old, {"kind": kind, "bucket": composition.size, **how, "vector_size": size})
        input[:] = old.table  # type: ignore[union-attr]

    def vectors(metadata: dict[str, Any], context: NDArray[np.float32] | None) -> KeyedVectors:
        subwords = make_subwords(kind, input, **how)
        rows = options.restore(composition.means(input, trainer.threads), words)
        return KeyedVectors(words, rows, metadata=metadata, context=context, subwords=subwords)

    return Inputs(composition.arguments(input, None, options.frozen_words(words)), vectors)


def same_table(table: Any, options: dict[str, Any]) -> None:
    """OptionError where `init` has no table with these options."""
    got = {name: getattr(table, name, None) for name in options}
    if got != options:
        raise OptionError(
            "init must have a table of the same options, since words have no rows of their own here: "
            f"{options}; got {got}"
        )
