"""Pictures of words as points: a map, the neighbourhood of a word, an analogy, the senses of a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wordvec.base.arguments import check_cosine, strings
from wordvec.base.errors import OptionError
from wordvec.plot.layout import places, principal, units_of
from wordvec.plot.picture import Look, picture
from wordvec.plot.scene import BLUE, VERMILION, Dots, Lines, Mark, Scene, look, room, short
from wordvec.search.arrays import whole
from wordvec.vectors import KeyedVectors, SenseVectors

if TYPE_CHECKING:
    from typing_extensions import Unpack

_NAMES = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}


def map(
    vectors: KeyedVectors,
    words: Iterable[str] | Mapping[str, Iterable[str]],
    *,
    method: str = "pca",
    seed: int = 0,
    **options: Unpack[Look],
) -> Any:
    """A map of words: near each other where their vectors are, at length 1.

    `words` are two or more, or lists of them by the name of a group, which has a colour of its own. `method` and `seed`
    are those of `KeyedVectors.layout`: "pca"; or "umap" and "tsne", of five words or more, which show who is near whom,
    but not how far apart is what is not. UnknownWordError for a word without a vector.

    >>> import wordvec
    >>> vectors = wordvec.KeyedVectors(["king", "queen", "pear"], [[1, 0], [1, 0.2], [0, 1]])
    >>> figure = map(vectors, {"people": ["king", "queen"], "fruit": ["pear"]})
    >>> sorted(text.get_text() for text in figure.axes[0].texts)
    ['king', 'pear', 'queen']
    """
    groups = _grouped(words)
    listed = [word for group in groups.values() for word in group]
    plane = places(vectors, listed, method, seed)
    marks: list[Mark] = []
    first = 0
    for place, (name, group) in enumerate(groups.items()):
        colour, marker = look(place)
        points = plane[first : first + len(group)]
        marks.append(Dots(points=points, names=group, colour=colour, marker=marker, group=name))
        first += len(group)
    title = f"{len(listed)} words by {_NAMES[method]}"
    return picture(Scene(title=title, marks=marks, is_even=True, size=room(len(listed))), options)


def neighbours(
    vectors: KeyedVectors,
    word: str,
    *,
    topn: int = 20,
    method: str = "pca",
    seed: int = 0,
    **options: Unpack[Look],
) -> Any:
    """A map of a word and its nearest neighbours, whose colour is their cosine with the word.

    `topn` is the number of neighbours, as of `most_similar`; `method` and `seed` are those of `map`.
    """
    check_cosine(vectors=vectors)
    near = vectors.most_similar(word, topn=_at_least("topn", topn, 1))
    if not near:
        raise OptionError(f"{word!r} must have neighbours to be drawn; it has none among {len(vectors)} words")
    names, cosines = [name for name, _ in near], np.array([cosine for _, cosine in near])
    plane = places(vectors, [word, *names], method, seed)
    notes = [f"cosine {cosine:.3f}" for cosine in cosines]
    marks: list[Mark] = [
        Dots(points=plane[:1], names=[word], colour=VERMILION, marker="D", size=9, is_bold=True),
        Dots(points=plane[1:], names=names, notes=notes, values=cosines, meaning=f"cosine with {short(word)}", size=7),
    ]
    title = f"{short(word)} and its {len(near)} nearest words by {_NAMES[method]}"
    return picture(Scene(title=title, marks=marks, is_even=True, size=room(1 + len(names))), options)


def analogy(vectors: KeyedVectors, a: str, b: str, c: str, *, topn: int = 3, **options: Unpack[Look]) -> Any:
    """The parallelogram of an analogy, a is to b as c is to ?, and the words nearest to its fourth corner, b - a + c.

    Vectors have length 1, and are shown by their first two principal components, which keep a parallelogram one. The
    answers are those of 3CosAdd, as `most_similar([b, c], [a])` gives them.
    """
    words = strings([a, b, c])
    units = units_of(vectors, words)
    answers = vectors.most_similar([b, c], [a], topn=_at_least("topn", topn, 1))
    if not answers:
        raise OptionError("an analogy must have an answer to be drawn; there are no words but those of the question")
    names = [name for name, _ in answers]
    corner = units[1] - units[0] + units[2]
    plane = principal(np.concatenate([units, corner[None], units_of(vectors, names)]))
    start, end, other, fourth = plane[:4]
    notes = [f"cosine {cosine:.3f}" for _, cosine in answers]
    marks: list[Mark] = [
        Lines(curves=[np.array([start, end]), np.array([other, fourth])], colour=BLUE, width=1.6, is_arrow=True),
        Lines(curves=[np.array([start, other]), np.array([end, fourth])], is_dashed=True),
        Dots(points=plane[:3], names=words, colour=BLUE, group="question", size=7, is_bold=True),
        Dots(points=plane[3:4], names=[f"{b} \N{MINUS SIGN} {a} + {c}"], colour="black", marker="X", size=8),
        Dots(points=plane[4:], names=names, notes=notes, colour=VERMILION, marker="s", group="nearest to the corner"),
    ]
    title = "{} is to {} as {} is to {}".format(*(short(word) for word in (*words, names[0])))
    return picture(Scene(title=title, marks=marks, is_even=True), options)


def senses(
    vectors: SenseVectors,
    word: str,
    *,
    topn: int = 8,
    method: str = "pca",
    seed: int = 0,
    **options: Unpack[Look],
) -> Any:
    """A map of the senses of a word and the nearest senses of other words, in one colour a sense.

    The legend has the share of each sense among the occurrences of the word. A neighbour of several senses is drawn
    with that of the largest share.
    """
    if not isinstance(vectors, SenseVectors):
        raise OptionError(
            f"vectors must be SenseVectors, of a model of senses or of wordvec.senses_of; got {vectors!r:.80}"
        )
    near = vectors.sense_neighbours(word, topn=_at_least("topn", topn, 1))
    shares, seen, groups = vectors.shares(word), set(near), {}
    for key, found in near.items():
        groups[key] = [name for name, _ in found if name not in seen]
        seen.update(groups[key])
    listed = [name for key, names in groups.items() for name in (key, *names)]
    plane = places(vectors, listed, method, seed)
    marks: list[Mark] = []
    first = 0
    for place, (key, names) in enumerate(groups.items()):
        colour, marker = look(place)
        points = plane[first : first + 1 + len(names)]
        marks.append(Lines(curves=[points[[0, row]] for row in range(1, len(points))], colour=colour, width=0.6))
        group = f"{key}, {shares[place]:.0%}"
        style: dict[str, Any] = {"colour": colour, "marker": marker}
        marks.append(Dots(points=points[:1], names=[key], size=11, group=group, is_bold=True, **style))
        marks.append(Dots(points=points[1:], names=names, size=5, **style))
        first += 1 + len(names)
    count = f"{len(near)} sense{'s' if len(near) > 1 else ''}"
    title = f"{count} of {short(word)}, and the nearest of others"
    return picture(Scene(title=title, marks=marks, is_even=True, size=room(len(listed))), options)


def _grouped(words: Any) -> dict[str, list[str]]:
    """The words by group, each once; OptionError unless there are two."""
    given = words if isinstance(words, Mapping) else {"": words}
    seen: set[str] = set()
    groups: dict[str, list[str]] = {}
    for name, group in given.items():
        fresh = [word for word in dict.fromkeys(strings(group)) if word not in seen]
        seen.update(fresh)
        if fresh:
            groups[str(name)] = fresh
    if len(seen) < 2:
        raise OptionError(f"a map must have two words or more; got {len(seen)}")
    return groups


def _at_least(name: str, value: Any, low: int) -> int:
    number = whole(name, value)
    if number < low:
        raise OptionError(f"{name} must be >= {low}; got {number}")
    return number
