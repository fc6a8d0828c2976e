"""Text classifiers against fastText: whole processes in turn, accuracy on held-out lines; compressed; n-grams of bytes.

    python benchmarks/classify_vs_fasttext.py DATA [--task decade|language] [--pairs 3] [--tokens 1000000] [--workers 2]
        [--compress] [--log FILE] [--OPTION VALUE ...]

DATA       a folder with slices/un-1970s.txt.xz, un-1990s and un-2010s, wiki17.txt.xz and bilingual/wiki-de.txt.xz: one
           sentence a line
--task     decade: which decade a sentence of the UN General Debate is of; language: English or German Wikipedia
--pairs    how often each side runs, with the seeds 1, 2, ...; who goes first changes from pair to pair
--tokens   of each class; every tenth block of 100 lines is held out
--compress no pairs: one model, pruned, retrained and quantised, and fastText's quantize beside it
--log      where a line of JSON is added for each pair
OPTION     vector_size, epochs, alpha, word_ngrams, min_n, max_n, bucket, loss; byte_ngrams is ours alone

A process reads, trains, saves and tests. Printed are seconds of the whole and of training, accuracy and the size of the
file: medians with the smallest and largest. fasttext-wheel must be installed beside wordvec.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import pairs, run, spread
from recording import record

OURS = """
import json, os, sys, time
from wordvec.classify import TextClassifier
train, test, out, how = sys.argv[1:]
start = time.perf_counter()
model = TextClassifier(**json.loads(how)).fit(train)
trained = time.perf_counter() - start
model.save(out)
start = time.perf_counter()
accuracy = TextClassifier.load(out).test(test).accuracy
tested = time.perf_counter() - start
print(json.dumps({"train": trained, "test": tested, "accuracy": accuracy, "bytes": os.path.getsize(out)}))
"""
THEIRS = """
import json, os, sys, time, fasttext
fasttext.FastText.eprint = lambda *words: None  # of load_model
train, test, out, how = sys.argv[1:]
start = time.perf_counter()
model = fasttext.train_supervised(train, verbose=0, **json.loads(how))
trained = time.perf_counter() - start
model.save_model(out)
start = time.perf_counter()
accuracy = fasttext.load_model(out).test(test)[1]
tested = time.perf_counter() - start
print(json.dumps({"train": trained, "test": tested, "accuracy": accuracy, "bytes": os.path.getsize(out)}))
"""
QUANTIZE = """
import json, os, sys, fasttext
fasttext.FastText.eprint = lambda *words: None
train, test, model, out, cutoff, retrain = sys.argv[1:]
model = fasttext.load_model(model)
more = {"input": train, "retrain": True} if retrain == "1" else {}
model.quantize(cutoff=int(cutoff), qnorm=True, **more)
model.save_model(out)
print(json.dumps({"accuracy": fasttext.load_model(out).test(test)[1], "bytes": os.path.getsize(out)}))
"""
COMPRESS = """
import json, os, sys
from wordvec.classify import TextClassifier
train, test, model, out, cutoff, retrain = sys.argv[1:]
corpus = train if retrain == "1" else None
TextClassifier.load(model).compress(corpus, cutoff=int(cutoff) or None).save(out)
print(json.dumps({"accuracy": TextClassifier.load(out).test(test).accuracy, "bytes": os.path.getsize(out)}))
"""
TASKS = {
    "decade": {name: f"slices/un-{name}.txt.xz" for name in ("1970s", "1990s", "2010s")},
    "language": {"en": "wiki17.txt.xz", "de": "bilingual/wiki-de.txt.xz"},
}
PEER = {
    "vector_size": "dim",
    "epochs": "epoch",
    "alpha": "lr",
    "word_ngrams": "wordNgrams",
    "min_n": "minn",
    "max_n": "maxn",
    "bucket": "bucket",
    "loss": "loss",
    "workers": "thread",
    "seed": "seed",
}


def split(data: Path, task: str, tokens: int, folder: Path) -> tuple[Path, Path]:
    """The lines of all classes, shuffled, and those that are held out."""
    train: list[str] = []
    test: list[str] = []
    for label, name in TASKS[task].items():
        seen = 0
        with lzma.open(data / name, "rt", encoding="utf-8") as file:
            for number, line in enumerate(line for line in file if line.strip()):
                (test if number // 100 % 10 == 9 else train).append(f"__label__{label} {line.strip()}\n")
                seen += len(line.split())
                if seen >= tokens:
                    break
    random.Random(1).shuffle(train)
    for name, lines in (("train", train), ("test", test)):
        (folder / name).write_text("".join(lines), encoding="utf-8")
    return folder / "train", folder / "test"


def options(given: list[str]) -> dict[str, Any]:
    """--name value pairs as they are."""
    names = [name.removeprefix("--").replace("-", "_") for name in given[::2]]
    kinds = {"loss": str, "byte_ngrams": str, "alpha": float}
    return {name: kinds.get(name, int)(value) for name, value in zip(names, given[1::2])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--task", choices=TASKS, default="decade")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compress", action="store_true")
    parser.add_argument("--log", type=Path)
    arguments, rest = parser.parse_known_args()
    how = options(rest)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train, test = split(arguments.data, arguments.task, arguments.tokens, folder)
        sizes = [path.read_text(encoding="utf-8").count("\n") for path in (train, test)]
        print(f"{arguments.task}: {sizes[0]} lines, {sizes[1]} held out, {how}")
        if arguments.compress:
            compress(folder, train, test, how | {"workers": arguments.workers})
            return
        compare(arguments, folder, train, test, how)


def compare(arguments: argparse.Namespace, folder: Path, train: Path, test: Path, how: dict[str, Any]) -> None:
    """Both sides in turn."""

    def ours(turn: int) -> dict[str, Any]:
        own = how | {"workers": arguments.workers, "seed": turn + 1}
        return run(sys.executable, OURS, train, test, folder / "ours.safetensors", json.dumps(own))

    def theirs(turn: int) -> dict[str, Any]:
        if "byte_ngrams" in how:
            return {}
        own = {PEER[name]: value for name, value in how.items()} | {"thread": arguments.workers, "seed": turn + 1}
        found = run(sys.executable, THEIRS, train, test, folder / "theirs.bin", json.dumps(own))
        os.remove(folder / "theirs.bin")
        return found

    results = list(pairs(arguments.pairs, ours, theirs))
    for side, name in enumerate(("wordvec", "fastText")):
        found = [pair[side] for pair in results if pair[side]]
        if found:
            values = {key: [one[key] for one in found] for key in found[0]}
            print(f"{name:9} whole {spread(values['whole'])} s, train {spread(values['train'])} s", end=", ")
            print(f"test {spread(values['test'])} s, accuracy {spread(values['accuracy'], 4)}", end=", ")
            print(f"{statistics.median(values['bytes']) / 1e6:.1f} MB")
    if arguments.log:
        with arguments.log.open("a") as log:
            for first, second in results:
                log.write(json.dumps({"task": arguments.task, "how": how, "ours": first, "theirs": second}) + "\n")


def compress(folder: Path, train: Path, test: Path, how: dict[str, Any]) -> None:
    """One model of each side, as it is, and in less and less room."""
    peer = json.dumps({PEER[name]: value for name, value in how.items()})
    sides = {
        "wordvec": (COMPRESS, run(sys.executable, OURS, train, test, folder / "wordvec", json.dumps(how))),
        "fastText": (QUANTIZE, run(sys.executable, THEIRS, train, test, folder / "fastText", peer)),
    }
    for side, (code, whole) in sides.items():
        print(f"{side}: whole {whole['bytes'] / 1e6:.2f} MB, accuracy {whole['accuracy']:.4f}")
        for cutoff, retrain in ((0, 0), (100_000, 0), (100_000, 1), (20_000, 0), (20_000, 1)):
            found = run(sys.executable, code, train, test, folder / side, folder / "small", cutoff, retrain)
            print(f"  cutoff {cutoff or 'none'}, {'retrained' if retrain else 'as it is'}: ", end="")
            print(f"{found['bytes'] / 1e6:.3f} MB, 1/{whole['bytes'] / found['bytes']:.0f}, ", end="")
            print(f"accuracy {found['accuracy']:.4f} ({found['accuracy'] - whole['accuracy']:+.4f})")


if __name__ == "__main__":
    record(main)
