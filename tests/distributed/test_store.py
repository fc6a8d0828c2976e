"""Stores: what is put is read, in ranges of rows, whole or not at all."""

import errno
import os
import pickle

import numpy as np
import pytest

import wordvec
from wordvec.distributed import FolderStore, Lost


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


def test_rows_of_an_array_are_read(store):
    matrix = np.arange(12, dtype=np.float32).reshape(4, 3)
    store.put("a/b", {"matrix": matrix, "ids": np.arange(5, dtype=np.int32), "none": np.empty(0, np.int64)})
    assert np.array_equal(store.read("a/b", "matrix"), matrix)
    assert np.array_equal(store.read("a/b", "matrix", 1, 3), matrix[1:3])
    assert store.read("a/b", "ids", 2).tolist() == [2, 3, 4]
    assert store.read("a/b", "ids").dtype == np.int32
    assert len(store.read("a/b", "none")) == 0
    assert store.read("a/b", "matrix", 4).shape == (0, 3)


def test_a_copy_of_a_store_reaches_the_same_arrays(store):
    store.put("a", {"x": np.arange(3)})
    assert pickle.loads(pickle.dumps(store)).read("a", "x").tolist() == [0, 1, 2]


def test_what_has_a_name_is_replaced(store):
    store.put("a", {"x": np.arange(3)})
    store.put("a", {"x": np.arange(2)})
    assert store.read("a", "x").tolist() == [0, 1]


def test_what_is_not_there_is_lost(store):
    store.put("a", {"x": np.arange(3)})
    with pytest.raises(Lost, match="'b' is gone") as caught:
        store.read("b", "x")
    assert caught.value.name == "b"
    copied = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copied, Lost) and copied.name == "b"


def test_a_damaged_file_is_lost(store):
    store.put("a", {"x": np.arange(300)})
    (path,) = [os.path.join(store.path, name) for name in os.listdir(store.path)]
    os.truncate(path, os.path.getsize(path) - 8)
    with pytest.raises(Lost):
        store.read("a", "x")


def test_a_prefix_is_dropped_word_by_word(store):
    for name in ("part-1", "part-1/a", "part-1/b/c", "part-10", "other"):
        store.put(name, {"x": np.arange(1)})
    store.drop("part-1")
    store.drop("part-1")
    for name in ("part-1", "part-1/a", "part-1/b/c"):
        with pytest.raises(Lost):
            store.read(name, "x")
    assert store.read("part-10", "x").tolist() == store.read("other", "x").tolist() == [0]


@pytest.mark.parametrize("name", ["", "a//b", "../a", "a/..", "/a", ".hidden", "a b"])
def test_other_names_are_refused(store, name):
    with pytest.raises(wordvec.OptionError, match="a name must be"):
        store.put(name, {"x": np.arange(3)})


def test_what_is_not_stored_is_named(store):
    store.put("a", {"x": np.arange(3)})
    with pytest.raises(wordvec.OptionError, match="must have an array 'y'; it has x"):
        store.read("a", "y")
    for start, stop in ((-1, 2), (2, 1), (0, 4)):
        with pytest.raises(wordvec.OptionError, match="within the 3 that are stored"):
            store.read("a", "x", start, stop)


def test_a_full_disk_leaves_the_old_arrays_and_no_file(store, monkeypatch):
    store.put("a", {"x": np.arange(3)})

    def full(*arguments):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("wordvec.distributed.store._write", full)
    with pytest.raises(wordvec.OutputError, match=r"on .+: the disk must have room"):
        store.put("a", {"x": np.arange(9)})
    monkeypatch.undo()
    assert store.read("a", "x").tolist() == [0, 1, 2]
    assert len(os.listdir(store.path)) == 1
