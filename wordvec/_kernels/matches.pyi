from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
PADDED: int
TILE_ROWS: int

def row_bytes(size: int, left: bool, level: int = ...) -> int: ...
def code(
    rows: Floats, scale: Floats, centre: Floats, other: Floats, left: bool, first: int, codes: Bytes, facts: Floats,
    starts: NDArray[np.int32], scratch: Floats, level: int = ...
) -> None: ...
def meet(
    left: Floats, right: Floats, scales: Floats, left_codes: Bytes, right_codes: Bytes, numbers: Floats,
    starts: NDArray[np.int32], first: int, start: int, left_bars: Floats, right_bars: Floats, left_scores: Floats,
    left_rows: Ints, left_filled: NDArray[Any], right_scores: Floats, right_rows: Ints, right_filled: NDArray[Any],
    keep: float = ..., seed: int = ..., level: int = ...
) -> None: ...
def offer(
    near: Ints, scores: NDArray[np.float64], costs: NDArray[np.float64], other_costs: NDArray[np.float64],
    best: Floats, rows: Ints, filled: NDArray[Any], other_best: Floats, other_rows: Ints, other_filled: NDArray[Any]
) -> None: ...
def panel_words(size: int, level: int = ...) -> tuple[int, int]: ...
