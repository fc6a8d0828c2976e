from typing import Any

import numpy as np
from numpy.typing import NDArray

def train(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], chunks: NDArray[np.int64], alphas: NDArray[np.float64],
    seeds: NDArray[np.uint64], noise: NDArray[np.uint32], input: NDArray[Any], output: NDArray[Any], input_sums:
    NDArray[Any], output_sums: NDArray[Any], losses: NDArray[np.float64], targets: NDArray[np.int64], stop:
    NDArray[np.int32], *, vector: int, dim: int, reach: int, pool: int, noise_weight: float, input_means:
    NDArray[Any] | None=..., output_means: NDArray[Any] | None=..., decay: float=..., level: int=...
) -> None: ...
