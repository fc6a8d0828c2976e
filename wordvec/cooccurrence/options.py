"""What is counted: the options of `wordvec.count` and of every trainer that learns from counts."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.options import option
from wordvec.corpus.options import CorpusOptions

FIXED = 1 << 30  # parts that a fraction is rounded to where no common denominator is small


@dataclass(frozen=True, kw_only=True)
class Counting(CorpusOptions):
    """Which pairs of words count, and how much."""

    side: Literal["both", "left", "right"] = option("both", "where the words of context stand")
    distance_weight: Literal["flat", "harmonic", "linear"] = option(
        "flat",
        "weight of a pair k words apart: flat 1, harmonic 1/k (GloVe), linear (window + 1 - k)/window (the mean of "
        "word2vec's windows)",
    )
    sample: float = option(0.0, "subsample words more frequent than this share of the tokens; 0: none", low=0, high=1)
    subsample: Literal["expected", "sampled"] = option(
        "expected",
        "expected: weigh a pair by the chance that both words are kept, places stay; sampled: draw, gaps close",
    )
    gaps: Literal["close", "keep"] = option(
        "close", "whether words that are left out as too rare give up their place in the window"
    )
    memory: float = option(
        2.0, "gigabytes that counting may take; what does not fit waits on disk", above=0, resource=True
    )

    def reading(self) -> dict[str, Any]:
        """The options for `wordvec.encode_corpus`: words that keep their places must be read, counted or not."""
        every = {"min_count": 1, "max_vocab": None} if self.gaps == "keep" else {}
        return super().reading() | every

    def weights(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """(offsets, weights, unit): a word at offsets[i] from another counts weights[i] / unit.

        Weights are whole numbers, so that sums do not depend on their order; only harmonic ones of windows beyond 22
        are rounded, to multiples of 2^-30.
        """
        reach = np.arange(1, self.window + 1, dtype=np.int64)
        unit = 1
        if self.distance_weight == "harmonic":
            unit = lcm(*range(1, self.window + 1)) if self.window <= 22 else FIXED
            each = (unit + reach // 2) // reach
        elif self.distance_weight == "linear":
            unit, each = self.window, self.window + 1 - reach
        else:
            each = np.ones_like(reach)
        sides = {"left": (-reach[::-1], each[::-1]), "right": (reach, each)}
        chosen = [sides[side] for side in ("left", "right") if self.side in (side, "both")]
        return np.concatenate([o for o, _ in chosen]), np.concatenate([w for _, w in chosen]), unit
