"""Learned codes of documents (Binary PV-DBOW) against the signs of PV-DBOW's vectors, at the same number of bits.

    python benchmarks/document_codes.py [CORPUS] [--bits 16 32 64 128] [--seeds 2] [--workers 2] [--documents 20000]

Of planted topics: 2,000 documents of 30 words, half of them of one of 20 topics; the share of the ten nearest by
Hamming distance that have the same topic. Of a corpus, a plain text file with a document on each line: 500 documents of
15 words or more are inferred anew, and looked for among all. Half of the documents at the same distance count
as nearer. PV-DBOW has signs about 0 and about the mean of all vectors, with four learning rates.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import PVDBOW, BinaryPVDBOW, TrainingError

RATES = (0.025, 0.05, 0.1, 0.2)
Signs = NDArray[np.float32]


def planted(seed: int, topics: int = 20, count: int = 2000, words: int = 500) -> list[list[str]]:
    """Documents whose words follow Zipf's law; half of them are ordered anew by the topic of the document."""
    rng = np.random.default_rng(seed)
    rank = 1 / np.arange(1, words + 1)
    drawn = rng.choice(words, (count, 30), p=rank / rank.sum())
    order = np.array([rng.permutation(words) for _ in range(topics)])
    own = order[(np.arange(count) % topics)[:, None], drawn]
    return [[f"w{word}" for word in row] for row in np.where(rng.random(drawn.shape) < 0.5, own, drawn)]


def of_topic(codes: Signs, topics: int = 20) -> float:
    """The share of the ten nearest that have the same topic."""
    near = codes @ codes.T + 1e-3 * np.random.default_rng(0).random((len(codes), len(codes)))
    np.fill_diagonal(near, -np.inf)
    topic = np.arange(len(codes)) % topics
    return float((topic[np.argpartition(-near, 10, axis=1)[:, :10]] == topic[:, None]).mean())


def among_ten(codes: Signs, inferred: Signs, places: NDArray[Any]) -> float:
    """How often a document inferred anew is among the ten nearest."""
    scores = inferred @ codes.T
    own = scores[np.arange(len(places)), places][:, None]
    rank = (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2
    return float((rank < 10).mean())


def signs(model: Any, texts: list[Any]) -> Iterator[tuple[str, Signs, Signs]]:
    """Codes of the documents and of texts, by each way of making them."""
    documents, inferred = np.array(model.documents.vectors), model.encode(texts)
    yield "about 0", np.sign(documents), np.sign(inferred)
    if isinstance(model.trainer, BinaryPVDBOW):
        return
    mean = documents.mean(axis=0)
    yield "about the mean", np.sign(documents - mean), np.sign(inferred - mean)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--bits", type=int, nargs="+", default=[16, 32, 64, 128])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--documents", type=int, default=20000)
    arguments = parser.parse_args()
    given: list[Any] = []
    if arguments.corpus:
        with open(arguments.corpus, encoding="utf-8") as lines:
            given = [line.split() for line in islice(lines, arguments.documents)]
    longer = [place for place, text in enumerate(given) if len(text) >= 15]
    places = np.random.default_rng(0).permutation(longer)[:500]
    for bits in arguments.bits:
        found: dict[str, list[float]] = {}
        for seed in range(arguments.seeds):
            options: dict[str, Any] = {"vector_size": bits, "seed": seed, "workers": arguments.workers}
            if not given:
                options |= {"min_count": 1, "sample": 0.0}
            texts = given or planted(seed)
            some = [texts[place] for place in places]
            trainers = {"learned": BinaryPVDBOW(**options)}
            trainers |= {f"signs, {rate}": PVDBOW(**options, alpha=rate) for rate in RATES}
            for name, trainer in trainers.items():
                try:
                    model = trainer.fit(texts)
                except TrainingError:  # the learning rate is too large for so many dimensions
                    continue
                for how, codes, inferred in signs(model, some):
                    value = among_ten(codes, inferred, places) if given else of_topic(codes)
                    found.setdefault(f"{name}, {how}", []).append(value)
        print(f"{bits} bits:", "; ".join(f"{name}: {np.mean(values):.3f}" for name, values in found.items()))


if __name__ == "__main__":
    main()
