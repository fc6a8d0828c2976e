"""Codecs: rows kept in less memory, that decode to float32 and are searched without being decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs.base import Encoded
from wordvec.codecs.bits import Bits
from wordvec.codecs.factored import Factored
from wordvec.codecs.half import BFloat16, Float16
from wordvec.codecs.int8 import Int8
from wordvec.codecs.pq import PQ
from wordvec.codecs.residual import ResidualBits
from wordvec.rows import Ball, Composed, Dense, Rows, SideBySide

__all__ = ["CODECS", "Encoded", "Factored", "encode", "open_rows"]

CODECS: dict[str, type[Encoded]] = {codec.name: codec for codec in (Float16, BFloat16, Int8, PQ, Bits, ResidualBits)}


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
    return CODECS[codec].encode(matrix, norms, **options)


def open_rows(name: str, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any]) -> Rows:
    """The rows that a file keeps as `tensors` and `config` under the name of their kind, not copied.

    FormatError where there is no such kind, or they do not fit it.

    >>> matrix = encode(np.array([[1, 2], [3, 4]]), "int8")
    >>> open_rows("int8", matrix.tensors(), matrix.config()).shape
    (2, 2)
    """
    kinds: dict[str, Callable[..., Rows]] = {kind.name: kind.from_tensors for kind in (Dense, Composed, Factored, Ball)}
    kinds |= {codec.name: codec.from_tensors for codec in CODECS.values()}
    kinds[SideBySide.name] = partial(SideBySide.from_tensors, open_part=open_rows)
    if name not in kinds:
        raise FormatError(f"the codec must be one of {', '.join(kinds)}; the file has {name!r:.40}")
    if not isinstance(config, Mapping):
        raise FormatError(f"codec_options must be an object; the file has {config!r:.40}")
    return kinds[name](tensors, config)
