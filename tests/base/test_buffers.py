"""Memory that files are read into."""

import numpy as np
import pytest

from wordvec.base.buffers import read_buffer


@pytest.mark.parametrize("size", [0, 1, 5000, 3 << 20])
def test_a_buffer_starts_in_the_middle_of_a_page(size):
    buffer = read_buffer(size)
    assert buffer.shape == (size,) and buffer.dtype == np.uint8
    assert size == 0 or buffer.ctypes.data % 4096 == 2048
    buffer[:] = 1
    assert buffer.all()
