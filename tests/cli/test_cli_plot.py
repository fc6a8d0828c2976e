"""`wordvec plot`: each kind of picture is written in each format, and what cannot be is refused before the work."""

import json

import numpy as np
import pytest

from wordvec import KeyedVectors, PoincareVectors, SenseVectors, Vocabulary

START = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF", ".html": b"<html>"}
LINES = {
    "map": "map toy.safetensors man king woman queen",
    "neighbours": "neighbours toy.safetensors king -n 2 --seed 3",
    "similarity": "similarity toy.safetensors man king queen --keep-order",
    "analogy": "analogy toy.safetensors man king woman -n 1",
    "hubness": "hubness toy.safetensors -k 2 --sample 4",
    "loss": "loss toy.safetensors other=toy.safetensors",
    "eval": "eval results.json plain.json --all-measures",
    "drift": "drift slices --word man king --since before",
    "senses": "senses senses.safetensors bank -n 1",
    "tree": "tree nodes.safetensors --edges edges.tsv",
}


@pytest.fixture
def folder(here, command):
    pytest.importorskip("matplotlib")
    pytest.importorskip("textalloc")
    from wordvec.align import Slices

    toy = KeyedVectors.load("toy.safetensors", mmap=False)
    toy = KeyedVectors(toy.index_to_key, toy.vectors, counts=toy.vocabulary.counts, metadata={"loss": [2.0, 1.5]})
    toy.save("toy.safetensors")
    Slices({"old": toy, "new": toy}).save("slices")
    words = Vocabulary.from_words(["bank", "shore", "loan"], np.array([9, 2, 1]))
    rows = np.array([[[1, 0.1], [0.1, 1]], [[1, 0], [0, 0]], [[0, 1], [0, 0]]])
    shares = np.array([[0.6, 0.4], [1, 0], [1, 0]])
    options = {"rule": "nearest", "contexts": np.ones((3, 2), np.float32), "centres": rows}
    SenseVectors.of(words, rows, shares, **options).save("senses.safetensors")
    PoincareVectors(["root", "a", "b"], [[0, 0], [0.5, 0], [-0.5, 0.2]]).save("nodes.safetensors")
    (here / "edges.tsv").write_text("a\troot\nb\troot\n")
    lines = {
        "results.json": "eval one=toy.safetensors two=toy.safetensors pairs.tsv --json",
        "plain.json": "eval toy.safetensors pairs.tsv questions.txt --json",
    }
    for name, line in lines.items():
        (here / name).write_text(command(*line.split())[1])
    return here


@pytest.mark.parametrize("kind", LINES)
def test_each_kind_is_written(folder, command, kind):
    status, out, err = command("plot", *LINES[kind].split(), "-o", "out.svg", "--title", "mine", "--size", "6x4")
    assert (status, out) == (0, "out.svg\n") and not err
    head = (folder / "out.svg").read_text()
    assert head.startswith("<?xml") and 'width="432pt" height="288pt"' in head


@pytest.mark.parametrize("suffix", START)
def test_each_format_is_written_and_repeats(folder, command, suffix):
    if suffix == ".html":
        pytest.importorskip("plotly")
    line = [*LINES["map"].split(), "-o", f"out{suffix}"]
    assert command("plot", *line)[0] == 0
    first = (folder / f"out{suffix}").read_bytes()
    assert START[suffix] in first[:40]
    status, _, err = command("plot", *line)
    assert status == 1 and f"out{suffix} exists; give --force" in err
    assert command("plot", *line, "--force")[0] == 0
    assert (folder / f"out{suffix}").read_bytes() == first


def test_words_come_from_a_file_as_well(folder, command):
    (folder / "words.txt").write_text("king\nqueen\n")
    assert command("plot", "map", "toy.safetensors", "--words", "words.txt", "-o", "a.svg")[0] == 0
    assert command("plot", "map", "toy.safetensors", "king", "queen", "-o", "b.svg")[0] == 0
    assert (folder / "a.svg").read_bytes() == (folder / "b.svg").read_bytes()


def test_slices_are_a_folder_or_files(folder, command):
    both = ["slices/old.safetensors", "new=slices/new.safetensors"]
    assert command("plot", "drift", *both, "--word", "man", "-o", "a.svg")[0] == 0
    assert command("plot", "drift", "slices", "--word", "man", "-o", "b.svg")[0] == 0
    assert (folder / "a.svg").read_bytes() == (folder / "b.svg").read_bytes()
    status, _, err = command("plot", "drift", both[0], both[0], "--word", "man", "-o", "c.svg")
    assert status == 2 and "files must have names of their own" in err


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("map toy.safetensors man king -o out.jpg", 2, "a picture must be a file of .svg, .png, .pdf, .html"),
        ("map toy.safetensors man king -o -", 2, "a picture must be written to a file"),
        ("map toy.safetensors man king -o toy.safetensors", 2, "a picture must be a file of"),
        ("map toy.safetensors man -o out.svg", 2, "a map must have two words or more; got 1"),
        ("map toy.safetensors man prince -o out.svg", 1, "got 'prince'"),
        ("map toy.safetensors man king --size 8 -o out.svg", 2, "must be a width and a height in inches"),
        ("map pairs.tsv man king -o out.svg", 1, "pairs.tsv"),
        ("eval toy.safetensors -o out.svg", 1, "must be JSON that `wordvec eval --json` printed"),
        ("senses toy.safetensors man -o out.svg", 2, "vectors must be SenseVectors"),
        ("tree toy.safetensors -o out.svg", 2, "vectors must be PoincareVectors"),
        ("map nodes.safetensors a b -o out.svg", 2, "must have the metric cosine"),
        ("drift slices --word prince -o out.svg", 1, "'prince' is in 0 of old, new"),
        ("loss senses.safetensors -o out.svg", 2, "must have the loss of an epoch"),
        ("drift nowhere --word man -o out.svg", 1, "nowhere"),
    ],
)
def test_what_cannot_be_drawn_is_refused(folder, command, line, status, message):
    got, out, err = command("plot", *line.split())
    assert (got, out) == (status, "") and message in err
    assert not (folder / "out.svg").exists()


def test_json_that_has_no_scores_is_refused(folder, command):
    for number, content in enumerate(({"results": [{"x": 1}]}, [1], {"a": 2}, "text", None)):
        (folder / "bad.json").write_text(json.dumps(content))
        status, _, err = command("plot", "eval", "bad.json", "-o", f"{number}.svg")
        assert status == 1 and "bad.json" in err
