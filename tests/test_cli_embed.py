"""`wordvec embed`: texts to arrays or rows, and encoders that are learned once and kept."""

import io

import numpy as np
import pytest

from wordvec import KeyedVectors
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
    assert main(["embed", "kv.safetensors", "texts.txt", "-o", "out.npy"]) == 0
    np.testing.assert_array_equal(np.load("out.npy"), expected)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join(LINES).encode())))
    assert main(["embed", "kv.safetensors"]) == 0
    rows = [[float(x) for x in line.split()] for line in capsys.readouterr().out.splitlines()]
    np.testing.assert_allclose(rows, expected, rtol=1e-5)
    assert main(["embed", "kv.safetensors", "texts.txt", "-o", "out.npy"]) == 1
    assert "--force" in capsys.readouterr().err


def test_an_encoder_is_kept(kv, capsys):
    options = ["--agg", "sif", "--sif-a", "0.1", "--fit", "texts.txt", "--save", "e.safetensors"]
    assert main(["embed", "kv.safetensors", *options]) == 0
    assert main(["embed", "e.safetensors", "texts.txt", "-o", "out.npy"]) == 0
    fitted = TextEncoder(kv, "sif", sif_a=0.1).fit(LINES)
    np.testing.assert_array_equal(np.load("out.npy"), fitted.encode(LINES))
    assert main(["embed", "e.safetensors", "texts.txt", "--norm", "l2"]) == 2
    assert "encoder" in capsys.readouterr().err


def test_wrong_usage(kv, capsys):
    for flags, said in (
        (["--agg", "sif"], "--fit FILE must be given"),
        (["-o", "out.txt"], "OUT must be name.npy"),
        (["--agg", "sif", "--sif-a", "-1"], "--sif-a must be a number > 0"),
        (["--oov", "subword"], "n-grams"),
    ):
        assert main(["embed", "kv.safetensors", "texts.txt", *flags]) == 2
        assert said in capsys.readouterr().err
    assert main(["embed", "kv.safetensors", "nowhere.txt"]) == 1
