"""torch: the matrix as a tensor, with rows for padding and unknown words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import OptionError
from wordvec.interop.libraries import library
from wordvec.keyed_vectors import KeyedVectors
from wordvec.keyed_vectors.parts import ROWS, WORDS, tell


class TorchVectors(NamedTuple):
    """What `to_torch` returns: `nn.Embedding.from_pretrained(weight, padding_idx=specials["padding"])`."""

    weight: Any  # float32 [rows + specials, D]: row i is row i of the vectors, the special rows stand at the end
    vocabulary: Mapping[str, int]  # word -> row, looked up when asked; it does not hold the special rows
    specials: dict[str, int]  # "padding" and "unk" -> row, where they were asked for


def to_torch(
    vectors: KeyedVectors, padding: bool = True, unk: str | None = "zero", *, copy: bool = True
) -> TorchVectors:
    """The matrix as a float32 tensor, a mapping from word to row, and the rows of padding and unknown words.

    Words keep their rows; `padding` adds a row of zeros after them, `unk` one of zeros ("zero") or of the mean of all
    rows ("mean"). What comes back is a copy. `copy=False` shares the memory of vectors that are in memory, without
    special rows: what is then written to the tensor is written to the vectors, whose norms are not computed again.
    `wordvec.interop.encode(vectors, tokens, unk=specials["unk"])` gives rows for it. A warning names what a matrix and
    a mapping have no place for, such as subwords.
    """
    if unk not in ("zero", "mean", None):
        raise OptionError(f'unk must be "zero", "mean" or None; got {unk!r}')
    torch = library("torch", "torch")
    tell(vectors, "torch", {WORDS, ROWS})
    rows, dim = vectors.vectors.shape
    names = ["padding"] * bool(padding) + ["unk"] * (unk is not None)
    specials = {name: rows + i for i, name in enumerate(names)}
    if not copy:
        matrix = _writable(vectors.vectors)
        if specials or matrix is None:
            problem = "padding=False and unk=None" if specials else "vectors that are in memory as float32"
            raise OptionError(f"copy=False must have {problem}: a special row, a map and codes can only be copied")
        return TorchVectors(torch.from_numpy(matrix), vectors.key_to_index, specials)
    weight = np.empty((rows + len(specials), dim), np.float32)
    total = np.zeros(dim)
    step = max(1, (4 << 20) // dim)
    for first in range(0, rows, step):  # codes are decoded a block at a time
        block = weight[first : min(first + step, rows)]
        block[...] = vectors.vectors[first : first + len(block)]
        if unk == "mean":
            total += block.sum(axis=0, dtype=np.float64)
    weight[rows:] = 0
    if unk == "mean" and rows:
        weight[specials["unk"]] = total / rows
    return TorchVectors(torch.from_numpy(weight), vectors.key_to_index, specials)


def _writable(matrix: Any) -> NDArray[np.float32] | None:
    """A view of a matrix that may be written to, where the memory under it may; else None."""
    if not isinstance(matrix, np.ndarray):
        return None
    view = matrix.view()
    try:
        view.flags.writeable = True
    except ValueError:
        return None
    return view
