import numpy as np
from numpy.typing import NDArray

def train(
    points: NDArray[np.float64], pairs: NDArray[np.int32], order: NDArray[np.int64], indptr: NDArray[np.int64],
    parents: NDArray[np.int32], noise: NDArray[np.uint32], chunks: NDArray[np.int64], alphas: NDArray[np.float64],
    seeds: NDArray[np.uint64], losses: NDArray[np.float64], targets: NDArray[np.int64], stop: NDArray[np.int32], *,
    negative: int, reach: float, regularization: float, lorentz: bool
) -> None: ...
