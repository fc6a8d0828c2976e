import numpy as np
from numpy.typing import NDArray

PAD: int
NUMBER: int

def scale(exponent: int, is_edge: bool) -> tuple[int, int, int]: ...
def parse_text(
    text: NDArray[np.uint8], start: int, stop: int, rows: NDArray[np.float32], words: NDArray[np.uint8], sizes:
    NDArray[np.int64], kinds: NDArray[np.uint16] | None=None
) -> tuple[int, int, int, int, int]: ...
def scan_binary(
    data: NDArray[np.uint8], start: int, stop: int, last: bool, newlines: int, longest_word: int, width: int,
    starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[int, int, int]: ...
def copy_binary(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], rows: NDArray[np.float32],
    words: NDArray[np.uint8]
) -> None: ...
def write_text(
    rows: NDArray[np.float32], words: NDArray[np.uint8], offsets: NDArray[np.int64], out: NDArray[np.uint8]
) -> int: ...
def write_binary(
    rows: NDArray[np.float32], words: NDArray[np.uint8], offsets: NDArray[np.int64], out: NDArray[np.uint8]
) -> None: ...
