"""Attributes as an object: columns by name that are taken, blanked, merged, filtered and changed, each on its own."""

import pickle

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.base.errors import OptionError
from wordvec.vectors.attributes import Attributes

POS = ["NOUN", "VERB", "", "NOUN"]


def columns():
    return Attributes({"pos": POS, "year": np.array([1987, 0, 5, 7]), "pair": np.arange(8).reshape(4, 2)}, 4)


def lists(attributes):
    return {name: values.tolist() for name, values in attributes.items()}


def test_new_columns_leave_the_old_ones_as_they_were():
    attributes, before = columns(), lists(columns())
    taken = attributes.take(np.array([3, 0]))
    assert lists(taken) == {"pos": ["NOUN", "NOUN"], "year": [7, 1987], "pair": [[6, 7], [0, 1]]} and taken.size == 2
    blanked = attributes.blanked(np.array([True, False, False, True]))
    assert lists(blanked) == {
        "pos": ["", "VERB", "", ""],
        "year": [0, 0, 5, 0],
        "pair": [[0, 0], [2, 3], [4, 5], [0, 0]],
    }
    taken.set("year", [0], 1)
    blanked.set("pos", [0], "X")
    assert lists(attributes) == before and taken["year"][0] == 1 and blanked["pos"][0] == "X"


def test_a_change_does_not_reach_what_was_shared():
    attributes = columns()
    attributes.set("pos", 1, "ADJ")
    other = attributes.frozen()
    attributes.set("pos", 0, "PROPN")
    attributes.extend(5)
    other.set("year", slice(None), 3)
    assert attributes["pos"].tolist() == ["PROPN", "ADJ", "", "NOUN", ""] and attributes["year"].tolist() == [
        1987,
        0,
        5,
        7,
        0,
    ]
    assert other["pos"].tolist() == ["NOUN", "ADJ", "", "NOUN"] and other["year"].tolist() == [3] * 4
    attributes.allocate("new", np.dtype(bool))
    assert attributes["new"].tolist() == [False] * 5 and "new" not in other and attributes.size == 5


@pytest.mark.parametrize(("last", "expected"), [(False, [1987, 0, 5, 7, 9]), (True, [8, 0, 5, 7, 9])])
def test_merged(last, expected):
    second = Attributes({"year": [9, 8], "pos": ["ADJ", "ADV"]}, 2)
    indices = [np.arange(4), np.array([4, 0])]
    merged = Attributes.merged([columns(), second], indices, 5, last=last)
    assert merged["year"].tolist() == expected and merged.size == 5
    assert merged["pos"].tolist() == ["ADV" if last else "NOUN", "VERB", "", "NOUN", "ADJ"]
    assert merged["pair"].tolist() == [*np.arange(8).reshape(4, 2).tolist(), [0, 0]]
    with pytest.raises(OptionError, match="'year' must be text in all vectors or in none"):
        Attributes.merged([columns(), Attributes({"year": ["a", "b"]}, 2)], indices, 5, last=last)


def test_matching():
    attributes, counts = columns(), np.array([1, 2, 3, 4])
    for wanted, expected in (
        ({}, [1, 1, 1, 1]),
        ({"pos": "NOUN"}, [1, 0, 0, 1]),
        ({"pos": ["VERB", ""]}, [0, 1, 1, 0]),
        ({"pos": "NOUN", "year": lambda year: year > 9}, [1, 0, 0, 0]),
        ({"count": [2, 4]}, [0, 1, 0, 1]),
    ):
        assert attributes.matching(wanted, counts, "within").tolist() == [bool(has) for has in expected]
    for wrong in ("pair", "none"):
        with pytest.raises(OptionError, match=rf"within must name attributes .* \(pos, year\); got '{wrong}'"):
            attributes.matching({wrong: 1}, counts, "within")
    with pytest.raises(OptionError, match=r"\(these vectors have none\); got 'pos'"):
        KeyedVectors(["a"], [[1.0]]).most_similar("a", within={"pos": "NOUN"})


def test_attributes_of_vectors_are_read_by_name():
    kv = KeyedVectors([*"abcd"], np.eye(4), attributes=columns())
    assert lists(kv.attributes) == lists(columns()) and list(kv.attributes) == ["pos", "year", "pair"]
    kv.set_vecattr("a", "pos", "ADJ")
    assert kv.attributes["pos"][0] == "ADJ" and lists(pickle.loads(pickle.dumps(kv)).attributes) == lists(kv.attributes)
    assert repr(kv.attributes) == "Attributes of 4 words: pos, year, pair"
    with pytest.raises(OptionError, match="for each of 3 words; got"):
        KeyedVectors([*"abc"], np.eye(3), attributes=columns())
