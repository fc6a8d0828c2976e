"""A La Carte (Khodak et al. 2018): a matrix, fitted on known words, that turns the mean of contexts into a vector."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors, strings
from wordvec.base.errors import OptionError
from wordvec.base.logs import LOG, warn
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.induction.context_means import ContextMeans, Sentences, means_of, of_contexts, of_corpus
from wordvec.induction.options import Induction
from wordvec.induction.regression import fitted
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

BLOCK = 4096
SHOWN = 3  # words in a message


@dataclass(frozen=True, eq=False)
class ALaCarte:
    """Vectors, and the matrix that turns the mean of the vectors of context words into the vector of a word.

    `ALaCarte.fit` finds the matrix; `induce` gives the vectors of any words in their contexts. One matrix serves many
    words. Khodak, Saunshi, Liang, Ma, Stewart and Arora, "A La Carte Embedding: Cheap but Effective Induction of
    Semantic Feature Vectors", ACL 2018.

    >>> import numpy as np
    >>> kv = KeyedVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    >>> half = ALaCarte(kv, np.eye(2) / 2, Induction())
    >>> half.induce(contexts={"new": [["a", "new", "b"], ["a", "new", "a"]]})["new"].tolist()
    [0.375, 0.125]
    """

    vectors: KeyedVectors
    matrix: NDArray[np.float64]  # [D, D] the vector of a word is matrix @ mean
    options: Induction
    words: int = 0  # known words that the matrix was fitted on
    fit_error: float | None = None  # the weighted squared error of the fit, as a share of the squared lengths

    @classmethod
    def fit(
        cls,
        vectors: KeyedVectors,
        corpus: Any,
        *,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> ALaCarte:
        """Fit the matrix on the words of `vectors` that occur in a corpus, by weighted least squares.

        The matrix A is the least of the sum over known words of weight(count) |v - A u|^2, with u the mean of the
        vectors of the word's contexts. `corpus`, `tokenizer` and `cache` are as in `wordvec.encode_corpus`, the options
        those of `Induction`. Where fewer words than there are dimensions occur `fit_min_count` times, the most frequent
        ones are taken, twice as many as dimensions; a warning says where even these are too few. CorpusError where no
        known word has a context.
        """
        check_vectors(vectors=vectors)
        chosen = Induction(**options)
        encoded = encoded_corpus(corpus, chosen, tokenizer, cache)
        found = fitted(vectors, of_corpus(vectors, encoded, chosen), chosen)
        LOG.info("A La Carte: fitted on %s words; %.3f of the variance is left", f"{found.words:,}", found.error)
        if found.words < vectors.vector_size:
            warn(
                f"the matrix is fitted on {found.words:,} words, fewer than the {vectors.vector_size} dimensions: "
                'give more text, or use method="additive"'
            )
        return cls(vectors, found.matrix, chosen, found.words, found.error)

    def induce(
        self,
        corpus: Any = None,
        words: Iterable[str] | None = None,
        *,
        contexts: Mapping[str, Any] | None = None,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | os.PathLike[str] | None = None,
    ) -> KeyedVectors:
        """The vectors of words in their contexts: float32 [n, D], words by falling count, counts of occurrences.

        The contexts come from a corpus, or from `contexts`, a dict from each word to its sentences, lists of tokens: a
        word that stands in its sentence has a window around each of its places there, the whole sentence is the context
        of one that does not. `words` are those that are wanted, known or not; without them all words of the corpus that
        `vectors` does not have, if they occur `min_count` times. Words without a context that has vectors get none: a
        warning names some.
        """
        if (corpus is None) == (contexts is None):
            raise OptionError("one of corpus and contexts must be given")
        if contexts is not None:
            if words is not None or tokenizer is not None or cache is not None:
                raise OptionError("words, tokenizer and cache go with a corpus; contexts are given with their words")
            names, seen = of_contexts(self.vectors, contexts, self.options)
            return self._vectors(Vocabulary.from_words(names), seen)
        encoded = encoded_corpus(corpus, self.options, tokenizer, cache)
        sentences = of_corpus(self.vectors, encoded, self.options)
        wanted, target, missing = self._targets(encoded, sentences, words)
        return self._vectors(wanted, means_of(self.vectors, sentences, target, len(wanted), self.options), missing)

    def _targets(
        self, corpus: EncodedCorpus, sentences: Sentences, words: Iterable[str] | None
    ) -> tuple[Vocabulary, NDArray[np.int32], list[str]]:
        """The words that are wanted; the number of each id of the corpus among them, or -1; words that do not occur."""
        target, missing = np.full(len(corpus.vocabulary), -1, np.int32), []
        if words is None:
            often = sentences.counts >= self.options.min_count
            ids = np.flatnonzero((sentences.rows < 0) & often)
        else:
            names = list(dict.fromkeys(strings(words)))
            found = corpus.vocabulary.ids(names)
            missing = [name for name, number in zip(names, found.tolist()) if number < 0]
            ids = found[found >= 0].astype(np.int64)
        target[ids] = np.arange(len(ids), dtype=np.int32)
        return corpus.vocabulary.take(ids), target, missing

    def _vectors(self, words: Vocabulary, seen: ContextMeans, missing: Sequence[str] = ()) -> KeyedVectors:
        """The words that have a context, by falling count; `missing` are wanted words that do not occur."""
        without = np.flatnonzero(~seen.known)
        lost = [*missing, *(words[number] for number in without[:SHOWN].tolist())]
        if count := len(missing) + len(without):
            warn(
                f"{count:,} of {len(missing) + len(words):,} words have no context word with a vector, such as "
                f"{', '.join(map(repr, lost[:SHOWN]))}: they are left out"
            )
        order = np.argsort(-seen.counts, kind="stable")
        order = order[seen.known[order]]
        rows = np.empty((len(order), self.vectors.vector_size), np.float32)
        for start in range(0, len(order), BLOCK):
            part = order[start : start + BLOCK]
            rows[start : start + BLOCK] = seen.means[part] @ self.matrix.T
        metadata = {"induced": {"options": self.options.recorded(), "fitted_on": self.words}}
        if self.fit_error is not None:
            metadata["induced"]["fit_error"] = self.fit_error
        return KeyedVectors(words.take(order).recounted(seen.counts[order]), rows, metadata=metadata)


def induce(
    vectors: KeyedVectors,
    corpus: Any = None,
    words: Iterable[str] | None = None,
    *,
    contexts: Mapping[str, Any] | None = None,
    matrix: ALaCarte | NDArray[Any] | None = None,
    tokenizer: Callable[[str], list[str]] | None = None,
    cache: str | os.PathLike[str] | None = None,
    **options: Any,
) -> KeyedVectors:
    """Vectors of new words from the words around them: float32 [n, D], words by falling count, with their counts.

    `words` are those that are wanted, known or not; without them all words of the corpus that `vectors` does not have.
    `contexts` is a dict from each word to its sentences, lists of tokens, instead of a corpus. The options are those of
    `Induction`. With the method "alacarte" a matrix is fitted on the known words of the corpus (Khodak et al. 2018);
    where there are only `contexts`, give the `matrix`, as `ALaCarte.fit` finds it on a larger corpus. "additive" is the
    mean of the vectors of the context words, "window" the mean weighted by closeness.

    Words without a context word that has a vector are left out: a warning names some. CorpusError where no known word
    has a context to fit the matrix on, OptionError for arguments that do not fit together.

    >>> from wordvec import KeyedVectors, induce
    >>> kv = KeyedVectors(["tea", "cup"], [[1, 0], [0, 1]])
    >>> induce(kv, [["tea", "mate", "cup"], ["tea", "mate", "tea"]], method="additive")["mate"].tolist()
    [0.75, 0.25]
    """
    check_vectors(vectors=vectors)
    chosen = Induction(**options)
    if matrix is not None and chosen.method != "alacarte":
        raise OptionError(f'matrix goes with method="alacarte"; got method={chosen.method!r}')
    if corpus is not None:
        corpus, tokenizer, cache = encoded_corpus(corpus, chosen, tokenizer, cache), None, None
    size = vectors.vector_size
    if chosen.method != "alacarte":
        learned = ALaCarte(vectors, np.eye(size), chosen)
    elif isinstance(matrix, ALaCarte):
        learned = replace(matrix, vectors=vectors, options=chosen)
    elif matrix is not None:
        learned = ALaCarte(vectors, np.asarray(matrix, np.float64), chosen)
    elif corpus is None:
        raise OptionError('matrix must be given with contexts, as ALaCarte.fit finds it; or use method="additive"')
    else:
        learned = ALaCarte.fit(vectors, corpus, **chosen.to_dict())
    if learned.matrix.shape != (size, size):
        raise OptionError(f"matrix must be of shape ({size}, {size}), as the vectors; got {learned.matrix.shape}")
    return learned.induce(corpus, words, contexts=contexts, tokenizer=tokenizer, cache=cache)


def encoded_corpus(corpus: Any, options: Induction, tokenizer: Any, cache: Any) -> EncodedCorpus:
    """The corpus with all of its words; one that is encoded already is taken as it is, after a check."""
    if isinstance(corpus, EncodedCorpus):
        if tokenizer is not None or cache is not None:
            raise OptionError("tokenizer and cache serve the reading of a corpus; this one is encoded already")
        corpus.check()
        return corpus
    how: dict[str, Any] = {"min_count": 1, "lowercase": options.lowercase, "workers": options.workers}
    return encode_corpus(corpus, tokenizer=tokenizer, cache=cache, **how)
