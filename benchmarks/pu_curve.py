"""PU-learning on small corpora: does weighing the zeros help, and against which models, from 1 to 17 million tokens.

    python benchmarks/pu_curve.py CORPUS --quality SCRIPT DATA [--millions 1 3 5 17] [--size 100] [--workers 2]
        [--models pu pu-without-zeros glove skipgram ppmi-svd] [--seeds 1] [--log FILE]

CORPUS      a plain text file, one sentence a line, of which the first lines are read
--quality   a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
            {test: [score, ...]}
--millions  tokens, in millions
--seeds     how many seeds each model is trained with; scores are means
--log       where a line of JSON is added for each training

The claim of Jiang, Yu, Hsieh and Chang (2018) is that pairs which never occur, taken for zeros of little weight, make
better vectors of a few million tokens than GloVe, which leaves them out; `pu-without-zeros` has rho 0. All
models have their own defaults, but for more epochs of skip-gram and GloVe, without which they would be far from done
on so little text. Times are those of `fit` in this process, one after the other, reading included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from common import quality
from recording import record

import wordvec

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "pu": ("pu", {}),
    "pu-without-zeros": ("pu", {"rho": 0.0}),
    "glove": ("glove", {"epochs": 50}),
    "skipgram": ("skipgram", {"epochs": 15}),
    "ppmi-svd": ("ppmi-svd", {}),
}


def first_lines(corpus: str, tokens: float) -> Iterator[bytes]:
    """Lines until there are as many tokens."""
    with open(corpus, "rb") as lines:
        for line in lines:
            if tokens <= 0:
                return
            tokens -= len(line.split())
            yield line


def measure(arguments: argparse.Namespace, name: str, text: str) -> list[dict[str, Any]]:
    """What came of a model, for each seed."""
    model, options = MODELS[name]
    trainer, results = wordvec.TRAINERS[model], []
    for seed in range(1, 1 + arguments.seeds):
        made = trainer(vector_size=arguments.size, workers=arguments.workers, seed=seed, **options)
        started = time.perf_counter()
        vectors = made.fit(text)
        seconds = time.perf_counter() - started
        result = {"seconds": seconds, "words": len(vectors), "quality": quality(vectors, *arguments.quality)}
        results.append(result)
        if arguments.log:
            with open(arguments.log, "a") as log:
                log.write(json.dumps({"model": name, "corpus": os.path.getsize(text), "seed": seed, **result}) + "\n")
    return results


def row(millions: float, name: str, results: list[dict[str, Any]], tests: list[str]) -> str:
    """A row of the table."""
    seconds = statistics.median(result["seconds"] for result in results)
    scores = [statistics.mean(result["quality"][test] for result in results) for test in tests]
    cells = [f"{score:.3f}" if abs(score) < 1 else f"{score:.1f}" for score in scores]
    return f"| {millions:g} M | {name} | {seconds:.1f} s | " + " | ".join(cells) + " |"


def main() -> None:
    """Train all models on all sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"), required=True)
    parser.add_argument("--millions", nargs="+", type=float, default=[1, 3, 5, 17])
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--log")
    arguments = parser.parse_args()
    for name in [name for name in arguments.models if MODELS[name][0] not in wordvec.TRAINERS]:
        print(f"{name} is left out: no such model here", file=sys.stderr)
        arguments.models.remove(name)
    tests: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for millions in arguments.millions:
            text = os.path.join(folder, "corpus.txt")
            with open(text, "wb") as file:
                file.writelines(first_lines(arguments.corpus, millions * 1e6))
            for name in arguments.models:
                results = measure(arguments, name, text)
                if not tests:
                    tests = [test for test in results[0]["quality"] if test.startswith(("EN-", "analogy"))]
                    print("| tokens | model | fit | " + " | ".join(tests) + " |\n|" + "---|" * (3 + len(tests)))
                print(row(millions, name, results, tests), flush=True)


if __name__ == "__main__":
    record(main)
