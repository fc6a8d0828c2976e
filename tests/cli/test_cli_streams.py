"""The command at its edges: locales, streams that are closed or full, signals, what it says of flags and sub-verbs."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.cli import VERBS, main

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parent.parent)}
COMMAND = [sys.executable, "-m", "wordvec"]
posix = pytest.mark.skipif(os.name == "nt", reason="streams and signals are other things on Windows")


@pytest.fixture
def here(in_folder):
    """A current folder with vectors of words that few encodings have."""
    rows = np.random.default_rng(0).standard_normal((4, 5))
    KeyedVectors(["к", "дом", "北京", "naïve"], rows).save("ru.safetensors")
    (in_folder / "pairs.tsv").write_text("к\t北京\t3\nк\tnaïve\t7\n北京\tnaïve\t1\n", encoding="utf-8")
    return in_folder


def ran(*words, **options):
    """A command in a process of its own: status, stdout and stderr as bytes."""
    environment = {**ENVIRONMENT, **options.pop("env", {})}
    done = subprocess.run([*COMMAND, *words], capture_output=True, env=environment, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def shell(line):
    """The same through a shell, for what only it can do with streams."""
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m wordvec {line}'],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout, done.stderr


# Encodings


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "utf-16"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
@posix
def test_results_and_errors_are_utf8_in_pipes_whatever_the_locale(here, locale):
    """Words of any alphabet are asked for, found, and missed under every locale and PYTHONIOENCODING."""
    status, out, err = ran("similar", "ru.safetensors", "к", "дом", env=locale)
    assert (status, err) == (0, b"") and {line.split("\t")[0] for line in out.decode().splitlines()} == {"к", "дом"}
    assert "北京" in out.decode()
    status, out, err = ran("similar", "ru.safetensors", "-", env=locale, input="\ufeffк\nЖ\n".encode())
    assert status == 1 and out.decode().startswith("к\t") and "'Ж'" in err.decode() and b"Traceback" not in err


@posix
def test_other_verbs_print_words_whatever_the_locale(here):
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert "北京" in ran("info", "ru.safetensors", env=locale)[1].decode()
    assert "нет" in ran("info", "нет.safetensors", env=locale)[2].decode()
    status, out, _ = ran("similar", "ru.safetensors", "к", "--json", env=locale)
    assert status == 0 and rb'"\u043a"' in out  # the letter, not the bytes of it
    os.rename("pairs.tsv", "пары.tsv")
    assert ran("eval", "ru.safetensors", "пары.tsv", env=locale)[1].decode().startswith("пары.tsv\tspearman")


@posix
def test_a_terminal_gets_escapes_for_what_it_cannot_show(here):
    """A terminal of ASCII shows what it can, and the command does not fail."""
    import pty

    ours, theirs = pty.openpty()
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii"}
    line = [*COMMAND, "info", "ru.safetensors"]
    done = subprocess.run(line, stdout=theirs, stderr=theirs, env=environment, check=False)
    os.close(theirs)
    said = os.read(ours, 100_000)
    os.close(ours)
    assert done.returncode == 0 and rb"\u043a" in said and said.isascii()


# Streams


@pytest.mark.parametrize("line", ["train - -o o.st --quiet", "similar ru.safetensors -", "encode ru.safetensors"])
@posix
def test_closed_stdin_is_a_plain_error(here, line):
    status, out, err = shell(f"{line} <&-")
    assert (status, out) == (1, b"") and b"standard input must be open" in err and err.count(b"\n") == 1
    assert not Path("o.st").exists()


@posix
def test_closed_stdin_is_nothing_to_who_does_not_read_it(here):
    assert shell("similar ru.safetensors к <&-")[0] == 0


@pytest.mark.parametrize("line", ["--help", "similar ru.safetensors к", "train pairs.tsv -o o.safetensors"])
@posix
def test_closed_stdout_is_refused_before_the_work(here, line):
    status, _, err = shell(f"{line} >&-")
    assert status == 1 and err.startswith(b"wordvec: error: standard output must be open") and err.count(b"\n") == 1
    assert not Path("o.safetensors").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("line", ["align --help", "similar ru.safetensors к", "info ru.safetensors --json"])
def test_a_full_disk_behind_stdout_is_an_error(here, line):
    status, _, err = shell(f"{line} >/dev/full")
    assert status == 1 and err.startswith(b"wordvec: error: cannot write to standard output") and err.count(b"\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("sink", ["2>&-", "2>/dev/full"])
def test_what_becomes_of_stderr_does_not_end_the_work(here, sink):
    Path("text.txt").write_text("a b c d\n" * 100)
    status, out, _ = shell(f"train text.txt -o o.safetensors --min-count 1 --vector-size 4 {sink}")
    assert (status, out) == (0, b"o.safetensors\n") and len(wordvec.load("o.safetensors")) == 4
    assert shell(f"similar missing.safetensors a {sink}")[0] == 1


# Signals


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
@posix
def test_a_signal_ends_a_verb_at_once_and_leaves_nothing(here, sample, name):
    """SIGTERM and SIGHUP remove temporary folders as Ctrl-C does, and the status is 128 + N."""
    (here / "tmp").mkdir()
    line = ["train", str(sample), "-o", "out.safetensors", "--epochs", "10000", "--vector-size", "50"]
    environment = {**ENVIRONMENT, "TMPDIR": str(here / "tmp")}
    with subprocess.Popen([*COMMAND, *line], stderr=subprocess.PIPE, env=environment) as process:
        while not list((here / "tmp").glob(".wordvec-*")) and process.poll() is None:
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(getattr(signal, name))
        rest = process.stderr.read()
        status = process.wait(timeout=30)
    assert status == 128 + getattr(signal, name), rest
    assert time.monotonic() - began < 5 and b"Traceback" not in rest and b"interrupted" in rest
    assert not list((here / "tmp").iterdir()) and not list(here.glob("*out*")) + list(here.glob(".*"))


@posix
def test_a_signal_ends_what_waits_and_does_not_hear(here):
    """Where the main thread is deep in other code, the process ends after a grace all the same."""
    code = (
        "import sys, time, threading, wordvec.cli.similar as q\n"
        "def similar(arguments):\n"
        "    open(__import__('wordvec.base.leftovers').base.leftovers.temporary_name('o'), 'w').close()\n"
        "    print('ready', flush=True)\n"
        "    while True:\n"
        "        try: time.sleep(60)\n"
        "        except BaseException: pass\n"
        "q.run = similar\n"
        "sys.argv = ['wordvec', 'similar', 'ru.safetensors', 'x']\n"
        "from wordvec.cli import main; raise SystemExit(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 143
    assert not list(here.glob(".*"))


@posix
def test_what_nohup_ignores_stays_ignored(here):
    code = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "import wordvec.cli.similar as q\n"
        "q.run = lambda arguments: (os.kill(os.getpid(), signal.SIGHUP), print('done'))\n"
        "from wordvec.cli import main; raise SystemExit(main(['similar', 'ru.safetensors', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=ENVIRONMENT, check=False)
    assert (done.returncode, done.stdout) == (0, b"done\n")


def test_the_library_installs_no_handlers(here):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert main(["info", "ru.safetensors"]) == 0
    wordvec.load("ru.safetensors").most_similar("к")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


# Verbs, sub-verbs, flags


@pytest.mark.parametrize(
    ("verb", "actions"),
    [
        ("align", ["map", "self-learn", "compass", "meta", "retrofit"]),
        ("classify", ["train", "predict", "test", "compress"]),
    ],
)
def test_help_of_a_verb_lists_its_actions_and_each_has_its_own(capsys, verb, actions):
    """`align --help` is not that of its first action."""
    assert main([verb, "--help"]) == 0
    listed = capsys.readouterr().out
    helps = []
    for action in actions:
        assert f"\n  {action} " in listed
        assert main([verb, action, "--help"]) == 0
        helps.append(capsys.readouterr().out)
        assert helps[-1].startswith(f"usage: wordvec {verb} {action} ")
    assert len(set(helps)) == len(helps) and "--cutoff" not in listed and "--pairs" not in listed
    assert main([verb]) == 2 and "an action must come first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trian x", "did you mean train?"),
        ("similar ru.safetensors к --topm 3", "did you mean --topn?"),
        ("train x --vector_size 3", "did you mean --vector-size?"),
        ("train x --model cbo", "did you mean cbow?"),
        ("align compas x", "did you mean compass?"),
        ("similar ru.safetensors к --n=3", "no flag --n;"),
        ("--json info ru.safetensors", "'--json' before info"),
    ],
)
def test_an_unknown_name_is_answered_with_the_near_one(here, capsys, words, said):
    assert main(words.split()) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_files_and_words_after_two_dashes_are_no_flags(here, capsys):
    """`--` may stand before the first file or after it, and then words may begin with a dash."""
    KeyedVectors(["-n", "--json", "a"], np.eye(3) + 0.1).save("-dashes.safetensors")
    for words in (
        ["-n", "1", "--", "-dashes.safetensors", "--json"],
        ["--", "-dashes.safetensors", "--json"],
        ["--exclude", "a", "--", "-dashes.safetensors", "--json"],
    ):
        assert main(["similar", *words]) == 0
        assert capsys.readouterr().out.startswith("-n\t")
    assert main(["eval", "--pairs", "pairs.tsv", "--", "ru.safetensors"]) == 0
    assert main(["train", "--min-count", "1", "--quiet", "--", "pairs.tsv"]) == 0
    assert Path("pairs.safetensors").exists()


def test_help_shows_defaults(capsys):
    assert main(["align", "retrofit", "--help"]) == 0
    assert "(default: 1.0)" in capsys.readouterr().out
    for verb in VERBS:
        assert main(["help", verb]) == 0 and f"usage: wordvec {verb}" in capsys.readouterr().out


# Which file is which, and what errors say


@pytest.mark.parametrize("suffix", [".safetensors", ".vec", ".glove", ".bin"])
def test_a_second_file_of_vectors_is_a_model_and_no_test_set(here, capsys, suffix):
    """`eval A B sets` takes B, of any format, for a model; as a test set it is refused, as is one in its place."""
    KeyedVectors(["tea", "cup", "pot"], np.eye(3) + 0.5).save("a.safetensors")
    assert main(["convert", "a.safetensors", f"b{suffix}"]) == 0
    status, refused = (2, f"b{suffix} holds vectors") if suffix in (".vec", ".glove") else (1, "a file of vectors (")
    for words, wanted, said in (
        (["ru.safetensors", "--pairs", f"b{suffix}"], status, refused),
        (["pairs.tsv", "pairs.tsv"], 2, "pairs.tsv is a test set (pairs)"),
    ):
        assert main(["eval", *words]) == wanted
        assert said in capsys.readouterr().err
    assert main(["eval", f"b{suffix}", "pairs.tsv"]) == 0
    capsys.readouterr()
    assert main(["eval", "a.safetensors", f"b{suffix}", "pairs.tsv"]) == 0
    out = capsys.readouterr().out
    assert "a.safetensors" in out and f"b{suffix}" in out


@pytest.mark.parametrize(
    "line",
    [
        "train nothere.txt",
        "train text.txt -o o.safetensors --min-count 900",
        "train text.txt --init ru.safetensors",
        "train text.txt --hs --keep-context --min-count 1",
        "train one.txt",
        "count one.txt",
        "encode ru.safetensors nothere",
        "encode c.counts.safetensors text.txt",
        "similar c.counts.safetensors a",
        "similar bad.vec a",
        "info bad.vec",
        "info dup.vec --duplicates error",
        "convert ru.safetensors o.floret",
        "similar minishlab/potion-base-8M x",
        "compress ru.safetensors o.safetensors --rotate --by-counts",
        "compress ru.safetensors o.safetensors --sif 1e-3",
        "compress ru.safetensors o.safetensors --prune 2 --by count",
        "align compass a=text.txt b=one.txt -o q --hs",
        "align compass a=text.txt a=one.txt -o q",
        "align map ru.safetensors ru.safetensors --pairs one.txt -o o.safetensors",
        "eval ru.safetensors text.txt",
        "classify predict ru.safetensors text.txt",
    ],
)
@pytest.mark.filterwarnings("default")
def test_errors_and_warnings_give_no_advice_in_python(here, capsys, line):
    """What the library says to those who call it is said in flags to those who type a command."""
    Path("text.txt").write_text("a b c d e f g h\n" * 30)
    Path("one.txt").write_text("a\nb\nc\n" * 30)
    Path("bad.vec").write_text("3 2\na 1 2\nb 1\nc 1 2\n")
    Path("dup.vec").write_text("2 2\na 1 2\na 2 1\n")
    assert main(["count", "text.txt", "-o", "c.counts.safetensors", "--min-count", "1", "--quiet"]) == 0
    capsys.readouterr()
    quiet = [] if line.split()[0] not in ("train", "count") else ["--quiet"]
    assert main([*line.split(), *quiet]) in (1, 2)
    err = capsys.readouterr().err
    assert not re.search(r"\w=|=True|=False|\bNone\b|\[\[|\w\(|wordvec\.\w+|\w_\w|self\.|\bstr\b", err), err


@pytest.mark.filterwarnings("default")  # the command shows them
def test_a_warning_of_lost_parts_has_no_advice_in_python(here, capsys):
    small = {"vector_size": 4, "epochs": 1, "min_count": 1, "bucket": 50, "sample": 0}
    wordvec.FastText(**small).fit([["a", "b"]] * 9).save("f.safetensors")
    assert main(["convert", "f.safetensors", "f.vec"]) == 0
    said = capsys.readouterr().err
    assert "warning: subwords" in said and "without(" not in said
