"""Skip-gram from a text file to saved vectors against programs in C and C++: whole processes in turn, and quality.

    python benchmarks/train_vs_c.py CORPUS [--word2vec PROGRAM] [--pword2vec PROGRAM] [--koan PROGRAM] [--pairs 3]
        [--size 100] [--epochs 5] [--workers 2] [--quality SCRIPT DATA]

CORPUS       a plain text file, one sentence a line
--word2vec   word2vec.c of Mikolov et al., built with -O3 -march=native
--pword2vec  pWord2Vec (Ji et al. 2016), built with -Ofast -march=native and a BLAS: its own loops are slower
--koan       koan (Irsoy et al. 2021), built with -Ofast -march=native
--pairs      how often each side runs, with the seeds 1, 2, ...; who goes first changes from pair to pair
--quality    a script that is called as SCRIPT FILE DATA and prints JSON of {test: [score, ...]}

All: skip-gram, window 5, 5 negatives, sample 1e-4, min_count 5, alpha .025. Each program meets its own runs of ours.
Printed are medians with the smallest and largest, and the mean of the scores in analogies and WordSim-353.
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
from typing import Any

from common import pairs, quality, run, spread
from recording import headline, record
from train_vs_gensim import OURS

COMMON = "-size {size} -window 5 -negative 5 -sample 1e-4 -min-count 5 -alpha 0.025 -iter {epochs} -threads {workers}"
PEERS = {
    "word2vec": ("word2vec.c", "-train {corpus} -output {out}.bin -cbow 0 -hs 0 -binary 1 " + COMMON),
    "pword2vec": ("pWord2Vec", "-train {corpus} -output {out}.bin -binary 1 " + COMMON),
    "koan": (
        "koan",
        "-f {corpus} -p {out}.txt -d {size} -c 5 -n 5 -o 1e-4 -k 5 -l 0.025 -e {epochs} -t {workers} --read-mode text",
    ),
}
TESTS = ("analogy", "EN-WS-353-ALL")


def theirs(arguments: argparse.Namespace, peer: str, seed: int) -> dict[str, Any]:
    """One run of a program; its random numbers are its own."""
    with tempfile.TemporaryDirectory() as folder:
        corpus, out = os.path.abspath(arguments.corpus), os.path.join(folder, "vectors")
        options = PEERS[peer][1].format(**vars(arguments) | {"corpus": corpus, "out": out})
        started = time.perf_counter()
        command = [os.path.abspath(getattr(arguments, peer)), *options.split()]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # threads are the program's
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment)
        result: dict[str, Any] = {"whole": time.perf_counter() - started}
        if arguments.quality:
            script, data = arguments.quality
            (file,) = (
                os.path.join(folder, name) for name in os.listdir(folder) if name in ("vectors.bin", "vectors.txt")
            )
            done = subprocess.run([sys.executable, script, file, data], check=True, stdout=subprocess.PIPE)
            result["quality"] = {test: score[0] for test, score in json.loads(done.stdout).items() if test in TESTS}
    return result


def ours(arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One run of ours."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "vectors.safetensors")
        options = ("skipgram", arguments.size, arguments.workers, seed, 0.025, arguments.epochs)
        result = run(sys.executable, OURS, arguments.corpus, out, *options)
        if arguments.quality:
            scores = quality(out, *arguments.quality)
            result["quality"] = {test: scores[test] for test in TESTS}
    return result


def main() -> None:
    """Run the pairs of every program that is given and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    for peer in PEERS:
        parser.add_argument(f"--{peer}", metavar="PROGRAM")
    for name, default in (("pairs", 3), ("size", 100), ("epochs", 5), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    arguments = parser.parse_args()
    print("| against | wordvec | the other | ratio | " + " | ".join(TESTS) + ", ours / theirs |")
    print("|---" * (4 + len(TESTS)) + "|")
    for peer, (name, _) in PEERS.items():
        if not getattr(arguments, peer):
            continue
        both = pairs(
            arguments.pairs, lambda i: ours(arguments, i + 1), lambda i, peer=peer: theirs(arguments, peer, i + 1)
        )
        mine, other = zip(*both, strict=True)
        times = [[one["whole"] for one in side] for side in (mine, other)]
        scores = [
            " / ".join(f"{statistics.mean(one['quality'][test] for one in side):.4g}" for side in (mine, other))
            if arguments.quality
            else ""
            for test in TESTS
        ]
        ratio = spread([b / a for a, b in zip(*times)])
        print(
            f"| {name} | {spread(times[0])} s | {spread(times[1])} s | **{ratio}** | {' | '.join(scores)} |", flush=True
        )
        kept = f"analogies {scores[0]} %, WS-353 {scores[1]}" if arguments.quality else ""
        work = f"skip-gram, {arguments.size}, {arguments.workers} workers, {arguments.epochs} epochs"
        headline(work, name, *times, quality=kept)


if __name__ == "__main__":
    record(main)
