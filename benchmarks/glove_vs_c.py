"""GloVe from a text file to saved vectors against the C program's four stages: whole pipelines in turn, and quality.

    python benchmarks/glove_vs_c.py CORPUS --peer FOLDER [--pairs 3] [--size 100] [--window 10] [--epochs 15]
        [--min-count 5] [--x-max 10] [--workers 2] [--memory 4] [--quality SCRIPT DATA] [--log FILE]

CORPUS     a plain text file, one sentence a line
--peer     the build folder of stanfordnlp/GloVe, with vocab_count, cooccur, shuffle and glove
--pairs    how often each side runs, with the seeds 1, 2, ...; who goes first changes from pair to pair
--workers  our threads, and the threads of its fourth stage; its other stages have one
--memory   gigabytes that its stages may take, and that our counting may take
--quality  a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
           {test: [score, ...]}; it sees the very vectors of the timed runs
--log      where a line of JSON is added for each pair

Both sides: symmetric windows, weights 1/distance, alpha .05, weight exponent .75, sums of word and context vectors.
Ours is one process that reads, counts, trains and saves the native file; theirs are four, and the last writes text, its
default. Printed are medians with the smallest and largest, and the mean of each score.
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
from pathlib import Path
from typing import Any

from common import logged, pairs, quality, run, spread
from recording import headline, record

OURS = """
import json, sys, time
import wordvec
corpus, out, seed, how = sys.argv[1:]
how = json.loads(how)
start = time.perf_counter()
counts = wordvec.count(corpus, window=how["window"], min_count=how["min_count"], distance_weight="harmonic",
                       workers=how["workers"], memory=how["memory"])
counted = time.perf_counter()
trainer = wordvec.GloVe(vector_size=how["size"], epochs=how["epochs"], x_max=how["x_max"], workers=how["workers"],
                        seed=int(seed))
vectors = trainer.fit(counts)
trained = time.perf_counter()
vectors.save(out)
saved = time.perf_counter()
print(json.dumps({"stages": {"count": counted - start, "train": trained - counted, "save": saved - trained},
                  "cells": len(counts.data), "words": len(vectors), "loss": vectors.metadata["loss"]}))
"""
TEXT_AS_NPY = """
import sys, numpy
lines = [line.rstrip("\\n").split(" ") for line in open(sys.argv[1] + ".txt", encoding="utf-8")]
lines = [line for line in lines if line[0] != "<unk>"]
numpy.save(sys.argv[2] + ".npy", numpy.array([line[1:] for line in lines], numpy.float32))
open(sys.argv[2] + ".vocab", "w").write("".join(line[0] + "\\n" for line in lines))
print("{}")
"""


def ours(arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One run of wordvec."""
    names = ("window", "min_count", "workers", "memory", "size", "epochs", "x_max")
    how = json.dumps({name: getattr(arguments, name) for name in names})
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "vectors.safetensors")
        result = run(sys.executable, OURS, arguments.corpus, out, seed, how)
        if arguments.quality:
            result["quality"] = quality(out, *arguments.quality)
    return result


def theirs(arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One run of the four programs of the peer."""
    stages: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:

        def stage(name: str, flags: str, input: str | None = None, output: str | None = None) -> None:
            command = [str(Path(arguments.peer).resolve() / name), *flags.split(), "-verbose", "0"]
            read = open(input, "rb") if input else None
            write = open(os.path.join(folder, output), "wb") if output else None
            started = time.perf_counter()
            subprocess.run(command, check=True, cwd=folder, stdin=read, stdout=write, stderr=subprocess.DEVNULL)
            stages[name] = time.perf_counter() - started

        corpus, memory = str(Path(arguments.corpus).resolve()), f"-memory {arguments.memory}"
        stage("vocab_count", f"-min-count {arguments.min_count}", corpus, "vocab")
        stage("cooccur", f"{memory} -vocab-file vocab -window-size {arguments.window}", corpus, "cells")
        stage("shuffle", f"{memory} -seed {seed}", os.path.join(folder, "cells"), "shuffled")
        os.remove(os.path.join(folder, "cells"))
        stage(
            "glove",
            f"-input-file shuffled -vocab-file vocab -save-file vectors -threads {arguments.workers} -seed {seed} "
            f"-iter {arguments.epochs} -vector-size {arguments.size} -x-max {arguments.x_max}",
        )
        result: dict[str, Any] = {"stages": stages, "whole": sum(stages.values())}
        if arguments.quality:
            result["quality"] = quality(os.path.join(folder, "vectors"), *arguments.quality, as_npy=TEXT_AS_NPY)
    return result


def table(results: list[tuple[Any, Any]]) -> str:
    """Times, their ratio, and the scores: means over the seeds."""
    ratio = spread([their["whole"] / our["whole"] for our, their in results])
    train = spread([their["stages"]["glove"] / our["stages"]["train"] for our, their in results])
    lines = [f"cells {results[0][0]['cells']:,}, words {results[0][0]['words']:,}", ""]
    lines += ["| | wordvec | GloVe C | ratio |", "|---|---|---|---|"]
    whole = [spread([one["whole"] for one in side]) for side in zip(*results, strict=True)]
    lines.append(f"| text to saved vectors, s | {whole[0]} | {whole[1]} | **{ratio}** |")
    stages = ["; ".join(f"{name} {median(side, name):.1f}" for name in side[0]["stages"]) for side in zip(*results)]
    lines.append(f"| stages, s | {stages[0]} | {stages[1]} | training {train} |")
    for test in (test for test in results[0][0].get("quality", {}) if test.startswith(("EN-", "analogy"))):
        score = [statistics.mean(one["quality"][test] for one in side) for side in zip(*results, strict=True)]
        lines.append(f"| {test} | {score[0]:.3f} | {score[1]:.3f} | |")
    return "\n".join(lines)


def median(side: tuple[Any, ...], stage: str) -> float:
    """The median time of a stage."""
    return statistics.median(one["stages"][stage] for one in side)


def main() -> None:
    """Run the pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--peer", required=True)
    for name, default in (("pairs", 3), ("size", 100), ("window", 10), ("epochs", 15), ("min-count", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--x-max", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", type=float, default=4.0)
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    parser.add_argument("--log")
    arguments = parser.parse_args()
    both = pairs(arguments.pairs, lambda i: ours(arguments, i + 1), lambda i: theirs(arguments, i + 1))
    results = logged(both, arguments.log)
    print(table(results))
    times = ([one["whole"] for one in side] for side in zip(*results, strict=True))
    headline(f"GloVe, {arguments.size}, {arguments.epochs} iterations", "GloVe C", *times)


if __name__ == "__main__":
    record(main)
