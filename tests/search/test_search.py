"""Exact search is what sorting all float64 cosines gives, for any number of threads, queries and distance of rows."""

import threading

import numpy as np
import pytest

from wordvec import search
from wordvec._kernels import topk
from wordvec.base.errors import OptionError
from wordvec.rows.norms import row_norms


def brute_force(matrix, query, k, exclude=(), start=0, stop=None):
    """Rows and cosines by the definition."""
    wide, query = matrix.astype(np.float64), np.asarray(query, np.float64)
    lengths = np.sqrt((wide**2).sum(1))
    rows = [
        i for i in range(*slice(start, stop).indices(len(wide))) if 0 < lengths[i] < np.inf and i not in set(exclude)
    ]
    scores = {i: float((wide[i] * (query / np.sqrt((query**2).sum()))).sum() / lengths[i]) for i in rows}
    best = sorted(rows, key=lambda i: (-scores[i], i))[:k]
    return best, [scores[i] for i in best]


def planted(seed=0, rows=500, dim=16):
    """Random rows with duplicates, multiples, zero rows, and rows that are not finite."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((rows, dim)).astype(np.float32)
    matrix[100:140] = matrix[3]  # more duplicates than there are spare candidates
    matrix[200:220] = 4 * matrix[7]
    matrix[300:310] = 0
    matrix[5], matrix[6, 2] = np.nan, np.inf
    return matrix


@pytest.mark.parametrize("queries", [1, 2, 5, 17, 300])
@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_the_answer_is_that_of_brute_force(queries, workers):
    matrix = planted()
    norms = row_norms(matrix)
    asked = np.concatenate([matrix[[3, 7]], np.random.default_rng(1).standard_normal((queries, 16))])[:queries]
    rows, scores = search.nearest(matrix, asked, 30, norms=norms, workers=workers)
    assert rows.shape == scores.shape == (queries, 30) and rows.dtype == np.int64 and scores.dtype == np.float64
    for i in range(0, queries, 1 if queries < 20 else 37):
        best, exact = brute_force(matrix, asked[i], 30)
        assert rows[i].tolist() == best
        np.testing.assert_allclose(scores[i], exact, rtol=0, atol=1e-14)


def test_one_query_and_many_agree_to_the_last_bit():
    matrix = planted(2)
    norms = row_norms(matrix)
    asked = np.random.default_rng(3).standard_normal((64, 16))
    together = search.nearest(matrix, asked, 10, norms=norms)
    for i in range(64):
        alone = search.nearest(matrix, asked[i], 10, norms=norms)
        assert alone[0][0].tolist() == together[0][i].tolist() and alone[1][0].tolist() == together[1][i].tolist()


@pytest.mark.parametrize("dim", [1, 2, 3, 15, 16, 17, 31, 33, 100, 301])
def test_every_dim_and_distance_of_rows(dim):
    wide = np.random.default_rng(dim).standard_normal((203, dim + 11)).astype(np.float32)
    matrix = wide[:, :dim]
    norms = row_norms(matrix)
    for asked in (matrix[:1], matrix[:20]):
        rows, _ = search.nearest(matrix, asked, 5, norms=norms)
        assert rows.tolist() == [brute_force(matrix, query, 5)[0] for query in asked]


@pytest.mark.parametrize("dim", [1, 7, 16, 100, 301])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_kernels_agree_on_every_machine(dim, level):
    rng = np.random.default_rng(dim)
    matrix, query = rng.standard_normal((50, dim)).astype(np.float32), rng.standard_normal(dim).astype(np.float32)
    query /= np.linalg.norm(query)
    out, norms = np.empty(45, np.float32), row_norms(matrix)
    topk.products(matrix, query, 5, out, level=level)
    np.testing.assert_allclose(out, matrix[5:].astype(np.float64) @ query, atol=1e-5)
    scores, rows = np.empty(4, np.float32), np.empty(4, np.int64)
    assert topk.scan(matrix, norms, query, 0, 50, scores, rows, level=level) == 4
    best, exact = brute_force(matrix, query, 4)
    order = np.lexsort((rows, -scores))
    if dim > 1:
        assert rows[order].tolist() == best
    np.testing.assert_allclose(scores[order], exact, atol=1e-6)
    panels = np.zeros((1, dim, topk.LANES), np.float32)
    panels[0, :, 1] = query
    many, many_rows = np.empty((2, 4), np.float32), np.empty((2, 4), np.int64)
    filled, worst = np.zeros(2, np.intp), np.empty((1, topk.LANES), np.float32)
    topk.scan_many(matrix, norms, panels, 0, 50, many, many_rows, filled, worst, level=level)
    assert filled.tolist() == [4, 4]
    np.testing.assert_allclose(np.sort(many[1]), np.sort(scores), atol=1e-6)


def test_near_ties_that_float32_cannot_tell():
    """A thousand rows whose cosines differ in the ninth digit still come in their true order."""
    rng = np.random.default_rng(5)
    base = rng.standard_normal(50)
    matrix = (base + 1e-5 * rng.standard_normal((1000, 50))).astype(np.float32)
    norms = row_norms(matrix)
    for asked in (base[None], np.stack([base] * 5)):
        rows, scores = search.nearest(matrix, asked, 10, norms=norms)
        best, exact = brute_force(matrix, base, 10)
        assert rows[0].tolist() == best == rows[-1].tolist()
        np.testing.assert_allclose(scores[0], exact, atol=1e-14)


def test_excluded_rows_and_ranges():
    matrix = planted(6)
    norms = row_norms(matrix)
    exclude = [[3, 3, 7, *range(100, 130)], [], [499, 0]]
    asked = matrix[[3, 7, 9]].astype(np.float64)
    rows, _ = search.nearest(matrix, asked, 12, norms=norms, exclude=exclude, start=2, stop=400)
    for i in range(3):
        assert rows[i].tolist() == brute_force(matrix, asked[i], 12, exclude[i], 2, 400)[0]


def test_fewer_rows_than_asked_for():
    matrix = np.array([[1, 0], [0, 0], [0, 1], [np.nan, 1]], np.float32)
    rows, scores = search.nearest(matrix, [[1, 0.1]], 9, norms=row_norms(matrix), exclude=[[2]])
    assert rows.tolist() == [[0, -1, -1, -1]] and scores[0, 1:].tolist() == [-np.inf] * 3
    for k in (0, -3):
        assert search.nearest(matrix, [[1, 0]], k, norms=row_norms(matrix))[0].shape == (1, 0)
    empty = np.empty((0, 2), np.float32)
    assert search.nearest(empty, [[1, 0]], 3, norms=row_norms(empty))[0].shape == (1, 0)
    nothing = np.zeros((5, 2), np.float32)
    assert search.nearest(nothing, [[1, 0]], 3, norms=row_norms(nothing))[0].tolist() == [[-1, -1, -1]]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ([[0, 0]], "other than zero"),
        ([[1, 1], [np.nan, 1]], r"query 1 holds NaN or inf"),
        ([[np.inf, 1]], "holds NaN or inf"),
        ([[1, 2, 3]], r"must have 2 numbers.*\(1, 3\)"),
        ([[[1, 2]]], "must have 2 numbers"),
    ],
)
def test_queries_without_direction(query, problem):
    matrix = np.eye(2, dtype=np.float32)
    with pytest.raises(OptionError, match=problem):
        search.nearest(matrix, query, 1, norms=row_norms(matrix))


def test_huge_and_tiny_queries():
    matrix = np.eye(3, dtype=np.float32)
    for scale in (1e300, 1e-300):
        rows, scores = search.nearest(matrix, [[0, scale, scale / 2]], 2, norms=row_norms(matrix))
        assert rows.tolist() == [[1, 2]] and scores[0, 0] == pytest.approx(2 / 5**0.5)


def test_cosines():
    matrix = planted(7)
    norms = row_norms(matrix)
    got = search.cosines(matrix, matrix[3], norms=norms, start=2, stop=450)
    assert got.dtype == np.float32 and got.shape == (448,) and got[3:5].tolist() == [0, 0] and not got[298:308].any()
    rows, exact = brute_force(matrix, matrix[3], 500, start=2, stop=450)
    np.testing.assert_allclose(got[np.array(rows) - 2], exact, atol=1e-6)


def test_rows_closer():
    matrix = planted(8)
    norms = row_norms(matrix)
    rows, exact = brute_force(matrix, matrix[3], 500)
    for threshold in (exact[60], 0.0, 2.0, -2.0):
        expected = sorted(row for row, score in zip(rows, exact, strict=True) if score > threshold)
        got = search.rows_closer(matrix, matrix[3], threshold, norms=norms)
        assert got.tolist() == expected or abs(len(got) - len(expected)) <= 1  # one at the threshold itself


def test_no_thread_outlives_a_call():
    matrix = np.random.default_rng(9).standard_normal((30_000, 100)).astype(np.float32)
    before = threading.active_count()
    search.nearest(matrix, matrix[:2], 3, norms=row_norms(matrix), workers=4)
    assert threading.active_count() == before
    assert search.nearest(matrix, matrix[:1], 3, norms=row_norms(matrix))[0][0, 0] == 0


def test_a_mapped_matrix(tmp_path):
    matrix = planted(10)
    matrix.tofile(tmp_path / "m")
    mapped = np.memmap(tmp_path / "m", np.float32, "r", shape=matrix.shape)
    norms = row_norms(mapped)
    assert search.nearest(mapped, matrix[9], 4, norms=norms)[0].tolist() == [brute_force(matrix, matrix[9], 4)[0]]


def test_doctests():
    import doctest

    assert doctest.testmod(search).failed == 0
