"""`wordvec encode`: texts to arrays or rows, and encoders that are learned once and kept."""

import io
import json

import numpy as np
import pytest

from wordvec import KeyedVectors, load_documents
from wordvec.cli import main
from wordvec.texts import TextEncoder

LINES = ["the king", "", "queen queen unknown"]


@pytest.fixture
def kv(in_folder):
    rows = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    kv = KeyedVectors(["the", "king", "queen"], rows, counts=[9, 3, 2])
    kv.save("kv.safetensors")
    (in_folder / "texts.txt").write_text("".join(line + "\n" for line in LINES))
    return kv


def test_an_array_and_rows(kv, capsys, monkeypatch):
    expected = TextEncoder(kv).encode(LINES)
    assert main(["encode", "kv.safetensors", "texts.txt", "-o", "out.npy"]) == 0
    np.testing.assert_array_equal(np.load("out.npy"), expected)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(LINES).encode())))
    assert main(["encode", "kv.safetensors"]) == 0
    rows = [[float(x) for x in line.split()] for line in capsys.readouterr().out.splitlines()]
    np.testing.assert_allclose(rows, expected, rtol=1e-5)
    assert main(["encode", "kv.safetensors", "texts.txt", "-o", "out.npy"]) == 1
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [[], ["-o", "out.npy"], ["--words"], ["--agg", "sif", "--fit", "empty.txt"]])
def test_no_text_is_an_error(flags, kv, capsys, in_folder, monkeypatch):
    """As it is for `train` and `encode_corpus`: an empty file is mostly a mistake."""
    (in_folder / "empty.txt").write_text("")
    assert main(["encode", "kv.safetensors", "empty.txt", *flags]) == 1
    assert "empty.txt must have a line of text; it has none" in capsys.readouterr().err
    assert not (in_folder / "out.npy").exists()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(["encode", "kv.safetensors"]) == 1
    assert "stdin must have a line of text" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    assert main(["encode", "kv.safetensors"]) == 0  # a line without words
    assert capsys.readouterr().out == "0 0 0 0\n"


def test_an_encoder_is_kept(kv, capsys):
    options = ["--agg", "sif", "--sif-a", "0.1", "--fit", "texts.txt", "--save", "e.safetensors"]
    assert main(["encode", "kv.safetensors", *options]) == 0
    assert main(["encode", "e.safetensors", "texts.txt", "-o", "out.npy"]) == 0
    fitted = TextEncoder(kv, "sif", sif_a=0.1).fit(LINES)
    np.testing.assert_array_equal(np.load("out.npy"), fitted.encode(LINES))
    assert main(["encode", "e.safetensors", "texts.txt", "--norm", "l2"]) == 2
    assert "encoder" in capsys.readouterr().err


def test_wrong_usage(kv, capsys):
    for flags, said in (
        (["--agg", "sif"], "--fit FILE must be given"),
        (["-o", "out.txt"], "OUT must be name.npy"),
        (["--agg", "sif", "--sif-a", "-1"], "--sif-a must be a number > 0"),
        (["--oov", "subword"], "n-grams"),
    ):
        assert main(["encode", "kv.safetensors", "texts.txt", *flags]) == 2
        assert said in capsys.readouterr().err
    assert main(["encode", "kv.safetensors", "nowhere.txt"]) == 1


@pytest.mark.parametrize("model", ["pv-dbow", "binary-pv-dbow", "pv-dm", "sent2vec"])
def test_models_of_documents(model, in_folder, capsys, monkeypatch):
    texts = ["the king won", "", "a song of the queen"] * 20
    (in_folder / "texts.txt").write_text("".join(line + "\n" for line in texts))
    flags = ["--model", model, "--vector-size", "8", "--min-count", "1", "--epochs", "2", "--quiet"]
    assert main(["train", "texts.txt", *flags]) == 0
    assert capsys.readouterr().out == f"texts.{model}\n"
    expected = load_documents(f"texts.{model}").encode(LINES)
    assert expected.shape == (3, 8) and expected[0].any() and not expected[1].any()
    assert main(["encode", f"texts.{model}", "texts.txt", "-o", "all.npy", "--workers", "2"]) == 0
    np.testing.assert_array_equal(np.load("all.npy"), load_documents(f"texts.{model}").encode(texts))
    assert main(["train", "texts.txt", *flags]) == 1  # the folder is there
    assert "--force" in capsys.readouterr().err
    assert main(["train", "texts.txt", *flags, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trainer"] == model
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("".join(f"{line}\n" for line in texts).encode())))
    assert main(["train", "-", "-o", "piped", *flags, "--workers", "1"]) == 0
    assert len(load_documents("piped").words) == len(load_documents(f"texts.{model}").words)
    assert main(["train", "texts.txt", "-o", "tree", *flags, "--hs"]) == (2 if model == "sent2vec" else 0)
    assert ("negative sampling" in capsys.readouterr().err) == (model == "sent2vec")
    assert model == "sent2vec" or load_documents("tree").encode(texts[:1]).any()
    assert main(["train", "texts.txt", "-o", "other", *flags, "texts.txt"]) == 2
    assert "one file" in capsys.readouterr().err
    assert main(["encode", "piped", "texts.txt", "--norm", "l2"]) == 2
    assert "--norm must be left out" in capsys.readouterr().err
