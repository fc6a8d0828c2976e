"""What vectors consist of: each format and each method gives every part back, or says that it does not."""

import warnings

import numpy as np
import pytest

from wordvec import KeyedVectors, formats, load
from wordvec.base.errors import OptionError
from wordvec.corpus.pieces import Pieces
from wordvec.rows import Shared
from wordvec.subwords import make_subwords
from wordvec.transforms import Center, Transforms, Unit
from wordvec.vectors.parts import LOUD, PARTS, parts_of
from wordvec.vocabulary import Vocabulary

POS = ["", "NOUN", "NOUN", "NOUN", "NOUN", "NOUN or VERB"]
D, WORDS = 6, ["the", "king", "queen", "kings", "queens", "castle"]
RNG = np.random.default_rng(3)
ROWS = RNG.standard_normal((len(WORDS), D)).astype(np.float32)
TOKENIZER = Pieces(b'{"model": {"type": "WordPiece", "vocab": {"a": 0}}}', 128, True)
UNKNOWN = ["kingdom", "castles", "queenly"]
WRITTEN = [name for name, format in formats.FORMATS.items() if format.save is not None]


def ngrams(kind="fasttext", **options):
    table = RNG.standard_normal((32, D)).astype(np.float32)
    if kind == "explicit":
        options["names"] = Vocabulary.from_words([f"{a}{b}{c}" for a in "<cqk" for b in "aiu" for c in "nes"])
    if kind in ("bytes", "features"):
        options |= {"min_n": 1, "max_n": 1} if kind == "features" else {}
    rows = RNG.standard_normal((36, D)) if kind == "explicit" else table
    return make_subwords(kind, rows, **{"min_n": 2, "max_n": 3} | options)


def zeros():
    table = RNG.standard_normal((9, D)).astype(np.float32)
    table[-1] = 0
    pruned = np.stack([np.arange(0, 32, 4), np.arange(8)], axis=1)
    return make_subwords("fasttext", table, min_n=2, max_n=3, bucket=32, pruned=pruned, zeros=True)


def everything(**changed):
    """Vectors with every part but shared rows and codes."""
    given = {
        "counts": range(20, 14, -1),
        "context": RNG.standard_normal((len(WORDS), D)),
        "subwords": ngrams(),
        "attributes": {"year": np.arange(len(WORDS)), "seen": np.arange(len(WORDS)) % 2 == 0, "pos": POS},
        "transforms": Transforms.fit([Center()], ROWS),
        "oov": "zero",
        "tokenizer": TOKENIZER,
        "metadata": {"of": "me"},
    }
    return KeyedVectors(WORDS, ROWS, **given | changed)


def part(vectors, name):
    """A part, as something to compare."""
    found = {
        "words": lambda: list(vectors),
        "subwords": lambda: vectors.subwords and vectors.subwords.compose(UNKNOWN)[0].round(4).tolist(),
        "context": lambda: vectors.context is not None and vectors.context.tolist(),
        "attributes": lambda: {key: values.tolist() for key, values in vectors._attributes.items()},
        "transforms": lambda: vectors.transforms and vectors.apply_transforms(ROWS).tolist(),
        "oov": lambda: vectors.oov,
        "tokenizer": lambda: vectors.tokenizer,
        "counts": lambda: vectors.vocabulary.counts is not None and vectors.vocabulary.counts.tolist(),
        "rows": lambda: vectors.rows.row_of is not None and vectors.rows.row_of.tolist(),
        "codec": lambda: getattr(vectors.vectors, "name", None),
        "metadata": lambda: vectors.metadata.get("of"),
    }
    return found[name]()


def said(work):
    """What work warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
    assert all(entry.filename == __file__ for entry in caught), "a warning points at the line that caused it"
    return [str(entry.message) for entry in caught]


# Formats


@pytest.mark.parametrize("kind", ["fasttext", "floret", "finalfusion", "explicit", "bytes", "features", "zeros", None])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_format_gives_every_part_back_or_names_it(name, kind, tmp_path):
    vectors = everything(subwords=zeros() if kind == "zeros" else kind and ngrams(kind))
    path = tmp_path / "x.npy"
    try:
        messages = said(lambda: formats.save(vectors, path, name))
    except OptionError as error:
        assert ("n-grams" in str(error) or "subwords" in str(error)) and not path.exists()
        return
    opened = load(path)
    assert len(messages) == (0 if name == "native" else 1)
    named = messages[0].partition(" left out")[0].replace(",", "").split() if messages else []
    for here in parts_of(vectors):
        if here == "context" and name == "fasttext" and here not in named:  # read where the file is mapped, if at all
            assert vectors.context.tobytes() in path.read_bytes()
        else:
            assert part(opened, here) == part(vectors, here) or here in named, f"{here} is lost without a word"
            assert here not in named or here not in formats.FORMATS[name].holds or here == "tokenizer"
    if name != "floret":
        np.testing.assert_allclose(opened[WORDS], ROWS, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in ("native", "floret")])
def test_what_every_training_leaves_is_not_warned_of(name, tmp_path):
    plain = KeyedVectors(WORDS, ROWS, counts=range(6, 0, -1), metadata={"of": "me"}).compress("int8")
    assert said(lambda: formats.save(plain, tmp_path / "x.npy", name)) == []


@pytest.mark.parametrize("name", ["context", "attributes", "subwords", "tokenizer", "oov"])
def test_one_part_is_warned_of_by_itself_and_can_be_left_out_before(name, tmp_path):
    optional = ("subwords", "context", "attributes", "transforms", "oov", "tokenizer", "counts", "metadata")
    vectors = everything().without(*(other for other in optional if other != name))
    assert list(parts_of(vectors)) == ["words", name]
    are = "are" if name.endswith("s") else "is"
    for work in (lambda: vectors.save(tmp_path / "x.vec"), lambda: vectors.save_word2vec_format(tmp_path / "y")):
        (message,) = said(work)
        assert message.startswith(f"{name} {are} left out, as word2vec-text has no place for")
        assert PARTS[name] in message
        assert "native" in message and "vectors.without(...)" in message
    assert name in LOUD and said(lambda: vectors.without(name).save(tmp_path / "x.vec")) == []


def test_without_takes_only_parts_that_are_no_rows():
    vectors = everything()
    for name in ("words", "rows", "codec", "vectors", "no such"):
        with pytest.raises(OptionError, match=f"parts must be among subwords, .*got '{name}'"):
            vectors.without(name)
    assert list(parts_of(vectors.without())) == list(parts_of(vectors))
    assert np.shares_memory(vectors.without("counts").vectors, vectors.vectors)


@pytest.mark.parametrize(
    ("kind", "suffix", "format"),
    [
        ("fasttext", ".bin", "fasttext"),
        ("zeros", ".bin", "fasttext"),
        ("floret", ".bin", "word2vec-binary"),
        (None, ".bin", "word2vec-binary"),
        ("fasttext", ".fifu", "finalfusion"),
        ("floret", ".floret", "floret"),
    ],
)
def test_the_suffix_names_the_format_that_holds_the_ngrams(kind, suffix, format, tmp_path):
    vectors = KeyedVectors(WORDS, ROWS, subwords=zeros() if kind == "zeros" else kind and ngrams(kind))
    path = tmp_path / f"x{suffix}"
    assert formats.format_of(path, vectors) == format
    messages = said(lambda: vectors.save(path))
    assert formats.FORMATS[format].recognise(formats.open_source(path))
    assert bool(messages) == (format == "floret" or (kind == "floret" and format != "floret"))
    assert (load(path).subwords is None) == (format == "word2vec-binary")


def test_a_policy_that_is_a_function_is_named(tmp_path):
    vectors = KeyedVectors(WORDS, ROWS).with_oov(lambda word: np.ones(D))
    (message,) = said(lambda: vectors.save(tmp_path / "x.safetensors"))
    assert message.startswith("oov is left out, as native has no place for it (the policy of a function")
    again = load(tmp_path / "x.safetensors")
    assert again.oov == "raise"
    again.with_oov("similar").save(tmp_path / "y.safetensors")
    assert load(tmp_path / "y.safetensors").oov == "similar"


def test_shared_rows_and_codes_come_back_from_a_native_file_and_are_repeated_elsewhere(tmp_path):
    vectors = KeyedVectors([*WORDS, "same"], Shared(ROWS, [*range(6), 2])).compress("float16")
    vectors.save(tmp_path / "x.safetensors")
    again = load(tmp_path / "x.safetensors")
    assert part(again, "rows") == part(vectors, "rows") and part(again, "codec") == "float16"
    assert said(lambda: vectors.save(tmp_path / "x.vec")) == []
    assert load(tmp_path / "x.vec")["same"].tolist() == vectors["queen"].tolist()


def test_steps_that_no_table_can_say_are_refused_and_not_half_written(tmp_path):
    vectors = KeyedVectors(WORDS, ROWS, subwords=ngrams()).transformed(Unit())
    for name in ("fasttext", "finalfusion"):
        with pytest.raises(OptionError, match=r"must be means of n-grams .* Transforms\(unit: 6 to 6\)"):
            formats.save(vectors, tmp_path / "x", name)
        assert not (tmp_path / "x").exists()
    assert formats.format_of("x.bin", vectors) == "word2vec-binary"
    vectors.save(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "x.safetensors")[UNKNOWN], vectors[UNKNOWN])


# Methods that make vectors of vectors: the parts that they carry, and those that they say, in their docstrings or by a
# warning, that they do not

ALL = {"subwords", "context", "attributes", "transforms", "oov", "tokenizer", "counts", "metadata"}
TRAINING = ALL - {"context"}  # Compressing: the context is for training
PLAIN = set()  # plain vectors are promised
DERIVED = {
    "subset": (lambda kv: kv.subset(WORDS), ALL),
    "drop": (lambda kv: kv.drop([]), ALL),
    "limit": (lambda kv: kv.limit(99), ALL),
    "to_memory": (lambda kv: kv.to_memory(), ALL),
    "copy": (lambda kv: kv.copy(), ALL),
    "rename": (lambda kv: kv.rename({}), ALL),
    "dedupe": (lambda kv: kv.dedupe(), ALL),
    "merge": (lambda kv: kv.merge(KeyedVectors(["new"], np.ones((1, D)))).subset(WORDS), ALL - {"counts"}),
    "without": (lambda kv: kv.without(), ALL),
    "with_oov": (lambda kv: kv.with_oov("zero"), ALL),
    "compress": (lambda kv: kv.compress("float16"), TRAINING - {"subwords"}),
    "decompress": (lambda kv: kv.decompress(), TRAINING),
    "compress_subwords": (lambda kv: kv.compress_subwords(bucket=16), TRAINING - {"subwords"}),
    "transformed": (lambda kv: kv.transformed(Center()), TRAINING - {"subwords", "transforms"}),
    "rotate_pca": (lambda kv: kv.rotate_pca(), TRAINING - {"subwords", "transforms"}),
    "truncate": (lambda kv: kv.truncate(3), TRAINING - {"subwords", "transforms"}),
    "prune": (lambda kv: kv.prune(len(WORDS)), TRAINING),
    "vectors_for_all": (lambda kv: kv.vectors_for_all(WORDS), PLAIN),
}
IN_PLACE = {
    "add_vector": (lambda kv: kv.add_vector("new", np.ones(D)), ALL),
    "add_vectors": (lambda kv: kv.add_vectors(["new"], np.ones((1, D))), ALL),
    "set_vecattr": (lambda kv: kv.set_vecattr("king", "new", 1), ALL),
    "sort": (lambda kv: kv.sort_by_descending_frequency(), ALL),
    "unit_normalize_all": (lambda kv: kv.unit_normalize_all(), ALL - {"subwords", "transforms"}),
    "fill_norms": (lambda kv: kv.fill_norms(force=True), ALL),
    "resize_vectors": (lambda kv: kv.resize_vectors(), ALL),
    "allocate_vecattrs": (lambda kv: kv.allocate_vecattrs(["other"], [float]), ALL),
}


def test_the_tables_have_every_method_that_makes_or_changes_vectors():
    made = {
        name
        for name in dir(KeyedVectors)
        if not name.startswith(("_", "load")) and "-> Self" in _signature(getattr(KeyedVectors, name, None))
    }
    assert made == set(DERIVED)


def _signature(method):
    import inspect

    code = getattr(method, "__func__", method)
    try:
        return inspect.getsource(code).partition('"""')[0]
    except TypeError:
        return "-> Self" if method is KeyedVectors.copy else ""


@pytest.mark.parametrize("method", DERIVED)
def test_a_method_carries_every_part(method):
    work, carried = DERIVED[method]
    vectors = everything()
    made = work(vectors)
    for name in ALL:
        assert part(made, name) == part(vectors, name) or name not in carried, f"{method} loses {name}"
    assert made.subwords is not None or carried is PLAIN
    if "subwords" in carried:
        np.testing.assert_array_equal(made.with_oov("subword")[UNKNOWN], vectors.with_oov("subword")[UNKNOWN])


@pytest.mark.parametrize("method", IN_PLACE)
def test_a_change_keeps_every_part(method):
    work, kept = IN_PLACE[method]
    vectors = everything()
    before = vectors.copy()
    work(vectors)
    some = vectors.subset(WORDS)
    for name in kept:
        found = part(some, name)
        if name == "attributes":
            found = {key: found[key] for key in ("year", "seen", "pos")}
        assert found == part(before, name), f"{method} loses {name}"
    assert vectors.context.shape == (len(vectors), D)
