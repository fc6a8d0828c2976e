"""PoincareVectors: nodes as points of the Poincare ball, asked by their distances there and their place in the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import listed_words, strings
from wordvec.base.errors import OptionError
from wordvec.rows import Ball, Rows
from wordvec.search.arrays import whole
from wordvec.search.ball import arcosh_1, ball_distances, nearest_points
from wordvec.vectors.files import BY_METRIC
from wordvec.vectors.keyed_vectors import KeyedVectors
from wordvec.vectors.query_terms import Filter, Neighbours, named, row_mask, row_range, rows_of_words, weighted
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from typing_extensions import Self

Doubles = NDArray[np.float64]
STEEPNESS = 1000.0  # of the entailment score, as in Nickel & Kiela (2017)


class PoincareVectors(KeyedVectors):
    """Nodes and their points in the Poincare ball, float64 [V, D]: `KeyedVectors` whose metric is not the cosine.

    The distance of u and v is arcosh(1 + 2 |u - v|^2 / ((1 - |u|^2) (1 - |v|^2))), their similarity 1 / (1 + distance),
    as in gensim. The origin is the root of a tree, and what is far from it is deep. What needs sums, angles or lengths
    of vectors (means, analogies, centring, codecs) has no meaning here and is refused. Points are kept in float64, in
    memory and in files, as float32 cannot hold those near the border; distances lose precision there, too: at a
    distance of d from the origin about e^d 10^-16 of it.

    >>> vectors = PoincareVectors(["root", "left", "right"], [[0, 0], [-0.5, 0], [0.5, 0]])
    >>> round(vectors.distance("root", "left"), 4), round(vectors.distance("left", "right"), 4)
    (1.0986, 2.1972)
    >>> vectors.most_similar("left", topn=1)[0][0], vectors.closest_parent("right"), vectors.metric
    ('root', 'root', 'poincare')
    """

    def __init__(
        self,
        words: Vocabulary | Iterable[str | bytes],
        vectors: Rows | ArrayLike | None = None,
        counts: ArrayLike | None = None,
        metadata: Mapping[str, Any] | None = None,
        **parts: Any,
    ) -> None:
        for name in ("context", "subwords", "transforms", "tokenizer"):
            if parts.get(name) is not None:
                raise OptionError(f"{name} must be left out: points of the Poincare ball cannot have it")
        if isinstance(vectors, Rows) and not isinstance(vectors, Ball):
            raise OptionError(f"vectors must be points of the Poincare ball; got {vectors!r} of the metric cosine")
        rows = vectors if vectors is None or isinstance(vectors, Ball) else Ball(vectors)
        super().__init__(words, rows, counts, metadata, **parts)
        if self.oov != "raise":
            raise OptionError(f"oov must be 'raise': unknown nodes have no place in a tree; got {self.oov!r:.60}")

    def __repr__(self) -> str:
        return super().__repr__().replace("KeyedVectors", "PoincareVectors", 1)

    @property
    def ball(self) -> Ball:
        """The points as rows."""
        return cast(Ball, self._rows)

    def _point(self, node: Any) -> Doubles:
        """[D] the point of a node or a vector; OptionError where it is not inside the ball."""
        point: Doubles = np.asarray(self[node] if isinstance(node, str) else self._as_vector(node), np.float64)
        if not float(point @ point) < 1:
            raise OptionError(f"a point must be inside the unit ball; the length of {node!r:.60} is not below 1")
        return point

    # Distances

    def distance(self, w1: str | ArrayLike, w2: str | ArrayLike) -> float:
        """The distance of two nodes, or points, in the ball; from 0, without bound."""
        points = self._point(w1), self._point(w2)
        return float(ball_distances(Ball(points[:1]), points[1])[0])

    def similarity(self, w1: str, w2: str) -> float:
        """1 / (1 + distance): 1 for the same point, towards 0 far from each other; of one node and itself 1."""
        return 1 / (1 + self.distance(w1, w2))

    def distances(self, word_or_vector: str | ArrayLike, other_words: Iterable[str] = ()) -> Any:
        """Float64 distances to each of `other_words`, or to every node where there are none."""
        query, others = self._point(word_or_vector), listed_words(other_words, "other_words")
        rows = Ball(np.array([self._point(word) for word in others])) if others else self.ball
        return ball_distances(rows, query)

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        *,
        within: Filter | None = None,
        exclude: Filter | None = None,
        min_score: float | None = None,
        workers: int | None = None,
    ) -> Any:
        """The nodes nearest to one node or point: [(node, similarity)], the similarity being 1 / (1 + distance).

        The node itself is left out. The rows that compete are those of `KeyedVectors.most_similar`; with `topn=None`,
        all similarities as float64. Several positive terms, negative ones and an index are refused: points have no sum.
        """
        if indexer is not None:
            raise OptionError("indexer must be left out: an index searches by cosine, and these are points of the ball")
        query, own = self._one(positive, negative)
        start, stop = row_range(self, clip_start, clip_end, restrict_vocab)
        if topn is None:
            return 1 / (1 + ball_distances(self.ball, query, start, stop))
        if (topn := whole("topn", topn)) < 1:
            return Neighbours()
        return self._nearest_nodes(query, topn, own, start, stop, row_mask(self, within, exclude), min_score)

    def most_similar_batch(
        self,
        queries: Sequence[Any] | NDArray[Any],
        topn: int = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        **options: Any,
    ) -> list[Neighbours]:
        """`most_similar` of each of several nodes or points."""
        if isinstance(queries, str):
            raise OptionError(f"queries must be a list of them; got the one word {queries!r}: use most_similar")
        chosen = topn, clip_start, clip_end, restrict_vocab, indexer
        return [self.most_similar(query, None, *chosen, **options) for query in queries]

    def closer_than(self, key1: str, key2: str) -> list[str]:
        """The nodes that are closer to `key1` than `key2` is, in row order."""
        near = ball_distances(self.ball, self._point(key1)) < self.distance(key1, key2)
        near[rows_of_words(self, (key1, key2))] = False
        return [self._vocabulary[row] for row in np.flatnonzero(near).tolist()]

    nodes_closer_than = closer_than

    def _one(self, positive: Any, negative: Any) -> tuple[Doubles, list[int]]:
        """The point [D] of a query, and the rows of its word; OptionError for several terms, weights or negatives."""
        terms = weighted(positive, 1.0)
        if (negative is not None and len(weighted(negative, -1.0))) or len(terms) != 1 or terms[0][1] != 1:
            raise OptionError(
                "a query must be one node or one point, without a weight: points of the Poincare ball have no sum or "
                f"difference, so that there are no analogies; got positive={positive!r:.60}, negative={negative!r:.60}"
            )
        return self._point(terms[0][0]), rows_of_words(self, [terms[0][0]])

    def _nearest_nodes(
        self,
        query: Doubles,
        topn: int,
        own: list[int],
        start: int = 0,
        stop: int | None = None,
        mask: NDArray[np.bool_] | None = None,
        min_score: float | None = None,
    ) -> Neighbours:
        most = np.inf if min_score is None or min_score <= 0 else 1 / min_score - 1
        options: dict[str, Any] = {"exclude": own, "start": start, "stop": stop, "within": mask, "most": most}
        rows, distances = nearest_points(self.ball, query, topn, **options)
        return named(self, rows[None], (1 / (1 + distances))[None])[0]

    # The tree

    def norm(self, node: str | ArrayLike) -> float:
        """The Euclidean length of a point, from 0 to 1: the larger, the deeper in the tree."""
        point = self._point(node)
        return float(np.sqrt(point @ point))

    def depth(self, node: str | ArrayLike) -> float:
        """The distance of a node or point from the origin."""
        point = self._point(node)
        left = 1 - float(point @ point)
        return float(arcosh_1(np.array(2 * (1 - left) / left)))

    def difference_in_hierarchy(self, node1: str | ArrayLike, node2: str | ArrayLike) -> float:
        """norm(node2) - norm(node1): above 0 where the first node is higher in the tree."""
        return self.norm(node2) - self.norm(node1)

    def entailment(self, child: str | ArrayLike, parent: str | ArrayLike, steepness: float = STEEPNESS) -> float:
        """The score that `child` is a kind of `parent`: -(1 + steepness (|parent| - |child|)) distance.

        Nickel & Kiela 2017, for graded entailment such as HyperLex; the higher, the more so. It is above 0
        where the parent lies nearer to the origin.

        >>> vectors = PoincareVectors(["animal", "dog"], [[0.1, 0], [0.8, 0.1]])
        >>> vectors.entailment("dog", "animal") > 0 > vectors.entailment("animal", "dog")
        True
        """
        return -(1 + steepness * (self.norm(parent) - self.norm(child))) * self.distance(child, parent)

    def parents(self, node: str | ArrayLike, topn: int = 10) -> Neighbours:
        """The nearest nodes that lie nearer to the origin: [(node, similarity)], best first."""
        return self._relatives(node, topn, higher=True)

    def children(self, node: str | ArrayLike, topn: int = 10) -> Neighbours:
        """The nearest nodes that lie farther from the origin: [(node, similarity)], best first."""
        return self._relatives(node, topn, higher=False)

    def closest_parent(self, node: str | ArrayLike) -> str | None:
        """The first of `parents`; None where no node is higher."""
        return next((name for name, _ in self.parents(node, 1)), None)

    def closest_child(self, node: str | ArrayLike) -> str | None:
        """The first of `children`; None where no node is lower."""
        return next((name for name, _ in self.children(node, 1)), None)

    def ancestors(self, node: str | ArrayLike) -> list[str]:
        """The closest parent, the closest parent of it, and so on."""
        return self._chain(self.closest_parent, node, len(self))

    def descendants(self, node: str | ArrayLike, max_depth: int = 5) -> list[str]:
        """The closest child, the closest child of it, and so on, at most `max_depth` nodes."""
        return self._chain(self.closest_child, node, whole("max_depth", max_depth))

    @staticmethod
    def _chain(step: Any, node: Any, most: int) -> list[str]:
        found: list[str] = []
        while len(found) < most and (following := step(found[-1] if found else node)) is not None:
            found.append(following)
        return found

    def _relatives(self, node: Any, topn: int, higher: bool) -> Neighbours:
        """The nearest nodes on one side of a node's distance from the origin."""
        squares = self._squares
        own = rows_of_words(self, [node]) if isinstance(node, str) else []
        square = float(squares[own[0]]) if own else float(np.square(self._point(node)).sum())
        mask = squares < square if higher else squares > square
        return self._nearest_nodes(self._point(node), whole("topn", topn), own, mask=mask)

    @property
    def _squares(self) -> Doubles:
        """[V] the squared lengths of all points."""
        squares: Doubles = np.einsum("ij,ij->i", self.ball.array, self.ball.array)
        return squares

    def plot(self, words: Any = None, **options: Any) -> Any:
        """Nodes in the Poincare disc as a Figure of matplotlib: `wordvec.plot.tree`, whose options it takes."""
        from wordvec.plot import tree

        return tree(self, words, **options)

    # Other vectors

    def get_vector(self, key: str, norm: bool = False) -> Any:
        """The point of a node, [D] float64. A point has no direction to bring to length 1: `norm` is refused."""
        if norm:
            raise OptionError("norm must be False: a point of the Poincare ball has no direction of length 1")
        return super().get_vector(key)

    def vectors_for_all(self, keys: Iterable[str], allow_inference: bool = True, copy_vecattrs: bool = False) -> Self:
        """The points of those of some nodes that there are, in their order, each once; attributes come with them."""
        wanted = dict.fromkeys(strings(keys, "keys", mapping=True))
        return self.subset([word for word in wanted if word in self._vocabulary])

    def with_oov(self, policy: Any) -> Self:
        """The same points; any OOV policy but "raise" is refused, since unknown nodes have no place in a tree."""
        if getattr(policy, "public", policy) not in ("raise", "auto"):
            raise OptionError(f"oov must be 'raise': unknown nodes have no place in a tree; got {policy!r:.60}")
        return super().with_oov(policy)


_SUMS, _ANGLES = "points have no sum, mean or length to be scaled by", "a score of the cosine"
_REFUSED = {
    **dict.fromkeys(("get_mean_vector", "n_similarity", "rank_by_centrality", "doesnt_match"), _SUMS),
    **dict.fromkeys(("get_normed_vectors", "unit_normalize_all", "evaluate_word_analogies"), _SUMS),
    **dict.fromkeys(("transformed", "rotate_pca", "truncate", "apply_transforms"), _SUMS),
    **dict.fromkeys(("most_similar_cosmul", "relative_cosine_similarity", "evaluate_word_pairs"), _ANGLES),
    "wmdistance": "its cost is the Euclidean distance",
    **dict.fromkeys(("compress", "compress_subwords", "decompress", "prune"), "codecs round points out of their place"),
    **dict.fromkeys(("merge", "dedupe"), "points of two trees are in different places for the same reasons"),
    **dict.fromkeys(("add_vector", "add_vectors", "__setitem__"), "points are fitted together, not changed one by one"),
    "sort_by_descending_frequency": "points are not changed in place",
}


def _refusing(name: str, why: str) -> Any:
    def refuse(self: PoincareVectors, *arguments: Any, **options: Any) -> NoReturn:
        raise OptionError(f"{name} must be asked of vectors of the metric cosine; these are points of the ball: {why}")

    refuse.__name__ = name
    refuse.__doc__ = f"Refused with OptionError: {why}."
    return refuse


for _name, _why in _REFUSED.items():
    setattr(PoincareVectors, _name, _refusing(_name, _why))

BY_METRIC[Ball.metric] = PoincareVectors
