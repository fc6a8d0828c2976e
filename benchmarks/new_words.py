"""Words that are taken out of vectors and induced again from a few sentences: words a second, and how near they come.

    python benchmarks/new_words.py VECTORS CORPUS [--words 1000] [--sentences 1 4 16] [--seed 1]

VECTORS are of a training on CORPUS (a text file, one sentence a line) with --keep-context. Words that occur from 100 to
2,000 times are taken out, and each method of `wordvec.induce` gives them vectors from some of their sentences. A La
Carte and form-context are fitted on the whole text for the words that are left: the time of that is told apart. Scores
are the mean reciprocal rank and the median rank of a word's own vector among all vectors of VECTORS, by cosine with the
induced one. "form" is form-context without any sentence. Seconds are of processor time, on one thread.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from recording import record

import wordvec
from wordvec import ALaCarte, FormContext, KeyedVectors, encode_corpus, induce

METHODS = ("additive", "window", "alacarte", "selective", "form-context")
SAMPLED = {"window": 1e-5, "selective": 1e-5}  # as in the tasks of the evaluation suite


def sentences_of(corpus, words, most):
    """Up to `most` sentences of each word, the first ones of the text."""
    found = {word: [] for word in words}
    with open(corpus, encoding="utf-8") as file:
        for line in file:
            tokens = line.split()
            for word in found.keys() & set(tokens):
                if len(found[word]) < most:
                    found[word].append(tokens)
    return {word: some for word, some in found.items() if len(some) == most}


def without(vectors, words):
    """The vectors and contexts of the other words."""
    rows = np.array([row for row, word in enumerate(vectors) if word not in words])
    names = [vectors.index_to_key[row] for row in rows.tolist()]
    counts = np.asarray(vectors.vocabulary.counts)[rows]
    return KeyedVectors(names, vectors.vectors[rows], counts=counts, context=vectors.context[rows])


def ranks(vectors, induced):
    """The rank of each word's own vector among all, for the vectors that were induced."""

    def unit(rows):
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    units, words = unit(vectors.vectors), list(induced)
    cosines = unit(induced.vectors) @ units.T
    own = cosines[np.arange(len(words)), vectors.vocabulary.ids(words)]
    return 1 + (cosines > own[:, None]).sum(1)


def show(name, count, vectors, induced, seconds):
    """Print a line of the table."""
    found = ranks(vectors, induced)
    mrr, speed = float((1 / found).mean()), len(induced) / max(seconds, 1e-9)
    print(f"{name:14}{count:10}{mrr:8.3f}{np.median(found):8.0f}{speed:12,.0f} words/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--words", type=int, default=1000)
    parser.add_argument("--sentences", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    vectors = wordvec.load(arguments.vectors)
    counts = np.asarray(vectors.vocabulary.counts)
    able = np.flatnonzero((counts >= 100) & (counts <= 2000))
    chosen = np.random.default_rng(arguments.seed).choice(able, min(arguments.words, len(able)), replace=False)
    sentences = sentences_of(arguments.corpus, [vectors.index_to_key[row] for row in chosen], max(arguments.sentences))
    left = without(vectors, sentences.keys())
    corpus = encode_corpus(arguments.corpus, min_count=1)
    given = {}
    for name, argument, fit in (("alacarte", "matrix", ALaCarte.fit), ("form-context", "model", FormContext.fit)):
        start = time.process_time()
        given[name] = {argument: fit(left, corpus, workers=1)}
        seconds = time.process_time() - start
        print(f"{name}: fitted on {given[name][argument].words:,} words in {seconds:.1f} s", flush=True)
    forms, has = given["form-context"]["model"].form_vectors(list(sentences))
    start = time.process_time()
    given["form-context"]["model"].form_vectors(list(sentences))
    names = [word for word, known in zip(sentences, has) if known]
    show("form", 0, vectors, KeyedVectors(names, forms[has]), time.process_time() - start)
    for count in arguments.sentences:
        some = {word: every[:count] for word, every in sentences.items()}
        for method in METHODS:
            start = time.process_time()
            options = {"sample": SAMPLED.get(method, 0.0), "workers": 1, **given.get(method, {})}
            new = induce(left, contexts=some, method=method, no_context="skip", **options)
            show(method, count, vectors, new, time.process_time() - start)


if __name__ == "__main__":
    record(main)
