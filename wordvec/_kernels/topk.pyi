from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
LANES: int

def products(matrix: Floats, query: Floats, start: int, out: Floats, level: int=...) -> None: ...
def scan(
    matrix: Floats, norms: Floats, query: Floats, start: int, stop: int, scores: Floats, rows: NDArray[np.int64],
    level: int=...
) -> int: ...
def scan_many(
    matrix: Floats, norms: Floats, panels: Floats, start: int, stop: int, scores: Floats, rows: NDArray[np.int64],
    filled: NDArray[Any], worst: Floats, level: int=...
) -> None: ...
