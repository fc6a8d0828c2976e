import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Offsets = NDArray[np.int64]
Columns = NDArray[np.int32]

def sums(
    indptr: Offsets, indices: Columns, data: Floats, first: int, last: int, rows: Doubles, columns: Doubles
) -> None: ...
def logarithms(
    indptr: Offsets, indices: Columns, data: Floats, rows: Doubles, columns: Doubles, first: int, last: int, out:
    Floats
) -> None: ...
def count(
    indptr: Offsets, indices: Columns, data: Floats, rows: Doubles, columns: Doubles, least: float, first: int,
    last: int, kept: Offsets
) -> None: ...
def fill(
    indptr: Offsets, indices: Columns, data: Floats, rows: Doubles, columns: Doubles, least: float, first: int,
    last: int, starts: Offsets, kept_indices: Columns, kept_data: Floats, kept_counts: Floats
) -> None: ...
