"""A La Carte (Khodak et al. 2018): a matrix, fitted on known words, that turns the mean of contexts into a vector."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors
from wordvec.base.logs import LOG, warn
from wordvec.contexts.means import of_corpus
from wordvec.contexts.options import Induction
from wordvec.contexts.regression import fitted
from wordvec.induction.new_words import Floats, Inducer, Mask, NewWords, encoded_corpus
from wordvec.vectors import KeyedVectors

BLOCK = 4096


@dataclass(frozen=True, eq=False)
class ALaCarte(Inducer):
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
        result = fitted(vectors, of_corpus(vectors, encoded, chosen), chosen)
        LOG.info("A La Carte: fitted on %s words; %.3f of the variance is left", f"{result.words:,}", result.error)
        if result.words < vectors.vector_size:
            warn(
                f"the matrix is fitted on {result.words:,} words, fewer than the {vectors.vector_size} dimensions: "
                'give more text, or use method="additive"'
            )
        return cls(vectors, result.matrix, chosen, result.words, result.error)

    def made(self, new: NewWords) -> tuple[Floats, Mask]:
        """The matrix times the means of contexts."""
        rows = np.empty((len(new.words), self.vectors.vector_size), np.float32)
        for start in range(0, len(rows), BLOCK):
            rows[start : start + BLOCK] = new.seen.means[start : start + BLOCK] @ self.matrix.T
        return rows, new.seen.known

    def _facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"fitted_on": self.words}
        return facts if self.fit_error is None else facts | {"fit_error": self.fit_error}
