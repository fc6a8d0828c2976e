"""Features of words as spaCy computes them, and the rows that they are hashed to."""

import numpy as np
import pytest

import wordvec
from wordvec.subwords.features import feature_rows, hashed_numbers, hashed_words, shape, string_numbers
from wordvec.vocabulary import packed


def test_no_hash_of_a_word_is_degenerate():
    rows = hashed_words(wordvec.Vocabulary.from_words([f"w{i}" for i in range(500)]), 1000, 64)
    assert (abs((rows % 2).mean(axis=0) - 0.5) < 0.15).all() and len(np.unique(rows[:, ::4], axis=1).T) == 16


def test_keys_are_those_of_spacy():
    assert string_numbers(*packed(["apple", "coffee", ""])).tolist() == [8566208034543834098, 3197928453018144401, 0]
    mmh3 = pytest.importorskip("mmh3")
    drawn = np.random.default_rng(0).integers(0, 2**64, 500, np.uint64)
    numbers = np.concatenate([np.array([0, 1, 2**64 - 1], np.uint64), drawn])
    for seed in (0, 8, 11):
        expected = [mmh3.hash_bytes(int(n).to_bytes(8, "little"), seed, x64arch=True) for n in numbers]
        assert hashed_numbers(numbers, seed).tobytes() == b"".join(expected)


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("Apple", "Xxxxx"),
        ("C3PO", "XdXX"),
        ("ALLCAPS", "XXXX"),
        ("12345", "dddd"),
        ("it's", "xx'x"),
        ("", ""),
        ("a" * 100, "LONG"),
        ("a" * 99, "xxxx"),
        ("Zürich-2", "Xxxxx-d"),
    ],
)
def test_shapes(word, form):
    assert shape(word) == form


def test_rows_of_features_are_spread_evenly_and_shared_by_equal_features():
    rows = feature_rows([f"w{i}" for i in range(20_000)], 100)
    load = np.bincount(rows[:, :4].ravel(), minlength=100)
    assert ((load - 800) ** 2 / 800).sum() < 99 + 5 * (2 * 99) ** 0.5  # chi-square
    same = feature_rows(["Talking", "talking", "walking"], 1000)
    assert (same[0, :4] == same[1, :4]).all() and (same[0, 12:] != same[1, 12:]).any()
    assert (same[1, 8:12] == same[2, 8:12]).all() and (same[1, 4:8] != same[2, 4:8]).any()
