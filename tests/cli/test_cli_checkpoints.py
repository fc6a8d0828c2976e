"""--checkpoint, --every and --resume: runs that are ended by a signal go on, and say what they do."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
COMMAND = [sys.executable, "-m", "wordvec"]
OPTIONS = ["--workers", "1", "--min-count", "1", "--vector-size", "20", "--epochs", "30"]


@pytest.fixture
def text(in_folder):
    """A corpus of 60,000 tokens: an epoch takes some 20 ms."""
    rng = np.random.default_rng(0)
    words = (200 * rng.random((5_000, 12)) ** 2).astype(int)
    (in_folder / "text.txt").write_text("\n".join(" ".join(f"w{word}" for word in row) for row in words))
    (in_folder / "tmp").mkdir()
    return in_folder


def train(*more):
    return ["train", "text.txt", *OPTIONS, *more]


def started(folder, *words):
    """A command in a process of its own, with the folder for temporary files inside."""
    environment = {**os.environ, "TMPDIR": str(folder / "tmp")}
    return subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def wait_for(condition, process):
    while not condition() and process.poll() is None:
        time.sleep(0.005)
    assert process.poll() is None, process.stderr.read()


def hidden(*folders):
    return [path for folder in folders for path in folder.glob(".*")]


@posix
@pytest.mark.parametrize(("name", "model"), [("SIGTERM", "skipgram"), ("SIGINT", "pv-dm"), ("SIGHUP", "glove")])
def test_a_signal_leaves_a_last_checkpoint_and_the_run_goes_on(text, command, name, model):
    out = "whole.safetensors" if model != "pv-dm" else "whole"
    assert command(*train("--model", model, "-o", out))[0] == 0
    line = train("--model", model, "-o", out.replace("whole", "out"), "--checkpoint", "kept", "--every", "0.05s")
    with started(text, *line) as process:
        wait_for(lambda: list((text / "kept").glob("checkpoint-*")), process)
        process.send_signal(getattr(signal, name))
        rest = process.stderr.read().decode()
        assert process.wait(timeout=30) == 128 + getattr(signal, name), rest
    assert "can go on from kept" in rest and "interrupted" in rest and "Traceback" not in rest
    assert not hidden(text, text / "kept", text / "tmp") and not (text / out.replace("whole", "out")).exists()
    status, _, err = command(*line, "--resume")
    assert status == 0 and "going on from" in err
    for path in [text / out] if model != "pv-dm" else (text / out).iterdir():
        assert path.read_bytes() == (text / str(path.relative_to(text)).replace("whole", "out", 1)).read_bytes()


@posix
def test_a_second_signal_does_not_wait_for_the_last_checkpoint(text):
    code = (
        "import sys, time\n"
        "from wordvec.optim import checkpoints\n"
        "def slow(*arguments, **named):\n"
        "    print('writing', flush=True); time.sleep(60)\n"
        "checkpoints.write_file = slow\n"
        f"sys.argv = ['wordvec', *{train('-o', 'out.safetensors', '--epochs', '9999', '--checkpoint', 'kept')!r}]\n"
        "from wordvec.cli import main; raise SystemExit(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while b"epoch 1/" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == b"writing\n"
        time.sleep(2)  # longer than a run without checkpoints is given
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 143
    assert not hidden(text, text / "kept")


def test_a_run_is_ended_by_its_own_options_only(text, command):
    line = train("-o", "out.safetensors", "--checkpoint", "kept")
    assert command(*line, "--epochs", "2")[0] == 0
    first = (text / "out.safetensors").read_bytes()
    status, _, err = command(*line, "--epochs", "3", "--force", "--resume")
    assert status == 2 and "that of kept had epochs 2 (now 3)" in err
    # another output, another interval, quiet and JSON are the same run
    same = ["-o", "other.safetensors", "--epochs", "2", "--every", "1h", "--quiet", "--json", "--resume"]
    status, out, err = command(*line, *same)
    assert status == 0 and err == "" and json.loads(out)["output"] == "other.safetensors"
    assert (text / "other.safetensors").read_bytes() == first
    status, _, err = command(*line, "--epochs", "2", "--force")
    assert status == 0 and "epoch 1/2" in err
    (text / "out.safetensors").unlink()
    status, _, err = command(*line, "--epochs", "2")
    assert status == 2 and "go on from them with --resume, give another folder, or remove them with --force" in err


@pytest.mark.parametrize("model", ["skipgram", "pv-dbow"])
def test_resume_replaces_what_the_same_run_wrote_and_nothing_else(text, command, model):
    out = text / ("out.safetensors" if model == "skipgram" else "out")
    line = train("--model", model, "--checkpoint", "kept")
    assert command(*line, "-o", out.name)[0] == 0
    files = [out] if out.is_file() else sorted(out.iterdir())
    first = [path.read_bytes() for path in files]
    files[0].write_bytes(b"half of it")
    status, _, err = command(*line, "-o", out.name, "--resume")
    assert status == 0, err
    assert [path.read_bytes() for path in files] == first
    (text / "other.safetensors").write_bytes(b"mine")
    status, _, err = command(*line, "-o", "other.safetensors", "--resume")
    assert status == 1 and "give --force" in err and (text / "other.safetensors").read_bytes() == b"mine"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_resume_without_a_checkpoint_says_that_it_starts(text, command, folder):
    (text / "empty").mkdir()
    status, _, err = command(*train("-o", "out.safetensors", "--epochs", "1", "--checkpoint", folder, "--resume"))
    assert status == 0 and f"warning: there is no checkpoint to go on from in {folder}; the run starts" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resume"], "--resume needs --checkpoint FOLDER"),
        (["--every", "1m"], "--every needs --checkpoint FOLDER"),
        (["--checkpoint", "kept", "--every", "soon"], "--every must be a time above 0, such as '30s'"),
        (["--checkpoint", "text.txt"], "text.txt"),
    ],
)
def test_flags_that_make_no_sense_are_refused(text, command, words, message):
    status, _, err = command(*train("-o", "out.safetensors", *words))
    assert status in (1, 2) and message in err and not (text / "out.safetensors").exists()


def test_models_that_take_none_say_so(text, command):
    line = ["train", "text.txt", "-o", "out.safetensors", "--checkpoint", "kept"]
    status, _, err = command(*line, "--model", "bitcipher")
    assert status == 2 and "bitcipher reads a text once" in err and "--gaps keep" in err
    assert command("count", "text.txt", "-o", "counts.safetensors")[0] == 0
    status, _, err = command("train", "counts.safetensors", "--model", "ppmi-svd", *line[2:])
    assert status == 2 and "ppmi-svd is computed from these counts at once: leave it out" in err


def test_count_keeps_its_counts(text, command):
    line = ["count", "text.txt", "-o", "counts.safetensors", "--checkpoint", "kept"]
    assert command(*line)[0] == 0
    status, _, err = command(*line, "--resume", "--force")
    assert status == 0 and "the counts are those in kept" in err.replace(f"{text}/", "")
    status, _, err = command(*line, "--resume", "--force", "--window", "2")
    assert status == 2 and "window 5 (now 2)" in err
    status, _, err = command("count", "x.bin", "--vocab", "v.txt", "--from-glove", "--checkpoint", "new")
    assert status == 2 and "--checkpoint must be left out with --from-glove" in err


def test_classify_train_and_self_learn_have_the_flags(text, command):
    (text / "lines.txt").write_text("__label__a one two\n__label__b three four\n" * 50)
    line = ["classify", "train", "lines.txt", "--workers", "1", "--checkpoint", "kept"]
    assert command(*line, "-o", "one.safetensors")[0] == 0
    status, _, err = command(*line, "-o", "two.safetensors", "--resume")
    assert status == 0 and "going on from" in err
    assert (text / "one.safetensors").read_bytes() == (text / "two.safetensors").read_bytes()
    status, _, err = command(*line, "-o", "two.safetensors", "--force", "--resume", "--class-weight", "balanced")
    assert status == 2 and "texts '" in err
    status, out, _ = command("align", "self-learn", "--help")
    assert status == 0 and "--checkpoint FOLDER" in out and "--every T" in out
