"""Vectors changed in place, under gensim's names: added, replaced, sorted, normalised; and what follows from that."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec import store
from wordvec.base.arguments import array_of, mapped, strings
from wordvec.base.errors import OptionError
from wordvec.rows import Rows
from wordvec.transforms import Transforms, Unit, joined
from wordvec.vectors.append_buffer import Growing
from wordvec.vectors.attributes import Attributes
from wordvec.vectors.base import Floats, Matrix, scaled_to_1
from wordvec.vocabulary import Vocabulary, encoded


class Mutating(Attributes):
    """What changes the object itself. Vectors mapped from a file are not changed: `to_memory()` gives some that can be.

    After any change, everything is as of vectors newly made of the same words and rows. Nobody else may read the
    vectors while they are changed.
    """

    _growing: Growing | None = None  # the rows, from the first change on: a copy of what the constructor was given
    _context_grows = False  # whether the context has a row for each word, and so must have one for those that are added
    _lent = False  # whether somebody may hold a view of these rows that must not change

    @property
    def vocabulary(self) -> Vocabulary:
        """The words, their counts and the index, as they are now."""
        return self._vocabulary.frozen()

    @property
    def vectors(self) -> Matrix:
        """[R, D] float32, read-only, R = V: row i is the vector of word i.

        Of compressed vectors, what decodes rows when they are asked for, `vectors[rows]`. Of vectors that words share
        (`rows` is given), R < V and `key_to_index` has the row of every word. Later changes do not show in it.
        """
        self._lent = True
        return self._vectors

    @property
    def norms(self) -> Floats:
        """[R] float32: the Euclidean length of every row; from the file, or computed on first use."""
        if self._norms is not None and len(self._norms) < len(self._vectors):  # rows were added
            added = store.row_norms(self._vectors[len(self._norms) :])
            self._norms = np.concatenate([self._norms, added])
            self._norms.flags.writeable = False
        return super().norms

    def add_vector(self, key: str, vector: ArrayLike) -> int:
        """Add a word and its vector [D]; the row. A word that is known keeps its vector: `kv[word] = vector` replaces.

        A million of them take seconds: room is made for many at a time. OptionError where the vector is of the wrong
        size or not finite.
        """
        growing, row = self._growing or self._own(), cast(Any, vector)
        plain = row.__class__ is np.ndarray and row.dtype == np.float32 and row.shape == self._vectors.shape[1:]
        if not plain or b"\0" in np.isfinite(row).tobytes():  # in half the time of isfinite(row).all()
            row = self._checked_rows([key], [vector])[0]
        index = self._growing_vocabulary().add(key)
        if index < 0:
            return self._row_of(key)
        growing.append(row)
        self._vectors = growing.view
        if self._attributes:
            self._grow_attributes()
        return index

    def add_vectors(
        self,
        keys: str | Sequence[str],
        weights: ArrayLike,
        extras: Mapping[str, ArrayLike] | None = None,
        replace: bool = False,
    ) -> None:
        """Add words and their vectors [n, D]; words that are known keep theirs, or with `replace` take the new ones.

        Of a word given several times, the last vector counts. `extras` has attributes, one value for each key. When
        this raises (OptionError, where vectors are of the wrong size or not finite), nothing has changed.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a"], [[1, 2]])
        >>> kv.add_vectors(["b", "a", "b"], [[1, 1], [2, 2], [3, 3]])
        >>> list(kv), kv["a"].tolist(), kv["b"].tolist()
        (['a', 'b'], [1.0, 2.0], [3.0, 3.0])
        """
        if isinstance(keys, str):
            keys, weights = [keys], array_of(weights, "weights").reshape(1, -1)
            given = mapped(extras, "extras", "attributes, one value for each key").items()
            extras = {
                name: [one] if isinstance(one, str) else np.atleast_1d(array_of(one, f"extras[{name!r}]"))
                for name, one in given
            }
        if isinstance(keys, (set, frozenset)):
            raise OptionError("keys must be in the order of their vectors; got a set, which has none: give a list")
        keys = strings(keys, "keys")
        self._require_memory()
        rows = self._checked_rows(keys, weights)
        added: dict[bytes, int] = {}
        known: dict[int, int] = {}
        for place, key in enumerate(keys):
            index = self._vocabulary.get(key)
            if index is None:
                added[encoded(key)] = place
            else:
                known[index] = place
        growing, words = self._own(), self._growing_vocabulary()
        named = mapped(extras, "extras", "attributes, one value for each key")
        values = self._extras(named, len(keys))
        places = list(added.values())
        first = len(self)
        for place in places:
            words.add(keys[place])
        growing.extend(rows[places])
        self._vectors = growing.view
        self._grow_attributes()
        for attr in values:
            self._set_attributes(attr, slice(first, None), values[attr][places])
        if replace and known:
            indices, places = list(known), list(known.values())
            self._replace(indices, rows[places])
            for attr in values:
                self._set_attributes(attr, indices, values[attr][places])

    def __setitem__(self, keys: str | Sequence[str], weights: ArrayLike) -> None:
        """`add_vectors(keys, weights, replace=True)`."""
        self.add_vectors(keys, weights, replace=True)

    def resize_vectors(self, seed: int = 0) -> None:
        """Nothing: there is always one row for every word. gensim's models need it, these do not."""

    def fill_norms(self, force: bool = False) -> None:
        """Compute the lengths of the rows now rather than when they are first needed; with `force`, again."""
        if force and self._stored is None and not isinstance(self._vectors, Rows):
            self._norms = None
        self.norms  # noqa: B018  computes them

    def unit_normalize_all(self) -> None:
        """Bring every vector to length 1, in place; zero vectors stay zero. So are those that subwords compose."""
        self._own()
        unit = Transforms.fit([Unit()], self._vectors[:0])
        if self._subwords is not None:
            self._subwords = self._subwords.transformed(unit)
        if self._transforms is not None:
            self._transforms = joined(self._transforms, unit)
        norms = self.norms
        step = max(1, (4 << 20) // (4 * self.vector_size))
        scaled = np.empty(self._vectors.shape, np.float32) if self._lent else None
        for first in range(0, len(self), step):
            out = scaled_to_1(self._vectors[first : first + step], norms[first : first + step])
            if scaled is not None:
                scaled[first : first + step] = out
            elif self._growing is not None:
                self._growing[slice(first, first + step)] = out
        if scaled is not None:
            self._adopt(scaled)
        self._norms = None

    def sort_by_descending_frequency(self) -> None:
        """Put the words in order of falling counts, in place; words that occurred as often keep their order."""
        self._require_memory()
        words = self.vocabulary
        if words.counts is None:
            raise OptionError("counts must have been given or read with the vectors to sort by them; these have none")
        order = np.argsort(-words.counts, kind="stable")
        if (order[1:] > order[:-1]).all():
            return
        matrix, context = self._all_rows(order), self._context_of(order, 3)
        self._attributes = {attr: values[order] for attr, values in self._attributes.items()}
        self._vocabulary, self._rows, self._context, self._columns = words.take(order), None, context, None
        self._adopt(matrix)
        self._norms = None

    def _own(self) -> Growing:
        """The rows as an array that only this object changes, one for each word."""
        if self._growing is None:
            self._require_memory()
            self._context_grows = self._context is not None and len(self._context) == len(self)
            if isinstance(self._vectors, Rows):
                raise OptionError(
                    f"vectors must not be compressed to be changed; these are {self._vectors.name}: "
                    "change a copy, vectors.to_memory()"
                )
            if self._rows is None:
                self._adopt(self._vectors, copy=True)
            else:
                self._adopt(self._all_rows(np.arange(len(self))))
                self._rows = self._norms = None
        assert self._growing is not None
        return self._growing

    def _adopt(self, matrix: Floats, copy: bool = False) -> None:
        self._growing = Growing(matrix, copy)
        self._vectors, self._lent = self._growing.view, False

    def _replace(self, rows: list[int], vectors: Floats) -> None:
        if self._lent or self._growing is None:  # a view that was given away stays as it is
            self._adopt(np.asarray(self._vectors), copy=True)
        assert self._growing is not None
        self._growing[rows] = vectors
        self._norms = None

    def _release(self) -> None:
        """Share the rows with another object from now on: the next change of either makes a copy first."""
        self._vocabulary = self.vocabulary
        self._growing = self._columns = None

    def _all_rows(self, indices: NDArray[np.int64]) -> Floats:
        """[n, D] float32 new: the vectors of words by index, decoded, each word its own."""
        rows = indices if self.rows is None else self.rows[indices].astype(np.int64)
        return np.asarray(self._vectors[rows])

    @property
    def context(self) -> Floats | None:
        """[R, D] float32: the output matrix of the trainer, where it was kept; zeros for words that were added."""
        if self._context is not None and self._context_grows and len(self._context) < len(self):
            added = np.zeros((len(self) - len(self._context), self.vector_size), np.float32)
            self._context = np.concatenate([self._context, added])
            self._context.flags.writeable = False
        return self._context

    def _context_of(self, indices: NDArray[np.int64], stacklevel: int = 4) -> Floats | None:
        """The context rows of some words; None where there are none, or, with a warning, where they are not of words.

        Words that share a row share its context.
        """
        context = self.context
        if context is None or len(context) == len(self):
            return None if context is None else context[indices]
        rows = self.rows
        if rows is not None and len(context) == len(self._vectors):
            return np.asarray(context[rows[indices].astype(np.int64)])
        warnings.warn(
            f"context is left out: its {len(context)} rows are not those of the {len(self)} words, as where it was "
            "trained by hierarchical softmax, and they cannot follow the words",
            stacklevel=stacklevel,
        )
        return None

    def _checked_rows(self, keys: Sequence[str], weights: Any) -> Floats:
        """[n, D] float32 of vectors for keys; OptionError where they do not fit or are not finite."""
        try:
            given = np.asarray(weights)
        except ValueError:
            given = np.empty(0)
        if not len(keys):
            return np.empty((0, self.vector_size), np.float32)
        if given.shape != (len(keys), self.vector_size) or given.dtype.kind not in "fiu":
            raise OptionError(
                f"weights must be {self.vector_size} numbers for each of {len(keys)} keys; "
                f"got {given.dtype} of shape {given.shape}"
            )
        with np.errstate(over="ignore"):
            rows = given.astype(np.float32, copy=False)
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(bad):
            raise OptionError(f"vectors must be finite; that of {keys[bad[0]]!r} holds NaN or a number beyond float32")
        return rows
