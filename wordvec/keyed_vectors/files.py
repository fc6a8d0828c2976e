"""KeyedVectors in the native file: written, opened by one map, checked; pickled by reference."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec import store
from wordvec.errors import FormatError, OptionError
from wordvec.keyed_vectors.base import Base
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from typing_extensions import Self

    from wordvec.keyed_vectors import KeyedVectors


class Files(Base):
    """Writing, opening and checking."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one native file, which appears when it is complete; OutputError where it cannot."""
        words, counts = self._vocabulary, self._vocabulary.counts
        given: dict[str, NDArray[Any] | None] = {"embeddings": self._vectors, "context": self._context}
        given |= {"vocab.data": words.data, "vocab.offsets": words.offsets, "vocab.hash": words.hash, "counts": counts}
        tensors = {name: array for name, array in given.items() if array is not None}
        sorted_by_count = counts is not None and bool((counts[1:] <= counts[:-1]).all())
        config = {"codec": "float32", "dim": self.vector_size, "metric": "cosine", "sorted_by_count": sorted_by_count}
        store.write_file(path, tensors, {**config, "vocab": {"max_probe": words.max_probe}, "metadata": self.metadata})

    @classmethod
    def load(cls, path: str | os.PathLike[str], mmap: bool | str = True) -> Self:
        """The vectors of a native file, by one map in no time, or read into memory with `mmap=False`.

        `wordvec.load` opens files of any format. FormatError where the file is damaged.
        """
        return cls._from_file(store.open_file(path, mmap=bool(mmap)))

    @classmethod
    def _from_file(cls, stored: store.StoredFile) -> Self:
        tensors = stored.tensors
        try:
            data, offsets, index = (tensors[f"vocab.{name}"] for name in ("data", "offsets", "hash"))
            words = Vocabulary(data, offsets, tensors.get("counts"), index, stored.config["vocab"]["max_probe"])
            metadata = stored.config["metadata"]
            vectors = cls(words, tensors["embeddings"], None, metadata, context=tensors.get("context"))
        except OptionError as error:
            raise FormatError(f"{stored.path}: {error}") from None
        vectors._norms, vectors._stored = tensors["embeddings.norm"], stored
        return vectors

    def verify(self) -> None:
        """Check every byte of the file behind these vectors, and its index; FormatError says what is damaged."""
        if self._stored is None:
            raise OptionError("vectors must come from a native file to be verified; these do not")
        self._stored.verify()
        try:
            self._vocabulary.check()
        except (OptionError, FormatError) as error:
            raise FormatError(f"{self._stored.path}: {error}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """By reference where the vectors are mapped from a file: the process that unpickles opens it. Else by value."""
        if self._stored is not None and self._stored.map is not None:
            return _reopen, (self._stored.path, self._stored.size, self._stored.mtime_ns)
        context = None if self._context is None else np.array(self._context)
        rebuild = partial(type(self), counts=None, metadata=self.metadata, context=context)
        return rebuild, (self._vocabulary, np.array(self._vectors))


def _reopen(path: str, size: int, mtime_ns: int) -> KeyedVectors:
    """The vectors that another process pickled by reference; FormatError where the file is no longer the same."""
    from wordvec.keyed_vectors import KeyedVectors

    vectors = KeyedVectors.load(path)
    stored = vectors._stored
    if stored is None or (stored.size, stored.mtime_ns) != (size, mtime_ns):
        raise FormatError(f"{path} must be the file that was pickled; it has been replaced since: load it again")
    return vectors
