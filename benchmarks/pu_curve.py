"""PU-learning on small corpora: does weighing the zeros help, and against which models, by the number of tokens.

    python benchmarks/pu_curve.py CORPUS --pairs FILE... [--analogies FILE] [--lexicon FILE...] [--millions 1 3 5 17]
        [--size 100] [--workers 2] [--models pu pu-without-zeros glove skipgram ppmi-svd] [--seeds 1] [--log FILE]

CORPUS      a plain text file of any language, one sentence a line, of which the first lines are read
--pairs     word similarities, as `wordvec eval` reads them; each file is a column: Spearman's correlation
--analogies a file of analogies: the share that is solved among the 30,000 most frequent words
--lexicon   pairs of a word and its translation, for a language that has no test sets: those of --pairs are translated
            word by word, by the first translation in lower case; pairs with a word that has none are left out
--millions  tokens, in millions
--seeds     how many seeds each model is trained with; scores are means
--log       where a line of JSON is added for each training

The claim of Jiang, Yu, Hsieh and Chang (2018) is that pairs which never occur, taken for zeros of little weight, make
better vectors of a few million tokens than GloVe, which leaves them out; `pu-without-zeros` has rho 0. All
models have their own defaults, but for more epochs of skip-gram and GloVe, without which they would be far from done
on so little text. Times are processor time of `fit` in this process, reading included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recording import record

import wordvec
from wordvec.align import read_lexicon
from wordvec.evaluate import analogies, word_pairs

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "pu": ("pu", {}),
    "pu-without-zeros": ("pu", {"rho": 0.0}),
    "glove": ("glove", {"epochs": 50}),
    "skipgram": ("skipgram", {"epochs": 15}),
    "ppmi-svd": ("ppmi-svd", {}),
}


def first_lines(corpus: str, tokens: float) -> Iterator[bytes]:
    """Lines until there are as many tokens."""
    with open(corpus, "rb") as lines:
        for line in lines:
            if tokens <= 0:
                return
            tokens -= len(line.split())
            yield line


def translated(path: Path, words: dict[str, str], folder: str) -> Path:
    """A file of the pairs whose words both have a translation."""
    found = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        first, second, *rest = line.split() if len(line.split()) > 2 else ("", "")
        if rest and first.lower() in words and second.lower() in words:
            found.append(f"{words[first.lower()]}\t{words[second.lower()]}\t{rest[0]}\n")
    new = Path(folder, path.name)
    new.write_text("".join(found), encoding="utf-8")
    return new


def quality(vectors: wordvec.KeyedVectors, arguments: argparse.Namespace) -> dict[str, float]:
    """The score of each test set, by its name."""
    scores = {}
    for path in arguments.pairs:
        result = word_pairs(vectors, path)
        scores[f"{path.stem} ({result.used} of {result.total})"] = float(result.spearman or 0)
    if arguments.analogies:
        scores["analogies"] = float(analogies(vectors, arguments.analogies, restrict_vocab=30_000).accuracy or 0)
    return scores


def measure(arguments: argparse.Namespace, name: str, text: str) -> list[dict[str, Any]]:
    """What came of a model, for each seed."""
    model, options = MODELS[name]
    trainer, results = wordvec.TRAINERS[model], []
    for seed in range(1, 1 + arguments.seeds):
        made = trainer(vector_size=arguments.size, workers=arguments.workers, seed=seed, **options)
        started = time.process_time()
        vectors = made.fit(text)
        seconds = time.process_time() - started
        result = {"seconds": seconds, "words": len(vectors), "quality": quality(vectors, arguments)}
        results.append(result)
        if arguments.log:
            with open(arguments.log, "a") as log:
                log.write(json.dumps({"model": name, "corpus": os.path.getsize(text), "seed": seed, **result}) + "\n")
    return results


def row(millions: float, name: str, results: list[dict[str, Any]]) -> str:
    """A row of the table."""
    seconds = statistics.median(result["seconds"] for result in results)
    scores = [statistics.mean(values) for values in zip(*(result["quality"].values() for result in results))]
    return f"| {millions:g} M | {name} | {seconds:.1f} s | " + " | ".join(f"{score:.3f}" for score in scores) + " |"


def main() -> None:
    """Train all models on all sizes and print the tables, one for each size: each knows other words of the tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--pairs", nargs="+", type=Path, required=True)
    parser.add_argument("--analogies", type=Path)
    parser.add_argument("--lexicon", nargs="+", default=[])
    parser.add_argument("--millions", nargs="+", type=float, default=[1, 3, 5, 17])
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--log")
    arguments = parser.parse_args()
    words: dict[str, str] = {}
    for path in arguments.lexicon:
        for word, translation in read_lexicon(path).pairs:
            words.setdefault(word.lower(), translation.lower())
    with tempfile.TemporaryDirectory() as folder:
        if words:
            arguments.pairs = [translated(path, words, folder) for path in arguments.pairs]
        for millions in arguments.millions:
            text = os.path.join(folder, "corpus.txt")
            with open(text, "wb") as file:
                file.writelines(first_lines(arguments.corpus, millions * 1e6))
            for place, name in enumerate(arguments.models):
                results = measure(arguments, name, text)
                if place == 0:
                    tests = list(results[0]["quality"])
                    print("\n| tokens | model | fit | " + " | ".join(tests) + " |\n|" + "---|" * (3 + len(tests)))
                print(row(millions, name, results), flush=True)


if __name__ == "__main__":
    record(main)
