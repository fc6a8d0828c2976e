import numpy as np
from numpy.typing import NDArray

def parse_entries(
    data: NDArray[np.uint8], words: NDArray[np.uint8], sizes: NDArray[np.int64], counts: NDArray[np.int64], types:
    NDArray[np.uint8]
) -> tuple[int, int, int]: ...
