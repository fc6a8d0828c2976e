"""Every figure of the README, measured on one machine at one commit: `make bench`. It goes on where it was stopped.

    python benchmarks/bench.py CORPUS [--peer-python PYTHON] [--glove FOLDER] [--word2vec PROGRAM] [--pword2vec PROGRAM]
        [--koan PROGRAM] [--fasttext PROGRAM] [--quality SCRIPT DATA] [--questions FILE] [--folder build/bench]
        [--pairs 5] [--only NAME...] [--list] [--readme]

CORPUS         a plain text file, one sentence a line
--peer-python  an interpreter with gensim and fasttext-wheel (default: this one)
--glove        the build folder of stanfordnlp/GloVe; without it, what compares with it is left out
--word2vec, --pword2vec, --koan    programs that train_vs_c.py describes; those that are not given are left out
--fasttext     fastText built with -O3 -march=native; without it, only fasttext-wheel is met
--quality      a script for the scores of trained vectors, as in train_vs_gensim.py
--questions    a file of analogies; without it, their speed is left out
--folder       where each run leaves NAME.json, and NAME.log with what it printed
--readme       measure nothing; write the table of the README from the folder

A run whose file is of this commit is not repeated, so that an interrupted `make bench` is continued by the next one.
Uncommitted changes of the package are refused: a figure must have a commit. What is left out is said.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import spread
from recording import ROOT, commit
from report import provenance

BEGIN, END = "<!-- the table of `make bench` -->", "<!-- end of the table -->"
PROGRAMS = ("word2vec", "pword2vec", "koan")
Arguments = Callable[[argparse.Namespace], "list[Any] | str"]


def training(model: str, size: int) -> Arguments:
    """Training against gensim, one model and size."""

    def arguments(given: argparse.Namespace) -> list[Any]:
        scores = ["--quality", *given.quality] if given.quality else []
        settings = ["--models", model, "--sizes", size, "--workers", 2, "--pairs", given.pairs]
        return ["train_vs_gensim.py", given.corpus, "--peer-python", given.peer_python, *settings, *scores]

    return arguments


def with_glove(script: str, *options: Any) -> Arguments:
    """What compares with GloVe's programs."""
    return lambda given: (
        [script, given.corpus, "--peer", given.glove, *options]
        if given.glove
        else "--glove FOLDER must name the programs of GloVe"
    )


def c_programs(given: argparse.Namespace) -> list[Any] | str:
    """Skip-gram against the programs in C and C++ that are given."""
    programs = [part for name in PROGRAMS if getattr(given, name) for part in (f"--{name}", getattr(given, name))]
    if not programs:
        return "--word2vec, --pword2vec or --koan must name a program"
    scores = ["--quality", *given.quality] if given.quality else []
    settings = ["--epochs", 2, "--pairs", (given.pairs + 1) // 2]  # the programs take their time
    return ["train_vs_c.py", given.corpus, *programs, *settings, *scores]


def fasttext(program: bool) -> Arguments:
    """Skip-gram with n-grams against fasttext-wheel, or against the program that was built here."""

    def arguments(given: argparse.Namespace) -> list[Any] | str:
        if program and not given.fasttext:
            return "--fasttext must name a program"
        options = ["--fasttext", given.fasttext] if program else []
        pairs = (given.pairs + 1) // 2  # the peer takes its time
        return ["fasttext_vs_cpp.py", given.corpus, "--peer", given.peer_python, "--pairs", pairs, *options]

    return arguments


def analogies(given: argparse.Namespace) -> list[Any] | str:
    """The speed of analogies, on vectors that are trained for it once."""
    if not given.questions:
        return "--questions FILE must name a file of analogies"
    settings = ["--restrict-vocab", 30_000, "--rounds", 2]  # a round takes gensim minutes
    return ["analogies_vs_gensim.py", vectors_of(given), given.questions, "--peer-python", given.peer_python, *settings]


def vectors_of(given: argparse.Namespace) -> Path:
    """Skip-gram vectors of 300 dimensions for the runs that search, trained when they are first asked for."""
    path = Path(given.folder) / "vectors.safetensors"
    if not path.exists():
        options = ["--vector-size", 300, "--epochs", 1, "-o", path]
        subprocess.run([sys.executable, "-m", "wordvec", "train", given.corpus, *map(str, options)], check=True)
    return path


RUNS: dict[str, Arguments] = {
    "roofline": lambda given: ["roofline.py", given.corpus],
    "encode": lambda given: ["encode_vs_gensim.py", given.corpus, "--peer-python", given.peer_python, "--workers", 2],
    "open": lambda given: ["open_and_query_vs_gensim.py", given.folder, "--peer-python", given.peer_python],
    "read": lambda given: ["read_vs_gensim.py", given.folder, "--peer-python", given.peer_python],
    "codecs": lambda given: ["scan_codecs.py", vectors_of(given), "--only", "int8", "bits + int8"],
    "analogies": analogies,
    "cbow-100": training("cbow", 100),
    "cbow-300": training("cbow", 300),
    "skipgram-100": training("skipgram", 100),
    "skipgram-300": training("skipgram", 300),
    "c-programs": c_programs,
    "count": with_glove("count_vs_glove.py"),
    "glove": with_glove("glove_vs_c.py", "--epochs", 2, "--pairs", 2),
    "fasttext": fasttext(program=False),
    "fasttext-program": fasttext(program=True),
    "ppmi-svd": lambda given: ["ppmi_svd.py", given.corpus, "--pairs", 2],
}


def measure(name: str, given: argparse.Namespace, head: str) -> str:
    """Run one benchmark unless its file is of this commit; what became of it, in a word or a sentence."""
    folder = Path(given.folder)
    target = folder / f"{name}.json"
    if target.exists() and json.loads(target.read_text(encoding="utf-8"))["commit"] == head:
        return "is there"
    arguments = RUNS[name](given)
    if isinstance(arguments, str):
        return f"left out: {arguments}"
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder) as made, open(folder / f"{name}.log", "w", encoding="utf-8") as log:
        command = [sys.executable, str(Path(__file__).with_name(arguments[0])), *map(str, arguments[1:])]
        environment = {**os.environ, "WORDVEC_RESULTS": made}
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        found = list(Path(made).glob("*.json"))
        if done.returncode or not found:
            return f"failed: {folder / f'{name}.log'} says why"
        os.replace(found[0], target)
    return f"measured in {time.monotonic() - started:.0f} s"


def quantity(value: float, unit: str) -> str:
    """A number with its unit; times in the unit that suits them."""
    if unit != "s":
        return f"{value:.3g} {unit}"
    for factor, name in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}"
    return f"{value * 1e9:.3g} ns"


def row(line: dict[str, Any]) -> str:
    """A row of the table: medians of both sides, and the median ratio of the pairs with its range."""
    ours, theirs = (quantity(statistics.median(line[side]), line["unit"]) for side in ("ours", "theirs"))
    both = list(zip(line["ours"], line["theirs"]))
    ratios = [mine / other if line["more"] else other / mine for mine, other in both]
    return f"| {line['work']} | {ours} | {line['peer']} {theirs} | {spread(ratios)} | {line['quality']} |"


def table(folder: Path) -> str:
    """The table of all runs in the folder, where they ran, once for each commit and machine, and the last day."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for name in RUNS if (path := folder / f"{name}.json").exists()]
    if not runs:
        raise SystemExit(f"{folder} must have runs of this script; it has none: leave out --readme to measure")
    measured = [
        {**run, "script": None, "date": max(one["date"] for one in runs)} for run in runs if run.get("headlines")
    ]
    sources = dict.fromkeys(provenance(run) for run in measured)
    rows = [row(line) for run in runs for line in run.get("headlines", [])]
    head = "| work | wordvec | the other | ratio, median (lowest to highest) | quality |\n|---|---|---|---|---|"
    return "\n".join([*sources, "", head, *rows])


def write_readme(text: str, path: Path = ROOT / "README.md") -> None:
    """Put the table between its two marks."""
    readme = path.read_text(encoding="utf-8")
    before, _, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{path} must have the lines {BEGIN!r} and {END!r}, between which the table belongs")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure what is missing, then show the table; or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--peer-python", default=sys.executable)
    for program in ("glove", "fasttext", *PROGRAMS):
        parser.add_argument(f"--{program}")
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    parser.add_argument("--questions")
    parser.add_argument("--folder", default=str(ROOT / "build" / "bench"))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="name the runs")
    parser.add_argument("--readme", action="store_true")
    given = parser.parse_args()
    folder = Path(given.folder)
    if given.list:
        print("\n".join(RUNS))
        return
    if given.readme:
        write_readme(table(folder))
        return
    if not given.corpus:
        parser.error("CORPUS must name a plain text file, one sentence a line")
    head = commit()
    if head is None or head.endswith("+"):
        raise SystemExit("the package must be a checkout without uncommitted changes: a figure needs a commit")
    folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in given.only:
        print(f"{name}: ", end="", flush=True)
        outcome = measure(name, given, head)
        failed |= outcome.startswith("failed")
        print(outcome, flush=True)
    print(f"\n{table(folder)}")
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
