"""Many words at once: pairs of words and contexts, and what becomes of words and contexts that do not fit."""

import numpy as np
import pytest

from wordvec import CorpusError, KeyedVectors, OptionError, induce
from wordvec.contexts.means import Text, of_contexts
from wordvec.contexts.occurrences import Occurrences, occurrences_in
from wordvec.contexts.options import Induction

RNG = np.random.default_rng(2)
KV = KeyedVectors([f"w{i}" for i in range(30)], RNG.normal(size=(30, 6)).astype("f4"))
METHODS = ("additive", "window")


def sentences(count, word):
    return [[*(f"w{i}" for i in RNG.integers(0, 30, 4)), word, f"w{RNG.integers(30)}", "odd"] for _ in range(count)]


@pytest.mark.parametrize("method", METHODS)
def test_pairs_are_the_same_as_a_dict_in_any_order(method):
    contexts = {f"new{i}": sentences(i % 4 + 1, f"new{i}") for i in range(50)}
    pairs = [(word, sentence) for word, some in contexts.items() for sentence in some]
    pairs = [pairs[i] for i in RNG.permutation(len(pairs))]
    one, other = (induce(KV, contexts=given, method=method) for given in (contexts, iter(pairs)))
    assert set(one) == set(other) == set(contexts)
    for word, some in contexts.items():
        np.testing.assert_allclose(one[word], other[word], rtol=1e-5, atol=1e-6)
        assert other.get_vecattr(word, "count") == len(some)


def test_many_words_are_each_as_alone():
    contexts = {f"new{i}": sentences(2, f"new{i}") for i in range(200)}
    many = induce(KV, contexts=contexts, method="window")
    for word in list(contexts)[::37]:
        alone = induce(KV, contexts={word: contexts[word]}, method="window")
        np.testing.assert_allclose(many[word], alone[word], rtol=1e-6)


def test_contexts_without_their_word_warn_are_used_or_refused():
    pairs = [("new", ["w1", "new"]), ("new", ["w2", "w3"])]
    with pytest.warns(UserWarning, match="1 of 2 contexts do not hold their word, so that all of their words"):
        warned = induce(KV, contexts=pairs, method="additive")
    silent = induce(KV, contexts=pairs, method="additive", no_word="use")
    assert (warned["new"] == silent["new"]).all()
    np.testing.assert_allclose(silent["new"], (KV["w1"] + (KV["w2"] + KV["w3"]) / 2) / 2, rtol=1e-5)
    with pytest.raises(CorpusError, match=r'1 of 2 contexts do not hold their word: cut and fold .* no_word="use"'):
        induce(KV, contexts=pairs, method="additive", no_word="error")


def test_words_without_contexts_are_left_out_named_or_refused():
    given = {"new": [["w1", "new"]], "empty": [], "odd": [["odd", "even"]]}
    with pytest.warns(UserWarning, match="2 of 3 words have no context word with a vector, such as 'empty', 'odd'"):
        assert list(induce(KV, contexts=given, method="additive")) == ["new"]
    assert list(induce(KV, contexts=given, method="additive", no_context="skip")) == ["new"]
    with pytest.raises(CorpusError, match=r"2 of 3 words have no context word .*: give contexts of them"):
        induce(KV, contexts=given, method="additive", no_context="error")
    with pytest.raises(CorpusError, match="such as 'absent'"):
        induce(KV, [["w1", "new"]], ["new", "absent"], method="additive", no_context="error")


@pytest.mark.parametrize("form", [dict, list])
def test_known_words_get_new_vectors_none_or_are_refused(form):
    given = {"new": [["w1", "new"]], "w5": [["w2", "w5"]]}
    contexts = given if form is dict else [(word, some[0]) for word, some in given.items()]
    assert set(induce(KV, contexts=contexts, method="additive")) == {"new", "w5"}
    assert list(induce(KV, contexts=contexts, method="additive", known="skip")) == ["new"]
    with pytest.raises(OptionError, match="1 of 2 are not, such as 'w5': leave them out"):
        induce(KV, contexts=contexts, method="additive", known="error")
    text = [["w1", "new"], ["w2", "w5"]]
    assert list(induce(KV, text, ["new", "w5"], method="additive", known="skip")) == ["new"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"contexts": "new w1"}, OptionError, "or pairs of a word and a list of tokens; got str"),
        ({"contexts": [("new", "w1 new")]}, OptionError, "must be a list of tokens; got the str"),
        ({"contexts": ["new w1"]}, OptionError, "got an iterable with 'new w1'"),
        ({"contexts": 3}, OptionError, "got int"),
        (
            {"contexts": {}, "method": "magic"},
            OptionError,
            "method must be one of alacarte, additive, window, selective",
        ),
        ({"contexts": {}, "model": 3}, OptionError, 'model goes with method="form-context"; got method=.additive'),
        ({"contexts": {}, "negative": 3}, OptionError, "negative must be an option of additive, which has"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        induce(KV, **({"method": "additive"} | arguments))


def test_occurrences_are_those_of_the_text():
    contexts = {"b": [["w1", "b", "w2", "x", "w3"], ["b", "b", "w4"]], "a": [["w5", "w6"], ["w7", "a"]]}
    told = of_contexts(KV, contexts, Induction())
    seen = occurrences_in(told.texts, 2)
    words = [told.words[number] for number in seen.words.tolist()]
    rows = [seen.rows[a:b].tolist() for a, b in zip(seen.offsets[:-1], seen.offsets[1:])]
    assert list(zip(words, rows)) == [("b", [1, 2]), ("b", [4]), ("b", [4]), ("a", [7]), ("a", [5, 6])]
    near = seen.within(1)
    assert np.diff(near.offsets).tolist() == [2, 0, 1, 1, 2]
    assert near.rows.tolist() == [1, 2, 4, 7, 5, 6]
    none = occurrences_in((Text(told.texts[0].sentences, np.full(len(told.texts[0].target), -1, np.int32), False),), 2)
    assert isinstance(none, Occurrences) and len(none.words) == 0
