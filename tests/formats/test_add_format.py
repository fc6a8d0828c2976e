"""The example of CONTRIBUTING for a new format: a module with a `FORMAT`, and one line of the table."""

import sys
from types import ModuleType

import numpy as np
import pytest

from wordvec import formats
from wordvec.base.errors import OptionError
from wordvec.cli import main
from wordvec.vectors import KeyedVectors

# The text of wordvec/formats/csv.py, as CONTRIBUTING shows it.
EXAMPLE = '''\
"""Vectors as a table of comma-separated values: `word,number,...,number` a line."""

from wordvec.formats.format import Format
from wordvec.vectors import KeyedVectors


def recognise(source):
    return source.head.startswith(b"word,")


def load(source, select):
    with source.open() as stream:
        rows = [line.rstrip().split(",") for line in stream.read().decode().splitlines()[1:]]
    vectors = KeyedVectors([row[0] for row in rows], [list(map(float, row[1:])) for row in rows])
    return vectors.subset(rows=select.rows(vectors.vocabulary, source.path))


FORMAT = Format("csv", "comma-separated values, read only", recognise, load)
'''


@pytest.fixture
def example(monkeypatch):
    module = ModuleType("csv_format")
    exec(compile(EXAMPLE, "csv_format", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "csv_format", module)
    monkeypatch.setitem(formats.FORMATS.places, "csv", "csv_format.FORMAT")
    return module.FORMAT


def test_a_new_format_is_recognised_and_read(example, tmp_path, capsys):
    (tmp_path / "toy.csv").write_text("word,x,y\nking,1,2\nqueen,1,3\n")
    kv = formats.load(tmp_path / "toy.csv")
    assert kv.index_to_key == ["king", "queen"] and kv["queen"].tolist() == [1, 3]
    assert formats.load(tmp_path / "toy.csv", words=["queen"]).index_to_key == ["queen"]
    assert formats.load(tmp_path / "toy.csv", format="csv", limit=1).index_to_key == ["king"]
    assert main(["convert", str(tmp_path / "toy.csv"), str(tmp_path / "toy.vec")]) == 0
    np.testing.assert_array_equal(formats.load(tmp_path / "toy.vec").vectors, kv.vectors)


def test_a_format_without_a_writer_says_so(example, tmp_path):
    with pytest.raises(OptionError, match=r"format must be one that wordvec writes, .*; it only reads csv"):
        formats.save(KeyedVectors(["a"], [[1.0]]), tmp_path / "x", "csv")


def test_the_example_is_short():
    assert sum(bool(line) for line in EXAMPLE.splitlines()) <= 14
    assert "csv" not in sys.modules["wordvec.formats"].FORMATS
