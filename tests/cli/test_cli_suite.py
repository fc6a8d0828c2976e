"""`wordvec eval` for several models: suites, formats, the check against old vectors."""

import json
from pathlib import Path

import numpy as np
import pytest

from wordvec import KeyedVectors


@pytest.fixture
def sets(here):
    """Vectors on a circle, the same with noise, and a folder of pairs that the first fits."""
    angles = np.linspace(0, 3, 30)
    words = [f"w{i}" for i in range(30)]
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("f4")
    KeyedVectors(words, circle).save("good.safetensors")
    noise = np.random.default_rng(0).standard_normal((30, 2)).astype("f4")
    KeyedVectors(words, noise).save("bad.safetensors")
    Path("data").mkdir()
    pairs = [(i, (i * 7 + 3) % 30) for i in range(30)]
    lines = [f"w{i}\tw{j}\t{np.cos(angles[i] - angles[j]):.4f}" for i, j in pairs if i != j]
    Path("data/circle.tsv").write_text("\n".join([*lines, "broken"]))
    return here


def test_a_suite_is_a_table_with_a_header(sets, command):
    status, out, err = command("eval", "good.safetensors", "other=bad.safetensors", "--suite", "core", "--data", "data")
    rows = [line.split("\t") for line in out.splitlines()]
    assert status == 0 and rows[0][:5] == ["model", "task", "name", "measure", "score"]
    assert rows[1][:4] == ["good.safetensors", "similarity", "circle", "spearman"] and float(rows[1][4]) > 0.9
    assert {row[0] for row in rows[1:]} == {"good.safetensors", "other"}
    assert "no test set found for: analogies" in err and "1 lines could not be read" in err
    assert "policy: case fold" in err


def test_json_is_one_document_and_jsonl_the_items(sets, command):
    line = ["eval", "good.safetensors", "bad.safetensors", "--data", "data"]
    document = json.loads(command(*line, "--json")[1])
    assert document["results"][0]["total"] == document["results"][0]["used"] > 25
    assert document["differences"][0]["p_holm"] < 0.05
    records = [json.loads(text) for text in command(*line, "--jsonl")[1].splitlines()]
    assert {"model", "task", "name", "item", "gold", "value"} <= set(records[0])


FORMS = [("csv", "model,task"), ("markdown", "| task |"), ("latex", "\\begin{tabular}"), ("html", "<!doctype")]


@pytest.mark.parametrize(("form", "begins"), FORMS)
def test_other_forms(sets, command, form, begins):
    status, out, _ = command("eval", "good.safetensors", "--suite", "all", "--data", "data", "--to", form)
    assert status == 0 and out.startswith(begins)


def test_several_vectors_and_sets_are_told_apart_without_a_suite(sets, command):
    status, out, _ = command("eval", "good.safetensors", "bad.safetensors", "data/circle.tsv")
    assert status == 0 and len(out.splitlines()) == 5
    named = command("eval", "good.safetensors", "bad.safetensors", "--pairs", "data/circle.tsv")
    assert named[1] == out
    assert command("eval", "good.safetensors", "bad.safetensors")[0] == 2
    Path("notes.txt").write_text("no set\n")
    status, _, err = command("eval", "good.safetensors", "bad.safetensors", "notes.txt")
    assert status == 1 and "of a known kind" in err


def test_a_fall_against_old_vectors_is_exit_status_1(sets, command):
    line = ["--suite", "core", "--data", "data", "--against"]
    status, out, err = command("eval", "bad.safetensors", *line, "good.safetensors")
    assert status == 1 and "must not fall" in err and "circle" in err and "\tagainst\t" not in out
    assert command("eval", "good.safetensors", *line, "bad.safetensors")[0] == 0
    assert command("eval", "good.safetensors", *line, "good.safetensors")[0] == 0


def test_policies_and_unknown_words(sets, command):
    Path("data/circle.tsv").write_text(Path("data/circle.tsv").read_text() + "\nw1\tnowhere\t0.3\n")
    line = ["eval", "good.safetensors", "--suite", "core", "--data", "data", "--json"]
    skip, zero = (json.loads(command(*line, *more)[1])["results"][0] for more in ([], ["--oov", "zero"]))
    assert zero["used"] == skip["used"] + 1 and zero["coverage"] == skip["coverage"] < 1
    assert "case upper" in json.loads(command(*line, "--policy", "gensim")[1])["results"][0]["policy"]


def test_texts_are_encoded_as_is_asked_and_by_saved_encoders(sets, command):
    rows = [f"w{i} w{i + 1} w{i + 2}\tw{(i * 7) % 25} w{i} unknown\t{i % 5}" for i in range(25)]
    Path("rated.tsv").write_text("\n".join(["sentence1\tsentence2\tscore", *rows]))
    Path("texts.txt").write_text("w1 w2 w3\nw9 w4 w20\n")
    line = ["eval", "good.safetensors", "--suite", "texts", "--data", "rated.tsv"]
    mean, largest = (command(*line, *more) for more in ((), ("--encoder", "max")))
    assert "encoder max" in largest[2] and "encoder" not in mean[2]
    scores = [float(out.splitlines()[1].split("\t")[4]) for _, out, _ in (mean, largest)]
    assert scores[0] != scores[1]
    command("encode", "good.safetensors", "--agg", "max", "--norm", "l2", "--save", "max.safetensors", "texts.txt")
    _, out, _ = command("eval", "max.safetensors", *line[1:])
    table = {row.split("\t")[0]: float(row.split("\t")[4]) for row in out.splitlines()[1::2]}
    assert table == {"good.safetensors": scores[0], "max.safetensors": scores[1]}


def test_vectors_are_compared_without_a_test_set(sets, command):
    status, out, _ = command("eval", "good.safetensors", "other=bad.safetensors", "--compare")
    rows = [line.split("\t") for line in out.splitlines()]
    assert status == 0 and rows[0][:3] == ["what", "of", "measure"]
    assert [row[:3] for row in rows if row[0] == "band"][-1] == ["band", "all", "cka"]
    assert rows[-1][0] == "word" and len(rows[-1]) == 6
    document = json.loads(command("eval", *["m=good.safetensors"] * 3, "--compare", "--json")[1])
    assert document["models"] == ["m 1", "m 2", "m 3"] and len(document["pairs"]) == 3
    assert document["bands"][-1]["overlap"] == {"score": 1.0, "low": 1.0, "high": 1.0}
    for wrong in (["good.safetensors"], ["good.safetensors", "bad.safetensors", "data/circle.tsv"]):
        status, _, err = command("eval", *wrong, "--compare")
        assert status == 2 and "two files of vectors or more" in err
