"""fastText and floret files: hand-made, damaged, hostile, and parity with the programs themselves."""

import gzip
import random
import struct
import subprocess
import sys

import numpy as np
import pytest
from golden_fasttext import DIM, GOLDEN, MAGIC, WORDS, decoded, dense, dictionary, numbers, options
from reference_rows import odd_words, rows

import wordvec
from wordvec import formats
from wordvec.base.errors import FormatError, OptionError, WordvecError
from wordvec.subwords import make_subwords
from wordvec.vectors import KeyedVectors

names = pytest.mark.parametrize("name", GOLDEN)
BINARY = [name for name in GOLDEN if name != "floret"]


@pytest.fixture(scope="module")
def fasttext():
    module = pytest.importorskip("fasttext", reason="fasttext is not installed")
    module.FastText.eprint = lambda *text: None  # it warns of a change of 2019 whenever a model is loaded
    return module


# Hand-made files


@names
def test_golden_files(name, tmp_path):
    path, words, matrix = GOLDEN[name](tmp_path)
    for mapped in (True, False):
        loaded = wordvec.load(path, mmap=mapped)
        assert list(loaded) == words
        assert loaded.vectors.shape == matrix.shape and np.allclose(loaded.vectors, matrix, atol=1e-6)
        assert loaded.metadata["source"]["format"] == ("floret" if name == "floret" else "fasttext")
    path.write_bytes(gzip.compress(path.read_bytes()))
    packed = wordvec.load(path)
    assert list(packed) == words and packed.vectors.tobytes() == loaded.vectors.tobytes()
    if loaded.subwords is not None:
        assert np.array_equal(packed.subwords.compose(["unseen"])[0], loaded.subwords.compose(["unseen"])[0])


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("compressed", [False, True])
def test_a_part_of_a_golden_file(name, compressed, tmp_path):
    path, words, matrix = GOLDEN[name](tmp_path)
    if compressed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    for chosen, select in (
        ([0, 1], {"limit": 2}),
        ([1, 3], {"words": [words[3], "nowhere", words[1]]}),
        ([0, 1, 2], {"min_count": 48}),
        ([1], {"limit": 2, "words": words[1:]}),
    ):
        loaded = wordvec.load(path, **select)
        assert list(loaded) == [words[i] for i in chosen]
        assert np.allclose(loaded.vectors, matrix[chosen], atol=1e-6)
        assert loaded.vocabulary.counts.tolist() == [50 - i for i in chosen]


def test_what_a_file_tells(tmp_path):
    loaded = wordvec.load(GOLDEN["fasttext-11"](tmp_path)[0])
    assert loaded.metadata["labels"] == ["__label__x", "__label__y"] and loaded.subwords is None
    source = wordvec.load(GOLDEN["fasttext"](tmp_path)[0]).metadata["source"]
    assert source["model"] == "skipgram" and source["loss"] == "ns" and source["tokens"] == 1000
    assert source["version"] == 12 and source["rows"] == len(WORDS) and source["sample"] == 1e-4
    assert wordvec.load(GOLDEN["floret-binary"](tmp_path)[0]).subwords.hash_count == 3


def test_the_table_of_a_plain_file_is_not_copied(tmp_path):
    path, _, _ = GOLDEN["fasttext"](tmp_path)
    table = wordvec.load(path).subwords.table
    assert not table.flags.owndata and np.array_equal(table, numbers(len(WORDS) + 11)[len(WORDS) :])
    assert wordvec.load(path, mmap=False).subwords.table.base.flags.owndata


def test_a_pruned_table_leaves_out_ngrams(tmp_path):
    """As fastText does: a dropped n-gram neither adds to a vector nor counts."""
    subwords = wordvec.load(GOLDEN["fasttext-quantised"](tmp_path)[0]).subwords
    kept = {9: 3, 0: 1, 4: 0, 7: 2}
    whole = np.asarray(subwords.table)
    words = odd_words(200, random.Random(1))
    vectors, found = subwords.compose(words)
    for word, vector, has in zip(words, vectors, found, strict=True):
        left = [kept[row] for row in rows(word.encode(), "fasttext", 2, 3, 11) if row in kept]
        assert has == bool(left) and np.allclose(vector, whole[left].mean(0) if left else 0, atol=1e-6)
    assert found.any() and not found.all()


def test_a_floret_table_has_no_words(tmp_path):
    path, _, _ = GOLDEN["floret"](tmp_path)
    loaded = wordvec.load(path)
    assert len(loaded) == 0 and loaded.vector_size == DIM and loaded.subwords.compose(["any"])[1].all()
    some = wordvec.load(path, words=["b", "a"])
    assert list(some) == ["b", "a"] and np.array_equal(some.vectors, loaded.subwords.compose(["b", "a"])[0])
    for select in ({"limit": 3}, {"min_count": 3}):
        with pytest.raises(OptionError, match="limit and min_count must be left out"):
            wordvec.load(path, **select)


# Damage


@names
def test_truncations_and_flipped_bytes(name, tmp_path):
    path, _, _ = GOLDEN[name](tmp_path)
    data, rng = path.read_bytes(), random.Random(1)
    start = data.index(b"\n") if name == "floret" else 0  # a header that is cut off may be a line of another text
    for size in rng.sample(range(start, len(data)), min(len(data) - start - 1, 250)):
        path.write_bytes(data[:size])
        try:
            loaded = wordvec.load(path)
        except FormatError:
            continue
        assert name == "floret" and data[size:].strip().count(b" ") <= 1, "text may lack the end of its last number"
    text_end = min(len(data), 900)
    for turn in range(200):
        damaged = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(text_end if turn % 5 else len(data))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            loaded = wordvec.load(path)
            assert loaded.vectors.shape == (len(loaded), loaded.vector_size)
            if loaded.subwords is not None:
                with np.errstate(all="ignore"):
                    loaded.subwords.compose(["word"])
        except WordvecError:
            pass


def model(version=12, words=None, matrix=None, tail=b"", **changes):
    count, head = len(WORDS), MAGIC + struct.pack("<i", version) + options(**changes)
    body = dense(numbers(count + 11)) if matrix is None else matrix
    return head + (dictionary(WORDS) if words is None else words) + b"\0" + body + b"\0" + dense(numbers(count)) + tail


def counts(size, words, labels, prunes=-1):
    return struct.pack("<3i2q", size, words, labels, 10, prunes)


HUGE = struct.pack("<2q", 2**31 - 1, DIM)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (model(version=13), "version 11 or 12.*version 13"),
        (model(version=-5), "version 11 or 12"),
        (MAGIC, "version 11 or 12"),
        (model(tail=b"x"), "must end after its output matrix, at byte .*it goes on"),
        (model(words=counts(7, 6, 0)), "derived from fastText"),
        (model(words=counts(10**9, 10**9, 0)), "1000000000 entries; the file ends after"),
        (model(words=counts(1, 1, 0, 2**60) + b"a\0" + struct.pack("<qb", 1, 0)), "pruned n-grams must take 9223"),
        (model(words=counts(0, 0, 0, -2)), "pruned n-grams of -1 or"),
        (model(words=dictionary([b"a", b"a"])), "words must be distinct; 'a'"),
        (
            model(words=dictionary([], [b"a"]).replace(struct.pack("<3i", 1, 0, 1), struct.pack("<3i", 1, 1, 0))),
            "words, then labels",
        ),
        (model(words=dictionary(WORDS, pruned=[(1, 1)])), "pruned n-grams must go with a quantised"),
        (model(matrix=HUGE), "the input matrix must take 25769803764 bytes"),
        (model(matrix=struct.pack("<2q", 2**62, DIM)), "must have up to"),
        (model(matrix=struct.pack("<2q", -1, DIM)), "must have up to"),
        (model(matrix=dense(numbers(17, dim=4))), "rows of 3 numbers; got 17 x 4"),
        (model(matrix=dense(numbers(16))), "6 words and 11 n-grams; it has 16"),
        (model(bucket=0), "bucket of at least 1"),
        (model(max_n=300), "up to 255 characters"),
        (model(max_n=-1), "up to 255 characters"),
        (model(min_n=5), "min_n the lower"),
    ],
)
def test_wrong_files_say_why(data, problem, tmp_path):
    path = tmp_path / "x.bin"
    for packed in (data, gzip.compress(data)):
        path.write_bytes(packed)
        expected = problem if packed is data else ".*"
        with pytest.raises(FormatError, match=expected):
            wordvec.load(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("size", -1),
        ("size", 2**31 - 1),
        ("size", 19),
        ("parts", 3),
        ("width", 0),
        ("width", 10**6),
        ("last", 2),
        ("flag", 7),
    ],
)
def test_wrong_quantisers(place, value, tmp_path):
    path, _, _ = GOLDEN["fasttext-quantised"](tmp_path)
    data = bytearray(path.read_bytes())
    start = data.index(struct.pack("<?2qi", True, 10, DIM, 20))
    at = {"flag": start, "size": start + 17, "parts": start + 45, "width": start + 49, "last": start + 53}[place]
    data[at : at + (1 if place == "flag" else 4)] = struct.pack("<B" if place == "flag" else "<i", value)
    path.write_bytes(data)
    with pytest.raises(FormatError):
        wordvec.load(path)


@pytest.mark.parametrize("suffix", [".bin", ".gz"])
def test_a_hostile_file_takes_no_memory(suffix, tmp_path):
    files = [model(matrix=HUGE), model(words=counts(2**31 - 1, 2**31 - 1, 0)), model(words=counts(6, 6, 0, 2**40))]
    files += [b"999999999 900000 3 6 2 2166136261 < >\n0 1 2 3\n"]
    for i, data in enumerate(files):
        (tmp_path / f"{i}{suffix}").write_bytes(gzip.compress(data) if suffix == ".gz" else data)
    code = """
import resource, sys, wordvec
from wordvec.base.errors import FormatError
wordvec.KeyedVectors(["a"], [[1]])
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20),) * 2)
for path in sys.argv[1:]:
    try:
        wordvec.load(path)
    except FormatError:
        continue
    sys.exit(f"{path} was read")
"""
    paths = [tmp_path / f"{i}{suffix}" for i in range(len(files))]
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"3 2 1 2 1 0 < >\n0 1 2\n1 1 2\n", "header says 3 rows; the file has 2|truncated"),
        (b"2 2 1 2 1 0 < >\n1 1 2\n0 1 2\n", "must be numbered 0 to 1"),
        (b"2 2 1 2 1 0 < >\n0 1.5 2\n1 1\n", r"row 2 \(line 3\) must have a word and 2 numbers"),
        (b"2 2 1 2 9 0 < >\n0 1 2\n1 1 2\n", "hash_count must be 1 to 4"),
        (b"2 2 3 2 1 0 < >\n0 1 2\n1 1 2\n", "min_n the lower"),
        (b"2 2 1 2 1 0 [ ]\n0 1 2\n1 1 2\n", "between < and >"),
        (b"2 0 1 2 1 0 < >\n0\n1\n", "1 to 1048576 numbers"),
    ],
)
def test_wrong_tables_say_why(data, problem, tmp_path):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(FormatError, match=problem):
        wordvec.load(tmp_path / "x")


def test_blocks_do_not_matter(tmp_path, monkeypatch):
    from wordvec.formats import fasttext as reader
    from wordvec.formats.io import bytes as pieces
    from wordvec.formats.io import fasttext_model as parts

    for name in BINARY:
        path, _, matrix = GOLDEN[name](tmp_path)
        for size in (1, 13, 40, 1000):
            monkeypatch.setattr(parts, "_WINDOW", size)
            monkeypatch.setattr(pieces, "_PIECE", size)
            monkeypatch.setattr(reader, "_BLOCK", size)
            for data in (path.read_bytes(), gzip.compress(path.read_bytes())):
                (tmp_path / "again").write_bytes(data)
                assert np.allclose(wordvec.load(tmp_path / "again").vectors, matrix, atol=1e-6)


# Writing


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
        text_file(tmp_path, end=end), mode=mode, dim=9, minn=2, maxn=4, bucket=700, minCount=1, epoch=1, verbose=0,
        **({"hashCount": 3} if mode == "floret" else {}),
    )  # fmt: skip
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
        strings=strings, data=wordvec.load(tmp_path / "x.floret").subwords.table, mode="floret",
        minn=2, maxn=3, hash_count=2, hash_seed=2166136261, bow="<", eow=">",
    )  # fmt: skip
    for word in WORDS_OF_SPACY:
        assert np.allclose(theirs[word], ours.subwords.compose([word])[0][0], atol=1e-6)


WORDS_OF_SPACY = odd_words(50, random.Random(6))
