"""A .bin of vectors says how they were trained and keeps their output rows; what is not known is a default."""

import gzip

import numpy as np
import pytest

import wordvec
from wordvec import formats
from wordvec.formats.io.fasttext_model import layout

DEFAULT = {
    "window": 5,
    "epochs": 5,
    "min_count": 1,
    "negative": 5,
    "word_ngrams": 1,
    "loss": 2,
    "model": 2,
    "lr_update_rate": 100,
    "sample": 1e-4,
}
SMALL = {"vector_size": 8, "epochs": 2, "min_count": 20, "workers": 1, "sample": 1e-2, "window": 3, "negative": 7}
GRAMS = {"bucket": 300, "min_n": 2, "max_n": 4}


def told(path):
    """The options that a file tells, by our names."""
    with open(path, "rb") as file:
        return layout(file.read(200)).arguments


def same(found, wanted):
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("model", "how", "wanted"),
    [
        (wordvec.FastText, GRAMS, {"model": 2, "loss": 2, "negative": 7, **GRAMS}),
        (wordvec.FastText, {**GRAMS, "sg": False}, {"model": 1, "loss": 2}),
        (wordvec.FastText, {**GRAMS, "hs": True}, {"model": 2, "loss": 1}),
        (wordvec.FastText, {"max_n": 0}, {"model": 2, "loss": 2, "max_n": 0, "bucket": 0}),
        (wordvec.SkipGram, {}, {"model": 2, "loss": 2, "max_n": 0}),
        (wordvec.CBOW, {"hs": True}, {"model": 1, "loss": 1}),
    ],
)
def test_the_options_of_a_training_are_in_the_file(encoded_sample, model, how, wanted, tmp_path):
    vectors = model(**{**SMALL, **how}).fit(encoded_sample, keep_context=not how.get("hs"))
    formats.save(vectors, tmp_path / "m.bin", "fasttext")
    same(told(tmp_path / "m.bin"), {"window": 3, "epochs": 2, "sample": 1e-2, "dim": 8, **wanted})
    loaded = wordvec.load(tmp_path / "m.bin")
    assert (loaded.context is None) == bool(how.get("hs"))
    if loaded.context is not None:
        assert np.array_equal(loaded.context, vectors.context) and not loaded.context.flags.writeable
    source = loaded.metadata["source"]
    names = {1: "cbow", 2: "skipgram"}, {1: "hs", 2: "ns"}
    assert (source["model"], source["loss"]) == (names[0][wanted["model"]], names[1][wanted["loss"]])
    loaded.save(tmp_path / "m.safetensors")
    for again in (loaded, wordvec.load(tmp_path / "m.safetensors")):  # and they come through
        formats.save(again, tmp_path / "again.bin", "fasttext")
        assert told(tmp_path / "again.bin") == told(tmp_path / "m.bin")
        if loaded.context is not None:
            assert np.array_equal(wordvec.load(tmp_path / "again.bin").context, vectors.context)


def test_what_is_not_known_is_as_fasttext_has_it_by_default(tmp_path):
    wrong = {"format": "fasttext", "window": -1, "epochs": 2**40, "sample": float("inf"), "model": "x"}
    sources = [{"source": {"format": "glove"}}, {"source": "x"}, {"source": wrong}]
    for number, metadata in enumerate([{}, *sources, {"options": 5, "trainer": 7}, {"options": {"window": "5"}}]):
        vectors = wordvec.KeyedVectors(["a", "b"], np.eye(2), metadata=metadata)
        path = tmp_path / f"{number}.bin"
        formats.save(vectors, path, "fasttext")
        same(told(path), DEFAULT)
        assert wordvec.load(path).context is None  # of zeros there is none


def test_options_of_gensim_are_understood(tmp_path):
    options = {"vector_size": 2, "window": 9, "sg": 0, "hs": 1, "negative": 0, "epochs": 4, "sample": 0.01}
    vectors = wordvec.KeyedVectors(["a", "b"], np.eye(2), metadata={"source": {"format": "gensim"}, "options": options})
    formats.save(vectors, tmp_path / "m.bin", "fasttext")
    same(told(tmp_path / "m.bin"), {"window": 9, "model": 1, "loss": 1, "negative": 0, "epochs": 4, "sample": 0.01})


def test_the_output_rows_are_those_of_the_words_that_are_kept(encoded_sample, tmp_path):
    vectors = wordvec.FastText(**SMALL, **GRAMS).fit(encoded_sample, keep_context=True)
    formats.save(vectors, tmp_path / "m.bin", "fasttext")
    assert np.array_equal(wordvec.load(tmp_path / "m.bin", limit=5).context, vectors.context[:5])
    some = wordvec.load(tmp_path / "m.bin", words=[vectors.index_to_key[9], vectors.index_to_key[3]])
    assert np.array_equal(some.context, vectors.context[[3, 9]])
    more = wordvec.FastText(**SMALL, **GRAMS).fit(encoded_sample, init=wordvec.load(tmp_path / "m.bin"))
    assert more.metadata["loss"][0] < vectors.metadata["loss"][-1] * 1.1  # training goes on from both sides
    assert wordvec.load(tmp_path / "m.bin", mmap=False).context is None  # nobody asked for the memory
    (tmp_path / "m.bin.gz").write_bytes(gzip.compress((tmp_path / "m.bin").read_bytes()))
    assert wordvec.load(tmp_path / "m.bin.gz").context is None


def test_the_program_finds_the_options_and_rows(encoded_sample, tmp_path):
    fasttext = pytest.importorskip("fasttext", reason="fasttext is not installed")
    fasttext.FastText.eprint = lambda *text: None
    vectors = wordvec.FastText(**SMALL, **GRAMS, sg=False).fit(encoded_sample, keep_context=True)
    formats.save(vectors, tmp_path / "m.bin", "fasttext")
    model = fasttext.load_model(str(tmp_path / "m.bin"))
    args = model.f.getArgs()
    assert (args.ws, args.epoch, args.neg, args.t, args.minn, args.maxn) == (3, 2, 7, 1e-2, 2, 4)
    assert (args.model, args.loss) == (fasttext.FastText.model_name.cbow, fasttext.FastText.loss_name.ns)
    assert np.array_equal(model.get_output_matrix(), vectors.context)
