import numpy as np
from numpy.typing import NDArray

def sums(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], first: int, last: int, target: NDArray[np.int32], row:
    NDArray[np.int32], matrix: NDArray[np.float32], weights: NDArray[np.float32], out: NDArray[np.float64]
) -> None: ...
