"""What is kept of skip-gram when words share a smaller table: quality against size, for every scheme.

    python benchmarks/table_schemes.py CORPUS --quality SCRIPT DATA [--shares .5 .1 .02 .01] [--schemes ...]
        [--size 100] [--epochs 2] [--alpha .05] [--sample 1e-4] [--workers 2] [--log FILE]

CORPUS     a plain text file, one sentence a line
--quality  a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
           {test: [score, ...]}
--shares   of the numbers that a row for every word would have: what the table, with its factors, may have

All are trained with the same options, one seed; only the input side is small, the output matrix has a row for every
word while training. A scheme that needs more than a share is left out there. `file` is that of the table with the words
(composed vectors), or of the table alone (floret, bytes, features, which compose any word).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from typing import Any

import numpy as np
from common import quality
from recording import record

import wordvec

SCHEMES: dict[str, dict[str, Any]] = {
    "hashing trick": {"hash_count": 1},
    "hash, 2": {"hash_count": 2},
    "hash, 4": {"hash_count": 4},
    "importance, 2": {"scheme": "importance", "hash_count": 2},
    "quotient-remainder, multiply": {"scheme": "qr"},
    "quotient-remainder, concat": {"scheme": "qr", "operation": "concat"},
    "residues, add": {"scheme": "residues", "operation": "add"},
    "residues, multiply": {"scheme": "residues"},
    "residues, concat": {"scheme": "residues", "operation": "concat"},
    "unified, 10 parts": {"scheme": "unified", "hash_count": 10},
    "features": {"scheme": "multi"},
    "byte n-grams, 3 to 6": {"scheme": "bytes"},
    "floret, 3 to 6, 2 hashes": {"floret": True, "min_n": 3, "max_n": 6},
}


def trainer(options: dict[str, Any], words: int, share: float, common: dict[str, Any]) -> wordvec.trainers.Trainer:
    """The model whose table has that share of the numbers of a full one; OptionError where it cannot."""
    size, how = common["vector_size"], dict(options)
    if how.pop("floret", False):
        return wordvec.Floret(bucket=int(share * words), **how, **common)
    numbers = share * words * size
    if how.get("scheme") == "importance":
        numbers -= words * how["hash_count"]
    parts = how.get("hash_count", 2) if "concat" in how.values() or how.get("scheme") == "unified" else 1
    if numbers < size:
        raise wordvec.OptionError("the factors alone are more")
    return wordvec.HashEmbedding(bucket=int(numbers * parts / size), **how, **common)


def file_size(vectors: wordvec.KeyedVectors) -> float:
    """Megabytes of the smallest file that composes the words."""
    subwords = vectors.subwords
    if subwords is not None and subwords.kind in ("floret", "bytes", "features"):
        vectors = wordvec.KeyedVectors([], np.empty((0, vectors.vector_size), np.float32), subwords=subwords)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vectors.safetensors")
        vectors.save(path)
        return os.path.getsize(path) / 1e6


def main() -> None:
    """Train all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"), required=True)
    parser.add_argument("--shares", nargs="+", type=float, default=[0.5, 0.1, 0.02, 0.01])
    parser.add_argument("--schemes", nargs="+", default=list(SCHEMES), choices=list(SCHEMES))
    for name, default in (("size", 100), ("epochs", 2), ("workers", 2), ("alpha", 0.05), ("sample", 1e-4)):
        parser.add_argument(f"--{name}", type=type(default), default=default)
    parser.add_argument("--log")
    arguments = parser.parse_args()
    corpus = wordvec.encode_corpus(arguments.corpus)
    common = {name: getattr(arguments, name) for name in ("epochs", "workers", "alpha", "sample")}
    common |= {"vector_size": arguments.size}
    tests: list[str] = []
    for share in [1.0, *arguments.shares]:
        for name in ["skip-gram", "fastText"] if share == 1 else arguments.schemes:
            try:
                if share == 1:
                    made = (wordvec.SkipGram if name == "skip-gram" else wordvec.FastText)(**common)
                else:
                    made = trainer(SCHEMES[name], len(corpus.vocabulary), share, common)
                started = time.perf_counter()
                vectors = made.fit(corpus)
            except wordvec.WordvecError as error:
                print(f"{name} at {share:g}: {error}", file=sys.stderr)
                continue
            seconds, megabytes = time.perf_counter() - started, file_size(vectors)
            scores = quality(vectors.decompress(), *arguments.quality)
            if arguments.log:
                with open(arguments.log, "a") as log:
                    log.write(json.dumps({"scheme": name, "share": share, "seconds": seconds, **scores}) + "\n")
            if not tests:
                tests = [test for test in scores if test.startswith(("EN-", "analogy"))]
                print(
                    "| numbers | scheme | fit | file, MB | " + " | ".join(tests) + " |\n|" + "---|" * (4 + len(tests))
                )
            cells = [f"{scores[test]:.3f}" if test.startswith("EN-") else f"{scores[test]:.1f}" for test in tests]
            print(f"| {share:g} | {name} | {seconds:.1f} s | {megabytes:.1f} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    record(main)
