"""Parts of vectors on their way: merged, handed to other libraries and back, read with options, trained on, copied."""

import io
import json
import pickle

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, load
from wordvec.base.errors import OptionError
from wordvec.cli import main
from wordvec.interop import from_arrow, from_gensim, to_arrow, to_gensim, to_numpy, to_pandas, token_rows
from wordvec.rows import Shared
from wordvec.subwords import make_subwords
from wordvec.texts import TextEncoder
from wordvec.transforms import PCA, Center, Rotation, Unit
from wordvec.vectors import Concatenated

D = 6
RNG = np.random.default_rng(2)


def kv(words, **parts):
    return KeyedVectors(words, RNG.standard_normal((len(words), D)), **parts)


def ngrams(kind="fasttext"):
    return make_subwords(kind, RNG.standard_normal((20, D)).astype(np.float32), min_n=2, max_n=3)


# Merged


@pytest.mark.parametrize("on_conflict", ["first", "last", "mean"])
def test_merge_joins_contexts_as_it_joins_vectors(on_conflict):
    first = kv(["a", "b"], context=[[1] * D, [2] * D])
    second = kv(["b", "c"], context=[[4] * D, [5] * D])
    made = first.merge(second, kv(["d"]), on_conflict=on_conflict)
    b = {"first": 2, "last": 4, "mean": 3}[on_conflict]
    assert list(made) == ["a", "b", "c", "d"] and made.context[:, 0].tolist() == [1, b, 5, 0]
    assert kv(["a"]).merge(second).context[:, 0].tolist() == [0, 4, 5]
    assert kv(["a"]).merge(kv(["b"])).context is None
    with pytest.warns(UserWarning, match="1 of the 4 words of init are not in the corpus"):
        again = wordvec.SkipGram(vector_size=D, epochs=1, min_count=1, workers=1).fit([["a", "b", "c"]] * 9, init=made)
    assert len(again) == 3


def test_merge_names_what_only_one_of_several_can_have():
    first, words = kv(["a"]), kv(["b"], subwords=ngrams(), oov="zero").transformed(Center())
    named = "n-grams of the kind fasttext, .*policy zero, .*of argument 2 cannot"
    with pytest.warns(UserWarning, match=named) as caught:
        made = first.merge(kv(["c"]), words)
    assert len(caught) == 1 and caught[0].filename == __file__ and made.subwords is None and made.oov == "raise"
    whole = kv(["a", "b", "c"], subwords=ngrams())
    assert whole.subset(["a"]).merge(whole.subset(["b"])).subwords is whole.subwords  # the same: nothing is lost


def test_a_context_that_is_not_of_words_is_left_out_with_a_warning():
    tree = kv(["a", "b", "c"], context=np.ones((2, D)))
    assert tree.rename({"a": "x"}).context is not None and tree.copy().context is not None
    with pytest.warns(UserWarning, match="context is left out: its 2 rows are not those of the 3 words") as caught:
        assert tree.drop(["a"]).context is None
    assert caught[0].filename == __file__
    shared = kv(["a", "b"], context=[[1] * D, [2] * D]).prune(1, by="order")
    assert shared.context is None  # as is said of all that makes vectors small
    rows = KeyedVectors(["a", "b", "c"], Shared(np.eye(2, D), [0, 1, 1]), context=[[1] * D, [2] * D])
    assert rows.subset(["c", "a"]).context[:, 0].tolist() == [2, 1]


def test_side_by_side_a_table_of_ngrams_still_answers_for_unknown_words():
    both = Concatenated(kv(["ab"], subwords=ngrams()), kv(["cd"], subwords=ngrams()))
    made = both.materialise()
    np.testing.assert_allclose(made["xyz"], both["xyz"], atol=1e-6)
    assert Concatenated(kv(["a"]), kv(["b"])).materialise().oov == "raise"


# Read with options


def test_counts_and_encodings_beside_a_file_keep_what_it_holds(tmp_path):
    fasttext = kv(["é", "ab"], counts=[5, 3], subwords=ngrams())
    fasttext.save(tmp_path / "x.bin")
    (tmp_path / "counts").write_bytes("é 7\nab 8\n".encode())
    read = KeyedVectors.load_word2vec_format(tmp_path / "x.bin", fvocab=tmp_path / "counts")
    assert read.vocabulary.counts.tolist() == [7, 8]
    np.testing.assert_allclose(read["abc"], fasttext["abc"], atol=1e-6)
    latin = KeyedVectors(["é".encode("latin-1"), b"ab"], fasttext.vectors, counts=[5, 3], subwords=ngrams())
    latin.save(tmp_path / "y.bin")
    (tmp_path / "counts").write_bytes("é 9\nab 8\n".encode("latin-1"))
    options = {"encoding": "latin-1", "fvocab": tmp_path / "counts"}
    read = KeyedVectors.load_word2vec_format(tmp_path / "y.bin", **options)
    assert list(read) == ["é", "ab"] and read.vocabulary.counts.tolist() == [9, 8] and read.subwords is not None
    with pytest.raises(wordvec.base.errors.FormatError, match="words must be ascii"):
        KeyedVectors.load_word2vec_format(tmp_path / "y.bin", **options | {"encoding": "ascii"})
    with pytest.warns(UserWarning, match="subwords .*are left out"):
        latin.save_word2vec_format(tmp_path / "z", prefix="p_")


# Handed over


def test_numbers_of_words_go_to_gensim_and_back():
    pytest.importorskip("gensim")
    ours = kv(["a", "b"], counts=[4, 2], attributes={"year": [1987, 2001], "seen": [True, False], "xy": np.eye(2)})
    peer = to_gensim(ours)
    assert peer.get_vecattr("b", "year") == 2001
    back = from_gensim(peer)
    for name, values in ours._attributes.items():
        assert back._attributes[name].tolist() == values.tolist() and back._attributes[name].dtype == values.dtype
    peer.set_vecattr("a", "name", {"a": 1})
    with pytest.warns(UserWarning, match="name of gensim are of another kind, and left out"):
        assert "name" not in from_gensim(peer)._attributes


def test_trained_ngrams_become_those_of_gensim():
    fasttext = pytest.importorskip("gensim.models.fasttext")
    texts = [["walking", "talking", "king", "queen", "walked"]] * 40
    ours = wordvec.FastText(vector_size=D, epochs=2, min_count=1, bucket=900, min_n=2, max_n=4, workers=1).fit(texts)
    assert ours.subwords.table.shape[0] < 900
    peer = to_gensim(ours)
    assert isinstance(peer, fasttext.FastTextKeyedVectors) and peer.vectors_ngrams.shape == (900, D)
    for word in ("walks", "queenly", "king"):
        np.testing.assert_allclose(peer[word], ours[word], atol=1e-6)
    peer.adjust_vectors()  # as gensim does when it loads
    np.testing.assert_allclose(peer.vectors, ours.vectors, atol=1e-6)


def test_tables_carry_attributes_and_say_what_they_have_no_place_for():
    pytest.importorskip("pyarrow")
    ours = kv(["a", "b"], counts=[4, 2], attributes={"year": [1987, 2001], "seen": [True, False]})
    back = from_arrow(to_arrow(ours))
    assert {name: values.tolist() for name, values in back._attributes.items()} == {
        "year": [1987, 2001],
        "seen": [True, False],
    }
    fasttext = kv(["a"], subwords=ngrams())
    with pytest.warns(UserWarning, match="subwords are left out, as an Arrow table has no place") as caught:
        to_arrow(fasttext)
    assert caught[0].filename == __file__
    pytest.importorskip("pandas")
    with pytest.warns(UserWarning, match="subwords are left out, as pandas has no place") as caught:
        to_pandas(fasttext)
    assert caught[0].filename == __file__ and len(to_pandas(fasttext.without("subwords"))) == 1
    for work, place in ((to_pandas, "pandas"), (to_numpy, "an array")):
        with pytest.warns(UserWarning, match=f"attributes and counts are left out, as {place} has no place"):
            work(ours)
    to_pandas(kv(["a"], counts=[1], context=np.ones((1, D)), metadata={"of": "me"}))  # nothing that a copy would miss


def test_padding_stands_in_row_0_where_it_is_asked_for():
    ours = KeyedVectors(["a", "A", "b"], Shared([[1, 2], [3, 4]], [0, 1, 0]))
    weight, vocabulary, specials = to_numpy(ours, unk="mean")
    assert weight.tolist() == [[0, 0], [2, 3], [1, 2], [3, 4]] and specials == {"padding": 0, "unk": 1}
    assert dict(vocabulary) == {"a": 2, "A": 3, "b": 2} and "x" not in vocabulary
    rows = token_rows(ours, [["A", "x"], ["b"]], unk=1, padding=0, first=2)
    assert rows.tolist() == [[3, 1], [2, 0]]
    assert to_numpy(ours, padding=True, unk=None).weight.tolist() == [[1, 2], [3, 4], [0, 0]]
    assert to_numpy(ours, padding=False).specials == {"unk": 2}
    for options, problem in (({"padding": "last"}, "padding must be"), ({"unk": "none"}, "unk must be")):
        with pytest.raises(OptionError, match=problem):
            to_numpy(ours, **options)
    with pytest.raises(OptionError, match="first must be a row number"):
        token_rows(ours, ["a"], first="1")


def test_words_are_lists_and_dicts_where_these_are_asked_for():
    words = kv(["a", "b"])
    assert ["<pad>"] + words.index_to_key == ["<pad>", "a", "b"]  # noqa: RUF005
    assert words.index_to_key + ["z"] == ["a", "b", "z"] and words.index_to_key + words.index_to_key == list("abab")  # noqa: RUF005
    with pytest.raises(TypeError):
        words.index_to_key + "z"
    told = json.dumps([words.index_to_key.copy(), words.key_to_index.copy()])
    assert json.loads(told) == [["a", "b"], {"a": 0, "b": 1}]
    for bad in (kv(["a"]), kv(["a"], subwords=ngrams("floret"))):
        assert "" not in bad
    with pytest.raises(wordvec.base.errors.UnknownWordError):
        kv(["a"])[""]
    assert KeyedVectors(["", "a"], np.eye(2))[""].tolist() == [1, 0]


# Trained on


@pytest.mark.parametrize("model", [wordvec.FastText, wordvec.Floret])
def test_training_goes_on_from_vectors_that_were_moved(model):
    texts = [["walking", "talking", "king", "queen", "walked"]] * 40
    options = {"epochs": 1, "min_count": 1, "bucket": 200, "min_n": 2, "max_n": 4, "workers": 1, "alpha": 1e-9}
    options["min_alpha"] = 0.0
    first = model(vector_size=D, **options).fit(texts)
    moved = first.rotate_pca().truncate(4)
    again = model(vector_size=4, **options).fit(texts, init=moved)
    np.testing.assert_allclose(again.vectors, moved.vectors, atol=1e-5)
    np.testing.assert_allclose(again[["walks"]], moved[["walks"]], atol=1e-5)
    unit = first.transformed(Unit())
    if model is wordvec.FastText:  # words have rows of their own
        again = model(vector_size=D, **options).fit(texts, init=unit)
        np.testing.assert_allclose(again.vectors, unit.vectors, atol=1e-5)
    else:
        with pytest.raises(OptionError, match="init must have a table"):
            model(vector_size=D, **options).fit(texts, init=unit)


def test_train_names_the_format_and_refuses_before_training(in_folder, sample, capsys):
    options = [str(sample), "--epochs", "1", "--vector-size", "4", "--bucket", "500", "--quiet"]
    assert main(["train", *options, "--model", "fasttext", "-o", "ft.bin"]) == 0
    assert load("ft.bin").metadata["source"]["format"] == "fasttext" and load("ft.bin").subwords is not None
    assert main(["train", *options, "--model", "fasttext", "-o", "x.dat", "--to", "finalfusion"]) == 0
    assert load("x.dat").subwords is not None
    capsys.readouterr()
    for to, output in (("fasttext", "no.bin"), ("finalfusion", "no.fifu")):
        assert main(["train", *options, "--model", "floret", "-o", output, "--to", to]) == 2
        assert f"holds n-grams of the kind floret, such as .safetensors; {to}" in capsys.readouterr().err
    assert sorted(path.name for path in in_folder.iterdir()) == ["ft.bin", "x.dat"]


# Copied


@pytest.mark.parametrize("form", ["pickle", "joblib", "deepcopy"])
def test_what_was_used_can_be_copied_and_used_again(form, tmp_path):
    from copy import deepcopy

    def copied(value):
        if form == "deepcopy":
            return deepcopy(value)
        if form == "pickle":
            return pickle.loads(pickle.dumps(value))
        joblib, file = pytest.importorskip("joblib"), io.BytesIO()
        joblib.dump(value, file)
        file.seek(0)
        return joblib.load(file)

    plain = kv([f"w{i}" for i in range(40)], counts=range(40, 0, -1), subwords=ngrams())
    plain.save(tmp_path / "x.safetensors")
    grown = plain.copy()
    grown.add_vector("new", np.ones(D))
    moved = plain.transformed(Center(), Unit())
    kinds = [plain, load(tmp_path / "x.safetensors"), grown, moved, plain.dedupe(), plain.with_oov("similar")]
    kinds += [plain.compress(codec) for codec in ("float16", "int8", "pq", "bits")] + [plain.truncate(3)]
    for vectors in kinds:
        for _ in range(2):
            wanted = TextEncoder(vectors).encode(["w1 unknown", "w2"])
            near = vectors.most_similar("w3", topn=3)
            vectors = copied(vectors)  # a copy of a copy
            np.testing.assert_array_equal(TextEncoder(vectors).encode(["w1 unknown", "w2"]), wanted)
            assert vectors.most_similar("w3", topn=3) == near
    for part in (plain.subwords, moved.subwords, plain.vocabulary, moved.transforms, Concatenated(plain, moved)):
        copied(part)
    assert copied(plain.index_to_key) == plain.index_to_key and dict(copied(plain.key_to_index)) == plain.key_to_index
    np.testing.assert_array_equal(copied(moved.subwords).compose(["abc"])[0], moved.subwords.compose(["abc"])[0])


# Numbers that float32 does not hold


def test_numbers_beyond_float32_are_refused_or_divided_out():
    rows = RNG.standard_normal((30, D)).astype(np.float32)
    rows[7] = 3e38
    huge = KeyedVectors([f"w{i}" for i in range(30)], rows, counts=range(30, 0, -1))
    for options in ({}, {"opq": True}):
        with pytest.raises(OptionError, match="row 7 has a greater one: scale the rows"):
            huge.compress("pq", m=3, **options)
    for codec in ("int8", "bits", "bfloat16"):
        assert np.isfinite(huge.compress(codec).vectors[:]).all()
    last = KeyedVectors(["a", "b"], [[np.finfo(np.float32).max] * D, [-np.finfo(np.float32).max] * D])
    np.testing.assert_allclose(last.compress("int8").vectors[:], last.vectors, rtol=1e-4)
    for step in (PCA(2), Rotation()):
        with pytest.raises(OptionError, match=r"must stay numbers of float32 in Transforms\(.*row 7 does not"):
            huge.transformed(step)
    table = np.full((8, D), 3e38, np.float32)
    with pytest.raises(OptionError, match="float32 in the table of n-grams; row 0 does not"):
        kv(["a"], subwords=make_subwords("fasttext", table, min_n=2, max_n=3)).transformed(Rotation())
    for found in (huge.get_normed_vectors()[7], huge.transformed(Unit())["w7"]):
        np.testing.assert_allclose(found, D**-0.5, rtol=1e-6)
    huge = huge.copy()
    huge.unit_normalize_all()
    np.testing.assert_allclose(huge["w7"], D**-0.5, rtol=1e-6)
