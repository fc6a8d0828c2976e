"""Points computed from a tree: the combinatorial construction and hyperbolic MDS, by distances and closed forms."""

import lzma

import numpy as np
import pytest

from tests.trainers.test_poincare import MAMMALS, closure
from wordvec import CorpusError, OptionError, Poincare, Relations
from wordvec.evaluate import reconstruction
from wordvec.trainers.tree_points import direct_pairs, directions, h_mds, moved, to_ball, to_hyperboloid, towards


def edges(depth):
    return [(node, node[:-1]) for node, parent in closure(depth) if parent == node[:-1]]


def ball_distances(points):
    gaps = np.square(points[:, None] - points[None]).sum(axis=2)
    left = 1 - np.square(points).sum(axis=1)
    return np.arccosh(1 + 2 * gaps / np.outer(left, left))


@pytest.mark.parametrize("size", [2, 3, 5, 20])
def test_a_binary_tree_is_placed_without_distortion(size):
    """Sarkar 2011: all edges have their length exactly, and distances of all nodes are near those in the tree."""
    pairs = edges(6)
    vectors = Poincare(vector_size=size, method="combinatorial", workers=1).fit(pairs)
    length = vectors.metadata["tree"]["edge_length"]
    assert vectors.metadata["tree"]["radius"] == 5 and length == 7
    np.testing.assert_allclose([vectors.distance(*pair) for pair in pairs], length, rtol=1e-2)  # at the border
    assert reconstruction(vectors, pairs, directed=False).map == 1
    assert vectors.depth("1") < 1e-9 and 0.9 < vectors.depth("11111") / (4 * length) <= 1
    apart = vectors.distance("11111", "10101")  # eight edges
    assert 0.9 < apart / (8 * length) <= 1


@pytest.mark.parametrize("pairs", [[(f"n{i}", f"n{i + 1}") for i in range(9)], [(f"n{i}", "hub") for i in range(30)]])
@pytest.mark.parametrize("method", ["combinatorial", "h-mds"])
def test_paths_and_stars(pairs, method):
    """A path is exact in any dimension; the leaves of a star are all twice as far from each other as from the hub."""
    vectors = Poincare(vector_size=30, method=method, edge_length=1.5).fit(pairs)
    np.testing.assert_allclose([vectors.distance(*pair) for pair in pairs], 1.5, rtol=0.35)
    assert reconstruction(vectors, pairs, directed=False).map == 1
    if pairs[0][1] != "hub":
        assert vectors.distance("n0", "n9") == pytest.approx(13.5, rel=1e-4)


def test_h_mds_finds_points_again():
    """Distances of points of the ball come back exactly, by other points that an isometry has moved."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.4, 0.4, (40, 3))
    wanted = ball_distances(points)
    found = h_mds(wanted, 3)
    np.testing.assert_allclose(ball_distances(found), wanted, atol=1e-5)
    assert h_mds(wanted, 50).shape == (40, 50)
    rough = np.abs(ball_distances(h_mds(wanted, 2)) - wanted).mean()
    assert 0.01 < rough < np.abs(ball_distances(h_mds(wanted, 1)) - wanted).mean()


@pytest.mark.parametrize(
    ("distances", "said"),
    [
        (np.ones((2, 3)), "a square of finite numbers"),
        ([[0, 1], [2, 0]], "must be symmetric"),
        ([[1, 1], [1, 1]], "0 on the diagonal"),
        ([[0, np.inf], [np.inf, 0]], "a square of finite numbers"),
        ([[0, 99], [99, 0]], "must be at most 25"),
    ],
)
def test_h_mds_takes_distances_only(distances, said):
    with pytest.raises(OptionError, match=said):
        h_mds(distances, 2)


def test_isometries():
    rng = np.random.default_rng(0)
    points, by = rng.uniform(-0.4, 0.4, (6, 3)), np.array([0.3, -0.5, 0.2])
    np.testing.assert_allclose(ball_distances(moved(by, points)), ball_distances(points), atol=1e-9)
    np.testing.assert_allclose(moved(by, np.zeros((1, 3)))[0], by)
    np.testing.assert_allclose(to_ball(to_hyperboloid(points)), points, atol=1e-12)
    seen = moved(-points[0], points[1][None])[0]
    np.testing.assert_allclose(towards(points[0], points[1]), seen / np.linalg.norm(seen), atol=1e-12)


@pytest.mark.parametrize(
    ("count", "size", "cosine"), [(5, 2, np.cos(2 * np.pi / 5)), (4, 3, -1 / 3), (3, 9, -0.5), (12, 3, 0.6)]
)
def test_directions_are_far_from_each_other(count, size, cosine):
    units = directions(count, size, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1)
    products = units @ units.T
    assert products[~np.eye(count, dtype=bool)].max() <= cosine + 1e-9
    assert np.array_equal(directions(1, 3, np.random.default_rng(0)).shape, (1, 3))


def test_a_closure_is_reduced_to_direct_parents_and_several_trees_have_the_origin_between_them():
    assert len(direct_pairs(Relations.of(closure(5)))) == len(edges(5))
    one, other = (Poincare(vector_size=3, method="combinatorial").fit(pairs) for pairs in (closure(5), edges(5)))
    assert reconstruction(one, edges(5), directed=False).map == reconstruction(other, edges(5), directed=False).map == 1
    two = [("b", "a"), ("c", "a"), ("y", "x"), ("z", "x")]
    vectors = Poincare(vector_size=2, method="combinatorial").fit(two)
    assert vectors.depth("a") == pytest.approx(vectors.depth("x")) and vectors.depth("a") < vectors.depth("b")
    with pytest.raises(CorpusError, match="must be connected for method h-mds"):
        Poincare(vector_size=2, method="h-mds").fit(two)
    with pytest.warns(UserWarning, match="no tree"):
        cycle = Poincare(vector_size=2, method="combinatorial").fit([("a", "b"), ("b", "c"), ("c", "a")])
    assert np.isfinite(cycle.vectors).all()


def test_what_cannot_be_computed_is_refused(tmp_path):
    with pytest.raises(OptionError, match="vector_size must be at least 2"):
        Poincare(vector_size=1, method="combinatorial").fit(edges(3))
    with pytest.raises(
        OptionError, match=r"edge_length must be at most 17\.5 for a tree whose farthest node is 2 edges"
    ):
        Poincare(vector_size=2, method="combinatorial", edge_length=18).fit(edges(3))
    with pytest.raises(OptionError, match=r"edge_length must be at most 6\.25 for these distances"):
        Poincare(vector_size=2, method="h-mds", edge_length=7).fit(edges(3))
    with pytest.raises(OptionError, match="method combinatorial is computed at once"):
        Poincare(vector_size=2, method="combinatorial").fit(edges(3), checkpoint=tmp_path / "kept")


def test_callbacks_are_called_once():
    seen = []
    vectors = Poincare(vector_size=2, method="combinatorial").fit(edges(3), callbacks=seen.append)
    assert [epoch.number for epoch in seen] == [1] and seen[0].vectors is vectors and seen[0].loss is None


@pytest.mark.slow
@pytest.mark.skipif(MAMMALS is None, reason="needs shared/data/trees")
def test_the_tree_of_the_mammals():
    """The figures of docs/trees.md: Sala et al. report .989 in two dimensions, with far more digits."""
    names = {name for line in MAMMALS.read_text("utf-8").splitlines() for name in line.split("\t")}
    with lzma.open(MAMMALS.with_name("nouns-direct.tsv.xz"), "rt", encoding="utf-8") as lines:
        direct = [tuple(line.rstrip("\n").split("\t")) for line in lines]
    parent: dict[str, str] = {}
    for child, above in direct:
        if child in names and above in names:
            parent.setdefault(child, above)
    pairs = list(parent.items())
    scores = {
        size: reconstruction(Poincare(vector_size=size, method="combinatorial").fit(pairs), pairs, directed=False).map
        for size in (2, 3)
    }
    assert len(pairs) == 1176 and scores[3] > 0.98 and scores[2] > 0.9
