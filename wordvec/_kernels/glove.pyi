from typing import Any

import numpy as np
from numpy.typing import NDArray

def lanes(level: int=...) -> int: ...
def starts(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], cuts: NDArray[np.int64], found: NDArray[np.uint32]
) -> None: ...
def train(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], data: NDArray[np.float32], starts: NDArray[np.uint32],
    outer: NDArray[Any], inner: NDArray[Any], scalar: NDArray[np.float64], stop: NDArray[np.int32], *, first: int,
    last: int, stratum: int, first_inner: int, panel: int, x_max: float, exponent: float, clip: float, squared: bool,
    level: int=...
) -> float: ...
