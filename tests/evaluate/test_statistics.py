"""Intervals and tests of scores: closed forms, published examples, coverage, and what is undefined."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import wordvec
from wordvec.evaluate import statistics
from wordvec.evaluate.results import share_of
from wordvec.evaluate.statistics import (
    Interval,
    bootstrap,
    holm,
    mcnemar,
    mean,
    over_seeds,
    paired_bootstrap,
    pearson,
    spearman,
)

SMALL = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=3, max_size=30)


@given(SMALL)
@settings(max_examples=100, deadline=None)
def test_weighted_correlations_are_those_of_repeated_items(items):
    """An item of weight k counts as k items, in ranks with ties as well."""
    gold, values, weights = np.array(items, np.float64).T
    times = weights.astype(int)
    more_gold, more_values = np.repeat(gold, times), np.repeat(values, times)
    for ours, theirs in ((spearman, stats.spearmanr), (pearson, stats.pearsonr)):
        score = ours(gold, values, weights[None])[0]
        if len(more_gold) < 2 or np.ptp(more_gold) == 0 or np.ptp(more_values) == 0:
            assert np.isnan(score)
        else:
            assert score == pytest.approx(theirs(more_gold, more_values).statistic, abs=1e-9)


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation():
    """For many items the percentile interval is the score, and 1.96 standard errors to either side."""
    rng = np.random.default_rng(0)
    values = (rng.random(2000) < 0.3).astype(float)
    score, low, high = bootstrap(mean, values, values)
    error = values.std() / np.sqrt(len(values))
    assert score == values.mean()
    assert low == pytest.approx(score - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(score + 1.96 * error, abs=0.1 * error)


def test_intervals_repeat_and_seeds_differ():
    """The result is a function of the arguments."""
    rng = np.random.default_rng(1)
    gold, values = rng.random(60), rng.random(60)
    assert bootstrap(spearman, gold, values) == bootstrap(spearman, gold, values)
    assert bootstrap(spearman, gold, values) != bootstrap(spearman, gold, values, seed=2)


def test_groups_that_agree_widen_the_interval():
    """Items that come in equal copies carry no more information than one of them."""
    rng = np.random.default_rng(2)
    gold, values = rng.random(40), rng.random(40)
    copies, groups = np.repeat(gold, 10), np.repeat(np.arange(40), 10)
    score, low, high = bootstrap(spearman, copies, np.repeat(values, 10), groups=groups)
    alone = bootstrap(spearman, gold, values)
    naive = bootstrap(spearman, copies, np.repeat(values, 10))
    assert score == pytest.approx(alone.score, abs=1e-12)
    assert high - low == pytest.approx(alone.high - alone.low, rel=0.1)
    assert naive.high - naive.low < 0.5 * (high - low)


def test_the_difference_of_two_models_is_narrower_than_their_intervals():
    """Models that make the same mistakes are compared on the same draws."""
    rng = np.random.default_rng(3)
    gold = rng.random(300)
    common = gold + rng.normal(0, 0.3, 300)
    better, worse = common + rng.normal(0, 0.02, 300), common + rng.normal(0, 0.1, 300)
    difference, p = paired_bootstrap(spearman, gold, better, worse)
    alone = bootstrap(spearman, gold, better)
    assert 0 < difference.score and p < 0.05
    assert difference.high - difference.low < 0.5 * (alone.high - alone.low)
    same, p_same = paired_bootstrap(spearman, gold, better, better)
    assert same == (0, 0, 0) and p_same == 1


def test_what_is_undefined_is_none():
    """No item, no spread: no score, never NaN."""
    none = (None, None, None)
    empty, flat = np.zeros(0), np.ones(10)
    assert bootstrap(mean, empty, empty) == none
    assert bootstrap(spearman, flat, np.arange(10.0)) == none
    assert paired_bootstrap(mean, empty, empty, empty) == (none, None)
    assert statistics.wilson(0, 0) == (None, None)
    assert statistics.williams(0.1, 0.2, 0.3, 3) == (None, None)
    assert statistics.williams(1.0, 1.0, 1.0, 30) == (0.0, 1.0)


def test_published_examples():
    """Wilson: Newcombe 1998, table II; Williams: the example of the R package psych (r.test).

    McNemar: two media for cultures of tubercle bacilli, Armitage and Berry 1994, page 127; exact p of StatsDirect.
    """
    assert statistics.wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert statistics.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert statistics.williams(0.4, 0.5, 0.1, 103) == pytest.approx((-0.89, 0.37), abs=0.005)
    assert mcnemar(12, 2) == pytest.approx(0.0129, abs=5e-5)
    for one, two in ((0, 7), (5, 9), (30, 12)):
        assert mcnemar(one, two) == mcnemar(two, one)
        assert mcnemar(one, two) == pytest.approx(stats.binomtest(one, one + two).pvalue)


def test_holm_is_monotone_and_keeps_the_order():
    """Corrected values never fall below the given ones, nor change their order."""
    given_ = [0.2, 0.001, 0.04, 0.9, None, 0.02]
    corrected = holm(given_)
    assert corrected[4] is None and corrected[1] == pytest.approx(0.005)
    known = [(p, q) for p, q in zip(given_, corrected) if p is not None]
    assert all(p <= q <= 1 for p, q in known)
    assert [q for _, q in sorted(known)] == sorted(q for _, q in known)


def test_the_interval_over_seeds_is_that_of_its_closed_form():
    """Without items, Student's t of the seeds; without spread of seeds, the interval over items as it is."""
    scores = [0.2, 0.25, 0.36]
    interval, p = over_seeds(Interval(np.mean(scores), np.mean(scores), np.mean(scores)), [scores])
    theirs = stats.ttest_1samp(scores, 0)
    assert interval[1:] == pytest.approx(theirs.confidence_interval(0.95)) and p == pytest.approx(theirs.pvalue)
    lopsided = Interval(0.5, 0.45, 0.6)
    assert over_seeds(lopsided, [[0.5, 0.5]])[0] == pytest.approx(lopsided)
    assert over_seeds(lopsided, [[0.5], [0.1]])[0] == pytest.approx(lopsided)
    assert over_seeds(Interval(None, None, None), [[0.1, 0.2]]) == ((None, None, None), None)
    two, p = over_seeds(Interval(0.1, 0.1, 0.1), [[0.2, 0.3, 0.4, 0.1], [0.1, 0.2]])  # Welch's test
    theirs = stats.ttest_ind([0.2, 0.3, 0.4, 0.1], [0.1, 0.2], equal_var=False)
    assert p == pytest.approx(theirs.pvalue) and two[1:] == pytest.approx(theirs.confidence_interval(0.95))


def test_seeds_are_drawn_on_the_same_items():
    rng = np.random.default_rng(5)
    gold, values = rng.random(80), rng.random((3, 80))
    several = bootstrap(spearman, gold, tuple(values))
    assert several.score == pytest.approx(np.mean([bootstrap(spearman, gold, some).score for some in values]))
    same = bootstrap(spearman, gold, (values[0],) * 3)
    assert same == pytest.approx(bootstrap(spearman, gold, values[0]))
    difference, _ = paired_bootstrap(spearman, gold, tuple(values), tuple(values[::-1]))
    assert difference == pytest.approx((0, 0, 0), abs=1e-12)


def test_shares_of_right_answers_have_wilsons_interval():
    """Seeds that agree are one; shares with half the variance count as twice the items."""
    right = np.repeat([1.0, 0.0], [30, 20])
    assert share_of(right) == pytest.approx((0.6, *statistics.wilson(30, 50)))
    halved = 0.6 + (right - 0.6) / np.sqrt(2)
    assert share_of(halved) == pytest.approx((0.6, *statistics.wilson(60, 100)))
    assert share_of(np.ones(9)) == (1, *statistics.wilson(9, 9)) and share_of(np.zeros(9)).high > 0.2


@pytest.mark.thorough
@pytest.mark.parametrize(("seeds", "between"), [(2, 0.05), (3, 0.0), (3, 0.1), (5, 0.1), (5, 0.3)])
def test_intervals_over_seeds_cover_the_true_score(seeds, between):
    """Of 2,000 models with some seeds and 100 items: the mean varies by 0.1 over items, and by `between` over seeds.

    Two seeds that differ by much more than the items let say too little: 90 % there.
    """
    hits = 0
    for number in range(2000):
        rng = np.random.default_rng(number)
        values = rng.normal(size=100) + between * rng.normal(size=(seeds, 1)) + 0.5 * rng.normal(size=(seeds, 100))
        over_items = bootstrap(mean, np.zeros(100), tuple(values), draws=500, seed=number)
        interval, _ = over_seeds(over_items, [values.mean(axis=1).tolist()])
        hits += interval.low <= 0 <= interval.high
    assert 0.93 <= hits / 2000 <= 0.975


@pytest.mark.thorough
def test_intervals_cover_the_true_correlation():
    """In 93.5 to 96.5 % of 2,000 seeded samples of 200 items the interval holds Spearman's correlation of their law."""
    rho = 0.5
    true = 6 / np.pi * np.arcsin(rho / 2)  # of two normal variables
    hits = 0
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        gold = rng.normal(size=200)
        values = rho * gold + np.sqrt(1 - rho**2) * rng.normal(size=200)
        interval = bootstrap(spearman, gold, values, draws=1000, seed=seed)
        hits += interval.low <= true <= interval.high
    assert 0.935 <= hits / 2000 <= 0.965


def test_arguments_out_of_bounds_are_refused():
    """Errors say what must hold."""
    ones = np.ones(4)
    with pytest.raises(wordvec.OptionError, match="draws"):
        bootstrap(mean, ones, ones, draws=3)
    with pytest.raises(wordvec.OptionError, match="confidence must be above 0 and below 1"):
        bootstrap(mean, ones, ones, confidence=95)
    with pytest.raises(wordvec.OptionError, match="right must be 0 to the 3 items; got 4"):
        statistics.wilson(4, 3)
    with pytest.raises(wordvec.OptionError, match="a correlation must be from -1 to 1"):
        statistics.williams(2, 0, 0, 10)
