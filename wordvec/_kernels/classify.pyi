from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

LOSSES: dict[str, int]

class Bags:
    lines: int
    def __init__(
        self, offsets: Int64, *, ids: Int32 | None=None, starts: Int64 | None=None, rows: Int32 | None=None,
        hashes: Int32 | None=None, word_ngrams: int=1, text: Bytes | None=None, lengths: Bytes | None=None,
        bucket: int=1, bits: NDArray[np.uint64] | None=None, ranks: Int32 | None=None, base: int=0, missing:
        int=-1
    ) -> None: ...
    def room(self) -> tuple[int, int]: ...
    def fill(self, starts: Int64, rows: Int32) -> None: ...
    def mark(self, flags: Bytes) -> None: ...

def tokens(text: Bytes, ends: Int64, prefix: Bytes, data: Bytes, offsets: Int64, starts: Int64) -> int: ...
def hashes(data: Bytes, offsets: Int64, out: Int32) -> None: ...
def places(bits: NDArray[np.uint64], ranks: Int32, base: int, missing: int, rows: Int32) -> None: ...
def split(
    ids: Int32, offsets: Int64, kinds: Int32, eos: int, words: Int32, word_offsets: Int64, labels: Int32,
    label_offsets: Int64
) -> int: ...
def train(
    bags: Bags, label_offsets: Int64, labels: Int32, path_offsets: Int64, path: Int32, code: Bytes, chunks: Int64,
    alphas: NDArray[np.float64], losses: NDArray[np.float64], targets: Int64, stop: Int32, input: NDArray[Any],
    output: NDArray[Any], *, loss: int, room: int, weights: NDArray[np.float32] | None=None, level: int=...
) -> None: ...
