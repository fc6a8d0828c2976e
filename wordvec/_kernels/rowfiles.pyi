import numpy as np
from numpy.typing import NDArray

def parse_text(
    text: NDArray[np.uint8],
    start: int,
    rows: NDArray[np.float32],
    words: NDArray[np.uint8],
    sizes: NDArray[np.int64],
) -> tuple[int, int, int, int, int]: ...
def parse_binary(
    data: NDArray[np.uint8],
    start: int,
    last: bool,
    newlines: bool,
    longest_word: int,
    rows: NDArray[np.float32],
    words: NDArray[np.uint8],
    sizes: NDArray[np.int64],
) -> tuple[int, int, int, int]: ...
