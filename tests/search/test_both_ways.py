"""The best rows of two sides for each other, and their bounds by bytes, against products in float64."""

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec._kernels.simd import NAMES
from wordvec.search.both_ways import BothWays
from wordvec.search.hubness import mean_cosine

MASK = (1 << 64) - 1


def products(left, right, costs=None):
    """[L, R] what `BothWays` scores, in float64; -inf for rows without direction."""
    with np.errstate(invalid="ignore"):
        x, y = (side.astype(float) / np.linalg.norm(side.astype(float), axis=1)[:, None] for side in (left, right))
    table = x @ y.T if costs is None else x @ y.T - costs[0][:, None] - costs[1]
    return np.where(np.isnan(table), -np.inf, table)


def check(found, table, k):
    """The rows of `found` have the highest scores of each line of a table, and these scores."""
    rows, scores = found
    assert rows.shape == (len(table), min(k, table.shape[1]))
    expected = -np.sort(-table, axis=1)[:, :k]
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    there = np.isfinite(expected)
    assert ((rows >= 0) == there).all()
    np.testing.assert_allclose(np.take_along_axis(table, np.maximum(rows, 0), 1)[there], expected[there], atol=1e-6)
    assert all(len(set(line[line >= 0])) == (line >= 0).sum() for line in rows)


def sides(shape, others, seed=1):
    rng = np.random.default_rng(seed)
    left, right = (rng.standard_normal((n, shape[1])).astype("f4") for n in (shape[0], others))
    left[3] = 0
    right[0], right[5] = np.nan, 0
    left[8] = left[9]  # the same scores
    left[10] *= 1e20
    return left, right


@pytest.mark.parametrize("level", NAMES)
@pytest.mark.parametrize(("size", "others", "dim", "k"), [(40, 300, 7, 3), (1100, 70, 33, 9), (30, 11, 130, 50)])
def test_the_best_are_those_of_all_products(monkeypatch, level, size, others, dim, k):
    monkeypatch.setenv("WORDVEC_SIMD", level)
    left, right = sides((size, dim), others)
    rng = np.random.default_rng(2)
    costs = rng.uniform(-0.2, 0.2, size), rng.uniform(-0.2, 0.2, others)
    for workers in (1, 3):
        both = BothWays(left, right, workers=workers)
        for paid in (None, costs):
            forward, backward = both.best(k, costs=paid)
            check(forward, products(left, right, paid), k)
            check(backward, products(left, right, paid).T, k)
    first = both.best(1)[1][0].ravel()
    assert not (first == 9).any()  # of equal scores the first


@pytest.mark.parametrize("level", NAMES)
def test_bounds_hold_for_rows_that_bytes_tell_badly_apart(monkeypatch, level):
    monkeypatch.setenv("WORDVEC_SIMD", level)
    left, right = sides((200, 40), 300)
    for change in (
        lambda rows: rows * 1e-3 + 5,  # all cosines are near 1
        lambda rows: rows + 1000 * (np.arange(40) == 7),  # one great coordinate
        lambda rows: np.where(np.arange(40) < 2, rows, 1e-6 * rows),
        lambda rows: np.sign(rows),  # many ties
    ):
        x, y = change(left).astype("f4"), change(right).astype("f4")
        x[3], y[5], y[0] = 0, 0, np.nan
        forward, backward = BothWays(x, y).best(4)
        check(forward, products(x, y), 4)
        check(backward, products(x, y).T, 4)


def test_scores_below_the_least_are_not_found():
    left, right = sides((50, 20), 60)
    table = products(left, right)
    least = np.full(50, 0.3), np.full(60, np.inf)
    (rows, scores), (back, _) = BothWays(left, right).best(60, least=least)
    assert ((rows >= 0).sum(axis=1) == (table >= 0.3).sum(axis=1)).all() and (scores[rows >= 0] >= 0.3).all()
    assert (back == -1).all()


def mixed(x):
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x = (x ^ (x >> 33)) * factor & MASK
    return x ^ (x >> 33)


def test_pairs_take_part_by_the_hash_of_their_rows():
    left, right = sides((60, 12), 80)
    both, table = BothWays(left, right), products(left, right)
    found = both.best(2, keep=0.25, seed=77)
    for seed, best, scores in zip((77, 77 ^ MASK), found, (table, table.T)):
        drawn = np.array([[mixed(seed ^ mixed(i << 32 ^ j)) >> 32 for j in range(80)] for i in range(60)])
        part = drawn < 0.25 * 2**32
        assert 0.2 < part.mean() < 0.3
        check(best, np.where(part if scores is table else part.T, scores, -np.inf), 2)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("noise", [0.3, 3.0])
def test_lists_of_the_nearest_settle_most_rows_and_all_products_the_others(k, noise):
    rng = np.random.default_rng(3)
    left, right = sides((900, 24), 700)
    right[10:] = left[10:700] + noise * rng.standard_normal((690, 24))
    left += 0.3
    for workers in (1, 2):
        both = BothWays(left, right, workers=workers)
        near = both.best(5)
        costs = mean_cosine(near[0]) / 2, mean_cosine(near[1]) / 2
        found = both.best_of_near(near, k, costs)
        check(found[0], products(left, right, costs), k)
        check(found[1], products(left, right, costs).T, k)
    some = np.array([4, 800, 17])
    rows, scores = both.best_of_some(some, k, costs)
    assert np.array_equal(rows, found[0][0][some]) and np.allclose(scores, found[0][1][some], atol=1e-6)


def test_encoded_rows_are_decoded_in_pieces():
    left, right = (
        KeyedVectors([f"w{i}" for i in range(len(side))], np.nan_to_num(side)) for side in sides((90, 16), 70)
    )
    left, right = left.compress("int8"), right.compress("float16")
    forward, backward = BothWays(left.vectors, right.vectors, norms=(left.norms, right.norms)).best(3)
    table = products(np.asarray(left.vectors[:]), np.asarray(right.vectors[:]))
    check(forward, table, 3)
    check(backward, table.T, 3)


def test_sides_without_rows():
    (rows, _), (back, _) = BothWays(np.ones((3, 4), "f4"), np.ones((0, 4), "f4")).best(2)
    assert rows.shape == (3, 0) and back.shape == (0, 2)


@pytest.mark.parametrize("level", NAMES)
def test_sums_of_very_long_rows_stay_within_32_bits(monkeypatch, level):
    monkeypatch.setenv("WORDVEC_SIMD", level)
    signs = np.random.default_rng(0).integers(0, 2, (34, 135_000), np.int8) * np.float32(2) - 1
    left = np.concatenate([signs[:32], -signs[:32], signs[32:]])  # the pairs are in the second tile, which bars await
    right = np.concatenate([signs[:3], -signs[:3], signs[32:]])
    (rows, _), (back, _) = BothWays(left, right, workers=1).best(1)
    assert rows[-2:].ravel().tolist() == [6, 7] and back[-2:].ravel().tolist() == [64, 65]
