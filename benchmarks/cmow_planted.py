"""How much text CMOW needs to learn a planted order of words: bigram shift on sentences of a little grammar.

    python benchmarks/cmow_planted.py --tokens 100000 1000000 --words 30 300 3000 [--follow 1 0.7] [--topics 1 20]
        [--options JSON...]

A sentence has 6 to 14 words. Words belong to `--classes` classes of equally many words; a class is followed by the
next one with probability `--follow`, else by any. So the order of the classes is all that a sentence tells, unless
there are `--topics`: then a sentence has words of its topic only, which a sum of vectors learns, too. In a class, words
occur as in text: the k-th as often as 1/k. One line for each setting: accuracy of the linear probe on unseen sentences
of the same grammar in which two neighbours were swapped, or not.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import product
from typing import Any

import numpy as np
from recording import record

import wordvec
from wordvec.evaluate import bigram_shift, probe_texts
from wordvec.texts import TextEncoder

SHORT, LONG = 6, 14


def sentences(tokens: int, words: int, follow: float, topics: int, asked: argparse.Namespace, seed: int) -> Any:
    """(ids, offsets) of about so many tokens; id = class + classes * rank."""
    rng, classes = np.random.default_rng(seed), asked.classes
    sizes = rng.integers(SHORT, LONG + 1, tokens // ((SHORT + LONG) // 2))
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    total = int(offsets[-1])
    steps = np.where(rng.random(total) < follow, 1, rng.integers(0, classes, total))
    steps[offsets[:-1]] = rng.integers(0, classes, len(sizes))
    kinds = np.cumsum(steps)
    kinds = (kinds - np.repeat(kinds[offsets[:-1]] - steps[offsets[:-1]], sizes)) % classes
    ranks = words // classes // topics
    chance = 1 / np.arange(1, ranks + 1)
    drawn = np.searchsorted(np.cumsum(chance / chance.sum()), rng.random(total)).clip(max=ranks - 1)
    topic = np.repeat(rng.integers(0, topics, len(sizes)), sizes)
    return (kinds + classes * (drawn * topics + topic)).astype(np.int32), offsets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, nargs="+", default=[300_000])
    parser.add_argument("--words", type=int, nargs="+", default=[300])
    parser.add_argument("--follow", type=float, nargs="+", default=[1.0])
    parser.add_argument("--topics", type=int, nargs="+", default=[1])
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--size", type=int, nargs="+", default=[400])
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--options", type=json.loads, nargs="+", default=[{}])
    parser.add_argument("--texts", type=int, default=4_000)
    asked = parser.parse_args()
    print("| words | follow | topics | tokens | size | options | CPU s | loss | bigram shift |\n" + 9 * "|---" + "|")
    settings = product(asked.words, asked.follow, asked.topics, asked.size, asked.options, asked.tokens)
    for words, follow, topics, size, options, tokens in settings:
        grammar = (words, follow, topics, asked)
        task = bigram_shift(sentences(20 * asked.texts, *grammar, seed=1), asked.texts, longest=LONG)
        corpus = wordvec.encode_corpus(sentences(tokens, *grammar, seed=2), min_count=1)
        started = time.process_time()
        vectors = wordvec.CMOW(vector_size=size, epochs=asked.epochs, **options).fit(corpus)
        seconds, loss = time.process_time() - started, vectors.metadata["loss"][-1]
        found = probe_texts(TextEncoder(vectors).encode, task)
        cells = [words, follow, topics, f"{tokens:,}", size, json.dumps(options), f"{seconds:.0f}", f"{loss:.3f}"]
        print(f"| {' | '.join(map(str, cells))} | {100 * found.accuracy:.1f} |", flush=True)


if __name__ == "__main__":
    record(main)
