import numpy as np
from numpy.typing import NDArray

def scan(
    matrix: NDArray[np.float32],
    norms: NDArray[np.float32],
    query: NDArray[np.float32],
    start: int,
    stop: int,
    scores: NDArray[np.float32],
    rows: NDArray[np.int64],
) -> int: ...
def push_tile(
    products: NDArray[np.float32],
    norms: NDArray[np.float32],
    first: int,
    scores: NDArray[np.float32],
    rows: NDArray[np.int64],
    filled: NDArray[np.int64],
) -> None: ...
