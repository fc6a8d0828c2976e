"""The verb align: maps are fitted and learned, written with what goes with them, and scored."""

import json

import numpy as np
import pytest
from scipy.stats import ortho_group

import wordvec
from wordvec.align import Map
from wordvec.cli import main


@pytest.fixture
def files(in_folder):
    """Vectors de and en, en being de turned and shifted, a lexicon to train on and one to test with."""
    rng = np.random.default_rng(2)
    centres = rng.standard_normal((30, 16))
    rows = centres[rng.integers(0, 30, 700)] + 0.7 * rng.standard_normal((700, 16))
    turned = rows @ ortho_group.rvs(16, random_state=3) + 0.02 * rng.standard_normal((700, 16))
    names = [f"{i}" if i < 40 else f"w{i}" for i in range(700)]
    wordvec.KeyedVectors([f"d{name}" if name[0] == "w" else name for name in names], rows).save("de.safetensors")
    wordvec.KeyedVectors([f"e{name}" if name[0] == "w" else name for name in names], turned).save("en.safetensors")
    pairs = [f"d{name}\te{name}" for name in names[40:]]
    (in_folder / "train.tsv").write_text("\n".join(["DW50 \tew50", "dw50\tew50", "mouse\tmice", *pairs[:200]]))
    (in_folder / "test.tsv").write_text("\n".join([*pairs[200:], "house\tcasa"]))
    return in_folder


def rows_of(text):
    return [line.split("\t") for line in text.splitlines()]


def test_map_writes_source_in_the_space_of_the_target(files, capsys):
    command = ["align", "map", "de.safetensors", "en.safetensors", "--pairs", "train.tsv", "--test", "test.tsv"]
    assert main([*command, "-o", "out.safetensors"]) == 0
    out, err = capsys.readouterr()
    first, *rows = rows_of(out)
    assert first == ["out.safetensors"] and len(rows) == 8
    assert rows[0] == ["test.tsv", "nn", "p1", "1.0000", "0.9978", "460 of 461"]
    assert "200 of 202 pairs used; unknown: 1 of 202 source words" in err and "1 pairs given twice" in err
    assert "policy: CSLS (k 10) among the first 700 rows" in err
    moved, target = wordvec.load("out.safetensors"), wordvec.load("en.safetensors")
    assert moved.metadata["alignment"]["method"] == "orthogonal"
    assert target.most_similar([moved["dw500"]], topn=1)[0][0] == "ew500"


def test_everything_that_can_be_written(files, capsys):
    command = ["align", "map", "de.safetensors", "en.safetensors", "--pairs", "train.tsv", "--method", "multistep"]
    command += ["--no-whiten", "--reweight", "0", "-o", "a.txt", "--target-output", "b.bin", "--map", "m.safetensors"]
    assert main([*command, "--dictionary", "pairs.tsv", "--test", "test.tsv", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["map"]["options"] == {"whiten": False, "reweight": 0, "dewhiten": True, "dim": None, "reg": 1e-4}
    assert [test["method"] for test in said["test"]] == ["nn", "csls"] and said["test"][0]["known"]["p1"] == 1
    assert said["map"]["coverage"]["source_unknown"] == 1 and said["self_learning"] is None
    a, b, made = wordvec.load("a.txt"), wordvec.load("b.bin"), Map.load("m.safetensors")
    assert np.allclose(made.apply(wordvec.load("de.safetensors")).vectors, a.vectors, atol=1e-5)
    assert np.allclose(made.apply_target(wordvec.load("en.safetensors")).vectors, b.vectors, atol=1e-5)
    induced = rows_of((files / "pairs.tsv").read_text())
    assert len(induced) == 700 and sum(line[0][1:] == line[1][1:] for line in induced) > 650


def test_self_learn(files, capsys):
    command = ["align", "self-learn", "de.safetensors", "en.safetensors"]
    command += ["--seed-dictionary", "numerals", "--patience", "3"]
    assert main([*command, "-o", "out.safetensors", "--test", "test.tsv", "--quiet", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["self_learning"]["took_off"] and said["self_learning"]["seed_pairs"] == 40
    assert said["test"][0]["known"]["p1"] > 0.95 and said["map"]["normalize"] == "unit"
    other = ["-o", "out.safetensors", "--target-output", "t.safetensors", "--force", "--test", "test.tsv"]
    command[5] = "train.tsv"
    assert main([*command, *other]) == 0
    out, err = capsys.readouterr()
    assert float(rows_of(out)[1][3]) > 0.95 and "held-out words: CSLS" in err
    assert wordvec.load("t.safetensors").metadata["alignment"]["method"] == "multistep"


def test_what_does_not_take_off_fails_and_writes_nothing(in_folder, capsys):
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        words = [f"{i}" for i in range(400)]
        wordvec.KeyedVectors(words, rng.standard_normal((400, 12))).save(f"{name}.safetensors")
    command = ["align", "self-learn", "a.safetensors", "b.safetensors", "--patience", "2", "--quiet"]
    assert main([*command, "--seed-dictionary", "unsupervised", "-o", "out.safetensors"]) == 1
    assert "did not take off, and nothing was written" in capsys.readouterr().err
    assert not (in_folder / "out.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--method", "cca"], 2, "TARGET must move, too, with --method cca and --normalize unit: give --target-output"),
        (["--normalize", "center"], 2, "TARGET must move, too, with --method orthogonal and --normalize center"),
        (["--normalize", "long"], 2, "--normalize must be"),
        (["--ridge", "3"], 2, "--ridge must be an option of orthogonal"),
        (["--method", "linear", "--ridge", "x"], 2, "--ridge must be"),
        (["--pairs", "missing.tsv"], 1, "missing.tsv"),
        (["-o", "de.safetensors"], 1, "exists; give --force"),
        (["--method", "magic"], 2, "invalid choice"),
    ],
)
def test_wrong_usage(files, capsys, arguments, status, message):
    command = ["align", "map", "de.safetensors", "en.safetensors", "--pairs", "train.tsv", "-o", "out.safetensors"]
    assert main([*command, *arguments]) == status
    assert message in capsys.readouterr().err
    assert not (files / "out.safetensors").exists()


def test_pairs_in_the_wrong_direction(files, capsys):
    command = ["align", "map", "en.safetensors", "de.safetensors", "--pairs", "train.tsv", "-o", "out.safetensors"]
    assert main(command) == 2
    assert "do source and target stand in the order of the lexicon?" in capsys.readouterr().err
