from numpy import double, float32, int32, int64, uint8, uint32, uint64
from numpy.typing import NDArray

PACKED: int

def arrange(
    ids: NDArray[int32], offsets: NDArray[int64], first: int, last: int, words: int, gaps: bool, keep:
    NDArray[uint32], chunks: NDArray[int64], seeds: NDArray[uint64], tokens: NDArray[uint32]
) -> int: ...
def histogram(tokens: NDArray[uint32], first: int, last: int, low: int, counts: NDArray[int32]) -> None: ...
def place(
    tokens: NDArray[uint32], first: int, last: int, low: int, following: NDArray[int32], places: NDArray[int32]
) -> None: ...

class Row:
    def __init__(self, columns: int, unit: float, chances: NDArray[double]) -> None: ...
    def windows(
        self, tokens: NDArray[uint32], places: NDArray[int32], starts: NDArray[int32], first: int, last: int,
        left: NDArray[int64], right: NDArray[int64], sizes: NDArray[int64], columns: NDArray[int32], values:
        NDArray[float32], packed: NDArray[uint8]
    ) -> int: ...
    def merged(
        self, packed: NDArray[uint8], starts: NDArray[int64], first: int, sizes: NDArray[int64], columns:
        NDArray[int32], values: NDArray[float32]
    ) -> int: ...
