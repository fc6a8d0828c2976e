"""Analogies of a file: wordvec, one matrix product of all questions and rows, and gensim, in one run.

    python benchmarks/analogies_vs_gensim.py VECTORS QUESTIONS [--peer-python PYTHON_WITH_GENSIM] [--rounds 5]
        [--restrict-vocab WORDS]

VECTORS are float32 vectors in a native file, QUESTIONS is a file of `a b c d` lines. With --restrict-vocab, words of
questions and answers are among the first so many, in all tools: gensim's time falls with them. Every figure is the
median of the rounds with the lowest and highest. The product is numpy's, in tiles of 8192 rows by 1024 questions that
are not kept: what 3CosAdd costs where each question meets each row, without finding the answers. Tools take turns in an
order that changes. Accuracies are compared too. A markdown table on standard output.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from common import run, spread
from recording import headline, record

METHODS = ("3cosadd", "3cosmul", "pairdirection")
OURS = """
import json, sys, time
import wordvec
from wordvec.evaluate import analogies
kv = wordvec.load(sys.argv[1]); kv.norms
start = time.perf_counter(); result = analogies(kv, sys.argv[2], restrict_vocab=int(sys.argv[4]), method=sys.argv[3])
print(json.dumps({"seconds": time.perf_counter() - start, "correct": result.correct, "used": result.used}))
"""
PRODUCT = """
import json, sys, time
import numpy as np
import wordvec
kv = wordvec.load(sys.argv[1]); units = kv.get_normed_vectors()[:int(sys.argv[3])]
questions = np.random.default_rng(1).standard_normal((int(sys.argv[2]), units.shape[1])).astype(np.float32)
out = np.empty((1024, 8192), np.float32)
start = time.perf_counter()
for first in range(0, len(units), 8192):
    tile = units[first:first + 8192].T
    for at in range(0, len(questions), 1024):
        part = questions[at:at + 1024]
        np.matmul(part, tile, out=out[:len(part), :tile.shape[1]])
print(json.dumps({"seconds": time.perf_counter() - start}))
"""
PEER = """
import json, sys, time
from gensim.models import KeyedVectors
kv = KeyedVectors.load_word2vec_format(sys.argv[1], binary=True)
kv.most_similar(kv.index_to_key[0])
start = time.perf_counter(); score, sections = kv.evaluate_word_analogies(sys.argv[2], restrict_vocab=int(sys.argv[3]))
seconds, whole = time.perf_counter() - start, sections[-1]
correct, used = len(whole["correct"]), len(whole["correct"]) + len(whole["incorrect"])
print(json.dumps({"seconds": seconds, "correct": correct, "used": used}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--peer-python", help="an interpreter that can import gensim")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--restrict-vocab", type=int)
    options = parser.parse_args()
    import wordvec

    kv = wordvec.load(options.vectors)
    stop = min(options.restrict_vocab or len(kv), len(kv))
    times: dict[str, list[float]] = defaultdict(list)
    found: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder, "vectors.bin")
        if options.peer_python:
            kv.save_word2vec_format(binary, binary=True)
        used = run(sys.executable, OURS, options.vectors, options.questions, "3cosadd", stop)["used"]
        tasks = [
            (f"wordvec, {method}", sys.executable, OURS, options.vectors, options.questions, method, stop)
            for method in METHODS
        ]
        tasks.append(("products", sys.executable, PRODUCT, options.vectors, used, stop))
        if options.peer_python:
            tasks.append(("gensim, 3cosadd", options.peer_python, PEER, binary, options.questions, stop))
        for round in range(options.rounds):
            for name, python, code, *arguments in tasks if round % 2 == 0 else reversed(tasks):
                result = run(python, code, *arguments)
                times[name].append(result["seconds"])
                if "correct" in result:
                    found[name] = result["correct"], result["used"]
    print(
        f"{stop} of {len(kv)} x {kv.vector_size}, {used} questions, {len(os.sched_getaffinity(0))} cores, "
        f"{platform.machine()},"
    )
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {options.rounds} rounds\n")
    print("| what | seconds | correct / used |\n|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {spread(values)} |", "{} / {} |".format(*found[name]) if name in found else "|")
    print("\n| ratio, round by round | |\n|---|---|")
    if options.peer_python:
        work = f"{used:,} analogies, {stop:,} words x {kv.vector_size}"
        headline(work, "gensim", times["wordvec, 3cosadd"], times["gensim, 3cosadd"])
    for name in times:
        if not name.startswith("wordvec, 3cosadd"):
            ratios = [other / own for other, own in zip(times[name], times["wordvec, 3cosadd"], strict=True)]
            print(f"| {name} / wordvec, 3cosadd | {spread(ratios)} |")


if __name__ == "__main__":
    record(main)
