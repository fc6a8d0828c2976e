"""wordvec.gensim: n-grams, documents and their tags, what models expect, and the files that gensim itself wrote."""

import copy
import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec.base.errors import CorpusError, FormatError, OptionError, WordvecError
from wordvec.gensim import Doc2Vec, FastText, TaggedDocument, TaggedLineDocument, Word2Vec
from wordvec.gensim.models.fasttext import (
    FastTextKeyedVectors,
    load_facebook_model,
    load_facebook_vectors,
    save_facebook_model,
)

COLOURS = "red green blue pink white black grey brown".split()
NUMBERS = "one two three four five six seven eight".split()
TOPICS = [np.random.default_rng(i).choice(COLOURS if i % 2 else NUMBERS, 8).tolist() for i in range(200)]
SMALL = {"vector_size": 16, "min_count": 1, "workers": 1, "sample": 0, "window": 3}
GRAMS = {**SMALL, "bucket": 100_000, "min_n": 2, "max_n": 3}


def fasttext(**options):
    return FastText(TOPICS, **{**GRAMS, **options})


def numbered(texts=TOPICS):
    return [TaggedDocument(words, [number]) for number, words in enumerate(texts)]


@pytest.mark.parametrize("options", [{}, {"sg": 1}, {"hs": 1, "negative": 0}, {"hs": 1}])
def test_ngrams_compose_unknown_words(options, tmp_path):
    model = fasttext(**options)
    assert type(model.wv) is FastTextKeyedVectors and "reddish" in model.wv
    assert "reddish" not in model.wv.key_to_index and not model.wv.has_index_for("reddish")
    assert (model.wv[""] == 0).all()  # gensim's answer where there is no n-gram
    assert (model.wv.min_n, model.wv.max_n, model.wv.bucket) == (2, 3, 100_000)
    assert model.wv.vectors_ngrams.shape == (100_000, 16) and model.wv.vectors_vocab.shape == (16, 16)
    rows = [row for _, rows in model.wv.subwords.ngrams("red") for row in rows]
    whole = (model.wv.vectors_vocab[model.wv.get_index("red")] + model.wv.subwords.table[rows].sum(0)) / (len(rows) + 1)
    np.testing.assert_allclose(model.wv["red"], whole, atol=1e-5)
    model.save(tmp_path / "m")
    loaded = FastText.load(tmp_path / "m")
    assert (loaded.wv.vectors == model.wv.vectors).all() and (loaded.wv["reddish"] == model.wv["reddish"]).all()
    loaded.build_vocab([["reddish", "red"]] * 5, update=True)
    loaded.train([["reddish", "red"]] * 5, total_examples=5, epochs=1)
    assert "reddish" in loaded.wv.key_to_index and loaded.wv.key_to_index["reddish"] == 16
    np.testing.assert_allclose(loaded.wv["one"], model.wv["one"], atol=1e-6)  # it shares no n-gram with the new text


def test_ngrams_that_a_new_text_lacks_stay():
    """Training goes on with another text: unknown words whose n-grams it does not have are composed as before."""
    model = fasttext()
    before = np.array(model.wv["oneone"])
    other = [["xyz", "xyw"] * 3] * 20
    model.build_vocab(other)
    model.train(other, total_examples=20, epochs=2)
    assert list(model.wv) == ["xyw", "xyz"] and "xyzzy" in model.wv
    np.testing.assert_allclose(model.wv["oneone"], before, atol=1e-6)


def test_models_without_ngrams():
    for options in ({"max_n": 0}, {"min_n": 4}, {"bucket": 0}):
        model = fasttext(**options)
        assert model.wv.subwords is None and "reddish" not in model.wv and model.wv.vectors_ngrams.shape == (0, 16)
        with pytest.raises(KeyError):
            model.wv["reddish"]
    with pytest.raises(OptionError, match="word_ngrams must be 1"):
        fasttext(word_ngrams=2)


def test_files_of_fasttext(tmp_path):
    model = fasttext()
    save_facebook_model(model, tmp_path / "m.bin")
    vectors = load_facebook_vectors(tmp_path / "m.bin")
    np.testing.assert_allclose(vectors["red"], model.wv["red"], atol=1e-5)
    np.testing.assert_allclose(vectors["reddish"], model.wv["reddish"], atol=1e-5)
    loaded = load_facebook_model(tmp_path / "m.bin")
    assert (loaded.wv.bucket, loaded.wv.min_n, loaded.vector_size) == (100_000, 2, 16)
    loaded.train(TOPICS, total_examples=200, epochs=1)
    assert "reddish" in loaded.wv and (loaded.wv["red"] != vectors["red"]).any()
    with pytest.raises(OptionError, match="encoding must be utf-8"):
        save_facebook_model(model, tmp_path / "m.bin", encoding="latin1")


DOCUMENTS = [
    {"dm": 1, "alpha": 0.3, "epochs": 100},
    {"dm": 0},
    {"dm": 0, "dbow_words": 1},
    {"dm": 0, "hs": 1, "negative": 0},
]


@pytest.mark.parametrize("options", DOCUMENTS)
def test_documents(options, tmp_path):
    """Documents of a topic are near each other, unknown ones near those; integers are tags, as gensim has them."""
    model = Doc2Vec(numbered(), **{**SMALL, "alpha": 0.1, "epochs": 40, **options})
    assert model.dv.vectors.shape == (200, 16) and model.dv.index_to_key[:3] == [0, 1, 2] and 199 in model.dv
    near = model.dv.most_similar(0, topn=20)
    assert all(isinstance(tag, int) for tag, _ in near) and sum(tag % 2 == 0 for tag, _ in near) >= 18
    inferred = model.infer_vector(NUMBERS, epochs=50)
    assert (inferred == model.infer_vector(NUMBERS, epochs=50)).all()
    same = sum(tag % 2 == 0 for tag, _ in model.dv.most_similar([inferred], topn=20))
    assert same >= (12 if model.dm else 18)  # PV-DM learns little of eight words, most of it from their neighbours
    assert model.dv.similarity(0, np.int64(2)) > model.dv.similarity(0, 1)
    assert model.dv.get_vecattr(3, "doc_count") == 1 and model.dv.get_vecattr(3, "word_count") == 8
    assert model.similarity_unseen_docs(NUMBERS, NUMBERS[::-1]) > model.similarity_unseen_docs(NUMBERS, COLOURS)
    with pytest.raises(KeyError):
        model.dv[200]
    model.save(tmp_path / "m")
    assert len(list(tmp_path.iterdir())) == 1
    for same in (Doc2Vec.load(tmp_path / "m"), copy.deepcopy(model)):
        assert (same.dv.vectors == model.dv.vectors).all() and (same.wv.vectors == model.wv.vectors).all()
        assert (same.infer_vector(NUMBERS, epochs=50) == inferred).all() and same.dv[3].tolist() == model.dv[3].tolist()
        assert same.dv.get_vecattr(3, "word_count") == 8
        same.train(numbered(), total_examples=200, epochs=1)
    dv = pickle.loads(pickle.dumps(model.dv))
    assert dv[5].tolist() == model.dv[5].tolist() and dv.most_similar(0, topn=20) == near


def test_tags_that_are_text_shared_or_several():
    """A tag of several documents has one vector for all; with dm=0 a document may have several tags."""
    shared = [TaggedDocument(words, [f"d{n}" if n % 2 else "numbers"]) for n, words in enumerate(TOPICS)]
    model = Doc2Vec(shared, epochs=20, **SMALL)
    assert len(model.dv) == 101 and model.dv.get_vecattr("numbers", "doc_count") == 100
    assert model.dv["numbers"].tolist() == model.dv[0].tolist()  # an integer is the number of a row
    several = [TaggedDocument(words, [f"d{n}", ["numbers", "colours"][n % 2]]) for n, words in enumerate(TOPICS)]
    model = Doc2Vec(several, dm=0, epochs=40, **{**SMALL, "alpha": 0.1})
    assert len(model.dv) == 202 and model.dv.similarity("numbers", "d0") > model.dv.similarity("numbers", "d1")
    assert model.dv.get_vecattr("colours", "word_count") == 800 and model["d3"].shape == (16,)
    for options in ({"dm": 1}, {"dm": 0, "dbow_words": 1}):
        with pytest.raises(OptionError, match="a document must have one tag"):
            Doc2Vec(several, **SMALL, **options)


@pytest.mark.parametrize(
    ("documents", "kind", "problem"),
    [
        (TOPICS, CorpusError, r"TaggedDocument\(words, tags\)"),
        ([TaggedDocument("a text", [0])] * 2, CorpusError, "token"),
        ([TaggedDocument(["a", "b"], [-1])], CorpusError, "integers from 0"),
        ([TaggedDocument(["a", "b"], [1.5])], CorpusError, "integers from 0"),
        ([TaggedDocument(["a", "b"], [0]), TaggedDocument(["a"], ["x"])], OptionError, "all text or all integers"),
        ([], RuntimeError, "vocabulary"),
    ],
)
def test_documents_that_are_none(documents, kind, problem):
    with pytest.raises(kind, match=problem):
        Doc2Vec(documents, **SMALL)


@pytest.mark.parametrize("options", [{"dm_concat": 1}, {"dm_mean": 0}, {"dv_mapfile": "x"}])
def test_documents_refuse_what_cannot_be(options):
    with pytest.raises(NotImplementedError, match="must be"):
        Doc2Vec(numbered(), **SMALL, **options)


def test_documents_of_a_file(tmp_path):
    (tmp_path / "d.txt").write_text("\n".join(map(" ".join, TOPICS)) + "\n", encoding="utf-8")
    model = Doc2Vec(corpus_file=tmp_path / "d.txt", **SMALL)
    assert (model.dv.vectors == Doc2Vec(TaggedLineDocument(tmp_path / "d.txt"), **SMALL).dv.vectors).all()
    assert (model.dv.vectors == Doc2Vec(numbered(), **SMALL).dv.vectors).all()
    model.save_word2vec_format(tmp_path / "v.txt", doctag_vec=True)
    assert len(wordvec.load(tmp_path / "v.txt")) == 216 and "*dt_7" in wordvec.load(tmp_path / "v.txt")
    with pytest.raises(OptionError, match="built once"):
        model.build_vocab(numbered(), update=True)
    with pytest.raises(CorpusError, match="list of words"):
        model.infer_vector("a text")


@pytest.mark.parametrize("kind", [Word2Vec, FastText, Doc2Vec])
def test_damage_to_a_model_is_our_error(kind, tmp_path):
    """Any byte of the file may be another one: it opens, or an error of wordvec says why not."""
    corpus = [TaggedDocument(words, [f"t{n}"]) for n, words in enumerate(TOPICS[:9])] if kind is Doc2Vec else TOPICS[:9]
    options = {"bucket": 50} if kind is FastText else {}
    kind(corpus, hs=1, **{**SMALL, "vector_size": 4}, **options).save(tmp_path / "m")
    data, rng = (tmp_path / "m").read_bytes(), np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 2):
            damaged[place] = rng.integers(256)
        (tmp_path / "x").write_bytes(damaged)
        try:
            model = kind.load(tmp_path / "x")
            assert model.wv.vectors.shape == (len(model.wv), model.vector_size)
        except WordvecError:
            pass


def test_what_a_model_expects():
    """Words of the same topic are likely; probabilities sum to 1; a sentence of one topic is likelier than of two."""
    model = Word2Vec(TOPICS, epochs=20, **{**SMALL, "alpha": 0.2})
    found = model.predict_output_word(NUMBERS[:3], topn=8)
    assert {word for word, _ in found} == set(NUMBERS)
    assert sum(share for _, share in model.predict_output_word(["red"], topn=16)) == pytest.approx(1)
    rows = [model.wv.get_index(word) for word in NUMBERS[:3]]
    assert model.predict_output_word(rows, topn=8) == found == model.predict_output_word([*NUMBERS[:3], "x"], topn=8)
    assert model.predict_output_word(["x"]) is None
    with pytest.raises(RuntimeError, match="hs=1"):
        model.score(TOPICS)
    tree = Word2Vec(TOPICS, epochs=20, hs=1, negative=0, **{**SMALL, "alpha": 0.2})
    inside, mixed = tree.score([NUMBERS[:4], [*NUMBERS[:2], *COLOURS[:2]]])
    assert mixed < inside < 0 and len(tree.score(TOPICS, 3)) == 3 and tree.score([["x"]]).tolist() == [0]
    with pytest.raises(RuntimeError, match="negative sampling"):
        tree.predict_output_word(["red"])


# What gensim wrote


@pytest.mark.parametrize("options", [{}, {"sg": 1}, {"hs": 1, "negative": 0}, {"hs": 1}])
@pytest.mark.parametrize("limit", [{}, {"sep_limit": 10}])
def test_models_of_gensim(options, limit, tmp_path):
    """Opened whole: they predict and score as there, go on learning, and are saved as one file."""
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    peer = models.Word2Vec(TOPICS, epochs=20, alpha=0.1, **SMALL, **options)
    peer.save(str(tmp_path / "m"), **limit)
    model = Word2Vec.load(tmp_path / "m")
    assert (model.wv.vectors == peer.wv.vectors).all() and list(model.wv) == peer.wv.index_to_key
    assert (model.window, model.epochs, model.alpha, model.sg) == (3, 20, 0.1, peer.sg)
    if peer.negative:
        assert (model.syn1neg == peer.syn1neg).all()
        ours, theirs = (dict(one.predict_output_word(["red", "blue"], topn=16)) for one in (model, peer))
        assert ours == pytest.approx({word: float(share) for word, share in theirs.items()}, rel=1e-4)
    if peer.hs:
        assert (model.syn1 == peer.syn1).all()  # gensim rounds logistics by a table
        np.testing.assert_allclose(model.score(TOPICS[:5]), peer.score(TOPICS[:5]), rtol=0.05)
    model.save(tmp_path / "ours")
    again = Word2Vec.load(tmp_path / "ours")
    if peer.hs:
        assert (again.score(TOPICS[:5]) == model.score(TOPICS[:5])).all()
    for one in (model, again):
        one.train(TOPICS, total_examples=200, epochs=1, start_alpha=1e-3)
    assert (again.wv.vectors == model.wv.vectors).all() and model.wv.similarity("red", "blue") > 0.5
    with pytest.raises(FormatError, match="must hold a FastText; it holds a Word2Vec of gensim"):
        FastText.load(tmp_path / "m")


def test_ngrams_of_gensim(tmp_path):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    peer = models.FastText(TOPICS, **GRAMS)
    peer.save(str(tmp_path / "m"))
    model = FastText.load(tmp_path / "m")
    for word in ("red", "reddish", "unseen"):
        np.testing.assert_allclose(model.wv[word], peer.wv[word], atol=1e-6)
    model.train(TOPICS[:4], total_examples=4, epochs=1)
    np.testing.assert_allclose(model.wv["zqzq"], peer.wv["zqzq"], atol=1e-6)  # rows that the text has not stay


def test_documents_of_gensim(tmp_path):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    for dm in (0, 1):
        peer = models.Doc2Vec([models.doc2vec.TaggedDocument(*one) for one in numbered()], dm=dm, epochs=20, **SMALL)
        peer.save(str(tmp_path / "m"))
        model = Doc2Vec.load(tmp_path / "m")
        assert (model.dv.vectors == peer.dv.vectors).all() and (model.dv[7] == peer.dv[7]).all()
        assert model.dm == dm and model.dv.index_to_key == list(range(200))
        ours = [tag for tag, _ in model.dv.most_similar(0, topn=5)]
        assert ours == [tag for tag, _ in peer.dv.most_similar(0, topn=5)]
        both = wordvec.KeyedVectors(["a", "b"], [one.infer_vector(NUMBERS) for one in (model, peer)])
        assert dm or both.similarity("a", "b") > 0.5  # eight words say little to PV-DM
        model.save(tmp_path / "ours")
        assert (Doc2Vec.load(tmp_path / "ours").dv.vectors == peer.dv.vectors).all()


@pytest.mark.parametrize("version", ["0.12.0", "0.13.4", "1.0.1", "2.3.0", "3.4.0"])
def test_old_models_of_gensim(version, tmp_path):
    pytest.importorskip("gensim", reason="gensim is not installed")
    data = Path(find_spec("gensim").submodule_search_locations[0]) / "test" / "test_data"
    if not (data / "old_d2v_models").exists():
        pytest.skip("gensim is installed without its test data")
    model = Doc2Vec.load(data / "old_d2v_models" / f"d2v_{version}.mdl")
    assert model.dv.vectors.shape == (2, 4) and model.infer_vector(["first"]).shape == (4,)
    words = Word2Vec.load(data / "old_w2v_models" / f"w2v_{version}.mdl")
    assert len(words.wv) == 3
    words.build_vocab([["first", "second", "third"]] * 9, update=True)
    words.train([["first", "second", "third"]] * 9, total_examples=9, epochs=2)
    words.save(tmp_path / "m")
    assert list(Word2Vec.load(tmp_path / "m").wv) == [*words.wv] and len(words.wv) == 4
    with pytest.raises(OptionError, match="dm_concat=1 joins"):
        Doc2Vec.load(data / "small_tag_doc_5_iter50")
