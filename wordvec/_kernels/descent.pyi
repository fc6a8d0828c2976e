import numpy as np
from numpy.typing import NDArray

def average(
    sources: list[NDArray[np.float32]], additions: NDArray[np.int32], targets: list[NDArray[np.float32]],
    base: NDArray[np.float32] | None, factors: NDArray[np.float32], replicas: int, rows: NDArray[np.int64] | None,
    count: int, is_table: NDArray[np.uint8]
) -> None: ...
def gather(
    ids: NDArray[np.int32], starts: NDArray[np.int64], offsets: NDArray[np.int64], out: NDArray[np.int32]
) -> None: ...
