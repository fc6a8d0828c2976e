"""Poincare embeddings against gensim's PoincareModel: MAP, whole processes, pairs a second; and trees without training.

    python benchmarks/poincare.py CLOSURE [--pairs 3] [--size 5] [--negative 10] [--epochs 20] [--workers 1]
        [--tree EDGES] [--log FILE]

CLOSURE   a transitive closure, lines `child TAB parent`, such as that of the mammals of WordNet
--pairs   how often each side runs; who goes first changes from pair to pair
--tree    the direct edges of a tree: MAP of the combinatorial construction and of h-MDS by dimensions

Both sides have the same dimensions, negatives, epochs, and 10 epochs of burn-in more. `own` are the defaults of each,
`same` alpha 0.3 without regularisation and negatives by the number of pairs, as gensim draws them, for both. Processes
run from the start of Python to saved vectors; `train` is the time in `fit` or `train` after the reading. MAP is that
of `wordvec.evaluate.reconstruction` for both. Processor times are those of the process, imports included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from functools import partial
from typing import Any

from common import logged, pairs, run, spread
from recording import record

from wordvec import Poincare, PoincareVectors, Relations
from wordvec.evaluate import reconstruction

OURS = """
import json, sys, time
how = json.loads(sys.argv[2])
import wordvec
same = {"alpha": 0.3, "ns_exponent": 1.0} if how["options"] == "same" else {}
relations = wordvec.Relations.of(sys.argv[1])
trainer = wordvec.Poincare(vector_size=how["size"], negative=how["negative"], epochs=how["epochs"],
                           workers=how["workers"], seed=how["seed"], **same)
started = time.perf_counter(), time.process_time()
vectors = trainer.fit(relations)
train, train_cpu = time.perf_counter() - started[0], time.process_time() - started[1]
vectors.save(sys.argv[3])
print(json.dumps({"train": train, "train cpu": train_cpu, "cpu": time.process_time()}))
"""
THEIRS = """
import json, sys, time
how = json.loads(sys.argv[2])
import numpy as np
from gensim.models.poincare import PoincareModel, PoincareRelations
same = {"alpha": 0.3, "regularization_coeff": 0.0} if how["options"] == "same" else {}
model = PoincareModel(PoincareRelations(sys.argv[1], delimiter="\\t"), size=how["size"], negative=how["negative"],
                      seed=how["seed"], **same)
started = time.perf_counter(), time.process_time()
model.train(epochs=how["epochs"])
train, train_cpu = time.perf_counter() - started[0], time.process_time() - started[1]
np.savez(sys.argv[3], words=np.array(model.kv.index_to_key), points=model.kv.vectors)
print(json.dumps({"train": train, "train cpu": train_cpu, "cpu": time.process_time()}))
"""
SCORE = """
import json, sys
import numpy as np
import wordvec
from wordvec.evaluate import reconstruction
if sys.argv[2].endswith(".npz"):
    saved = np.load(sys.argv[2])
    vectors = wordvec.PoincareVectors(saved["words"].tolist(), saved["points"])
else:
    vectors = wordvec.load(sys.argv[2])
result = reconstruction(vectors, sys.argv[1])
print(json.dumps({"map": result.map, "mean rank": result.mean_rank}))
"""


def one(arguments: argparse.Namespace, options: str, code: str, suffix: str, seed: int) -> dict[str, Any]:
    """One run of either side, and its scores."""
    how = {name: getattr(arguments, name) for name in ("size", "negative", "epochs", "workers")}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vectors" + suffix)
        how |= {"options": options, "seed": seed}
        done = run(sys.executable, code, arguments.closure, json.dumps(how), path)
        scores = run(sys.executable, SCORE, arguments.closure, path)
    return done | {name: scores[name] for name in ("map", "mean rank")}


def row(options: str, edges: int, results: list[tuple[Any, Any]]) -> str:
    """A row of the table."""

    def ratio(name: str) -> str:
        return spread([their[name] / our[name] for our, their in results])

    cells = [options]
    for side in zip(*results, strict=True):
        cells.append(" / ".join(f"{statistics.mean(one[name] for one in side):.3g}" for name in ("map", "mean rank")))
    for side in zip(*results, strict=True):
        cells.append(spread([edges / one["train cpu"] / 1e3 for one in side]))
    cells += [f"**{ratio(name)}**" for name in ("whole", "cpu", "train", "train cpu")]
    return "| " + " | ".join(cells) + " |"


def trees(path: str) -> None:
    """MAP of points that are computed from the edges of a tree."""
    edges = Relations.of(path)
    print("\n| dimensions | combinatorial: MAP, mean rank | h-MDS: MAP, mean rank |\n|---|---|---|")
    for size in (2, 3, 5, 10, 50):
        cells = [str(size)]
        for method in ("combinatorial", "h-mds"):
            vectors: PoincareVectors = Poincare(vector_size=size, method=method).fit(edges)
            result = reconstruction(vectors, edges, directed=False)
            cells.append(f"{result.map:.3f}, {result.mean_rank:.2f}")
        print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Run the pairs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("closure")
    for name, default in {"pairs": 3, "size": 5, "negative": 10, "epochs": 20, "workers": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--options", nargs="+", default=["own", "same"], choices=["own", "same"])
    parser.add_argument("--tree")
    parser.add_argument("--log")
    arguments = parser.parse_args()
    edges = (arguments.epochs + 10) * len(Relations.of(arguments.closure))
    heads = ["options", "wordvec: MAP / mean rank", "gensim", "wordvec, thousand pairs/s of processor time", "gensim"]
    heads += ["whole process", "its processor time", "training", "its processor time"]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for options in arguments.options:
        sides = [partial(one, arguments, options, *side) for side in ((OURS, ".safetensors"), (THEIRS, ".npz"))]
        results = logged(pairs(arguments.pairs, *sides), arguments.log, options=options)
        print(row(options, edges, results), flush=True)
    if arguments.tree:
        trees(arguments.tree)


if __name__ == "__main__":
    record(main)
