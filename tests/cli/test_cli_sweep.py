"""`wordvec sweep`: the table and its forms, errors before any training, and a run that is stopped and goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from wordvec import load

SMALL = ["--vector-size", "4", "--epochs", "1", "--workers", "1", "--min-count", "1"]


@pytest.fixture
def corpus(in_folder):
    """A corpus, and a folder with a set of pairs."""
    rng = np.random.default_rng(0)
    lines = [" ".join(f"w{i}" for i in rng.integers(0, 30, 12)) for _ in range(80)]
    (in_folder / "text.txt").write_text("\n".join(lines))
    (in_folder / "data").mkdir()
    pairs = [f"w{i}\tw{(i * 7 + 3) % 30}\t{i % 11}.5" for i in range(30)]
    (in_folder / "data" / "ours.tsv").write_text("\n".join(pairs))
    return in_folder


def line(*more):
    return ["sweep", "text.txt", "--data", "data", "-o", "out", *SMALL, *more]


def test_a_table_with_the_best_setting_first(corpus, command):
    status, out, err = command(*line("--set", "window=1,3,5", "--seeds", "2", "--suite", "core"))
    rows = [row.split("\t") for row in out.splitlines()]
    assert status == 0 and rows[0] == [
        "window",
        "all",
        "deviation",
        "seeds",
        "seconds",
        "items",
        "similarity",
        "evalrank",
    ]
    values = [float(row[1]) for row in rows[1:]]
    assert sorted(values, reverse=True) == values and {row[0] for row in rows[1:]} == {"1", "3", "5"}
    assert "6 of 6: window=5 seed=2: all" in err and "; sorted by all; seconds" in err
    assert "no test set found for: analogies" in err
    kept = list((corpus / "out" / "vectors").iterdir())
    assert len(kept) == 2 and load(kept[0]).metadata["options"]["window"] == int(rows[1][0])
    again = command(*line("--set", "window=1,3,5", "--seeds", "2", "--suite", "core", "--quiet"))
    assert again[1] == out and "6 of 6" not in again[2]  # with the seconds of the first call


def test_other_forms(corpus, command):
    options = line("--model", "glove", "--set", "window=1,3", "--set", "epochs=1,2", "--metric", "ours", "--quiet")
    options[options.index("--epochs") : options.index("--epochs") + 2] = []
    document = json.loads(command(*options, "--json")[1])
    assert document["metric"] == "ours" and len(document["settings"]) == 4
    assert document["settings"][0]["scores"][0]["total"] > 20
    assert document["settings"][0]["trials"][0]["vectors"].endswith(".safetensors")
    begins = {"csv": "window,epochs,ours,", "markdown": "| window | epochs |", "latex": "\\begin", "html": "<!doctype"}
    for form, begin in begins.items():
        status, out, _ = command(*options, "--to", form)
        assert status == 0 and out.startswith(begin)


def test_settings_with_other_vocabularies_are_told(corpus, command):
    words = line("--set", "min_count=1,34")
    words[words.index("--min-count") : words.index("--min-count") + 2] = []
    status, _, err = command(*words)
    assert status == 0 and "--oov zero counts all" in err
    assert "--oov zero counts all" not in command(*words[:-1], "min_count=1,2", "-o", "other")[2]


BAD = [
    (["--set", "windw=2"], "did you mean window"),
    (["--set", "window=2,0"], "--window must be an integer >= 1"),
    (["--set", "window=2,x"], "--window must be an integer"),
    (["--set", "window=2:5"], "a range needs --trials N or --minutes M"),
    (["--set", "window=2", "--window", "3"], "varied or fixed"),
    (["--set", "window"], "--set must be name=value"),
    (["--set", "window=2", "--metric", "best"], "--metric must be one of core, all, similarity, evalrank, ours"),
    (["--set", "window=2", "--seeds", "0"], "--seeds must be"),
    (["--set", "window=2", "--minutes", "-1"], "--minutes must be"),
    (["--set", "window=2", "--suite", "texts", "--data", "out"], "test data must exist; there is no out"),
    (["--model", "pv-dm", "--set", "window=2"], "invalid choice"),
    (["--model", "cmow", "--set", "window=2", "--vector-size", "5"], "square number"),
]


@pytest.mark.parametrize(("words", "message"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_errors_come_before_any_training(words, message, corpus, command):
    status, out, err = command(*line(*words))
    assert (status, out) == (2, "") and not (corpus / "out").exists()
    assert message in err


def test_without_a_test_set(corpus, command):
    (corpus / "empty").mkdir()
    status, _, err = command("sweep", "text.txt", "--set", "window=2", "--data", "empty", "-o", "out")
    assert status == 2 and "no test set was found in empty" in err


def test_another_corpus_is_refused(corpus, command):
    assert command(*line("--set", "window=1"))[0] == 0
    (corpus / "text.txt").write_text("w1 w2 w3\n" * 20)
    status, _, err = command(*line("--set", "window=1"))
    assert status == 2 and "a sweep must have the same corpus" in err and "tokens 960 (now 60)" in err


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGKILL", marks=pytest.mark.slow)])
def test_a_sweep_that_was_stopped_goes_on(corpus, command, name):
    words = line("--set", "window=1,2,3", "--seeds", "3", "--epochs", "100")
    with subprocess.Popen([sys.executable, "-m", "wordvec", *words], stderr=subprocess.PIPE) as process:
        while len(list((corpus / "out").glob("trials/*.json"))) < 2 and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(getattr(signal, name))
        err = process.stderr.read().decode()
        status = process.wait(timeout=30)
    assert status == (130 if name == "SIGINT" else -signal.SIGKILL), err
    done = {path: path.read_bytes() for path in (corpus / "out").glob("trials/*.json")}
    assert 2 <= len(done) < 9 and "Traceback" not in err
    status, out, _ = command(*words)
    assert status == 0 and len(out.splitlines()) == 4
    assert all(path.read_bytes() == content for path, content in done.items())
    assert len(list((corpus / "out").glob("trials/*.json"))) == 9
    assert len(list((corpus / "out" / "vectors").iterdir())) == 3
