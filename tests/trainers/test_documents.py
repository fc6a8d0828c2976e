"""Paragraph vectors, Sent2Vec and topics: gradients, what stays frozen, inference, files, bad input."""

import gzip

import numpy as np
import pytest
from test_word2vec_kernel import LEVELS, OFF, matrices, realign, run, task

import wordvec
from wordvec import PVDBOW, PVDM, Documents, Sent2Vec, Sentences
from wordvec.corpus.encoder import Passes
from wordvec.corpus.sources import resolve
from wordvec.optim.descent import aligned_matrix
from wordvec.texts import Topics
from wordvec.trainers.documents import encoded
from wordvec.trainers.sent2vec import _hashes

DIM = 5
SMALL = {"vector_size": 12, "min_count": 1, "workers": 1}
MODELS = {
    "dbow": PVDBOW(**SMALL, epochs=60, alpha=0.1),
    "dbow with words": PVDBOW(**SMALL, epochs=60, dbow_words=True),
    "dm": PVDM(**SMALL, epochs=60),
    "dbow hs": PVDBOW(**SMALL, epochs=60, alpha=0.1, hs=True),
    "dm hs": PVDM(**SMALL, epochs=60, hs=True),
}
every_model = pytest.mark.parametrize("kind", MODELS.values(), ids=MODELS)


@pytest.fixture(scope="module")
def texts():
    """Texts of words of one of two topics, each with a few words of its own."""
    rng = np.random.default_rng(0)
    return [
        " ".join([f"{'ab'[i % 2]}{j}" for j in rng.integers(0, 15, 12)] + [f"own{i}", f"own{i}"]) for i in range(60)
    ]


def units(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def gap(rows):
    cosines, topic = units(rows) @ units(rows).T, np.arange(len(rows)) % 2
    same = topic[:, None] == topic
    return cosines[same].mean() - cosines[~same].mean()


def document_rows(dtype=np.float64, count=2):
    rows = aligned_matrix(count, DIM, dtype)
    rows[:] = np.random.default_rng(7).standard_normal((count, DIM)) / DIM**0.5
    return rows


def check_gradient(arguments, tables, factors, step=1e-6):
    """One step of the kernel is down the numerical gradient of its loss, times a factor for each table."""
    loss = {name: table.copy() for name, table in tables.items()}

    def call(changed, alpha):
        made = {name: realign(table) for name, table in changed.items()}
        extra = {name: made[name] for name in made if name not in ("input", "output")}
        given = {name: value for name, value in arguments.items() if name != "frozen"} | extra
        return run(given, made["input"], made["output"], alpha, frozen=arguments.get("frozen", False))[0], made

    after = call(loss, step)[1]
    for name, factor in factors.items():
        numeric = np.empty_like(tables[name])
        for index in np.ndindex(numeric.shape):
            values = []
            for change in (1e-5, -1e-5):
                moved = {key: table.copy() for key, table in tables.items()}
                moved[name][index] += change
                values.append(call(moved, 0.0)[0])
            numeric[index] = (values[0] - values[1]) / 2e-5
        taken = (tables[name] - after[name]) / step
        np.testing.assert_allclose(taken, numeric * factor, rtol=1e-5, atol=2e-5, err_msg=name)
        assert factor == 0 or np.abs(numeric).max() > 0.05, name


@pytest.mark.parametrize(
    ("options", "factors"),
    [
        ({"with_words": False}, {"input": 0, "output": 1, "document_rows": 1}),
        ({"with_words": True}, {"input": 1, "output": 1, "document_rows": 1}),
        ({"cbow": True, "exact": True}, {"input": 1, "output": 1, "document_rows": 1}),
        ({"cbow": True}, {"input": 4, "output": 1, "document_rows": 4}),
        ({"with_words": False, "frozen": True}, {"output": 0, "document_rows": 1}),
        ({"cbow": True, "frozen": True, "frozen_input": True}, {"input": 0, "output": 0, "document_rows": 4}),
        ({"with_words": False, "frozen_documents": True}, {"output": 1, "document_rows": 0}),
        ({"with_words": True, "frozen_documents": True}, {"input": 1, "output": 1, "document_rows": 0}),
        ({"cbow": True, "exact": True, "frozen_documents": True}, {"input": 1, "output": 1, "document_rows": 0}),
    ],
    ids=str,
)
def test_documents_step_down_the_numerical_gradient(options, factors):
    """word2vec's step of CBOW is the gradient times the words of a window, of which the document is one more."""
    arguments = task([[1, 3, 2, 0]], shrink=False, centres=4, **options) | {"documents": np.array([1], np.int32)}
    input, output = matrices(DIM, np.float64)
    check_gradient(arguments, {"input": input, "output": output, "document_rows": document_rows()}, factors)


def test_a_document_of_one_word_is_a_neighbour_of_it():
    """PV-DBOW of one-word documents is skip-gram with the document as the other word."""
    input, output = matrices(DIM, np.float64)
    rows = document_rows()
    arguments = task([[2]], shrink=False, centres=1, pool=7)
    other = realign(output)
    documents = {"documents": np.array([0], np.int32), "document_rows": rows, "with_words": False}
    loss = run(arguments | documents, realign(input), other, 0.05)[0]
    twin = aligned_matrix(len(input) + 1, DIM, np.float64)
    twin[: len(input)], twin[-1] = input, document_rows()[0]
    wide = aligned_matrix(len(input) + 1, DIM, np.float64)
    wide[: len(output)] = output
    sentence = task([[2, len(input)]], words=len(input) + 1, shrink=False, centres=1, pool=7)
    sentence["noise"] = arguments["noise"]
    assert 0 < loss < run(sentence, twin, wide, 0.05)[0]  # which has the pair in both directions
    assert np.abs(rows - document_rows()).max(axis=1).tolist()[1] == 0


@pytest.mark.parametrize("word_ngrams", [1, 2, 3])
def test_sentences_step_down_the_numerical_gradient(word_ngrams):
    ids = [1, 3, 3, 0]
    arguments = task([ids], shrink=False, centres=4)
    offsets = arguments["offsets"]
    hashed = [_hashes(arguments["ids"], offsets, order, 6) for order in range(2, word_ngrams + 1)]
    grams = np.array(hashed, np.int32).reshape(word_ngrams - 1, len(ids))
    input, output = matrices(DIM, np.float64)
    rows = document_rows(count=6)
    factors = {"input": 1, "output": 1} | ({"gram_rows": 1} if word_ngrams > 1 else {})
    check_gradient(arguments | {"grams": grams}, {"input": input, "output": output, "gram_rows": rows}, factors)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["documents", "sentences"])
def test_instruction_sets_agree(kind, level):
    rng = np.random.default_rng(3)
    sentences = [list(rng.integers(0, 7, n)) for n in [5, 1, 0, 13, 2, 30]]
    found = {}
    for dtype in (np.float64, np.float32):
        arguments = task(sentences, cbow=kind == "documents")
        input, output = matrices(DIM, dtype)
        if kind == "documents":
            rows = document_rows(dtype, len(sentences))
            arguments |= {"documents": np.arange(len(sentences), dtype=np.int32), "document_rows": rows}
        else:
            rows = document_rows(dtype, 50)
            hashed = _hashes(arguments["ids"], arguments["offsets"], 2, 50).astype(np.int32)
            arguments |= {"grams": hashed[None], "gram_rows": rows}
        loss = run(arguments, input, output, 0.05, level=level)[0]
        found[dtype] = loss, input, output, rows
    for exact, single in zip(found[np.float64], found[np.float32], strict=True):
        np.testing.assert_allclose(single, exact, rtol=OFF[level], atol=2 * OFF[level])


@every_model
def test_learns_topics_and_tells_documents_apart(kind, texts):
    made = kind.fit(texts)
    assert made.documents.vectors.shape == (60, 12) and list(made.documents.index_to_key[:2]) == ["0", "1"]
    assert gap(made.documents.vectors) > 0.06
    inferred = made.encode(texts, epochs=60)
    assert gap(inferred) > 0.06
    ranks = (units(inferred) @ units(made.documents.vectors).T).argsort(axis=1)[:, ::-1]
    assert np.mean([i in ranks[i, :3] for i in range(60)]) > 0.3  # by chance: .05


@every_model
def test_inference_follows_from_the_text_alone(kind, texts):
    made = kind.fit(texts[:20])
    before = [np.array(part) for part in (made.words.vectors, made.output)]
    one = made.encode([*texts[:6], "", "nothing known", texts[2]], epochs=3)
    assert np.array_equal(one[2], one[8]) and not one[6].any() and not one[7].any()
    assert np.array_equal(made.encode([texts[4]], epochs=3)[0], one[4])
    tokens = [text.split() for text in texts[:6]]
    assert np.array_equal(made.encode(tokens, epochs=3), one[:6])
    assert all(np.array_equal(a, b) for a, b in zip(before, (made.words.vectors, made.output), strict=True))


@pytest.mark.parametrize("kind", [PVDBOW, PVDM, Sent2Vec])
def test_repeats_and_the_form_of_texts_does_not_matter(kind, texts, tmp_path):
    made = kind(**SMALL, epochs=2)
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n")
    forms = [texts, [text.split() for text in texts], tmp_path / "texts.txt", str(tmp_path / "texts.txt"), iter(texts)]
    first, *others = [made.fit(form) for form in forms]
    for other in others:
        assert np.array_equal(first.words.vectors, other.words.vectors)
        if kind is not Sent2Vec:
            assert np.array_equal(first.documents.vectors, other.documents.vectors)


@pytest.mark.parametrize("hs", [False, True])
@pytest.mark.parametrize("kind", [PVDBOW, PVDM])
def test_documents_are_saved_and_loaded(kind, hs, texts, tmp_path):
    """With either way of predicting words: a model with hierarchical softmax was trained, and then not saved."""
    made = kind(**SMALL, epochs=3, hs=hs).fit(texts)
    made.save(tmp_path / "model")
    again = Documents.load(tmp_path / "model")
    assert np.array_equal(again.documents.vectors, made.documents.vectors) and again.trainer.epochs == 3
    assert np.array_equal(again.encode(texts[:3]), made.encode(texts[:3]))
    with pytest.raises(
        wordvec.FormatError, match=r"load_documents opens it, its words alone are in .*words\.safetensors"
    ):
        wordvec.load(tmp_path / "model")
    with pytest.raises(wordvec.FormatError, match=r"as Documents\.save writes them"):
        wordvec.SkipGram(**SMALL, epochs=1).fit([["a", "b"]]).save(tmp_path / "model" / "words.safetensors")
        Documents.load(tmp_path / "model")


def test_documents_without_words(texts):
    made = PVDBOW(**SMALL | {"min_count": 2}, epochs=2).fit(["", *texts, "once", ""])
    assert len(made.documents) == 63 and not made.documents.vectors[[0, 61, 62]].any()
    assert made.documents.vectors[1:61].any(axis=1).all()


@pytest.mark.parametrize("kind", [PVDBOW, PVDM, Sent2Vec])
def test_texts_that_are_none(kind, texts):
    made = kind(**SMALL)
    with pytest.raises(wordvec.CorpusError, match=r"no token|empty|min_count"):
        made.fit([])
    with pytest.raises(wordvec.CorpusError, match=r"no token|empty|min_count"):
        made.fit(["", " "])
    with pytest.raises(wordvec.WordTypeError, match="token"):
        made.fit([["a", 1]])
    with pytest.raises(wordvec.CorpusError, match="there is no file"):
        made.fit("no/such/file.txt")


def test_epochs_of_inference(texts):
    made = PVDBOW(**SMALL, epochs=1).fit(texts)
    for wrong in (0, True, 1.5):
        with pytest.raises(wordvec.OptionError, match="epochs must be an integer >= 1"):
            made.encode(texts[:2], epochs=wrong)
    with pytest.raises(wordvec.OptionError, match="put it in a list"):
        made.encode("one text")


class TestSent2Vec:
    def test_hashes_by_hand(self):
        ids, offsets = np.array([3, 1, 4, 1, 5], np.int32), np.array([0, 3, 5])
        pair = [3 * 116049371 + 1, 116049371 + 4, -1, 116049371 + 5, -1]
        assert _hashes(ids, offsets, 2, 2**31).tolist() == [h % 2**31 if h >= 0 else -1 for h in pair]
        triple = (3 * 116049371 + 1) * 116049371 + 4
        assert _hashes(ids, offsets, 3, 10_007).tolist() == [triple % 2**64 % 10_007, -1, -1, -1, -1]

    def test_learns(self, texts):
        made = Sent2Vec(**SMALL, epochs=10, ngram_min_count=1, sample=0.0).fit(texts)
        assert made.words.metadata["loss"][-1] < made.words.metadata["loss"][0]
        assert gap(made.encode(texts)) > 0.5

    def test_encodes_the_mean_of_words_and_ngrams(self, texts):
        made = Sent2Vec(**SMALL, epochs=1, ngram_min_count=1).fit(texts)
        first = texts[0].split()
        ids = np.array([made.words.key_to_index[word] for word in first], np.int32)
        rows = [made.words[word] for word in first]
        hashes = _hashes(ids, np.array([0, len(ids)]), 2, made.trainer.bucket)
        rows += [made.ngrams[np.searchsorted(made.buckets, h)] for h in hashes if h >= 0]
        np.testing.assert_allclose(made.encode([texts[0]])[0], np.mean(rows, axis=0), atol=1e-6)
        assert not made.encode(["", "unheard of"]).any()

    def test_only_ngrams_know_order(self, texts):
        there, back = "a1 a2 a3 a4", "a4 a3 a2 a1"
        text = [*texts, *[there] * 20]
        plain = Sent2Vec(**SMALL, epochs=2, word_ngrams=1).fit(text).encode([there, back])
        np.testing.assert_allclose(plain[0], plain[1], atol=1e-6)
        pairs = Sent2Vec(**SMALL, epochs=2).fit(text).encode([there, back])
        assert np.abs(pairs[0] - pairs[1]).max() > 1e-3

    def test_is_saved_and_loaded(self, texts, tmp_path):
        made = Sent2Vec(**SMALL, epochs=2).fit(texts)
        made.save(tmp_path / "model")
        again = Sentences.load(tmp_path / "model")
        assert np.array_equal(again.encode(texts[:5]), made.encode(texts[:5])) and again.trainer.word_ngrams == 2
        PVDBOW(**SMALL, epochs=1).fit(texts).words.save(tmp_path / "model" / "words.safetensors")
        with pytest.raises(wordvec.FormatError, match=r"as Sentences\.save writes them"):
            Sentences.load(tmp_path / "model")

    def test_refuses(self, texts):
        with pytest.raises(wordvec.OptionError, match="negative sampling; got hs=True"):
            Sent2Vec(**SMALL, hs=True).fit(texts)
        with pytest.raises(wordvec.OptionError, match="word_ngrams must be an integer >= 1"):
            Sent2Vec(word_ngrams=0)
        with pytest.raises(wordvec.CorpusError, match="two words"):
            Sent2Vec(**SMALL).fit(["a", "b"])


@pytest.fixture(scope="module")
def model(texts):
    return PVDBOW(**SMALL, epochs=40, dbow_words=True).fit(texts)


class TestTopics:
    def test_classifies(self, model, texts):
        with pytest.warns(UserWarning, match=r"topic 'second' goes by 2 of its 3 keywords; .*\['unheard'\]"):
            topics = Topics(model, {"first": ["a1", "a2"], "second": ["b1", "b2", "unheard"]}, num_docs=10)
        found = topics.classify()
        assert np.mean([name == ("first", "second")[i % 2] for i, name in enumerate(found)]) > 0.95
        assert topics.classify(texts[:2]) == ["first", "second"]
        assert topics.scores().shape == (60, 2) and not topics.scores([""]).any()
        assert topics.classify(["", "unheard of", texts[1]]) == [None, None, "second"]
        strict = Topics(model, {"first": ["a1"], "second": ["b1"]}, threshold=2.0)
        assert len(strict.vectors) == 2  # of one document each

    def test_refuses(self, model, texts):
        with pytest.raises(wordvec.OptionError, match="topic 'x' must have a keyword with a vector"):
            Topics(model, {"x": ["unheard"]})
        with pytest.raises(wordvec.OptionError, match="keywords must name topics"):
            Topics(model, {})
        for wrong in ("a1", {"a1": 1}, {"a1", "a2"}, 7, None):
            with pytest.raises(wordvec.OptionError, match="keywords of topic 'x' must be a list"):
                Topics(model, {"x": wrong})
        with pytest.raises(wordvec.OptionError, match="keywords must name topics"):
            Topics(model, ["a1", "b1"])
        with pytest.raises(wordvec.WordTypeError, match="every keyword must be a str; keyword 1 is missing"):
            Topics(model, {"x": ["a1", None]})
        with pytest.raises(wordvec.OptionError, match="words must be trained"):
            Topics(PVDBOW(**SMALL, epochs=1).fit(texts), {"x": ["a1"]})


def test_each_line_is_a_document_wherever_a_file_is_cut(tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(40):
        text = "a" + "".join(rng.choice(["a", "bb", " ", "\n", "\n\n", "longer", "\r\n"], rng.integers(1, 30)))
        lines = [line.split() for line in text.removesuffix("\n").split("\n")]
        (tmp_path / "plain.txt").write_bytes(text.encode())
        (tmp_path / "packed.gz").write_bytes(gzip.compress(text.encode()))
        for name, size in (("plain.txt", 1), ("plain.txt", 3), ("packed.gz", 2), ("packed.gz", 1000)):
            found = resolve(str(tmp_path / name), False)
            made = Passes(found, min_count=1, longest=None, keep_empty=True, range_size=size).run(tmp_path)
            words = list(made.vocabulary)
            parts = np.split(np.array([words[i] for i in made.ids], object), made.offsets[1:-1])
            assert [list(part) for part in parts] == lines
        listed = encoded(lines, min_count=1)
        assert np.array_equal(listed.offsets, made.offsets) and np.array_equal(listed.ids, made.ids)


def test_a_line_of_a_sentence_without_end_is_cut(monkeypatch):
    tokens = [f"w{i}" for i in np.random.default_rng(5).integers(0, 60, 3000).tolist()]
    lines = [tokens[i : i + 1024] for i in range(0, 3000, 1024)]
    trainer = Sent2Vec(vector_size=8, min_count=1, epochs=2, workers=1, ngram_min_count=1, bucket=500)
    whole, cut = trainer.fit([tokens]), trainer.fit(lines)
    assert np.array_equal(whole.words.vectors, cut.words.vectors) and np.array_equal(whole.ngrams, cut.ngrams)
    monkeypatch.setattr("wordvec.trainers.sent2vec._TOKENS", 100)  # hashes of some sentences at a time
    assert np.array_equal(trainer.fit(lines).buckets, cut.buckets)
    assert np.array_equal(trainer.fit(lines).ngrams, cut.ngrams)
