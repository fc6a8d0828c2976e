"""Smaller vectors from vectors: codecs, transforms and truncation, fewer rows."""

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
from wordvec.rows import Rows
from wordvec.transforms import Rotation, Step, Transforms, Truncate, joined
from wordvec.vectors.base import Floats
from wordvec.vectors.in_place import Mutating

if TYPE_CHECKING:
    from typing_extensions import Self

_QUERIES = 1024  # dropped rows that look for their nearest kept row at a time


class Compressing(Mutating):
    """Making vectors small. Every method gives new vectors, without the context matrix, which is for training."""

    def compress(self, codec: str = "int8", **options: Any) -> Self:
        """Vectors whose matrix is kept as codes: `float16`, `bfloat16`, `int8`, `pq`, `bits`, with the codec's options.

        They are read-only and answer the same questions; rows are decoded when they are asked for. The table of
        subwords, where there is one, is encoded too. Lengths stay exact. OptionError names a row that is not finite.

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
        if isinstance(self._vectors, Rows):
            warnings.warn(
                f"these vectors are kept as {self._vectors.name} already; they are decoded and encoded as {codec}, "
                "with the errors of both",
                stacklevel=2,
            )
        given = options
        if "counts" in CODECS[codec].option_names():
            given = {"counts": self._row_counts(), **options}
        vectors = encode(self._vectors, codec, self.norms, **given)
        own = {name: value for name, value in options.items() if name not in ("counts", "like")}  # those are of words
        subwords = _with_table(self._subwords, lambda table: encode(table, codec, **own))
        return self._derived(vectors, norms=self.norms, subwords=subwords)

    def compress_subwords(self, rows: int | None = None, bucket: int | None = None) -> Self:
        """Vectors whose table of n-grams is smaller; those of the words stay as they are.

        First `bucket`, a divisor of that of the table: rows that then meet are averaged. Then `rows`: the longest of
        them stay, n-grams of the others have none. Only unknown words change. OptionError where there is no table of
        fastText's kind, or it has no such number of rows.
        """
        if self._subwords is None:
            raise OptionError("vectors must have subwords for their table to be made smaller; these have none")
        subwords = self._subwords
        if bucket is not None:
            subwords = subwords.rebucketed(bucket)
        if rows is not None:
            subwords = subwords.pruned(rows)
        return self._derived(self._vectors, norms=self._norms, subwords=subwords)

    def decompress(self) -> Self:
        """Vectors whose matrix, and table of subwords, are float32 again, with the values that the codes stand for."""
        subwords = _with_table(self._subwords, np.asarray)
        norms = None if isinstance(self._vectors, Rows) else self._norms
        return self._derived(np.asarray(self._vectors), norms=norms, subwords=subwords)

    def _decoded(self, what: str) -> Self:
        """These vectors with a matrix of float32, for what is done to no other; a warning says so."""
        name = getattr(self._vectors, "name", "float32")
        warnings.warn(
            f"these vectors are kept as {name}; they are decoded to be {what}, with its errors, and are float32 after "
            f"it: do that before compress, or compress the result",
            stacklevel=3,
        )
        return self._derived(np.asarray(self._vectors))

    def transformed(self, *steps: Step | Transforms) -> Self:
        """Vectors after steps of `wordvec.transforms`, each fitted to what the ones before it give; float32.

        `Transforms` that were fitted elsewhere, such as a map to another space, are applied as they are.

        The steps are kept in `transforms` and saved with the vectors; `apply_transforms` maps new vectors. What
        `subwords` composes for unknown words goes along: the table of n-grams is multiplied where steps are linear,
        and what else they do is done to what is composed.

        >>> from wordvec import KeyedVectors
        >>> from wordvec.transforms import ABTT, Center
        >>> kv = KeyedVectors(["sea", "ocean", "tax"], [[1, 0], [4, 3], [1, 9]]).transformed(Center())
        >>> kv["sea"].tolist(), kv.apply_transforms([[1, 0]]).tolist(), kv.transforms
        ([-1.0, -4.0], [[-1.0, -4.0]], Transforms(center: 2 to 2))
        """
        counts = self._row_counts()
        if len(steps) == 1 and isinstance(steps[0], Transforms):
            fitted = steps[0]
        else:
            fitted = Transforms.fit(steps, self._vectors, counts)  # type: ignore[arg-type]  # what is no step is refused
        return self._moved(fitted.apply(self._vectors, counts), fitted)

    def rotate_pca(self, counts: bool = False) -> Self:
        """Vectors rotated to their principal axes: every cosine stays, and `truncate(d)` keeps the best d numbers.

        With `counts`, the axes are those of the words as often as they occur.
        """
        return self.transformed(Rotation(counts=counts))

    def truncate(self, d: int) -> Self:
        """Vectors of the first d numbers of these: a view of the same memory or file, with lengths of its own.

        That is as good as d numbers can be after `rotate_pca`, or for vectors trained to be cut. Compressed vectors
        are decoded first, with a warning.
        """
        if isinstance(self._vectors, Rows):
            return self._decoded("cut").truncate(d)
        fitted = Transforms.fit([Truncate(d)], self._vectors)
        return self._moved(self._vectors[:, :d], fitted)

    def _moved(self, vectors: Any, steps: Transforms) -> Self:
        """Vectors with a matrix that steps have made of the old one, and all else that they concern."""
        subwords = None if self._subwords is None else self._subwords.transformed(steps)
        return self._derived(vectors, transforms=joined(self._transforms, steps), subwords=subwords)

    def apply_transforms(self, vectors: ArrayLike) -> Floats:
        """[n, D'] float32: vectors [n, D] of the space these were trained in, after the recorded `transforms`."""
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
        """Vectors of n rows, or of the rows of the words given; the other words share the nearest of them, or go.

        `by` says which rows stay: those of the highest counts or the greatest lengths, or the first ones; of equals,
        the first. The words of `keep` are among the n, and stay even if they are more. With `remap="nearest"` every
        word still has a vector: that of the kept row of highest cosine. Words with a row of zeros share one such row,
        which is kept beside the n. With `remap="drop"` the vocabulary is that of the rows. Rows keep their order.
        Compressed vectors are decoded first, with a warning.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["sea", "tax", "ocean"], [[1, 0], [1, 9], [4, 3]], counts=[9, 7, 1])
        >>> small = kv.prune(2)
        >>> len(small), small.vectors.shape, small["ocean"].tolist(), kv.prune(2, remap="drop").index_to_key
        (3, (2, 2), [1.0, 0.0], <2 words: 'sea', 'tax'>)
        """
        if not is_one_of(remap, ("nearest", "drop")):
            raise OptionError(f"remap must be 'nearest' or 'drop'; got {remap!r}")
        if isinstance(self._vectors, Rows):
            return self._decoded("pruned").prune(n, by, remap, keep)
        kept = self._chosen_rows(n, by, keep)
        row_of = self.word_rows()
        if remap == "nearest":
            kept = self._with_zeros(kept)
            target = self._nearest_kept(kept)
        else:
            target = np.full(len(self._vectors), -1, np.int64)
            target[kept] = np.arange(len(kept))
        vectors = self._vectors[: len(kept)] if kept[-1] == len(kept) - 1 else self._vectors[kept]
        owners = np.zeros(len(row_of), np.bool_)
        owners[kept] = True  # word r owns row r
        others = np.flatnonzero(~owners & (target[row_of] >= 0))
        words = np.concatenate([kept, others])
        rows = target[row_of[words]].astype(np.uint32) if len(others) else None
        attributes = {name: values[words] for name, values in self._attributes.items()}
        new = {"words": self._vocabulary.take(words), "rows": rows, "attributes": attributes}
        return self._derived(vectors, norms=self.norms[kept], **new)

    def _chosen_rows(self, n: int | Iterable[str], by: str, keep: Iterable[str]) -> NDArray[np.int64]:
        """The rows that stay, in rising order: at least one."""
        row_of, size = self.word_rows(), len(self._vectors)
        pinned = self._rows_named(keep, row_of)
        if not isinstance(n, (int, np.integer)):
            chosen = np.union1d(self._rows_named(n, row_of), pinned)
            if not len(chosen):
                raise OptionError("n must be a number of rows or the words to keep; got no word")
            return chosen
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

    def _with_zeros(self, kept: NDArray[np.int64]) -> NDArray[np.int64]:
        """The kept rows, and the first row of zeros where one is dropped and none is kept."""
        zeros = np.flatnonzero(self.norms == 0)
        return np.union1d(kept, zeros[:1]) if len(zeros) and not np.isin(zeros, kept).any() else kept

    def _nearest_kept(self, kept: NDArray[np.int64]) -> NDArray[np.int64]:
        """[R] the place among the kept rows of each row, or of the kept row nearest to it."""
        norms = self.norms
        if not np.isfinite(norms).all():
            bad = int(np.flatnonzero(~np.isfinite(norms))[0])
            raise OptionError(
                f"vectors must be finite to be compared; that of {self._vocabulary[bad]!r} (row {bad}) is not: "
                "drop or repair it, or use remap='drop'"
            )
        target = np.full(len(norms), -1, np.int64)
        target[kept] = np.arange(len(kept))
        left = np.flatnonzero(target < 0)
        zero = norms[left] == 0
        target[left[zero]] = int(np.argmax(norms[kept] == 0))  # _with_zeros has seen to it that there is one
        left = left[~zero]
        candidates, candidate_norms = self._vectors[kept], norms[kept]
        for first in range(0, len(left), _QUERIES):
            batch = left[first : first + _QUERIES]
            found = search.nearest(candidates, self._vectors[batch], 1, norms=candidate_norms)[0][:, 0]
            if (found < 0).any():
                raise OptionError("one of the kept rows must be other than zero, for the others to be near to it")
            target[batch] = found
        return target

    def word_rows(self) -> NDArray[np.int64]:
        """[V] int64: the row of every word; word i has row i, unless words share rows."""
        return np.arange(len(self._vocabulary)) if self.rows is None else np.asarray(self.rows, np.int64)

    def _row_counts(self) -> NDArray[np.int64] | None:
        """[R] the counts of the words that own the rows."""
        counts = self._vocabulary.counts
        return None if counts is None else counts[: len(self._vectors)]

    def _derived(self, vectors: Any, *, norms: Floats | None = None, **new: Any) -> Self:
        """Vectors with another matrix, and with all else that these have but for what is `new`."""
        self._release()  # the new vectors may have parts of these
        parts = self._parts(**new)
        derived = type(self)(parts.pop("words", self._vocabulary), vectors, **parts)
        derived._norms = norms
        return derived


def _with_table(subwords: Any, work: Callable[[Any], Any]) -> Any:
    """Subwords with what `work` makes of their table."""
    if subwords is None:
        return None
    changed = copy(subwords)
    changed.table = work(subwords.table)
    return changed
