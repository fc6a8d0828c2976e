"""AdaGram, MSSG and Disambiguated: planted homonyms, numbers of senses, options, bad input, files."""

import numpy as np
import pytest

import wordvec
from wordvec import MSSG, AdaGram, CorpusError, Disambiguated, KeyedVectors, OptionError, SenseVectors, UnknownWordError
from wordvec.trainers.senses import SenseTrainer

OPTIONS = {"vector_size": 16, "window": 4, "min_count": 1, "workers": 1}
MODELS = {
    "adagram": AdaGram(**OPTIONS | {"window": 8}, epochs=2),
    "mssg": MSSG(**OPTIONS, prototypes=2),
    "np-mssg": MSSG(**OPTIONS, new_sense=0.7),
    "disambiguated": Disambiguated(**OPTIONS),
}
every_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def planted():
    """Sentences of one of two disjoint topics, in which the word `bank` and the word `a|b` stand as well."""
    rng = np.random.default_rng(0)
    extra = {0.15: "bank", 0.25: "a|b"}
    return [
        [next((w for p, w in extra.items() if draw < p), f"{'xy'[i % 2]}{j}") for draw, j in zip(rng.random(12), row)]
        for i, row in enumerate(rng.integers(0, 15, (1500, 12)))
    ]


@pytest.fixture(scope="module")
def trained(planted):
    return {name: model.fit(planted) for name, model in MODELS.items()}


@every_model
def test_finds_planted_homonyms(name, trained):
    vectors = trained[name]
    for word in ("bank", "a|b"):
        shares = vectors.shares(word)
        assert (shares > 0.2).sum() == 2 and shares.sum() == pytest.approx(1)
        assert vectors.senses(word)[:2] == [f"{word}|1", f"{word}|2"]
        of_x, of_y = (vectors.disambiguate(word, [f"{topic}{i}" for i in range(4)]) for topic in "xy")
        assert of_x.argmax() != of_y.argmax() and min(of_x.max(), of_y.max()) > 0.9
        assert of_x.sum() == pytest.approx(1) == of_y.sum()
    topics = []
    for near in list(vectors.sense_neighbours("bank", topn=5).values())[:2]:
        topics.append({key[0] for key, _ in near if key[0] in "xy"})
    assert sorted(map(sorted, topics)) == [["x"], ["y"]]


def test_adagram_gives_words_of_one_topic_one_sense(trained):
    vectors = trained["adagram"]
    assert {len(vectors.senses(f"{topic}{i}")) for topic in "xy" for i in range(15)} == {1}
    assert len(vectors) == 34 and isinstance(vectors, SenseVectors)
    assert repr(vectors) == "SenseVectors of 34 senses x 16"


def test_a_larger_concentration_gives_no_fewer_senses(planted):
    few, many = (AdaGram(**OPTIONS, epochs=1, concentration=c).fit(planted[:600]) for c in (1e-6, 0.5))
    assert len(few) <= len(many)
    assert len(AdaGram(**OPTIONS, epochs=1, prototypes=1).fit(planted[:200])) == 32


@every_model
def test_the_file_has_the_senses(name, trained, tmp_path):
    vectors, path = trained[name], tmp_path / "senses.safetensors"
    vectors.save(path)
    for opened in (wordvec.load(path), KeyedVectors.load(path, mmap=False), SenseVectors.load(path)):
        assert type(opened) is SenseVectors and opened.rule == vectors.rule
        assert type(opened.contexts) is KeyedVectors
        assert list(opened) == list(vectors) and np.array_equal(opened["bank|2"], vectors["bank|2"])
        for context in (["x1", "x2"], ["y3"], []):
            assert np.array_equal(opened.disambiguate("bank", context), vectors.disambiguate("bank", context))
    opened.verify() if opened._stored else None
    with pytest.warns(UserWarning, match="attributes"):
        vectors.save(tmp_path / "plain.vec")
    plain = wordvec.load(tmp_path / "plain.vec", format="word2vec-text")
    assert type(plain) is KeyedVectors and list(plain) == list(vectors)


@every_model
def test_parts_of_the_senses_are_asked_as_before(name, trained):
    some = trained[name].subset(["bank|1", "bank|2", "x1|1"])
    whole = trained[name].disambiguate("bank", ["x1"])[:2]
    np.testing.assert_allclose(some.disambiguate("bank", ["x1"]), whole / whole.sum(), atol=1e-6)
    assert some.senses("x1") == ["x1|1"]


@every_model
def test_unknown_words(name, trained):
    vectors = trained[name]
    for ask in (vectors.senses, vectors.shares, vectors.sense_neighbours, lambda word: vectors.disambiguate(word, [])):
        with pytest.raises(UnknownWordError, match="one that has senses; got 'river'"):
            ask("river")
        with pytest.raises(KeyError, match="give the word without"):
            ask("bank|1")
    with pytest.raises(OptionError, match="word must be a string; got 3"):
        vectors.senses(3)
    with pytest.raises(UnknownWordError, match=r"ask for bank\|1"):
        vectors["bank"]
    with pytest.raises(OptionError, match="context must be"):
        vectors.disambiguate("bank", "x1 x2")
    assert np.allclose(vectors.disambiguate("bank", ["river"]), vectors.shares("bank"))


def test_words_are_the_means_of_their_senses(trained, planted):
    vectors = trained["adagram"]
    words = vectors.of_words()
    expected = vectors.shares("bank") @ np.array([vectors[key] for key in vectors.senses("bank")])
    np.testing.assert_allclose(words["bank"], expected, atol=1e-6)
    assert words.get_vecattr("bank", "count") == sum(sentence.count("bank") for sentence in planted)
    assert "a|b" in words and len(words) == 32


def test_what_senses_need(trained):
    vectors = trained["mssg"]
    with pytest.raises(OptionError, match="attribute 'share', which was taken out"):
        vectors.without("attributes").shares("bank")
    with pytest.raises(OptionError, match="needs the contexts"):
        SenseVectors(["a|1", "a|2"], [[1, 2], [3, 4]], attributes={"share": [0.5, 0.5]}).disambiguate("a", ["b"])
    with pytest.raises(OptionError, match="senses must have a rule, one of likelihood"):
        SenseVectors(["a|1"], [[1, 2]], senses={"rule": "magic"})


@pytest.mark.parametrize("trainer", [AdaGram, MSSG, Disambiguated])
def test_bad_input(trainer):
    assert issubclass(trainer, SenseTrainer)
    for corpus, said in (([], "empty|no token"), ([["a", "b"]], "min_count"), ([["a"]] * 9, "two words")):
        with pytest.raises(CorpusError, match=said):
            trainer(workers=1).fit(corpus)
    for options in ({"prototypes": 0}, {"prototypes": 65}, {"min_share": 1.0}, {"alpha": 0}):
        with pytest.raises(OptionError, match=next(iter(options))):
            trainer(**options)
    corpus = wordvec.encode_corpus([["a", "b"]] * 9, min_count=1)
    with pytest.raises(OptionError, match="encoded already"):
        trainer().fit(corpus, tokenizer=str.split)


def test_options_of_one_model():
    with pytest.raises(OptionError, match="burn_in must be less than epochs"):
        MSSG(epochs=1)
    for trainer, name, value in (
        (AdaGram, "concentration", 0),
        (AdaGram, "discount", 1),
        (Disambiguated, "temperature", 0),
    ):
        with pytest.raises(OptionError, match=name):
            trainer(**{name: value})
