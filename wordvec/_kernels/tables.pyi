import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
CHUNK: int
SUM: int
SHIFT: int
RATIO: int

def table(tile: Floats, norms: Floats, units: Floats, out: Floats, panel: Floats, level: int=...) -> None: ...
def best(
    form: int, x: Floats, y: Floats, a: NDArray[np.int32], b: NDArray[np.int32], c: NDArray[np.int32], shift:
    Floats, banned: NDArray[np.int64], offset: int, scores: Floats, rows: NDArray[np.int64], filled:
    NDArray[np.intp], level: int=...
) -> None: ...
