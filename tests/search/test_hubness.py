"""Hubs are measured as they were planted, and scores that correct for them find what the nearest rows miss."""

import math

import numpy as np
import pytest

from wordvec import search
from wordvec.base.errors import OptionError
from wordvec.rows.norms import row_norms
from wordvec.search import hubness as hubs
from wordvec.search import scaling


@pytest.fixture(scope="module")
def planted():
    """20 queries and 30 rows: row i is near to query i, and row 29, a hub, is nearer to all of them."""
    rng = np.random.default_rng(0)
    hub = np.zeros(40)
    hub[0] = 1
    queries = np.concatenate([np.full((20, 1), 0.85), 0.5 * np.eye(20, 39)], axis=1)
    rows = np.concatenate([np.full((20, 1), 0.25), 0.96 * np.eye(20, 39)], axis=1)
    others = np.concatenate([np.zeros((9, 21)), rng.standard_normal((9, 19))], axis=1)
    matrix = np.concatenate([rows, others, hub[None]]).astype(np.float32)
    matrix = (matrix.T * rng.uniform(0.5, 2, 30)).T.astype(np.float32)
    queries = queries + 0.01 * rng.standard_normal(queries.shape)
    return matrix, row_norms(matrix), queries


def cosines(queries, matrix):
    wide = matrix.astype(np.float64)
    return (queries / np.linalg.norm(queries, axis=1)[:, None]) @ (wide / np.linalg.norm(wide, axis=1)[:, None]).T


def ranked(scores, k):
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def test_the_nearest_row_is_the_hub(planted):
    matrix, norms, queries = planted
    assert (search.nearest(matrix, queries, 1, norms=norms)[0] == 29).mean() > 0.9


def test_csls_is_its_formula_and_finds_what_the_hub_hid(planted):
    matrix, norms, queries = planted
    cos = cosines(queries, matrix)
    of_rows = hubs.csls_penalty(matrix, queries, 5, norms=row_norms(queries.astype("f4")))
    of_queries = hubs.csls_penalty(queries, matrix, 5, norms=norms)
    np.testing.assert_allclose(of_rows, np.sort(cos.T, axis=1)[:, -5:].mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(of_queries, np.sort(cos, axis=1)[:, -5:].mean(axis=1), atol=1e-12)
    rows, scores = hubs.nearest_csls(matrix, queries, 4, norms=norms, penalty=of_rows, own=of_queries)
    direct = 2 * cos - of_queries[:, None] - of_rows
    assert rows.tolist() == ranked(direct, 4).tolist() and rows[:, 0].tolist() == list(range(20))
    np.testing.assert_allclose(scores, np.take_along_axis(direct, rows, 1), atol=1e-12)
    without = hubs.nearest_csls(matrix, queries, 4, norms=norms, penalty=of_rows)
    assert np.array_equal(rows, without[0])


@pytest.mark.parametrize("workers", [1, 2, None])
def test_csls_takes_its_own_share_from_the_products_that_it_makes(workers):
    rng = np.random.default_rng(5)
    matrix = rng.standard_normal((300, 9)).astype(np.float32)
    matrix[[0, 200]] = 0  # no neighbours of anything
    queries, norms = rng.standard_normal((2100, 9)).astype(np.float32), row_norms(matrix)
    penalty, exclude = rng.random(300) / 10, [[row % 300] for row in range(2100)]
    for k, near, left_out in ((1, 10, None), (30, 3, None), (2, 1000, None), (1, 10, exclude)):
        how = {"norms": norms, "penalty": penalty, "exclude": left_out, "workers": workers}
        own = hubs.csls_penalty(queries, matrix, near, norms=norms)
        if left_out:
            cos = cosines(queries.astype(float), np.delete(matrix, [0, 200], 0))
            places = {row: i for i, row in enumerate(np.delete(np.arange(300), [0, 200]).tolist())}
            for line, (row,) in zip(cos, exclude):
                if row in places:
                    line[places[row]] = -np.inf
            own = np.sort(cos, axis=1)[:, -near:].mean(axis=1)
        rows, scores = hubs.nearest_csls(matrix, queries, k, own=own, **how)
        got, values = hubs.nearest_csls(matrix, queries, k, neighbours=near, **how)
        assert np.array_equal(got, rows)
        np.testing.assert_allclose(values, scores, atol=2e-6)


def test_csls_of_a_space_with_itself():
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((60, 7)).astype(np.float32)
    matrix[9] = 0
    cos = np.delete(cosines(np.delete(matrix, 9, 0).astype(float), np.delete(matrix, 9, 0)), [], 0)
    np.fill_diagonal(cos, -2)
    expected = np.insert(np.sort(cos, axis=1)[:, -3:].mean(axis=1), 9, 0)
    for block in (7, 1000):
        got = hubs.csls_penalty(matrix, matrix, 3, norms=row_norms(matrix), same=True, block=block)
        np.testing.assert_allclose(got, expected, atol=1e-12)
    everything = hubs.csls_penalty(matrix, matrix, 99, norms=row_norms(matrix), same=True)  # k is more than there are
    np.testing.assert_allclose(np.delete(everything, 9), (cos.sum(axis=1) + 2) / 58, atol=1e-12)


@pytest.mark.parametrize("beta", [1.0, 30.0, 1e4, 1e40])
def test_inverted_softmax_is_its_formula_for_any_beta(planted, beta):
    matrix, norms, queries = planted
    cos = cosines(queries, matrix)
    sums = hubs.softmax_sums(matrix, queries, norms=norms, beta=beta)
    highest = cos.max(axis=0)
    exact = beta * highest + np.log(np.exp(np.maximum(beta * (cos - highest), -700)).sum(axis=0))
    np.testing.assert_allclose(sums, exact, rtol=1e-6, atol=1e-6 * beta)
    rows, scores = hubs.nearest_inverted_softmax(matrix, queries, 3, norms=norms, sums=sums, beta=beta)
    assert np.isfinite(scores).all()
    direct = beta * cos - sums
    np.testing.assert_allclose(scores, np.take_along_axis(direct, rows, 1), rtol=1e-9, atol=1e-12 * beta)
    np.testing.assert_allclose(scores, -np.sort(-direct, axis=1)[:, :3], rtol=1e-9, atol=1e-12 * beta)
    if beta == 30.0:
        assert rows[:, 0].tolist() == list(range(20))


def test_dynamic_inverted_softmax(planted):
    matrix, norms, queries = planted
    rng = np.random.default_rng(2)
    bank = hubs.query_bank(matrix, queries[:15], norms=norms)
    assert set(np.flatnonzero(bank.active)) == set(cosines(queries[:15], matrix).argmax(axis=1))
    rows, scores = hubs.nearest_dynamic(matrix, queries, 3, norms=norms, bank=bank)
    assert rows[:, 0].tolist() == list(range(20))
    cos = cosines(queries, matrix)
    np.testing.assert_allclose(scores[:, 0], 20 * np.diag(cos[:, :20]) - bank.sums[:20], atol=1e-9)
    away = rng.standard_normal((6, 40))
    away[:, 0] = -3  # not queries whose nearest row is the hub: they keep their plain order
    rows, scores = hubs.nearest_dynamic(matrix, away, 3, norms=norms, bank=bank, exclude=[[29]] * 6)
    plain = search.nearest(matrix, away, 3, norms=norms, exclude=[[29]] * 6)
    kept = ~bank.active[plain[0][:, 0]]
    assert kept.any() and np.array_equal(rows[kept], plain[0][kept])
    np.testing.assert_allclose(scores[kept], 20 * plain[1][kept])


@pytest.mark.parametrize("workers", [1, 3])
def test_nearest_penalised_in_any_tiling_with_ties(workers, monkeypatch):
    monkeypatch.setattr("wordvec.search.tables.COLUMNS", 64)
    monkeypatch.setattr(hubs, "_GROUP", 3)
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((300, 6)).astype(np.float32)
    matrix[100:160], matrix[7], matrix[8, 1] = matrix[3], 0, np.nan
    penalty, queries = 5000 + rng.standard_normal(300), rng.standard_normal((8, 6))
    penalty[100:160] = penalty[3] = 4990
    exclude = [[i, 3, 101, 102] for i in range(8)]
    rows, scores = hubs.nearest_penalised(
        matrix, queries, 9, norms=row_norms(matrix), penalty=penalty, exclude=exclude, workers=workers
    )
    with np.errstate(invalid="ignore"):
        direct = cosines(queries, matrix) - penalty
    for q in range(8):
        left = [i for i in range(300) if i not in exclude[q] and i not in (7, 8)]
        wanted = sorted(left, key=lambda i: (-round(direct[q, i], 9), i))[:9]
        assert rows[q].tolist() == wanted
        np.testing.assert_allclose(scores[q], direct[q, wanted], atol=1e-9)
    norms = row_norms(matrix)
    alone = hubs.nearest_penalised(matrix, queries[:1], 9, norms=norms, penalty=penalty, exclude=exclude[:1])
    assert np.array_equal(alone[0][0], rows[0]) and np.array_equal(alone[1][0], scores[0])


# Measures


@pytest.mark.parametrize(
    ("counts", "k", "expected"),
    [
        ([3, 3, 3, 3], 3, (0, 0, 0, 0, 0)),
        ([8, 0, 0, 0], 2, (2 / math.sqrt(3), 0.75, 0.75, 1, 0.75)),
        ([4, 2, 1, 1], 2, (0.8164965809, 0.25, 0, 0.5, 0.3125)),
        ([0, 0, 2, 2], 1, (0, 0.5, 0.5, 1, 0.5)),
    ],
)
def test_measures_of_known_counts(counts, k, expected):
    found = hubs.measures(counts, k)
    names = ("skewness", "robin_hood", "antihubs", "hub_occurrence", "gini")
    np.testing.assert_allclose([found[name] for name in names], expected, atol=1e-9)


def test_hubness_of_a_matrix_with_a_hub():
    spokes = np.eye(30, 31)
    spokes[:, 30] = 1
    matrix = np.concatenate([spokes, np.eye(31)[30:], np.zeros((2, 31))]).astype(np.float32)
    found = hubs.hubness(matrix, norms=row_norms(matrix), k=1)
    assert (found.size, found.total, found.counts.sum()) == (31, 31, 31)
    assert found.counts[30] == 30 and found.rows[30] == 30  # nearest to all spokes; its own nearest is the first
    assert found.robin_hood > 0.9 and found.skewness > 4 and found.antihubs == 29 / 31
    assert found.hub_occurrence == 30 / 31


def test_hubness_of_a_sample():
    rng = np.random.default_rng(4)
    matrix = rng.standard_normal((500, 5)).astype(np.float32)
    norms = row_norms(matrix)
    few, again, other = (hubs.hubness(matrix, norms=norms, k=4, sample=100, seed=seed) for seed in (1, 1, 2))
    assert (few.size, few.total, few.k) == (100, 500, 4) and few.counts.sum() == 400
    assert np.array_equal(few.rows, again.rows) and few.gini == again.gini and not np.array_equal(few.rows, other.rows)
    units = matrix[few.rows] / norms[few.rows][:, None]
    cos = (units @ units.T).astype(np.float64)
    np.fill_diagonal(cos, -2)
    assert few.counts.tolist() == np.bincount(ranked(cos, 4).ravel(), minlength=100).tolist()
    with_zeros = np.insert(matrix, [0, 250, 500], 0, axis=0)
    plain, apart = (hubs.hubness(m, norms=row_norms(m), k=4, sample=None) for m in (matrix, with_zeros))
    assert plain.size == apart.size == 500 and plain.counts.tolist() == apart.counts.tolist()
    assert apart.rows[[0, 250]].tolist() == [1, 252]


def test_hubs_grow_with_dimensions():
    rng = np.random.default_rng(5)
    skewness = []
    for dim in (3, 100):
        matrix = rng.standard_normal((800, dim)).astype(np.float32) + 0.5
        skewness.append(hubs.hubness(matrix, norms=row_norms(matrix), k=10).skewness)
    assert skewness[1] > 2 * skewness[0]


# Scaled distances


@pytest.mark.parametrize("method", ["local", "nicdm", "mutual"])
def test_scaled_distances_are_their_formulas(method):
    rng = np.random.default_rng(6)
    matrix = rng.standard_normal((90, 8)).astype(np.float32)
    queries = rng.standard_normal((70, 8))
    norms = row_norms(matrix)
    rows, scores = scaling.nearest_scaled(
        matrix, queries, 5, norms=norms, method=method, neighbours=4, candidates=25, sample=1000
    )
    wide = matrix.astype(np.float64)
    between = np.sqrt(np.maximum(2 - 2 * cosines(wide, matrix), 0))
    np.fill_diagonal(between, np.nan)
    distance = np.sqrt(2 - 2 * cosines(queries, matrix))

    def survival(d, sample):
        mean, deviation = np.nanmean(sample), np.nanstd(sample)
        return 0.5 * math.erfc((d - mean) / deviation / math.sqrt(2))

    for q in range(70):
        value = {}
        for y in np.argsort(distance[q])[:25]:
            d, x_near, y_near = distance[q, y], np.sort(distance[q])[:4], np.sort(between[y])[:4]
            value[int(y)] = {
                "local": math.exp(-(d**2) / (x_near[-1] * y_near[-1])),
                "nicdm": -d / math.sqrt(x_near.mean() * y_near.mean()),
                "mutual": survival(d, distance[q]) * survival(d, between[y]),
            }[method]
        best = sorted(value, key=lambda y: (-value[y], y))[:5]
        assert rows[q].tolist() == best
        np.testing.assert_allclose(scores[q], [value[y] for y in best], rtol=2e-5)


@pytest.mark.parametrize("method", ["local", "nicdm", "mutual"])
def test_scaled_distances_lower_hubness(method):
    rng = np.random.default_rng(7)
    matrix = (rng.standard_normal((400, 60)) * rng.uniform(0.2, 1, (400, 1)) + 0.1).astype(np.float32)
    norms = row_norms(matrix)
    own = [[i] for i in range(400)]
    plain = hubs.hubness(matrix, norms=norms, k=5).skewness
    rows, _ = scaling.nearest_scaled(matrix, matrix, 5, norms=norms, method=method, candidates=100, exclude=own)
    assert rows.shape == (400, 5) and not (rows == np.arange(400)[:, None]).any()
    assert hubs.measures(np.bincount(rows.ravel(), minlength=400), 5)["skewness"] < 0.6 * plain


def test_scaled_distances_of_copies_and_of_few_rows():
    matrix = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 0]], np.float32)
    for method in ("local", "nicdm", "mutual"):
        rows, scores = scaling.nearest_scaled(
            matrix, matrix[:1], 9, norms=row_norms(matrix), method=method, neighbours=1, exclude=[[0]]
        )
        assert rows.tolist() == [[1, 2, 3, -1, -1]]
        assert np.isfinite(scores[0, :3]).all() and scores[0, 0] == scores[0, 1]
    nothing = np.zeros((3, 2), np.float32)
    rows, _ = scaling.nearest_scaled(nothing, [[1, 0]], 2, norms=row_norms(nothing))
    assert rows.tolist() == [[-1, -1]]


# What will not do


def test_bad_input(planted):
    matrix, norms, queries = planted
    cases = [
        (lambda: hubs.csls_penalty(queries, matrix, 0, norms=norms), "k must be >= 1"),
        (lambda: hubs.csls_penalty(queries, matrix[:0], 3, norms=norms[:0]), "target must have a row"),
        (lambda: hubs.csls_penalty(queries, 0 * matrix, 3, norms=0 * norms), "target must have a row"),
        (lambda: hubs.softmax_sums(matrix, queries[:0], norms=norms), "sample must hold at least one"),
        (lambda: hubs.query_bank(matrix, queries[:0], norms=norms), "at least one vector"),
        (lambda: hubs.softmax_sums(matrix, queries, norms=norms, beta=0), "beta must be > 0"),
        (lambda: hubs.softmax_sums(matrix, queries, norms=norms, beta=np.inf), "beta must be > 0 and finite"),
        (lambda: hubs.softmax_sums(matrix, queries[:, :3], norms=norms), "must have 40 numbers"),
        (lambda: hubs.nearest_penalised(matrix, queries, 3, norms=norms, penalty=[1]), "each of 30 rows"),
        (lambda: hubs.nearest_penalised(matrix, queries, 3, norms=norms, penalty=[np.nan] * 30), "finite number"),
        (
            lambda: hubs.nearest_penalised(matrix, queries, 3, norms=norms, penalty=norms, exclude=[]),
            "each of 20 queries",
        ),
        (lambda: hubs.nearest_penalised(matrix, 0 * queries, 3, norms=norms, penalty=norms), "other than zero"),
        (lambda: hubs.hubness(matrix, norms=norms, k=30), "less than the rows that count, 30; got 30"),
        (lambda: hubs.hubness(matrix, norms=norms, k=0), "k must be from 1"),
        (lambda: hubs.hubness(matrix, norms=norms, k=3, sample=0), "the rows that count, 0"),
        (lambda: hubs.measures([0, 0], 1), "nothing to measure"),
        (lambda: hubs.measures([], 1), "nothing to measure"),
        (lambda: scaling.nearest_scaled(matrix, queries, 3, norms=norms, method="global"), "local, nicdm, mutual"),
        (lambda: scaling.nearest_scaled(matrix, queries, 3, norms=norms, candidates=0), "candidates must be >= 1"),
    ]
    for call, problem in cases:
        with pytest.raises(OptionError, match=problem):
            call()
    bank = hubs.query_bank(matrix, queries, norms=norms)
    with pytest.raises(OptionError, match="bank must have been made of these 29 rows; got one of 30"):
        hubs.nearest_dynamic(matrix[:29], queries, 3, norms=norms[:29], bank=bank)
    assert hubs.nearest_penalised(matrix, queries, 0, norms=norms, penalty=norms)[0].shape == (20, 0)
    assert hubs.nearest_dynamic(matrix, queries, 0, norms=norms, bank=bank)[0].shape == (20, 0)
