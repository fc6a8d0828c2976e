"""What a second worker brings: the training phase with one and with two workers, in alternating pairs.

    python benchmarks/train_workers.py CORPUS [--pairs 5] [--models skipgram cbow] [--sizes 100] [--epochs 2]

CORPUS     a plain text file, one sentence a line; it is read once, outside the time taken
--pairs    pairs of runs; who goes first changes from pair to pair

A ratio is the time of one worker over that of two within a pair; printed are the median and the smallest and largest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile

from common import pairs, run, spread
from recording import record

TRAIN = """
import json, sys, time
import wordvec
corpus, cache, model, size, epochs, workers = sys.argv[1:]
encoded = wordvec.encode_corpus(corpus, cache=cache)
start = time.perf_counter()
wordvec.train(encoded, model=model, vector_size=int(size), epochs=int(epochs), workers=int(workers), sample=1e-4)
print(json.dumps({"train": time.perf_counter() - start, "tokens": int(epochs) * encoded.stats.kept}))
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
    print("| model | vector_size | 1 worker, M words/s | 2 workers, M words/s | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as cache:
        for model in arguments.models:
            for size in arguments.sizes:

                def side(workers: int, model: str = model, size: int = size) -> dict[str, float]:
                    return run(sys.executable, TRAIN, arguments.corpus, cache, model, size, arguments.epochs, workers)

                results = list(pairs(arguments.pairs, lambda _, side=side: side(2), lambda _, side=side: side(1)))
                rates = [spread([one["tokens"] / one["train"] / 1e6 for one in runs]) for runs in zip(*results)]
                ratio = spread([single["train"] / double["train"] for double, single in results])
                print(f"| {model} | {size} | {rates[1]} | {rates[0]} | {ratio} |", flush=True)


if __name__ == "__main__":
    record(main)
