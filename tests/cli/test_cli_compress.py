"""`wordvec compress`: what it writes, in which order it works, what it prints, what it refuses."""

import json

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.cli import main
from wordvec.transforms import ABTT, Center, Whiten

V, D = 400, 12


@pytest.fixture
def vectors(in_folder):
    rng = np.random.default_rng(2)
    rows = (rng.normal(size=(20, D))[np.arange(V) % 20] + rng.normal(size=(V, D)) / 2).astype(np.float32)
    kv = KeyedVectors([f"w{i}" for i in range(V)], rows, np.arange(V, 0, -1))
    kv.save("all.safetensors")
    (in_folder / "pairs.tsv").write_text("".join(f"w{i}\tw{i + 1}\t{i % 7}\n" for i in range(50)))
    (in_folder / "questions.txt").write_text(
        ": near\n" + "".join(f"w{i} w{i + 20} w{i + 1} w{i + 21}\n" for i in range(30))
    )
    (in_folder / "keep.txt").write_text("w399\nw380\n")
    return kv


@pytest.fixture
def command(capsys):
    def run(*words):
        status = main(["compress", "all.safetensors", *map(str, words)])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def table(text):
    return {line.split("\t")[0]: line.split("\t")[1:] for line in text.splitlines()}


def test_what_the_methods_give_is_written(vectors, command):
    words = "--prune 100 --keep keep.txt --drop --center --abtt 2 --rotate --truncate 6 --codec float32".split()
    status, out, err = command("small.safetensors", *words)
    assert (status, err) == (0, "")
    small = wordvec.load("small.safetensors")
    pruned = vectors.prune(100, keep=["w399", "w380"], remap="drop")
    expected = pruned.transformed(Center(), ABTT(2)).rotate_pca().truncate(6)
    assert list(small.index_to_key) == list(expected.index_to_key)
    assert np.array_equal(small.vectors, expected.vectors)
    facts = table(out)
    assert facts["rows"] == ["400", "100"] and facts["dimensions"] == ["12", "6"]
    assert facts["bytes a row"] == ["52.0", "28.0"] and facts["file"] == ["", "small.safetensors"]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--codec", "int8"], {}),
        (["--codec", "bfloat16"], {}),
        (["--codec", "pq", "--m", "d/4", "--opq", "--seed", "3"], {"m": "d/4", "opq": True, "seed": 3}),
        (["--codec", "bits", "--rescore", "none"], {"rescore": None}),
        (["--codec", "bits", "--candidates", "50"], {"candidates": 50}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_codecs_are_saved_and_found_again(vectors, command, words, options):
    status, out, _ = command("small.safetensors", "--prune", "300", "--center", *words)
    small = wordvec.load("small.safetensors")
    expected = vectors.prune(300).transformed(Center()).compress(words[1], **options)
    assert status == 0 and small.vectors.name == words[1] and len(small) == V
    assert np.array_equal(small.vectors[:], expected.vectors[:])
    assert np.array_equal(small["w399"], expected["w399"]) and np.array_equal(small.norms, expected.norms)
    assert np.array_equal(small.apply_transforms(vectors.vectors[:3]), expected.apply_transforms(vectors.vectors[:3]))
    assert table(out)["codec"] == ["float32", words[1]]


def test_int8_is_the_default(vectors, command):
    assert command("small.safetensors")[0] == 0
    assert wordvec.load("small.safetensors").vectors.name == "int8"
    wordvec.load("small.safetensors").verify()


def test_transforms_follow_the_order_of_their_flags(vectors, command):
    command("a.safetensors", "--codec", "float32", "--whiten", "0.1", "--abtt", "1")
    command("b.safetensors", "--codec", "float32", "--abtt", "1", "--whiten", "0.1")
    for name, steps in (("a", [Whiten(0.1), ABTT(1)]), ("b", [ABTT(1), Whiten(0.1)])):
        assert np.array_equal(wordvec.load(f"{name}.safetensors").vectors, vectors.transformed(*steps).vectors)


def test_the_report_is_printed(vectors, command):
    words = "--codec float32 --rotate --truncate 6 --pairs pairs.tsv --analogies questions.txt --queries 40".split()
    status, out, err = command("small.safetensors", *words)
    facts = table(out)
    assert (status, err) == (0, "")
    assert facts["codec"] == ["float32", "float32"] and 0 < float(facts["overlap@10, all, 40 words"][1]) <= 1
    before, after, delta = facts["spearman, pairs.tsv, 50 of 50"]
    assert float(delta.split()[0]) == pytest.approx(float(after) - float(before), abs=2e-4)
    assert "accuracy, questions.txt, 30 of 30" in facts


def test_json_has_all_of_it(vectors, command):
    status, out, _ = command("small.safetensors", "--codec", "float32", "--truncate", 6, "--json")
    facts = json.loads(out)
    assert status == 0 and facts["compressed"]["vector_size"] == 6 and facts["file_bytes"] > V * 24
    _, out, _ = command("small.safetensors", "--codec", "float32", "--report", "--queries", 40, "--json", "--force")
    assert json.loads(out)["overlaps"][-1]["at_10"] == 1


def test_unscored_sets_are_named(vectors, command, in_folder):
    (in_folder / "unknown.tsv").write_text("a\tb\t1\nc\td\t2\n")
    status, out, err = command("o.safetensors", "--codec", "float32", "--pairs", "unknown.tsv", "--queries", 20)
    assert status == 0 and "unknown.tsv: no score: a correlation needs 3 pairs" in err
    assert table(out)["spearman, unknown.tsv, 0 of 2"] == ["-", "-"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["small.bin"], "OUT must be a native file"),
        (["all.safetensors"], "all.safetensors exists"),
        (["o.safetensors", "--drop"], "about --prune N"),
        (["o.safetensors", "--by", "norm"], "--by is about --prune N"),
        (["o.safetensors", "--queries", "20"], "--queries is about --report"),
        (["o.safetensors", "--seed", "1"], "--seed is about --codec pq"),
        (["o.safetensors", "--codec", "pq", "--m", "99"], "--m must be a number of parts"),
        (["o.safetensors", "--by-counts"], "about --rotate"),
        (
            ["o.safetensors", "--codec", "int8", "--m", "4"],
            "--m is about --codec pq or residual-bits, which must be given too; got int8",
        ),
        (["o.safetensors", "--codec", "float32", "--opq"], "--opq is about --codec pq"),
        (["o.safetensors", "--codec", "zip"], "invalid choice"),
        (["o.safetensors", "--abtt", "x"], "must be an integer; got 'x'"),
        (["o.safetensors", "--abtt", "12"], "components must be an integer from 0 to 11"),
        (["o.safetensors", "--truncate", "13"], "--truncate must be an integer from 1 to 12"),
        (["o.safetensors", "--prune", "0"], "--prune must be a number of rows"),
        (["o.safetensors", "--prune", "9", "--keep", "nothing.txt"], "nothing.txt"),
        (["o.safetensors", "--codec", "float32", "--report", "--queries", "0"], "--queries must be an integer"),
    ],
)
def test_what_is_refused(vectors, command, in_folder, words, message):
    status, out, err = command(*words)
    assert status in (1, 2) and message in err and out == ""
    assert not (in_folder / "o.safetensors").exists()
