"""Compression: vectors encoded by a codec, transformed, truncated to fewer dimensions, pruned to fewer rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from copy import copy
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import search
from wordvec.base.arguments import is_one_of, listed_words
from wordvec.base.errors import OptionError
from wordvec.codecs import CODECS, encode
from wordvec.rows import Dense, Rows, Shared
from wordvec.vectors.arguments import Floats
from wordvec.vectors.core import Core

if TYPE_CHECKING:
    from typing_extensions import Self

    from wordvec.transforms import Step, Transforms

_QUERIES = 1024  # dropped rows whose nearest remaining row is searched at a time


class Compression(Core):
    """Smaller vectors. Every method gives new vectors, without the context matrix, which is for training."""

    def compress(self, codec: str = "int8", **options: Any) -> Self:
        """Vectors whose rows are encoded by a codec of `wordvec.codecs.CODECS`, with its options.

        They are read-only and answer the same queries; look-ups decode the rows. The n-gram table, where there is one,
        is encoded too. Norms stay exact. OptionError names a row that is not finite.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["sea", "ocean", "tax"], [[1, 0], [4, 3], [1, 9]])
        >>> small = kv.compress("int8")
        >>> small.vectors.nbytes < kv.vectors.nbytes + 20, small.most_similar("sea", topn=1)[0][0]
        (True, 'ocean')
        """
        if isinstance(codec, str) and codec == "float32":
            if options:
                raise OptionError(f"float32 has no options; got {', '.join(options)}")
            return self.decompress()
        if not is_one_of(codec, CODECS):
            raise OptionError(f"codec must be one of float32, {', '.join(CODECS)}; got {codec!r}")
        if self._rows.is_encoded:
            warnings.warn(
                f"these vectors are kept as {self._rows.name} already; they are decoded and encoded as {codec}, "
                "with the errors of both",
                stacklevel=2,
            )
        self._check_finite("encoded", "")
        of_words = {"counts": self._row_counts()} if "counts" in CODECS[codec].option_names() else {}
        rows = encode(self._rows, codec, self.norms, **{**of_words, **options})
        of_table = {name: value for name, value in options.items() if name not in ("counts", "like")}
        subwords = _with_table(self._subwords, lambda table: encode(table, codec, **of_table))
        return self._derived(self._rows.replaced(rows), subwords=subwords)

    def compress_subwords(self, rows: int | None = None, bucket: int | None = None) -> Self:
        """Vectors with a smaller n-gram table; the rows of words stay the same, so that only unknown words change.

        First `bucket`, a divisor of that of the table, folds it: rows of the same new bucket are averaged. Then `rows`
        prunes it to the rows of the greatest norms; n-grams of the others have no row. OptionError where there is no
        n-gram table of fastText's kind, or it has no such number of rows.
        """
        if self._subwords is None:
            raise OptionError("vectors must have subwords for their table to be made smaller; these have none")
        subwords = self._subwords
        if bucket is not None:
            subwords = subwords.rebucketed(bucket)
        if rows is not None:
            subwords = subwords.pruned(rows)
        return self._derived(subwords=subwords)

    def decompress(self) -> Self:
        """Vectors whose rows and n-gram table are float32 again: the decoded values."""
        subwords = _with_table(self._subwords, np.asarray)
        return self._derived(self._dense_rows(), subwords=subwords)

    def _dense_rows(self) -> Rows:
        """The rows, decoded where they are encoded."""
        return self._rows if self._rows.is_dense else self._rows.replaced(Dense(np.asarray(self._rows)))

    def _decoded(self, what: str) -> Self:
        """These vectors decoded to float32, with a warning, for what needs float32 rows."""
        warnings.warn(
            f"these vectors are kept as {self._rows.name}; they are decoded to be {what}, with its errors, and are "
            "float32 after it: do that before compress, or compress the result",
            stacklevel=3,
        )
        return self._derived(self._dense_rows())

    def transformed(self, *steps: Step | Transforms) -> Self:
        """Vectors after transforms of `wordvec.transforms`, each fitted to the result of those before it; float32.

        `Transforms` that were fitted elsewhere, such as a map to another space, are applied as they are.

        The transforms are stored in `transforms` and saved with the vectors; `apply_transforms` applies them to other
        vectors. Vectors that `subwords` composes for unknown words are transformed too: linear transforms are applied
        to the n-gram table, all others to the composed vectors.

        >>> from wordvec import KeyedVectors
        >>> from wordvec.transforms import ABTT, Center
        >>> kv = KeyedVectors(["sea", "ocean", "tax"], [[1, 0], [4, 3], [1, 9]]).transformed(Center())
        >>> kv["sea"].tolist(), kv.apply_transforms([[1, 0]]).tolist(), kv.transforms
        ([-1.0, -4.0], [[-1.0, -4.0]], Transforms(center: 2 to 2))
        """
        from wordvec.transforms import Transforms

        counts = self._row_counts()
        if len(steps) == 1 and isinstance(steps[0], Transforms):
            fitted = steps[0]
        else:
            fitted = Transforms.fit(steps, self._rows.matrix, counts)  # type: ignore[arg-type]  # what is no step is refused
        return self._moved(fitted.apply(self._rows.matrix, counts), fitted)

    def rotate_pca(self, counts: bool = False) -> Self:
        """Vectors rotated to their principal axes: all cosines stay, and `truncate(d)` keeps the best d dimensions.

        With `counts`, words weigh by their counts.
        """
        from wordvec.transforms import Rotation

        return self.transformed(Rotation(counts=counts))

    def truncate(self, d: int) -> Self:
        """Vectors of the first d dimensions of these: a view of the same memory or file, with norms of its own.

        After `rotate_pca` these are the best d dimensions, as for vectors that were trained to be truncated. Encoded
        vectors are decoded first, with a warning.
        """
        from wordvec.transforms import Transforms, Truncate

        if not self._rows.is_dense:
            return self._decoded("cut").truncate(d)
        matrix = self._rows.matrix
        fitted = Transforms.fit([Truncate(d)], matrix)
        return self._moved(matrix[:, :d], fitted)

    def _moved(self, matrix: Floats, steps: Transforms) -> Self:
        """Vectors with a matrix that transforms gave, and with subwords and transforms that follow it."""
        from wordvec.transforms import joined

        subwords = None if self._subwords is None else self._subwords.transformed(steps)
        rows = self._rows.replaced(Dense(matrix))
        return self._derived(rows, transforms=joined(self._transforms, steps), subwords=subwords)

    def apply_transforms(self, vectors: ArrayLike) -> Floats:
        """[n, D'] float32: vectors [n, D] of the space that these were trained in, after the `transforms`."""
        if self._transforms is not None:
            return self._transforms.apply(vectors)
        rows = np.array(vectors, np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.vector_size:
            raise OptionError(f"vectors must be [n, {self.vector_size}]; got shape {rows.shape}")
        return rows

    def prune(
        self,
        n: int | Iterable[str],
        by: Literal["count", "norm", "order"] = "count",
        remap: Literal["nearest", "drop"] = "nearest",
        keep: Iterable[str] = (),
    ) -> Self:
        """Vectors with n rows, or with the rows of some words; all other words share the nearest row, or are dropped.

        `by` says which rows stay: those of the highest counts or the greatest norms, or the first ones; of equals, the
        first. The words of `keep` are among the n, and stay even if they are more. With `remap="nearest"` every word
        still has a vector: that of the remaining row of highest cosine. Words with a row of zeros share one such row,
        which stays beside the n. With `remap="drop"` the other words are dropped. Rows keep their order. Encoded
        vectors are decoded first, with a warning.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["sea", "tax", "ocean"], [[1, 0], [1, 9], [4, 3]], counts=[9, 7, 1])
        >>> small = kv.prune(2)
        >>> len(small), small.vectors.shape, small["ocean"].tolist(), kv.prune(2, remap="drop").index_to_key
        (3, (2, 2), [1.0, 0.0], <2 words: 'sea', 'tax'>)
        """
        if not is_one_of(remap, ("nearest", "drop")):
            raise OptionError(f"remap must be 'nearest' or 'drop'; got {remap!r}")
        if not self._rows.is_dense:
            return self._decoded("pruned").prune(n, by, remap, keep)
        remaining = self._remaining_rows(n, by, keep)
        row_of = self.word_rows()
        if remap == "nearest":
            remaining = self._with_zeros(remaining)
            target = self._nearest_remaining(remaining)
        else:
            target = np.full(len(self._rows), -1, np.int64)
            target[remaining] = np.arange(len(remaining))
        size = len(remaining)
        matrix = self._rows[:size] if remaining[-1] == size - 1 else self._rows[remaining]
        rows: Rows = Dense(matrix, self.norms[remaining])
        owners = np.zeros(len(row_of), np.bool_)
        owners[remaining] = True  # word r owns row r
        others = np.flatnonzero(~owners & (target[row_of] >= 0))
        words = np.concatenate([remaining, others])
        if len(others):
            rows = Shared(rows, target[row_of[words]])
        return self._derived(rows, words=self._vocabulary.take(words), attributes=self._attributes.take(words))

    def _remaining_rows(self, n: int | Iterable[str], by: str, keep: Iterable[str]) -> NDArray[np.int64]:
        """The rows that stay, in rising order: at least one."""
        row_of, size = self.word_rows(), len(self._rows)
        pinned = self._rows_named(keep, row_of)
        if not isinstance(n, (int, np.integer)):
            rows = np.union1d(self._rows_named(n, row_of), pinned)
            if not len(rows):
                raise OptionError("n must be a number of rows or the words to keep; got no word")
            return rows
        if isinstance(n, bool) or not 1 <= n <= size:
            raise OptionError(f"n must be a number of rows from 1 to {size}, or the words to keep; got {n!r}")
        if not is_one_of(by, ("count", "norm", "order")):
            raise OptionError(f"by must be 'count', 'norm' or 'order'; got {by!r}")
        if by == "count":
            counts = self._row_counts()
            if counts is None:
                raise OptionError("by='count' needs the counts of the words; these vectors have none: by='order'")
            order = np.argsort(-counts, kind="stable")
        elif by == "norm":
            order = np.argsort(-self.norms, kind="stable")
        else:
            order = np.arange(size)
        order = order[~np.isin(order, pinned)]
        return np.sort(np.concatenate([pinned, order[: max(0, n - len(pinned))]]))

    def _rows_named(self, words: Iterable[str], row_of: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = [self._vocabulary.index(word) for word in listed_words(words, mapping=True)]
        return np.unique(row_of[np.array(rows, np.int64)])

    def _with_zeros(self, remaining: NDArray[np.int64]) -> NDArray[np.int64]:
        """The remaining rows, and the first row of zeros where there are such rows and none remains."""
        zeros = np.flatnonzero(self.norms == 0)
        return np.union1d(remaining, zeros[:1]) if len(zeros) and not np.isin(zeros, remaining).any() else remaining

    def _check_finite(self, to_be: str, hint: str) -> None:
        """OptionError names the first word whose row holds NaN or inf."""
        bad = np.flatnonzero(~np.isfinite(self.norms))
        bad = bad[~np.isfinite(self._rows[bad]).all(axis=1)]  # a length may be beyond float32
        if len(bad):
            raise OptionError(
                f"vectors must be finite to be {to_be}; that of {self._vocabulary[int(bad[0])]!r} (row {bad[0]}) holds "
                f"NaN or inf: drop or repair it{hint}"
            )

    def _nearest_remaining(self, remaining: NDArray[np.int64]) -> NDArray[np.int64]:
        """[R] the new row of every row: its own, or that of the nearest remaining row."""
        self._check_finite("compared", ", or use remap='drop'")
        norms = self.norms
        target = np.full(len(norms), -1, np.int64)
        target[remaining] = np.arange(len(remaining))
        left = np.flatnonzero(target < 0)
        zero = norms[left] == 0
        target[left[zero]] = int(np.argmax(norms[remaining] == 0))  # there is one, by _with_zeros
        left = left[~zero]
        candidates = Dense(self._rows[remaining], norms[remaining])
        for first in range(0, len(left), _QUERIES):
            batch = left[first : first + _QUERIES]
            nearest = search.nearest(candidates, self._rows[batch], 1)[0][:, 0]
            if (nearest < 0).any():
                raise OptionError("one of the kept rows must be other than zero, for the others to be near to it")
            target[batch] = nearest
        return target

    def word_rows(self) -> NDArray[np.int64]:
        """[V] int64: the row of every word; word i has row i, unless words share rows."""
        row_of = self._rows.row_of
        return np.arange(len(self)) if row_of is None else row_of.astype(np.int64)

    def _row_counts(self) -> NDArray[np.int64] | None:
        """[R] the counts of the words that own the rows; None where there are no counts."""
        counts = self._vocabulary.counts
        return None if counts is None else counts[: len(self._rows)]


def _with_table(subwords: Any, work: Callable[[Any], Any]) -> Any:
    """A copy of subwords with another n-gram table, which `work` computes from theirs."""
    if subwords is None:
        return None
    other = copy(subwords)
    other.table = work(subwords.table)
    return other
