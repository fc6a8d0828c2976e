"""align compass, meta and retrofit: what they write, what they say, and what they refuse."""

import json

import numpy as np
import pytest

import wordvec
from wordvec.cli import main


@pytest.fixture
def slices(in_folder, sample):
    """Two slices of the sample as files, guitar and bread having changed places in the second."""
    lines = sample.read_text(encoding="utf-8").splitlines()[:6000]
    swap = {"guitar": "bread", "bread": "guitar"}
    (in_folder / "old.txt").write_text("\n".join(lines[::2]))
    (in_folder / "new.txt").write_text(
        "\n".join(" ".join(swap.get(w, w) for w in line.split()) for line in lines[1::2])
    )
    return in_folder


OPTIONS = ["--vector-size", "24", "--min-count", "5", "--epochs", "4", "--workers", "1"]


def test_compass_writes_slices_and_shows_drift(slices, capsys):
    command = ["align", "compass", "1970=old.txt", "new.txt", "-o", "out", "--drift", "5", "--drift-min-count", "20"]
    assert main([*command, *OPTIONS, "--slice-epochs", "6"]) == 0
    out, err = capsys.readouterr()
    rows = [line.split("\t") for line in out.splitlines()]
    assert all(f"{name}: out/{name}.safetensors\n" in err for name in ("1970", "new", "compass"))
    assert rows[0] == ["first", "second", "word", "drift", "count in first", "count in second"]
    assert len(rows) == 6 and rows[1][:2] == ["1970", "new"] and float(rows[1][3]) >= float(rows[2][3])
    assert "1970 and new share" in err
    old, new = wordvec.load("out/1970.safetensors"), wordvec.load("out/new.safetensors")
    assert len(old.metadata["loss"]) == 6
    assert old["guitar"] @ new.get_vector("bread", norm=True) > old["guitar"] @ new.get_vector("guitar", norm=True)
    assert main([*command, *OPTIONS]) == 1 and "exists" in capsys.readouterr().err
    assert main([*command, *OPTIONS, "--force", "--json", "--quiet", "--model", "cbow"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["slices"]["1970"]["outputs"] and said["overlaps"][0]["share"] > 0.5 and len(said["drift"]) == 1
    assert (
        main(
            [
                "align",
                "compass",
                "later=new.txt",
                "-o",
                "later",
                "--compatible-with",
                "out/compass.safetensors",
                *OPTIONS,
                "--quiet",
            ]
        )
        == 0
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a=old.txt", "a=new.txt"], "names of their own"),
        (["compass=old.txt"], "names of their own"),
        (["a=none.txt"], "there is no file"),
        (["old.txt", "--hs"], "--hs"),
        (["old.txt", "--model", "glove"], "invalid choice"),
    ],
)
def test_compass_refuses(slices, capsys, words, message):
    assert main(["align", "compass", *words, "-o", "out"]) in (1, 2)
    assert message in capsys.readouterr().err


@pytest.mark.filterwarnings("default")  # the command shows them
def test_meta_makes_one_of_several(in_folder, capsys):
    rng = np.random.default_rng(0)
    words, rows = [f"w{i}" for i in range(60)], rng.standard_normal((60, 8))
    wordvec.KeyedVectors(words[:50], rows[:50]).save("a.safetensors")
    wordvec.KeyedVectors(words[10:], rows[10:] @ rng.standard_normal((8, 12))).save("b.txt")
    assert main(["align", "meta", "a.safetensors", "b.txt", "-o", "both.safetensors"]) == 0
    out, err = capsys.readouterr()
    assert out == "both.safetensors\n" and "b.txt\t50 words, 10 made" in err
    assert wordvec.load("both.safetensors").vectors.shape == (60, 12)
    cut = ["align", "meta", "a.safetensors", "b.txt", "-o", "svd.txt", "--method", "svd", "--dim", "5", "--json"]
    assert main(cut) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["vector_size"] == 5
    assert "warning: attributes and metadata are left out, as word2vec-text has no place for them" in err
    assert main(["align", "meta", "a.safetensors", "b.txt", "-o", "x.txt", "--dim", "5"]) == 2
    assert "--dim must be left out with --method average" in capsys.readouterr().err


def test_retrofit_and_counterfit(in_folder, capsys):
    wordvec.KeyedVectors(["big", "large", "small"], [[1, 0, 0], [0, 1, 0], [0.9, 0, 0.4]]).save("v.safetensors")
    (in_folder / "near.txt").write_text("big large\n")
    (in_folder / "far.txt").write_text("big small\n")
    assert main(["align", "retrofit", "v.safetensors", "near.txt", "-o", "a.safetensors"]) == 0
    assert "2 of 3 words moved by 1 edges" in capsys.readouterr().err
    np.testing.assert_allclose(wordvec.load("a.safetensors")["big"], [2 / 3, 1 / 3, 0], atol=1e-5)
    command = [
        "align",
        "retrofit",
        "v.safetensors",
        "near.txt",
        "--antonyms",
        "far.txt",
        "-o",
        "b.safetensors",
        "--json",
    ]
    assert main(command) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["antonyms"] == said["synonyms"] == 1 and said["objective"][-1] < said["objective"][0]
    assert wordvec.load("b.safetensors").similarity("big", "small") < 0.5
    (in_folder / "none.txt").write_text("x y\n")
    assert main(["align", "retrofit", "v.safetensors", "none.txt", "-o", "c.safetensors"]) == 2
    assert "differ in case" in capsys.readouterr().err
