import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Offsets = NDArray[np.int64]
Columns = NDArray[np.int32]

def multiply(
    indptr: Offsets, indices: Columns, data: Floats, first: int, last: int, dense: Floats, out: Floats, level:
    int=...
) -> None: ...
def transpose(
    indptr: Offsets, indices: Columns, data: Floats, first: int, last: int, next: Offsets, new_indices: Columns,
    new_data: Floats
) -> None: ...
