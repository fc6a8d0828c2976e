"""Whether a change made anything slower: two builds of wordvec, one process after the other, in alternating pairs.

    python benchmarks/before_after.py BEFORE AFTER CORPUS [--pairs 5] [--only skipgram "top 10"] [--workers 1]
        [--megabytes 30]

BEFORE and AFTER are Python interpreters, each of an environment with another build of wordvec. CORPUS is a plain
text file, one sentence a line; its first `--megabytes` are used (0: all of it). A ratio is the time of BEFORE over that
of AFTER within a pair: below 1, AFTER is slower. Ratios are those of the wall clock and of processor time, which other
work on the machine disturbs less. Every side of a pair is a process of its own; a time is that of the work alone,
without start and imports, and the smallest of as many repetitions as take about four seconds. One run of each side
comes before the pairs: it fills the page cache and sets the number of repetitions, the same for both. Who goes first
changes from pair to pair.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from common import pairs, run, spread
from recording import FACTS, commit, record

BEST = """
import json, sys, time, wordvec
encode = getattr(wordvec, "encode_corpus", None) or wordvec.encode
folder, corpus, workers, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
def opened(name):
    return wordvec.load(folder + "/" + name)
def best(work):
    seen = []
    for _ in range(times):
        start = time.perf_counter(), time.process_time()
        work()
        seen.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, processor = map(min, zip(*seen))
    print(json.dumps({"wall": 1e3 * wall, "processor": 1e3 * processor}))
"""
MAKE = """
import sys, numpy as np, wordvec
folder = sys.argv[1]
rng = np.random.default_rng(1)
def vectors(rows):
    return wordvec.KeyedVectors([f"word-{i}" for i in range(rows)], rng.standard_normal((rows, 300), np.float32))
few = vectors(100_000); few.save(folder + "/rows.txt"); few.save(folder + "/rows.bin")
many = vectors(1_000_000); many.save(folder + "/million.safetensors")
many.compress("int8").save(folder + "/int8.safetensors")
print("{}")
"""
TRAIN = (
    'ids = encode(corpus)\nbest(lambda: wordvec.train(ids, model="{}", vector_size=100, epochs=1, workers=workers{}))'
)
SCAN = 'kv = opened("{}"); kv.most_similar("word-5"); best(lambda: kv.most_similar("word-7", workers=workers))'
WORK = {
    "skipgram": TRAIN.format("skipgram", ""),
    "cbow": TRAIN.format("cbow", ""),
    "fasttext": TRAIN.format("fasttext", ", bucket=200_000"),
    "glove": TRAIN.format("glove", ""),
    "top 10": SCAN.format("million.safetensors"),
    "int8 scan": SCAN.format("int8.safetensors"),
    "binary": 'best(lambda: opened("rows.bin"))',
    "text": 'best(lambda: opened("rows.txt"))',
    "open": 'best(lambda: opened("million.safetensors"))',
    "look up": 'kv, words = opened("million.safetensors"), [f"word-{i}" for i in range(0, 100_000, 7)]\n'
    "best(lambda: [kv[word] for word in words])",
    "encode": "best(lambda: encode(corpus, workers=workers))",
}
BUDGET = 4.0  # seconds for the repetitions of one side of a pair
MOST = 400  # repetitions
MEANING = {
    "skipgram": "skip-gram, 100 dimensions, one epoch",
    "cbow": "CBOW, 100 dimensions, one epoch",
    "fasttext": "FastText, 100 dimensions, one epoch",
    "glove": "GloVe, 100 dimensions, counting and one epoch",
    "top 10": "one exact top-10 over 1 M x 300, float32",
    "int8 scan": "one top-10 over 1 M x 300, int8",
    "binary": "reading word2vec binary, 100,000 x 300",
    "text": "reading word2vec text, 100,000 x 300",
    "open": "opening 1 M x 300, mapped",
    "look up": "14,286 single look-ups",
    "encode": "reading and encoding the corpus",
}


def build(python: str) -> str:
    """Which build an interpreter imports: its commit, or its version where it lies in no checkout."""
    code = "import wordvec; print(wordvec.__file__, wordvec.__version__)"
    file, version = subprocess.check_output([python, "-c", code], text=True, cwd=tempfile.gettempdir()).split()
    return commit(Path(file).parent.parent) or version


def head(corpus: str, megabytes: float, folder: str) -> str:
    """The path of a file with the first megabytes of a corpus, cut at a line; the corpus itself for 0."""
    if not megabytes:
        return os.path.abspath(corpus)
    path = os.path.join(folder, "corpus.txt")
    with open(corpus, "rb") as source, open(path, "wb") as target:
        target.write(source.read(int(megabytes * 1e6)))
        target.write(source.readline())
    return path


def measure(name: str, arguments: argparse.Namespace, folder: str, corpus: str) -> str:
    """The pairs of one kind of work: its row of the table; each pair is kept for the record."""

    def side(python: str) -> dict[str, float]:
        result = run(python, BEST + WORK[name], folder, corpus, arguments.workers, times)
        return {key: result[key] for key in ("wall", "processor")}

    times = 2
    once = 1e-3 * min(side(arguments.after)["processor"], side(arguments.before)["processor"])
    times = min(max(int(BUDGET / once), 1), MOST)
    both = list(pairs(arguments.pairs, lambda _: side(arguments.after), lambda _: side(arguments.before)))
    FACTS["works"][name] = {"repetitions": times, "pairs_ms": [{"before": old, "after": new} for new, old in both]}
    medians = [statistics.median(pair[i]["wall"] for pair in both) for i in (1, 0)]
    cells = [MEANING[name], *(f"{value:.4g}" for value in medians)]
    for key in ("wall", "processor"):
        cells.append(spread([old[key] / new[key] for new, old in both]))
    cells.append(f"{min(old['wall'] for _, old in both) / min(new['wall'] for new, _ in both):.3f}")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run all kinds of work and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("corpus")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=WORK, default=list(WORK), metavar="NAME", help=", ".join(WORK))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--megabytes", type=float, default=30)
    arguments = parser.parse_args()
    FACTS.update(before=build(arguments.before), after=build(arguments.after), works={})
    print(f"before {FACTS['before']}, after {FACTS['after']}, {arguments.pairs} pairs, {arguments.workers} worker(s)\n")
    columns = "work", "before, ms", "after, ms", "ratio", "ratio of processor time", "ratio of the fastest"
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    with tempfile.TemporaryDirectory() as folder:
        corpus = head(arguments.corpus, arguments.megabytes, folder)
        run(arguments.before, MAKE, folder)
        for name in arguments.only:
            print(measure(name, arguments, folder, corpus), flush=True)


if __name__ == "__main__":
    record(main)
