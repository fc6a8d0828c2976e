"""Rows, columns and ids from files: a hostile number is an error wherever it is used, and never reaches a kernel."""

import numpy as np
import pytest

import wordvec
from wordvec import PVDBOW, Documents, Sent2Vec, Sentences
from wordvec.base.errors import CorpusError, FormatError, OptionError
from wordvec.rows import Shared
from wordvec.store import open_file, write_file
from wordvec.subwords.features import string_numbers
from wordvec.texts import TextEncoder
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

TEXTS = ["red green blue", "one two three"] * 20


def changed(path, kind="wordvec", config=None, **tensors):
    """A native file, some of whose tensors, or what its header says, are others; checksums fit."""
    stored = open_file(path, mmap=False, kind=kind)
    arrays = {name: array for name, array in stored.tensors.items() if not name.startswith("_pad.")}
    told = {**stored.config, **(config or {})}
    requires = [name for name in stored.metadata["wordvec.requires"].split(",") if name]
    arrays |= {name.replace("__", "."): array for name, array in tensors.items()}
    write_file(path, arrays, told, requires, kind=kind)
    return path


@pytest.fixture
def counts(tmp_path):
    path = tmp_path / "counts.safetensors"
    wordvec.count([["a", "b", "c"], ["a", "c"]], min_count=1).save(path)
    return path


USES = {
    "sums": lambda counts, folder: counts.sums(),
    "ppmi": lambda counts, folder: counts.ppmi(),
    "pmi": lambda counts, folder: counts.pmi(),
    "to_scipy": lambda counts, folder: counts.to_scipy(),
    "save": lambda counts, folder: counts.save(folder / "x.safetensors"),
    "glove": lambda counts, folder: counts.save_glove_format(folder / "x.bin", folder / "vocab.txt"),
    "train": lambda counts, folder: wordvec.GloVe(vector_size=4, workers=1).fit(counts),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_counts_with_a_column_beyond_the_words_are_refused_by_whatever_reads_them(use, counts, tmp_path):
    indices = np.array(wordvec.Cooccurrence.load(counts).indices)
    for wrong in (2**31 - 1, -1, 3):
        indices[1] = wrong
        damaged = wordvec.Cooccurrence.load(changed(counts, "wordvec-counts", indices=indices))
        with pytest.raises(FormatError, match="indices must"):
            use(damaged, tmp_path)


@pytest.mark.parametrize("start", [-(2**63), 2**63 - 1, 5, -1])
def test_counts_whose_rows_fall_are_refused_also_where_differences_overflow(start, counts, tmp_path):
    indptr = np.array(wordvec.Cooccurrence.load(counts).indptr)
    indptr[1:3] = [2**63 - 1 if start < 0 else 6, start]
    damaged = wordvec.Cooccurrence.load(changed(counts, "wordvec-counts", indptr=indptr))
    for use in USES.values():
        with pytest.raises(FormatError, match="must never fall"):
            use(damaged, tmp_path)


def test_counts_are_checked_once(counts, monkeypatch):
    loaded = wordvec.Cooccurrence.load(counts)
    assert not loaded.checked
    rows = loaded.sums()[0]
    assert loaded.checked and loaded.check() is loaded and rows.tolist() == loaded.sums()[0].tolist()


SHARED = {
    "blocks": lambda kv: list(kv.blocks()),
    "subset": lambda kv: kv.subset(["a", "c"]),
    "take": lambda kv: kv.subset(rows=[0, 2]),
    "to_memory": lambda kv: kv.to_memory(),
    "compress": lambda kv: kv.compress("int8"),
    "rows": lambda kv: kv.rows.row_of,
    "key_to_index": lambda kv: kv.key_to_index["c"],
    "merge": lambda kv: kv.merge(kv),
    "encode": lambda kv: TextEncoder(kv).encode(["a c"]),
    "look-up": lambda kv: kv["c"],
    "nearest": lambda kv: kv.most_similar("c"),
    "nearest within": lambda kv: kv.most_similar("a", within=np.array([True, False, True])),
}


@pytest.mark.parametrize("use", SHARED.values(), ids=SHARED)
@pytest.mark.parametrize("row", [2, 2**31 - 1, 2**31, 2**32 - 1])
def test_shared_rows_beyond_the_matrix_are_refused_by_whatever_uses_them(use, row, tmp_path):
    path = tmp_path / "x.safetensors"
    KeyedVectors(["a", "b", "c"], Shared([[1, 2], [3, 4]], [0, 1, 1])).save(path)
    vectors = wordvec.load(changed(path, vocab__row=np.array([0, 1, row], np.uint32)))
    with pytest.raises(FormatError, match="damaged"):
        use(vectors)


def test_shared_rows_that_their_words_do_not_own_are_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    KeyedVectors(["a", "b", "c"], Shared([[1, 2], [3, 4]], [0, 1, 1])).save(path)
    with pytest.raises(FormatError, match="owned in order"):
        list(wordvec.load(changed(path, vocab__row=np.array([1, 0, 0], np.uint32))).blocks())


def test_a_context_of_another_shape_is_no_start_and_one_of_another_width_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    KeyedVectors(["a", "b"], np.eye(2), context=np.ones((2, 2))).save(path)
    with pytest.raises(FormatError, match="context must"):
        wordvec.load(changed(path, context=np.ones((2, 3), np.float32)))
    few = wordvec.load(changed(path, context=np.ones((1, 2), np.float32)))
    trainer = wordvec.SkipGram(vector_size=2, min_count=1, workers=1)
    with pytest.raises(OptionError, match=r"of shape \(2, 2\); got \(1, 2\)"):
        trainer.fit([["a", "b"]] * 20, init=few)
    with pytest.raises(OptionError, match="must have a context with a row"):
        trainer.fit_inputs(wordvec.encode_corpus([["a", "b"]] * 20, min_count=1), few)


@pytest.fixture(scope="module")
def trained():
    return PVDBOW(vector_size=8, min_count=1, workers=1).fit(TEXTS), Sent2Vec(
        vector_size=8, min_count=1, workers=1, ngram_min_count=1
    ).fit(TEXTS)


def folder_of(words, metadata, folder, **parts):
    """The words of a folder of documents, made by hand with other parts, or with other options."""
    vectors = parts.pop("vectors", np.zeros((len(words), 8)))
    made = KeyedVectors(list(words), vectors, metadata=metadata, **parts)
    made.save(folder / "words.safetensors")


@pytest.mark.parametrize("kind", [Documents, Sentences])
def test_folders_of_documents_whose_words_have_no_row_each_are_refused(kind, trained, tmp_path):
    model = trained[kind is Sentences]
    model.save(tmp_path)
    assert kind.load(tmp_path).encode(["red green"]).any()
    words, told = model.words.index_to_key, model.words.metadata
    context = {"context": np.ones((len(words), 8))}
    if kind is Documents:
        for rows in (0, 5, 7):  # the kernel reads a row for each word
            folder_of(words, told, tmp_path, context=np.ones((rows, 8)))
            with pytest.raises(FormatError, match="context must have 6 rows of 8 numbers, for 6 words"):
                kind.load(tmp_path)
    folder_of(words, told, tmp_path, vectors=Shared(np.zeros((2, 8)), [0, 1, 0, 0, 0, 0]), **context)
    with pytest.raises(FormatError, match="each of the 6 words must have its own row"):
        kind.load(tmp_path)
    folder_of(words, {**told, "options": {**told["options"], "vector_size": 9}}, tmp_path, **context)
    with pytest.raises(FormatError, match="own row of 9 numbers"):
        kind.load(tmp_path)
    for options in (3, {"vector_size": 8, "nothing": 1}, {"window": -1}):
        folder_of(words, {**told, "options": options}, tmp_path, **context)
        with pytest.raises(FormatError, match="options of the model"):
            kind.load(tmp_path)
    folder_of(words, told, tmp_path, **context, counts=[0, -1, 1, 1, 1, 1])
    with pytest.raises(FormatError, match="a count of 1 at least"):
        kind.load(tmp_path)


def test_numbers_of_ngrams_that_no_row_can_have_are_refused(trained, tmp_path):
    model = trained[1]
    model.save(tmp_path)
    for names in (["1", str(10**30)], ["2", "1"], ["a", "b"]):
        KeyedVectors(names, np.zeros((2, 8))).save(tmp_path / "ngrams.safetensors")
        with pytest.raises(FormatError, match="must hold words and n-grams"):
            Sentences.load(tmp_path)


@pytest.mark.parametrize("shape", [(2**62, 0), (0, 2**62), (2**40, 0, 2**40)])
@pytest.mark.parametrize("kind", ["wordvec", "wordvec-counts", "wordvec-map", "wordvec-classifier"])
def test_empty_tensors_of_shapes_that_no_array_has_are_refused(shape, kind, tmp_path):
    path = tmp_path / "x.safetensors"
    write_file(path, {"embeddings": np.zeros((0, 1), np.float32)}, {"metadata": {}}, kind=kind)
    data = path.read_bytes()
    text = str(list(shape)).replace(" ", "").encode()
    assert data.count(b'"shape":[0,1]') == 1
    header, rest = data[8:].split(b'"shape":[0,1]')
    grown = header + b'"shape":' + text + rest
    path.write_bytes(data[:8] + grown.replace(b" " * (len(text) - 5), b"", 1))
    with pytest.raises(FormatError, match="smaller than 2\\^63 bytes"):
        open_file(path, kind=kind)


@pytest.mark.parametrize("options", [3, [1], "x", None])
@pytest.mark.parametrize("codec", ["float16", "int8", "pq", "bits"])
def test_codec_options_that_are_no_object_are_refused(options, codec, tmp_path):
    path = tmp_path / "x.safetensors"
    KeyedVectors(list("abcd"), np.eye(4, 8, dtype=np.float32)).compress(codec).save(path)
    changed(path, config={"codec_options": options})
    with pytest.raises(FormatError, match="codec_options must be an object"):
        wordvec.load(path)


def test_offsets_of_words_are_checked_before_they_are_hashed():
    data = np.frombuffer(b"ab", np.uint8)
    for offsets in ([0, 2**40, 2], [0, -(2**63), 2], [-(2**63), -1, 2], [0, 2**63 - 1, -(2**63), 2]):
        with pytest.raises(OptionError, match="offsets must rise"):
            string_numbers(data, np.array(offsets))
    with pytest.raises(FormatError, match="must never fall"):
        Vocabulary(data, np.array([0, 2**63 - 1, -(2**63), 2])).check_offsets()


def test_a_corpus_whose_offsets_fall_by_more_than_an_int64_is_refused():
    corpus = wordvec.encode_corpus([["a", "b"], ["b", "c"]], min_count=1)
    offsets = np.array([0, 2**63 - 1, -(2**63), 4])
    object.__setattr__(corpus, "offsets", offsets)
    with pytest.raises(CorpusError, match="must never fall"):
        corpus.check()
