"""PPMI-SVD from a text file to saved vectors, against the same matrix decomposed by scikit-learn or scipy.

    python benchmarks/ppmi_svd.py CORPUS [--peer randomized] [--pairs 3] [--windows 10] [--sizes 300] [--workers 2]
        [--quality SCRIPT DATA] [--log FILE]

CORPUS     a plain text file, one sentence a line
--peer     randomized: sklearn.utils.extmath.randomized_svd as it comes; svds: scipy.sparse.linalg.svds as it comes,
           which is exact; either on scipy's matrix, whose products take one thread
--pairs    how often each side runs, with the seeds 1, 2, ...; who goes first changes from pair to pair
--quality  a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
           {test: [score, ...]}; it sees the very vectors of the timed runs
--log      where a line of JSON is added for each pair

Both sides count by the default options of PPMISVD, and are whole processes: reading, counting, PPMI and saving are
ours in both, only the SVD differs. A ratio is the peer's time over ours within one pair: of whole processes, and of
the SVD alone. Printed are medians with the smallest and largest, the share of the squared norm of the matrix that
each side's vectors explain, the last singular value of each, and the mean of each score.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from typing import Any

from common import pairs, quality, run, spread
from recording import headline, record

OURS = """
import json, sys, time
import wordvec
corpus, out, window, size, workers, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
trainer = wordvec.PPMISVD(window=window, vector_size=size, workers=workers, seed=seed)
start = time.perf_counter()
counts = wordvec.count(corpus, window=window, distance_weight="linear", sample=1e-5, workers=workers)
counted = time.perf_counter()
vectors = trainer.fit(counts)
trained = time.perf_counter()
vectors.save(out)
svd = vectors.metadata["svd"]
print(json.dumps({"count": counted - start, "svd": trained - counted, "save": time.perf_counter() - trained,
                  "explained": svd["explained"], "last": svd["smallest"]}))
"""
PEER = """
import json, sys, time
import numpy as np, wordvec
from PEER import SVD
corpus, out, window, size, workers, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
start = time.perf_counter()
counts = wordvec.count(corpus, window=window, distance_weight="linear", sample=1e-5, workers=workers)
counted = time.perf_counter()
matrix = counts.ppmi(workers=workers).to_scipy()
left, values, right = SVD(matrix, size, random_state=seed)
order = np.argsort(-values)
left, values = left[:, order], values[order]
vectors = wordvec.KeyedVectors(counts.vocabulary, (left * np.sqrt(values)).astype(np.float32))
trained = time.perf_counter()
vectors.save(out)
norm = float(np.square(matrix.data, dtype=np.float64).sum())
print(json.dumps({"count": counted - start, "svd": trained - counted, "save": time.perf_counter() - trained,
                  "explained": float(np.square(values, dtype=np.float64).sum()) / norm, "last": float(values[-1])}))
"""
PEERS = {
    "randomized": PEER.replace("PEER", "sklearn.utils.extmath").replace("SVD", "randomized_svd"),
    "svds": PEER.replace("PEER", "scipy.sparse.linalg").replace("SVD", "svds"),
}


def measure(arguments: argparse.Namespace, window: int, size: int) -> list[tuple[Any, Any]]:
    """Pairs of (ours, the peer's) for one setting."""

    def side(code: str, seed: int) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "vectors.safetensors")
            result = run(sys.executable, code, arguments.corpus, out, window, size, arguments.workers, seed)
            if arguments.quality:
                result["quality"] = quality(out, *arguments.quality)
        return result

    results = []
    for i, (ours, peer) in enumerate(
        pairs(arguments.pairs, lambda i: side(OURS, i + 1), lambda i: side(PEERS[arguments.peer], i + 1))
    ):
        line = {"window": window, "size": size, "seed": i + 1, "ours": ours, arguments.peer: peer}
        print(json.dumps(line), file=sys.stderr, flush=True)
        if arguments.log:
            with open(arguments.log, "a") as log:
                log.write(json.dumps(line) + "\n")
        results.append((ours, peer))
    return results


def row(window: int, size: int, results: list[tuple[Any, Any]]) -> str:
    """A row of the table of times."""
    cells = [f"{window} | {size}"]
    for key in ("whole", "svd"):
        cells += [f"{statistics.median(one[key] for one in side):.1f} s" for side in zip(*results, strict=True)]
        cells.append(f"**{spread([peer[key] / ours[key] for ours, peer in results])}**")
    for key in ("explained", "last"):
        cells.append(
            " / ".join(f"{statistics.mean(one[key] for one in side):.5g}" for side in zip(*results, strict=True))
        )
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Run all settings and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--peer", default="randomized", choices=PEERS)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--windows", nargs="+", type=int, default=[10])
    parser.add_argument("--sizes", nargs="+", type=int, default=[300])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    parser.add_argument("--log")
    arguments = parser.parse_args()
    settings = [(window, size) for window in arguments.windows for size in arguments.sizes]
    rows = [(*setting, measure(arguments, *setting)) for setting in settings]
    columns = f"window, vector_size, wordvec, {arguments.peer}, ratio, SVD alone, {arguments.peer}, ratio, "
    columns += f"explained by wordvec / {arguments.peer}, last singular value"
    print("| " + columns.replace(", ", " | ") + " |\n|" + "---|" * 10)
    for window, size, results in rows:
        print(row(window, size, results))
        times = ([one["whole"] for one in side] for side in zip(*results, strict=True))
        headline(f"PPMI-SVD, {size}, window {window}", f"{arguments.peer} SVD of scikit-learn or scipy", *times)
    if arguments.quality:
        tests = [test for test in rows[0][2][0][0]["quality"] if test.startswith(("EN-", "analogy"))]
        print("\n| window | vector_size | " + " | ".join(tests) + " |\n|" + "---|" * (2 + len(tests)))
        for window, size, results in rows:
            means = [
                [statistics.mean(one["quality"][test] for one in side) for side in zip(*results, strict=True)]
                for test in tests
            ]
            print(f"| {window} | {size} | " + " | ".join(f"{ours:.4g} / {peer:.4g}" for ours, peer in means) + " |")


if __name__ == "__main__":
    record(main)
