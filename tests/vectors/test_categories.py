"""Attributes that are text: kept as codes, carried by every change and file, and asked for by searches."""

import pickle

import numpy as np
import pytest

from wordvec import KeyedVectors, load, store
from wordvec.base.errors import FormatError, OptionError
from wordvec.interop import from_arrow, from_gensim, to_arrow, to_gensim, to_pandas
from wordvec.rows import Shared
from wordvec.vectors.categories import Categories

WORDS = ["king", "run", "queen", "ran", "the"]
POS = ["NOUN", "VERB", "NOUN", "VERB", ""]
ROWS = np.random.default_rng(5).standard_normal((5, 8)).astype(np.float32)


def toy(**attributes):
    return KeyedVectors(WORDS, ROWS, counts=range(9, 4, -1), attributes={"pos": POS} | attributes)


def test_texts_are_given_in_lists_and_arrays_and_come_back_as_text():
    for given in (POS, np.array(POS), np.array(POS, object), tuple(POS)):
        kv = KeyedVectors(WORDS, ROWS, attributes={"pos": given})
        assert [kv.get_vecattr(word, "pos") for word in WORDS] == POS
        assert kv.get_vecattrs("pos").tolist() == POS and type(kv.get_vecattr("king", "pos")) is str
        assert len(kv._attributes["pos"].names) == 2  # each is kept once
    for bad in ([*POS[:4], 1], [*POS[:4], None], [b"a"] * 5, [["a"]] * 5, [[1], [1, 2]], [*POS[:4], "\ud800"]):
        with pytest.raises(OptionError):
            KeyedVectors(WORDS, ROWS, attributes={"pos": bad})


def test_searches_select_words_by_value():
    kv = toy(year=[1, 2, 3, 4, 5])
    near = lambda **options: {word for word, _ in kv.most_similar("the", **options)}  # noqa: E731
    assert near(within={"pos": "NOUN"}) == {"king", "queen"}
    assert near(within={"pos": ["NOUN", "VERB"], "year": range(2, 4)}) == {"run", "queen"}
    assert near(exclude={"pos": "VERB"}) == {"king", "queen"}
    assert near(within={"pos": lambda pos: pos.startswith("V")}) == {"run", "ran"}
    assert near(within={"count": lambda n: n > 7}) == {"king", "run"} and near(within={"year": 3}) == {"queen"}
    assert near(within={"pos": []}) == set() and near(within={}) == set(WORDS) - {"the"}
    assert {word for word, _ in kv.most_similar("run", within={"pos": ""})} == {"the"}
    (one,) = kv.most_similar_batch(["the"], within={"pos": "NOUN"})
    assert one == kv.most_similar("the", within={"pos": "NOUN"})
    assert kv.most_similar("the", within=kv.get_vecattrs("pos") == "NOUN") == one  # a mask does the same
    assert {word for word, _ in kv.most_similar_cosmul("the", within={"pos": "NOUN"})} == {"king", "queen"}
    shared = KeyedVectors([*WORDS, "King"], Shared(ROWS, [*range(5), 0]), attributes={"pos": [*POS[:4], "", "NAME"]})
    assert [word for word, _ in shared.most_similar("the", within={"pos": "NAME"})] == ["king"]  # which owns the row


@pytest.mark.parametrize(
    ("within", "said"),
    [
        ({"pos": "noun"}, "within for 'pos' must be texts that words have, such as 'NOUN', 'VERB'; got 'noun'"),
        ({"pos": 3}, "texts that words have.*got 3"),
        ({"tag": "NOUN"}, "within must name attributes .*pos, year.*got 'tag'"),
        ({"year": "new"}, "within for 'year' must be numbers"),
        ({"xy": 1}, "one value for each word"),
    ],
)
def test_values_that_no_word_can_have_are_refused(within, said):
    with pytest.raises(OptionError, match=said):
        toy(year=[1, 2, 3, 4, 5], xy=np.eye(5)).most_similar("the", within=within)


def test_native_files_hold_texts(tmp_path):
    kv = toy(**{"pos.names": [1, 2, 3, 4, 5], "rare": ["", "", "é\udcff", "", ""]})
    kv.save(tmp_path / "a.safetensors")
    for mmap in (True, False):
        again = load(tmp_path / "a.safetensors", mmap=mmap)
        again.verify()
        assert again.get_vecattrs("pos").tolist() == POS and again.get_vecattr("queen", "rare") == "é\udcff"
        assert again.get_vecattr("ran", "pos.names") == 4
        assert len(again.most_similar("the", within={"pos": "VERB"})) == 2
    again.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert store.open_file(tmp_path / "a.safetensors").metadata["wordvec.requires"] == "category"
    kv.without("attributes").save(tmp_path / "c.safetensors")
    assert store.open_file(tmp_path / "c.safetensors").metadata["wordvec.requires"] == ""
    for copy in (pickle.loads(pickle.dumps(kv)), pickle.loads(pickle.dumps(again.to_memory()))):
        assert copy.get_vecattrs("pos").tolist() == POS


def test_names_that_no_word_has_are_not_written(tmp_path):
    toy().subset(["run", "the"]).save(tmp_path / "a.safetensors")
    again = load(tmp_path / "a.safetensors")
    assert list(again._attributes["pos"].names) == ["VERB"] and again.get_vecattrs("pos").tolist() == ["VERB", ""]


def test_damaged_codes_and_names_are_refused(tmp_path):
    toy().save(tmp_path / "a")
    good = store.open_file(tmp_path / "a")
    config = {key: value for key, value in good.config.items() if key != "order"}

    def opened(**changed):
        tensors = {name: array for name, array in good.tensors.items() if not name.startswith("_pad")} | changed
        del tensors["embeddings.norm"]
        store.write_file(tmp_path / "b", {k: v for k, v in tensors.items() if v is not None}, config, ["category"])
        return load(tmp_path / "b")

    beyond = opened(**{"attr.pos": np.full(5, 7, np.uint32)})
    for ask in (
        lambda: beyond.get_vecattr("run", "pos"),
        lambda: beyond.get_vecattrs("pos"),
        beyond.verify,
        lambda: beyond.save(tmp_path / "c"),
    ):
        with pytest.raises(FormatError, match="code of a text must be at most 2; got 7"):
            ask()
    for changed in (
        {"attr.pos": np.zeros(5, np.int64)},
        {"attr.pos": np.zeros((5, 1), np.uint32)},
        {"attr.pos": None},
        {"category.pos.names": None},
        {"category.pos.offsets": np.array([0, 9, 99])},
    ):
        with pytest.raises(FormatError):
            opened(**changed)


def test_texts_are_set_and_grow_with_the_words():
    kv = toy()
    before = kv.copy()
    kv.set_vecattr("the", "pos", "DET")
    kv.set_vecattr("run", "pos", "NOUN")
    kv.add_vector("walk", np.ones(8))
    more = {"pos": ["DET", "X", "VERB"], "new": ["1", "", "2"]}
    kv.add_vectors(["a", "b", "run"], np.ones((3, 8)), more, replace=True)
    assert kv.get_vecattrs("pos").tolist() == ["NOUN", "VERB", "NOUN", "VERB", "DET", "", "DET", "X"]
    assert kv.get_vecattrs("new").tolist() == ["", "2", "", "", "", "", "1", ""]
    assert before.get_vecattrs("pos").tolist() == POS
    kv.add_vectors("c", np.ones(8), {"pos": "Y"})
    kv.allocate_vecattrs(["pos", "other"], [str, str])
    assert kv.get_vecattr("c", "pos") == "Y" and kv.get_vecattr("c", "other") == ""
    for change in (lambda: kv.set_vecattr("a", "pos", 3), lambda: kv.allocate_vecattrs(["pos"], [int])):
        with pytest.raises(OptionError, match="'pos' must hold text, as it does; got int64"):
            change()


def test_many_texts_are_set_in_time_that_does_not_grow_with_them():
    kv = KeyedVectors([f"w{i}" for i in range(3000)], np.ones((3000, 2), np.float32))
    columns = []
    for i in range(3000):
        kv.set_vecattr(f"w{i}", "own", f"text {i}")
        columns.append(id(kv._attributes["own"].names))
    assert len(set(columns)) == 1  # names are added to, not copied
    assert kv.get_vecattr("w2999", "own") == "text 2999" and kv.get_vecattr("w7", "own") == "text 7"


@pytest.mark.parametrize(("on_conflict", "of_run"), [("first", "VERB"), ("last", "NOUN")])
def test_merged_texts_have_the_names_of_all(on_conflict, of_run):
    other = KeyedVectors(["red", "run"], np.ones((2, 8)), attributes={"pos": ["ADJ", "NOUN"], "colour": ["red", ""]})
    made = toy().merge(other, on_conflict=on_conflict)
    assert made.get_vecattrs("pos").tolist() == ["NOUN", of_run, "NOUN", "VERB", "", "ADJ"]
    assert made.get_vecattr("red", "colour") == "red" and made.get_vecattr("king", "colour") == ""
    with pytest.raises(OptionError, match="'pos' must be text in all vectors or in none"):
        toy().merge(KeyedVectors(["x"], np.ones((1, 8)), attributes={"pos": [1]}))


def test_other_vectors_made_of_these_keep_texts():
    kv = toy()
    made = kv.vectors_for_all(["queen", "new", "run"], copy_vecattrs=True)
    assert made.get_vecattrs("pos").tolist() == ["NOUN", "VERB"]
    zero = kv.with_oov("zero").vectors_for_all(["queen", "new"], copy_vecattrs=True)
    assert zero.get_vecattrs("pos").tolist() == ["NOUN", ""]
    assert kv.prune(2, remap="drop").get_vecattrs("pos").tolist() == ["NOUN", "VERB"]


def test_texts_go_to_other_libraries(tmp_path):
    kv = toy()
    with pytest.raises(OptionError, match="sort_attr must be count or an attribute of numbers; 'pos' is text"):
        kv.save_word2vec_format(tmp_path / "a.vec", sort_attr="pos")
    pytest.importorskip("pyarrow")
    table = to_arrow(kv)
    assert table["pos"].to_pylist() == POS
    assert from_arrow(table).get_vecattrs("pos").tolist() == POS
    plain = table.drop_columns("pos").append_column("pos", [POS])  # no dictionary
    assert from_arrow(plain).get_vecattrs("pos").tolist() == POS
    with pytest.warns(UserWarning, match="attributes .*left out, as an Arrow table has no place"):
        assert "pos" not in to_arrow(toy(pos=["\udcff"] * 5)).column_names
    pytest.importorskip("pandas")
    with pytest.warns(UserWarning, match="attributes .*left out, as pandas"):
        to_pandas(kv)


def test_texts_go_to_gensim_and_back():
    pytest.importorskip("gensim")
    peer = to_gensim(toy())
    assert peer.get_vecattr("king", "pos") == "NOUN"
    peer.set_vecattr("king", "made", "here")  # the others have 0
    back = from_gensim(peer)
    assert back.get_vecattrs("pos").tolist() == POS
    assert back.get_vecattrs("made").tolist() == ["here", "", "", "", ""]


def test_a_column_of_texts():
    some = Categories.of(["b", "a", "b", ""])
    assert some[0] == "b" and some[-1] == "" and list(some) == ["b", "a", "b", ""] and len(some) == 4
    assert some[1:].tolist() == ["a", "b", ""] and some[np.array([True, False, False, True])].tolist() == ["b", ""]
    assert np.asarray(some).dtype == object and np.asarray(some, "U").tolist() == ["b", "a", "b", ""]
    assert list(some[[3, 1]].used().names) == ["a"] and some[[3, 1]].used().codes.tolist() == [0, 1]
    assert np.asarray(Categories.of([])).tolist() == []
