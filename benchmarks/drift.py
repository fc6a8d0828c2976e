"""The permutation test of drift: time, how many words changed, and how many are found where nothing changed.

    python benchmarks/drift.py NAME=CORPUS NAME=CORPUS [--dim 100] [--epochs 5] [--words 1000] [--run 300]

Where nothing changed: the sentences of the second corpus dealt to two slices at random, alone and in runs of lines, as
documents are; p values should be below 0.05 for 5 % of the words.
"""

import argparse
import resource
import time

import numpy as np
from recording import record

from wordvec.align import Slices, train_compass
from wordvec.corpus import encode_corpus


def dealt(lines, run, rng):
    """Two texts to which runs of lines are dealt at random."""
    runs = [lines[start : start + run] for start in range(0, len(lines), run)]
    sides = rng.random(len(runs)) < 0.5
    return {
        name: [line for part, at in zip(runs, sides) if at == side for line in part]
        for name, side in (("a", 0), ("b", 1))
    }


def peak():
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slices", nargs=2)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--words", type=int, default=1000)
    parser.add_argument("--run", type=int, default=300)
    options = parser.parse_args()
    named = dict(item.split("=", 1) for item in options.slices)
    started = time.perf_counter()
    slices = train_compass(named, vector_size=options.dim, epochs=options.epochs)
    print(f"training: {time.perf_counter() - started:.0f} s")
    first, second = named
    shared = {one.word for one in slices.drift(first, second, topn=None, min_count=200)}
    words = [word for word in slices.compass.index_to_key if word in shared][: options.words]
    corpora = {name: encode_corpus(path, vocabulary=slices.compass.vocabulary) for name, path in named.items()}
    started = time.perf_counter(), time.process_time()
    before = peak()
    tested = slices.drift_test(first, second, corpora, words=words)
    seconds = time.perf_counter() - started[0], time.process_time() - started[1]
    found = sum(one.q < 0.05 for one in tested)
    print(f"test of {len(words)} words, 1000 permutations: {seconds[0]:.0f} s, {seconds[1]:.0f} s of all threads")
    print(
        f"sentences: {sum(map(sum, (one.sentences for one in tested))):,}; peak memory: {before} MB, then {peak()} MB"
    )
    print(f"changed with q < 0.05: {found} of {len(words)}")
    ranked = sorted(tested, key=lambda one: -one.context_drift)
    for name, some in (("largest", ranked[:15]), ("smallest", ranked[-15:])):
        print(f"{name} context drift:", ", ".join(f"{one.word} {one.context_drift:.3f}" for one in some))
    with open(named[second], encoding="utf-8") as file:
        lines = [line.split() for line in file]
    same = Slices({"a": slices[second], "b": slices[second]}, slices.compass)
    rng = np.random.default_rng(1)
    for run, blocks in ((1, (1,)), (options.run, (1, 30, 100, options.run))):
        texts = dealt(lines, run, rng)
        for block in blocks:
            p = np.array([one.p for one in same.drift_test("a", "b", texts, words=words[:300], block=block)])
            print(f"nothing changed, runs of {run}, block={block}: p <= 0.05 for {np.mean(p <= 0.05):.1%}")


if __name__ == "__main__":
    record(main)
