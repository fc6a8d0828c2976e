"""PPMI and its singular vectors: held to numpy in float64, to dense decompositions, and to what theory says."""

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

import wordvec
from wordvec._kernels import sparse as sparse_kernel
from wordvec._kernels import tall as tall_kernel
from wordvec.cooccurrence.pmi import row_parts
from wordvec.optim.sparse import Sparse, threads_of
from wordvec.optim.svd import columns_of, truncated

LEVELS = [0, 1, 2]


@pytest.fixture(scope="module")
def zipf_counts(zipf):
    """Counts of a text of 200,000 tokens with a long tail."""
    sentences = [line.split() for line in zipf.decode().split("\n")]
    return wordvec.count(sentences, window=2, min_count=5)


def counts_of(dense, offsets=None):
    """Counts with the given dense matrix."""
    matrix = csr_array(np.asarray(dense, np.float32))
    words = [f"w{i}" for i in range(matrix.shape[0])]
    text = [[word] * (len(words) - i) for i, word in enumerate(words)]
    vocabulary = wordvec.encode_corpus(text, min_count=1).vocabulary
    return wordvec.Cooccurrence(
        vocabulary, matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data, offsets=offsets
    )


def pmi_of(dense, shift=1.0, smoothing=0.75):
    """PMI less log shift of every cell, -inf where nothing was counted; in float64."""
    dense = np.asarray(dense, np.float64)
    rows, columns = dense.sum(axis=1, keepdims=True), dense.sum(axis=0, keepdims=True) ** smoothing
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.log(dense * columns.sum() / (rows * columns)), nan=-np.inf, neginf=-np.inf) - np.log(
            shift
        )


def as_sparse(matrix):
    matrix = csr_array(matrix)
    matrix.sort_indices()
    return Sparse(
        matrix.shape, matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32)
    )


def decompose(matrix, size, workers=2, **options):
    with threads_of(workers) as threads:
        return truncated(as_sparse(matrix), size, threads, **options)


def sine(found, exact):
    """The sine of the largest angle between two spaces, each given by orthonormal columns."""
    found = np.linalg.qr(found.astype(np.float64))[0]
    return np.linalg.norm(found - exact @ (exact.T @ found), 2)


def planted(rows, columns, values, seed=0):
    """A matrix with the given singular values: (matrix, left vectors, right vectors)."""
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.standard_normal((rows, len(values))))[0]
    right = np.linalg.qr(rng.standard_normal((columns, len(values))))[0]
    return (left * values) @ right.T, left, right


# PMI


@pytest.mark.parametrize("shift", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("smoothing", [0.75, 1.0])
def test_pmi_is_what_numpy_finds(shift, smoothing):
    rng = np.random.default_rng(1)
    dense = rng.poisson(0.6, (40, 40)) * rng.random((40, 40)).astype(np.float32)
    dense[7], dense[:, 9] = 0, 0
    counts, expected = counts_of(dense), pmi_of(dense.astype(np.float32), shift, smoothing)
    cells = np.nonzero(dense)
    np.testing.assert_allclose(counts.pmi(shift=shift, smoothing=smoothing), expected[cells], rtol=1e-6, atol=1e-6)
    found = counts.ppmi(shift=shift, smoothing=smoothing, keep_counts=True)
    np.testing.assert_allclose(found.to_scipy().toarray(), np.maximum(expected, 0), rtol=1e-6, atol=1e-6)
    assert (found.data > 0).all() and len(found.data) < len(cells[0]) and found.indptr[7] == found.indptr[8]
    raw = csr_array((found.counts, found.indices, found.indptr), shape=found.shape).toarray()
    assert np.array_equal(raw, np.where(expected > 1e-7, dense, 0).astype(np.float32))
    assert counts.ppmi().counts is None


def test_pmi_does_not_depend_on_the_workers(zipf_counts):
    one, three = (zipf_counts.ppmi(workers=workers) for workers in (1, 3))
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(one, name), getattr(three, name))
    assert np.array_equal(zipf_counts.pmi(workers=1), zipf_counts.pmi(workers=3))


def test_row_parts_cover_all_rows():
    indptr = np.cumsum([0, 5, 0, 0, 40, 1, 1, 1, 0])
    for cells in (1, 3, 10, 1000):
        parts = row_parts(indptr, cells)
        assert [first for first, _ in parts[1:]] == [last for _, last in parts[:-1]]
        assert (parts[0][0], parts[-1][1]) == (0, 8)
    assert len(row_parts(indptr, 10)) > 1


def test_independent_counts_have_no_pmi():
    rng = np.random.default_rng(2)
    counts = counts_of(np.outer(rng.integers(1, 1000, 50), rng.integers(1, 1000, 50)))
    assert np.abs(counts.pmi(smoothing=1.0)).max() < 1e-6
    assert len(counts.ppmi(smoothing=1.0).data) == 0
    vectors = wordvec.PPMISVD(vector_size=4, smoothing=1.0).fit(counts, keep_context=True)
    assert not vectors.vectors.any() and not vectors.context.any()
    assert vectors.metadata["svd"] == {"cells": 0, "rank": 0, "largest": 0.0, "smallest": 0.0, "explained": 1.0}


def test_sums(zipf_counts):
    dense = zipf_counts.to_scipy().toarray().astype(np.float64)
    rows, columns = zipf_counts.sums()
    np.testing.assert_allclose(rows, dense.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(columns, dense.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("wrong", [{"shift": 0}, {"shift": float("nan")}, {"smoothing": -1.0}, {"smoothing": np.inf}])
def test_pmi_refuses(zipf_counts, wrong):
    (name,) = wrong
    for method in (zipf_counts.pmi, zipf_counts.ppmi):
        with pytest.raises(wordvec.OptionError, match=f"{name} must be a finite number > 0; got"):
            method(**wrong)


# Products


@pytest.fixture(scope="module")
def uneven():
    """A sparse matrix [90, 70] with empty rows, a full row and an empty column."""
    dense = random_array((90, 70), density=0.2, rng=np.random.default_rng(3)).toarray()
    dense[5] = np.random.default_rng(4).standard_normal(70)
    dense[[0, 17, 18, 89]] = 0
    dense[:, 11] = 0
    return csr_array(dense.astype(np.float32))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("columns", [1, 3, 4, 8, 15, 16, 17, 31, 33, 64, 100, 131])
def test_sparse_times_dense(uneven, columns, level):
    dense = np.random.default_rng(columns).standard_normal((70, columns), np.float32)
    with threads_of(2, level) as threads:
        found = as_sparse(uneven).times(dense, threads)
    np.testing.assert_allclose(found, uneven.astype(np.float64) @ dense, rtol=1e-5, atol=1e-5)
    assert not found[[0, 17, 18, 89]].any()


def test_long_rows_are_summed_in_runs():
    """Small numbers after a large one, which a single sum in float32 would round away: a thousandth of the total."""
    long = csr_array(np.concatenate([[2.0**20], np.full(10**5, 0.01)]).astype(np.float32)[None])
    with threads_of(1) as threads:
        found = as_sparse(long).times(np.ones((long.shape[1], 8), np.float32), threads)
    np.testing.assert_allclose(found, long.astype(np.float64).sum(), rtol=5e-5)


@pytest.mark.parametrize("workers", [2, 3])
def test_products_do_not_depend_on_the_workers(zipf_counts, workers):
    matrix = zipf_counts.ppmi()
    sparse = Sparse(matrix.shape, matrix.indptr, matrix.indices, matrix.data)
    dense = np.random.default_rng(5).standard_normal((matrix.shape[1], 48), np.float32)
    products = []
    for count in (1, workers):
        with threads_of(count) as threads:
            turned = sparse.transposed(threads)
            products.append((sparse.times(dense, threads), turned.times(dense, threads), turned.indices, turned.data))
    assert all(np.array_equal(one, other) for one, other in zip(*products))


def test_rows_do_not_depend_on_their_part(uneven):
    sparse = as_sparse(uneven)
    dense = np.random.default_rng(6).standard_normal((70, 16), np.float32)
    whole, parts = np.empty((90, 16), np.float32), np.zeros((90, 16), np.float32)
    arrays = (sparse.indptr, sparse.indices, sparse.data)
    sparse_kernel.multiply(*arrays, 0, 90, dense, whole)
    for first in range(0, 90, 7):
        sparse_kernel.multiply(*arrays, first, min(first + 7, 90), dense, parts)
    assert np.array_equal(whole, parts)


def test_transposed(uneven):
    with threads_of(3) as threads:
        found = as_sparse(uneven).transposed(threads)
    expected = csr_array(uneven.T)
    expected.sort_indices()
    assert found.shape == (70, 90) and np.array_equal(found.indptr, expected.indptr)
    assert np.array_equal(found.indices, expected.indices) and np.array_equal(found.data, expected.data)


def test_products_refuse_what_does_not_fit(uneven):
    with threads_of(1) as threads, pytest.raises(ValueError, match="must have 70 rows; got 90"):
        as_sparse(uneven).times(np.ones((90, 4), np.float32), threads)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("columns", [1, 2, 5, 16, 101])
def test_tall_products(columns, level):
    rng = np.random.default_rng(7)
    tall = rng.standard_normal((203, columns + 3), np.float32)[:, :columns]
    block = rng.standard_normal((203, tall_kernel.WIDTH), np.float32)
    out = np.full((columns, tall_kernel.WIDTH), np.nan, np.float32)
    tall_kernel.inner(tall, block, 1, 202, out, level)
    np.testing.assert_allclose(out, tall[1:202].astype(np.float64).T @ block[1:202], rtol=1e-4, atol=1e-4)
    expected = block.astype(np.float64)
    expected[1:202] -= tall[1:202].astype(np.float64) @ out
    tall_kernel.subtract(tall, out, 1, 202, block, level)
    np.testing.assert_allclose(block, expected, rtol=1e-4, atol=1e-3)


# Singular vectors


@pytest.mark.parametrize("shape", [(300, 300), (300, 200), (200, 300)])
def test_the_space_is_that_of_a_dense_decomposition(shape):
    values = np.concatenate([np.linspace(10, 4, 20), np.linspace(1, 0.2, 150)])
    matrix, left, right = planted(*shape, values)
    svd = decompose(matrix, 20, oversampling=10, power_iterations=4)
    np.testing.assert_allclose(svd.values, values[:20], rtol=1e-6)
    assert columns_of(shape, 20, 10, 4) - 30 < 200  # it was not a full decomposition
    assert sine(svd.left(0), left[:, :20]) < 5e-6 and sine(svd.right(0), right[:, :20]) < 5e-6
    for vectors in (svd.left(0), svd.right(0)):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(20), atol=2e-6)


@pytest.fixture(scope="module")
def noise(zipf_counts):
    """(PPMI of words without meaning, whose singular values hardly fall, and these values)."""
    matrix = zipf_counts.ppmi().to_scipy()
    return matrix, np.linalg.svd(matrix.toarray().astype(np.float64), compute_uv=False)


def test_power_iterations_bring_the_values_near(noise):
    matrix, exact = noise
    assert matrix.shape[0] == 1404 and exact[59] > 0.8 * exact[2]
    errors = [
        np.abs(decompose(matrix, 60, oversampling=10, power_iterations=q).values / exact[:60] - 1).max()
        for q in (2, 3, 4, 6)
    ]
    assert errors[0] < 0.2 and errors[1] < 0.03 and errors[2] < 5e-3 and errors[3] < 1e-6


def test_values_never_exceed_the_exact_ones(noise):
    matrix, exact = noise
    assert (decompose(matrix, 50, power_iterations=1, oversampling=0).values <= exact[:50] * (1 + 1e-6)).all()


def test_the_number_of_columns_is_told():
    told = []
    decompose(planted(100, 80, np.linspace(2, 1, 50))[0], 5, oversampling=10, power_iterations=2, advance=told.append)
    assert sum(told) == columns_of((100, 80), 5, 10, 2) == 45


@pytest.mark.parametrize("rank", [1, 5, 16, 17])
def test_beyond_the_rank_there_is_nothing(rank):
    matrix, left, _ = planted(150, 150, np.linspace(5, 3, rank))
    svd = decompose(matrix, 40)
    np.testing.assert_allclose(svd.values[:rank], np.linspace(5, 3, rank), rtol=1e-6)
    assert not svd.values[rank:].any()
    for power in (0, 0.5, 1):
        for vectors in (svd.left(power), svd.right(power)):
            assert np.isfinite(vectors).all() and not vectors[:, rank:].any() and vectors[:, :rank].any(axis=0).all()
    assert sine(svd.left(0)[:, :rank], left) < 1e-6


def test_powers_that_lead_nowhere():
    """All powers of a multiple of the identity are in the first block: the rest of the basis is drawn."""
    svd = decompose(3 * np.eye(200), 50)
    np.testing.assert_allclose(svd.values, 3, rtol=1e-5)
    left = svd.left(0)
    np.testing.assert_allclose(left.T @ left, np.eye(50), atol=1e-5)
    two = np.diag(np.repeat([5.0, 2.0], [3, 197]))
    np.testing.assert_allclose(decompose(two, 10).values, np.repeat([5.0, 2.0], [3, 7]), rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scale_does_not_matter(scale):
    matrix, left, _ = planted(120, 120, np.linspace(2, 1, 10))
    svd = decompose(scale * matrix, 10)
    np.testing.assert_allclose(svd.values, scale * np.linspace(2, 1, 10), rtol=1e-6)
    assert sine(svd.left(0), left) < 1e-6


@pytest.mark.parametrize("size", [1, 2, 30, 31, 33])
def test_as_many_vectors_as_columns_or_more(size):
    dense = np.random.default_rng(8).random((31, 31)).astype(np.float32)
    svd = decompose(dense, size)
    expected = np.linalg.svd(dense.astype(np.float64), compute_uv=False)
    np.testing.assert_allclose(svd.values[:31], expected[:size], rtol=1e-4)
    assert svd.left(0.5).shape == (31, size) and not svd.values[31:].any()


# The trainer


def test_all_vectors_and_contexts_give_the_matrix_back():
    dense = np.random.default_rng(9).poisson(0.4, (60, 60))
    dense[4] = dense[:, 5] = 0  # a word without contexts, and a context without words
    counts = counts_of(dense)
    vectors = wordvec.PPMISVD(vector_size=60).fit(counts, keep_context=True)
    expected = np.maximum(pmi_of(dense), 0)
    np.testing.assert_allclose(vectors.vectors @ vectors.context.T, expected, atol=2e-5)
    assert not vectors.vectors[4].any() and not vectors.context[5].any()
    assert vectors.metadata["svd"]["explained"] == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def by_power(zipf_counts):
    return {
        p: wordvec.PPMISVD(vector_size=20, eigenvalue_power=p).fit(zipf_counts, keep_context=True) for p in (0, 0.5, 1)
    }


def test_powers_of_the_singular_values(by_power, zipf_counts):
    vectors, contexts = by_power[0].vectors, by_power[0].context
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(20), atol=1e-5)
    np.testing.assert_allclose(contexts.T @ contexts, np.eye(20), atol=1e-5)
    values = np.linalg.norm(by_power[1].vectors, axis=0)
    assert (np.diff(values) < 0).all()
    for p in (0.5, 1):
        np.testing.assert_allclose(by_power[p].vectors, vectors * values**p, atol=1e-4)
        np.testing.assert_allclose(by_power[p].context, contexts * values**p, atol=1e-4)
    matrix = zipf_counts.ppmi().to_scipy()
    np.testing.assert_allclose(matrix @ contexts, by_power[1].vectors, atol=2e-2)
    told = by_power[0.5].metadata["svd"]
    assert told["rank"] == 20 and told["cells"] == matrix.nnz
    assert told["largest"] == pytest.approx(values[0], rel=1e-5)
    assert told["smallest"] == pytest.approx(values[-1], rel=1e-5)
    assert told["explained"] == pytest.approx(np.square(values).sum() / np.square(matrix.data).sum(), rel=1e-4)


def test_signs_are_fixed(by_power):
    vectors = by_power[0.5].vectors
    assert (vectors[np.abs(vectors).argmax(axis=0), np.arange(20)] > 0).all()


def test_contexts_are_added(by_power, zipf_counts):
    both = wordvec.PPMISVD(vector_size=20, add_context=True).fit(zipf_counts)
    np.testing.assert_allclose(both.vectors, by_power[0.5].vectors + by_power[0.5].context, atol=1e-6)
    assert both.context is None
    kept = wordvec.PPMISVD(vector_size=20, add_context=True).fit(zipf_counts, keep_context=True)
    assert np.array_equal(kept.vectors, both.vectors) and np.array_equal(kept.context, by_power[0.5].context)


@pytest.mark.parametrize("workers", [2, 3])
def test_vectors_do_not_depend_on_the_workers(zipf_counts, workers):
    one, more = (wordvec.PPMISVD(vector_size=30, workers=w).fit(zipf_counts) for w in (1, workers))
    assert np.array_equal(one.vectors, more.vectors) and one.metadata == more.metadata


def test_the_seed_hardly_matters(zipf_counts):
    one, other = (
        wordvec.PPMISVD(vector_size=10, oversampling=10, power_iterations=30, eigenvalue_power=1.0, seed=seed).fit(
            zipf_counts
        )
        for seed in (1, 2)
    )
    np.testing.assert_allclose(other.vectors, one.vectors, atol=1e-4 * np.abs(one.vectors).max())


def test_instruction_sets_agree(zipf_counts, monkeypatch):
    expected = wordvec.PPMISVD(vector_size=10, power_iterations=8).fit(zipf_counts).vectors
    monkeypatch.setenv("WORDVEC_SIMD", "baseline")
    found = wordvec.PPMISVD(vector_size=10, power_iterations=8).fit(zipf_counts).vectors
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_more_numbers_than_words():
    vectors = wordvec.PPMISVD(vector_size=9, min_count=1).fit([["a", "b"], ["b", "c"], ["c", "d"]])
    assert vectors.vectors.shape == (4, 9) and np.isfinite(vectors.vectors).all()
    assert not vectors.vectors[:, 4:].any() and vectors.metadata["svd"]["rank"] <= 4


def test_one_word():
    assert not wordvec.PPMISVD(vector_size=3, min_count=1).fit([["a", "a"]]).vectors.any()


def test_a_shift_that_leaves_nothing(zipf_counts):
    with pytest.raises(wordvec.OptionError, match=r"shift must leave cells .* 1e\+09 leaves none of the \d+ cells"):
        wordvec.PPMISVD(shift=1e9).fit(zipf_counts)


def test_counts_of_each_offset_have_no_context_of_their_own():
    text = [["a", "b", "c"], ["c", "a", "b"]] * 3
    counts = wordvec.count(text, window=1, min_count=1, per_offset=True)
    trainer = wordvec.PPMISVD(vector_size=2)
    assert trainer.fit(counts).vectors.shape == (3, 2)
    with pytest.raises(wordvec.OptionError, match="one column for each word; these counts have 6 for 3 words"):
        trainer.fit(counts, keep_context=True)
    with pytest.raises(wordvec.OptionError, match="without per_offset"):
        dataclasses.replace(trainer, add_context=True).fit(counts)


def test_what_a_callback_is_told(zipf_counts):
    seen = []
    vectors = wordvec.PPMISVD(vector_size=5).fit(zipf_counts, callbacks=seen.append)
    (epoch,) = seen
    assert epoch.vectors is vectors and epoch.tokens == zipf_counts.stats.kept
    assert epoch.loss == pytest.approx(1 - vectors.metadata["svd"]["explained"], abs=1e-6)


def test_progress_goes_to_stderr(zipf_counts, capsys, terminal):
    wordvec.PPMISVD(vector_size=5).fit(zipf_counts, progress=True)
    captured = capsys.readouterr()
    assert "SVD" in captured.err and not captured.out


@pytest.mark.parametrize(
    ("option", "value"), [("shift", 0.0), ("smoothing", 0.0), ("eigenvalue_power", 1.5), ("power_iterations", 0)]
)
def test_bounds(option, value):
    with pytest.raises(wordvec.OptionError, match=f"{option} must be"):
        wordvec.PPMISVD(**{option: value})
