"""PairCounts: how often words stand with contexts, as a sparse matrix with a vocabulary of each side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError
from wordvec.cooccurrence import Cooccurrence
from wordvec.graphs.columns import Columns, checked_weights, columns_of, is_sparse
from wordvec.graphs.dependencies import dependency_columns
from wordvec.graphs.matrices import by_weight, compressed, fingerprint, named
from wordvec.vocabulary import Vocabulary

LINE = "WORD CONTEXT [WEIGHT]"
ITEM = "a tuple (word, context) or (word, context, weight)"


@dataclass(frozen=True)
class PairStats:
    """What was read of the pairs, and what is left."""

    pairs_read: int  # lines, items or cells
    weight_read: float  # the sum of their weights; each counts 1 where none were given
    weight_kept: float  # of the pairs of words and contexts that are not too rare
    cells: int  # distinct pairs that are left
    words: int
    contexts: int


@dataclass(frozen=True, eq=False)
class PairCounts:
    """A sparse matrix of weights, a row for each word and a column for each context, in CSR form.

    >>> counts = PairCounts.of([("cat", "purrs"), ("cat", "eats"), ("dog", "eats"), ("cat", "eats")], min_count=1)
    >>> list(counts.vocabulary), list(counts.contexts), counts.to_scipy().toarray().tolist()
    (['cat', 'dog'], ['eats', 'purrs'], [[2.0, 1.0], [1.0, 0.0]])
    """

    vocabulary: Vocabulary  # the words, by falling weight of their pairs, equal ones by bytes; counts are the weights
    contexts: Vocabulary  # likewise
    indptr: NDArray[np.int64]  # [V + 1] row i is indices[indptr[i]:indptr[i + 1]], weights likewise
    indices: NDArray[np.int32]  # [N] rising in every row
    weights: NDArray[np.float64]  # [N] above zero
    stats: PairStats
    fingerprint: str
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        source: Any,
        *,
        min_count: int = 1,
        context_min_count: int = 1,
        conllu: bool = False,
        workers: int | None = None,
        progress: bool = False,
    ) -> PairCounts:
        """The weights of the pairs of a source, equal pairs added.

        `source` is a path or a list of paths to files of lines `WORD CONTEXT [WEIGHT]` (columns at tabs or spaces, also
        compressed, `"-"` for standard input), tuples of str with or without a weight, two or three arrays (words and
        contexts as numbers, weights), a sparse matrix of scipy (names are the numbers of rows and columns;
        `PairCounts.from_matrix` takes names), or `wordvec.Cooccurrence`. With `conllu` it is files of CoNLL-U, whose
        pairs are words and their syntactic contexts: see `dependency_pairs`. Pairs of words whose weights add up to
        less than `min_count`, or of contexts of less than `context_min_count`, are left out. CorpusError for what is
        no pair, a weight below zero or not finite, and where no pair is left.
        """
        if conllu:
            return cls._of_columns(dependency_columns(source), min_count, context_min_count)
        if isinstance(source, PairCounts):
            return source
        if isinstance(source, Cooccurrence):
            return cls.from_matrix(source.check().to_scipy(), source.vocabulary, source.vocabulary)
        if is_sparse(source):
            return cls.from_matrix(source, min_count=min_count, context_min_count=context_min_count)
        how: dict[str, Any] = {"workers": workers, "progress": progress}
        columns = columns_of(source, "pairs", LINE, ITEM, "words and contexts", **how)
        return cls._of_columns(columns, min_count, context_min_count)

    @classmethod
    def from_matrix(
        cls,
        matrix: Any,
        words: Vocabulary | Iterable[str] | None = None,
        contexts: Vocabulary | Iterable[str] | None = None,
        *,
        min_count: int = 1,
        context_min_count: int = 1,
    ) -> PairCounts:
        """The weights of a sparse matrix, with the names of its rows and columns; without names their numbers."""
        if not is_sparse(matrix):
            raise CorpusError(f"matrix must be a sparse matrix of scipy; got {type(matrix).__name__}")
        cells = matrix.tocoo()
        weights = checked_weights(cells.data, len(cells.data))
        names = named(words, cells.shape[0], "words"), named(contexts, cells.shape[1], "contexts")
        return cls._made(names, (cells.row, cells.col), weights, len(weights), min_count, context_min_count)

    @classmethod
    def _of_columns(cls, columns: Columns, min_count: int, context_min_count: int) -> PairCounts:
        size, names, sides = len(columns.left), [], []
        for ids in (columns.left, columns.right):
            occurs = np.zeros(len(columns.vocabulary), bool)
            occurs[ids] = True
            names.append(columns.vocabulary.take(np.flatnonzero(occurs)))
            sides.append((np.cumsum(occurs) - 1)[ids])
        weights = np.ones(size) if columns.weights is None else columns.weights
        return cls._made((names[0], names[1]), (sides[0], sides[1]), weights, size, min_count, context_min_count)

    @classmethod
    def _made(
        cls,
        names: tuple[Vocabulary, Vocabulary],
        sides: tuple[NDArray[Any], NDArray[Any]],
        weights: NDArray[np.float64],
        read: int,
        min_count: int,
        context_min_count: int,
    ) -> PairCounts:
        totals = [np.bincount(ids, weights, len(own)) for ids, own in zip(sides, names)]
        keep = (totals[0][sides[0]] >= min_count) & (totals[1][sides[1]] >= context_min_count) & (weights > 0)
        if not keep.any():
            raise CorpusError(
                f"no pair is left of {read:,}: none has a weight above zero, a word with pairs of the weight "
                f"{min_count} (min_count) and a context of {context_min_count} (context_min_count); give more pairs or "
                "lower numbers"
            )
        rows, columns, kept = sides[0][keep], sides[1][keep], weights[keep]
        words, rows = by_weight(names[0], rows, kept)
        contexts, columns = by_weight(names[1], columns, kept)
        indptr, indices, data = compressed(rows, columns, kept, (len(words), len(contexts)))
        total = float(weights.sum())
        stats = PairStats(read, total, float(data.sum()), len(data), len(words), len(contexts))
        digest = fingerprint(words.data, words.offsets, contexts.data, contexts.offsets, indptr, indices, data)
        options = {"min_count": min_count, "context_min_count": context_min_count}
        return cls(words, contexts, indptr, indices, data, stats, digest, options)

    def to_scipy(self) -> Any:
        """The matrix as a scipy.sparse.csr_array of float64 [words, contexts]."""
        from scipy.sparse import csr_array

        return csr_array((self.weights, self.indices, self.indptr), (len(self.vocabulary), len(self.contexts)))

    def __repr__(self) -> str:
        sides = f"{len(self.vocabulary):,} words and {len(self.contexts):,} contexts"
        return f"<PairCounts: {len(self.weights):,} cells of {sides}>"
