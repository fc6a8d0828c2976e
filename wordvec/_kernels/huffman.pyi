import numpy as np
from numpy.typing import NDArray

def tree(counts: NDArray[np.int64], parent: NDArray[np.int64], bit: NDArray[np.uint8]) -> None: ...
def paths(
    parent: NDArray[np.int64], bit: NDArray[np.uint8], path_offsets: NDArray[np.int64], path: NDArray[np.int32],
    code: NDArray[np.uint8]
) -> None: ...
