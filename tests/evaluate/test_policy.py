"""Policies: which rows words get, what unknown words do, and the presets that give the numbers of other tools again."""

import numpy as np
import pytest

from wordvec import KeyedVectors, OptionError
from wordvec.evaluate.policy import PRESETS, Policy, Resolver, policy_of

WORDS = ["Paris", "paris", "PARIS", "ice", "cream", "New York"]


@pytest.fixture
def vectors():
    return KeyedVectors(WORDS, np.eye(6, dtype="f4") + np.float32(0.5))


@pytest.mark.parametrize(
    ("case", "word", "rows"),
    [
        ("as-is", "pAris", []),
        ("as-is", "paris", [1]),
        ("fold", "PARIS", [2, 1, 0]),
        ("fold", "pAris", [1, 0, 2]),
        ("upper", "paris", [0, 1, 2]),
        ("lower", "PARIS", [0, 1, 2]),
        ("capital", "PARIS", [1]),
        ("capital", "new york", [5]),
    ],
)
def test_case_chooses_the_row(vectors, case, word, rows):
    assert Resolver(vectors, Policy(case=case)).rows(word) == rows


def test_unknown_words_are_skipped_zero_the_mean_or_composed(vectors):
    words = ["ice", "snow"]
    skip, zero, mean = (Resolver(vectors, Policy(oov=oov)) for oov in ("skip", "zero", "mean"))
    assert skip.numbers(words).tolist() == [3, -1]
    for resolver in (zero, mean):
        numbers = resolver.numbers(words)
        assert numbers.tolist() == [3, 6] and resolver.is_known(numbers).tolist() == [True, False]
    assert not zero.units(np.array([6])).any()
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1)[:, None]
    assert mean.units(np.array([6]))[0] == pytest.approx(units.mean(axis=0))
    first = Resolver(vectors, Policy(oov="mean", case="lower"))
    assert first.units(first.numbers(["snow"]))[0] == pytest.approx(units[[0, 3, 4, 5]].mean(axis=0))
    composing = vectors.with_oov(lambda word: np.arange(6) if word == "snow" else None)
    subword = Resolver(composing, Policy(oov="subword"))
    numbers = subword.numbers(["snow", "hail"])
    assert numbers.tolist() == [6, -1] and subword.is_known(numbers).tolist() == [True, False]
    assert subword.cosines(numbers[:1], np.array([0]))[0] == pytest.approx(composing.similarity("Paris", "snow"))


def test_entries_of_several_words(vectors):
    assert Resolver(vectors, Policy()).number("ice_cream") == -1
    resolver = Resolver(vectors, Policy(multi_word="mean"))
    assert resolver.number("New York") == 5 and resolver.number("ice_rink") == -1
    units = vectors.vectors[3:5] / np.linalg.norm(vectors.vectors[3:5], axis=1)[:, None]
    both = units.mean(axis=0)
    number = resolver.number("ice cream")
    assert resolver.units(np.array([number]))[0] == pytest.approx(both / np.linalg.norm(both))
    assert resolver.is_known(np.array([number])).all()


def test_restrict_keeps_the_first_rows_and_their_mean(vectors):
    resolver = Resolver(vectors, Policy(restrict=2, oov="mean"))
    assert resolver.rows("PARIS") == [1, 0] and resolver.rows("ice") == []
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1)[:, None]
    assert resolver.units(resolver.numbers(["ice"]))[0] == pytest.approx(units[:2].mean(axis=0))


def test_policies_describe_themselves_and_refuse_what_is_not_known():
    assert Policy().describe() == "case fold, oov skip, exclude inputs+case"
    assert PRESETS["c-tool"].describe() == (
        "case upper, oov skip, restrict 30,000, exclude inputs, repeats keep, self-pairs true"
    )
    assert policy_of("web").oov == "mean" and policy_of(Policy(oov="zero")).oov == "zero"
    for bad in ({"case": "any"}, {"oov": "drop"}, {"exclude": "all"}, {"restrict": 0}, {"candidates": 0}):
        with pytest.raises(OptionError, match=next(iter(bad))):
            Policy(**bad)
    with pytest.raises(OptionError, match="default, gensim, c-tool, web, muse, evalrank; got 'vecto'"):
        policy_of("vecto")
