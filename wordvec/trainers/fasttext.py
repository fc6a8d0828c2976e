"""fastText (Bojanowski et al. 2017) and floret: words from their character n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.options import option
from wordvec.subwords import PrunedNGrams, make_subwords
from wordvec.subwords.ngrams import MAX_N, MAX_ROWS, NGramHash, check_lengths, mean_rows, word_rows
from wordvec.trainers.word2vec import Inputs, Word2Vec
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


@dataclass(frozen=True, kw_only=True)
class FastText(ComposedTrainer):
    """The mean of a word's row and of those of its character n-grams is its vector (Bojanowski et al. 2017)."""

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
        """The kind of subwords that the vectors have; None without n-grams."""
        return "fasttext" if self.max_n else None

    def _inputs(self, words: Vocabulary, init: KeyedVectors | None) -> Inputs:
        if self.max_n == 0:
            return super()._inputs(words, init)
        hashing = NGramHash("fasttext", max(1, self.min_n), self.max_n, self.bucket)
        ngrams, size = NGrams.make(words, hashing, self.threads), len(words)
        composition, input = ngrams.word_rows, self._random(ngrams.word_rows.size + 1)
        input[-1] = 0  # the row of all n-grams that do not occur
        if init is not None:
            self._put(init, words, ngrams, input)

        def vectors(metadata: dict[str, Any], context: NDArray[np.float32] | None) -> KeyedVectors:
            made = composition.means(input, self.threads)
            pruned = np.stack([ngrams.buckets, np.arange(len(ngrams.buckets), dtype=np.int32)], axis=1)
            lengths: dict[str, Any] = {"min_n": hashing.min_n, "max_n": hashing.max_n, "bucket": hashing.bucket}
            subwords = PrunedNGrams("fasttext", input[size:], pruned, **lengths, zeros=True)
            return KeyedVectors(words, made, metadata=metadata, context=context, subwords=subwords)

        return Inputs(composition.arguments(input, None), vectors)

    def _put(self, init: KeyedVectors, words: Vocabulary, ngrams: NGrams, input: NDArray[np.float32]) -> None:
        """Let known words start at their vectors in `init`, and n-grams at their rows there, if of the same kind.

        A word's vector is a mean: its own row starts where, with those of its n-grams, it gives that vector.
        """
        size, given = len(words), init.subwords and init.subwords.plain()
        same = {"kind": "fasttext", "min_n": max(1, self.min_n), "max_n": self.max_n, "bucket": self.bucket}
        same["vector_size"] = self.vector_size  # of vectors that were cut it is another
        if given is not None and all(getattr(given, name) == value for name, value in same.items()):
            for first in range(0, len(ngrams.buckets), 4096):
                some = ngrams.buckets[first : first + 4096]
                input[size + first : size + first + len(some)] = given.rows_of(some)
        known = init.vocabulary.ids(words)
        composition, found = ngrams.word_rows, np.flatnonzero(known >= 0)
        for part in np.array_split(found, len(found) // 4096 + 1):
            indptr, rows = composition.of(part)
            means = np.empty((len(part), self.vector_size), np.float32)
            mean_rows(input, indptr, rows, means)
            count = np.diff(indptr)[:, None].astype(np.float32)
            input[part] += count * (np.asarray(init.vectors[known[part]]) - means)


@dataclass(frozen=True, kw_only=True)
class Floret(ComposedTrainer):
    """The mean of rows of one small table, some for the word and some for each of its n-grams, is its vector.

    A Bloom embedding (Miranda et al. 2022, arXiv 2212.09255) in the place of fastText's table: words have no rows.
    """

    min_n: int = option(4, "characters of the shortest n-gram", low=1, high=MAX_N)
    max_n: int = option(5, "characters of the longest n-gram", low=1, high=MAX_N)
    bucket: int = option(50_000, "rows of the table", low=1, high=MAX_ROWS)
    hash_count: int = option(2, "rows of a word and of each n-gram", low=1, high=4)

    name: ClassVar[str] = "floret"
    inverts: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_lengths(self.min_n, self.max_n)

    @property
    def composes(self) -> str:
        """The kind of subwords that the vectors have."""
        return "floret"

    def _inputs(self, words: Vocabulary, init: KeyedVectors | None) -> Inputs:
        hashing = NGramHash("floret", self.min_n, self.max_n, self.bucket, self.hash_count)
        return hashed_inputs(self, words, hashing, init)


def hashed_inputs(trainer: ComposedTrainer, words: Vocabulary, hashing: NGramHash, init: KeyedVectors | None) -> Inputs:
    """Words that are the means of the rows on which their n-grams fall, and have none of their own."""
    indptr, rows = word_rows(words.data, words.offsets, hashing, workers=trainer.threads)
    how = {"min_n": hashing.min_n, "max_n": hashing.max_n, "hash_count": hashing.hash_count}
    return table_inputs(trainer, words, WordRows(indptr, rows, hashing.bucket), init, hashing.kind, **how)


def table_inputs(
    trainer: ComposedTrainer, words: Vocabulary, composition: WordRows, init: KeyedVectors | None, kind: str, **how: Any
) -> Inputs:
    """Words that are means of rows of one table, which also composes unknown words: `make_subwords(kind, **how)`."""
    input = trainer._random(composition.size)
    if init is not None:
        size = trainer.vector_size
        given = init.subwords and init.subwords.plain()
        same_table(given, {"kind": kind, "bucket": composition.size, **how, "vector_size": size})
        input[:] = given.table  # type: ignore[union-attr]

    def vectors(metadata: dict[str, Any], context: NDArray[np.float32] | None) -> KeyedVectors:
        subwords = make_subwords(kind, input, **how)
        made = composition.means(input, trainer.threads)
        return KeyedVectors(words, made, metadata=metadata, context=context, subwords=subwords)

    return Inputs(composition.arguments(input, None), vectors)


def same_table(given: Any, options: dict[str, Any]) -> None:
    """OptionError where `init` has no table that was made by these options."""
    got = {name: getattr(given, name, None) for name in options}
    if got != options:
        raise OptionError(
            "init must have a table of the same options, since words have no rows of their own here: "
            f"{options}; got {got}"
        )
