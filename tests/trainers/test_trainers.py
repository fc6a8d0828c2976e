"""What every trainer must do; a new one is tested here without a new line."""

import dataclasses
import json
import os
import subprocess
import sys
from typing import get_args, get_type_hints

import numpy as np
import pytest

import wordvec
from wordvec import TRAINERS, Documents, HashEmbedding, KeyedVectors, SenseVectors
from wordvec.base.options import with_default
from wordvec.cooccurrence.counter import counted
from wordvec.trainers import SenseTrainer, TextTrainer, WordModel, WordTrainer
from wordvec.trainers.paragraphs import ParagraphVectors

SMALL = {"vector_size": 12, "window": 3, "min_count": 1, "workers": 1}
GAP = {
    "SquaredNorm": 0.2,  # within a topic all pairs are as frequent: its scalar explains that, zeros teach it nothing
    "Hashqr": 0.1,  # two words share all but one of two rows, and half of the words share that
}
SIZE = {"cmow": 16}  # where 12 is none
MORE = {"PVDBOW": {"sample": 0.0}}  # a document of 12 words of which subsampling leaves 2 learns too little


def words_of(model):
    """The vectors of words, of models of documents, sentences and senses as well."""
    if isinstance(model, SenseVectors):
        return model.of_words()
    return model if isinstance(model, KeyedVectors) else model.words


def trained_by(model):
    """The vectors that a model is for: of documents where it has them, else of words."""
    return model.documents if isinstance(model, Documents) else words_of(model)


def contents(path):
    """The bytes of a file, or of each file of a folder."""
    return {part.name: part.read_bytes() for part in ([path] if path.is_file() else path.iterdir())}


def only_of_words(trainer, reason):
    if not issubclass(trainer, WordTrainer):
        pytest.skip(reason)


def small(trainer):
    return SMALL | {"vector_size": SIZE.get(trainer.name, 12)}


def scheme(name):
    """HashEmbedding with another default scheme."""
    default = with_default(HashEmbedding, "scheme", name)
    hint = get_type_hints(HashEmbedding)["scheme"]
    return dataclasses.make_dataclass(
        f"Hash{name}",
        [("scheme", hint, default)],
        bases=(HashEmbedding,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": HashEmbedding.__doc__},
    )


SCHEMES = [name for name in get_args(get_type_hints(HashEmbedding)["scheme"]) if name != "hash"]
OF_TEXT = {name: kind for name, kind in TRAINERS.items() if issubclass(kind, TextTrainer)}
EVERY = OF_TEXT | {f"hash-{name}": scheme(name) for name in SCHEMES}
every_trainer = pytest.mark.parametrize("trainer", EVERY.values(), ids=EVERY.keys())


@pytest.fixture(scope="module")
def two_topics():
    """Sentences that draw all their words from one of two disjoint topics."""
    rng = np.random.default_rng(0)
    return [[f"{'ab'[i % 2]}{j}" for j in rng.integers(0, 15, 12)] for i in range(1500)]


def topic_gap(model):
    """Mean cosine within the topics less that between them; documents take their topics in turn.

    Of documents those of PV-DBOW, which trains no words; PV-DM's learn what the words of a window do not say, and a
    topic is in each word.
    """
    vectors = words_of(model) if words_of(model).metadata["trainer"] == "pv-dm" else trained_by(model)
    unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    topic = np.array([word[0] == "a" if word[0] in "ab" else int(word) % 2 == 0 for word in vectors.index_to_key])
    cosine, same = unit @ unit.T, topic[:, None] == topic
    np.fill_diagonal(same, False)
    return cosine[same].mean() - cosine[topic[:, None] != topic].mean()


@every_trainer
def test_learns_two_topics(trainer, two_topics):
    options = small(trainer) | MORE.get(trainer.__name__, {})
    assert topic_gap(trainer(**options).fit(two_topics)) > GAP.get(trainer.__name__, 0.5)


@every_trainer
def test_learns_with_several_workers(trainer, two_topics):
    options = small(trainer) | {"workers": 4} | MORE.get(trainer.__name__, {})
    assert topic_gap(trainer(**options).fit(two_topics)) > GAP.get(trainer.__name__, 0.5)


@every_trainer
def test_repeats_exactly_and_the_seed_counts(trainer, two_topics):
    made = [trainer(**small(trainer), seed=seed).fit(two_topics[:200]) for seed in (1, 1, 2)]
    one, two, other = (trained_by(model).vectors for model in made)
    assert np.array_equal(one, two)
    assert np.array_equal(one, other) != trainer.random


@every_trainer
def test_threads_change_nothing_where_rows_are_not_shared(trainer, two_topics):
    if trainer.shares_rows:
        pytest.skip("threads of this trainer update the same rows, in whatever order they come")
    one, three = (trainer(**small(trainer) | {"workers": workers}).fit(two_topics[:300]).vectors for workers in (1, 3))
    assert np.array_equal(one, three)


@every_trainer
def test_counts_are_as_good_as_their_corpus(trainer, two_topics, tmp_path):
    made = trainer(**small(trainer))
    if wordvec.Cooccurrence not in trainer.takes:
        pytest.skip("learns from texts alone; tests/cooccurrence/test_cooccurrence_files.py has what it says to counts")
    counts = counted(wordvec.encode_corpus(two_topics[:200], min_count=1), made)
    counts.save(tmp_path / "counts.safetensors")
    expected = made.fit(two_topics[:200])
    for corpus in (counts, tmp_path / "counts.safetensors", str(tmp_path / "counts.safetensors")):
        vectors = made.fit(corpus)
        assert np.array_equal(vectors.vectors, expected.vectors) and vectors.metadata == expected.metadata


@every_trainer
def test_shape_type_and_order(trainer, two_topics):
    vectors = words_of(trainer(**small(trainer)).fit(two_topics[:200]))
    assert vectors.vectors.shape == (30, small(trainer)["vector_size"]) and vectors.vectors.dtype == np.float32
    assert np.isfinite(vectors.vectors).all()
    counts = [vectors.get_vecattr(word, "count") for word in vectors.index_to_key]
    assert counts == sorted(counts, reverse=True) and sum(counts) == 200 * 12


@every_trainer
def test_remembers_its_options(trainer, two_topics):
    made = trainer(**small(trainer))
    metadata = json.loads(json.dumps(words_of(made.fit(two_topics[:200])).metadata))
    assert issubclass(trainer, TRAINERS[metadata["trainer"]])
    assert trainer(**metadata["options"], workers=1) == made
    assert metadata["library"] == f"wordvec {wordvec.__version__}"
    assert metadata["corpus"]["kept"] == 200 * 12
    assert "workers" not in metadata["options"]


@every_trainer
def test_saves_and_loads(trainer, two_topics, tmp_path):
    model = trainer(**small(trainer)).fit(two_topics[:200])
    model.save(tmp_path / "v.safetensors")
    load = wordvec.load if isinstance(model, KeyedVectors) else wordvec.load_documents
    vectors, again = trained_by(model), trained_by(load(tmp_path / "v.safetensors"))
    assert list(again.index_to_key) == list(vectors.index_to_key) and again.metadata == vectors.metadata
    assert np.array_equal(again.vectors, vectors.vectors)


PROCESS = """
import sys, wordvec
corpus, folder, *named = sys.argv[1:]
for name, size in zip(named[::2], named[1::2]):
    model = wordvec.TRAINERS[name](vector_size=int(size), min_count=1, workers=1).fit(corpus)
    model.save(f"{folder}/{name}.safetensors")
"""


@pytest.fixture(scope="module")
def of_two_processes(two_topics, tmp_path_factory):
    """The folders of the files that two processes have written, of all trainers."""
    folders = []
    for hash_seed in ("1", "2"):
        folders.append(tmp_path_factory.mktemp(hash_seed))
        corpus = folders[-1] / f"corpus{hash_seed}.txt"
        corpus.write_text("\n".join(map(" ".join, two_topics[:300])))
        named = [text for name, trainer in OF_TEXT.items() for text in (name, str(small(trainer)["vector_size"]))]
        command = [sys.executable, "-c", PROCESS, str(corpus), str(folders[-1]), *named]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed})
    return folders


@pytest.mark.parametrize("name", OF_TEXT)
def test_one_worker_writes_the_same_file_in_every_process(name, of_two_processes):
    first, second = (contents(folder / f"{name}.safetensors") for folder in of_two_processes)
    assert first == second


@every_trainer
def test_the_same_text_in_any_form_gives_the_same_vectors(trainer, two_topics, tmp_path):
    import gzip

    text = "\n".join(map(" ".join, two_topics[:200])).encode()
    (tmp_path / "c.txt").write_bytes(text)
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(text))
    expected = trained_by(trainer(**small(trainer)).fit(two_topics[:200])).vectors
    for corpus in (tmp_path / "c.txt", tmp_path / "c.txt.gz", iter(two_topics[:200])):
        assert np.array_equal(trained_by(trainer(**small(trainer)).fit(corpus)).vectors, expected)


@every_trainer
@pytest.mark.parametrize("corpus", [[], [[]], [["once"]], [["each", "word", "once"]]])
def test_too_little_text(trainer, corpus):
    with pytest.raises(wordvec.CorpusError, match=r"empty|no token|min_count"):
        trainer(min_count=2).fit(corpus)


@every_trainer
def test_tiny_corpora_are_no_crash(trainer):
    vectors = words_of(trainer(**small(trainer)).fit([["a", "a"]]))
    assert list(vectors.index_to_key) == ["a"] and np.isfinite(vectors.vectors).all()
    assert len(words_of(trainer(**small(trainer)).fit([["a", "b"], ["c"], ["a", "c"]]))) == 3


@every_trainer
def test_sentences_of_one_word_teach_nothing(trainer):
    if issubclass(trainer, ParagraphVectors):
        pytest.skip("a document predicts its only word")
    with pytest.raises(wordvec.CorpusError, match="two words"):
        trainer(**small(trainer)).fit([["a"], ["b"]] * 10)


@every_trainer
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("vector_size", 0),
        ("window", 0),
        ("workers", 0),
        ("min_count", 0),
        ("seed", -1),
        ("vector_size", 1.5),
        ("max_vocab", 0),
    ],
)
def test_bounds(trainer, option, value):
    with pytest.raises(wordvec.OptionError, match=rf"{option} must be an integer >= [01].*; got {value}"):
        trainer(**{option: value})


@every_trainer
def test_every_option_has_help_and_every_trainer_a_sentence(trainer):
    assert all(f.metadata["help"] for f in dataclasses.fields(trainer)) and trainer.__doc__


@every_trainer
def test_starts_from_given_vectors(trainer, two_topics):
    only_of_words(trainer, "models of documents do not start from vectors; the next test has what they say")
    first = trainer(**small(trainer)).fit(two_topics)
    words = [word for word in first.index_to_key if word != "a1"]
    init = wordvec.KeyedVectors(words, np.stack([first[word] for word in words]))
    if not trainer.iterative:
        with pytest.raises(wordvec.OptionError, match="init serves models that learn in steps"):
            trainer(**small(trainer)).fit(two_topics, init=init)
        return
    options = {field.name for field in dataclasses.fields(trainer)}
    if not trainer.inverts:
        with pytest.raises(wordvec.OptionError, match=r"init must .* of the same"):
            trainer(**small(trainer)).fit(two_topics, init=init)
        init = first
    if "alpha" in options:
        frozen = {"epochs": 1, "alpha": 1e-9, "min_alpha": 0.0}
        made = trainer(**small(trainer) | {name: value for name, value in frozen.items() if name in options})
        still = made.fit([*two_topics, ["new", "a1"]] if trainer.inverts else two_topics, init=init)
        moved = np.abs(np.stack([still[word] - first[word] for word in words])).max()
        assert moved < 1e-4
        if trainer.inverts:
            assert np.abs(still["a1"] - first["a1"]).max() > 0.05
    else:  # solves for its rows, wherever it starts, but is the sooner there; biases are not kept
        bare = small(trainer) | ({"bias": False} if "bias" in options else {})
        # with the context, since the sums of both sides alone are a start from which rounding decides where it leads
        first, once = trainer(**bare).fit(two_topics, keep_context=True), trainer(**bare | {"epochs": 1})
        cold, warm = (once.fit(two_topics, init=start).metadata["loss"][0] for start in (None, first))
        assert warm < cold
    size = small(trainer)["vector_size"]
    with pytest.raises(wordvec.OptionError, match=f"vector_size {size}; got 5"):
        trainer(**small(trainer)).fit(two_topics, init=wordvec.KeyedVectors(["a1"], np.ones((1, 5))))
    with pytest.raises(wordvec.OptionError, match="init must be KeyedVectors; got str"):
        trainer(**small(trainer)).fit(two_topics, init="vectors.bin")
    with pytest.raises(wordvec.OptionError, match=rf"context of init must be of shape \(1, {size}\)"):
        wrong = wordvec.KeyedVectors(["a1"], np.ones((1, size)), context=np.ones((2, size)))
        trainer(**small(trainer)).fit(two_topics, init=wrong)


@pytest.mark.parametrize(
    "name", [name for name, kind in OF_TEXT.items() if not issubclass(kind, (WordTrainer, SenseTrainer))]
)
@pytest.mark.parametrize("option", ["init", "keep_context", "tokenizer", "cache"])
def test_models_of_documents_refuse_what_only_words_have(name, option):
    with pytest.raises(wordvec.OptionError, match=rf"{option} must be an option of {name} or of fit\. The options"):
        wordvec.train([["a", "b"]], model=name, **{option: None})
    with pytest.raises(TypeError, match=option):
        TRAINERS[name]().fit([["a", "b"]], **{option: None})


@every_trainer
def test_callbacks_see_every_epoch_and_can_end_training(trainer, two_topics):
    seen = []
    epochs = {"epochs": 3} if trainer.iterative else {}
    trainer(**small(trainer) | epochs).fit(two_topics[:200], callbacks=seen.append)
    assert [epoch.number for epoch in seen] == ([1, 2, 3] if trainer.iterative else [1])
    assert all(np.isfinite(epoch.loss) and epoch.epochs == len(seen) for epoch in seen)
    assert words_of(seen[-1].vectors).vectors.shape == (30, small(trainer)["vector_size"])
    seen.clear()
    trainer(**small(trainer) | epochs).fit(two_topics[:200], callbacks=lambda epoch: seen.append(epoch) or True)
    assert len(seen) == 1


@every_trainer
def test_keeps_the_context_on_request(trainer, two_topics, tmp_path):
    only_of_words(trainer, "models of documents keep whatever they need")
    vectors = trainer(**small(trainer)).fit(two_topics[:200], keep_context=True)
    assert vectors.context.shape == (30, small(trainer)["vector_size"]) and np.abs(vectors.context).max() > 0
    vectors.save(tmp_path / "v.safetensors")
    assert np.array_equal(wordvec.load(tmp_path / "v.safetensors").context, vectors.context)
    assert trainer(**small(trainer)).fit(two_topics[:200]).context is None


@every_trainer
def test_an_encoded_corpus_is_remembered_as_it_was_made(trainer, two_topics):
    only_of_words(trainer, "models of documents read texts, of which an encoded corpus leaves out the empty ones")
    corpus = wordvec.encode_corpus(two_topics[:200], min_count=2)
    vectors = trainer(**small(trainer) | {"min_count": 7}).fit(corpus)
    assert vectors.metadata["options"]["min_count"] == 2
    with pytest.raises(wordvec.OptionError, match="encoded already"):
        trainer(**small(trainer)).fit(corpus, tokenizer=str.split)


@every_trainer
def test_options_of_gensim_3_are_refused_by_name(trainer):
    with pytest.raises(TypeError, match="size"):
        trainer(size=100)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize(
    "options",
    [
        {"hs": True},
        {"shrink_windows": False},
        {"sample": 0.0},
        {"negative": 1},
        {"negative": 20},
        {"window": 100},
        {"ns_exponent": 0.0},
    ],
    ids=str,
)
def test_every_variant_learns(model, options, two_topics):
    assert topic_gap(wordvec.train(two_topics, model=model, **SMALL | options)) > 0.4


def test_cbow_learns_with_the_exact_gradient(two_topics):
    assert topic_gap(wordvec.CBOW(**SMALL, cbow_grad="exact", alpha=0.1).fit(two_topics)) > 0.5


def test_hierarchical_softmax_has_no_context_to_keep(two_topics):
    with pytest.raises(wordvec.OptionError, match="keep_context"):
        wordvec.SkipGram(**SMALL, hs=True).fit(two_topics, keep_context=True)


@pytest.mark.parametrize("name", OF_TEXT)
def test_train_returns_what_its_overloads_promise(name, two_topics):
    of_documents = dict.fromkeys(("pv-dbow", "binary-pv-dbow", "pv-dm"), Documents)
    kind = (of_documents | {"sent2vec": wordvec.Sentences}).get(name, KeyedVectors)
    kind = SenseVectors if issubclass(TRAINERS[name], SenseTrainer) else kind
    assert (name in get_args(WordModel)) == (kind is KeyedVectors)
    given = two_topics[:100] if name in OF_TEXT else [tuple(words[:2]) for words in two_topics[:100]]
    options = small(TRAINERS[name]) if name in OF_TEXT else {"vector_size": 12, "workers": 1, "epochs": 1}
    assert type(wordvec.train(given, model=name, **options)) is kind


def test_unknown_models_are_refused():
    with pytest.raises(wordvec.OptionError, match="model must be one of skipgram, cbow"):
        wordvec.train([["a", "b"]], model="skip-gram")


def test_the_simd_switch(two_topics, monkeypatch):
    monkeypatch.setenv("WORDVEC_SIMD", "baseline")
    slow = wordvec.SkipGram(**SMALL, epochs=1).fit(two_topics[:100]).vectors
    monkeypatch.delenv("WORDVEC_SIMD")
    np.testing.assert_allclose(wordvec.SkipGram(**SMALL, epochs=1).fit(two_topics[:100]).vectors, slow, atol=1e-4)
    monkeypatch.setenv("WORDVEC_SIMD", "mmx")
    with pytest.raises(wordvec.OptionError, match="WORDVEC_SIMD must be one of baseline"):
        wordvec.SkipGram(**SMALL).fit(two_topics)
