"""Pictures of numbers of words: the table of their cosines, and how often words are neighbours of others."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from wordvec.base.arguments import check_cosine, strings
from wordvec.base.errors import OptionError
from wordvec.plot.layout import units_of
from wordvec.plot.picture import Look, picture
from wordvec.plot.scene import Axis, Bars, Doubles, Scene, Table, short
from wordvec.search import hubness as measured
from wordvec.vectors import KeyedVectors

if TYPE_CHECKING:
    from typing_extensions import Unpack

_MOST_NUMBERS = 16  # words in a table whose cells have room for a number
_CELL, _LETTER, _LARGEST = 0.36, 0.07, 20.0  # inches of a cell, of a letter, of a table
_HUBS = 5  # words that are named


def similarity(
    vectors: KeyedVectors, words: Iterable[str], *, is_clustered: bool = True, **options: Unpack[Look]
) -> Any:
    """The cosines of all pairs of two words or more, as a table of colours, with numbers for up to 16 words.

    The words are in the order of the leaves of a clustering by average linkage, similar ones side by side (Bar-Joseph,
    Gifford, Jaakkola 2001); with `is_clustered=False`, in that given. UnknownWordError for a word without a vector.
    """
    listed = list(dict.fromkeys(strings(words)))
    if len(listed) < 2:
        raise OptionError(f"a table of similarities must have two words or more; got {len(listed)}")
    units = units_of(vectors, listed)
    cosines = np.clip(units @ units.T, -1, 1)
    order = _clustered(cosines) if is_clustered and len(listed) > 2 else list(range(len(listed)))
    cosines, names = cosines[np.ix_(order, order)], [listed[place] for place in order]
    low = min(0.0, float(cosines.min()))
    has_numbers = len(names) <= _MOST_NUMBERS
    table = Table(matrix=cosines, names=names, low=low, high=1.0, meaning="cosine", has_numbers=has_numbers)
    side = min(_LARGEST, 1.5 + _LETTER * max(len(short(name)) for name in names) + _CELL * len(names))
    scene = Scene(
        title=f"Cosines of {len(names)} words",
        marks=[table],
        x=Axis(names=names),
        y=Axis(names=names),
        size=(side + 1.0, side),
    )
    return picture(scene, options)


def _clustered(cosines: Doubles) -> list[int]:
    """The order of the leaves of a clustering by cosines [n, n]."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distances = squareform(1 - cosines, checks=False)
    order: list[int] = leaves_list(linkage(np.maximum(distances, 0), "average", optimal_ordering=True)).tolist()
    return order


def hubness(
    vectors: KeyedVectors,
    *,
    k: int = 10,
    sample: int | None = 10_000,
    seed: int = 0,
    workers: int | None = None,
    **options: Unpack[Look],
) -> Any:
    """How many words are how often among the k nearest of others: bars of numbers that double from one to the next.

    Counts and measures are those of `wordvec.search.hubness.hubness`, within a random sample of words. Without hubs,
    all words would be in the bar of k. The note names the words that are neighbours of most.
    """
    check_cosine(vectors=vectors)
    found = measured.hubness(vectors.rows, k=k, sample=sample, seed=seed, workers=workers)
    edges = [0, 1, 2]
    while edges[-1] <= found.counts.max():
        edges.append(2 * edges[-1])
    heights = np.histogram(found.counts, edges)[0].astype(np.float64)
    names = [f"{low}" if low == high - 1 else f"{low}\N{EN DASH}{high - 1}" for low, high in pairwise(edges)]
    most = np.argsort(-found.counts, kind="stable")[:_HUBS]
    hubs = [(vectors.index_to_key[found.rows[place]], found.counts[place]) for place in most.tolist()]
    scene = Scene(
        title=f"Hubness: skewness {found.skewness:.2f}; of {found.size:,} words {found.antihubs:.0%} are no neighbours",
        note="most often: " + ", ".join(f"{short(word)} {count:,}" for word, count in hubs),
        marks=[Bars(heights=heights)],
        x=Axis(label=f"times among the {found.k} nearest words of another", names=names),
        y=Axis(label="words"),
    )
    return picture(scene, options)
