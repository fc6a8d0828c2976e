"""Interop that needs no other library: tokens as rows, texts as vectors, folders; and what is said without one."""

import copy
import csv
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.base.errors import LibraryError, OptionError, OutputError, UnknownWordError, WordTypeError
from wordvec.interop import WordVectorizer, folders, to_projector, token_rows
from wordvec.outputs import output_folder
from wordvec.rows import Shared
from wordvec.subwords import make_subwords
from wordvec.transforms import Center
from wordvec.vectors import text_rows as tokens

WORDS = ["the", "king", "queen", "naïve", "日本", "\udcff\udce9", "a\tb"]


@pytest.fixture
def kv():
    matrix = np.random.default_rng(1).standard_normal((len(WORDS), 5)).astype(np.float32)
    return KeyedVectors(WORDS, matrix, counts=[90, 9, 4, 3, 2, 1, 1])


# Tokens as rows


def test_encode_gives_the_row_of_every_token_and_unk_for_the_rest(kv):
    tokens = [*WORDS[::-1], "prince", "", "\ud800", "King"]
    rows = token_rows(kv, tokens)
    assert rows.dtype == np.int32 and rows.tolist() == [6, 5, 4, 3, 2, 1, 0, -1, -1, -1, -1]
    assert token_rows(kv, ["king", "x"], unk=7).tolist() == [1, 7]  # ASCII only, which takes another way
    assert token_rows(kv, ["naïve", "", "日本", "é", "king"]).tolist() == [
        3,
        -1,
        4,
        -1,
        1,
    ]  # no byte is escaped: a third way
    assert token_rows(kv, tuple(tokens), unk=9).tolist() == [6, 5, 4, 3, 2, 1, 0, 9, 9, 9, 9]
    assert token_rows(kv, np.array(["queen", "the"])).tolist() == [2, 0]
    assert token_rows(kv, (word for word in ["king"])).tolist() == [1]
    assert token_rows(kv, []).tolist() == []


def test_encode_of_lists_gives_rows_and_offsets_or_a_matrix(kv):
    lists = [["king", "x"], [], ["the", "naïve", "queen"]]
    rows, offsets = token_rows(kv, lists)
    assert rows.tolist() == [1, -1, 0, 3, 2] and offsets.tolist() == [0, 2, 2, 5] and offsets.dtype == np.int64
    assert token_rows(kv, lists, unk=7, padding=8).tolist() == [[1, 7, 8], [8, 8, 8], [0, 3, 2]]
    assert token_rows(kv, [[], []], padding=8).shape == (2, 0)


def test_encode_where_words_share_rows(kv):
    shared = KeyedVectors(WORDS, Shared(kv.vectors[:2], [0, 1, 1, 0, 1, 0, 1]))
    assert token_rows(shared, ["naïve", "queen", "x"]).tolist() == [0, 1, -1]
    assert token_rows(shared, ["queen", "x"]).tolist() == [1, -1]


@pytest.mark.parametrize("token", [None, float("nan"), 7, b"king", np.float64("nan")])
def test_encode_names_what_is_no_token(kv, token):
    with pytest.raises(WordTypeError, match="token 1 is") as caught:
        token_rows(kv, ["king", token])
    assert ("missing" in str(caught.value)) == (token is None or token != token)


def test_encode_refuses_what_it_would_misread(kv):
    with pytest.raises(OptionError, match="cut it"):
        token_rows(kv, "king queen")
    with pytest.raises(WordTypeError, match="list of lists"):
        token_rows(kv, [["king"], "queen"])
    with pytest.raises(UnknownWordError, match="close: 'king'"):
        token_rows(kv, ["queen", "kin"], unk=None)
    for bad in (True, 2**31, 1.0):
        with pytest.raises(OptionError, match="row number"):
            token_rows(kv, ["king"], unk=bad)


@pytest.mark.slow
def test_encode_takes_no_python_work_for_each_token(kv):
    vectors = KeyedVectors([f"w{i}" for i in range(50_000)], np.ones((50_000, 2)))
    tokens = [f"w{i}" for i in np.random.default_rng(0).integers(0, 60_000, 1_000_000).tolist()]
    start = time.process_time()
    rows = token_rows(vectors, tokens)
    assert time.process_time() - start < 1.5  # it takes about a tenth of a second
    assert (rows >= 0).mean() == pytest.approx(5 / 6, abs=0.01)


# Texts as vectors


def reference(kv, texts, weight, total):
    """The sums as the definitions have them, a text at a time in float64."""
    rows = []
    for text in texts:
        tokens = [token for token in text.split() if token in kv]
        weights = [weight(token) for token in tokens]
        vector = sum((w * kv[t].astype(float) for w, t in zip(weights, tokens)), np.zeros(kv.vector_size))
        rows.append(vector / total(weights) if tokens else vector)
    return np.array(rows)


TEXTS = ["the king the queen", "king king prince", "", "prince x", "naïve 日本\tthe\nthe", "queen"] * 3


@pytest.fixture(params=[1 << 15, 3], ids=["one block", "many blocks"])
def blocks(request, monkeypatch):
    """Also with blocks so small that every seam is crossed."""
    monkeypatch.setattr(tokens, "TOKENS", request.param)


def test_mean_and_max(kv, blocks):
    found = WordVectorizer(kv).fit_transform(TEXTS)
    assert found.dtype == np.float32 and found.shape == (len(TEXTS), 5)
    np.testing.assert_allclose(found, reference(kv, TEXTS, lambda t: 1, sum), rtol=1e-5, atol=1e-6)
    most = WordVectorizer(kv, "max").transform(TEXTS)
    np.testing.assert_array_equal(most[0], np.max([kv["the"], kv["king"], kv["queen"]], axis=0))
    np.testing.assert_array_equal(most[4], np.max([kv["naïve"], kv["日本"], kv["the"]], axis=0))
    assert not most[2].any() and not most[3].any() and WordVectorizer(kv).transform([]).shape == (0, 5)


def test_tfidf(kv, blocks):
    df = {"the": 6, "king": 6, "queen": 6, "naïve": 3, "日本": 3}  # texts that hold a word, not occurrences
    idf = {word: np.log((1 + len(TEXTS)) / (1 + n)) + 1 for word, n in df.items()}
    fitted = WordVectorizer(kv, agg="tfidf").fit(iter(TEXTS))
    np.testing.assert_allclose(
        fitted.transform(TEXTS), reference(kv, TEXTS, idf.__getitem__, sum), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(fitted.transform(["a\tb", ["a\tb"]])[1], kv["a\tb"], rtol=1e-6)
    rest = reference(kv, ["the \udcff\udce9"], lambda t: idf.get(t, np.log(1 + len(TEXTS)) + 1), sum)
    np.testing.assert_allclose(fitted.transform(["the \udcff\udce9"]), rest, rtol=1e-5)


@pytest.mark.parametrize("counted", [True, False], ids=["counts of the vectors", "counts of the texts"])
def test_sif_is_the_weighted_mean_less_the_common_direction(kv, blocks, counted):
    if not counted:
        kv = KeyedVectors(WORDS, kv.vectors)
    texts = ["the " * 5 + "king", "the queen the naïve", "king queen 日本", "", "the the"]
    n = {"the": 9, "king": 2, "queen": 2, "naïve": 1, "日本": 1}
    p = {word: c / sum(n.values()) for word, c in n.items()}
    if counted:
        p = {word: kv.get_vecattr(word, "count") / 110 for word in WORDS}
    means = reference(kv, texts, lambda t: 0.05 / (0.05 + p[t]), len)
    common = np.linalg.svd(means)[2][0]
    expected = means - np.outer(means @ common, common)
    fitted = WordVectorizer(kv, agg="sif", sif_a=0.05).fit(texts)
    np.testing.assert_allclose(fitted.transform(texts), expected, rtol=1e-3, atol=1e-5)
    assert not WordVectorizer(kv, agg="sif").fit_transform(["x", ""]).any()


def test_texts_are_cut_at_ascii_white_space_or_by_a_tokenizer_or_given_as_tokens(kv):
    odd = KeyedVectors(["new\xa0york", "new", "york", "New"], np.eye(4))
    assert WordVectorizer(odd).transform(["new\xa0york"]).tolist() == [[1, 0, 0, 0]]
    assert WordVectorizer(odd).transform([["new", "york"]]).tolist() == [[0, 0.5, 0.5, 0]]
    by_comma = WordVectorizer(odd, tokenizer=lambda text: text.split(","))
    assert by_comma.transform(["new,york"]).tolist() == [[0, 0.5, 0.5, 0]]
    assert WordVectorizer(odd, lowercase=True).transform(["New"]).tolist() == [[0, 1, 0, 0]]
    assert WordVectorizer(odd).transform(["New"]).tolist() == [[0, 0, 0, 1]]


def test_norm(kv):
    found = WordVectorizer(kv, norm="l2").fit_transform(["the king", ""])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0], atol=1e-6)


class Halves:
    """Subwords that compose every word of an even length."""

    def compose(self, words):
        could = np.array([len(word) % 2 == 0 for word in words])
        return np.array([[len(word)] * 5 for word in words], np.float32), could


def test_unknown_words_are_composed_where_asked(kv, blocks):
    with pytest.raises(OptionError, match="n-grams"):
        WordVectorizer(KeyedVectors(["a"], [[1]]), oov="subword").transform(["a"])
    kv._subwords = Halves()
    found = WordVectorizer(kv, oov="subword").transform(["king even odd", "even", "odd", "even four king", "four"])
    np.testing.assert_allclose(found[0], (kv["king"] + 4) / 2, rtol=1e-6)
    np.testing.assert_allclose(found[1:3], [[4] * 5, [0] * 5])
    np.testing.assert_allclose(found[3], (kv["king"] + 8) / 3, rtol=1e-6)
    np.testing.assert_allclose(WordVectorizer(kv).transform(["king even odd"]), found[:1], rtol=1e-6)
    np.testing.assert_array_equal(WordVectorizer(kv, oov="skip").transform(["king even odd"])[0], kv["king"])
    fitted = WordVectorizer(kv, agg="tfidf", oov="subword").fit(["king even", "king"])
    rest, own = np.log(3) + 1, 1.0
    expected = (own * kv["king"] + rest * 4) / (own + rest)
    np.testing.assert_allclose(fitted.transform(["king even"])[0], expected, rtol=1e-5)


def test_unknown_words_get_what_the_vectors_say():
    kv = KeyedVectors(["king", "tax"], [[1, 2], [3, 4]])
    even = kv.with_oov(lambda word: [len(word), 0] if len(word) % 2 == 0 else None)
    assert WordVectorizer(even).transform(["king even odd", "odd"]).tolist() == [[2.5, 1], [0, 0]]
    assert WordVectorizer(kv.with_oov("zero")).transform(["king odd"]).tolist() == [[0.5, 1]]
    assert WordVectorizer(kv).transform(["king odd"]).tolist() == [[1, 2]]
    similar = kv.with_oov("similar")
    np.testing.assert_array_equal(WordVectorizer(similar).transform(["kings"]), similar[["kings"]])


def test_composed_vectors_go_through_the_transforms():
    table = np.random.default_rng(3).standard_normal((50, 4)).astype(np.float32)
    kv = KeyedVectors(
        ["king", "tax"], [[1, 2, 0, 0], [3, 4, 1, 0]], subwords=make_subwords("fasttext", table, min_n=2, max_n=3)
    )
    centred = kv.transformed(Center())
    for oov in ("auto", "subword"):
        np.testing.assert_allclose(WordVectorizer(centred, oov=oov).transform(["kings"]), centred[["kings"]], rtol=1e-6)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["king", None], "text 1 is missing"),
        (["king", float("nan")], "text 1 is missing"),
        (["king", 3], "text 1 is of type int"),
        (["king", b"king"], "text 1 is of type bytes"),
        ([["king", 3]], "token 1 is of type int"),
        ("king", "put it in a list"),
        (np.array([["king"]]), "one column"),
    ],
)
def test_what_is_no_text_is_named(kv, texts, said):
    with pytest.raises(OptionError, match=said):
        WordVectorizer(kv).transform(texts)


def test_arguments_are_checked_when_they_are_used(kv):
    for name, value in {"agg": "median", "oov": "raise", "norm": "l3", "sif_a": 0, "vectors": 3}.items():
        with pytest.raises(OptionError, match=name):
            WordVectorizer(kv).set_params(**{name: value}).fit(["king"])
    with pytest.raises(OptionError, match="no_such"):
        WordVectorizer(kv).set_params(no_such=1)
    for agg in ("sif", "tfidf"):
        with pytest.raises(OptionError, match="fit must be called"):
            WordVectorizer(kv, agg=agg).transform(["king"])


def test_vectors_of_a_file_are_pickled_by_reference(in_folder):
    rng = np.random.default_rng(0)
    KeyedVectors([f"w{i}" for i in range(5000)], rng.standard_normal((5000, 8))).save("v.safetensors")
    texts = ["w1 w2", "w3"]
    for given in ("v.safetensors", in_folder / "v.safetensors", wordvec.load("v.safetensors")):
        for agg in ("mean", "sif", "tfidf"):
            fitted = WordVectorizer(given, agg=agg).fit(texts)
            expected = fitted.transform(texts)
            state = pickle.dumps(fitted)
            assert len(state) < 10_000
            np.testing.assert_array_equal(pickle.loads(state).transform(texts), expected)
            np.testing.assert_array_equal(copy.deepcopy(fitted).transform(texts), expected)
    (in_folder / "v.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"v\.safetensors"):
        pickle.loads(state)


def test_names_of_dimensions_and_repr(kv):
    assert WordVectorizer(kv).get_feature_names_out().tolist() == [f"wordvec{i}" for i in range(5)]
    assert "agg='sif'" in repr(WordVectorizer(kv, "sif"))


def test_memory_of_texts_is_bounded(kv, monkeypatch):
    seen = []
    original = tokens.Cutter._block
    monkeypatch.setattr(
        tokens.Cutter,
        "_block",
        lambda self, done, words, ends, unknown: (
            seen.append(len(words)) or (original(self, done, words, ends, unknown))
        ),
    )
    WordVectorizer(kv).transform(["the king"] * 50_000)
    WordVectorizer(kv, tokenizer=str.split).transform(["the king"] * 50_000)
    assert len(seen) > 2 and max(seen) <= tokens.TOKENS


def test_compressed_vectors_are_decoded(kv, tmp_path):
    codecs = pytest.importorskip("wordvec.codecs")
    codes = codecs.encode(np.array(kv.vectors), "int8")
    compressed = KeyedVectors(WORDS, codes, counts=[90, 9, 4, 3, 2, 1, 1])
    decoded = KeyedVectors(WORDS, np.asarray(codes), counts=[90, 9, 4, 3, 2, 1, 1])
    for agg in ("mean", "max", "sif", "tfidf"):
        found, expected = (WordVectorizer(given, agg).fit_transform(TEXTS) for given in (compressed, decoded))
        np.testing.assert_allclose(found, expected, atol=1e-6)
    to_projector(compressed, tmp_path / "a")
    to_projector(decoded, tmp_path / "b")
    assert (tmp_path / "a" / "vectors.tsv").read_bytes() == (tmp_path / "b" / "vectors.tsv").read_bytes()


# Folders


def test_projector_files_are_read_again_by_csv(kv, tmp_path):
    report = to_projector(kv, tmp_path / "p", n=4, attributes={"count": kv.vocabulary.counts, "note": ["x\ty"] * 9})
    assert report == (4, 3, 4)
    with open(tmp_path / "p" / "vectors.tsv", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    np.testing.assert_array_equal(np.array(rows, np.float32), kv.vectors[:4])
    with open(tmp_path / "p" / "metadata.tsv", newline="", encoding="utf-8") as file:
        labels = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert labels[:2] == [["word", "count", "note"], ["the", "90", "x\\ty"]] and len(labels) == 5


def test_projector_without_attributes_has_no_header(kv, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_BLOCK", 2)
    assert to_projector(kv, tmp_path) == (7, 0, 1)
    labels = (tmp_path / "metadata.tsv").read_bytes().split(b"\n")
    assert labels == [*(word.encode("utf-8", "surrogateescape") for word in WORDS[:-1]), b"a\\tb", b""]
    assert len((tmp_path / "vectors.tsv").read_text().splitlines()) == 7


def test_projector_refuses_and_leaves_nothing(kv, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        to_projector(kv, tmp_path / "file")
    with pytest.raises(OptionError, match="note"):
        to_projector(kv, tmp_path / "p", attributes={"note": ["too few"]})
    with pytest.raises(OptionError, match="n must"):
        to_projector(kv, tmp_path / "p", n=0)

    class Broken(list):
        def __getitem__(self, row):
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        to_projector(kv, tmp_path / "p", attributes={"note": Broken(range(9))})
    assert list((tmp_path / "p").iterdir()) == []


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path):
    with output_folder(tmp_path / "new", force=False) as folder:
        (Path(folder) / "x").touch()
        assert not (tmp_path / "new").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x"]
    with pytest.raises(OutputError, match="new folder"), output_folder(tmp_path / "new", force=False):
        pass
    with pytest.raises(OutputError), output_folder(tmp_path / "no" / "such", force=False):
        pass
    with pytest.raises(RuntimeError), output_folder(tmp_path / "other", force=False):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


# Other libraries


def test_a_library_that_is_missing_is_named_with_what_to_install(kv, monkeypatch):
    calls = {
        "gensim": lambda: wordvec.interop.to_gensim(kv),
        "spacy": lambda: wordvec.interop.to_spacy(kv),
        "torch": lambda: wordvec.interop.to_torch(kv),
        "pandas": lambda: wordvec.interop.to_pandas(kv),
        "pyarrow": lambda: wordvec.interop.to_arrow(kv),
    }
    for name in calls:
        for module in [m for m in sys.modules if m.split(".")[0] == name]:
            monkeypatch.delitem(sys.modules, module)

    class Nothing:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in calls:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Nothing(), *sys.meta_path])
    for name, call in calls.items():
        with pytest.raises(LibraryError, match=f"{name}.* must be installed.*pip install") as caught:
            call()
        assert isinstance(caught.value, ImportError)
    monkeypatch.undo()


def test_a_clone_shares_the_vectors(kv):
    one = WordVectorizer(kv, "sif").set_output(transform="pandas")
    twin = one.__sklearn_clone__()
    assert twin.vectors is kv and twin._output == "pandas" and twin.get_params() == one.get_params()
