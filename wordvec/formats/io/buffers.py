"""Memory that is used again: the system clears fresh memory, which takes longer than what is then written into it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Buffers:
    """Free buffers, which any thread takes and gives back."""

    def __init__(self) -> None:
        self._free: list[NDArray[np.uint8]] = []

    def take(self, size: int) -> NDArray[np.uint8]:
        """[size] a view of a buffer that nobody else has, a new one where none is free or large enough."""
        try:
            buffer = self._free.pop()
        except IndexError:
            buffer = np.empty(0, np.uint8)
        return (buffer if len(buffer) >= size else np.empty(size + size // 8, np.uint8))[:size]

    def give(self, view: NDArray[Any]) -> None:
        """Give back the buffer that a view is of; nothing is to be read from it any more."""
        if view.base is not None:
            self._free.append(view.base)
