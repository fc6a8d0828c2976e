"""Counting co-occurrences against GloVe's own tools: whole processes in turn, from a text to counts on disk.

    python benchmarks/count_vs_glove.py CORPUS --peer FOLDER [--pairs 3] [--window 10] [--workers 2] [--memory 2]

CORPUS    a plain text file, one sentence a line
--peer    the folder with GloVe's vocab_count, cooccur and shuffle, built by its Makefile
--memory  gigabytes that both sides may take

Ours is one process: reading, vocabulary, counting, a file of counts. Theirs are three, and the ratio is taken of
cooccur + shuffle alone, so that ours does more. Printed are medians with the smallest and largest, the most memory that
each process held (of ours also without mapped files), and whether both found the same cells.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

from common import pairs, run, spread
from recording import headline, record

OURS = """
import json, sys, time
import wordvec
corpus, out, window, workers, memory = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:])
start = time.perf_counter()
encoded = wordvec.encode_corpus(corpus, workers=int(workers))
read = time.perf_counter()
how = {"window": int(window), "distance_weight": "harmonic", "workers": int(workers), "memory": memory}
counts = wordvec.count(encoded, **how)
counted = time.perf_counter()
counts.save(out)
saved = time.perf_counter()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({"read": read - start, "count": counted - read, "save": saved - counted, "cells": len(counts.data),
                  "peak": int(status["VmHWM"].split()[0]) / 1e6, "anonymous": int(status["RssAnon"].split()[0]) / 1e6}))
"""
COMPARE = """
import json, sys
import numpy as np, wordvec
ours = wordvec.Cooccurrence.load(sys.argv[1])
theirs = wordvec.Cooccurrence.load_glove_format(*sys.argv[2:])
places = theirs.vocabulary.ids(ours.vocabulary)
matrix = theirs.to_scipy()[places][:, places]
matrix.sort_indices()
same = np.array_equal(matrix.indptr, ours.indptr) and np.array_equal(matrix.indices, ours.indices)
difference = float(np.abs(matrix.data / ours.data - 1).max()) if same else None
print(json.dumps({"same": bool(same), "difference": difference}))
"""


def tool(arguments: argparse.Namespace, name: str, *flags: object, stdin: str, stdout: str) -> float:
    """The seconds that one of GloVe's tools takes."""
    started = time.perf_counter()
    with open(stdin, "rb") as source, open(stdout, "wb") as target:
        command = [os.path.join(os.path.abspath(arguments.peer), name), *map(str, flags)]
        subprocess.run(command, stdin=source, stdout=target, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def theirs(arguments: argparse.Namespace, folder: str) -> dict[str, float]:
    vocab, counts, shuffled = (os.path.join(folder, name) for name in ("vocab.txt", "counts.bin", "shuffled.bin"))
    memory = ("-memory", arguments.memory, "-verbose", 0)
    text = arguments.corpus
    result = {"vocab": tool(arguments, "vocab_count", "-min-count", 5, "-verbose", 0, stdin=text, stdout=vocab)}
    flags = ("-window-size", arguments.window, "-vocab-file", vocab, "-overflow-file", folder + "/over")
    result["cooccur"] = tool(arguments, "cooccur", *flags, *memory, stdin=text, stdout=counts)
    flags = ("-temp-file", folder + "/temp")
    result["shuffle"] = tool(arguments, "shuffle", *flags, *memory, stdin=counts, stdout=shuffled)
    result["peak"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--peer", required=True)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--window", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", type=float, default=2.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "counts.safetensors")
        options = (arguments.corpus, out, arguments.window, arguments.workers, arguments.memory)
        found = list(
            pairs(arguments.pairs, lambda i: run(sys.executable, OURS, *options), lambda i: theirs(arguments, folder))
        )
        names = ("counts.safetensors", "counts.bin", "vocab.txt")
        same = run(sys.executable, COMPARE, *(os.path.join(folder, name) for name in names))
    for name in ("read", "count", "save", "whole", "peak", "anonymous"):
        print(f"ours    {name:10} {spread([ours[name] for ours, _ in found])}")
    for name in ("vocab", "cooccur", "shuffle", "peak"):
        print(f"theirs  {name:10} {spread([peer[name] for _, peer in found])}")
    print("ratio   whole      ", spread([(peer["cooccur"] + peer["shuffle"]) / ours["whole"] for ours, peer in found]))
    theirs_all = [peer["cooccur"] + peer["shuffle"] for _, peer in found]
    work = f"counting pairs of words, window {arguments.window}"
    headline(work, "GloVe's cooccur and shuffle", [ours["whole"] for ours, _ in found], theirs_all)
    counted = [(peer["cooccur"] + peer["shuffle"]) / (ours["count"] + ours["save"]) for ours, peer in found]
    print("ratio   count, save", spread(counted))
    print(f"{found[0][0]['cells']} cells; the same cells: {same['same']}; relative difference {same['difference']}")


if __name__ == "__main__":
    record(main)
