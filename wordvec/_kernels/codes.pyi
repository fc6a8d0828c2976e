from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bytes = NDArray[np.uint8]
FLOAT16: int
BFLOAT16: int
INT8: int
PQ: int
BITS: int

def codec_level(kind: int, level: int, has_f16c: bool = ..., has_vpopcntdq: bool = ...) -> int: ...
def scan(
    kind: int,
    codes: Bytes,
    factors: Floats,
    norms: Floats,
    queries: Bytes,
    numbers: Floats,
    size: int,
    planes: int,
    start: int,
    stop: int,
    places: int,
    scores: Floats,
    rows: NDArray[np.int64],
    filled: NDArray[Any],
    worsts: Floats,
    level: int = ...,
) -> None: ...
def estimate(
    kind: int,
    codes: Bytes,
    factors: Floats,
    query: Bytes,
    numbers: Floats,
    size: int,
    planes: int,
    start: int,
    out: Floats,
    level: int = ...,
) -> None: ...
def widen(kind: int, codes: Bytes, scales: Floats, out: Floats, level: int = ...) -> None: ...
def cosines(rows: Floats, unit: Doubles, out: Doubles, level: int = ...) -> None: ...
def lengths(rows: Floats, out: Doubles, level: int = ...) -> None: ...
def rotate(rows: Floats, axes: Floats, out: Floats, level: int = ...) -> None: ...
