"""Vectors of several tools and models, trained on the same text, through every task of the suite: one table.

    python benchmarks/what_vectors_hold.py CORPUS DATA --out FOLDER [--glove BUILD] [--size 100] [--epochs 3]
        [--window 5] [--min-count 5] [--workers 2] [--tokens N] [--only NAME ...] [--train] [--suite all]
        [--cache FOLDER]

CORPUS   a plain text file, one sentence a line, tokens separated by single spaces
DATA     a folder of published test sets
--out    where the vectors are kept; those that are there are not trained again
--glove  the build folder of stanfordnlp/GloVe (`make` in its source makes it), with vocab_count, cooccur, shuffle and
         glove; else its column is left out
--tokens learn from the first lines of the corpus alone, of as many tokens together: 5000000 for a run of some minutes
--only   some models, by name: cbow, skipgram, gensim-skipgram, glove, ppmi-svd, fasttext, glove-c, fasttext-cpp, pu
--train  train the vectors, and do not score them

gensim and fastText are left out where they are not installed. All see the same text, window and vocabulary; skip-gram,
CBOW and FastText make `--epochs` passes, GloVe its usual 15. FastText has 200,000 buckets of n-grams. The table is
Markdown, for docs/what-vectors-hold.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from common import run

BUCKETS = 200_000
OURS = """
import json, sys
import wordvec
corpus, out, model, how = sys.argv[1:]
wordvec.TRAINERS[model](**json.loads(how)).fit(corpus).save(out)
print("{}")
"""
GENSIM = """
import json, sys
from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence
corpus, out, how = sys.argv[1:]
model = Word2Vec(LineSentence(corpus), **json.loads(how))
model.wv.save_word2vec_format(out, binary=True)
print("{}")
"""
FASTTEXT = """
import json, sys
import fasttext
corpus, out, how = sys.argv[1:]
fasttext.train_unsupervised(corpus, **json.loads(how)).save_model(out)
print("{}")
"""


def main() -> None:
    arguments = _arguments()
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.tokens:
        arguments.corpus = _first(Path(arguments.corpus), folder / f"first-{arguments.tokens}.txt", arguments.tokens)
    trained = {}
    for name, (suffix, train) in _models(arguments).items():
        path = folder / f"{name}{suffix}"
        if not path.exists():
            started = time.perf_counter()
            print(f"training {name}", file=sys.stderr, flush=True)
            train(path)
            print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        trained[name] = path
    if not arguments.train:
        print(_table(trained, arguments))


def _first(corpus: Path, target: Path, tokens: int) -> str:
    """A file of the first lines of a corpus, of so many tokens together."""
    with open(corpus, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
        for line in lines:
            if tokens <= 0:
                break
            out.write(line)
            tokens -= len(line.split())
    return str(target)


def _models(arguments: argparse.Namespace) -> dict[str, tuple[str, Callable[[Path], None]]]:
    """Of each model the suffix of its file, and what trains it into a path."""
    size, window, workers = arguments.size, arguments.window, arguments.workers
    common = {"vector_size": size, "window": window, "min_count": arguments.min_count, "workers": workers}
    passes = {**common, "epochs": arguments.epochs}
    options = {
        "cbow": passes,
        "skipgram": passes,
        "fasttext": {**passes, "bucket": BUCKETS},
        "glove": {**common, "epochs": 15},
        "ppmi-svd": common,
        "pu": common,
    }

    def ours(model: str) -> Callable[[Path], None]:
        return lambda path: _run(OURS, arguments.corpus, path, model, json.dumps(options[model]))

    models: dict[str, tuple[str, Callable[[Path], None]]] = {
        name: (".safetensors", ours(name)) for name in ("cbow", "skipgram")
    }
    if find_spec("gensim"):
        of_gensim = json.dumps({**passes, "sg": 1})
        models["gensim-skipgram"] = (".bin", lambda path: _run(GENSIM, arguments.corpus, path, of_gensim))
    models |= {name: (".safetensors", ours(name)) for name in ("glove", "ppmi-svd", "fasttext")}
    if arguments.glove:
        models["glove-c"] = (".txt", lambda path: _glove(arguments, path))
    if find_spec("fasttext"):
        names = {"dim": size, "ws": window, "minCount": arguments.min_count, "epoch": arguments.epochs}
        of_fasttext = json.dumps({**names, "model": "skipgram", "bucket": BUCKETS, "thread": workers, "verbose": 0})
        models["fasttext-cpp"] = (".bin", lambda path: _run(FASTTEXT, arguments.corpus, path, of_fasttext))
    models["pu"] = (".safetensors", ours("pu"))
    if unknown := sorted({*(arguments.only or ())} - {*models}):
        sys.exit(f"--only must name models that can be trained here, of {', '.join(models)}; got {', '.join(unknown)}")
    return {name: models[name] for name in arguments.only or models}


def _run(code: str, corpus: str, path: Path, *more: str) -> None:
    unfinished = path.with_name(f"unfinished-{path.name}")
    run(sys.executable, code, corpus, unfinished, *more)
    unfinished.rename(path)


def _glove(arguments: argparse.Namespace, path: Path) -> None:
    """The four stages of the C program."""
    build, folder = Path(arguments.glove), path.parent / "glove-c"
    folder.mkdir(exist_ok=True)
    vocabulary, counts, shuffled = (folder / name for name in ("vocabulary", "counts", "shuffled"))
    memory, window = "2.0", str(arguments.window)
    options = {"-save-file": str(path.with_suffix("")), "-input-file": str(shuffled), "-vocab-file": str(vocabulary)}
    options |= {"-vector-size": str(arguments.size), "-threads": str(arguments.workers), "-iter": "15", "-x-max": "10"}
    options |= {"-binary": "0"}
    stages: list[tuple[list[str], str | Path | None, Path | None]] = [
        (["vocab_count", "-min-count", str(arguments.min_count)], arguments.corpus, vocabulary),
        (
            ["cooccur", "-memory", memory, "-vocab-file", str(vocabulary), "-window-size", window],
            arguments.corpus,
            counts,
        ),
        (["shuffle", "-memory", memory], counts, shuffled),
        (["glove", *(part for option in options.items() for part in option)], None, None),
    ]
    for (program, *flags), source, target in stages:
        with open(source or "/dev/null", "rb") as stdin, open(target or "/dev/null", "wb") as stdout:
            quiet = subprocess.DEVNULL
            subprocess.run(
                [build.resolve() / program, *flags], stdin=stdin, stdout=stdout, stderr=quiet, check=True, cwd=folder
            )
    for left in (counts, shuffled):
        left.unlink()


def _table(trained: dict[str, Path], arguments: argparse.Namespace) -> str:
    """A line for the main measure of each set, a column for each model: score and 95 % interval in thousandths."""
    command = [sys.executable, "-m", "wordvec", "eval", *(f"{name}={path}" for name, path in trained.items())]
    command += ["--suite", arguments.suite, "--data", arguments.data, "--json"]
    command += ["--cache", arguments.cache] if arguments.cache else []
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    lines: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for one in found["results"]:
        if one["headline"]:
            lines.setdefault((one["task"], one["name"], one["measure"]), {})[one["model"]] = one
    head = ["task", "set", "measure", "items", *trained]
    table = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for (task, name, measure), of in lines.items():
        used = sorted({one["used"] for one in of.values()})
        items = "-".join(str(number) for number in dict.fromkeys([used[0], used[-1]]))
        cells = [_cell(of[model]) for model in trained]
        table.append("| " + " | ".join([task, name, measure, items, *cells]) + " |")
    reasons = {one["reason"] for one in found["results"] if one["reason"] and one["headline"]}
    notes = [f"Policy: {found['policy']}.", *(f"No score: {reason}." for reason in sorted(reasons))]
    notes += [f"No test set: {', '.join(found['not_found'])}."] if found["not_found"] else []
    return "\n".join([*table, "", *notes])


def _cell(one: dict[str, Any]) -> str:
    if one["score"] is None:
        return "-"
    if one["low"] is None or one["high"] is None:
        return f"{1000 * one['score']:.0f}"
    return f"{1000 * one['score']:.0f} ({1000 * one['low']:.0f}-{1000 * one['high']:.0f})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("data")
    parser.add_argument("--out", required=True)
    parser.add_argument("--glove")
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=0)
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--suite", default="all")
    parser.add_argument("--cache")
    return parser.parse_args()


if __name__ == "__main__":
    main()
