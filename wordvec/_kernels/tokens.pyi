import numpy as np
from numpy.typing import NDArray

def cut(
    classes: NDArray[np.uint8], data: NDArray[np.uint8], start: int, stop: int, words: NDArray[np.uint8]
) -> int: ...
