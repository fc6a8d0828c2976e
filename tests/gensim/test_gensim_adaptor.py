"""wordvec.gensim: a notebook changes its import; what it asks for is done, or refused with the reason."""

import importlib
import json
import warnings

import numpy as np
import pytest

import wordvec
import wordvec.gensim as gensim
from wordvec.base.errors import CorpusError, FormatError, OptionError
from wordvec.gensim import CallbackAny2Vec, FastText, KeyedVectors, LineSentence, Word2Vec

COLOURS = "red green blue pink white black grey brown".split()
NUMBERS = "one two three four five six seven eight".split()
TOPICS = [np.random.default_rng(i).choice(COLOURS if i % 2 else NUMBERS, 8).tolist() for i in range(300)]
RED = sum(sentence.count("red") for sentence in TOPICS)
SMALL = {"vector_size": 16, "min_count": 1, "workers": 1, "sample": 0, "window": 3}
KINDS = {
    "cbow": {"alpha": 0.2},
    "skip-gram": {"sg": 1, "alpha": 0.1},
    "hs": {"hs": 1, "negative": 0, "sg": 1, "alpha": 0.1},
    "hs and negative": {"hs": 1, "negative": 5, "sg": 1, "alpha": 0.1},
    "cbow, hs": {"hs": 1, "negative": 0, "alpha": 0.2},
}
every_kind = pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)


def nearness(vectors, words, others):
    """The mean cosine of some words with others."""
    return np.mean([vectors.similarity(a, b) for a in words for b in others if a != b])


def learned(vectors):
    """Whether colours are nearer to colours than to numbers, and numbers to numbers."""
    across = nearness(vectors, COLOURS, NUMBERS)
    return min(nearness(vectors, COLOURS, COLOURS), nearness(vectors, NUMBERS, NUMBERS)) > across + 0.2


def test_the_paths_of_gensim():
    """What notebooks import is found under the same names below wordvec.gensim."""
    for path, names in {
        "models": "Word2Vec FastText Doc2Vec KeyedVectors Phrases",
        "models.word2vec": "Word2Vec LineSentence PathLineSentences Text8Corpus FAST_VERSION",
        "models.fasttext": "FastText load_facebook_model load_facebook_vectors FastTextKeyedVectors",
        "models.doc2vec": "Doc2Vec TaggedDocument TaggedLineDocument",
        "models.keyedvectors": "KeyedVectors Word2VecKeyedVectors",
        "models.callbacks": "CallbackAny2Vec",
        "utils": "simple_preprocess RULE_DISCARD RULE_KEEP RULE_DEFAULT",
        "downloader": "load info",
    }.items():
        module = importlib.import_module(f"wordvec.gensim.{path}")
        assert all(hasattr(module, name) for name in names.split())
    assert gensim.models.Word2Vec is Word2Vec and "gensim" in dir(wordvec) and wordvec.gensim is gensim
    assert gensim.utils.simple_preprocess("The cat's naïve 2 cats") == ["the", "cat", "naïve", "cats"]
    assert gensim.utils.simple_preprocess("naïve", deacc=True) == ["naive"]


@every_kind
def test_models_learn_in_one_step_and_in_several(options):
    one = Word2Vec(TOPICS, epochs=10, **SMALL, **options)
    assert learned(one.wv)
    model = Word2Vec(epochs=10, **SMALL, **options)
    model.build_vocab(TOPICS)
    assert (model.corpus_count, model.corpus_total_words) == (300, 2400) and model.wv.vectors.shape == (16, 16)
    assert model.train(TOPICS, total_examples=model.corpus_count, epochs=model.epochs) == (24000, 24000)
    assert (model.wv.vectors == one.wv.vectors).all() and model.wv.get_vecattr("red", "count") == RED
    assert hasattr(one, "syn1neg") == bool(one.negative) and hasattr(one, "syn1") == bool(one.hs)


def test_it_is_the_trainer_of_wordvec():
    trainer = wordvec.SkipGram(vector_size=16, min_count=1, workers=1, sample=0, window=3)
    own = trainer.fit(TOPICS, keep_context=True)
    model = Word2Vec(TOPICS, sg=1, **SMALL)
    assert (model.wv.vectors == own.vectors).all() and (model.syn1neg == own.context).all()
    assert list(model.wv) == list(own)


@every_kind
def test_words_are_added_and_training_goes_on(options, tmp_path):
    """build_vocab(update=True): old words keep their vectors, new ones get some; also of a model from a file."""
    model = Word2Vec(TOPICS, epochs=10, **SMALL, **options)
    before = {word: model.wv[word].copy() for word in model.wv}
    model.save(tmp_path / "m.model")
    for grown in (model, Word2Vec.load(tmp_path / "m.model")):
        more = [np.random.default_rng(i).choice([*COLOURS, "purple"], 8).tolist() for i in range(200)]
        grown.build_vocab(more, update=True)
        count = RED + sum(sentence.count("red") for sentence in more)
        assert len(grown.wv) == 17 and grown.wv.get_vecattr("red", "count") == count
        assert all((grown.wv[word] == before[word]).all() for word in before)
        grown.train(more, total_examples=grown.corpus_count, epochs=20)
        assert nearness(grown.wv, ["purple"], COLOURS) > nearness(grown.wv, ["purple"], NUMBERS) + 0.1
        assert (grown.wv["four"] == before["four"]).all() and (grown.wv["red"] != before["red"]).any()
    with pytest.raises(RuntimeError, match="update=True must come after"):
        Word2Vec(**SMALL).build_vocab(TOPICS, update=True)


@every_kind
def test_a_model_is_one_file(options, tmp_path):
    model = Word2Vec(TOPICS, **SMALL, **options)
    model.save(str(tmp_path / "m.bin"), sep_limit=1, pickle_protocol=2)
    assert [path.name for path in tmp_path.iterdir()] == ["m.bin"]
    loaded = Word2Vec.load(tmp_path / "m.bin", mmap="r")
    assert type(loaded) is Word2Vec and (loaded.wv.vectors == model.wv.vectors).all()
    for name in ("syn1neg", "syn1"):
        assert hasattr(loaded, name) == hasattr(model, name)
        assert not hasattr(model, name) or (getattr(loaded, name) == getattr(model, name)).all()
    assert (loaded.sg, loaded.hs, loaded.window, loaded.corpus_count) == (model.sg, model.hs, 3, 300)
    for one in (model, loaded):
        one.train(TOPICS, total_examples=1, epochs=1)
    assert (loaded.wv.vectors == model.wv.vectors).all()
    words = wordvec.load(tmp_path / "m.bin")
    assert (words.context is not None) == bool(model.negative) and list(words) == list(model.wv)


def test_files_that_are_no_models(tmp_path):
    model = Word2Vec(TOPICS, **SMALL)
    model.wv.save(tmp_path / "kv")
    with pytest.raises(AttributeError, match=r"vectors without a model: use KeyedVectors\.load"):
        Word2Vec.load(tmp_path / "kv")
    model.save(tmp_path / "model")
    with pytest.raises(FormatError, match="must hold a FastText; it holds Word2Vec"):
        FastText.load(tmp_path / "model")
    with pytest.raises(AttributeError, match="must be called on the class"):
        model.load(tmp_path / "model")
    (tmp_path / "x").write_bytes(b"red 1 2\n")
    with pytest.raises(FormatError, match="must be a model"):
        Word2Vec.load(tmp_path / "x")
    data = (tmp_path / "model").read_bytes()
    for size in range(0, len(data), 977):
        (tmp_path / "x").write_bytes(data[:size])
        with pytest.raises(FormatError):
            Word2Vec.load(tmp_path / "x")


@pytest.mark.parametrize(("sg", "hs"), [(0, 0), (1, 0), (1, 1)])
def test_vectors_that_are_locked(sg, hs):
    """A lock of 0 keeps a row as it is, one of 1/2 lets it go half as far; one number is for all rows."""
    model = Word2Vec(sg=sg, hs=hs, epochs=1, **{**SMALL, "seed": 3})
    model.build_vocab(TOPICS)
    start = np.array(model.wv.vectors)
    model.wv.vectors_lockf = np.ones(len(model.wv), np.float32)
    model.wv.vectors_lockf[2] = 0
    model.train(TOPICS, total_examples=300, epochs=1)
    moved = np.abs(model.wv.vectors - start).max(axis=1)
    assert moved[2] == 0 and (np.delete(moved, 2) > 1e-4).all()
    assert model.wv.vectors_lockf[2] == 0  # for the next training, too
    model.wv.vectors_lockf = np.zeros(1)
    before, outputs = np.array(model.wv.vectors), np.array(model.syn1neg)
    model.train(TOPICS, total_examples=300, epochs=1)
    assert (model.wv.vectors == before).all() and (model.syn1neg != outputs).any()
    steps = []
    for lock in (1.0, 0.5):
        one = Word2Vec(sg=sg, hs=hs, epochs=1, alpha=1e-4, min_alpha=1e-4, **SMALL)
        one.build_vocab(TOPICS[:4])
        start, one.wv.vectors_lockf = np.array(one.wv.vectors), [lock, 1]
        one._outputs.negative[:] = np.random.default_rng(0).random(one.syn1neg.shape)
        one.train(TOPICS[:4], total_examples=1, epochs=1)
        steps.append((one.wv.vectors - start)[0])
    np.testing.assert_allclose(steps[1], steps[0] / 2, rtol=2e-2, atol=1e-7)


class Diary(CallbackAny2Vec):
    """What was told, and what the model was like then."""

    def __init__(self):
        self.told, self.losses, self.vectors = [], [], []

    def on_train_begin(self, model):
        self.told.append("begin")

    def on_epoch_begin(self, model):
        self.told.append("(")

    def on_epoch_end(self, model):
        self.told.append(")")
        self.losses.append(model.get_latest_training_loss())
        self.vectors.append(np.array(model.wv["red"]))

    def on_train_end(self, model):
        self.told.append("end")


class Saver:
    """A callback without gensim's class, and with one method only."""

    def __init__(self, path):
        self.path = path

    def on_epoch_end(self, model):
        model.save(self.path)


def test_callbacks(tmp_path):
    """Objects as gensim has them are told in its order; the model is as it is then, and may be saved."""
    diary, saver = Diary(), Saver(tmp_path / "m")
    model = Word2Vec(TOPICS, compute_loss=True, epochs=3, callbacks=[diary, saver], **SMALL)
    assert "".join(diary.told) == "begin()()()end"
    assert 0 < diary.losses[0] < diary.losses[1] < diary.losses[2] == model.get_latest_training_loss()
    assert (diary.vectors[0] != diary.vectors[1]).any() and (diary.vectors[2] == model.wv["red"]).all()
    assert (Word2Vec.load(tmp_path / "m").wv.vectors == model.wv.vectors).all()
    assert Word2Vec(TOPICS, **SMALL).get_latest_training_loss() == 0
    with pytest.raises(OptionError, match="a callback must be an object with one of the methods on_train_begin"):
        Word2Vec(TOPICS, callbacks=[lambda model: None], **SMALL)

    class Broken(CallbackAny2Vec):
        def on_epoch_end(self, model):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Word2Vec(TOPICS, callbacks=[Broken()], **SMALL)


def rule(word, count, min_count):
    """What notebooks call a trim_rule."""
    if word == "red":
        return gensim.utils.RULE_DISCARD
    return gensim.utils.RULE_KEEP if word == "rare" else gensim.utils.RULE_DEFAULT


def test_which_words_are_kept():
    counts = {"a": 9, "b": 7, "c": 7, "d": 3, "rare": 1, "red": 50}
    model = Word2Vec(**{**SMALL, "min_count": 3})
    model.build_vocab_from_freq(counts, keep_raw_vocab=True)
    assert model.raw_vocab == counts
    assert list(model.wv) == ["red", "a", "b", "c", "d"] and model.wv.get_vecattr("b", "count") == 7
    assert model.prepare_vocab() == {"drop_unique": 1, "retain_total": 76, "num_retained_words": 5}
    model.build_vocab_from_freq({"b": 1, "new": 4, "d": 3}, update=True)
    assert model.wv.get_vecattr("b", "count") == 7 and model.wv.get_vecattr("new", "count") == 4
    model = Word2Vec(max_final_vocab=3, **SMALL)
    model.build_vocab_from_freq(counts)
    assert list(model.wv) == ["red", "a"] and model.effective_min_count == 8
    sentences = [[word] * count for word, count in counts.items()]
    ruled = Word2Vec(sentences, trim_rule=rule, **{**SMALL, "min_count": 3})
    assert list(ruled.wv) == ["a", "b", "c", "d", "rare"]
    assert Word2Vec(**SMALL).scan_vocab(sentences) == (77, 6)
    few = Word2Vec(max_vocab_size=2, **SMALL)
    few.build_vocab([["a", "b"], ["a", "b"], ["b", "x"], ["a", "b"]])
    assert {word: few.wv.get_vecattr(word, "count") for word in few.wv} == {"b": 4, "a": 3}
    with pytest.raises(OptionError, match="trim_rule must return"):
        Word2Vec(sentences, trim_rule=lambda word, count, least: None, **SMALL)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"cbow_mean": 0}, "cbow_mean must be 1"),
        ({"sorted_vocab": 0}, "sorted_vocab must be 1"),
        ({"negative": 0}, "hs must be 1 or negative above 0"),
        ({"window": 0}, "window must be"),
        ({"workers": 0}, "workers must be"),
        ({"vector_size": 2.5}, "vector_size must be"),
        ({"alpha": -1}, "alpha must be"),
        ({"epochs": 0}, "epochs must be"),
    ],
)
def test_options_that_cannot_be_followed_are_refused_before_any_work(options, problem):
    class NeverRead:
        def __iter__(self):
            raise AssertionError("the corpus was read")

    with pytest.raises(OptionError, match=problem):
        Word2Vec(NeverRead(), **options)


def test_options_that_make_no_difference():
    plain = Word2Vec(TOPICS, **SMALL)
    same = Word2Vec(TOPICS, hashfxn=len, batch_words=7, null_word=1, comment="mine", **SMALL)
    assert (plain.wv.vectors == same.wv.vectors).all() and same.comment == "mine"
    assert (Word2Vec(TOPICS, cbow_mean=0, sg=1, **SMALL).wv.vectors != plain.wv.vectors).any()  # no mean in skip-gram
    with pytest.raises(TypeError, match="unexpected keyword"):
        Word2Vec(TOPICS, size=100)


@pytest.mark.parametrize(
    ("corpus", "kind"),
    [
        ([], RuntimeError),
        ([[]], RuntimeError),
        ([["rare"]], RuntimeError),
        ("a text", TypeError),
        (["a text", "another"], CorpusError),
        ((words for words in TOPICS), TypeError),
        (5, TypeError),
        ([5], TypeError),
    ],
)
def test_what_is_no_corpus(corpus, kind):
    with pytest.raises(kind) as caught:
        Word2Vec(corpus, min_count=2, vector_size=4)
    assert isinstance(caught.value, wordvec.base.errors.WordvecError)


def test_how_train_is_called():
    model = Word2Vec(**SMALL)
    with pytest.raises(RuntimeError, match="first build vocabulary"):
        model.train(TOPICS, total_examples=300, epochs=1)
    model.build_vocab(corpus_iterable=TOPICS)
    for wrong in ({}, {"epochs": 1}, {"total_examples": 300}):
        with pytest.raises(ValueError, match="must be given epochs, and total_examples or total_words"):
            model.train(TOPICS, **wrong)
    for wrong in ({"corpus_file": 11}, {"corpus_iterable": TOPICS, "corpus_file": "x"}, {}):
        with pytest.raises(TypeError):
            model.train(total_examples=1, epochs=1, **wrong)
    with pytest.raises(RuntimeError, match="holds none"):
        model.train([["x", "y"]], total_examples=1, epochs=1)
    alone = Word2Vec(**SMALL)
    alone.wv = model.wv
    with pytest.raises(ValueError, match="must have output rows"):
        alone.train(TOPICS, total_examples=300, epochs=1)


def test_corpora_of_files(tmp_path):
    """corpus_file is cut at ASCII white space, as gensim cuts it; LineSentence also at an ideographic space."""
    text = "red\u3000green blue\none two\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert list(LineSentence(tmp_path / "a.txt")) == [["red", "green", "blue"], ["one", "two"]]
    assert list(LineSentence(tmp_path / "a.txt", max_sentence_length=2, limit=1)) == [["red", "green"], ["blue"]]
    assert list(gensim.PathLineSentences(tmp_path)) == list(LineSentence(tmp_path / "a.txt"))
    assert list(gensim.Text8Corpus(tmp_path / "a.txt", 4)) == [["red", "green", "blue", "one"], ["two"]]
    assert "red\u3000green" in Word2Vec(corpus_file=str(tmp_path / "a.txt"), **SMALL).wv
    gensim.utils.save_as_line_sentence(TOPICS, tmp_path / "t.txt")
    assert (Word2Vec(corpus_file=tmp_path / "t.txt", **SMALL).wv.vectors == Word2Vec(TOPICS, **SMALL).wv.vectors).all()
    assert learned(Word2Vec(LineSentence(tmp_path / "t.txt"), epochs=10, sg=1, alpha=0.1, **SMALL).wv)


def test_what_is_not_there_says_so():
    with pytest.raises(NotImplementedError, match=r"wordvec\.load\(path\)"):
        gensim.downloader.load("glove-wiki-gigaword-100")
    with pytest.raises(NotImplementedError):
        gensim.downloader.info()


def test_vectors_of_gensims_class(tmp_path):
    kv = KeyedVectors(3)
    kv.add_vectors(["red", "green", "blue"], np.eye(3) + 0.5)
    kv["pink"] = [1, 1, 1]
    assert len(kv) == 4 and kv.expandos == {} and KeyedVectors(vector_size=5).vector_size == 5
    kv.set_vecattr("red", "count", 4)
    assert kv.expandos["count"].tolist() == [4, 0, 0, 0]
    kv.save(str(tmp_path / "vectors.bin"))
    loaded = KeyedVectors.load(str(tmp_path / "vectors.bin"))
    loaded["red"] = [0, 0, 1]  # in memory, as gensim's are
    assert type(loaded) is KeyedVectors and loaded["red"].tolist() == [0, 0, 1]
    assert kv["red"].tolist() == [1.5, 0.5, 0.5]
    kv.init_sims(replace=True)
    np.testing.assert_allclose(kv.norms, 1, rtol=1e-6)
    with pytest.raises(ZeroDivisionError):
        kv.n_similarity([], ["red"])
    with pytest.raises(AttributeError, match="gensim"):
        _ = wordvec.KeyedVectors(["a"], [[1.0]]).vectors_lockf
    (tmp_path / "pairs").write_text("red\tgreen\t3\nred\tpink\t2\ngreen\tblue\t1\nred\tx\t1\n", encoding="utf-8")
    (pearson, _), (spearman, _), unknown = kv.evaluate_word_pairs(tmp_path / "pairs")
    assert -1 <= pearson <= 1 and -1 <= spearman <= 1 and unknown == 25
    (tmp_path / "questions").write_text(": colours\nred green blue pink\n", encoding="utf-8")
    score, sections = kv.evaluate_word_analogies(tmp_path / "questions")
    assert [section["section"] for section in sections] == ["colours", "Total accuracy"]
    assert score == len(sections[1]["correct"]) and len(sections[0]["correct"]) + len(sections[0]["incorrect"]) == 1


def test_pairs_as_json_has_them():
    """A weight stands beside a word in a tuple, or in a list, as it comes from JSON."""
    kv = wordvec.KeyedVectors(["a", "b", "c"], [[1, 0.1], [0.9, 0.5], [0.1, 1]])
    given = json.loads(json.dumps([("a", 1.0), ("c", -0.5)]))
    assert kv.most_similar(given) == kv.most_similar([("a", 1.0), ("c", -0.5)])
    assert kv.most_similar(["a"], negative=[["c", 0.5]]) == kv.most_similar([("a", 1.0), ("c", -0.5)])
    assert kv.most_similar([[1.0, 0.2]])[0][0] == "a"  # two numbers are a vector


def test_a_notebook(tmp_path):
    """No warning, and nothing printed, from reading to queries."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = gensim.models.Word2Vec(sentences=TOPICS, vector_size=20, window=5, min_count=1, workers=2, sg=1)
        model.wv.save_word2vec_format(tmp_path / "v.txt")
        kv = gensim.models.KeyedVectors.load_word2vec_format(tmp_path / "v.txt", binary=False)
        assert json.loads(json.dumps(kv.index_to_key)) == list(kv) and json.dumps(kv.key_to_index)
        assert ["<pad>", *kv] == ["<pad>"] + kv.index_to_key  # noqa: RUF005
        kv.add_vector("new", np.ones(20))
        assert kv.index_to_key[-1] == "new" and kv.key_to_index["new"] == 16
        assert kv.most_similar(positive=["red", "two"], negative=["one"], topn=2)
        assert kv.doesnt_match([*COLOURS[:3], "one"]) in kv
        assert str(model) == "Word2Vec<vocab=16, vector_size=20, alpha=0.025>"
