import numpy as np
from numpy.typing import NDArray

PAD: int
NOT_UTF8: int
HAS_NUL: int
HAS_UPPER: int
NOT_ASCII: int

class Shard:
    def __init__(self, seed: int) -> None: ...
    def __len__(self) -> int: ...
    def encode(
        self,
        data: NDArray[np.uint8],
        start: int,
        stop: int,
        ids: NDArray[np.int32],
        ends: NDArray[np.int32],
        blank: bool = False,
    ) -> tuple[int, int]: ...
    def add(
        self,
        data: NDArray[np.uint8],
        offsets: NDArray[np.int64],
        ids: NDArray[np.int32],
        weights: NDArray[np.int64] | None = None,
    ) -> None: ...
    def merge(self, other: Shard, start: int, stop: int, ids: NDArray[np.int32]) -> None: ...
    def counts(self) -> NDArray[np.int64]: ...
    def words(self, ids: NDArray[np.int32]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
    def kinds(self) -> NDArray[np.uint8]: ...
    def sort(self, ids: NDArray[np.int32]) -> None: ...

def find_space(data: NDArray[np.uint8], start: int, stop: int) -> int: ...
def rfind_space(data: NDArray[np.uint8], start: int, stop: int) -> int: ...
def renumber(
    ids: NDArray[np.int32],
    ends: NDArray[np.int32],
    new_ids: NDArray[np.int32],
    kept: NDArray[np.int32],
    kept_ends: NDArray[np.int32],
) -> int: ...
def checksum(data: NDArray[np.uint8]) -> bytes: ...
