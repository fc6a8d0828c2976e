"""Phrases: found, joined in lists and in corpora, frozen; scores against a plain twin; edges."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from reference_phrases import counted, joined, scored

import wordvec
from wordvec import CorpusError, OptionError, Phrases
from wordvec.corpus.encoded import opened
from wordvec.phrases import ENGLISH_CONNECTOR_WORDS, FrozenPhrases
from wordvec.phrases.pairs import PAIR

CITY = [["in", "new", "york", "city"], ["new", "york", "is", "here"], ["a", "car", "is", "new"], ["old", "city"]] * 5
BANKS = [["bank", "of", "america", "of", "the"], ["the", "bank", "of", "england"], ["america", "the", "bank"]] * 4
WORDS = [*"abcdef", "of", "the"]


def spelled(corpus):
    words, ends = list(corpus.vocabulary), corpus.offsets.tolist()
    return [[words[i] for i in corpus.ids[start:end]] for start, end in pairwise(ends)]


def accounted(stats, tokens):
    assert stats.kept + stats.too_rare + stats.beyond_max_vocab + stats.unlisted == stats.read
    assert stats.read + stats.joined == tokens


def test_phrases_are_found_and_joined():
    phrases = Phrases(CITY, threshold=0.3)
    assert list(phrases.export_phrases()) == ["new_york"]
    assert phrases[["to", "new", "york", "new", "york"]] == ["to", "new_york", "new_york"]
    assert list(phrases[iter(CITY[:2])]) == [["in", "new_york", "city"], ["new_york", "is", "here"]]
    both = phrases[CITY]
    assert list(both) == list(both) and len(both) == len(CITY)  # read anew
    assert list(phrases.find_phrases([["new", "york"], ["a", "car"]])) == ["new_york"]
    assert phrases.score_candidate("new", "york")[0] == "new_york"
    assert phrases.score_candidate("york", "new") == (None, None)
    assert len(phrases) == 1 and "new_york" in phrases.vocab


def test_connector_words_stand_within_phrases_only():
    phrases = Phrases(BANKS, min_count=1, threshold=0.1, connector_words={"of", "the"})
    assert set(phrases.export_phrases()) == {"bank_of_america", "bank_of_england", "america_the_bank"}
    assert phrases[["the", "bank", "of", "america", "of", "england"]] == ["the", "bank_of_america", "of", "england"]
    assert phrases[["bank", "of", "the", "england", "of"]] == ["bank", "of", "the", "england", "of"]  # another link
    assert {"of", "the", "in"} <= ENGLISH_CONNECTOR_WORDS


def test_a_connector_word_that_is_a_phrase():
    text = [["x", "such", "as", "y"], ["such", "as", "z"]] * 5
    joined_text = list(Phrases(text, min_count=1, threshold=0.5)[text])
    assert joined_text[1] == ["such_as", "z"]
    second = Phrases(joined_text, min_count=1, threshold=0.5, connector_words={"such_as"})
    assert all(not phrase.startswith("such_as") for phrase in second.export_phrases())
    two = Phrases(text, min_count=1, threshold=0.5, passes=2, connector_words={"such_as"})  # a word of the second pass
    assert "such_as" in two.export_phrases()
    assert not {word for phrase in two.passes[1] for word in (phrase[0], phrase[-1])} & {"such_as"}


def test_several_passes_find_longer_phrases_up_to_max_words():
    text = [["the", "new", "york", "times", "said"], ["a", "new", "york", "times"], ["times", "the", "said"]] * 6
    how = {"min_count": 2, "threshold": 0.5}
    twice = Phrases(text, passes=2, **how)
    first = Phrases(text, **how)
    second = Phrases(first[text], **how)
    assert [twice[sentence] for sentence in text] == list(second[first[text]])
    assert "new_york_times" in "|".join(twice.export_phrases())
    assert spelled(twice.encode_corpus(text, min_count=1)) == [twice[sentence] for sentence in text]
    short = Phrases(text, passes=3, max_words=2, **how)
    assert all(phrase.count("_") == 1 for phrase in short.export_phrases())
    with pytest.raises(OptionError, match="threshold serves models of one pass; this has 2"):
        twice.threshold = 3


def test_an_encoded_corpus_has_the_phrases_as_words():
    phrases = Phrases(CITY, threshold=0.3)
    corpus = phrases.encode_corpus(CITY, min_count=6)
    assert list(corpus.vocabulary) == ["city", "is", "new_york"]
    assert corpus.vocabulary.counts.tolist() == [10, 10, 10]
    accounted(corpus.stats, sum(map(len, CITY)))
    assert corpus.stats.joined == 10 and corpus.options["phrases"]["delimiter"] == "_"
    again = phrases.encode_corpus(wordvec.encode_corpus(CITY, min_count=1), min_count=6)
    assert again.fingerprint == corpus.fingerprint and again.stats == corpus.stats
    given = phrases.encode_corpus(CITY, vocabulary=["new_york", "unicorn"])
    assert given.vocabulary.counts.tolist() == [10, 0] and given.stats.unlisted == given.stats.read - 10
    accounted(given.stats, sum(map(len, CITY)))
    few = phrases.encode_corpus(wordvec.encode_corpus(CITY, min_count=6), min_count=1)  # `york` is not too rare there
    assert "new_york" in few.vocabulary and few.stats.too_rare == 25
    accounted(few.stats, sum(map(len, CITY)))


def test_a_phrase_that_is_spelled_like_a_word_is_that_word():
    text = [*CITY, ["new_york", "is"], ["new_york", "a"]]
    corpus = Phrases(text, threshold=0.3).encode_corpus(text, min_count=1)
    assert corpus.vocabulary.counts[corpus.vocabulary.index("new_york")] == 12
    accounted(corpus.stats, sum(map(len, text)))


def test_vectors_of_phrases_are_found_by_their_words(tmp_path):
    corpus = Phrases(CITY, threshold=0.3).encode_corpus(CITY)
    vectors = wordvec.SkipGram(vector_size=4, epochs=1, workers=1).fit(corpus)
    told = vectors.metadata["options"]["phrases"]
    assert (told["delimiter"], told["phrases"], told["scoring"]) == ("_", 1, "default")
    vectors.save(tmp_path / "v.safetensors")
    for kv in (vectors, wordvec.load(tmp_path / "v.safetensors"), vectors.without("metadata").with_oov("phrase")):
        assert (kv["new  york"] == kv["new_york"]).all() and (kv[["new york", "is"]] == kv[["new_york", "is"]]).all()
        assert kv.most_similar("new york") == kv.most_similar("new_york")
        assert "new_york" not in dict(kv.most_similar("new york")) and "new york" not in kv
        assert kv.can_embed("new york") and not kv.can_embed("new car") and not kv.can_embed(" ")
        with pytest.raises(wordvec.UnknownWordError, match="must be one of the"):
            kv["new car"]
    for kv in (vectors.with_oov("raise"), vectors.without("metadata")):
        with pytest.raises(wordvec.UnknownWordError):
            kv["new york"]
    ngrams = wordvec.FastText(vector_size=4, epochs=1, workers=1, bucket=50).fit(corpus)
    assert (ngrams["new york"] == ngrams["new_york"]).all() and ngrams.can_embed("new car")


@pytest.mark.parametrize("scoring", ["default", "npmi", "log-likelihood"])
@pytest.mark.parametrize("connectors", [(), ("of", "the")], ids=["words", "connectors"])
def test_scores_and_joined_texts_are_those_of_the_twin(scoring, connectors):
    rng = np.random.default_rng(len(scoring) + len(connectors))
    for sentences, min_count, threshold in ((1, 1, 0.05), (30, 1, 0.3), (90, 2, 0.11)):
        lengths = rng.integers(1, 12, sentences)
        text = [[WORDS[i] for i in rng.integers(0, len(WORDS), length)] for length in lengths]
        how = {"scoring": scoring, "min_count": min_count, "connector_words": connectors, "workers": 1}
        phrases = Phrases(text, threshold=threshold, **how)
        scores = scored(text, scoring, min_count, connectors)
        scores = {pair: score for pair, score in scores.items() if score > threshold}
        own = dict(zip(phrases.passes[0], phrases.passes[0].scores.tolist(), strict=True))
        assert own == pytest.approx(scores, rel=1e-9)
        expected = [joined(sentence, scores, connectors) for sentence in text]
        assert [phrases[sentence] for sentence in text] == expected
        assert spelled(phrases.encode_corpus(text, min_count=1, workers=1)) == expected
        words, pairs = counted(text, connectors)
        assert phrases.vocab == {**words, **{"_".join(pair): count for pair, count in pairs.items()}}


def test_counts_do_not_depend_on_memory_or_workers(monkeypatch):
    rng = np.random.default_rng(1)
    ids = np.minimum(rng.zipf(1.3, 30_000) - 1, 400)
    text = [list(map(str, line)) for line in np.array_split(ids, 900)]
    one = Phrases(text, min_count=2, threshold=0.5, workers=1)
    two = Phrases(text, min_count=2, threshold=0.5, workers=3, memory=200 * PAIR / 1e9)  # many rounds
    assert one.export_phrases() == two.export_phrases() and len(one) > 10
    monkeypatch.setattr("wordvec.phrases.pairs.BIN", 7)
    monkeypatch.setattr("wordvec.phrases.pairs.BLOCK", 50)
    monkeypatch.setattr("wordvec.phrases.lists.STEP", 100)
    monkeypatch.setattr("wordvec.phrases.joining.BLOCK", 50)
    three = Phrases(text, min_count=2, threshold=0.5, workers=2)
    assert three.export_phrases() == one.export_phrases() and three.vocab == one.vocab
    assert three.encode_corpus(text).fingerprint == one.encode_corpus(text).fingerprint


def test_counts_are_added():
    whole, parts = (
        Phrases(BANKS, min_count=2, threshold=0.2, connector_words=["of"]),
        Phrases(BANKS[:5], min_count=2, threshold=0.2, connector_words=["of"]),
    )
    parts.add_vocab(BANKS[5:])
    assert parts.vocab == whole.vocab and parts.corpus_word_count == whole.corpus_word_count
    assert parts.export_phrases() == pytest.approx(whole.export_phrases())
    empty = Phrases(min_count=2, threshold=0.2, connector_words=["of"])
    assert empty.export_phrases() == {} and empty[["bank"]] == ["bank"]
    empty.add_vocab(BANKS)
    assert empty.export_phrases() == whole.export_phrases()
    whole.threshold = 1e6
    assert whole.export_phrases() == {} and whole.freeze().threshold == 1e6


def test_a_function_scores(tmp_path):
    def often(worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count):
        assert corpus_word_count == 70 and isinstance(bigram_count, int)
        return bigram_count / min(worda_count, wordb_count)

    phrases = Phrases(CITY, threshold=0.9, scoring=often)
    assert set(phrases.export_phrases()) >= {"new_york", "a_car"} and phrases.scoring is often
    with pytest.raises(OptionError, match="a function has none: freeze"):
        phrases.save(tmp_path / "p.safetensors")
    phrases.freeze().save(tmp_path / "p.safetensors")
    again = FrozenPhrases.load(tmp_path / "p.safetensors")
    assert again.export_phrases() == phrases.export_phrases() and again.scoring == "often"
    with pytest.raises(OptionError, match=r"it lacks \['worda_count'"):
        Phrases(CITY, scoring=lambda a, b: 1)
    with pytest.raises(OptionError, match="must be a function that returns a number"):
        Phrases(CITY, scoring=lambda **counts: None if counts["bigram_count"] > 2 else "x")


@pytest.mark.parametrize("passes", [1, 2])
def test_saved_and_loaded(tmp_path, passes):
    path = tmp_path / "p.safetensors"
    phrases = Phrases(BANKS, min_count=2, threshold=0.2, connector_words=["of", "the"], passes=passes, max_words=5)
    phrases.save(path)
    for kind in (Phrases, FrozenPhrases):
        again = kind.load(path)
        assert again.export_phrases() == phrases.export_phrases() and again.options == phrases.options
        assert again.connector_words == phrases.connector_words and list(again[BANKS]) == list(phrases[BANKS])
    assert Phrases.load(path).vocab == phrases.vocab
    phrases.freeze().save(path)
    assert FrozenPhrases.load(path).freeze().phrasegrams == phrases.export_phrases()
    with pytest.raises(wordvec.FormatError, match=r"phrases only: FrozenPhrases\.load opens it"):
        Phrases.load(path)
    with pytest.raises(wordvec.FormatError, match=r"it holds phrases, which wordvec\.Phrases\.load opens"):
        wordvec.load(path)


def test_an_encoded_corpus_is_saved_and_read_again(tmp_path):
    folder = tmp_path / "encoded"
    corpus = wordvec.encode_corpus(CITY, min_count=1)
    corpus.save(folder)
    assert opened(folder).fingerprint == corpus.fingerprint
    read = wordvec.encode_corpus(folder, min_count=6)
    assert read.fingerprint == wordvec.encode_corpus(CITY, min_count=6).fingerprint
    assert read.stats == wordvec.encode_corpus(CITY, min_count=6).stats
    with pytest.raises(wordvec.OutputError):
        corpus.save(folder, force=False)
    corpus.save(folder)
    with pytest.raises(OptionError, match="is encoded already"):
        wordvec.encode_corpus(folder, lowercase=True)
    (folder / "ids").write_bytes(b"\0" * (folder / "ids").stat().st_size)
    with pytest.raises(CorpusError, match="it is damaged: encode again"):
        wordvec.encode_corpus(folder)


def test_other_spelling_is_warned_of():
    phrases = Phrases([["New", "York"]] * 5, min_count=1, threshold=0.1, lowercase=True)
    with pytest.warns(UserWarning, match="the phrases were learned from lower-cased text, and this one is not"):
        phrases.encode_corpus([["New", "York"]] * 5, min_count=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "new_york" in phrases.encode_corpus([["New", "York"]] * 5, lowercase=True, min_count=1).vocabulary


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "min_count must be an integer >= 1"),
        ({"threshold": -1}, "threshold must be above 0 with scoring default"),
        ({"scoring": "npmi"}, "threshold must be from -1 to 1 with scoring npmi; got 10"),
        ({"scoring": "pmi"}, "scoring must be one of default, npmi, log-likelihood"),
        ({"delimiter": ""}, "delimiter must have a character"),
        ({"max_words": 1}, "max_words must be an integer >= 2"),
        ({"connector_words": "of"}, "must be a set of words; got the one word 'of'"),
        ({"common_terms": ["of"]}, "common_terms"),
    ],
)
def test_options_out_of_bounds(options, message):
    with pytest.raises(OptionError, match=message):
        Phrases(CITY, **options)


def test_what_is_no_sentence():
    phrases = Phrases(CITY, threshold=0.3)
    with pytest.raises(CorpusError, match="a sentence must be a list of tokens, not a str"):
        phrases["new york"]
    with pytest.raises(CorpusError, match="must be a list of tokens"):
        list(phrases[[["new", "york"], "new york"]])
    with pytest.raises(CorpusError, match="the corpus has no tokens"):
        Phrases([[], []])
    assert phrases[[]] == [] and list(phrases[[[], []]]) == [[], []]
    assert Phrases([["alone"]], min_count=1).export_phrases() == {}
    assert Phrases([["alone"]], min_count=1, passes=3).encode_corpus([["alone"]], min_count=1).stats.joined == 0
