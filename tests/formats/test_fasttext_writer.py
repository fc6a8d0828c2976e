"""fastText and floret files that we write, and parity with the programs themselves."""

import random

import numpy as np
import pytest
from golden_fasttext import DIM, GOLDEN, WORDS, decoded, dense
from reference_rows import odd_words

import wordvec
from wordvec import formats
from wordvec.base.errors import OptionError
from wordvec.subwords import make_subwords
from wordvec.vectors import KeyedVectors


@pytest.fixture(scope="module")
def fasttext():
    module = pytest.importorskip("fasttext", reason="fasttext is not installed")
    module.FastText.eprint = lambda *text: None  # it warns of a change of 2019 whenever a model is loaded
    return module


def toy(words, subwords=None, seed=2):
    matrix = np.random.default_rng(seed).standard_normal((len(words), DIM)).astype(np.float32)
    return KeyedVectors(words, matrix, counts=range(9 + len(words), 9, -1), subwords=subwords)


def ngram_table(bucket=50):
    table = np.random.default_rng(3).standard_normal((bucket, DIM)).astype(np.float32)
    return make_subwords("fasttext", table, min_n=2, max_n=4)


@pytest.mark.parametrize("with_ngrams", [False, True])
def test_what_is_written_comes_back(with_ngrams, tmp_path):
    vectors = toy([*decoded(WORDS), "longerwordwithmanyngrams"], ngram_table() if with_ngrams else None)
    formats.save(vectors, tmp_path / "x.bin", format="fasttext")
    loaded = wordvec.load(tmp_path / "x.bin")
    assert list(loaded) == list(vectors) and np.allclose(loaded.vectors, vectors.vectors, rtol=0, atol=1e-5)
    assert np.array_equal(loaded.vocabulary.counts, vectors.vocabulary.counts)
    if with_ngrams:
        assert np.array_equal(loaded.subwords.table, vectors.subwords.table)
    else:
        assert np.array_equal(loaded.vectors, vectors.vectors) and loaded.subwords is None


@pytest.mark.parametrize("dim", [1, 2, 300])
def test_any_floats_come_back_bit_by_bit(dim, tmp_path):
    bits = np.random.default_rng(dim).integers(0, 2**32, (300, dim + 3), dtype=np.uint32).view(np.float32)
    matrix = np.where(np.isfinite(bits), bits, np.float32(-0.0))[:, 2 : dim + 2]
    formats.save(KeyedVectors([f"w{i}" for i in range(300)], matrix), tmp_path / "x.bin", format="fasttext")
    for mapped in (True, False):
        assert wordvec.load(tmp_path / "x.bin", mmap=mapped).vectors.tobytes() == matrix.tobytes()
    first = (tmp_path / "x.bin").read_bytes()
    formats.save(wordvec.load(tmp_path / "x.bin"), tmp_path / "y.bin", format="fasttext")
    assert (tmp_path / "y.bin").read_bytes() == first


def test_context_and_no_words(tmp_path):
    vectors = KeyedVectors([], np.empty((0, 3)))
    formats.save(vectors, tmp_path / "x.bin", format="fasttext")
    assert len(wordvec.load(tmp_path / "x.bin")) == 0 and wordvec.load(tmp_path / "x.bin").vector_size == 3
    context = np.float32([[1, 2], [3, 4]])
    formats.save(KeyedVectors(["a", "b"], np.eye(2), context=context), tmp_path / "x.bin", format="fasttext")
    assert (tmp_path / "x.bin").read_bytes().endswith(dense(context))


@pytest.mark.parametrize("name", ["fasttext", "fasttext-quantised", "floret"])
def test_a_model_in_a_native_file(name, tmp_path):
    loaded = wordvec.load(GOLDEN[name](tmp_path)[0])
    loaded.save(tmp_path / "x.safetensors")
    again = wordvec.load(tmp_path / "x.safetensors")
    words = odd_words(100, random.Random(2))
    assert list(again) == list(loaded) and again.vectors.tobytes() == loaded.vectors.tobytes()
    assert np.array_equal(again.subwords.compose(words)[0], loaded.subwords.compose(words)[0])


def test_what_cannot_be_written(tmp_path):
    path = tmp_path / "x.bin"
    with pytest.raises(OptionError, match="no white space and not be empty to be written as fasttext; word 1 is 'a b'"):
        formats.save(toy(["x", "a b"]), path, format="fasttext")
    floret = make_subwords("floret", np.ones((4, DIM), np.float32), min_n=1, max_n=2)
    pruned = make_subwords("fasttext", np.ones((4, DIM), np.float32), min_n=1, max_n=2, bucket=9, pruned=[[3, 0]])
    for subwords in (floret, pruned):
        with pytest.raises(OptionError, match="must be of the kind 'fasttext', not pruned"):
            formats.save(toy(["x"], subwords), path, format="fasttext")
    for subwords in (None, ngram_table()):
        with pytest.raises(OptionError, match="must be of the kind 'floret'"):
            formats.save(toy(["x"], subwords), tmp_path / "x.floret")
    huge = KeyedVectors(["abc"], np.full((1, DIM), 3e38, np.float32), subwords=ngram_table())
    with pytest.raises(OptionError, match="'abc' does not"):
        formats.save(huge, path, format="fasttext")
    assert not list(tmp_path.iterdir())


def test_a_floret_table_is_written_as_it_is(tmp_path):
    path, _, _ = GOLDEN["floret"](tmp_path)
    loaded = wordvec.load(path)
    formats.save(loaded, tmp_path / "y.floret")
    assert (tmp_path / "y.floret").read_bytes().replace(b"\n", b" \n").replace(b"> \n", b">\n") == path.read_bytes()
    odd = np.float32([[0.1, 1e-45, 3.4028235e38], [1 / 3, -0.0, 16777217]])
    vectors = KeyedVectors([], np.empty((0, 3)), subwords=make_subwords("floret", odd, min_n=1, max_n=3, hash_seed=7))
    formats.save(vectors, tmp_path / "z.floret")
    assert wordvec.load(tmp_path / "z.floret").subwords.table.tobytes() == odd.tobytes()
    assert wordvec.load(tmp_path / "z.floret").subwords.config() == vectors.subwords.config()


# The programs themselves


UNSEEN = [*odd_words(400, random.Random(8)), "unseen", "x" * 300, "</s>"]


def text_file(folder, labels=0, end="\n"):
    rng = random.Random(5)
    words = odd_words(300, rng)
    lines = [" ".join(rng.choices(words, k=12)) for _ in range(max(400, 2 * labels))]
    if labels:
        lines = [f"__label__{i % labels} {line}" for i, line in enumerate(lines)]
    (folder / "text").write_text(end.join(lines), encoding="utf-8")
    return str(folder / "text")


def check_parity(path, model, subwords=True):
    loaded = wordvec.load(path)
    assert list(loaded) == model.get_words(on_unicode_error="replace") and len(loaded) > 50
    theirs = np.stack([model.get_word_vector(word) for word in loaded])
    assert np.allclose(loaded.vectors, theirs, rtol=0, atol=1e-6)
    assert (
        loaded.vocabulary.counts.tolist() == model.get_words(include_freq=True, on_unicode_error="replace")[1].tolist()
    )
    unseen = [word for word in UNSEEN if word not in loaded]
    theirs = np.stack([model.get_word_vector(word) for word in unseen])
    assert (loaded.subwords is not None) == subwords
    ours = loaded.subwords.compose(unseen)[0] if subwords else np.zeros_like(theirs)
    assert np.allclose(ours, theirs, rtol=0, atol=1e-6)
    return loaded


@pytest.mark.parametrize("lengths", [(3, 6), (1, 3), (0, 0)])
@pytest.mark.parametrize("loss", ["ns", "hs"])
def test_fasttext_reads_what_we_write_and_we_what_it_writes(fasttext, lengths, loss, tmp_path):
    model = fasttext.train_unsupervised(
        text_file(tmp_path),
        dim=9,
        minn=lengths[0],
        maxn=lengths[1],
        bucket=700,
        minCount=1,
        epoch=1,
        loss=loss,
        verbose=0,
    )
    model.save_model(str(tmp_path / "theirs.bin"))
    loaded = check_parity(tmp_path / "theirs.bin", model, lengths[1] > 0)
    formats.save(loaded, tmp_path / "ours.bin", format="fasttext")
    again = fasttext.load_model(str(tmp_path / "ours.bin"))
    for words, limit in ((list(loaded), 1e-5), (UNSEEN, 1e-6)):
        differ = [np.abs(model.get_word_vector(word) - again.get_word_vector(word)).max() for word in words]
        assert max(differ) <= limit
    assert [word for _, word in again.get_nearest_neighbors("a", k=5)] == [
        word for _, word in model.get_nearest_neighbors("a", k=5)
    ]


@pytest.mark.parametrize("chars", [0, 4])
@pytest.mark.parametrize(
    "quantise",
    [None, {}, {"qnorm": True, "cutoff": 400}, {"qnorm": True, "qout": True, "dsub": 4}, {"cutoff": 280}],
    ids=["dense", "plain", "pruned", "output", "few"],
)
def test_supervised_models(fasttext, chars, quantise, tmp_path):
    text = text_file(tmp_path, labels=260)
    options = {"dim": 9, "minn": 2 if chars else 0, "maxn": chars, "bucket": 700, "wordNgrams": 2, "epoch": 1}
    model = fasttext.train_supervised(text, verbose=0, thread=1, **options)
    if quantise is not None:
        model.quantize(input=text, **quantise)
    model.save_model(str(tmp_path / "x.ftz"))
    loaded = check_parity(tmp_path / "x.ftz", model, subwords=bool(chars))
    assert loaded.metadata["labels"] == model.labels
    assert list(wordvec.load(tmp_path / "x.ftz", limit=7)) == list(loaded)[:7]


@pytest.mark.parametrize("mode", ["floret", "fasttext"])
@pytest.mark.parametrize("end", ["\n", " "], ids=["lines", "one line"])
def test_floret_models(mode, end, tmp_path):
    floret = pytest.importorskip("floret", reason="floret is not installed")
    model = floret.train_unsupervised(
        text_file(tmp_path, end=end),
        mode=mode,
        dim=9,
        minn=2,
        maxn=4,
        bucket=700,
        minCount=1,
        epoch=1,
        verbose=0,
        **({"hashCount": 3} if mode == "floret" else {}),
    )
    model.save_model(str(tmp_path / "x.bin"))
    loaded = check_parity(tmp_path / "x.bin", model)
    if mode == "floret":
        model.save_floret_vectors(str(tmp_path / "x.floret"))
        table = wordvec.load(tmp_path / "x.floret").subwords
        ours, theirs = table.compose(UNSEEN)[0], loaded.subwords.compose(UNSEEN)[0]
        assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-6), "5 digits"


def test_gensim_reads_what_we_write(tmp_path):
    gensim = pytest.importorskip("gensim.models.fasttext", reason="gensim is not installed")
    vectors = toy([f"word{i}" for i in range(30)], ngram_table())
    formats.save(vectors, tmp_path / "x.bin", format="fasttext")
    theirs = gensim.load_facebook_vectors(str(tmp_path / "x.bin"))
    assert theirs.index_to_key == list(vectors)
    assert np.allclose(theirs.vectors, vectors.vectors, atol=1e-5)
    assert np.allclose(theirs["unseen"], vectors.subwords.compose(["unseen"])[0][0], atol=1e-6)


@pytest.mark.slow  # to import spaCy
def test_spacy_reads_the_table_that_we_write(tmp_path):
    vectors_module = pytest.importorskip("spacy.vectors", reason="spacy is not installed")
    table = np.random.default_rng(4).standard_normal((64, DIM)).astype(np.float32)
    ours = KeyedVectors([], np.empty((0, DIM)), subwords=make_subwords("floret", table, min_n=2, max_n=3, hash_count=2))
    formats.save(ours, tmp_path / "x.floret")
    from spacy.strings import StringStore

    strings = StringStore(WORDS_OF_SPACY)
    theirs = vectors_module.Vectors(
        strings=strings,
        data=wordvec.load(tmp_path / "x.floret").subwords.table,
        mode="floret",
        minn=2,
        maxn=3,
        hash_count=2,
        hash_seed=2166136261,
        bow="<",
        eow=">",
    )
    for word in WORDS_OF_SPACY:
        assert np.allclose(theirs[word], ours.subwords.compose([word])[0][0], atol=1e-6)


WORDS_OF_SPACY = odd_words(50, random.Random(6))
