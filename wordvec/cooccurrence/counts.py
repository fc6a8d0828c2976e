"""Cooccurrence: the counts of pairs of words as a sparse matrix, and what is known of their making."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.corpus import CorpusStats
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """Counts of words (rows) and their context words (columns), in CSR form; made by `wordvec.count`.

    >>> import wordvec
    >>> counts = wordvec.count([["a", "b", "a"], ["b", "c"]], window=1, min_count=1)
    >>> list(counts.vocabulary), counts.to_scipy().toarray().tolist()
    (['a', 'b', 'c'], [[0.0, 2.0, 0.0], [2.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    """

    vocabulary: Vocabulary  # with counts; by falling count
    indptr: NDArray[np.int64]  # [V+1] row i is indices[indptr[i]:indptr[i+1]], data likewise; read-only
    indices: NDArray[np.int32]  # [N] columns, rising in every row; read-only, mapped where they are large
    data: NDArray[np.float32]  # [N] weighted counts, above zero; read-only, mapped where they are large
    options: dict[str, Any] = field(default_factory=dict)  # of the counting and of the corpus
    stats: CorpusStats | None = None  # where the tokens of the corpus went
    fingerprint: str = ""  # of the encoded corpus
    offsets: NDArray[np.int64] | None = None  # [K] of counts per offset: columns k V to (k + 1) V count at offsets[k]

    def __repr__(self) -> str:
        return f"<Cooccurrence: {len(self.data)} cells of {len(self.vocabulary)} words>"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        size = len(self.vocabulary)
        return size, size * (1 if self.offsets is None else len(self.offsets))

    def to_scipy(self) -> csr_array:
        """The counts as scipy's sparse matrix, which shares their memory."""
        from scipy.sparse import csr_array

        return csr_array((self.data, self.indices, self.indptr), shape=self.shape)

    def sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(rows [V], columns [shape[1]]): the sum of the counts of every row and of every column, in float64."""
        ends = np.concatenate([[0.0], np.cumsum(self.data, dtype=np.float64)])[self.indptr]
        columns = np.bincount(self.indices, self.data, minlength=self.shape[1]).astype(np.float64, copy=False)
        return np.diff(ends), columns
