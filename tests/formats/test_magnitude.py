"""Magnitude files: made by hand with SQLite, as no installable pymagnitude is left; hostile databases."""

import os
import random
import sqlite3

import golden_others as golden
import numpy as np
import pytest
from golden_others import MATRIX, NORMS, UNITS, WORDS

from wordvec import formats
from wordvec.base.errors import FormatError, OptionError, WordvecError
from wordvec.formats import magnitude


def altered(folder, *statements):
    """The golden file after some SQL."""
    path = golden.magnitude(folder)[0]
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


def test_golden_file(tmp_path):
    path, words, matrix = golden.magnitude(tmp_path)
    before = path.read_bytes()
    vectors = formats.load(path)
    assert list(vectors) == words and vectors.vocabulary.counts is None
    np.testing.assert_allclose(vectors.vectors, matrix, rtol=1e-6)
    assert vectors.metadata["magnitude"] == {"version": 2, "size": 4, "dim": 3, "precision": 7, "subword": 0}
    assert vectors.metadata["source"] == {"format": "magnitude", "rows": 4, "duplicates": 0}
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("name", ["a b?c=1#d%20.db", "ä'\"; DROP TABLE x.db", "file:x?mode=rw"])
def test_any_path(name, tmp_path, monkeypatch):
    golden.magnitude(tmp_path, name=name)
    assert list(formats.load(tmp_path / name)) == WORDS
    monkeypatch.chdir(tmp_path)
    assert list(formats.load(name)) == WORDS


def test_a_read_only_folder(tmp_path):
    path, words, _ = golden.magnitude(tmp_path)
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert list(formats.load(path)) == words
    finally:
        tmp_path.chmod(0o700)


def test_parts_in_blocks(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    units = rng.standard_normal((300, 5))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    norms = rng.uniform(0.1, 9, 300)
    words = [f"w{i}" for i in range(300)]
    path, _, matrix = golden.magnitude(tmp_path, words, units, norms)
    for block in (1, 60, 1 << 18):
        monkeypatch.setattr(magnitude, "_BLOCK", block)
        np.testing.assert_allclose(formats.load(path).vectors, matrix, atol=1e-5)
        first = formats.load(path, limit=7)
        assert list(first) == words[:7]
        np.testing.assert_allclose(first.vectors, matrix[:7], atol=1e-5)
        some = formats.load(path, words=["w250", "w3", "none", "w4"])
        assert list(some) == ["w3", "w4", "w250"]
        np.testing.assert_allclose(some.vectors, matrix[[3, 4, 250]], atol=1e-5)
    with pytest.raises(OptionError, match="min_count must be left out"):
        formats.load(path, min_count=2)


def test_case_and_duplicates(tmp_path):
    """Keys that differ in case are words of their own, though the database compares them as equal."""
    path, _, _ = golden.magnitude(tmp_path, ["The", "the", "The", "x"])
    vectors = formats.load(path)
    assert list(vectors) == ["The", "the", "x"] and vectors.metadata["source"]["duplicates"] == 1
    np.testing.assert_allclose(vectors.vectors, MATRIX[[0, 1, 3]], rtol=1e-6)


def test_rows_that_were_deleted_and_other_tables(tmp_path):
    path = altered(
        tmp_path,
        "DELETE FROM magnitude WHERE rowid = 2",
        "CREATE TABLE magnitude_approx (trees INTEGER, index_file BLOB)",
        "CREATE TABLE magnitude_subword (char_ngrams TEXT, num_ngrams INTEGER)",
    )
    np.testing.assert_allclose(formats.load(path).vectors, MATRIX[[0, 2, 3]], rtol=1e-6)


def test_other_precisions(tmp_path):
    path, _, matrix = golden.magnitude(tmp_path, precision=3)
    np.testing.assert_allclose(formats.load(path).vectors, matrix, rtol=1e-3)
    zero, _, _ = golden.magnitude(tmp_path, ["a"], UNITS[:1], np.zeros(1), name="zero")
    assert formats.load(zero)["a"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        (["DROP TABLE magnitude"], "a plain table magnitude;"),
        (["DROP TABLE magnitude_format"], "a plain table magnitude_format"),
        (["ALTER TABLE magnitude RENAME TO t", "CREATE VIEW magnitude AS SELECT * FROM t"], "plain table magnitude;"),
        (["DROP TABLE magnitude", "CREATE VIRTUAL TABLE magnitude USING fts4(key, dim_0, m)"], "plain table"),
        (["ALTER TABLE magnitude RENAME COLUMN dim_1 TO y"], "columns key, dim_0 and on"),
        (["ALTER TABLE magnitude ADD COLUMN dim_3"], "columns key, dim_0 and on"),
        (["UPDATE magnitude_format SET value = 99 WHERE key = 'precision'"], "precision of 0 to 18"),
        (["DELETE FROM magnitude_format WHERE key = 'precision'"], "precision of 0 to 18"),
        (["UPDATE magnitude SET dim_1 = 'x' WHERE rowid = 3"], "must hold numbers"),
        (["UPDATE magnitude SET dim_1 = x'00ff' WHERE rowid = 3"], "must hold numbers"),
        (["UPDATE magnitude SET magnitude = NULL"], "must hold numbers"),
        (["UPDATE magnitude SET key = NULL WHERE rowid = 2"], "keys must be text; row 2"),
    ],
)
def test_wrong_files(statements, problem, tmp_path):
    with pytest.raises(FormatError, match=problem):
        formats.load(altered(tmp_path, *statements))


def test_no_function_of_a_file_is_called(tmp_path):
    path = tmp_path / "x"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE magnitude_format (key, value)")
        database.execute("INSERT INTO magnitude_format VALUES ('precision', 7)")
        database.execute("CREATE TABLE magnitude (key TEXT, dim_0 AS (length(key)), magnitude REAL)")
        database.execute("INSERT INTO magnitude (key, magnitude) VALUES ('a', 1)")
    database.close()
    with pytest.raises(FormatError, match="a plain table magnitude;"):
        formats.load(path)


def test_compressed_and_other_databases(tmp_path):
    import gzip

    path, _, _ = golden.magnitude(tmp_path)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert len(formats.load(path))
    path.write_bytes(b"SQLite format 3\0")
    with pytest.raises(FormatError, match=r"plain table magnitude|whole SQLite"):
        formats.load(path)


def test_damage_is_our_error(tmp_path):
    path, _, _ = golden.magnitude(tmp_path)
    data, rng = path.read_bytes(), random.Random(4)
    used = [i for i, byte in enumerate(data) if byte]
    for size in [*range(16, 200, 9), *rng.sample(range(200, len(data)), 200)]:
        path.write_bytes(data[:size])
        try:
            formats.load(path)
        except FormatError:
            pass
    for _ in range(500):
        damaged = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.choice(used[16:])] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            vectors = formats.load(path)
            assert vectors.vectors.shape == (len(vectors), 3)
        except WordvecError:
            pass


def test_an_endless_tree_is_cut(tmp_path):
    """A tree whose inner page has the same leaf many times would give its rows again and again."""
    words = [f"word number {i}" for i in range(400)]
    path, _, _ = golden.magnitude(tmp_path, words, np.tile(UNITS, (100, 1)), np.tile(NORMS, 100))
    data = bytearray(path.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    roots = [at for at in range(0, len(data), size) if data[at] == 5 and at]  # inner pages of tables
    assert roots
    for at in roots:
        cells = int.from_bytes(data[at + 3 : at + 5], "big")
        places = [int.from_bytes(data[at + 12 + 2 * i : at + 14 + 2 * i], "big") for i in range(cells)]
        for place in places:
            data[at + place : at + place + 4] = data[at + places[0] : at + places[0] + 4]
        data[at + 8 : at + 12] = data[at + places[0] : at + places[0] + 4]
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"rows must come once, in order|malformed"):
        formats.load(path)
