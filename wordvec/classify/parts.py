"""What a classifier consists of, as its files hold it and its compression changes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.classify.features import Features
from wordvec.classify.options import ClassifierOptions
from wordvec.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class ClassifierParts:
    """Options, features and labels, the matrices of both sides, and metadata, which fit together."""

    options: ClassifierOptions
    features: Features
    labels: Vocabulary  # without their prefix, with their counts
    input: Any  # [R, D] the rows of words, then of n-grams: float32, or quantised
    output: NDArray[np.float32]  # [labels, D]; with hierarchical softmax the inner nodes of the tree, one fewer
    metadata: dict[str, Any]
