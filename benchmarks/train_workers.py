"""What a second worker brings: with one and with two workers, in alternating pairs, beside what the machine allows.

    python benchmarks/train_workers.py CORPUS [--pairs 5] [--models skipgram cbow] [--sizes 100] [--epochs 2]

CORPUS     a plain text file, one sentence a line
--pairs    pairs of runs; who goes first changes from pair to pair

A ratio is the time of one worker over that of two within a pair, of training, and from the file to saved vectors
without the start of Python and imports; printed are the median and the smallest and largest. The last ratio is the
control: two processes of one worker each, with data of their own, train side by side and share nothing but the machine.
Where they do not reach 2, two threads cannot.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from common import pairs, run, spread
from recording import record

TRAIN = """
import json, os, sys, tempfile, time
import wordvec, wordvec.corpus.encoder, wordvec.formats, wordvec.trainers
corpus, model, size, epochs, workers = sys.argv[1:]
begun = time.perf_counter()
encoded = wordvec.encode_corpus(corpus, workers=int(workers))
start = time.perf_counter()
options = {"vector_size": int(size), "epochs": int(epochs), "workers": int(workers)}
options |= {"sample": 1e-4} if model != "glove" else {}
vectors = wordvec.train(encoded, model=model, **options)
train = time.perf_counter() - start
with tempfile.TemporaryDirectory() as folder:
    vectors.save(os.path.join(folder, "vectors.safetensors"))
print(json.dumps({
    "train": train, "file": time.perf_counter() - begun, "tokens": int(epochs) * encoded.stats.kept
}))
"""


def main() -> None:
    """Run all settings and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--models", nargs="+", default=["skipgram", "cbow"])
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
    )
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for model in arguments.models:
        for size in arguments.sizes:

            def side(workers: int, model: str = model, size: int = size) -> dict[str, float]:
                return run(sys.executable, TRAIN, arguments.corpus, model, size, arguments.epochs, workers)

            def apart(side=side) -> float:  # type: ignore[no-untyped-def]
                with ThreadPoolExecutor(2) as pool:
                    return sum(one["train"] for one in pool.map(side, (1, 1))) / 2

            results, controls = [], []
            for double, single in pairs(arguments.pairs, lambda _, side=side: side(2), lambda _, side=side: side(1)):
                results.append((double, single))
                controls.append(2 * single["train"] / apart())
            rates = [spread([one["tokens"] / one["train"] / 1e6 for one in runs]) for runs in zip(*results)]
            ratios = [spread([single[what] / double[what] for double, single in results]) for what in ("train", "file")]
            print(
                f"| {model} | {size} | {rates[1]} | {rates[0]} | {' | '.join(ratios)} | {spread(controls)} |",
                flush=True,
            )


if __name__ == "__main__":
    record(main)
