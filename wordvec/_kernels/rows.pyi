import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Floats = NDArray[np.float32]
FASTTEXT: int
FLORET: int
FINALFUSION: int
BYTES: int
GENSIM: int
PADDING: int

def count(
    data: Bytes, offsets: Int64, min_n: int, max_n: int, edges: bool, whole: bool, hashes: int, exempt: bool, own:
    int, single: bool, counts: Int64
) -> None: ...
def fill(
    kind: int, data: Bytes, offsets: Int64, min_n: int, max_n: int, edges: bool, bucket: int, hashes: int, seed:
    int, exempt: bool, own: int, base: int, starts: Int64, rows: Int32, text: Bytes, points: NDArray[np.uint32]
) -> None: ...
def string_numbers(data: Bytes, offsets: Int64, numbers: NDArray[np.uint64]) -> None: ...
def ngram_sizes(
    data: Bytes, offsets: Int64, min_n: int, max_n: int, edges: bool, sizes: Int64, text: Bytes
) -> None: ...
def ngrams(
    data: Bytes, offsets: Int64, min_n: int, max_n: int, edges: bool, out: Bytes, ends: Int64, text: Bytes
) -> None: ...
def means(table: Bytes, starts: Int64, rows: Int32, own: bool, out: Floats, level: int=...) -> None: ...
