"""A tree in the Poincare disc: nodes as points, edges as geodesics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import strings
from wordvec.base.errors import OptionError
from wordvec.corpus.relations import Relations
from wordvec.plot.layout import principal
from wordvec.plot.picture import Look, picture
from wordvec.plot.scene import GREY, Dots, Doubles, Lines, Scene, room
from wordvec.vectors import PoincareVectors

if TYPE_CHECKING:
    from typing_extensions import Unpack

MOST_NODES = 200  # that are drawn without being asked for
_STEPS = 33  # points of an edge
_ROUND = 181  # points of the border


def tree(
    vectors: PoincareVectors,
    words: Iterable[str] | None = None,
    *,
    edges: Any = None,
    **options: Unpack[Look],
) -> Any:
    """Nodes in the Poincare disc, and their edges as geodesics: arcs of circles that meet the border at right angles.

    `words` are the nodes (None: all, if there are no more than 200). `edges` are pairs (child, parent), or a file of
    them, as `Poincare.fit` takes it; those with a node that is not drawn are left out. By default each node has an edge
    to the nearest drawn node that lies nearer to the origin. The colour is the depth, the distance from the origin.
    Points of more than two dimensions are projected: in the tangent space of the origin, where distances from it are
    kept, on the plane of most variance.

    UnknownWordError for an unknown node.
    """
    if not isinstance(vectors, PoincareVectors):
        raise OptionError(f"vectors must be PoincareVectors, of the model poincare; got {vectors!r:.80}")
    if words is None and len(vectors) > MOST_NODES:
        raise OptionError(f"words must be given where there are more than {MOST_NODES} nodes; there are {len(vectors)}")
    nodes = list(dict.fromkeys(strings(vectors.index_to_key if words is None else words)))
    if len(nodes) < 2:
        raise OptionError(f"a tree must have two nodes or more; got {len(nodes)}")
    points = np.stack([np.asarray(vectors[node], np.float64) for node in nodes])
    depths = np.array([vectors.depth(node) for node in nodes])
    plane = _projected(points)
    at = {node: complex(*place) for node, place in zip(nodes, plane)}
    pairs = _parents(vectors, nodes, depths) if edges is None else _listed(edges, vectors)
    curves = [geodesic(at[child], at[parent]) for child, parent in pairs if child in at and parent in at]
    angles = np.linspace(0, 2 * np.pi, _ROUND)
    notes = [f"depth {depth:.2f}" for depth in depths]
    meaning = "depth: distance from the origin"
    scene = Scene(
        title=f"{len(nodes)} nodes in the Poincar\N{LATIN SMALL LETTER E WITH ACUTE} disc",
        note="" if points.shape[1] <= 2 else f"projected from {points.shape[1]} dimensions",
        marks=[
            Lines(curves=curves, colour=GREY, width=0.8),
            Dots(points=plane, names=nodes, notes=notes, values=depths, meaning=meaning, size=7),
        ],
        border=[np.stack([np.cos(angles), np.sin(angles)], axis=1)],
        is_even=True,
        size=(room(len(nodes))[0] + 1.5, room(len(nodes))[0] + 0.5),
    )
    return picture(scene, options)


def geodesic(start: complex, end: complex) -> Doubles:
    """[33, 2] points of the shortest way between two points of the unit disc, at equal hyperbolic distances.

    The disc is moved so that `start` is the origin, from where shortest ways are straight, and back.

    >>> geodesic(-0.5, 0.5)[16].round(6).tolist()
    [0.0, 0.0]
    """
    there = (end - start) / (1 - np.conj(start) * end)
    length = abs(there)
    if not length:
        return np.array([[start.real, start.imag]] * _STEPS)
    steps = np.linspace(0, 1, _STEPS)
    along = np.tanh(steps * np.arctanh(min(length, np.nextafter(1, 0)))) * there / length
    back: NDArray[np.complex128] = (along + start) / (1 + np.conj(start) * along)
    curve = np.stack([back.real, back.imag], axis=1)
    curve[[0, -1]] = [start.real, start.imag], [end.real, end.imag]  # whatever the rounding
    return curve


def _projected(points: Doubles) -> Doubles:
    """[n, 2] points of the disc for those of a ball [n, D]."""
    if points.shape[1] <= 2:
        return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
    radii = np.linalg.norm(points, axis=1, keepdims=True)
    tangents = points * (np.arctanh(np.minimum(radii, 1 - 1e-15)) / np.maximum(radii, 1e-300))
    flat = principal(tangents, is_centred=False)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat * (np.tanh(lengths) / np.maximum(lengths, 1e-300)))


def _parents(vectors: PoincareVectors, nodes: list[str], depths: Doubles) -> list[tuple[str, str]]:
    """(node, the nearest of those that lie nearer to the origin) of every node but the highest."""
    pairs = []
    for place, node in enumerate(nodes):
        higher = np.flatnonzero(depths < depths[place]).tolist()
        if higher:
            distances = vectors.distances(node, [nodes[other] for other in higher])
            pairs.append((node, nodes[higher[int(np.argmin(distances))]]))
    return pairs


def _listed(edges: Any, vectors: PoincareVectors) -> list[tuple[str, str]]:
    """The edges that are given; UnknownWordError for an unknown node."""
    relations = Relations.of(edges)
    names = list(relations.vocabulary)
    for name in names:
        vectors.get_index(name)
    return [(names[child], names[parent]) for child, parent in relations.pairs.tolist()]
