import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bytes = NDArray[np.uint8]
BLOCK: int

def nearest(points: Floats, centroids: Floats, labels: Bytes, errors: Floats, level: int = ...) -> None: ...
def seeds(
    points: Floats, draws: Doubles, centroids: Floats, errors: Floats, sums: Doubles, level: int = ...
) -> None: ...
def rounds(
    points: Floats,
    centroids: Floats,
    most: int,
    labels: Bytes,
    errors: Floats,
    sums: Doubles,
    members: NDArray[np.int64],
    level: int = ...,
) -> None: ...
