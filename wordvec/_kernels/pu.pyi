import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
BLOCK: int

def solve(
    indptr: Longs, indices: Ints, values: Floats, excess: Floats, other: Floats, gram: Floats, squares: Floats,
    own: Floats, *, first: int, last: int, steps: int, fixed: int=..., rho: float=..., ridge: float=...,
    relax: float=..., level: int=...
) -> float: ...
def square(rows: Floats, out: NDArray[np.float64], *, first: int, last: int, level: int=...) -> None: ...
