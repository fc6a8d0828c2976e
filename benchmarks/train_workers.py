"""What a second worker brings: with one and with two workers, in alternating pairs, beside what the machine allows.

    python benchmarks/train_workers.py CORPUS [--pairs 5] [--models skipgram cbow | all] [--sizes 100] [--epochs 2]

CORPUS     a plain text file, one sentence a line
--pairs    pairs of runs; who goes first changes from pair to pair
--models   all: every trainer by gradient descent that MODELS lists; slow ones read the first lines of the corpus only

A ratio is the time of one worker over that of two within a pair, of training, and from the file to saved vectors
without the start of Python and imports; printed are the median and the smallest and largest. Training does not count
GloVe's counts, but it does count that documents are read. The control is two processes of one worker each, with data of
their own, which train side by side and share nothing but the machine. Where they do not reach 2, two threads cannot.
The last ratio is of training again, in the pairs in which the cores had a common cache before and after the run with
two workers, as a line of memory passed from one to the other in less than 60 ns; "-" where there was none. A virtual
machine may move its cores apart within seconds. It needs a C compiler, `cc`.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import pairs, run, spread
from recording import record
from roofline_machine import loops_in

TRAIN = """
import json, os, sys, tempfile, time
import wordvec, wordvec.cooccurrence, wordvec.corpus.encoder, wordvec.formats
from wordvec.trainers import TRAINERS
corpus, model, size, epochs, workers, more = sys.argv[1:]
options = {"vector_size": int(size), "epochs": int(epochs), "workers": int(workers)} | json.loads(more)
trainer = TRAINERS[model](**options)
begun = start = time.perf_counter()
text = corpus
if not model.startswith("pv-"):  # documents are encoded by the trainer
    text = wordvec.encode_corpus(corpus, workers=trainer.workers)
    if model == "glove":
        counting = {name: getattr(trainer, name) for name in ("window", "distance_weight", "workers")}
        text = wordvec.cooccurrence.count(text, **counting)
    start = time.perf_counter()
vectors = trainer.fit(text)
train = time.perf_counter() - start
with tempfile.TemporaryDirectory() as folder:
    vectors.save(os.path.join(folder, "vectors.safetensors"))
print(json.dumps({"train": train, "file": time.perf_counter() - begun}))
"""
NEAR, PASSES = 60, 20_000  # nanoseconds that a line takes within a cache, at most; how often it is passed
SAMPLE: dict[str, object] = {"sample": 1e-4}
# The share of the corpus that a model trains, so that all take about as long, and its options.
MODELS: dict[str, tuple[float, dict[str, object]]] = {
    "skipgram": (1, SAMPLE),
    "cbow": (1, SAMPLE),
    "fasttext": (1 / 3, SAMPLE),
    "hash": (1 / 4, SAMPLE | {"scheme": "multi"}),
    "glove": (1, {}),
    "cmow": (1 / 10, {}),
    "pv-dbow": (1, SAMPLE),
    "pv-dm": (1 / 2, SAMPLE),
}


def first_part(corpus: Path, share: float, folder: str) -> tuple[Path, int]:
    """The first lines of the corpus, about that share of its bytes, as a file of their own, and how many words."""
    text = corpus.read_bytes()
    text = text[: text.find(b"\n", int(share * len(text)) - 1) + 1] if share < 1 else text
    path = Path(folder) / "part.txt"
    path.write_bytes(text)
    return path, len(text.split())


def passing_time(loops: ctypes.CDLL) -> float:
    """Nanoseconds that a line of memory takes from one core to the other, the smallest of five times."""
    times = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            line = (ctypes.c_int32 * 32)()
            begun = time.perf_counter()
            for done in [pool.submit(loops.pass_line, line, me, PASSES) for me in (0, 1)]:
                done.result()
            times.append((time.perf_counter() - begun) / (2 * PASSES) * 1e9)
    return min(times)


def main() -> None:
    """Run all settings and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--models", nargs="+", default=["skipgram", "cbow"], choices=[*MODELS, "all"], metavar="MODEL")
    parser.add_argument("--sizes", nargs="+", type=int, default=[100])
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()
    columns = (
        "model",
        "vector_size",
        "1 worker, M words/s",
        "2 workers, M words/s",
        "training",
        "file to vectors",
        "control",
        "training, one cache",
    )
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    with tempfile.TemporaryDirectory() as folder:
        loops = loops_in(Path(folder))
        for model in MODELS if arguments.models == ["all"] else arguments.models:
            share, options = MODELS[model]
            path, words = first_part(Path(arguments.corpus), share, folder)
            for size in arguments.sizes:
                measure(loops, path, model, size, arguments.epochs, options, arguments.pairs, words)


def measure(
    loops: ctypes.CDLL,
    corpus: Path,
    model: str,
    size: int,
    epochs: int,
    options: dict[str, object],
    count: int,
    words: int,
) -> None:
    """Run the pairs of a setting, each with its control, and print their row."""

    def side(workers: int) -> dict[str, float]:
        return run(sys.executable, TRAIN, corpus, model, size, epochs, workers, json.dumps(options))

    def apart() -> float:
        with ThreadPoolExecutor(2) as pool:
            return sum(one["train"] for one in pool.map(side, (1, 1))) / 2

    def both(_: object) -> dict[str, float]:
        before = passing_time(loops)
        return side(2) | {"pass": max(before, passing_time(loops))}

    results, controls = [], []
    for double, single in pairs(count, both, lambda _: side(1)):
        results.append((double, single))
        controls.append(2 * single["train"] / apart())
    rates = [spread([epochs * words / one["train"] / 1e6 for one in runs]) for runs in zip(*results)]
    ratios = [spread([single[what] / double[what] for double, single in results]) for what in ("train", "file")]
    near = [single["train"] / double["train"] for double, single in results if double["pass"] < NEAR]
    ratios += [spread(controls), f"{spread(near)}, {len(near)} pairs" if near else "-"]
    print(f"| {model} | {size} | {rates[1]} | {rates[0]} | {' | '.join(ratios)} |", flush=True)


if __name__ == "__main__":
    record(main)
