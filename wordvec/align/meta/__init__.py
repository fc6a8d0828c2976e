"""Meta-embeddings: one embedding from several sources of any dimensions and vocabularies, read in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wordvec.align.meta.averaging import Average
from wordvec.align.meta.concatenation import SVD, Concat
from wordvec.align.meta.method import MetaMethod
from wordvec.align.meta.one_to_n import OneToN
from wordvec.align.meta.sources import coverage
from wordvec.base.options import from_table
from wordvec.vectors import KeyedVectors

__all__ = [
    "METHODS",
    "SVD",
    "Average",
    "Concat",
    "MetaMethod",
    "OneToN",
    "average",
    "combine",
    "concat",
    "coverage",
    "oneton",
    "svd",
]

METHODS: dict[str, type[MetaMethod]] = {
    "average": Average,
    "concat": Concat,
    "svd": SVD,
    "1ton": OneToN,
}


def combine(sources: Sequence[KeyedVectors], method: str | MetaMethod = "average", **options: Any) -> KeyedVectors:
    """One embedding from several sources, by the name of a method and its options, or by a method.

    >>> first, second = KeyedVectors(["a", "b"], [[2, 0], [0, 1]]), KeyedVectors(["a", "b"], [[1], [3]])
    >>> combine([first, second], "svd", dim=2).vector_size
    2
    """
    chosen = from_table(MetaMethod, METHODS, method, options, "method", ", or a MetaMethod")
    return chosen.fit(sources)


def average(sources: Sequence[KeyedVectors], **options: Any) -> KeyedVectors:
    """The mean of all sources in the space of one of them; the options are those of `Average`.

    >>> first = KeyedVectors(["sea", "ocean", "tax"], [[2, 0], [3, 4], [0, 1]])
    >>> average([first])["sea"].tolist()
    [1.0, 0.0]
    >>> both = average([first, KeyedVectors(["tax", "sea", "toll"], [[1, 0], [0, 1], [1, 0.1]])])
    >>> list(both), coverage(both).tolist()[-1]
    (['sea', 'tax', 'ocean', 'toll'], [False, True])
    """
    return Average(**options).fit(sources)


def concat(sources: Sequence[KeyedVectors], **options: Any) -> KeyedVectors:
    """The vectors of all sources side by side; the options are those of `Concat`.

    >>> first, second = KeyedVectors(["a", "b"], [[2, 0], [0, 1]]), KeyedVectors(["a", "b"], [[1], [3]])
    >>> both = concat([first, second])
    >>> both["b"].tolist(), round(both.similarity("a", "b"), 3)
    ([0.0, 1.0, 1.0], 0.5)
    """
    return Concat(**options).fit(sources)


def svd(sources: Sequence[KeyedVectors], dim: int = 300, **options: Any) -> KeyedVectors:
    """The concatenation, reduced to `dim` dimensions; the options are those of `SVD`."""
    return SVD(dim=dim, **options).fit(sources)


def oneton(sources: Sequence[KeyedVectors], dim: int = 300, **options: Any) -> KeyedVectors:
    """Vectors from which every source is predicted by a linear map; the options are those of `OneToN`."""
    return OneToN(dim=dim, **options).fit(sources)
