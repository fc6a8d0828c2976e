"""What a local cluster of two processes costs and brings, against one process with one thread and with two.

    python benchmarks/cluster.py CORPUS [--pairs 3] [--epochs 5] [--vector-size 100] [--sync TOKENS]

CORPUS     a plain text file, one sentence a line
--pairs    runs of each; who goes first changes from run to run
--sync     tokens that each replica trains between two averagings (default: the library's)

Each run is a process of its own. Its phases: start (imports and, for the cluster, its processes and their imports, for
which a small text goes through all phases), encode, train (skip-gram; two replicas on the cluster), count. Ratios leave
the start out, and are taken within a pair.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from common import pairs, run, spread
from recording import record

START = """
import json, sys, time
begin = time.perf_counter()
import wordvec, wordvec.trainers
corpus, epochs, size, sync = sys.argv[1], *map(int, sys.argv[2:5])
seconds, last = {}, begin

def phase(name):
    global last
    now = time.perf_counter()
    seconds[name], last = now - last, now
"""

ALONE = (
    START
    + """
small = wordvec.encode_corpus([["a", "b"] * 10] * 2000, workers=WORKERS)
wordvec.train(small, epochs=1, vector_size=size, sample=0, workers=WORKERS), wordvec.count(small, workers=WORKERS)
phase("start")
encoded = wordvec.encode_corpus(corpus, workers=WORKERS)
phase("encode")
wordvec.train(encoded, epochs=epochs, vector_size=size, workers=WORKERS)
phase("train")
wordvec.count(encoded, workers=WORKERS)
phase("count")
print(json.dumps(seconds))
"""
)

CLUSTER = (
    START
    + """
from wordvec.distributed import count, encode_corpus, fit, open_cluster
with open_cluster("local:2") as cluster:

    def run(text, tell, **options):
        encoded = encode_corpus(text, executor=cluster.executor(), store=cluster.store(), min_count=5)
        tell("encode")
        fit(wordvec.SkipGram(replicas=2, vector_size=size, **options), encoded, client=cluster)
        tell("train")
        count(encoded)
        tell("count")

    run([["a", "b"] * 10] * 2000, bool, epochs=1, sample=0)
    phase("start")
    run(corpus, phase, epochs=epochs, sync=sync or None)
print(json.dumps(seconds))
"""
)
PHASES = ("encode", "train", "count")


def main() -> None:
    """Run all pairs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--sync", type=int, default=0)
    arguments = parser.parse_args()
    given = (arguments.corpus, arguments.epochs, arguments.vector_size, arguments.sync)

    print("| against | phase | other, s | cluster of 2 processes, s | other / cluster |\n|---|---|---|---|---|")
    for workers in (1, 2):
        alone = ALONE.replace("WORKERS", str(workers))
        sides = [partial(run_of, code, given) for code in (CLUSTER, alone)]
        results = list(pairs(arguments.pairs, *sides))
        name = "one process, one thread" if workers == 1 else "one process, two threads"
        for phase in ("start", *PHASES, "all but start"):
            ours, theirs = ([time_of(one, phase) for one in side] for side in zip(*results))
            ratio = spread([b / a for a, b in zip(ours, theirs)])
            print(f"| {name} | {phase} | {spread(theirs)} | {spread(ours)} | {ratio} |", flush=True)


def run_of(code: str, given: tuple[object, ...], _: int) -> dict[str, float]:
    """A run of some code."""
    return run(sys.executable, code, *given)


def time_of(seconds: dict[str, float], phase: str) -> float:
    """The seconds of a phase, or of all phases but the start."""
    return seconds[phase] if phase in seconds else sum(seconds[name] for name in PHASES)


if __name__ == "__main__":
    record(main)
