"""The noise of predictive models: the alias table, and the list of words that is drawn before training."""

import numpy as np
import pytest
import reference

from wordvec._kernels import word2vec as kernel
from wordvec.trainers.word2vec import noise_words


@pytest.mark.parametrize("weights", [[1.0], [1.0, 1.0], [1e-9, 1.0, 1e9], np.arange(50, 0, -1) ** 1.3])
def test_the_alias_table_has_the_chances_of_the_words(weights):
    weights = np.asarray(weights, float)
    table = np.empty((len(weights), 2), np.uint32)
    kernel.alias_table(weights, table)
    own = table[:, 0] / 2**32
    chance = own / len(weights)
    np.add.at(chance, table[:, 1], (1 - own) / len(weights))
    np.testing.assert_allclose(chance, weights / weights.sum(), atol=1e-9)


def test_noise_is_drawn_by_the_alias_table():
    """Chi-square of 70,000 draws over 50 words."""
    weights = np.arange(50, 0, -1) ** 1.3
    table = np.empty((50, 2), np.uint32)
    kernel.alias_table(weights, table)
    drawn = reference.draw_noise(reference.Stream(3), table, 70_000)
    expected = weights / weights.sum() * len(drawn)
    assert ((np.bincount(drawn, minlength=50) - expected) ** 2 / expected).sum() < 90  # 49 degrees of freedom


@pytest.mark.parametrize(
    ("counts", "exponent"), [([9, 4, 0, 4, 1], 0.75), ([1] * 3000, 1.0), ([5, 0, 2], -1.0), ([3], 0.0)]
)
def test_noise_words_are_as_frequent_as_their_weights(counts, exponent):
    counts = np.array(counts)
    words = noise_words(counts, exponent, 1)
    weights = np.where(counts > 0, counts.astype(float).clip(1) ** exponent, 0)
    found = np.bincount(words, minlength=len(counts))
    assert np.abs(found - weights / weights.sum() * len(words)).max() < 1.01
    assert not found[counts == 0].any()
    assert abs(len(words) - max(4096, 16 * len(counts))) <= 1
    assert words.tolist() == noise_words(counts, exponent, 1).tolist()
    if found.astype(bool).sum() > 1:
        assert words.tolist() != noise_words(counts, exponent, 2).tolist()
        halves = [np.bincount(half, minlength=len(counts))[0] for half in np.array_split(words, 2)]
        assert abs(halves[0] - halves[1]) < 6 * found[0] ** 0.5
