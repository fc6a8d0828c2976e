from typing import Any

import numpy as np
from numpy.typing import NDArray

MEAN: int
MULTIPLY: int
CONCAT: int
WEIGHTED: int
MOST_FACTORS: int

def alias_table(weights: NDArray[np.float64], table: NDArray[np.uint32]) -> None: ...
def train(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], chunks: NDArray[np.int64], alphas: NDArray[np.float64],
    seeds: NDArray[np.uint64], keep: NDArray[np.uint32], noise: NDArray[np.int32], path_offsets:
    NDArray[np.int64], path: NDArray[np.int32], code: NDArray[np.uint8], input: NDArray[Any], output:
    NDArray[Any], losses: NDArray[np.float64], targets: NDArray[np.int64], stop: NDArray[np.int32], word_indptr:
    NDArray[np.int64] | None=None, word_rows: NDArray[np.int32] | None=None, word_steps: NDArray[np.float64] |
    None=None, documents: NDArray[np.int32] | None=None, document_rows: NDArray[Any] | None=None, grams:
    NDArray[np.int32] | None=None, gram_rows: NDArray[Any] | None=None, importance: NDArray[Any] | None=None,
    frozen_words: NDArray[np.uint8] | None=None, frozen_rows: NDArray[np.uint8] | None=None, nested:
    NDArray[np.int64] | None=None, own_input: tuple[Any, ...] | None=None, own_output: tuple[Any, ...] | None=None, *,
    workers: int=1,
    window: int, shrink: bool, cbow: bool, exact: bool, centres: int, pool: int, noise_uses: int=1,
    noise_weight: float, compose: int=..., part: int=0, frozen: bool=False, frozen_input: bool=False,
    frozen_documents: bool=False, bit: float=0, with_words: bool=True, level: int=...
) -> None: ...
