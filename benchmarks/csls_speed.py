"""CSLS induction of two whole vocabularies against the two matrix products that it rests on, in numpy.

    python benchmarks/csls_speed.py SOURCE TARGET --rows 100000 --runs 3

SOURCE and TARGET are vectors, such as `wordvec train` writes, mapped or not: rows are repeated with noise until there
are so many. Induction is one translation by CSLS for every source row. The products are all cosines, a thousand queries
at a time, from the source to the target and back, in float32, and nothing is done with them. Who goes first changes
from run to run. With `--part .1` a tenth of the products is computed, and counts ten times. Memory is how much the
highest resident size rises above what it is with both sides loaded.
"""

import argparse
import resource
import sys
import threading
import time

import numpy as np
from common import pairs, spread
from recording import record

import wordvec
from wordvec import KeyedVectors
from wordvec.align import Aligned

BLOCK = 1024


def enlarged(path, rows, seed):
    """Rows [rows, D] of a file, again with noise of half their size where it has fewer."""
    given = np.asarray(wordvec.load(path).vectors, np.float32)
    chance = np.random.default_rng(seed)
    made = np.empty((rows, given.shape[1]), np.float32)
    made[: len(given)] = given[:rows]
    for first in range(len(given), rows, len(given)):
        some = given[: rows - first]
        noise = chance.standard_normal(some.shape, dtype=np.float32)
        noise *= np.linalg.norm(some, axis=1, keepdims=True) / (2 * np.sqrt(given.shape[1]))
        made[first : first + len(some)] = some + noise
    return KeyedVectors([str(row) for row in range(rows)], made)


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e9


class Highest:
    """The highest resident size in a `with` block above that before it, in GB."""

    def __enter__(self):
        self._start, self.rise, self._done = resident(), 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        while not self._done.wait(0.05):
            self.rise = max(self.rise, resident() - self._start)

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--part", type=float, default=1.0)
    options = parser.parse_args()
    source, target = enlarged(options.source, options.rows, 1), enlarged(options.target, options.rows, 2)
    units = [side.vectors / np.maximum(side.norms, 1e-9)[:, None] for side in (source, target)]
    table, rises = np.empty((BLOCK, options.rows), np.float32), []

    def induce(_):
        started = time.perf_counter()
        with Highest() as highest:
            found = Aligned(source, target).induce()
        rises.append(highest.rise)
        assert len(found) == options.rows
        return time.perf_counter() - started

    def products(_):
        started, rows = time.perf_counter(), round(options.part * options.rows)
        for left, right in (units, units[::-1]):
            for first in range(0, rows, BLOCK):
                some = left[first : min(first + BLOCK, rows)]
                np.matmul(some, right.T, out=table[: len(some)])
        return (time.perf_counter() - started) * options.rows / rows

    times = []
    for ours, theirs in pairs(options.runs, induce, products):
        print(f"induction {ours:.1f} s, products {theirs:.1f} s", file=sys.stderr, flush=True)
        times.append((ours, theirs))
    ratios = [ours / theirs for ours, theirs in times]
    print(f"2 x {options.rows:,} x {source.vector_size}: induction {spread([ours for ours, _ in times])} s")
    print(f"two products {spread([theirs for _, theirs in times])} s; ratio {spread(ratios)}")
    print(f"memory above the vectors: {spread(rises)} GB")


if __name__ == "__main__":
    record(main)
