import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]
Places = NDArray[np.uint16]
Records = NDArray[np.uint8]
MOST_REACH: int
RECORD: int
SPARE: int

def places(
    ids: Ids,
    offsets: Longs,
    left: int,
    right: int,
    first: int,
    last: int,
    cursors: Longs,
    out: NDArray[np.uint64],
) -> None: ...
def records(offsets: Longs, places: Places, beta: Doubles, bits: int, out: Records) -> None: ...
def windows(
    ids: Ids,
    found: NDArray[np.uint64],
    starts: Longs,
    scales: Doubles,
    segments: Longs,
    coded: Records,
    offsets: Longs,
    code_places: Places,
    weights: Doubles,
    sums: Doubles,
) -> None: ...
def counts(
    indptr: Longs,
    indices: Ids,
    data: NDArray[np.float32],
    distances: Longs,
    segments: Longs,
    coded: Records,
    offsets: Longs,
    code_places: Places,
    weights: Doubles,
    sums: Doubles,
) -> None: ...
