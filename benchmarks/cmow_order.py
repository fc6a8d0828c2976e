"""Whether CMOW uses the order of words: its loss on unseen windows as they are, and with words in other places.

    python benchmarks/cmow_order.py CORPUS --tokens 1000000 3000000 14000000 [--epochs 2] [--options JSON]

Of a window of 11 words in lines at the end of CORPUS, which no model has seen, the product of the matrices of the 10
around the middle predicts it, against 20 noise words that weigh as much as in training. The same is asked with two
pairs of neighbours swapped, and with the 10 words in a random order: a sum of vectors would have the same loss three
times. "Seen" is the loss on windows that the model was trained on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from common import first_tokens
from recording import record

import wordvec

REACH, NOISE = 5, 20


def windows(vectors: Any, lines: list[list[str]], count: int, rng: np.random.Generator) -> Any:
    """[n, 11] rows of words: a window of each line that has one."""
    found = []
    for line in lines:
        rows = [vectors.key_to_index[word] for word in line if word in vectors]
        if len(rows) > 2 * REACH and len(found) < count:
            start = rng.integers(0, len(rows) - 2 * REACH)
            found.append(rows[start : start + 2 * REACH + 1])
    return np.array(found)


class Loss:
    """The loss of samples of a model."""

    def __init__(self, vectors: Any, negative: int, rng: np.random.Generator) -> None:
        self.dim, self.negative, self.rng = round(vectors.vector_size**0.5), negative, rng
        self.matrices = np.asarray(vectors.vectors).reshape(-1, self.dim, self.dim) + np.eye(self.dim, dtype=np.float32)
        self.outputs = np.asarray(vectors.context)
        chance = np.asarray(vectors.vocabulary.counts) ** 0.75
        self.chance = chance / chance.sum()

    def __call__(self, target: Any, around: Any, noise: Any) -> float:
        product = self.matrices[around[:, 0]]
        for column in around.T[1:]:
            product = product @ self.matrices[column]
        flat = product.reshape(len(target), -1)
        own = (flat * self.outputs[target]).sum(1)
        others = np.einsum("nd,nkd->nk", flat, self.outputs[noise])
        return float((np.logaddexp(0, -own) + self.negative * np.logaddexp(0, others).mean(1)).mean())

    def of(self, found: Any) -> list[float]:
        """As it is, with two pairs of neighbours swapped, in a random order."""
        target, around = found[:, REACH], np.delete(found, REACH, 1)
        noise = self.rng.choice(len(self.chance), (len(found), NOISE), p=self.chance)
        swapped = around[:, [0, 1, 3, 2, 4, 5, 7, 6, 8, 9]]
        return [self(target, words, noise) for words in (around, swapped, self.rng.permuted(around, axis=1))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--tokens", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--asked", type=int, default=150_000, metavar="LINES", help="last lines: no model sees them")
    asked = parser.parse_args()
    lines = asked.corpus.read_text(encoding="utf-8").splitlines()
    kept, unseen = lines[: -asked.asked], [line.split() for line in lines[-asked.asked :]]
    print("| tokens | options | seen | unseen | two pairs swapped | random order |\n|---|---|---|---|---|---|")
    for tokens in asked.tokens:
        some = first_tokens(kept, tokens)
        corpus = wordvec.encode_corpus(some, min_count=5, max_vocab=30_000)
        trainer = wordvec.CMOW(epochs=asked.epochs, window=REACH, **asked.options)
        vectors = trainer.fit(corpus, keep_context=True)
        rng = np.random.default_rng(0)
        loss = Loss(vectors, trainer.negative, rng)
        seen, found = (loss.of(windows(vectors, source, 4_000, rng)) for source in (some, unseen))
        cells = [f"{seen[0]:.3f}", f"{found[0]:.3f}", *(f"{other - found[0]:+.4f}" for other in found[1:])]
        print(f"| {tokens:,} | {asked.options or ''} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    record(main)
