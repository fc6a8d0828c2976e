"""Texts a second: `wordvec.texts.TextEncoder`, model2vec and sentence-transformers on the same vectors and texts.

    python benchmarks/texts_vs_model2vec.py [--words 100000] [--dim 100] [--texts 200000] [--pairs 3]
        [--torch PYTHON]

Words are drawn by Zipf's law, 14 a text, all in the vocabulary. All give the mean of the rows. The tokenizer of
model2vec's StaticModel is a table of the same words cut at white space; it runs as it comes, by its own threads. PYTHON
is one that has sentence-transformers and model2vec: StaticEmbedding then runs with the same tokenizer and rows, 1,024
texts at a time. Each is a process of its own; the time to open the vectors counts for none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from common import pairs, run, spread
from recording import record

OURS = """
import json, sys, time, numpy, wordvec
from wordvec.texts import TextEncoder
texts = open(sys.argv[2]).read().split("\\n")
vectors = wordvec.load(sys.argv[1] + ".safetensors", mmap=False)
speeds = {}
for agg in ("mean", "sif", "usif", "max"):
    for workers in (1, 2):
        encoder = TextEncoder(vectors, agg, workers=workers)
        if encoder.needs_fit:
            encoder.fit(texts[:20000])
        encoder.encode(texts[:10000])
        started = time.perf_counter()
        found = encoder.encode(texts)
        speeds[f"{agg} {workers}"] = len(texts) / (time.perf_counter() - started)
        if agg == "mean":
            numpy.save(sys.argv[1] + ".ours.npy", found[:1000])
print(json.dumps(speeds))
"""
THEIRS = """
import json, sys, time, numpy
from model2vec import StaticModel
texts = open(sys.argv[2]).read().split("\\n")
model = StaticModel.from_pretrained(sys.argv[1])
model.normalize = False
model.encode(texts[:10000])
started = time.perf_counter()
found = model.encode(texts)
seconds = time.perf_counter() - started
numpy.save(sys.argv[1] + ".theirs.npy", found[:1000])
print(json.dumps({"mean": len(texts) / seconds}))
"""
STATIC = """
import json, sys, time, numpy
from model2vec import StaticModel
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import StaticEmbedding
texts = open(sys.argv[2]).read().split("\\n")
given = StaticModel.from_pretrained(sys.argv[1])
rows = numpy.asarray(given.embedding, numpy.float32)
model = SentenceTransformer(modules=[StaticEmbedding(given.tokenizer, embedding_weights=rows)], device="cpu")
model.encode(texts[:10000], batch_size=1024)
started = time.perf_counter()
found = model.encode(texts, batch_size=1024)
seconds = time.perf_counter() - started
numpy.save(sys.argv[1] + ".theirs.npy", found[:1000])
print(json.dumps({"mean": len(texts) / seconds}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--torch", metavar="PYTHON", help="one with sentence-transformers")
    asked = parser.parse_args()
    rng = np.random.default_rng(1)
    words = ["".join(chr(97 + int(d)) for d in str(i * 7919 + 12345)) for i in range(asked.words)]
    counts = (1e8 / np.arange(10, asked.words + 10)).astype(np.int64)
    import wordvec

    vectors = wordvec.KeyedVectors(words, rng.standard_normal((asked.words, asked.dim)).astype(np.float32), counts)
    with tempfile.TemporaryDirectory() as folder:
        prefix, lines = str(Path(folder, "v")), Path(folder, "texts.txt")
        vectors.save(prefix + ".safetensors")
        vectors.save(prefix + "/")
        drawn = rng.choice(asked.words, (asked.texts, 14), p=counts / counts.sum())
        lines.write_text("\n".join(" ".join([words[i] for i in row]) for row in drawn.tolist()))
        print(f"{asked.texts:,} texts of 14 words, {asked.words:,} x {asked.dim}; texts a second")
        peers = {"model2vec": (sys.executable, THEIRS)}
        if asked.torch:
            peers["StaticEmbedding"] = (asked.torch, STATIC)
        for peer, (python, code) in peers.items():
            ours = partial(run, sys.executable, OURS, prefix, str(lines))
            theirs = partial(run, python, code, prefix, str(lines))
            found = list(pairs(asked.pairs, lambda _, run=ours: run(), lambda _, run=theirs: run()))
            apart = np.abs(np.load(prefix + ".ours.npy") - np.load(prefix + ".theirs.npy")).max()
            for name in found[0][0]:
                if name != "whole":
                    print(f"wordvec {name:7}", spread([pair[0][name] for pair in found]))
            print(f"{peer:15}", spread([pair[1]["mean"] for pair in found]), f"apart by {apart:.1e}")
            print("ratio, mean, 2 ", spread([pair[0]["mean 2"] / pair[1]["mean"] for pair in found]), flush=True)


if __name__ == "__main__":
    record(main)
