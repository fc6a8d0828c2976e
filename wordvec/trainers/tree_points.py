"""Points for the nodes of a tree without training: the combinatorial construction, and hyperbolic MDS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import numbers, whole_number
from wordvec.base.errors import CorpusError, OptionError
from wordvec.corpus.relations import Relations, on_cycles, starts_of

Doubles = NDArray[np.float64]
Ids = NDArray[np.int64]

REACH = 35.0  # the greatest distance from the origin: beyond 36.7 float64 cannot tell a point from the border
SPREAD = 25.0  # the greatest distance of two nodes for hyperbolic MDS: their cosh has to leave room for the digits of 1
MOST_NODES = 10_000  # of hyperbolic MDS: its matrices have the square of that
LONGEST = 10.0  # the greatest default length of an edge
REPELLED = 512  # directions of one node that repel each other; more are drawn at random
ROUNDS = 300  # of repulsion


class Built(NamedTuple):
    """Points of the ball, and what they were made of."""

    points: Doubles  # [V, D]
    edge_length: float
    edges: int  # of the graph, whose other pairs follow from two of them
    radius: int  # edges from the origin to the farthest node


def combinatorial(relations: Relations, size: int, edge_length: float | None, seed: int) -> Built:
    """The tree of the relations in the ball, every edge of one length (Sarkar 2011; Sala et al. 2018, section 3).

    The middle of the longest path is the origin. The children of a node go in directions as far apart as they can be
    from each other and from its parent, as it is seen where the node is moved to the origin: on a circle, at the
    corners of a simplex where there are dimensions enough, else where points that repel each other come to rest.
    Without `edge_length` it is as long as float64 allows, 35 over the radius of the tree, at most 10. Pairs that follow
    from two others are left out first; of a graph that is no tree, the tree of its shortest paths is taken.
    """
    if size < 2:
        raise OptionError(f"vector_size must be at least 2 for the combinatorial construction; got {size}")
    pairs, nodes = direct_pairs(relations), len(relations.vocabulary)
    order, parents, depth = _centred(pairs, nodes)
    radius = int(depth.max())
    length = min(LONGEST, REACH / radius) if edge_length is None else edge_length
    if length * radius > REACH + 1e-9:
        raise OptionError(
            f"edge_length must be at most {REACH / radius:.4g} for a tree whose farthest node is {radius} edges from "
            f"its middle: float64 reaches a distance of {REACH:g} from the origin; got {edge_length}"
        )
    points = _placed(order, parents, nodes, size, length, np.random.default_rng(seed))
    return Built(points[:nodes], length, len(pairs), radius)


def h_mds(distances: ArrayLike, size: int) -> Doubles:
    """Points of the ball [n, size] whose distances are near those given [n, n]: hyperbolic MDS (Sala et al. 2018).

    -cosh of the distances is the Gram matrix of points of the hyperboloid, with one negative eigenvalue; the greatest
    positive ones and their vectors give the other coordinates. Exact where the distances are those of at most so many
    dimensions; else the directions that hold most are kept. OptionError where distances are not symmetric, finite and
    zero on the diagonal, or beyond 25: scale them.

    >>> line = np.array([[0.0, 1.0, 3.0], [1.0, 0.0, 2.0], [3.0, 2.0, 0.0]])
    >>> points = h_mds(line, 1)
    >>> np.abs(np.diff(2 * np.arctanh(points[:, 0]))).round(6).tolist()
    [1.0, 2.0]
    """
    from scipy.linalg import eigh

    whole_number("size", size)
    square = numbers(distances, "distances", "a square of distances")
    if square.ndim != 2 or square.shape[0] != square.shape[1] or not np.isfinite(square).all():
        raise OptionError(f"distances must be a square of finite numbers; got shape {square.shape}")
    if np.abs(square - square.T).max(initial=0) > 1e-9 or np.diag(square).any() or square.min(initial=0) < 0:
        raise OptionError("distances must be symmetric, 0 on the diagonal and never below 0; these are not")
    if square.max(initial=0) > SPREAD + 1e-9:
        raise OptionError(
            f"distances must be at most {SPREAD:g}, beyond which cosh loses all digits; got {square.max()}"
        )
    count, kept = len(square), min(size, len(square))
    values, vectors = eigh(-np.cosh(square), subset_by_index=[count - kept, count - 1], driver="evr")
    spatial = np.zeros((count, size))
    spatial[:, :kept] = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    return to_ball(spatial)


def by_h_mds(relations: Relations, size: int, edge_length: float | None) -> Built:
    """`h_mds` of the numbers of edges between nodes, each of one length; by default 25 over the greatest distance."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import shortest_path

    nodes = len(relations.vocabulary)
    if nodes > MOST_NODES:
        raise OptionError(
            f"method h-mds takes at most {MOST_NODES:,} nodes, as its matrices have the square; got {nodes:,}"
        )
    pairs = direct_pairs(relations)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (nodes, nodes)).tocsr()
    steps = shortest_path(graph, directed=False, unweighted=True)
    if not np.isfinite(steps).all():
        raise CorpusError("relations must be connected for method h-mds; these are several graphs: give them one root")
    farthest = int(steps.max())
    length = SPREAD / farthest if edge_length is None else edge_length
    if length * farthest > SPREAD + 1e-9:
        raise OptionError(f"edge_length must be at most {SPREAD / farthest:.4g} for these distances; got {edge_length}")
    return Built(h_mds(length * steps, size), length, len(pairs), farthest)


def direct_pairs(relations: Relations) -> NDArray[np.int32]:
    """The pairs that do not follow from two others: of a transitive closure, those of direct parents.

    All of them where there is a cycle, on which each pair may follow from the rest.
    """
    pairs, nodes = relations.pairs, len(relations.vocabulary)
    if len(on_cycles(pairs, nodes)):
        return pairs
    starts = starts_of(pairs[:, 0], nodes)
    parents = [set(pairs[starts[node] : starts[node + 1], 1].tolist()) for node in range(nodes)]
    keep = [
        not any(parent in parents[other] for other in parents[child] if other != parent)
        for child, parent in pairs.tolist()
    ]
    direct: NDArray[np.int32] = pairs[np.array(keep)]
    return direct


def _centred(pairs: NDArray[np.int32], nodes: int) -> tuple[list[int], Ids, Ids]:
    """The tree of shortest paths: its nodes from the middle outwards, their parents and depths; -1 for the middle.

    Several graphs are joined by a node of number `nodes`, which is then the middle.
    """
    both = np.concatenate([pairs, pairs[:, ::-1]]).astype(np.int64)
    both = both[np.argsort(both[:, 0], kind="stable")]
    starts, near = starts_of(both[:, 0], nodes), both[:, 1].tolist()
    neighbours = [near[starts[node] : starts[node + 1]] for node in range(nodes)]
    has_parent = np.zeros(nodes, bool)
    has_parent[pairs[:, 0]] = True
    left = np.ones(nodes, bool)
    tops: list[tuple[int, list[list[int]]]] = []  # a top of each graph, and its tree
    for top in np.argsort(has_parent, kind="stable").tolist():  # nodes without parents first, of most pairs
        if left[top]:
            order, parents = _breadth_first(neighbours, top)
            left[order] = False
            tops.append((top, [[node, parents[node]] for node in order[1:]]))
    edges = [edge for _, tree in tops for edge in tree]
    if len(tops) > 1:
        edges += [[top, nodes] for top, _ in tops]
    tree: list[list[int]] = [[] for _ in range(nodes + (len(tops) > 1))]
    for one, other in edges:
        tree[one].append(other)
        tree[other].append(one)
    middle = nodes if len(tops) > 1 else _middle(tree, tops[0][0])
    order, parents = _breadth_first(tree, middle)
    depth, parent_of = np.zeros(len(tree), np.int64), np.full(len(tree), -1, np.int64)
    for node in order[1:]:
        depth[node], parent_of[node] = depth[parents[node]] + 1, parents[node]
    return order, parent_of, depth


def _breadth_first(neighbours: list[list[int]], start: int) -> tuple[list[int], dict[int, int]]:
    """The nodes that can be reached, in order of their distance, and where each was reached from."""
    order, parents = [start], {start: -1}
    for node in order:
        for other in neighbours[node]:
            if other not in parents:
                parents[other] = node
                order.append(other)
    return order, parents


def _middle(tree: list[list[int]], node: int) -> int:
    """The middle of the longest path of a tree."""
    end = _breadth_first(tree, node)[0][-1]
    order, parents = _breadth_first(tree, end)
    path = [order[-1]]
    while parents[path[-1]] >= 0:
        path.append(parents[path[-1]])
    return path[len(path) // 2]


def _placed(order: list[int], parents: Ids, nodes: int, size: int, length: float, rng: np.random.Generator) -> Doubles:
    """[V, size] the points: children in directions as seen from their parent, which is moved to the origin and back."""
    points = np.zeros((len(parents), size))
    radius, known = np.tanh(length / 2), dict[int, Doubles]()
    for node, children in _families(order, parents):
        is_middle = parents[node] < 0
        count = len(children) + (not is_middle)
        if count not in known:
            known[count] = directions(count, size, rng)
        chosen = known[count]
        if not is_middle:
            chosen = turned(chosen, towards(points[node], points[parents[node]]))[1:]
        points[children] = moved(points[node], radius * chosen)
    return points


def _families(order: list[int], parents: Ids) -> Iterator[tuple[int, list[int]]]:
    """Each node that has children, and these, from the middle outwards."""
    children: dict[int, list[int]] = {}
    for node in order[1:]:
        children.setdefault(int(parents[node]), []).append(node)
    yield from ((node, children[node]) for node in order if node in children)


def directions(count: int, size: int, rng: np.random.Generator) -> Doubles:
    """[count, size] unit vectors that are far from each other."""
    if size == 2:
        angles = 2 * np.pi * np.arange(count) / count
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if count <= size + 1:  # a simplex: Cholesky rows of its Gram matrix, without the last, dependent dimension
        gram = (np.eye(count) * count - 1) / max(1, count - 1)
        values, vectors = np.linalg.eigh(gram if count > 1 else np.eye(1))
        corners = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1][:, : min(count, size)]
        return np.pad(corners, ((0, 0), (0, size - corners.shape[1])))
    made = rng.normal(size=(count, size))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return repelled(made) if count <= REPELLED else made


def repelled(units: Doubles) -> Doubles:
    """Unit vectors [n, D] after they have pushed each other away, in steps that become shorter."""
    units = units.copy()
    for step in range(ROUNDS):
        square = np.maximum(2 - 2 * units @ units.T, 1e-9)
        np.fill_diagonal(square, np.inf)
        push = (square / square.min(axis=1, keepdims=True)) ** -4
        force = push.sum(axis=1, keepdims=True) * units - push @ units
        force -= (force * units).sum(axis=1, keepdims=True) * units
        size = np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-12)
        units += 0.3 * (1 - step / ROUNDS) * np.sqrt(square.min()) * force / size
        units /= np.linalg.norm(units, axis=1, keepdims=True)
    return units


def turned(units: Doubles, target: Doubles) -> Doubles:
    """Unit vectors reflected so that the first becomes the target, itself of length 1."""
    mirror = units[0] - target
    square = float(mirror @ mirror)
    return units if square < 1e-24 else units - np.outer(units @ mirror, 2 / square * mirror)


def towards(point: Doubles, other: Doubles) -> Doubles:
    """[D] the direction of another point as it is seen from one: that in which their distance falls fastest."""
    step = point - other
    back = -(step @ step) * point - (1 - point @ point) * step
    direction: Doubles = back / np.sqrt(back @ back)
    return direction


def moved(by: Doubles, points: Doubles) -> Doubles:
    """Points [n, D] of the ball under the isometry that takes the origin to `by`: Moebius addition."""
    product, squares, own = points @ by, np.einsum("ij,ij->i", points, points), float(by @ by)
    whole = 1 + 2 * product + own * squares
    sums: Doubles = ((1 + 2 * product + squares)[:, None] * by + (1 - own) * points) / whole[:, None]
    return sums


def to_ball(spatial: Doubles) -> Doubles:
    """Points of the ball [n, D] from the spatial parts [n, D] of points of the hyperboloid."""
    square = np.einsum("ij,ij->i", spatial, spatial)
    ball: Doubles = spatial / (1 + np.sqrt(1 + square))[:, None]
    return ball


def to_hyperboloid(ball: Doubles) -> Doubles:
    """The spatial parts [n, D] of points of the hyperboloid from points of the ball [n, D]."""
    square = np.einsum("ij,ij->i", ball, ball)
    spatial: Doubles = 2 * ball / (1 - square)[:, None]
    return spatial
