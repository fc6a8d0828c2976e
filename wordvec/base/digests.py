"""Digests, by which things are told from others: of texts and of the bytes of arrays."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 22  # bytes of an array that are copied at a time where it is not contiguous


def digest_of(*parts: str | bytes | NDArray[Any] | Iterable[NDArray[Any]]) -> str:
    """The BLAKE2b digest of texts (as UTF-8) and of the bytes of arrays, one after another: 32 hexadecimal digits.

    An array may come as blocks of its rows, and has the same digest then. Shapes and types are told by no byte: give
    them as a text where they matter.

    >>> rows = np.arange(6.0).reshape(3, 2)
    >>> digest_of("a", rows) == digest_of("a", iter([rows[:1], rows[1:]])) != digest_of("b", rows)
    True
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, (str, bytes)):
            digest.update(part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part)
            continue
        for array in [part] if isinstance(part, np.ndarray) else part:
            if array.flags.c_contiguous:
                digest.update(array.data)
                continue
            step = max(1, _BLOCK * len(array) // max(1, array.nbytes))
            for first in range(0, len(array), step):
                digest.update(np.ascontiguousarray(array[first : first + step]).data)
    return digest.hexdigest()
