import numpy as np
from numpy.typing import NDArray

def build_index(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    crc_table: NDArray[np.uint32],
    hashes: NDArray[np.uint32],
    table: NDArray[np.uint32],
    longest_probe: int,
    all_probes: int,
) -> tuple[int, int, int]: ...

class Finder:
    def __init__(
        self,
        data: NDArray[np.uint8],
        offsets: NDArray[np.int64],
        table: NDArray[np.uint32],
        crc_table: NDArray[np.uint32],
        max_probe: int,
        order: NDArray[np.uint32],
    ) -> None: ...
    def find(self, word: object) -> int: ...
    def find_all(self, data: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.int64]) -> None: ...
    def cut(
        self,
        texts: list[str],
        first: int,
        last: int,
        rows: NDArray[np.int32],
        ends: NDArray[np.int64],
        unknown: list[bytes] | None = ...,
    ) -> tuple[int, int]: ...
