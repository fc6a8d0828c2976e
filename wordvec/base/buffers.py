"""Memory that files are read into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PAGE = 4096  # bytes


def read_buffer(size: int) -> NDArray[np.uint8]:
    """[size] bytes of any value that start in the middle of a page.

    The system copies from pages of a file. AMD's processors copy at a quarter of their rate where the target lies less
    than 32 bytes further on in its page than the source does, as the first byte of a large array of numpy does.
    """
    memory = np.empty(size + _PAGE, np.uint8)
    start = (_PAGE // 2 - memory.__array_interface__["data"][0]) % _PAGE
    return memory[start : start + size]
