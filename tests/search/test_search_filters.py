"""Searches among some rows, above a score, for many queries and for all pairs are what brute force gives."""

import tracemalloc

import numpy as np
import pytest

from wordvec import search
from wordvec._kernels import topk
from wordvec.base.errors import OptionError
from wordvec.rows.norms import row_norms
from wordvec.search import exact, filters, tables


@pytest.fixture(scope="module")
def planted():
    """Random rows with duplicates, multiples, zero rows, and rows that are not finite; and their norms."""
    matrix = np.random.default_rng(0).standard_normal((400, 12)).astype(np.float32)
    matrix[100:140], matrix[200:220], matrix[300:310] = matrix[3], 4 * matrix[7], 0
    matrix[5], matrix[6, 2] = np.nan, np.inf
    return matrix, row_norms(matrix)


@pytest.fixture(scope="module")
def cosines(planted):
    """All cosines in float64, by the definition; -inf for rows without direction."""
    wide = planted[0].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        units = wide / np.sqrt((wide**2).sum(axis=1))[:, None]
        units[~np.isfinite(units).all(axis=1)] = np.nan
        return np.nan_to_num(units @ np.nan_to_num(units).T, nan=-np.inf)


def best(cosines, allowed, k, exclude=(), low=-np.inf):
    left = [i for i in allowed if i not in exclude and cosines[i] > -np.inf and round(cosines[i], 12) >= low]
    return sorted(left, key=lambda i: (-round(cosines[i], 12), i))[:k]


@pytest.mark.thorough
def test_a_thousand_random_subsets_are_those_of_brute_force(planted, cosines):
    matrix, norms = planted
    rng = np.random.default_rng(1)
    for trial in range(1000):
        size = int(rng.choice([0, 1, 3, 15, 25, 100, 390]))
        allowed = rng.choice(400, size, replace=False)
        asked = [int(i) for i in rng.choice(100, 1 + trial % 3) if i not in (5, 6)] or [0]
        exclude = [[i, *rng.choice(400, trial % 4).tolist()] for i in asked]
        within = allowed
        if trial % 2:
            within = np.zeros(400, bool)
            within[allowed] = True
        low = None if trial % 5 else 0.2
        rows, scores = search.nearest(
            matrix, matrix[asked], 7, norms=norms, within=within, exclude=exclude, min_score=low, workers=1 + trial % 2
        )
        assert rows.shape == scores.shape == (len(asked), min(7, size))
        for q, i in enumerate(asked):
            found = best(cosines[:, i], allowed.tolist(), 7, exclude[q], -np.inf if low is None else low)
            assert rows[q][rows[q] >= 0].tolist() == found
            np.testing.assert_allclose(scores[q][: len(found)], cosines[found, i], atol=1e-14)


def test_gathered_and_masked_agree_to_the_last_bit(planted, monkeypatch):
    matrix, norms = planted
    allowed, asked = np.arange(0, 400, 9), np.random.default_rng(2).standard_normal((5, 12))
    results = []
    for share in (0.0, 1.1):
        monkeypatch.setattr(filters, "GATHER", share)
        monkeypatch.setattr(filters, "_GATHERED_BYTES", 4 * 12 * 10)  # several blocks
        results.append(search.nearest(matrix, asked, 10, norms=norms, within=allowed, exclude=[[0, 9]] * 5))
    assert np.array_equal(results[0][0], results[1][0]) and np.array_equal(results[0][1], results[1][1])
    assert results[0][0].min() >= 0


def test_a_small_subset_reads_no_other_rows(monkeypatch):
    matrix = np.random.default_rng(3).standard_normal((10_000, 8)).astype(np.float32)
    norms, scanned, scan = row_norms(matrix), [], topk.scan

    def counted(some, *rest):
        scanned.append(len(some))
        return scan(some, *rest)

    monkeypatch.setattr(topk, "scan", counted)
    rows, _ = search.nearest(matrix, matrix[:1], 5, norms=norms, within=[7, 9, 4000])
    assert sorted(rows[0].tolist()) == [7, 9, 4000] and scanned == [3]
    search.nearest(matrix, matrix[:1], 5, norms=norms, within=np.arange(5000))
    assert scanned == [3, 10_000]


def test_rows_start_and_stop_meet_within(planted, cosines):
    matrix, norms = planted
    rows, _ = search.nearest(matrix, matrix[:1], 50, norms=norms, within=range(50, 150, 3), start=60, stop=140)
    assert rows[0].tolist() == best(cosines[:, 0], range(62, 140, 3), 50)


def test_nothing_left(planted):
    matrix, norms = planted
    for within in ([], np.zeros(400, bool), np.array([], np.uint8)):
        rows, scores = search.nearest(matrix, matrix[:2], 3, norms=norms, within=within)
        assert rows.shape == scores.shape == (2, 0) and rows.dtype == np.int64
    rows, scores = search.nearest(matrix, matrix[:1], 3, norms=norms, within=[300, 301, 5])  # none has a direction
    assert rows.tolist() == [[-1, -1, -1]] and np.isneginf(scores).all()
    assert search.nearest(matrix, matrix[:1], 3, norms=norms, min_score=1.5)[0].tolist() == [[-1, -1, -1]]
    rows, _ = search.nearest(matrix, matrix[:1], 2, norms=norms, within=[1, 2], exclude=[[1, 2]])
    assert rows.tolist() == [[-1, -1]]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"within": np.ones(3, bool)}, r"one boolean for each of 400.*\(3,\)"),
        ({"within": [0, 400]}, "from 0 to 399; got 400"),
        ({"within": [-1]}, "got -1"),
        ({"within": [0.5]}, "row numbers or a mask; got float64"),
        ({"within": [[1]]}, "row numbers or a mask"),
        ({"within": ["king"]}, "row numbers or a mask"),
        ({"min_score": float("nan")}, "min_score must be a number"),
        ({"exclude": [[1], [2]]}, "each of 1 queries; got 2"),
    ],
)
def test_bad_filters(planted, options, problem):
    with pytest.raises(OptionError, match=problem):
        search.nearest(planted[0], planted[0][:1], 3, norms=planted[1], **options)


def test_norms_that_are_not_those_of_the_matrix(planted):
    matrix, norms = planted
    for wrong in (norms[:-1], norms[:, None], 1.0):
        with pytest.raises(OptionError, match="one length for each of 400 rows"):
            search.nearest(matrix, matrix[:1], 3, norms=wrong)
        with pytest.raises(OptionError, match="one length for each of 400 rows"):
            next(tables.cosine_tiles(matrix, matrix[:1], lengths=wrong))
    wide = search.nearest(matrix, matrix[:1], 3, norms=norms.astype(np.float64))
    assert wide[0].tolist() == search.nearest(matrix, matrix[:1], 3, norms=norms)[0].tolist()


@pytest.mark.thorough
def test_many_queries_in_bounded_memory(monkeypatch):
    rng = np.random.default_rng(4)
    matrix, asked = (rng.standard_normal((rows, 10)).astype(np.float32) for rows in (300, 6000))
    norms = row_norms(matrix)
    whole = search.nearest(matrix, asked, 4, norms=norms, exclude=[[i % 300] for i in range(6000)])
    tracemalloc.start()
    search.nearest(matrix, asked, 4, norms=norms)
    assert tracemalloc.get_traced_memory()[1] < 6000 * 300 * 4  # the scores of all pairs are never held
    tracemalloc.stop()
    monkeypatch.setattr(exact, "_BATCH", 999)
    monkeypatch.setattr(exact, "_QUERIES", 50)
    cut = search.nearest(matrix, asked, 4, norms=norms, exclude=[[i % 300] for i in range(6000)], workers=2)
    assert np.array_equal(whole[0], cut[0]) and np.array_equal(whole[1], cut[1])
    asked[5000, 3] = np.nan
    with pytest.raises(OptionError, match="holds NaN"):
        search.nearest(matrix, asked, 4, norms=norms)


@pytest.mark.parametrize(("block", "workers"), [(1, 1), (7, 2), (64, None), (1000, 3)])
def test_all_pairs(planted, cosines, block, workers):
    matrix, norms = planted
    rows, scores = search.all_nearest(matrix, 5, norms=norms, block=block, workers=workers)
    assert rows.shape == scores.shape == (400, 5)
    directed = np.flatnonzero(search.directed(norms))
    for i in range(400):
        assert rows[i].tolist() == (best(cosines[:, i], range(400), 5, [i]) if i in directed else [-1] * 5)
    assert (search.all_nearest(matrix, 1, norms=norms, own=True)[0][:3, 0] == [0, 1, 2]).all()


def test_blocks_of_some_rows(planted, cosines):
    matrix, norms = planted
    seen = []
    for some, rows, scores in search.nearest_blocks(
        matrix, 3, norms=norms, asked=range(0, 60, 2), within=np.arange(400) % 3 == 0, block=8, min_score=0.1
    ):
        assert len(some) <= 8 and rows.shape == scores.shape == (len(some), 3)
        for i, found in zip(some.tolist(), rows.tolist(), strict=True):
            wanted = best(cosines[:, i], range(0, 400, 3), 3, [i], 0.1) if i != 6 else []
            assert [row for row in found if row >= 0] == wanted
            seen.append(i)
    assert seen == list(range(0, 60, 2))
    empty = np.empty((0, 4), np.float32)
    assert search.all_nearest(empty, 3, norms=row_norms(empty))[0].shape == (0, 0)
    with pytest.raises(OptionError, match="block must be"):
        next(search.nearest_blocks(matrix, 3, norms=norms, block=0))
