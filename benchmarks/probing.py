"""What a linear classifier learns from frozen vectors of several models: parts of speech and names, in one table.

    python benchmarks/probing.py CORPUS LABELLED [--sizes 100 300] [--window 0] [--max-train 50000] [--epochs 5]
        [--workers 2] [--quality SCRIPT DATA]

CORPUS       a text file, one sentence a line
LABELLED     a folder with pos-*-train.conllu, pos-*-test.conllu, ner-*-train.tsv and ner-*-test.tsv
--window     words to either side of a token whose vectors the classifier is given as well
--max-train  tokens of the names that it learns from
--quality    a script that is called as SCRIPT PREFIX DATA with PREFIX.npy and PREFIX.vocab and prints JSON of
             {test: [score, ...]}

All models read the same encoded corpus (min_count 5). Vectors of random numbers are the floor: what the classifier
remembers of single words. A model that this version does not have is left out. An interval is the 95 % of a bootstrap
over the sentences of the test file; it says nothing of other corpora or seeds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import quality
from recording import record

import wordvec
from wordvec.evaluate import probe


def random_vectors(corpus: Any, size: int) -> Any:
    """A row of random numbers for every word."""
    rows = np.random.default_rng(1).standard_normal((len(corpus.vocabulary), size), np.float32)
    return wordvec.KeyedVectors(corpus.vocabulary, rows)


def made(corpus: Any, size: int, epochs: int, workers: int) -> Any:
    """(what it is, vectors, seconds) of every model."""

    def train(model: str, init: Any = None, **options: Any) -> Any:
        return wordvec.train(corpus, model=model, init=init, vector_size=size, workers=workers, **options)

    def started() -> Any:
        start = train("bitcipher").copy()
        start.unit_normalize_all()
        return train("skipgram", init=start, sample=1e-4, epochs=epochs)

    ways = {
        "random": lambda: random_vectors(corpus, size),
        "bitcipher, sum": lambda: train("bitcipher"),
        "bitcipher, sum, sample 1e-4": lambda: train("bitcipher", sample=1e-4),
        "bitcipher, concat, window 2": lambda: train("bitcipher", mode="concat", window=2),
        "ppmi-svd": lambda: train("ppmi-svd"),
        "glove": lambda: train("glove"),
        "cbow": lambda: train("cbow", sample=1e-4, epochs=epochs),
        "skipgram": lambda: train("skipgram", sample=1e-4, epochs=epochs),
        "skipgram from bitcipher": started,
    }
    for name, way in ways.items():
        model = name.partition(",")[0].partition(" ")[0]
        if model in (*wordvec.TRAINERS, "random"):
            started = time.perf_counter()
            vectors = way()
            yield name, vectors, time.perf_counter() - started


def probes(labelled: Path, vectors: Any, window: int, max_train: int) -> list[str]:
    """The cells of the table that the probes fill."""
    files = {key: next(labelled.glob(f"{key[0]}-*-{key[1]}.*")) for key in FILES}
    pos = probe(vectors, files["pos", "train"], files["pos", "test"], window=window)
    ner = probe(vectors, files["ner", "train"], files["ner", "test"], window=window, max_train=max_train)
    return [
        f"{pos.accuracy:.3f} ({pos.low:.3f} to {pos.high:.3f})",
        f"{ner.accuracy:.3f} ({ner.low:.3f} to {ner.high:.3f})",
        f"{ner.f1:.3f}",
        f"{pos.majority:.2f} / {ner.majority:.2f}",
        f"{pos.coverage:.0%} / {ner.coverage:.0%}",
    ]


FILES = [("pos", "train"), ("pos", "test"), ("ner", "train"), ("ner", "test")]


def main() -> None:
    """Train all models, probe their vectors and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--sizes", nargs="+", type=int, default=[100])
    parser.add_argument("--window", type=int, default=0)
    parser.add_argument("--max-train", type=int, default=50_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quality", nargs=2, metavar=("SCRIPT", "DATA"))
    arguments = parser.parse_args()
    corpus = wordvec.encode_corpus(arguments.corpus)
    print(f"{corpus.stats.kept:,} tokens of {len(corpus.vocabulary):,} words")
    columns = [
        "model",
        "vector_size",
        "seconds",
        "POS accuracy",
        "NER accuracy",
        "NER F1",
        "always the usual tag",
        "known",
    ]
    for i, size in enumerate(arguments.sizes):
        for name, vectors, seconds in made(corpus, size, arguments.epochs, arguments.workers):
            scores = quality(vectors, *arguments.quality) if arguments.quality else {}
            cells = [name, str(size), f"{seconds:.1f}"]
            cells += probes(arguments.labelled, vectors, arguments.window, arguments.max_train)
            if i == 0 and name == "random":
                heads = [*columns, *scores]
                print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
            print("| " + " | ".join([*cells, *(f"{score:.3g}" for score in scores.values())]) + " |", flush=True)


if __name__ == "__main__":
    record(main)
