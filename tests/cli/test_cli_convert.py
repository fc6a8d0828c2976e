"""`wordvec convert`, `info` and `verify` on vectors: formats, parts of a file, damaged files, tables without words."""

import json
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.cli import main
from wordvec.subwords import make_subwords

SMALL = ["--vector-size", "8", "--epochs", "2", "--min-count", "1", "--workers", "1"]


def test_info(here, command):
    command("train", "text.txt", *SMALL, "--quiet")
    status, out, _ = command("info", "text.safetensors")
    facts = dict(line.split("\t") for line in out.splitlines())
    assert status == 0 and facts["words"] == "6" and facts["vector_size"] == "8" and facts["trainer"] == "skipgram"
    assert facts["options.epochs"] == "2" and facts["context"] == "no" and facts["counts"] == "yes"
    assert json.loads(command("info", "text.safetensors", "--json")[1])["metadata"]["options"]["epochs"] == 2


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".vec"])
def test_convert_there_and_back(here, command, suffix):
    assert command("convert", "toy.safetensors", f"other{suffix}") == (0, f"other{suffix}\n", "")
    assert command("convert", f"other{suffix}", "back.safetensors")[0] == 0
    first, back = wordvec.load("toy.safetensors"), wordvec.load("back.safetensors")
    assert list(first.index_to_key) == list(back.index_to_key)
    np.testing.assert_array_equal(first.vectors, back.vectors)
    assert command("verify", "back.safetensors") == (0, "back.safetensors: whole\n", "")


def test_convert_to_a_format_that_is_named(here, command):
    assert command("convert", "toy.safetensors", "other.txt", "--to", "glove")[0] == 0
    assert (here / "other.txt").read_bytes().count(b"\n") == len(wordvec.load("toy.safetensors"))
    assert command("convert", "toy.safetensors", "no suffix", "--to", "word2vec-binary")[0] == 0
    assert list(wordvec.load("no suffix")) == list(wordvec.load("toy.safetensors"))
    assert command("convert", "toy.safetensors", "other.bin", "--to", "sparkle")[0] == 2


def test_convert_to_an_unknown_suffix(here, command):
    status, _, err = command("convert", "toy.safetensors", "other.xls")
    assert status == 2 and ".safetensors" in err and "other.xls" in err


def test_convert_a_part_by_a_named_format(here, command):
    Path("some.txt").write_text("queen\ntax\nnobody\n")
    convert = ["convert", "toy.safetensors", "part.any", "--to", "word2vec-text", "--force"]
    for flags, expected in (
        (["--limit", "2"], ["man", "king"]),
        (["--words", "some.txt"], ["queen", "tax"]),
        (["--min-count", "4"], ["man", "king", "woman"]),
        (["--words", "some.txt", "--limit", "4"], ["queen"]),
    ):
        assert command(*convert, *flags) == (0, "part.any\n", "")
        assert list(wordvec.load("part.any")) == expected
    facts = json.loads(command(*convert, "--json")[1])
    assert facts == {"output": "part.any", "format": "word2vec-text", "words": 5, "vector_size": 3}
    status, _, err = command(*convert, "--min-count", "100")
    assert status == 2 and "none is left" in err and len(wordvec.load("part.any")) == 5
    assert command("convert", "toy.safetensors", "x.txt", "--to", "nonsense")[0] == 2
    assert command("convert", "toy.safetensors", "x.txt", "--words", "missing.txt")[0] == 1


def test_info_of_any_format(here, command):
    command("convert", "toy.safetensors", "toy.bin")
    facts = json.loads(command("info", "toy.bin", "--json")[1])
    assert (
        facts["format"] == "word2vec-binary" and facts["codec"] == "float32" and facts["bytes_per_row"] == 16
    )  # with its length
    assert facts["subwords"] is None and facts["normalised"] is False and facts["metadata"]["source"]["rows"] == 5
    KeyedVectors(["a", "b"], [[1, 0], [0, 0]], metadata={"licence": "CC0"}).save("unit.safetensors")
    out = command("info", "unit.safetensors")[1].splitlines()
    assert "format\tnative" in out and "normalised\tyes" in out and "licence\tCC0" in out and "subwords\tno" in out


def test_info_says_how_rows_are_kept(here, command):
    rows = np.random.default_rng(0).standard_normal((20, 8))
    kv = KeyedVectors([f"w{i}" for i in range(20)], rows)
    for codec, options, expected in (
        ("pq", {"m": 4, "opq": True}, {"m": 4, "opq": True}),
        ("bits", {"rescore": None}, {"rescore": None}),
        ("int8", {}, None),
    ):
        kv.compress(codec, **options).save("small.safetensors")
        facts = json.loads(command("info", "small.safetensors", "--json")[1])
        told = facts["codec_options"]
        assert facts["codec"] == codec and (told and {name: told[name] for name in expected}) == expected
        table = command("compress", "small.safetensors", "again.safetensors", "--force", "--codec", "float32")[1]
        assert f"bytes a row\t{facts['bytes_per_row']:.1f}\t" in table
    assert "codec_options" in command("info", "small.safetensors")[1]


@pytest.mark.filterwarnings("default")
def test_damaged_files_are_read_when_asked_to(here, command):
    Path("cut.vec").write_text("3 2\nking 1 2\nqueen 2 1\n")
    status, _, err = command("convert", "cut.vec", "out.safetensors")
    assert status == 1 and "--no-strict" in err and "strict=False" not in err and not Path("out.safetensors").exists()
    status, _, err = command("convert", "cut.vec", "out.safetensors", "--no-strict")
    assert status == 0 and "wordvec: warning: " in err and list(wordvec.load("out.safetensors")) == ["king", "queen"]
    status, _, err = command("similar", "cut.vec", "king")
    assert status == 1 and "`wordvec convert --no-strict`" in err
    for verb in (["info"], ["compress", "--force"]):
        output = ["small.safetensors"] if verb[0] == "compress" else []
        assert command(verb[0], "cut.vec", *output, *verb[1:])[0] == 1
        assert command(verb[0], "cut.vec", *output, *verb[1:], "--no-strict")[0] == 0


@pytest.mark.parametrize(("which", "row"), [("first", [1, 2]), ("last", [3, 4]), ("mean", [2, 3]), ("error", None)])
def test_of_repeated_words_the_wanted_row_is_kept(here, command, which, row):
    Path("twice.vec").write_text("2 2\nking 1 2\nking 3 4\n")
    status, _, err = command("convert", "twice.vec", "out.safetensors", "--duplicates", which)
    if row is None:
        assert status == 1 and "king" in err
    else:
        assert status == 0 and wordvec.load("out.safetensors")["king"].tolist() == row


@pytest.fixture
def floret(here):
    """A file with a table of n-grams and without words, and what it composes of."""
    table = np.random.default_rng(1).standard_normal((50, 4)).astype(np.float32)
    subwords = make_subwords("floret", table, min_n=2, max_n=3, hash_count=2)
    kv = KeyedVectors([], np.empty((0, 4), np.float32), subwords=subwords)
    wordvec.formats.save(kv, "table.floret")
    Path("candidates.txt").write_text("guitar\nviolin\nbread\nviolin\n")
    return subwords


def test_a_table_without_words_needs_candidates(floret, command):
    for words in (["guitar"], ["guitar", "--within", "empty.txt"]):
        Path("empty.txt").write_text("\n")
        status, out, err = command("similar", "table.floret", *words)
        assert (status, out) == (1, "") and err.count("\n") == 1
        assert "the file has no words" in err and "--within FILE" in err and "--words FILE" in err
    status, out, err = command("similar", "table.floret", "guitars", "--within", "candidates.txt", "-n", "5")
    assert (status, err) == (0, "")
    rows = floret.compose(["guitars", "guitar", "violin", "bread"])[0]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = dict(zip(["guitar", "violin", "bread"], (rows[1:] @ rows[0]).tolist()))
    expected = sorted(cosines, key=cosines.get, reverse=True)
    found = [line.split("\t") for line in out.splitlines()]
    assert [word for word, _ in found] == expected
    assert [float(cosine) for _, cosine in found] == pytest.approx([cosines[word] for word in expected], abs=1e-4)
    assert command("analogy", "table.floret", "a", "b", "c", "--within", "candidates.txt")[0] == 0


def test_a_table_without_words_is_converted_with_words_or_as_a_table(floret, command):
    status, _, err = command("convert", "table.floret", "out.vec")
    assert status == 1 and "no words" in err and "--words FILE" in err and "--limit" not in err
    assert command("convert", "table.floret", "out.safetensors", "--words", "candidates.txt")[0] == 0
    assert list(wordvec.load("out.safetensors")) == ["guitar", "violin", "bread"]
    for output in ("table.safetensors", "again.floret"):
        assert command("convert", "table.floret", output)[0] == 0
        np.testing.assert_array_equal(np.asarray(wordvec.load(output).subwords.table), floret.table)
    assert command("similar", "table.safetensors", "guitar", "--within", "candidates.txt")[0] == 0
    assert command("info", "table.floret")[0] == 0


def test_verify_any_format(here, command):
    command("convert", "toy.safetensors", "toy.txt")
    assert command("verify", "toy.txt") == (0, "toy.txt: whole\n", "")
    facts = json.loads(command("verify", "toy.txt", "--json")[1])
    assert facts == {"file": "toy.txt", "format": "word2vec-text", "whole": True, "words": 5, "zero_rows": 0}
    for text, said in (
        ("2 2\na 1 2\nb nan 1\n", "row 2 ('b') holds NaN"),
        ("2 2\na 1 2\na 2 1\n", "must be distinct; 1 rows"),
        ("3 2\na 1 2\nb 2 1\n", "3 rows"),
        ("2 2\na 1 2\nb 2\n", "row 2"),
    ):
        Path("bad.txt").write_text(text)
        status, out, err = command("verify", "bad.txt")
        assert (status, out) == (1, "") and said in err and err.count("\n") == 1
    KeyedVectors(["a", "b"], [[1, 0], [0, 0]]).save("zero.safetensors")
    status, out, err = command("verify", "zero.safetensors")
    assert (status, out) == (0, "zero.safetensors: whole\n") and "1 of 2 rows are zeros" in err
    KeyedVectors(["a", "b"], [[1, 0], [0, np.inf]]).save("inf.safetensors")
    assert command("verify", "inf.safetensors")[0] == 1


def test_verify_finds_a_flipped_bit(here, command):
    data = bytearray(Path("toy.safetensors").read_bytes())
    place = data.find(np.float32(2.5).tobytes())
    data[place] ^= 1
    Path("toy.safetensors").write_bytes(data)
    status, out, err = command("verify", "toy.safetensors")
    assert (status, out) == (1, "") and err.startswith("wordvec: error: ")


@pytest.mark.filterwarnings("default")  # the command shows them
def test_words_that_a_format_cannot_hold_can_be_left_out(here, capsys):
    KeyedVectors(["new york", "tea"], [[1, 0], [1, 1]]).save("spaces.safetensors")
    assert main(["convert", "spaces.safetensors", "out.vec"]) == 2
    assert "--unwritable skip" in capsys.readouterr().err
    assert main(["convert", "spaces.safetensors", "out.vec", "--unwritable", "skip", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["words"] == 1 and "1 " in err
    assert Path("out.vec").read_bytes().startswith(b"1 2\ntea ")
