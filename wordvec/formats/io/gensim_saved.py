"""The objects of a file saved by gensim, as plain data: which are there, and where their arrays are."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.formats.io import pickles
from wordvec.formats.io.npy import ZippedArray, open_npy
from wordvec.formats.io.pickle_machine import Array, Inert
from wordvec.formats.io.row_reader import MAX_DIM
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source

OPTIONS = (  # training options of a model
    *("vector_size", "window", "min_count", "epochs", "alpha", "min_alpha", "sample", "negative", "ns_exponent"),
    *("sg", "hs", "cbow_mean", "seed", "dm", "dbow_words", "dm_concat", "corpus_count", "corpus_total_words"),
)
_PARTS = ("vocabulary", "trainables")  # of a model of gensim 3, which hold some of the options


class Saved:
    """The objects of a file, and the side files of their arrays."""

    def __init__(self, source: Source, select: Selection) -> None:
        """FormatError where the file is not a pickle of an object of gensim."""
        self.path, self.select = source.path, select
        content = _content(source)
        self.size = len(content)  # bytes of the pickle
        root = pickles.read(content, source.path)
        if not isinstance(root, Inert) or not root.name.startswith("gensim."):
            raise FormatError(f"{source.path}: the pickle must hold an object of gensim; it holds another thing")
        self.root, self.places = root, {id(root): source.path}
        self.wv = self.inner("wv", "kv") or root  # before gensim 1 the model was its own vectors

    @property
    def name(self) -> str:
        """The class name of the saved object."""
        return self.root.name.rpartition(".")[2]

    def inner(self, *names: str) -> Inert | None:
        """The object that is an attribute of the model under one of these names, which also names its side files."""
        for name in names:
            if isinstance(part := self.root.state.get(name), Inert):
                self.places.setdefault(id(part), f"{self.path}.{name}")
                return part
        return None

    def option(self, *names: str) -> Any:
        """An option of the model, or of a part of it in gensim 3, by the first name that is there."""
        parts = [self.root, *(part for part in map(self.inner, _PARTS) if part is not None)]
        return next((part.state[name] for name in names for part in parts if name in part.state), None)

    def options(self) -> dict[str, Any]:
        """The training options by their names in gensim 4."""
        options = {}
        for name in OPTIONS:
            value = self.option(name) if name != "epochs" else self.option("epochs", "iter")
            if isinstance(value, (int, float)) and abs(value) < 2**63:  # not NaN, which JSON cannot hold
                options[name] = value
        return options

    def output(self, name: str) -> NDArray[Any] | ZippedArray | None:
        """An output matrix, `syn1neg` or `syn1`, of the model."""
        owner = self.inner("trainables") or self.root
        matrix = self.array(owner, name)
        return self.array(self.root, name) if matrix is None else matrix

    def array(self, owner: Inert, *names: str) -> NDArray[Any] | ZippedArray | None:
        """An array of an object by the first name that is there, in the pickle or in a side file."""
        for name in names:
            value = owner.state.get(name)
            if isinstance(value, Array) and value.values is not None:
                return value.values
            aside = owner.state.get("__numpys")
            if isinstance(aside, list) and name in aside:
                return self._side_file(f"{self.places[id(owner)]}.{name}")
        return None

    def _side_file(self, stem: str) -> NDArray[Any] | ZippedArray:
        zipped = self.path.endswith((".gz", ".bz2"))
        path = f"{stem}.npz" if zipped else f"{stem}.npy"
        if not os.path.exists(path):
            raise FormatError(
                f"{self.path}: gensim put an array of this model into {os.path.basename(path)}, which must lie beside "
                "it; it does not: copy it there"
            )
        return ZippedArray(path, "val.npy") if zipped else open_npy(path)

    def rows(
        self,
        array: NDArray[Any] | ZippedArray | None,
        rows: NDArray[np.int64] | None,
        what: str,
        may_map: bool = True,
    ) -> NDArray[np.float32]:
        """[n, D] float32: the given rows of a matrix, or all."""
        if array is None:
            raise FormatError(f"{self.path}: {what} must be in the file; they are not: was the model trained?")
        if len(array.shape) != 2 or not 1 <= array.shape[1] <= MAX_DIM:
            shape = " x ".join(map(str, array.shape))
            raise FormatError(f"{self.path}: {what} must be a matrix of rows of 1 to {MAX_DIM} numbers; it is {shape}")
        if isinstance(array, ZippedArray):
            with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite
                return array.rows(rows, what).astype(np.float32, copy=False)
        whole = rows is None or len(rows) == len(array)
        if may_map and self.select.mmap and whole and array.dtype == "<f4" and array.flags.aligned:
            return np.ascontiguousarray(array)
        with np.errstate(over="ignore"):
            return np.array(array if whole else array[rows], np.float32, order="C")


def _content(source: Source) -> bytes | mmap.mmap:
    """The bytes of a file, mapped where it is not compressed."""
    if source.compression is None:
        with open(source.path, "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    blocks = []
    with source.open() as stream:
        while block := stream.read(1 << 20):
            blocks.append(block)
    return b"".join(blocks)
