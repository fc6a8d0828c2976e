"""Mean rank and MAP of relations against plain ranking."""

import numpy as np
import pytest

from wordvec import KeyedVectors, OptionError, PoincareVectors
from wordvec._kernels import ball as kernel
from wordvec.evaluate import reconstruction


def tree(nodes=700, seed=0):
    """Random points, ties among them, and relations between them."""
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(-0.5, 0.5, (nodes, 3))
    matrix[::7] = matrix[3]
    pairs = [(f"n{child}", f"n{parent}") for child in range(1, nodes, 3) for parent in set(rng.integers(0, child, 4))]
    return PoincareVectors([f"n{i}" for i in range(nodes)], matrix), pairs


def plain(vectors, pairs, known=()):
    """The ranks of all pairs and the mean average precision, by definition."""
    ranks, precisions = [], []
    for child in sorted({child for child, _ in pairs}):
        parents = [parent for one, parent in pairs if one == child]
        linked = {child, *parents, *(parent for one, parent in known if one == child)}
        far = dict(zip(vectors, vectors.distances(child).round(12), strict=True))
        rivals = np.sort([value for node, value in far.items() if node not in linked])
        own = np.sort(1 + np.searchsorted(rivals, [far[parent] for parent in parents], "left"))
        ranks += own.tolist()
        precisions.append(np.mean((np.arange(len(own)) + 1) / (own + np.arange(len(own)))))
    return np.mean(ranks), np.mean(precisions)


def test_against_plain_ranking():
    vectors, pairs = tree()
    both = [*pairs, *((parent, child) for child, parent in pairs)]
    for given, asked, options in (
        (pairs, pairs, {}),
        (both, pairs, {"directed": False}),
        (pairs[:50], pairs[:50], {"known": pairs}),
    ):
        result = reconstruction(vectors, asked, workers=2, **options)
        expected = plain(vectors, given, pairs if "known" in options else ())
        assert (result.mean_rank, result.map) == pytest.approx(expected, abs=1e-12)
        assert result.pairs == len(given) and result.missing == 0
    assert result.mean_rank > 1 and result.map < 1


@pytest.mark.parametrize("level", [0, 1, 2])
def test_all_simd_levels_agree(level):
    points = np.ascontiguousarray(tree(1100)[0].vectors, np.float64)
    turned, left = np.ascontiguousarray(points.T), 1 / (1 - (points**2).sum(axis=1))
    targets = np.array([1, 5, 1000], np.int32)
    scores, counts = np.empty(3), np.empty(3, np.int64)
    kernel.scores(points, turned, left, 9, targets, scores, level)
    np.testing.assert_allclose(scores, ((points[9] - points[targets]) ** 2).sum(axis=1) * left[targets], rtol=1e-12)
    kernel.nearer(points, turned, left, 9, np.sort(scores), targets, counts, level)
    every = ((points[9] - points) ** 2).sum(axis=1) * left
    every[[9, *targets]] = np.inf
    assert counts.tolist() == [int((every < score - 1e-12).sum()) for score in np.sort(scores)]


def test_pairs_without_vectors_are_told():
    vectors = PoincareVectors(["a", "b"], [[0.1], [0.2]])
    with pytest.warns(UserWarning, match="1 of 2 pairs are of nodes without a vector"):
        result = reconstruction(vectors, [("a", "b"), ("a", "x")])
    assert (result.pairs, result.missing, result.nodes, result.map) == (1, 1, 1, 1.0)
    with pytest.raises(OptionError, match="none of 1 pairs is"):
        reconstruction(vectors, [("x", "y")])
    with pytest.raises(OptionError, match="must be PoincareVectors"):
        reconstruction(KeyedVectors(["a"], [[1.0]]), [("a", "b")])
