from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = TypeVar("Numbers", NDArray[np.float32], NDArray[np.int32])
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
BLOCK: int

def solve(
    indptr: Longs, indices: Ints, values: Floats, excess: Floats, fitted: Floats, panels: Floats, gram: Floats,
    own: Floats, *, first: int, last: int, fixed: int=..., rho: float=..., ridge: float=..., relax: float=...,
    level: int=...
) -> float: ...
def fit(
    indptr: Longs, indices: Ints, fitted: Floats, panels: Floats, own: Floats, *, first: int, last: int, level:
    int=...
) -> None: ...
def square(rows: Floats, out: NDArray[np.float64], *, first: int, last: int, level: int=...) -> None: ...
def turn(
    indptr: Longs, indices: Ints, source: Numbers, target: Numbers, next: Longs, *, first: int, last: int
) -> None: ...
