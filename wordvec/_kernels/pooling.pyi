from typing import Any

import numpy as np
from numpy.typing import NDArray

MEAN: int
WEIGHTED: int
SUM: int
SCALED: int
MAX: int

def pooled(
    matrix: NDArray[np.float32], extra: NDArray[np.float32], tokens: NDArray[np.int32], weights:
    NDArray[np.float32], ends: NDArray[np.int64], components: NDArray[np.float32], shares: NDArray[np.float32],
    out: NDArray[Any], kind: int, normalise: bool, level: int=...
) -> None: ...
