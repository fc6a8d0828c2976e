"""Layouts: principal components as numpy has them, the same every time; UMAP and t-SNE if installed; clusters."""

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.base.errors import OptionError
from wordvec.transforms import layout as by

needs = {"umap": "umap", "tsne": "openTSNE"}


def random_vectors(words=80, dim=7, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(words, dim)) * np.linspace(3, 0.5, dim) + 0.5
    return KeyedVectors([f"w{i}" for i in range(words)], rows.astype(np.float32))


def by_svd(rows, dimensions):
    """Coordinates and shares by numpy: the slow twin."""
    units = rows.astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    left, values, _ = np.linalg.svd(units - units.mean(axis=0), full_matrices=False)
    points = (left * values)[:, :dimensions]
    farthest = points[np.abs(points).argmax(axis=0), np.arange(dimensions)]
    return points * np.sign(farthest), (values**2 / (values**2).sum())[:dimensions]


@pytest.mark.parametrize("words", [80, 7, 5])  # more words than dimensions, as many, fewer: two ways to compute it
@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_pca_is_the_svd_of_centred_unit_rows(words, dimensions):
    kv = random_vectors(words)
    points, shares = by_svd(kv.vectors, dimensions)
    layout = kv.layout(dimensions=dimensions)
    assert layout.points.dtype == np.float32 and layout.words == list(kv)
    assert np.allclose(layout.points, points, atol=1e-6) and np.allclose(layout.explained, shares, atol=1e-6)


def test_blocks_of_rows_make_no_difference(monkeypatch):
    kv = random_vectors(500)
    whole = kv.layout(clusters=3)
    monkeypatch.setattr("wordvec.transforms.fitting._BLOCK_BYTES", 8 * 7 * 13)
    parts = kv.layout(clusters=3)
    assert np.allclose(whole.points, parts.points, atol=1e-6) and np.array_equal(whole.clusters, parts.clusters)


def test_the_first_words_and_given_words():
    kv = random_vectors()
    first, given = kv.layout(topn=30), kv.layout([f"w{i}" for i in range(30)])
    assert first.words == given.words and len(first) == 30 and np.array_equal(first.points, given.points)
    assert len(kv.layout(topn=1000)) == len(kv)
    turned = kv.layout(given.words[::-1])
    assert np.allclose(turned.points[::-1], given.points, atol=1e-6)


@pytest.mark.parametrize("codec", ["int8", "float16", "pq"])
def test_encoded_rows_are_laid_out_as_they_decode(codec):
    kv = random_vectors(400, 8)
    small = kv.compress(codec)
    decoded = KeyedVectors(list(kv), np.asarray(small.vectors))
    assert np.allclose(small.layout().points, decoded.layout().points, atol=1e-6)


def test_words_that_share_rows_share_points():
    kv = KeyedVectors(["a", "b", "c", "d"], [[1, 0], [1, 0], [0, 1], [1, 1]]).dedupe()
    layout = kv.layout()
    a, b = (layout.points[layout.words.index(word)] for word in "ab")
    assert len(kv.vectors) == 3 and np.array_equal(a, b)


def test_one_word_and_two_words():
    kv = KeyedVectors(["a", "b"], [[1, 2, 3], [-2, 1, 0]])
    one = kv.layout(["a"], clusters=4)
    assert one.points.tolist() == [[0, 0]] and one.explained == [0, 0] and one.clusters.tolist() == [0]
    two = kv.layout()
    assert np.allclose(two.points, [[0.5**0.5, 0], [-(0.5**0.5), 0]], atol=1e-6) and two.explained == pytest.approx(
        [1, 0]
    )


def test_equal_vectors_and_vectors_of_zeros_lie_in_the_centre():
    equal = KeyedVectors([f"w{i}" for i in range(20)], np.ones((20, 3))).layout(clusters=5)
    assert not equal.points.any() and equal.explained == [0, 0] and not equal.clusters.any()
    rows = np.array(random_vectors(30).vectors)
    without = KeyedVectors([f"w{i}" for i in range(30)], rows).layout().points
    rows = np.concatenate([rows, np.zeros((1, 7), np.float32)])
    with_zeros = KeyedVectors([f"w{i}" for i in range(31)], rows).layout().points
    assert with_zeros[30].tolist() == [0, 0] and np.allclose(with_zeros[:30], without, atol=1e-6)


def test_long_vectors_do_not_overflow():
    kv = random_vectors()
    assert np.allclose(KeyedVectors(list(kv), kv.vectors * 1e30).layout().points, kv.layout().points, atol=1e-6)


@pytest.mark.parametrize("words", [3, 30])
def test_vectors_that_are_not_finite_are_refused(words):
    rows = np.array(random_vectors(words).vectors)
    rows[2, 1] = np.nan
    with pytest.raises(OptionError, match="finite numbers; row 2 holds NaN or infinity"):
        KeyedVectors([f"w{i}" for i in range(words)], rows).layout()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"method": "isomap"}, "method must be one of pca, umap, tsne; got 'isomap'"),
        ({"dimensions": 4}, "dimensions must be an integer >= 1 and <= 3; got 4"),
        ({"words": ["w1"], "topn": 3}, "words or topn must be given, not both"),
        ({"words": []}, "words must hold one word or more"),
        ({"topn": 0}, "topn must be an integer >= 1"),
        ({"clusters": 257}, "clusters must be an integer >= 1 and <= 256"),
        ({"words": ["w1", "w2"], "method": "umap"}, "words must be 5 or more with method 'umap'; got 2"),
        ({"method": "tsne", "dimensions": 3}, "dimensions must be 2 or less with method 'tsne'"),
    ],
)
def test_what_is_refused(options, text):
    with pytest.raises(OptionError, match=text):
        random_vectors().layout(**options)


@pytest.mark.slow  # numba compiles UMAP
@pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning")
@pytest.mark.parametrize("method", ["umap", "tsne"])
class TestOfALibrary:
    """Three groups of words far from each other."""

    @pytest.fixture(autouse=True)
    def installed(self, method):
        pytest.importorskip(needs[method], reason=f"{needs[method]} is not installed")

    @staticmethod
    def groups():
        rng = np.random.default_rng(3)
        rows = 4 * np.eye(3, 6)[np.arange(45) % 3] + rng.normal(0, 0.3, (45, 6))
        return KeyedVectors([f"w{i}" for i in range(45)], rows)

    def test_groups_stay_apart_and_the_layout_repeats(self, method):
        shares = []
        first = self.groups().layout(method=method, workers=1, progress=shares.append)
        again = self.groups().layout(method=method, workers=1)
        assert np.array_equal(first.points, again.points) and first.explained is None and first.method == method
        assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)
        distances = np.linalg.norm(first.points[:, None] - first.points, axis=2)
        np.fill_diagonal(distances, np.inf)
        nearest = distances.argmin(axis=1)
        assert ((nearest % 3) == np.arange(45) % 3).all()
        other = self.groups().layout(method=method, workers=1, seed=1).points
        assert other.shape == (45, 2) and np.isfinite(other).all()

    def test_progress_can_end_it(self, method):
        def tell(share):
            if share > 0:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            self.groups().layout(method=method, workers=1, progress=tell)

    def test_equal_words(self, method):
        kv = KeyedVectors([f"w{i}" for i in range(9)], np.ones((9, 4)))
        assert not kv.layout(method=method).points.any()


def test_clusters_are_groups_numbered_by_size_and_named_by_their_middle():
    rng = np.random.default_rng(5)
    group = np.repeat([2, 0, 1], [5, 20, 10])
    rows = 4 * np.eye(3, 5)[group] + rng.normal(0, 0.2, (35, 5))
    kv = KeyedVectors([f"{'xyz'[g]}{i}" for i, g in enumerate(group)], rows)
    layout = kv.layout(clusters=3)
    assert layout.clusters.dtype == np.uint8 and np.array_equal(layout.clusters, group)
    assert [{word[0] for word in words} for words in layout.cluster_words] == [{"x"}, {"y"}, {"z"}]
    assert [len(words) for words in layout.cluster_words] == [3, 3, 3]
    assert np.array_equal(kv.layout(clusters=3).clusters, layout.clusters) and kv.layout().clusters is None


def test_words_in_the_middle_are_the_frequent_ones():
    points = np.array([[3], [1], [2], [0], [0], [0], [0]], np.float32)
    assert by.central(points, np.zeros(7, np.uint8), 2, among=3) == [[1, 2]]
    assert by.central(points[:0], np.zeros(0, np.uint8), 2) == []
