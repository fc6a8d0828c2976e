"""`wordvec verify`: every byte of a file is read, or it is said which are not."""

import gzip
import json
import sqlite3
from dataclasses import replace

import golden_others as golden
import numpy as np
import pytest

from wordvec import cli, formats, store
from wordvec.align import Map
from wordvec.base.errors import FormatError
from wordvec.formats import magnitude
from wordvec.formats.io.selection import Selection
from wordvec.subwords import make_subwords
from wordvec.transforms import Multiply, Transforms
from wordvec.vectors import KeyedVectors


@pytest.fixture
def verify(capsys):
    """The exit status and what was printed."""

    def call(path, *flags):
        status = cli.main(["verify", str(path), *flags])
        return status, *capsys.readouterr()

    return call


def listless(norms=golden.NORMS):
    """A file of finalfusion whose header does not list the norms that it holds, as those before October 2019."""
    data = golden.fifu(golden.simple(), golden.UNITS)
    return data + golden.norms_chunk(len(data), norms)


def test_norms_that_the_header_does_not_list_are_read(tmp_path, verify):
    path = tmp_path / "x.fifu"
    path.write_bytes(listless())
    for mapped in (True, False):
        np.testing.assert_allclose(formats.load(path, mmap=mapped).vectors, golden.MATRIX, rtol=1e-6)
    path.write_bytes(gzip.compress(listless()))
    np.testing.assert_allclose(formats.load(path).vectors, golden.MATRIX, rtol=1e-6)
    assert verify(path) == (0, f"{path}: whole\n", "")


@pytest.mark.parametrize("rest", [b"x", b"\6\0\0\0", golden.chunk(6, b"1234"), golden.chunk(99, b"1234"), bytes(100)])
def test_what_follows_the_chunks_is_not_passed_over(rest, tmp_path, verify):
    path = tmp_path / "x.fifu"
    for data in (listless(), golden.fifu(golden.simple(), golden.UNITS, golden.NORMS)):
        path.write_bytes(data + rest)
        with pytest.raises(FormatError, match="it goes on"):
            formats.load(path)
        assert verify(path)[0] == 1
        with pytest.warns(UserWarning, match="the rest is left out") as caught:
            loaded = formats.load(path, strict=False)
        assert caught[0].filename == __file__
        np.testing.assert_allclose(loaded.vectors, golden.MATRIX, rtol=1e-6)


def test_lengths_beyond_float32(tmp_path):
    (tmp_path / "x.fifu").write_bytes(listless(np.full(4, 3e38, np.float32)))
    assert np.isfinite(formats.load(tmp_path / "x.fifu").vectors).all()
    data = golden.fifu(golden.simple(), golden.UNITS * 2, np.full(4, 3e38, np.float32))
    (tmp_path / "x.fifu").write_bytes(data)
    with pytest.raises(FormatError, match=r"float32 can hold, up to 3\.4e38"):
        formats.load(tmp_path / "x.fifu")


def test_tables_of_a_database(tmp_path, verify):
    path = golden.magnitude(tmp_path)[0]
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE magnitude_approx (trees INTEGER, index_file BLOB)")
    database.close()
    assert verify(path) == (0, f"{path}: whole\n", f"{path}: not read: table magnitude_approx\n")
    assert json.loads(verify(path, "--json")[1])["not_read"] == ["table magnitude_approx"]


def test_parts_of_a_folder(tmp_path, verify):
    KeyedVectors(["a", "b"], np.eye(2)).save(f"{tmp_path}/model/")
    assert verify(tmp_path / "model")[2].count("not read") == 0
    (tmp_path / "model" / "more.bin").write_bytes(b"1")
    assert "not read: file more.bin" in verify(tmp_path / "model")[2]


def test_compressed_files_are_read_to_their_end(tmp_path, verify):
    path = tmp_path / "x.npy"
    formats.save(KeyedVectors(["a", "b"], np.eye(2)), path)
    packed = bytearray(gzip.compress(path.read_bytes()))
    path.write_bytes(packed)
    assert verify(path)[0] == 0
    packed[-6] ^= 1  # of the checksum, which comes after all data
    path.write_bytes(packed)
    status, _, said = verify(path)
    assert status == 1 and "is damaged" in said


def test_numbers_of_ngrams_and_context(tmp_path, verify):
    table = np.ones((8, 2), np.float32)
    table[3, 1] = np.nan
    subwords = make_subwords("fasttext", table, min_n=3, max_n=4)
    KeyedVectors(["ok"], np.ones((1, 2)), subwords=subwords).save(tmp_path / "x.safetensors")
    assert "row 4 of the n-grams holds NaN" in verify(tmp_path / "x.safetensors")[2]
    KeyedVectors(["ok"], np.ones((1, 2)), context=np.full((1, 2), np.inf)).save(tmp_path / "x.safetensors")
    assert "row 1 of the context holds NaN or infinity" in verify(tmp_path / "x.safetensors")[2]


@pytest.mark.parametrize("data", [b"the 12345\nof 9876\n", b"1 0.5 0.25\n0 0.5 1\n", b" a 1 2\n b 3 4\n"])
def test_doubtful_files_are_not_called_whole(data, tmp_path, verify):
    (tmp_path / "x").write_bytes(data)
    status, out, said = verify(tmp_path / "x")
    assert (status, out) == (1, "") and "--format glove reads it" in said


def test_the_command_takes_the_name_of_a_format(tmp_path, verify):
    """--format says what a file is, in every verb that has flags for reading."""
    (tmp_path / "x").write_bytes(b"the 12345\nof 9876\n")
    assert verify(tmp_path / "x", "--format", "glove")[0] == 0
    for verb, *out in (("info",), ("convert", str(tmp_path / "y.vec"))):
        assert cli.main([verb, str(tmp_path / "x"), *out]) == 1
        assert cli.main([verb, str(tmp_path / "x"), *out, "--format", "glove"]) == 0


# ---- memory ----


def test_cells_that_share_their_text(tmp_path):
    """A damaged tree can show one long text in every row: no more is read than the file can hold."""
    path = tmp_path / "x.magnitude"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE magnitude (key TEXT, dim_0 INTEGER, magnitude REAL)")
        database.execute("CREATE TABLE magnitude_format (key TEXT, value INTEGER)")
        database.execute("INSERT INTO magnitude_format VALUES ('precision', 7)")
        database.executemany("INSERT INTO magnitude VALUES (?, 1, 1.0)", [(f"{i}{'x' * 9000}",) for i in range(9)])
    database.close()
    source = formats.open_source(path)
    assert len(magnitude.load(source, Selection())) == 9
    with pytest.raises(FormatError, match="keys must take no more bytes than the file has"):
        magnitude.load(replace(source, size=source.size // 2), Selection())


def test_a_map_without_a_matrix_is_no_wider_than_its_file(tmp_path):
    """Steps that hold no numbers cannot ask for a matrix of any size."""
    for dim in (300, 1 << 14):
        steps = [{"step": "unit", "options": {}, "dims": [dim, dim]}] * 3
        told = {"facts": {}, "source": steps, "target": None}
        store.write_file(tmp_path / "x", {"z": np.zeros(0, np.float32)}, {"metadata": told}, kind="wordvec-map")
        with pytest.raises(FormatError):
            Map.load(tmp_path / "x")
        store.write_file(tmp_path / "x", {}, {"metadata": told}, kind="wordvec-map")
        if dim == 300:
            assert Map.load(tmp_path / "x").matrix.shape == (300, 300)
        else:
            with pytest.raises(FormatError, match="a map of vectors of 16384 numbers must have matrices of that size"):
                Map.load(tmp_path / "x")
    wide = Map(Transforms([Multiply(np.eye(2, 2000)).fitted()]))
    wide.save(tmp_path / "x")
    assert Map.load(tmp_path / "x").source.dims == (2, 2000)
