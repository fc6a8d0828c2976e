"""How often training is expected to update each row of a table: from counts, windows, subsampling and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.corpus.subsampling import keep_chances

Rates = NDArray[np.float64]


def expected_updates(trainer: Any, counts: NDArray[np.int64], arguments: dict[str, Any]) -> dict[str, Rates]:
    """The updates of each row for each token of the corpus, by name of the table among the kernel's `arguments`.

    `trainer` has the options of predictive models: window, shrink_windows, sample, negative, ns_exponent, hs and cbow.
    An update is a step for one pair of a word and a word of its window, or for a noise word of that pair; in CBOW the
    window is one word, and each of its words takes the step. The names: input, output, and importance where words have
    factors of rows. Rows that are frozen have the rate 0.
    """
    kept = counts * keep_chances(counts, trainer.sample) / counts.sum()  # tokens of each word, for a token of the text
    window = trainer.window + 1.0 if trainer.shrink_windows else 2.0 * trainer.window
    targets = kept if trainer.cbow else window * kept
    rates = {"input": window * kept, "output": _outputs(trainer, counts, targets, arguments)}
    if arguments.get("frozen_words") is not None:
        rates["input"][arguments["frozen_words"] != 0] = 0
    if arguments.get("word_rows") is not None:
        each = np.repeat(rates["input"], np.diff(arguments["word_indptr"]))
        rates["input"] = np.bincount(arguments["word_rows"], each, len(arguments["input"])).astype(np.float64)
        if arguments.get("frozen_rows") is not None:
            rates["input"][arguments["frozen_rows"] != 0] = 0
        if arguments.get("importance") is not None:
            rates["importance"] = each
    return rates


def _outputs(trainer: Any, counts: NDArray[np.int64], targets: Rates, arguments: dict[str, Any]) -> Rates:
    """The output side: a target updates its word and noise, or the inner nodes above it."""
    if trainer.hs:
        depths = np.diff(arguments["path_offsets"])
        return np.bincount(arguments["path"], np.repeat(targets, depths), len(arguments["output"])).astype(np.float64)
    noise = counts.astype(np.float64) ** trainer.ns_exponent
    rates: Rates = targets + trainer.negative * targets.sum() * (noise / noise.sum())
    return rates
