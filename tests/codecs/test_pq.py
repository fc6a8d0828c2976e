"""Product quantisation: codebooks, rotations, samples."""

import numpy as np
import pytest
from codec_variants import vectors

from wordvec._kernels import kmeans
from wordvec.base.errors import OptionError
from wordvec.codecs import codebooks, encode
from wordvec.codecs.rotation import balanced, pca_rotation, random_rotation
from wordvec.rows.norms import row_norms


def distortion(encoded, matrix):
    return float(np.square(np.asarray(encoded) - matrix).sum() / np.square(matrix).sum())


def test_more_parts_lose_less():
    matrix = vectors(13, 1500, 24)
    lost = [distortion(encode(matrix, "pq", m=m), matrix) for m in (2, 6, 12, 24)]
    assert lost == sorted(lost, reverse=True) and lost[-1] < 1e-4


def test_few_distinct_parts_lose_nothing():
    rng = np.random.default_rng(14)
    kinds = rng.integers(-3, 4, (200, 4)).astype(np.float32)
    matrix = np.concatenate([kinds[rng.integers(0, 200, 900)] for _ in range(3)], axis=1)
    scale = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix = matrix[scale[:, 0] > 0]
    norms = np.ones(len(matrix), np.float32)  # rows as they are: at length 1 there would be more kinds of parts
    rows = np.ascontiguousarray(matrix)
    books = codebooks.train(rows, 3, 4, seed=0)
    assert (codebooks.decode(codebooks.nearest(rows, books).T, books, 12) == rows).all() and norms.all()
    few = np.repeat(vectors(15, 250, 8), 4, axis=0)
    encoded = encode(few, "pq", m=2)
    np.testing.assert_allclose(np.asarray(encoded), few, rtol=1e-5, atol=1e-6)


def test_encoding_decoded_rows_gives_their_codes():
    matrix = vectors(16)
    for options in ({"m": 10}, {"m": 7}):
        encoded = encode(matrix, "pq", **options)
        again = encode(np.asarray(encoded), "pq", norms=encoded.norms, like=encoded)
        assert (again.codes == encoded.codes).all()
    more = encode(vectors(17, 30), "pq", like=encoded)
    assert more.codebook is encoded.codebook and distortion(more, vectors(17, 30)) < 1
    with pytest.raises(OptionError, match="like must have rows of 4"):
        encode(matrix[:, :4], "pq", like=encoded)


def test_a_rotation_helps_where_dimensions_differ():
    rng = np.random.default_rng(18)
    matrix = (rng.standard_normal((2000, 16)) * 0.7 ** np.arange(16)) @ random_rotation(16, 1)
    matrix = matrix.astype(np.float32)
    plain, turned = (distortion(encode(matrix, "pq", m=4, opq=opq), matrix) for opq in (False, True))
    assert turned <= 1.01 * plain
    rotation = encode(matrix, "pq", m=4, opq=True).rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(16), atol=1e-5)


def test_samples_follow_square_roots_of_counts():
    matrix = np.ones((1 << 17, 1), np.float32)
    counts = np.where(np.arange(1 << 17) < 1 << 16, 10_000, 1)
    matrix[: 1 << 16] = -1
    rows = codebooks.sample(matrix, row_norms(matrix), counts, 0)
    assert len(rows) == 1 << 16 and (rows < 0).mean() > 0.9
    assert (codebooks.sample(matrix, row_norms(matrix), None, 0) < 0).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 70])
@pytest.mark.parametrize("count", [1, 31, 64, 101])
def test_nearest_centroids_on_every_machine(size, count):
    rng = np.random.default_rng(size)
    points = rng.standard_normal((2 * size, count)).astype(np.float32)
    books = rng.standard_normal((2, 19, size)).astype(np.float32)
    books[:, 7] = books[:, 4]  # the first of equal ones
    far = np.square(points.reshape(2, size, 1, count) - books.transpose(0, 2, 1)[..., None].astype(float)).sum(1)
    for level in (0, 1, 2):
        labels = np.empty((2, count), np.uint8)
        kmeans.nearest(points, books, labels, np.empty(count, np.float32), level)
        assert (labels == far.argmin(axis=1)).all()


def test_principal_axes():
    rng = np.random.default_rng(19)
    matrix = (rng.standard_normal((800, 20)) * np.linspace(3, 0.1, 20) + 0.5).astype(np.float32)
    matrix = matrix @ random_rotation(20, 0)
    rotation = pca_rotation(matrix)
    assert rotation.shape == (20, 20) and rotation.dtype == np.float32
    turned = matrix @ rotation.T
    unit, turned_unit = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (matrix, turned))
    np.testing.assert_allclose(unit[:50] @ unit.T, turned_unit[:50] @ turned_unit.T, atol=1e-5)
    values = np.linalg.eigvalsh(matrix.T.astype(np.float64) @ matrix)[::-1]
    for prefix in (1, 5, 19):
        rebuilt = turned[:, :prefix].astype(np.float64) @ rotation[:prefix]
        assert np.square(matrix - rebuilt).sum() == pytest.approx(values[prefix:].sum(), rel=1e-3)
    counts = rng.integers(1, 9, 800)
    repeated = pca_rotation(np.repeat(matrix, counts, axis=0))
    np.testing.assert_allclose(pca_rotation(matrix, counts=counts), repeated, atol=1e-4)
    norms = row_norms(matrix)
    np.testing.assert_allclose(pca_rotation(matrix, norms), pca_rotation(unit), atol=1e-3)
    with pytest.raises(OptionError, match="counts"):
        pca_rotation(matrix, counts=[1])


def test_axes_are_shared_out_evenly():
    values = 2.0 ** -np.arange(12)
    order = balanced(values, 3)
    assert sorted(order.tolist()) == list(range(12))
    products = values[order].reshape(4, 3).prod(axis=1)
    assert products.max() / products.min() <= 8 < values[:3].prod() / values[9:].prod()
    assert sorted(balanced(np.zeros(5), 2).tolist()) == list(range(5))
