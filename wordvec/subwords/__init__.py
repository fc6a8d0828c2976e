"""Subwords: tables of n-gram vectors that compose vectors for words, including words that were never seen.

`KINDS` has the class of each kind. To add a kind: a file with its class, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.subwords.base import Subwords
from wordvec.subwords.explicit import ExplicitNGrams
from wordvec.subwords.features import WordFeatures
from wordvec.subwords.hashed import HashedNGrams, PrunedNGrams
from wordvec.subwords.tables import EncodedTable

__all__ = [
    "KINDS",
    "ExplicitNGrams",
    "HashedNGrams",
    "PrunedNGrams",
    "Subwords",
    "WordFeatures",
    "make_subwords",
    "open_subwords",
]

KINDS: dict[str, type[Subwords]] = {
    "fasttext": HashedNGrams,
    "floret": HashedNGrams,
    "finalfusion": HashedNGrams,
    "bytes": HashedNGrams,
    "gensim": HashedNGrams,
    "features": WordFeatures,
    "explicit": ExplicitNGrams,
}


def make_subwords(kind: str, table: ArrayLike | EncodedTable, **options: Any) -> Subwords:
    """Subwords of a kind by its name, with the options of its class; OptionError where the name is none of `KINDS`.

    >>> import numpy as np
    >>> make_subwords("floret", np.ones((50, 4)), min_n=3, max_n=5, hash_count=2)
    Subwords of kind floret: 50 rows x 4, n-grams of 3 to 5 characters
    """
    return _class_of(kind).make(kind, table, **options)


def open_subwords(tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any]) -> Subwords:
    """Subwords from the tensors and the config of a file; FormatError where they do not fit together.

    The inverse of `Subwords.tensors` and `Subwords.config`. A mapped table is not read.
    """
    if not isinstance(config, Mapping):
        raise FormatError(f"subword must be an object in the header; got {config!r:.80}")
    try:
        kind = _class_of(config.get("kind"))
    except OptionError as error:
        raise FormatError(f"subword: {error}") from None
    return kind.from_tensors(tensors, config)


def _class_of(kind: Any) -> type[Subwords]:
    if not isinstance(kind, str) or kind not in KINDS:
        raise OptionError(f"kind must be one of {', '.join(KINDS)}; got {kind!r:.80}")
    return KINDS[kind]
