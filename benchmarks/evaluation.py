"""A suite from the command line: time, processor time and memory; gensim's analogies of Google's file beside it.

    python benchmarks/evaluation.py VECTORS DATA [--suite core] [--tasks] [--gensim] [--rounds 3]

VECTORS  a native file
DATA     a folder of published test sets; --gensim asks for DATA/questions-words.txt
--tasks  also the processor time of each task, its intervals apart, in one process with one worker
--gensim gensim's evaluate_word_analogies on the same vectors, all rows; from a file in word2vec's format

The command starts a new process each round, so that imports and reading count; the file has been read before. Memory
is the highest resident size of the process less the bytes of the vectors, which are mapped from the file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from common import run, spread
from recording import record

COMMAND = """
import json, resource, sys
from wordvec.cli import main
path, data, suite = sys.argv[1:]
sys.stdout, shown = open("/dev/null", "w"), sys.stdout
status = main(["eval", path, "--suite", suite, "--data", data, "--json"])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024, "status": status}), file=shown)
"""
TASKS = """
import json, sys, time
from wordvec.evaluate.policy import Policy, Resolver
from wordvec.evaluate.suite import Model, find, suite_of
path, data, suite = sys.argv[1:]
words = Resolver(Model.of(path).vectors, Policy())
spent = []
for task, dataset in find(suite_of(suite).tasks, [data]).sets:
    started = time.process_time()
    outcomes = task.run(words, dataset, 1, 1)
    ran = time.process_time()
    for outcome in outcomes:
        outcome.interval(seed=1)
    spent.append([task.name, ran - started, time.process_time() - ran])
print(json.dumps(spent))
"""
GENSIM = """
import json, resource, sys
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format(sys.argv[1], binary=True)
score, sections = vectors.evaluate_word_analogies(sys.argv[2], restrict_vocab=len(vectors))
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024, "accuracy": score}))
"""


def main() -> None:
    arguments = _arguments()
    import wordvec

    vectors = wordvec.load(arguments.vectors)
    size = vectors.vectors.nbytes
    print(f"{len(vectors)} x {vectors.vector_size}, suite {arguments.suite}, {len(os.sched_getaffinity(0))} cores\n")
    print("| what | seconds | processor seconds | MB above the vectors |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        jobs = {
            f"wordvec eval --suite {arguments.suite}": (COMMAND, arguments.vectors, arguments.data, arguments.suite)
        }
        if arguments.gensim:
            copy = Path(folder, "vectors.bin")
            vectors.save_word2vec_format(copy, binary=True)
            jobs["gensim, Google's analogies"] = (GENSIM, copy, Path(arguments.data, "questions-words.txt"))
        for name, (code, *given) in jobs.items():
            runs = [run(sys.executable, code, *given) for _ in range(arguments.rounds)]
            memory = [(one["peak"] - size) / 1e6 for one in runs]
            figures = [[one["whole"] for one in runs], [one["cpu"] for one in runs], memory]
            print(f"| {name} | {' | '.join(map(spread, figures))} |", flush=True)
    if arguments.tasks:
        _print_tasks(arguments)


def _print_tasks(arguments: argparse.Namespace) -> None:
    """The processor time of each task, all of its sets together."""
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", TASKS, arguments.vectors, arguments.data, arguments.suite]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=one_thread)
    total: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, ran, intervals in json.loads(done.stdout):
        total[name][0] += ran
        total[name][1] += intervals
    print(f"\nEach task with one worker ({time.perf_counter() - started:.0f} s in all):\n")
    print("| task | processor seconds | of its intervals |\n|---|---|---|")
    for name, (ran, intervals) in total.items():
        print(f"| {name} | {ran:.2f} | {intervals:.2f} |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors")
    parser.add_argument("data")
    parser.add_argument("--suite", default="core")
    parser.add_argument("--tasks", action="store_true")
    parser.add_argument("--gensim", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    record(main)
