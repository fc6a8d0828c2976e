"""The options of induction that all methods have: what counts as the context of a word, and how a matrix is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.options import Options, option, workers_option
from wordvec.base.threads import Threaded


@dataclass(frozen=True, kw_only=True)
class Induction(Options, Threaded):
    """How the vector of a word is made of its contexts."""

    method: Literal["alacarte", "additive", "window", "selective", "form-context"] = option(
        "alacarte",
        "alacarte: a matrix times the mean of the context vectors; additive: the mean itself; window: the mean "
        "weighted by closeness; selective: the mean, trained on while all other words are frozen; form-context: "
        "n-grams and contexts, weighed by a gate",
    )
    window: int = option(5, "words of context on either side", low=1, high=1000)
    min_count: int = option(1, "leave out new words that occur fewer times", low=1)
    sample: float = option(
        0.0, "context words more frequent than this share weigh less, as in subsampling; 0: none", low=0, high=1
    )
    known: Literal["use", "skip", "error"] = option(
        "use", "words that the vectors have already: use: they get new vectors; skip: they get none; error: refused"
    )
    no_word: Literal["use", "warn", "error"] = option(
        "warn",
        "contexts without their word: use: all of their words count; warn: they do, with a warning; error: refused",
    )
    no_context: Literal["skip", "warn", "error"] = option(
        "warn",
        "words that have no context word with a vector: skip: left out; warn: so, with a warning; error: refused",
    )
    weight: Literal["none", "log", "sqrt", "count"] = option("log", "weight of a known word in the fit, by its count")
    fit_min_count: int = option(100, "fit on known words that occur this many times", low=1)
    ridge: float = option(1e-6, "ridge of the fit, in mean squared lengths of the contexts", low=0)
    lowercase: bool = option(False, "lower-case the text")
    workers: int | None = workers_option("the result does not depend on them")

    def distance_weights(self) -> NDArray[np.float32]:
        """[window] the weight of a context word 1, 2, ... positions away."""
        if self.method == "window":
            return np.linspace(1, 1 / self.window, self.window, dtype=np.float32)
        return np.ones(self.window, np.float32)

    def fit_weights(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """The weights of known words that occur `counts` times."""
        wide = counts.astype(np.float64)
        if self.weight == "log":
            return np.log1p(wide)
        return np.ones_like(wide) if self.weight == "none" else np.sqrt(wide) if self.weight == "sqrt" else wide
