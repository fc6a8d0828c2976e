"""`wordvec drift`: tables of words that changed, steps and neighbours of words, tests; and folders that are served."""

import csv
import io
import json

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.align import Slices
from wordvec.cli import main
from wordvec.serve.settings import Settings, named_models

WORDS = ["cell", "wall", "phone", "a,b"]


def toy(*rows):
    return KeyedVectors(
        WORDS, np.array(rows, np.float32), counts=[90, 80, 70, 60], attributes={"tag": ["n", "n", "v", "n"]}
    )


@pytest.fixture
def folder(in_folder):
    """Three slices in which `cell` moves from `wall` to `phone`, with one repeated training."""
    old, now = [[0.1, 1], [0, 1], [1, 0], [1, 1]], [[1, 0.1], [0, 1], [1, 0], [1, 0.9]]
    slices = {"1970": toy(*old), "1990": toy([1, 1], *old[1:]), "2010": toy(*now)}
    again = {**slices, "2010": toy([0.9, 0.2], *now[1:])}
    Slices(slices, repeats=[Slices(again)]).save("slices")
    return in_folder


def rows(text, **form):
    return list(csv.DictReader(io.StringIO(text), **(form or {"delimiter": "\t"})))


def test_words_that_changed(folder, capsys):
    assert main(["drift", "slices", "-n", "2"]) == 0
    out, err = capsys.readouterr()
    found, slices = rows(out), Slices.load("slices")
    assert err == "" and [row["word"] for row in found] == ["cell", "a,b"]
    expected = slices.drift("1970", "2010", topn=2)
    assert [row["drift"] for row in found] == [
        f"{one.drift:.4f}" if one.drift > 0.001 else f"{one.drift:.3g}" for one in expected
    ]
    assert found[0]["first"] == "1970" and found[0]["second"] == "2010" and found[0]["count_first"] == "90"
    assert main(["drift", "slices", "-n", "2", "--format", "csv", "--from", "1990", "--to", "1970"]) == 0
    full = rows(capsys.readouterr().out, delimiter=",")
    assert float(full[0]["drift"]) == slices.drift("1990", "1970")[0].drift and full[0]["first"] == "1990"
    (folder / "stop.txt").write_text("cell\n")
    filters = ["--stop-words", "stop.txt", "--where", "tag=n", "--min-count", "70", "--measure", "neighbours", "--json"]
    assert main(["drift", "slices", *filters]) == 0
    assert [row["word"] for row in json.loads(capsys.readouterr().out)] == ["wall"]
    assert main(["drift", "slices", "--intervals", "-n", "1"]) == 0
    (row,) = rows(capsys.readouterr().out)
    assert float(row["low"]) < float(row["drift"]) < float(row["high"])
    assert main(["drift", "slices", "--min-count", "1000"]) == 0
    assert capsys.readouterr().out == "word\tfirst\tsecond\tdrift\tcount_first\tcount_second\n"


def test_the_measure_of_neighbours_takes_their_number(folder, capsys):
    slices = Slices.load("slices")
    found = []
    for number in (1, 3):
        flags = ["--measure", "neighbours", "--neighbours", str(number), "--json"]
        assert main(["drift", "slices", *flags]) == 0
        found.append({row["word"]: row["drift"] for row in json.loads(capsys.readouterr().out)})
        expected = slices.drift("1970", "2010", measure="neighbours", neighbours=number)
        assert found[-1] == {one.word: one.drift for one in expected}
    assert found[0] != found[1]


def test_a_folder_is_verified(folder, capsys):
    assert main(["verify", "slices"]) == 0
    assert capsys.readouterr().out == "slices: whole\n"
    assert main(["verify", "slices", "--json"]) == 0
    facts = {"file": "slices", "format": "slices", "whole": True, "slices": ["1970", "1990", "2010"], "zero_rows": 0}
    assert json.loads(capsys.readouterr().out) == facts
    assert main(["verify", "slices", "--format", "npy"]) == 2
    assert "--format must be left out" in capsys.readouterr().err
    path = folder / "slices" / "repeat-2" / "1990.safetensors"
    data = bytearray(path.read_bytes())
    data[data.index(np.ones(2, "<f4").tobytes())] ^= 1  # the vector of `cell`
    path.write_bytes(data)
    Slices.load("slices")  # as bytes of vectors are read when they are used
    assert main(["verify", "slices"]) == 1
    assert "1990.safetensors" in capsys.readouterr().err


def test_words_are_followed(folder, capsys):
    assert main(["drift", "slices", "--word", "cell", "--word", "wall"]) == 0
    found = rows(capsys.readouterr().out)
    assert [(row["word"], row["first"], row["second"]) for row in found] == [
        (word, *step) for word in ("cell", "wall") for step in (("1970", "1990"), ("1990", "2010"))
    ]
    assert main(["drift", "slices", "--word", "cell", "--show-neighbours", "1", "--from", "1970", "--to", "1970"]) == 0
    assert rows(capsys.readouterr().out) == [
        {"word": "cell", "slice": "1970", "rank": "1", "neighbour": "wall", "cosine": "0.9950"}
    ]


def test_a_test_has_p_and_q(folder, capsys):
    (folder / "old.txt").write_text("cell wall\n" * 30)
    (folder / "new.txt").write_text("cell phone\n" * 30)
    corpora = ["--corpus", "1970=old.txt", "--corpus", "2010=new.txt"]
    assert main(["drift", "slices", "--word", "cell", *corpora, "--permutations", "1999"]) == 0
    (row,) = rows(capsys.readouterr().out)
    assert row["p"] == row["q"] == "0.0005" and row["sentences_first"] == "30" and float(row["context_drift"]) > 0.5
    assert main(["drift", "slices", "--word", "a,b", *corpora, "--format", "csv"]) == 0
    (row,) = rows(capsys.readouterr().out, delimiter=",")
    assert row["word"] == "a,b" and row["p"] == "" and row["sentences_second"] == "0"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none"], "slices must be a folder"),
        (["slices", "--from", "1800"], "a slice must be one of 1970, 1990, 2010; got '1800'"),
        (["slices", "--to", "1970"], "drift must be between two slices"),
        (["slices", "--word", "zzz"], "is in none of 1970"),
        (["slices", "--show-neighbours", "3"], "must be given with --word"),
        (["slices", "--neighbours", "3"], "must be given with --measure neighbours"),
        (
            ["slices", "--word", "cell", "--show-neighbours", "3", "--corpus", "1970=x"],
            "--show-neighbours must be left out",
        ),
        (["slices", "--corpus", "1970"], "NAME=FILE"),
        (["slices", "--corpus", "1970=x.txt", "--intervals"], "--intervals must be left out"),
        (["slices", "--corpus", "1970=x.txt"], "corpora must have the texts"),
    ],
)
def test_what_is_refused(folder, capsys, words, message):
    assert main(["drift", *words]) in (1, 2)
    assert message in capsys.readouterr().err


def test_a_folder_is_served_as_models_in_one_space(folder):
    models, spaces = named_models(["slices", "un=slices", "other=x.vec"])
    assert list(models) == ["1970", "1990", "2010", "un.1970", "un.1990", "un.2010", "other"]
    assert models["un.1990"] == models["1990"] and models["1990"].endswith("1990.safetensors")
    assert spaces == (("1970", "1990", "2010"), ("un.1970", "un.1990", "un.2010"))
    assert named_models(["a/wiki.vec"]) == ({"wiki": "a/wiki.vec"}, ())


def test_slices_of_any_name_get_names_that_models_can_have(in_folder):
    names = ["a b", "a/b", "a_b", "..", "Ж" * 120]
    Slices({name: toy(*np.eye(4)) for name in names}).save("odd")
    with pytest.warns(UserWarning, match="is served as"):
        models, spaces = named_models(["odd"])
    assert list(models) == ["a_b_2", "a_b_3", "a_b", ".._2", "Ж" * 90]
    assert spaces == (tuple(models),)
    assert Settings(models=models, spaces=spaces).spaces == spaces  # which refuses other names
