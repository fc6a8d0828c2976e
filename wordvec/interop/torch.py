"""torch: the matrix as a tensor, with rows for padding and unknown words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import ROWS, WORDS, tell


class TorchVectors(NamedTuple):
    """The result of `to_torch` and `to_numpy`, as for `nn.Embedding.from_pretrained(weight, padding_idx=...)`."""

    weight: Any  # float32 [rows + specials, D]
    vocabulary: Mapping[str, int]  # word -> row, looked up in the vocabulary; without the special rows
    specials: dict[str, int]  # "padding" and "unk" -> row, if there is one


class _Shifted(Mapping[str, int]):
    """The rows of words after `first` special rows."""

    def __init__(self, rows: Mapping[str, int], first: int) -> None:
        self.rows, self.first = rows, first

    def __getitem__(self, word: str) -> int:
        return self.rows[word] + self.first

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def to_torch(
    vectors: KeyedVectors, padding: bool | str = True, unk: str | None = "zero", *, copy: bool = True
) -> TorchVectors:
    """The matrix as a float32 tensor, a mapping from word to row, and the rows of padding and unknown words.

    Words keep their rows; `padding` adds a row of zeros after them, `unk` one of zeros ("zero") or of the mean of all
    rows ("mean"). With `padding="first"` these come before the words, padding in row 0. The tensor is a copy.
    `copy=False` shares the memory of vectors that are in memory, without special rows: writing to the tensor then
    changes the vectors, whose norms are not computed again. `wordvec.interop.token_rows(vectors, tokens,
    unk=specials["unk"])` gives rows for it; `first=len(specials)` where words do not start at 0. A warning names the
    parts that a matrix and a mapping cannot hold, such as subwords.
    """
    _check(padding, unk)
    torch = library("torch", "torch")
    tell(vectors, "torch", {WORDS, ROWS})
    if copy:
        result = _with_specials(vectors, padding, unk)
        return result._replace(weight=torch.from_numpy(result.weight))
    matrix = _writable(vectors.vectors)
    if padding or unk is not None or matrix is None:
        problem = "padding=False and unk=None" if padding or unk else "vectors that are in memory as float32"
        raise OptionError(f"copy=False must have {problem}: a special row, a map and codes can only be copied")
    return TorchVectors(torch.from_numpy(matrix), vectors.key_to_index, {})


def to_numpy(vectors: KeyedVectors, padding: bool | str = "first", unk: str | None = "zero") -> TorchVectors:
    """The matrix as an array with rows for padding and unknown words before the words, as Keras masks row 0.

    Arguments and result are those of `to_torch`, for any framework.

    >>> weight, vocabulary, specials = to_numpy(KeyedVectors(["a", "b"], [[1, 2], [3, 4]]))
    >>> weight.tolist(), vocabulary["b"], specials
    ([[0.0, 0.0], [0.0, 0.0], [1.0, 2.0], [3.0, 4.0]], 3, {'padding': 0, 'unk': 1})
    """
    tell(vectors, "an array", {WORDS, ROWS})
    return _with_specials(vectors, padding, unk)


def _check(padding: Any, unk: Any) -> None:
    if unk not in ("zero", "mean", None):
        raise OptionError(f'unk must be "zero", "mean" or None; got {unk!r}')
    if isinstance(padding, str) and padding != "first":
        raise OptionError(f'padding must be True, False or "first"; got {padding!r}')


def _with_specials(vectors: KeyedVectors, padding: bool | str, unk: str | None) -> TorchVectors:
    """A new array of the rows and the special rows."""
    _check(padding, unk)
    rows, dim = vectors.vectors.shape
    names = ["padding"] * bool(padding) + ["unk"] * (unk is not None)
    before = len(names) if padding == "first" else 0
    specials = {name: (0 if before else rows) + i for i, name in enumerate(names)}
    weight = np.zeros((rows + len(specials), dim), np.float32)
    own = weight[before : before + rows]
    total = np.zeros(dim)
    step = max(1, (4 << 20) // dim)
    for first in range(0, rows, step):  # encoded rows are decoded in blocks
        block = own[first : min(first + step, rows)]
        block[...] = vectors.vectors[first : first + len(block)]
        if unk == "mean":
            total += block.sum(axis=0, dtype=np.float64)
    if unk == "mean" and rows:
        weight[specials["unk"]] = total / rows
    vocabulary: Mapping[str, int] = vectors.key_to_index
    return TorchVectors(weight, _Shifted(vocabulary, before) if before else vocabulary, specials)


def _writable(matrix: Any) -> NDArray[np.float32] | None:
    """A writable view of a matrix whose memory is writable; else None."""
    if not isinstance(matrix, np.ndarray):
        return None
    view = matrix.view()
    try:
        view.flags.writeable = True
    except ValueError:
        return None
    return view
