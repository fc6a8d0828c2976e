"""Senses found afterwards: planted homonyms, words of one topic, repeats, files, and what does not fit."""

import numpy as np
import pytest

import wordvec
from wordvec import CorpusError, KeyedVectors, OptionError, SenseVectors, UnknownWordError, senses_of

TOPICS = {topic: [f"{topic}{i}" for i in range(15)] for topic in "xy"}
HOMONYMS = ("bank", "a|b")
OPTIONS = {"window": 6, "sample": 0, "workers": 1}


def text(sentences, rng):
    """Sentences of 12 words of one topic, in which a homonym of both stands, and `one`, which is of x alone."""
    for i in range(sentences):
        words = rng.choice(TOPICS["xy"[i % 2]], 12).tolist()
        words[3], words[9] = HOMONYMS[i % 3 % 2], "one" if i % 2 == 0 else words[9]
        yield words


@pytest.fixture(scope="module")
def planted():
    """Vectors of 16 dimensions, words of a topic near one direction, and a text."""
    rng = np.random.default_rng(3)
    words = [*TOPICS["x"], *TOPICS["y"], *HOMONYMS, "one", "absent"]  # the last one in no sentence
    centre = {topic: 2 * np.eye(16)[i] for i, topic in enumerate("xy")}
    centre |= {word[0]: (centre["x"] + centre["y"]) / 2 for word in HOMONYMS} | {"o": centre["x"]}
    rows = [centre[word[0]] + rng.normal(0, 0.4, 16) for word in words]
    return KeyedVectors(words, np.array(rows, "f4")), list(text(900, rng))


@pytest.fixture(scope="module")
def found(planted):
    return senses_of(*planted, **OPTIONS)


def test_planted_homonyms_have_two_senses_and_the_others_one(planted, found):
    assert type(found) is SenseVectors and found.rule == "nearest"
    for word in HOMONYMS:
        assert len(found.senses(word)) == 2 and found.shares(word).min() > 0.2
        of_x, of_y = (found.disambiguate(word, TOPICS[topic][:4]) for topic in "xy")
        assert of_x.argmax() != of_y.argmax() and min(of_x.max(), of_y.max()) > 0.9
        topics = {key: {near[0] for near, _ in some} for key, some in found.sense_neighbours(word, 3).items()}
        for topic, of in (("x", of_x), ("y", of_y)):
            assert topic in topics[f"{word}|{of.argmax() + 1}"] <= {topic, "a", "b", "o"}
    several = [word for word in planted[0] if len(found.senses(word)) > 1]
    assert several == list(HOMONYMS)
    assert np.array_equal(found["absent|1"], planted[0]["absent"]) and np.array_equal(found["x1|1"], planted[0]["x1"])
    assert len(found) == len(planted[0]) + 2 and found.metadata["senses"]["words"] == 33


def test_words_are_the_means_of_their_senses(planted, found):
    words = found.of_words()
    for word in planted[0]:
        np.testing.assert_allclose(words[word], planted[0][word], atol=1e-5)
    assert words.get_vecattr("bank", "count") == sum(sentence.count("bank") for sentence in planted[1])
    still = senses_of(*planted, HOMONYMS, **OPTIONS, shift=0)
    assert np.array_equal(still["bank|2"], planted[0]["bank"])
    assert still.shares("bank") == pytest.approx(found.shares("bank"), abs=0.05)  # other contexts are drawn


def test_the_same_bytes_for_any_number_of_workers_and_in_the_file(planted, found, tmp_path):
    other = senses_of(*planted, **{**OPTIONS, "workers": 3})
    found.save(tmp_path / "senses.safetensors")
    opened = wordvec.load(tmp_path / "senses.safetensors")
    for one in (other, opened):
        assert list(one) == list(found) and np.array_equal(one.vectors, found.vectors)
        assert np.array_equal(one.shares("bank"), found.shares("bank"))
        assert np.array_equal(one.disambiguate("bank", ["y1"]), found.disambiguate("bank", ["y1"]))


def test_the_number_of_senses_can_be_given(planted):
    three = senses_of(*planted, ["bank", "one"], **OPTIONS, fixed=True, prototypes=3, min_share=0)
    assert [len(three.senses(word)) for word in ("bank", "one", "a|b")] == [3, 3, 1]
    assert three.shares("bank").sum() == pytest.approx(1)
    one = senses_of(*planted, ["bank"], **OPTIONS, prototypes=1)
    assert len(one) == len(planted[0]) and one.disambiguate("bank", ["x1"]).tolist() == [1]
    assert len(senses_of(*planted, ["bank"], **OPTIONS, min_gain=9)) == len(planted[0])


def test_small_clusters_join_the_others(planted):
    vectors, sentences = planted
    rare = [s for i, s in enumerate(sentences) if i % 2 == 0 or i % 20 == 1]  # one in eleven is of y
    two = {**OPTIONS, "fixed": True, "prototypes": 2}
    kept, joined = (senses_of(vectors, rare, ["bank"], **two, min_share=share) for share in (0.02, 0.3))
    assert len(kept.senses("bank")) == 2 and kept.shares("bank").min() < 0.2
    assert joined.shares("bank").tolist() == [1]


def test_only_the_most_frequent_words_and_some_of_their_contexts(planted):
    vectors, sentences = planted
    counts = {word: sum(s.count(word) for s in sentences) for word in vectors}
    top = sorted(vectors, key=lambda word: -counts[word])[:2]
    some = senses_of(*planted, **OPTIONS, most_frequent=2, most_contexts=40, fixed=True, prototypes=2)
    assert [word for word in vectors if len(some.senses(word)) > 1] == [word for word in vectors if word in top]
    shares = some.shares(top[0])[0]
    assert any(
        shares * n == pytest.approx(round(shares * n), abs=1e-5) for n in range(30, 41)
    )  # of 40 contexts at most
    assert senses_of(*planted, [], **OPTIONS).metadata["senses"]["words"] == 0


def test_encoded_and_compressed(planted, found):
    vectors, sentences = planted
    encoded = senses_of(vectors, wordvec.encode_corpus(sentences, min_count=1), **OPTIONS)
    assert np.array_equal(encoded.vectors, found.vectors)
    small = senses_of(vectors.compress("int8"), sentences, ["bank"], **OPTIONS)
    assert small.shares("bank") == pytest.approx(found.shares("bank"), abs=0.02)


def test_words_that_cannot_have_senses(planted):
    vectors, sentences = planted
    with pytest.raises(UnknownWordError, match=r"1 of 2 have none, such as 'river'"):
        senses_of(vectors, sentences, ["bank", "river"])
    with pytest.warns(UserWarning, match=r"1 of 2 words occur fewer than min_count=50 times, such as 'absent'"):
        few = senses_of(vectors, sentences, ["bank", "absent"], **OPTIONS)
    assert few.senses("absent") == ["absent|1"] and len(few.senses("bank")) == 2
    alone = senses_of(vectors, [*sentences, *[["absent"]] * 60], ["absent"], **OPTIONS)  # without any context
    assert alone.senses("absent") == ["absent|1"] and np.array_equal(alone["absent|1"], vectors["absent"])
    with pytest.raises(CorpusError, match="none of them has a context"):
        senses_of(vectors, [["bank"], ["x1"]] * 60)
    with pytest.raises(OptionError, match="words must be a list of words"):
        senses_of(vectors, sentences, "bank")


def test_what_does_not_fit(planted, found):
    vectors, sentences = planted
    with pytest.raises(OptionError, match="prototypes must be an integer"):
        senses_of(vectors, sentences, prototypes=0)
    with pytest.raises(OptionError, match="min_share"):
        senses_of(vectors, sentences, min_share=1)
    with pytest.raises(OptionError, match="give of_words"):
        senses_of(found, sentences)
    with pytest.raises(OptionError, match="vectors must be KeyedVectors"):
        senses_of(vectors.vectors, sentences)
    tree = wordvec.Poincare(vector_size=2, epochs=1).fit([("x1", "bank"), ("y1", "bank")])
    with pytest.raises(OptionError, match="must have the metric cosine"):
        senses_of(tree, sentences)
    with pytest.raises(OptionError, match="most_frequent goes without words"):
        senses_of(vectors, sentences, ["bank"], most_frequent=3)
    with pytest.raises(OptionError, match="must be finite"):
        rows = np.array(vectors.vectors)
        rows[3, 2] = np.nan
        senses_of(KeyedVectors(list(vectors), rows), sentences)
