"""Interop with the libraries themselves, where they are installed: what goes out comes back, and they use it."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.base.errors import OptionError, WordTypeError
from wordvec.interop import (
    WordVectorizer,
    from_arrow,
    from_gensim,
    from_pandas,
    to_arrow,
    to_gensim,
    to_pandas,
    to_projector,
    to_spacy,
    to_torch,
    token_rows,
)
from wordvec.rows import Shared

WORDS = ["the", "king", "queen", "naïve", "日本", "a b", "Cat"]
SENTENCES = [["king", "queen", "castle"], ["cat", "dog", "mouse"], ["naïve", "king", "dog"]] * 20

# The libraries warn about themselves as they are imported; what is tested is that wordvec makes none of its own.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def kv():
    matrix = np.random.default_rng(1).standard_normal((len(WORDS), 5)).astype(np.float32)
    return KeyedVectors(WORDS, matrix, counts=[90, 9, 4, 3, 2, 1, 1])


@pytest.fixture
def mapped(kv, tmp_path):
    kv.save(tmp_path / "v.safetensors")
    return wordvec.load(tmp_path / "v.safetensors")


def same(a, b):
    return list(a) == list(b) and a.vectors.tobytes() == b.vectors.tobytes()


# gensim


@pytest.fixture
def models():
    return pytest.importorskip("gensim.models")


def test_gensim_round_trip(kv, mapped, models):
    peer = to_gensim(mapped)
    assert isinstance(peer, models.KeyedVectors) and peer.index_to_key == WORDS
    for word, score in peer.most_similar("king", topn=3):
        assert score == pytest.approx(kv.similarity("king", word), abs=1e-6)
    assert peer.get_vecattr("king", "count") == 9
    peer.add_vectors(["new"], np.ones((1, 5), np.float32))  # it is alive: it grows, and is saved
    peer.vectors[0] = 0
    assert kv["the"].any()
    back = from_gensim(to_gensim(kv))
    assert same(back, kv) and back.vocabulary.counts.tolist() == kv.vocabulary.counts.tolist()


def test_gensim_models_are_taken_with_counts_and_context(models):
    model = models.Word2Vec(SENTENCES, vector_size=6, min_count=1, epochs=1, workers=1)
    vectors = from_gensim(model)
    assert list(vectors) == model.wv.index_to_key and vectors.get_vecattr("king", "count") == 40
    np.testing.assert_array_equal(vectors.vectors, model.wv.vectors)
    np.testing.assert_array_equal(vectors.context, model.syn1neg)
    model.wv.vectors[:] = 0
    assert vectors["king"].any()
    path = _word2vec(vectors.without("context"))
    assert from_gensim(models.KeyedVectors.load_word2vec_format(path)).vocabulary == vectors.vocabulary


def _word2vec(vectors):
    import tempfile

    path = tempfile.NamedTemporaryFile(suffix=".txt", delete=False).name
    vectors.save_word2vec_format(path)
    return path


def test_gensim_objects_without_vectors_are_refused(models):
    model = models.Word2Vec(vector_size=6, min_count=1)
    with pytest.raises(OptionError, match="trained"):
        from_gensim(model)
    model.build_vocab(SENTENCES)
    with pytest.raises(OptionError, match="give its `wv`"):
        from_gensim(model)
    assert len(from_gensim(model.wv)) == 7
    with pytest.raises(OptionError, match="a vector for each word"):
        from_gensim(models.KeyedVectors(6))
    with pytest.raises(OptionError, match="got dict"):
        from_gensim({})
    with pytest.raises(OptionError, match="int_keys"):
        from_gensim(model.wv, int_keys="no")


def test_gensim_integer_keys_are_refused_or_become_digits(models):
    peer = models.KeyedVectors(2)
    peer.add_vectors([10, 20, "x"], np.arange(6, dtype=np.float32).reshape(3, 2))
    with pytest.raises(WordTypeError, match=r"10 of type int .*int_keys"):
        from_gensim(peer)
    assert list(from_gensim(peer, int_keys="str")) == ["10", "20", "x"]
    doc2vec = models.Doc2Vec(
        [models.doc2vec.TaggedDocument(s, [i]) for i, s in enumerate(SENTENCES)],
        vector_size=4,
        min_count=1,
        epochs=1,
        workers=1,
    )
    assert from_gensim(doc2vec.dv, int_keys="str")["3"].tolist() == doc2vec.dv[3].tolist()
    assert "king" in from_gensim(doc2vec)


def test_gensim_fasttext_keeps_composing_unknown_words(models):
    pytest.importorskip("wordvec.subwords")
    model = models.FastText(SENTENCES, vector_size=6, min_count=1, epochs=1, workers=1, bucket=500, min_n=3, max_n=5)
    vectors = from_gensim(model)
    np.testing.assert_array_equal(vectors.vectors, model.wv.vectors)
    for word in ("kingdom", "naïveté", "日本日本"):
        composed, could = vectors.subwords.compose([word])
        assert could.all()
        np.testing.assert_allclose(composed[0], model.wv[word], atol=1e-6)
    peer = to_gensim(vectors)
    np.testing.assert_allclose(peer["kingdom"], model.wv["kingdom"], atol=1e-6)
    np.testing.assert_allclose(peer.vectors_vocab, model.wv.vectors_vocab, atol=1e-5)
    peer.adjust_vectors()  # what gensim does when it loads
    np.testing.assert_allclose(peer.vectors, model.wv.vectors, atol=1e-6)


# torch


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_torch_has_special_rows_at_the_end(kv, mapped, torch):
    weight, vocabulary, specials = to_torch(mapped, unk="mean")
    assert weight.dtype == torch.float32 and weight.shape == (9, 5) and specials == {"padding": 7, "unk": 8}
    np.testing.assert_array_equal(weight[:7].numpy(), kv.vectors)
    assert not weight[7].any() and vocabulary["king"] == 1 and "x" not in vocabulary
    np.testing.assert_allclose(weight[8].numpy(), kv.vectors.mean(axis=0), atol=1e-6)
    assert to_torch(kv, padding=False).specials == {"unk": 7}
    assert not to_torch(kv, padding=False).weight[7].any()
    assert to_torch(kv, padding=False, unk=None).weight.shape == (7, 5)
    embedding = torch.nn.Embedding.from_pretrained(weight, padding_idx=specials["padding"])
    rows = token_rows(mapped, [["king", "x"], ["queen"]], unk=8, padding=7)
    found = embedding(torch.from_numpy(rows))
    np.testing.assert_array_equal(found[0, 0].numpy(), kv["king"])
    assert not found[1, 1].any()


def test_torch_embedding_bag_takes_encoded_lists(kv, torch):
    weight = to_torch(kv).weight
    rows, offsets = token_rows(kv, [["king", "queen"], ["the"]])
    bag = torch.nn.EmbeddingBag.from_pretrained(weight, mode="mean", include_last_offset=True)
    found = bag(torch.from_numpy(rows), torch.from_numpy(offsets).int()).numpy()
    np.testing.assert_allclose(found[0], (kv["king"] + kv["queen"]) / 2, atol=1e-6)


def test_torch_shares_memory_where_asked_and_makes_no_warning(kv, mapped, torch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copied = to_torch(mapped, padding=False, unk=None).weight
        shared = to_torch(kv, padding=False, unk=None, copy=False).weight
    copied[0] = 0  # the file is read-only; what was copied is not
    assert mapped["the"].any()
    shared[0] = 5
    assert kv["the"].tolist() == [5] * 5 and not kv.vectors.flags.writeable
    for vectors, options in ((mapped, {"padding": False, "unk": None}), (kv, {})):
        with pytest.raises(OptionError, match="copy=False"):
            to_torch(vectors, copy=False, **options)
    with pytest.raises(OptionError, match="unk"):
        to_torch(kv, unk="random")


# spaCy


@pytest.fixture
def spacy():
    return pytest.importorskip("spacy")


def test_spacy_finds_the_vectors_and_keeps_them(kv, mapped, spacy, tmp_path):
    nlp = to_spacy(mapped, "en", tmp_path / "model")
    doc = nlp("king queen prince")
    np.testing.assert_array_equal(doc[0].vector, kv["king"])
    assert doc[1].similarity(doc[0]) == pytest.approx(kv.similarity("king", "queen"), abs=1e-6)
    assert not doc[2].has_vector and not doc[2].vector.any()
    again = spacy.load(tmp_path / "model")
    np.testing.assert_array_equal(again("日本")[0].vector, kv["日本"])
    assert again.vocab.vectors.n_keys == len(WORDS)
    given = spacy.blank("de")
    assert to_spacy(kv, given) is given and given.vocab.has_vector("king")
    with pytest.raises(OSError, match="new folder"):
        to_spacy(kv, "en", tmp_path / "model")


def test_spacy_shares_rows(kv, spacy):
    shared = KeyedVectors(list(kv), Shared(kv.vectors[:2], [0, 1, 1, 0, 1, 0, 1]))
    nlp = to_spacy(shared)
    np.testing.assert_array_equal(nlp("queen")[0].vector, kv.vectors[1])


def test_spacy_composes_words_of_floret_vectors(spacy, tmp_path):
    subwords = pytest.importorskip("wordvec.subwords")
    table = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    floret = subwords.make_subwords("floret", table, min_n=2, max_n=3, hash_count=2)
    words = ["king", "naïve"]
    nlp = to_spacy(KeyedVectors(words, floret.compose(words)[0], subwords=floret), "en", tmp_path / "model")
    for pipeline in (nlp, spacy.load(tmp_path / "model")):
        for word in (*words, "kingdom", "日本"):
            np.testing.assert_allclose(pipeline.vocab[word].vector, floret.compose([word])[0][0], atol=1e-6)


def test_spacy_says_that_unknown_words_have_zeros(spacy):
    subwords = pytest.importorskip("wordvec.subwords")
    table = np.ones((50, 4), np.float32)
    kv = KeyedVectors(["king"], np.ones((1, 4)), subwords=subwords.make_subwords("fasttext", table, min_n=2, max_n=3))
    with pytest.warns(UserWarning, match="unknown words have zeros"):
        nlp = to_spacy(kv)
    assert nlp("king")[0].has_vector and not nlp("kings")[0].has_vector


def test_spacy_reports_words_that_cannot_be_found(kv, spacy, monkeypatch):
    with pytest.warns(UserWarning, match="1 of 7 words are not lower-cased"):
        nlp = to_spacy(kv, attr="LOWER")
    np.testing.assert_array_equal(nlp("KING")[0].vector, kv["king"])
    with pytest.raises(OptionError, match="attr"):
        to_spacy(kv, attr="LEMMA")
    with pytest.raises(OptionError, match="valid text"):
        to_spacy(KeyedVectors([b"\xff"], [[1, 2]]))

    class Collides:
        def __init__(self, strings):
            self.strings = strings

        def add(self, word):
            return self.strings.add("king" if word == "queen" else word)

        def __getattr__(self, name):
            return getattr(self.strings, name)

    class Nlp:
        class vocab:
            strings = Collides(spacy.blank("en").vocab.strings)

    monkeypatch.setattr("spacy.vectors.Vectors", lambda strings, **options: _Table())
    with pytest.warns(UserWarning, match="1 words have the hash of another .*'queen'"):
        nlp = to_spacy(kv, Nlp)
    assert len(nlp.vocab.vectors.added) == len(WORDS) - 1 and 2 not in nlp.vocab.vectors.added.values()


class _Table:
    def __init__(self):
        self.added = {}

    def add(self, key, row):
        self.added[key] = row


# Compressed vectors, in all of them


@pytest.mark.parametrize("name", ["gensim.models", "torch", "spacy", "pandas", "pyarrow"])
def test_compressed_vectors_are_decoded(kv, name):
    codecs, _ = pytest.importorskip("wordvec.codecs"), pytest.importorskip(name)
    codes = codecs.encode(np.array(kv.vectors), "float16")
    vectors = KeyedVectors(WORDS, codes)
    found = {
        "gensim.models": lambda: to_gensim(vectors).vectors,
        "torch": lambda: to_torch(vectors).weight[:7].numpy(),
        "spacy": lambda: to_spacy(vectors).vocab.vectors.data,
        "pandas": lambda: to_pandas(vectors).to_numpy(),
        "pyarrow": lambda: from_arrow(to_arrow(vectors)).vectors,
    }[name]()
    np.testing.assert_array_equal(found, np.asarray(codes))
    if name == "torch":
        with pytest.raises(OptionError, match="copy=False"):
            to_torch(vectors, padding=False, unk=None, copy=False)


# pandas, Arrow, polars


def test_pandas_round_trip(kv, mapped):
    pandas = pytest.importorskip("pandas")
    frame = to_pandas(mapped)
    assert frame.shape == (7, 5) and frame.index.name == "word"
    assert np.shares_memory(frame.to_numpy(), mapped.vectors)
    assert same(from_pandas(frame), kv)
    table = frame.reset_index().assign(n=[90, 9, 4, 3, 2, 1, 1])
    back = from_pandas(table, words="word", counts="n")
    assert same(back, kv) and back.get_vecattr("king", "count") == 9
    for missing in (None, float("nan"), pandas.NA):
        with pytest.raises(WordTypeError, match="row 2 has"):
            from_pandas(table.assign(word=[*WORDS[:2], missing, *WORDS[3:]]), words="word", counts="n")
    with pytest.raises(WordTypeError, match="word 0 is of type int"):
        from_pandas(frame.reset_index(drop=True))
    with pytest.raises(OptionError, match=r"must be numbers.*got word"):
        from_pandas(table)
    with pytest.raises(OptionError, match="counts must be integers"):
        from_pandas(table.assign(n=0.5), words="word", counts="n")
    with pytest.raises(OptionError, match="distinct; 'the'"):
        from_pandas(table.assign(word="the"), words="word", counts="n")
    surrogates = KeyedVectors([b"\xff", "a"], np.eye(2))
    assert same(from_pandas(to_pandas(surrogates)), surrogates)


def test_arrow_round_trip_without_a_copy(kv, mapped):
    arrow = pytest.importorskip("pyarrow")
    table = to_arrow(mapped)
    assert table.schema.field("vector").type == arrow.list_(arrow.float32(), 5)
    assert table["word"].to_pylist() == WORDS and table["count"].to_pylist()[:2] == [90, 9]
    lists = table["vector"].chunk(0)
    assert lists.values.buffers()[1].address == mapped.vectors.ctypes.data
    assert table["word"].chunk(0).buffers()[2].address == mapped.vocabulary.data.ctypes.data
    back = from_arrow(table)
    assert same(back, kv) and back.vocabulary.counts.tolist() == kv.vocabulary.counts.tolist()
    in_parts = arrow.concat_tables([table.slice(0, 3), table.slice(3)])
    assert same(from_arrow(in_parts), kv)
    assert same(from_arrow(to_arrow(KeyedVectors([b"\xff", "a"], np.eye(2)))), KeyedVectors([b"\xff", "a"], np.eye(2)))


def test_arrow_lists_of_any_kind_are_read_and_bad_ones_named():
    arrow = pytest.importorskip("pyarrow")
    lists = {"word": ["a", "b"], "v": [[1.0, 2.0], [3.0, 4.0]]}
    for kind in (arrow.list_(arrow.float64()), arrow.large_list(arrow.float32()), arrow.list_(arrow.int8(), 2)):
        table = arrow.table({"word": lists["word"], "v": arrow.array(lists["v"]).cast(kind)})
        assert from_arrow(table, vector="v").vectors.tolist() == [[1, 2], [3, 4]]
        assert from_arrow(table.slice(1), vector="v")["b"].tolist() == [3, 4]
    for bad in ([[1.0], [2.0, 3.0]], [[1.0, 2.0], None], [[1.0, None], [2.0, 3.0]], [["x"], ["y"]], ["x", "y"]):
        with pytest.raises(OptionError, match="column 'v'"):
            from_arrow(arrow.table({"word": ["a", "b"], "v": bad}), vector="v")
    with pytest.raises(WordTypeError, match="row 1 has None"):
        from_arrow(arrow.table({"word": ["a", None], "v": lists["v"]}), vector="v")
    with pytest.raises(OptionError, match="it has word, v"):
        from_arrow(arrow.table(lists))


def test_polars_reads_the_arrow_table(kv):
    polars = pytest.importorskip("polars")
    frame = polars.from_arrow(to_arrow(kv))
    assert frame["word"].to_list() == WORDS and frame["vector"].dtype == polars.Array(polars.Float32, 5)
    assert same(from_arrow(frame.to_arrow()), kv)


# scikit-learn


@pytest.fixture
def toy_texts():
    """40 texts about two things, and which of them each is about."""
    rng = np.random.default_rng(0)
    topics = [["cat", "dog", "mouse", "cow"], ["king", "queen", "castle", "crown"]]
    labels = np.arange(40) % 2
    texts = [" ".join([*rng.choice(topics[label], 3), *rng.choice(["the", "a", "of"], 2), "zzz"]) for label in labels]
    words = [*topics[0], *topics[1], "the", "a", "of"]
    centres = rng.standard_normal((3, 16)).repeat([4, 4, 3], axis=0)
    return KeyedVectors(words, centres + 0.2 * rng.standard_normal((11, 16))), texts, labels


@pytest.mark.parametrize("agg", ["mean", "sif", "max", "tfidf"])
def test_sklearn_pipeline(toy_texts, agg):
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import make_pipeline

    kv, texts, labels = toy_texts
    pipeline = make_pipeline(WordVectorizer(kv, agg=agg), LogisticRegression())
    assert cross_val_score(pipeline, texts, labels, cv=4).min() >= 0.9
    pipeline.fit(texts, labels)
    assert pipeline.predict(["king castle", "dog cow"]).tolist() == [1, 0]
    pipeline[:-1].get_feature_names_out()
    search = GridSearchCV(pipeline, {"wordvectorizer__norm": [None, "l2"]}, cv=2).fit(texts, labels)
    assert search.best_score_ >= 0.9
    assert pickle.loads(pickle.dumps(pipeline)).predict(["", "queen"]).shape == (2,)


def test_sklearn_clones_and_shows_a_vectorizer(toy_texts, tmp_path):
    base = pytest.importorskip("sklearn.base")
    from sklearn.compose import ColumnTransformer
    from sklearn.utils.validation import check_is_fitted

    kv, texts, _ = toy_texts
    fitted = WordVectorizer(kv, agg="tfidf", lowercase=True).fit(texts)
    clone = base.clone(fitted)
    assert clone.vectors is kv and clone.lowercase and not hasattr(clone, "weights_")
    check_is_fitted(fitted)
    check_is_fitted(WordVectorizer(kv))
    with pytest.raises(OptionError, match="fit must be called"):
        clone.transform(texts)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": texts, "length": range(40)}, index=range(100, 140))
    both = ColumnTransformer([("words", WordVectorizer(kv), "text"), ("rest", "passthrough", ["length"])])
    result = both.set_output(transform="pandas").fit_transform(frame)
    assert result.columns[0] == "words__wordvec0" and result.index[0] == 100 and result.shape == (40, 17)
    assert copy.deepcopy(both).transform(frame).equals(result)


# The embedding projector's own reader is a browser; torch writes the same files


def test_projector_files_agree_with_those_of_the_arrow_table(kv, tmp_path):
    csv = pytest.importorskip("pyarrow.csv")
    to_projector(kv, tmp_path)
    options = {
        "read_options": csv.ReadOptions(autogenerate_column_names=True),
        "parse_options": csv.ParseOptions(delimiter="\t"),
    }
    table = csv.read_csv(tmp_path / "vectors.tsv", **options)
    np.testing.assert_allclose(np.array([column.to_numpy() for column in table.columns]).T, kv.vectors, rtol=1e-6)
