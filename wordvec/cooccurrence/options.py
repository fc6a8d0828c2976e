"""The options of counting: of `wordvec.count` and of every trainer that learns from counts."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.options import option
from wordvec.corpus.options import CorpusOptions

FIXED = 1 << 30  # the denominator of weights that have no small common denominator


@dataclass(frozen=True, kw_only=True)
class Counting(CorpusOptions):
    """Which pairs of words are counted, and with which weights."""

    side: Literal["both", "left", "right"] = option("both", "side of a word on which context words are counted")
    distance_weight: Literal["flat", "harmonic", "linear"] = option(
        "flat",
        "weight of a pair k words apart: flat 1, harmonic 1/k (GloVe), linear (window + 1 - k)/window (the mean of "
        "word2vec's windows)",
    )
    sample: float = option(0.0, "subsample words more frequent than this share of the tokens; 0: none", low=0, high=1)
    subsample: Literal["expected", "sampled"] = option(
        "expected",
        "expected: weight a pair by the probability that both words are kept, positions stay; sampled: drop tokens at "
        "random, gaps close",
    )
    gaps: Literal["close", "keep"] = option(
        "close", "close: words that are too rare are removed before windows are taken; keep: they keep their position"
    )
    memory: float = option(
        2.0, "gigabytes of memory for counting; what does not fit is stored on disk", above=0, resource=True
    )

    def reading(self) -> dict[str, Any]:
        """The options for `wordvec.encode_corpus`: words that keep their positions are read, counted or not."""
        every = {"min_count": 1, "max_vocab": None} if self.gaps == "keep" else {}
        return super().reading() | every

    def weights(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """(offsets, weights, unit): a word at offsets[i] from another counts weights[i] / unit.

        Weights are integers, so that sums do not depend on their order. Only harmonic weights of windows above 22 are
        rounded, to multiples of 2^-30.
        """
        distances = np.arange(1, self.window + 1, dtype=np.int64)
        unit = 1
        if self.distance_weight == "harmonic":
            unit = lcm(*range(1, self.window + 1)) if self.window <= 22 else FIXED
            each = (unit + distances // 2) // distances
        elif self.distance_weight == "linear":
            unit, each = self.window, self.window + 1 - distances
        else:
            each = np.ones_like(distances)
        sides = {"left": (-distances[::-1], each[::-1]), "right": (distances, each)}
        chosen = [sides[side] for side in ("left", "right") if self.side in (side, "both")]
        return np.concatenate([o for o, _ in chosen]), np.concatenate([w for _, w in chosen]), unit
