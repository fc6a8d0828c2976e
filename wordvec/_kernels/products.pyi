from typing import Any

import numpy as np
from numpy.typing import NDArray

def multiplied(
    matrix: NDArray[np.float32], extra: NDArray[np.float32], tokens: NDArray[np.int32], ends: NDArray[np.int64],
    out: NDArray[Any], level: int=...
) -> None: ...
