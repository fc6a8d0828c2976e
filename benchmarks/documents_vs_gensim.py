"""Paragraph vectors and Sent2Vec against gensim's Doc2Vec: words a second from a file to vectors, and self-retrieval.

    python benchmarks/documents_vs_gensim.py CORPUS [--pairs 3] [--size 100] [--epochs 10] [--workers 2]
        [--documents 200000] [--peer-epochs 10] [--models pv-dbow pv-dm sent2vec] [--log FILE]

CORPUS       a plain text file, of which each of the first --documents lines is a document
--pairs      how often each side runs; who goes first changes from pair to pair
--peer-epochs  of Doc2Vec, where they are to differ

gensim reads the file itself (`corpus_file`), with min_count 5, negative 5 and its defaults else: PV-DBOW for `pv-dbow`
and `sent2vec`, PV-DM for `pv-dm`. Sent2Vec has words and pairs of words, and its defaults. Words are those of the file
times the epochs, whatever is subsampled; time is that of one process from the start of `fit` to its end, imports left
out. Of self-retrieval: 1,000 documents of 15 words or more are inferred anew (20 epochs), and looked for among all; of
Sent2Vec, which has no vectors of documents, nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from functools import partial
from typing import Any

from common import logged, pairs, run, spread
from recording import record

RETRIEVAL = """
import json, sys, time
import numpy as np
path, how = sys.argv[1], json.loads(sys.argv[2])
def retrieval(documents, infer):
    lines = open(path).read().split("\\n")[:len(documents)]
    drawn = np.random.default_rng(0).permutation(len(lines))
    some = [i for i in drawn[:20000] if len(lines[i].split()) >= 15][:1000]
    unit = lambda rows: rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    scores = unit(infer([lines[i] for i in some])) @ unit(np.asarray(documents, np.float32)).T
    ranks = (scores > scores[np.arange(len(some)), some][:, None]).sum(1)
    return {"first": float((ranks == 0).mean()), "first ten": float((ranks < 10).mean())}
"""
OURS = (
    RETRIEVAL
    + """
from wordvec import PVDBOW, PVDM, Sent2Vec
kind = {"pv-dbow": PVDBOW, "pv-dm": PVDM, "sent2vec": Sent2Vec}[how["model"]]
trainer = kind(vector_size=how["size"], epochs=how["epochs"], workers=how["workers"], seed=how["seed"])
started = time.perf_counter()
model = trainer.fit(path)
seconds = time.perf_counter() - started
found = {} if how["model"] == "sent2vec" else retrieval(model.documents.vectors, model.encode)
print(json.dumps({"fit": seconds, **found}))
"""
)
THEIRS = (
    RETRIEVAL
    + """
from gensim.models.doc2vec import Doc2Vec
started = time.perf_counter()
model = Doc2Vec(corpus_file=path, vector_size=how["size"], epochs=how["peer_epochs"], workers=how["workers"],
                min_count=5, negative=5, dm=int(how["model"] == "pv-dm"), seed=how["seed"])
seconds = time.perf_counter() - started
found = {} if how["model"] == "sent2vec" else retrieval(
    model.dv.vectors, lambda texts: np.array([model.infer_vector(text.split(), epochs=20) for text in texts]))
print(json.dumps({"fit": seconds, **found}))
"""
)


def one(arguments: argparse.Namespace, model: str, path: str, code: str, seed: int) -> dict[str, Any]:
    """One run of either side."""
    how = {
        "model": model,
        "size": arguments.size,
        "epochs": arguments.epochs,
        "workers": arguments.workers,
        "seed": seed,
    }
    how["peer_epochs"] = arguments.peer_epochs or arguments.epochs
    return run(sys.executable, code, path, json.dumps(how))


def row(model: str, words: int, arguments: argparse.Namespace, results: list[tuple[Any, Any]]) -> str:
    """A row of the table."""
    speeds = [
        [words * epochs / one["fit"] / 1e6 for one in side]
        for side, epochs in zip(
            zip(*results, strict=True), (arguments.epochs, arguments.peer_epochs or arguments.epochs), strict=True
        )
    ]
    ratio = spread([our / their for our, their in zip(*speeds, strict=True)])
    times = [spread([one["fit"] for one in side]) for side in zip(*results, strict=True)]
    cells = [model, *times, *map(spread, speeds), f"**{ratio}**"]
    for name in ("first", "first ten"):
        found = [[one[name] for one in side] for side in zip(*results, strict=True) if name in side[0]]
        cells.append(" / ".join(f"{statistics.mean(values):.3f}" for values in found))
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Run the pairs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    options = {"pairs": 3, "size": 100, "epochs": 10, "workers": 2, "documents": 200_000, "peer-epochs": 0}
    for name, default in options.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--models", nargs="+", default=["pv-dbow", "pv-dm", "sent2vec"])
    parser.add_argument("--log")
    arguments = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        words = 0
        with open(arguments.corpus, encoding="utf-8") as lines:
            for _, line in zip(range(arguments.documents), lines):
                file.write(line)
                words += len(line.split())
        file.flush()
        heads = [
            "model",
            "wordvec, s",
            "gensim, s",
            "wordvec, M words/s",
            "gensim, M words/s",
            "ratio",
            "found first",
            "in ten",
        ]
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for model in arguments.models:
            sides = [partial(one, arguments, model, file.name, code) for code in (OURS, THEIRS)]
            results = logged(pairs(arguments.pairs, *sides), arguments.log, model=model)
            print(row(model, words, arguments, results), flush=True)


if __name__ == "__main__":
    record(main)
