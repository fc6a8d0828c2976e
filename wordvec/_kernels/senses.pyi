from typing import Any

import numpy as np
from numpy.typing import NDArray

ADAGRAM: int
MSSG: int
DISAMBIGUATED: int
MOST_SENSES: int

def digamma(x: float) -> float: ...
def train(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], chunks: NDArray[np.int64], alphas: NDArray[np.float64],
    seeds: NDArray[np.uint64], keep: NDArray[np.uint32], noise: NDArray[np.uint32], path_offsets:
    NDArray[np.int64], path: NDArray[np.int32], code: NDArray[np.uint8], input: NDArray[Any], output:
    NDArray[Any], expected: NDArray[np.float64], counts: NDArray[np.float64], losses: NDArray[np.float64],
    targets: NDArray[np.int64], stop: NDArray[np.int32], centres: NDArray[Any] | None=None, *, choice: int,
    window: int, shrink: bool, pool: int=0, noise_weight: float=0, concentration: float=0.1, discount: float=0,
    threshold: float=-2, temperature: float=1, entropy: float=0, least: float=1e-3, single: bool=False, level: int=-1
) -> None: ...
