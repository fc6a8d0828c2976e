"""Nested vectors (Matryoshka): prefixes against models of their own size, and against PCA of the whole; a table.

    python benchmarks/nested.py CORPUS --data FOLDER [--model skipgram] [--nested 48 96] [--size 300]
        [--epochs 5] [--seeds 1]

CORPUS  a plain text file, one sentence a line
--data  a folder with similarity/*.txt (pairs) and questions-words.txt (analogies)

Each line is a way to get vectors of a size: `nested`, the first numbers of vectors that were trained with `nested`;
`own`, a model of that size; `prefix`, the first numbers of a model that was not; `rotated` and `PCA`, what the
transforms keep of that one. Scores are means over the seeds; `s` is processor time of training alone.
"""

import argparse
import statistics
import time
from pathlib import Path

from claims import SHOWN, scores
from common import row, table
from recording import record

import wordvec
from wordvec.transforms import PCA


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="skipgram")
    parser.add_argument("--nested", nargs="+", type=int, default=[48, 96])
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--sample", type=float, default=1e-4)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    corpus = wordvec.encode_corpus(options.corpus)
    found = {}

    def trained(size, seed, **how):
        started = time.process_time()
        trainer = wordvec.TRAINERS[options.model](
            vector_size=size, epochs=options.epochs, sample=options.sample, workers=1, seed=seed, **how
        )
        return trainer.fit(corpus), time.process_time() - started

    def note(size, name, vectors, seconds):
        found.setdefault((size, name), []).append([*scores(vectors, options.data), seconds])

    for seed in range(1, 1 + options.seeds):
        whole, whole_seconds = trained(options.size, seed)
        nested, seconds = trained(options.size, seed, nested=options.nested)
        note(options.size, "own", whole, whole_seconds)
        note(options.size, "nested", nested, seconds)
        rotated, again = whole.rotate_pca(), nested.rotate_pca()
        for size in options.nested:
            note(size, "own", *trained(size, seed))
            note(size, "nested", nested.truncate(size), seconds)
            note(size, "prefix", whole.truncate(size), whole_seconds)
            note(size, "rotated", rotated.truncate(size), whole_seconds)
            note(size, "PCA", whole.transformed(PCA(size)), whole_seconds)
            note(size, "nested, rotated", again.truncate(size), seconds)
    table("dimensions", "by", *(name.removeprefix("EN-") for name in SHOWN), "analogies", "s")
    for (size, name), values in found.items():
        row(size, name, *map(statistics.mean, zip(*values, strict=True)))


if __name__ == "__main__":
    record(main)
