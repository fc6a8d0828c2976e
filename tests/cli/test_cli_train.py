"""`wordvec train`: the vectors, what it reads and writes, and what must not be written."""

import functools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import TRAINERS
from wordvec.cli.train import default_output
from wordvec.trainers import TextTrainer

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parent.parent)}
COMMAND = [sys.executable, "-m", "wordvec"]
TEXT = "\n".join(f"{a} {b} {c}" for a, b, c in [("sun", "moon", "star"), ("cat", "dog", "cow")] for _ in range(40))
SMALL = ["--vector-size", "8", "--epochs", "2", "--min-count", "1", "--workers", "1"]


def test_train_names_the_output_after_the_corpus(here, command):
    status, out, err = command("train", "text.txt", *SMALL)
    assert (status, out) == (0, "text.safetensors\n")
    assert "6 vectors of 8 dimensions" in err and "240 of 240 tokens" in err
    vectors = wordvec.load("text.safetensors")
    assert sorted(vectors.index_to_key) == ["cat", "cow", "dog", "moon", "star", "sun"]
    assert vectors.metadata["trainer"] == "skipgram" and vectors.metadata["options"]["vector_size"] == 8


@pytest.mark.parametrize("model", [name for name, kind in TRAINERS.items() if issubclass(kind, TextTrainer)])
def test_train_gives_what_the_class_gives(here, command, model):
    options = {"vector_size": 16, "min_count": 1, "workers": 1} | ({"epochs": 2} if TRAINERS[model].iterative else {})
    words = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), value)]
    assert command("train", "text.txt", "-o", "a.safetensors", "--model", model, *words, "--quiet")[0] == 0
    vectors = TRAINERS[model](**options).fit("text.txt")
    vectors.save("b.safetensors")
    one, two = (Path(name) for name in ("a.safetensors", "b.safetensors"))
    for name in os.listdir(one) if one.is_dir() else [""]:
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_train_with_a_teacher_that_is_imported(here, command, monkeypatch):
    Path("its_model.py").write_text("def encode(texts):\n    return [[len(t), t.count('o'), 1.0] for t in texts]\n")
    monkeypatch.syspath_prepend(str(here))
    given = ["--model", "x2static", "--teacher", "its_model:encode", "--min-count", "1", "--workers", "1"]
    assert command("train", "text.txt", *given, "--cache", "t.npy", "-o", "a.safetensors")[:2] == (0, "a.safetensors\n")
    wanted = wordvec.X2Static(min_count=1, workers=1).fit("text.txt", teacher=np.load("t.npy"))
    assert np.array_equal(wordvec.load("a.safetensors").vectors, wanted.vectors)
    assert command("train", "text.txt", *given, "--init", "a.safetensors", "-o", "b.safetensors")[0] == 0
    assert wordvec.load("b.safetensors").metadata["init"]["shared"] == 6
    for name, said in (("no_such:f", "can be imported"), ("its_model", "module:function"), ("its_model:g", "imported")):
        status, _, err = command("train", "text.txt", *given[:2], "--teacher", name)
        assert status == 2 and "--teacher" in err and said in err
    assert command("train", "text.txt", "--model", "x2static")[0] == 2


def test_train_reads_several_files_and_standard_input(here, command):
    Path("more.txt").write_text("owl bat owl bat\n")
    assert command("train", "text.txt", "more.txt", "-o", "both.safetensors", *SMALL)[0] == 0
    assert "owl" in wordvec.load("both.safetensors")
    done = subprocess.run(
        [*COMMAND, "train", "-", "-o", "piped.safetensors", *SMALL],
        input=TEXT.encode(),
        capture_output=True,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    assert len(wordvec.load("piped.safetensors")) == 6


def test_train_keeps_context_starts_from_vectors_and_uses_a_cache(here, command):
    assert command("train", "text.txt", *SMALL, "--keep-context", "--cache", "cache")[0] == 0
    assert any(Path("cache").iterdir())
    assert wordvec.load("text.safetensors").context.shape == (6, 8)
    again = ["train", "text.txt", *SMALL, "--alpha", "1e-9", "--min-alpha", "0", "-o", "more.safetensors"]
    assert command(*again, "--init", "text.safetensors", "--cache", "cache")[0] == 0
    before, after = wordvec.load("text.safetensors"), wordvec.load("more.safetensors")
    assert after.context is None
    np.testing.assert_allclose(before.vectors, after.vectors, atol=1e-5)


def test_train_writes_json_and_word2vec_files(here, command):
    status, out, _ = command("train", "text.txt", "-o", "v.bin", *SMALL, "--json", "--quiet")
    summary = json.loads(out)
    assert status == 0 and summary["output"] == "v.bin" and summary["words"] == 6
    assert summary["options"]["epochs"] == 2 and summary["corpus"]["kept"] == 240 and len(summary["loss"]) == 2
    assert len(wordvec.load("v.bin")) == 6
    assert command("info", "text.txt")[0] == 1


@pytest.mark.filterwarnings("default")  # the command shows what a format has no place for
def test_train_writes_what_help_lists_and_refuses_a_table_before_training(here, command):
    said = " ".join(command("train", "--help")[1].split())
    for output, name in (("v/", "model2vec"), ("v.npy", "npy"), ("v.fifu", "finalfusion"), ("v.glove", "glove")):
        assert f"({name})" in said
        assert command("train", "text.txt", "-o", output, *SMALL, "--quiet")[0] == 0
        assert len(wordvec.load(output)) == 6
    status, _, err = command("train", "text.txt", "-o", "v.floret", *SMALL)
    assert status == 2 and "n-grams" in err and "epoch" not in err and "(floret)" not in said
    status, _, _ = command("train", "text.txt", "--model", "floret", "--bucket", "99", "-o", "v.floret", *SMALL)
    assert status == 0 and wordvec.load("v.floret").subwords.bucket == 99


def test_quiet_is_quiet_and_else_only_results_go_to_stdout(here, command):
    assert command("train", "text.txt", *SMALL, "--quiet") == (0, "text.safetensors\n", "")
    status, out, err = command("train", "text.txt", *SMALL, "--force")
    assert (status, out) == (0, "text.safetensors\n") and err


@pytest.mark.parametrize("model", list(TRAINERS))
def test_help_lists_the_options_of_the_model(command, model):
    status, out, _ = command("train", "--model", model, "--help")
    assert status == 0
    for name in TRAINERS[model]().to_dict():
        assert "--" + name.replace("_", "-") in out


def test_help_of_one_model_does_not_list_options_of_another(command):
    assert "--cbow-grad" in command("train", "--model=cbow", "--help")[1]
    assert "--cbow-grad" not in command("train", "--help")[1]


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        ("text.txt", "text"),
        ("a/b/wiki17.txt.xz", "wiki17"),
        ("wiki", "wiki"),
        ("texts/", "texts"),
        ("a.b.txt", "a.b"),
        ("s3://bucket/news.txt.gz", "news"),
    ],
)
def test_default_output(corpus, name):
    assert default_output([corpus, "other.txt"]) == f"{name}.safetensors"


@pytest.mark.parametrize("corpus", ["-", "texts/*.txt"])
def test_a_corpus_without_a_name_needs_an_output(here, command, corpus):
    status, _, err = command("train", corpus, *SMALL)
    assert status == 2 and "-o OUT must be given" in err


@pytest.fixture
def no_training(monkeypatch):
    """Fail if a model is trained."""

    def fails(fit):
        @functools.wraps(fit)  # whose arguments make the flags
        def untouched(*arguments, **options):
            pytest.fail("the output must be checked before training")

        return untouched

    for trainer in TRAINERS.values():
        monkeypatch.setattr(trainer, "fit", fails(trainer.fit))


def test_an_output_that_exists_needs_force(here, command, no_training):
    Path("text.safetensors").write_bytes(b"precious")
    for words in (["train", "text.txt"], ["convert", "toy.safetensors", "text.safetensors"]):
        status, _, err = command(*words)
        assert status == 1 and "--force" in err and err.count("\n") == 1
    assert Path("text.safetensors").read_bytes() == b"precious"
    assert command("convert", "toy.safetensors", "text.safetensors", "--force")[0] == 0
    assert len(wordvec.load("text.safetensors")) == 5


@pytest.mark.parametrize("output", ["missing/folder/out.safetensors", ".", os.devnull])
def test_impossible_outputs_are_refused_before_training(here, command, no_training, output):
    status, out, err = command("train", "text.txt", "-o", output, "--force", *SMALL)
    assert (status, out) == (1, "") and err.startswith("wordvec: error: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_refused_before_training(here, command, no_training):
    Path("locked").mkdir(mode=0o500)
    assert command("train", "text.txt", "-o", "locked/out.safetensors")[0] == 1


def test_a_symbolic_link_keeps_pointing(here, command):
    Path("real.safetensors").write_bytes(b"old")
    Path("link.safetensors").symlink_to("real.safetensors")
    assert command("train", "text.txt", "-o", "link.safetensors", *SMALL, "--force")[0] == 0
    assert Path("link.safetensors").is_symlink() and len(wordvec.load("real.safetensors")) == 6


def test_a_failed_training_leaves_nothing(here, command):
    status, out, err = command("train", "text.txt", *SMALL, "--alpha", "100000", "--epochs", "20", "--quiet")
    assert (status, out) == (1, "") and "wordvec: error:" in err
    assert [path.name for path in Path().iterdir() if path.name.startswith(("text.safe", ".text"))] == []


@pytest.mark.skipif(os.name == "nt", reason="signals are another thing on Windows")
def test_an_interrupt_ends_training_with_130_and_leaves_nothing(here, sample):
    train = [*COMMAND, "train", str(sample), "-o", "out.safetensors", "--epochs", "10000", "--vector-size", "50"]
    with subprocess.Popen(train, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        seen = b""
        while b"epoch" not in seen and process.poll() is None:  # a line of the log, where there is no bar
            seen += os.read(process.stderr.fileno(), 1000)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        status = process.wait(timeout=30)
    assert status == 130, rest
    assert b"Traceback" not in rest and b"interrupted" in rest
    assert not [path for path in here.iterdir() if "out" in path.name]
