"""Agreement of vectors without gold: neighbours, CKA, bands of frequency, and the words that differ most."""

import json

import numpy as np
import pytest

from wordvec import KeyedVectors, OptionError
from wordvec.evaluate import compare, frequency
from wordvec.evaluate.cka import GROUPS, Moments

N, D = 400, 12
WORDS = [f"w{i}" for i in range(N)]


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def vectors(rows, words=WORDS, counts=None):
    return KeyedVectors(words, np.asarray(rows, "f4"), counts=counts)


def turned(rows, rng):
    return rows @ np.linalg.qr(rng.standard_normal((rows.shape[1],) * 2))[0]


def test_turned_and_scaled_vectors_agree_in_everything(rng):
    rows = rng.standard_normal((N, D))
    found = compare([vectors(rows), vectors(3 * turned(rows, rng))])
    for band in found.bands:
        assert band.overlap == band.jaccard == (1, 1, 1) and band.cka.score == pytest.approx(1, abs=1e-6)
    assert found.words == N and found.disagreements[0].overlap == 1


def test_the_order_of_words_and_words_of_one_set_change_nothing(rng):
    """Words are matched by name, and only words of all sets are neighbours."""
    one, other = rng.standard_normal((2, N, D))
    other += one
    same = compare([vectors(one), vectors(other)])
    order = rng.permutation(N)
    far = vectors(np.concatenate([other[order], one[:20]]), [*(WORDS[i] for i in order), *(f"x{i}" for i in range(20))])
    shuffled = compare([vectors(one), far])
    assert 0.02 < same.bands[-1].overlap.score < 0.9
    assert shuffled.bands == same.bands and shuffled.sizes == (N, N + 20) and shuffled.words == N
    assert shuffled.disagreements == same.disagreements


def test_unrelated_vectors_share_what_chance_gives(rng):
    """Two sets of k = 10 among N - 1 words share k / (N - 1) of them; the CKA has no bias, however few the words."""
    one, other = rng.standard_normal((2, N, D))
    band = compare([vectors(one), vectors(other)]).bands[-1]
    assert band.overlap.low < 10 / (N - 1) < band.overlap.high
    few = [
        compare([vectors(a[:60], WORDS[:60]), vectors(b[:60], WORDS[:60])]).bands[-1].cka
        for a, b in rng.standard_normal((30, 2, 60, 40))
    ]
    assert abs(np.mean([cka.score for cka in few])) < 0.02
    assert np.mean([cka.low <= 0 <= cka.high for cka in few]) > 0.8


def test_neighbours_are_those_of_the_search_by_hand():
    """Four words on a circle, of which the second set swaps two."""
    degrees = np.radians([0, 10, 40, 90])
    one = np.stack([np.cos(degrees), np.sin(degrees)], axis=1)
    found = compare([vectors(one, list("abcd")), vectors(one[[0, 2, 1, 3]], list("abcd"))], topn=1)
    # nearest: a-b, b-a, c-b, d-c, and in the second a-c, b-c, c-a, d-b
    assert found.bands[-1].overlap.score == 0 and found.pairs[0].jaccard == 0
    assert [one.neighbours for one in found.disagreements if one.word == "a"] == [(("b",), ("c",))]
    two = compare([vectors(one, list("abcd")), vectors(one[[0, 2, 1, 3]], list("abcd"))], topn=2)
    # a: bc-cb, b: ac-ca, c: ba-ab, d: cb-bc
    assert two.bands[-1].overlap.score == 1
    three = compare([vectors(one, list("abcd")), vectors(one[[3, 0, 2, 1]], list("abcd"))], topn=2)
    # a: bc-dc, b: ac-dc, c: ba-da, d: cb-bc
    assert three.bands[-1].overlap.score == (3 * 0.5 + 1) / 4
    assert three.bands[-1].jaccard.score == pytest.approx((3 / 3 + 1) / 4)


def test_cka_is_that_of_its_definition(rng):
    """The unbiased estimate of HSIC, from matrices of cosines without their diagonals (Song and others 2012)."""
    x, y = rng.standard_normal((50, 4)), rng.standard_normal((50, 7))
    y[:, :4] += x
    units = [rows / np.linalg.norm(rows, axis=1)[:, None] for rows in (x, y)]

    def hsic(one, other):
        left, right = ((some @ some.T) * (1 - np.eye(50)) for some in (one, other))
        n = 50
        return (
            np.trace(left @ right) + left.sum() * right.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (left @ right).sum()
        ) / (n * (n - 3))

    expected = hsic(*units) / np.sqrt(hsic(units[0], units[0]) * hsic(units[1], units[1]))
    groups = [[rows[group::GROUPS].astype("f4") for rows in units] for group in range(GROUPS)]
    moments = Moments.of(groups)
    assert moments.cka(0, 1) == pytest.approx(expected, abs=1e-5)
    halves = [Moments.of([[rows[half] for rows in group] for group in groups]) for half in (slice(2), slice(2, None))]
    assert (halves[0] + halves[1]).cka(0, 1) == pytest.approx(expected, abs=1e-5)
    left = [rows[np.arange(50) % GROUPS != 3] for rows in units]
    n = 45
    assert (
        moments.cka(0, 1, without=3)
        == pytest.approx(Moments.of([[rows.astype("f4") for rows in left]]).cka(0, 1), abs=1e-5)
        and len(left[0]) == n
    )


def test_frequent_words_that_differ_come_first_and_bands_tell_them(rng, monkeypatch):
    """Only the 40 rarest words are noise in the second set."""
    monkeypatch.setattr(frequency, "BANDS", (("common", 0, 360), ("rare", 360, None)))
    counts = np.arange(N, 0, -1) * 10
    one = rng.standard_normal((N, D))
    other = turned(one, rng)
    other[360:] = rng.standard_normal((40, D))
    order = rng.permutation(N)  # bands are of counts, not of rows
    sets = [vectors(rows[order], [WORDS[i] for i in order], counts[order]) for rows in (one, other)]
    found = compare(sets)
    common, rare, whole = found.bands
    assert (common.words, rare.words) == (360, 40)
    assert common.overlap.low > 0.7 > 0.2 > rare.overlap.high and common.cka.low > 0.95 > 0.5 > rare.cka.high
    weighted = (360 * common.overlap.score + 40 * rare.overlap.score) / N
    assert whole.overlap.score == pytest.approx(weighted)
    worst = found.disagreements
    assert all(int(one.word[1:]) >= 360 for one in worst[:10]) and len(worst) == 20
    ties = [one.count for one in worst if one.overlap == worst[0].overlap]
    assert ties == sorted(ties, reverse=True)


def test_stability_of_several_trainings_is_over_all_pairs(rng):
    one = rng.standard_normal((N, D))
    sets = [vectors(turned(one + noise * rng.standard_normal((N, D)), rng)) for noise in (0.1, 0.1, 1)]
    found = compare(sets)
    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, 1), (0, 2), (1, 2)]
    assert found.pairs[0].overlap > found.pairs[1].overlap + 0.2 and found.pairs[0].cka > found.pairs[2].cka
    assert found.bands[-1].overlap.score == pytest.approx(np.mean([pair.overlap for pair in found.pairs]))
    assert found.bands[-1].cka.score == pytest.approx(np.mean([pair.cka for pair in found.pairs]))
    assert all(len(one.neighbours) == 3 for one in found.disagreements)


def test_fewer_queries_are_drawn_by_the_seed(rng):
    one, other = rng.standard_normal((2, N, D))
    sets = [vectors(one), vectors(one + other)]
    found = compare(sets, queries=50)
    assert found == compare(sets, queries=50, workers=1) and found != compare(sets, queries=50, seed=2)
    assert found.bands[-1].queries == 50 and found.bands[-1].words == N
    whole = compare(sets).bands[-1].overlap
    assert found.bands[-1].overlap.low <= whole.score <= found.bands[-1].overlap.high


def test_what_cannot_be_compared(rng):
    """One set, no common word, words without direction; few words have no CKA, and no NaN."""
    rows = rng.standard_normal((5, 3))
    small = vectors(rows, list("abcde"))
    with pytest.raises(OptionError, match="two sets of vectors or more to compare; got 1"):
        compare([small])
    with pytest.raises(OptionError, match="share 2 words or more"):
        compare([small, vectors(rows, list("fghij"))])
    rows[:3] = 0
    found = compare([small, vectors(rows, list("abcde"))])
    assert found.words == 2 and found.bands[-1].cka == (None, None, None)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["bands"][0]["overlap"]["score"] == 1
    compressed = vectors(rng.standard_normal((N, D)))
    assert compare([compressed, compressed.compress("int8")]).bands[-1].overlap.score > 0.9
