"""Codecs: matrices of rows kept in less memory, that read as float32 and are searched without being decoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs.base import Encoded
from wordvec.codecs.bits import Bits
from wordvec.codecs.composed import Composed
from wordvec.codecs.half import BFloat16, Float16
from wordvec.codecs.int8 import Int8
from wordvec.codecs.pq import PQ

__all__ = ["CODECS", "Composed", "Encoded", "encode", "open_codec"]

CODECS: dict[str, type[Encoded]] = {codec.name: codec for codec in (Float16, BFloat16, Int8, PQ, Bits)}


def encode(matrix: Any, codec: str, norms: NDArray[np.float32] | None = None, **options: Any) -> Encoded:
    """A matrix [R, D] in the codec of a name; `options` are those of the codec's class.

    Rows are read in blocks. `norms`, their lengths, are computed where they are not given. OptionError where there is
    no such codec or option, or where rows are not finite.

    >>> matrix = encode(np.array([[1, 2], [3, 4]]), "int8")
    >>> matrix.shape, matrix[1].tolist()
    ((2, 2), [2.992..., 4.0...])
    """
    if codec not in CODECS:
        raise OptionError(f"codec must be one of {', '.join(CODECS)}; got {codec!r}")
    kind = CODECS[codec]
    known = kind.options()
    for name in options:
        if name not in known:
            raise OptionError(f"options of {codec} must be among {', '.join(known) or 'none'}; got {name!r}")
    return kind.encode(matrix, norms, **options)


def open_codec(name: str, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any]) -> Encoded:
    """The matrix that a file keeps as `tensors` and `config`, not copied; FormatError where they do not fit."""
    known: dict[str, type[Encoded]] = {**CODECS, Composed.name: Composed}
    if name not in known:
        raise FormatError(f"the codec must be one of {', '.join(known)}; the file has {name!r:.40}")
    if not isinstance(config, Mapping):
        raise FormatError(f"codec_options must be an object; the file has {config!r:.40}")
    return known[name].from_tensors(tensors, config)
