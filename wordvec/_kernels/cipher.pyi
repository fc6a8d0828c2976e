import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]
Places = NDArray[np.uint16]
Records = NDArray[np.uint8]
RECORD: int
SPARE: int

def records(offsets: Longs, places: Places, beta: Doubles, bits: int, out: Records) -> None: ...
def windows(
    tokens: NDArray[np.uint32], places: Ids, starts: Longs, left: int, right: int, scales: Doubles, segments:
    Longs, coded: Records, offsets: Longs, code_places: Places, weights: Doubles, sums: Doubles
) -> None: ...
def counts(
    indptr: Longs, indices: Ids, data: NDArray[np.float32], distances: Longs, segments: Longs, coded: Records,
    offsets: Longs, code_places: Places, weights: Doubles, sums: Doubles
) -> None: ...
