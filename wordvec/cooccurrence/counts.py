"""Cooccurrence: the counts of pairs of words as a sparse matrix, with the options and statistics of the counting."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import FormatError, OptionError
from wordvec.cooccurrence import files, merging, pmi
from wordvec.cooccurrence.parts import is_parts, read_parts, write_parts
from wordvec.cooccurrence.pmi import PPMI
from wordvec.corpus import CorpusStats
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_array

STEP = 1 << 20  # cells checked at a time


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
    stats: CorpusStats | None = None  # the numbers of tokens read, used and left out
    fingerprint: str = ""  # of the encoded corpus
    offsets: NDArray[np.int64] | None = None  # [K] of counts per offset: columns k V to (k + 1) V count at offsets[k]
    checked: bool = field(default=False, repr=False)  # whether the arrays are known to be valid

    def __repr__(self) -> str:
        return f"<Cooccurrence: {len(self.data)} cells of {len(self.vocabulary)} words>"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        size = len(self.vocabulary)
        return size, size * (1 if self.offsets is None else len(self.offsets))

    def check(self) -> Cooccurrence:
        """These counts, once their arrays are checked to be valid; FormatError says what is not.

        Kernels do not check their arguments, so that all methods that use the cells call this first. It reads all cells
        once, unless they were counted in this process.
        """
        if self.checked:
            return self
        rows, columns = self.shape
        if len(self.indptr) != rows + 1 or self.indptr[0] != 0 or self.indptr[-1] != len(self.indices):
            raise FormatError(f"indptr must rise from 0 to {len(self.indices)} in {rows + 1} numbers; it does not")
        if len(self.data) != len(self.indices) or (self.indptr[1:] < self.indptr[:-1]).any():
            raise FormatError("indptr must never fall, and indices and data must be as many; it is not so")
        starts = np.zeros(len(self.indices) + 1, np.bool_)
        starts[self.indptr] = True
        for first in range(0, len(self.indices), STEP):
            indices, data = self.indices[first : first + STEP], self.data[first : first + STEP]
            before = np.concatenate([self.indices[first - 1 : first] if first else [-1], indices[:-1]])
            if indices.min() < 0 or indices.max() >= columns:
                raise FormatError(f"indices must be from 0 to {columns - 1}; some are not: the counts are damaged")
            if not ((indices > before) | starts[first : first + len(indices)]).all():
                raise FormatError("indices must rise in every row; they do not: the counts are damaged")
            if not ((data > 0) & (data < np.inf)).all():
                raise FormatError("counts must be finite and above 0; some are not: the counts are damaged")
        object.__setattr__(self, "checked", True)  # the object is frozen; this changes no value of it
        return self

    @classmethod
    def merged(cls, several: Iterable[Cooccurrence]) -> Cooccurrence:
        """The sum of counts of the same words, counted with the same options; `one + other` is the sum of two.

        Cells are added in float64 and rounded to float32 once. Sums of flat weights are exact up to 2^24; others differ
        from the counts of all text together by the rounding of what is added, 6e-8 of it. The counts of words and the
        statistics are added; of the distinct words (`types_read`) the largest number is kept. OptionError names what
        does not fit together.

        >>> import wordvec
        >>> texts = [["a", "b"], ["c", "b"]], [["a", "b", "c"]]
        >>> corpora = [wordvec.encode_corpus(text, vocabulary=["a", "b", "c"]) for text in texts]
        >>> first, second = (wordvec.count(corpus, window=1) for corpus in corpora)
        >>> (first + second).to_scipy().toarray().tolist()
        [[0.0, 2.0, 0.0], [2.0, 0.0, 2.0], [0.0, 2.0, 0.0]]
        """
        listed = list(several)
        if not listed or not all(isinstance(counts, Cooccurrence) for counts in listed):
            raise OptionError(f"counts to be added must be Cooccurrence; got {listed!r:.60}")
        return cls(**merging.merged([counts._parts() for counts in listed])._asdict(), checked=True)

    def __add__(self, other: object) -> Cooccurrence:
        return Cooccurrence.merged([self, other]) if isinstance(other, Cooccurrence) else NotImplemented

    def save(self, path: str | os.PathLike[str], *, parts: int | None = None) -> None:
        """Write a native file, whole or not at all; FormatError for damaged counts, OutputError where that fails.

        With `parts`, `path` becomes a folder of so many files of about the same size. Each has all words and the cells
        of a range of rows, and can be opened alone.
        """
        stats = None if self.stats is None else asdict(self.stats)
        number = whole_number("parts", parts, optional=True, high=999_999)
        if number is None:
            files.write_native(path, self._parts(), stats)
        else:
            write_parts(path, self._parts(), stats, number)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mmap: bool = True) -> Cooccurrence:
        """Open a native file, memory-mapped: cells are read when they are used; FormatError where it is damaged.

        The cells of a folder of parts are copied to temporary files, which are mapped.

        >>> import wordvec
        >>> wordvec.count([["a", "b"]], min_count=1).save("counts.safetensors")
        >>> wordvec.Cooccurrence.load("counts.safetensors")
        <Cooccurrence: 2 cells of 2 words>
        """
        parts = read_parts(path) if is_parts(path) else files.read_native(path, mmap)
        return cls(**parts._asdict())

    def save_glove_format(self, records: str | os.PathLike[str], vocab: str | os.PathLike[str]) -> None:
        """Write `cooccurrence.bin` and `vocab.txt` for the tools of GloVe; OptionError for words with white space."""
        files.write_glove(self._parts(), records, vocab)

    @classmethod
    def load_glove_format(cls, records: str | os.PathLike[str], vocab: str | os.PathLike[str]) -> Cooccurrence:
        """Read `cooccurrence.bin`, shuffled or not, and its `vocab.txt`; FormatError where they do not match.

        Sums are rounded to float32.
        """
        return cls(**files.read_glove(records, vocab)._asdict()).check()  # a sum may be beyond float32

    def _parts(self) -> files.Counts:
        return files.Counts(
            self.check().vocabulary,
            self.indptr,
            self.indices,
            self.data,
            self.offsets,
            self.options,
            self.stats,
            self.fingerprint,
        )

    def to_scipy(self) -> csr_array:
        """The counts as scipy's sparse matrix, which shares their memory."""
        from scipy.sparse import csr_array

        return csr_array((self.check().data, self.indices, self.indptr), shape=self.shape)

    def sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(rows [V], columns [shape[1]]): the sum of the counts of every row and of every column, in float64."""
        return pmi.sums(self)

    def pmi(self, *, shift: float = 1.0, smoothing: float = 0.75, workers: int | None = None) -> NDArray[np.float32]:
        """The PMI of every cell minus log(`shift`), float32 [N] in the order of `data`; see `ppmi`."""
        return pmi.pmi(self, shift=shift, smoothing=smoothing, workers=workers)

    def ppmi(
        self, *, shift: float = 1.0, smoothing: float = 0.75, workers: int | None = None, keep_counts: bool = False
    ) -> PPMI:
        """The cells whose PMI exceeds log(`shift`), with max(PMI - log shift, 0) as their values (Levy et al. 2015).

        PMI(w, c) = log(#(w, c) sum_c' #(c')^smoothing / (#(w) #(c)^smoothing)), where #(w) is the sum of a row and #(c)
        that of a column; `smoothing` below 1 lowers the PMI of rare contexts. A PMI of 1e-7 or less is rounding
        error, and counts as zero. Rows may become empty. With `keep_counts`, the result has the counts of its cells,
        too. It does not depend on `workers`. OptionError for a `shift` or `smoothing` that is not a finite number
        above 0.

        >>> import wordvec
        >>> counts = wordvec.count([["a", "b"], ["c", "d"]], min_count=1)
        >>> [round(float(value), 3) for value in counts.ppmi(smoothing=1.0).data]  # log 4
        [1.386, 1.386, 1.386, 1.386]
        """
        return pmi.ppmi(self, shift=shift, smoothing=smoothing, workers=workers, keep_counts=keep_counts)
