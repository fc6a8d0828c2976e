"""Whether a change made anything slower: two builds of wordvec, one process after the other, in alternating pairs.

    python benchmarks/before_after.py BEFORE AFTER CORPUS [--pairs 5] [--only open text] [--workers 1]

BEFORE and AFTER are Python interpreters, each of an environment with another build of wordvec. CORPUS is a plain
text file, one sentence a line. A ratio is the time of BEFORE over that of AFTER within a pair: below 1 it is slower.
Times are those of the work alone, without start and imports: the smallest of several where it takes less than a second.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile

from common import pairs, run, spread

BEST = """
import json, sys, time, wordvec
def opened(name):
    return wordvec.load(sys.argv[1] + "/" + name)
def best(work, times):
    seen = []
    for _ in range(times):
        start = time.perf_counter(); work(); seen.append(time.perf_counter() - start)
    print(json.dumps({"seconds": min(seen)}))
"""
MAKE = """
import sys, numpy as np, wordvec
folder = sys.argv[1]
rng = np.random.default_rng(1)
def vectors(rows):
    return wordvec.KeyedVectors([f"word-{i}" for i in range(rows)], rng.standard_normal((rows, 300), np.float32))
few = vectors(100_000); few.save(folder + "/rows.txt"); few.save(folder + "/rows.bin")
vectors(1_000_000).save(folder + "/million.safetensors"); few.compress("int8").save(folder + "/int8.safetensors")
print("{}")
"""
TRAIN = (
    'corpus = wordvec.encode_corpus(sys.argv[2])\n'
    'best(lambda: wordvec.train(corpus, model="{}", vector_size=100, epochs=1, workers=int(sys.argv[3]){}), 1)'
)
WORK = {
    "open": 'best(lambda: opened("million.safetensors"), 200)',
    "look up": 'kv, words = opened("million.safetensors"), [f"word-{i}" for i in range(0, 100_000, 7)]\n'
    "best(lambda: [kv[word] for word in words], 20)",
    "text": 'best(lambda: opened("rows.txt"), 5)',
    "binary": 'best(lambda: opened("rows.bin"), 9)',
    "top 10": 'kv = opened("million.safetensors"); best(lambda: kv.most_similar("word-5"), 9)',
    "int8": 'kv = opened("int8.safetensors"); best(lambda: kv.most_similar("word-5"), 50)',
    "encode": "best(lambda: wordvec.encode_corpus(sys.argv[2]), 3)",
    "skipgram": TRAIN.format("skipgram", ""),
    "cbow": TRAIN.format("cbow", ""),
    "fasttext": TRAIN.format("fasttext", ", bucket=200_000"),
    "glove": TRAIN.format("glove", ""),
}


def main() -> None:
    """Run all kinds of work and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("corpus")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=WORK, default=list(WORK))
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    corpus = os.path.abspath(arguments.corpus)
    print("| work | before, ms | after, ms | ratio | ratio of the fastest |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        run(arguments.before, MAKE, folder)
        for name in arguments.only:

            def side(python: str, name: str = name) -> float:
                return 1e3 * run(python, BEST + WORK[name], folder, corpus, arguments.workers)["seconds"]

            both = pairs(arguments.pairs, lambda _: side(arguments.after), lambda _: side(arguments.before))
            after, before = zip(*both)
            ratio = spread([old / new for new, old in zip(after, before)])
            cells = (f"{statistics.median(times):.4g}" for times in (before, after))
            print(f"| {name} | {' | '.join(cells)} | {ratio} | {min(before) / min(after):.3f} |", flush=True)


if __name__ == "__main__":
    main()
