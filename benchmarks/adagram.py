"""AdaGram against a plain C form of it: tokens a second of one thread; and the homonyms that are planted in a text.

    python benchmarks/adagram.py CORPUS [--tokens 1000000] [--pairs 3] [--size 100] [--senses 5] [--window 10]
        [--homonyms jazz+senate,...] [--epochs 3] [--log FILE]

The C program, `adagram.c` beside this file, is built with `cc -O3`. Both sides read the same encoded corpus, and make
one pass with the same dimensions, senses, window, learning rate and concentration. Times are processor seconds of
training alone, in turns; losses are means over the pairs of a word and a word of its window, each before its step.
With --homonyms, a second part trains on the whole text, in which both words of each pair are one: `jazz_senate`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import logged, pairs, spread
from recording import record

import wordvec
from wordvec import AdaGram, EncodedCorpus
from wordvec.vocabulary.huffman import huffman

ALPHA, CONCENTRATION = 0.025, 0.1


def ours(corpus: EncodedCorpus, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Train in this process; processor seconds, and the loss."""
    trainer = AdaGram(**options, alpha=ALPHA, concentration=CONCENTRATION, epochs=1, workers=1, seed=seed)
    started = time.process_time()
    vectors = trainer.fit(corpus)
    return {"cpu": time.process_time() - started, "loss": vectors.metadata["loss"][0]}


def theirs(corpus: EncodedCorpus, options: dict[str, Any], seed: int, folder: Path) -> dict[str, Any]:
    """Run the C program on the arrays of the corpus."""
    counts = np.asarray(corpus.vocabulary.counts)
    offsets, path, code = huffman(counts)
    arrays = {
        "ids": np.asarray(corpus.ids, np.int32),
        "offsets": np.asarray(corpus.offsets, np.int64),
        "paths": path.astype(np.int32),
        "codes": code.astype(np.int32),
        "path_offsets": offsets.astype(np.int64),
        "counts": counts.astype(np.int64),
    }
    for name, array in arrays.items():
        array.tofile(folder / name)
    numbers = [options["vector_size"], options["prototypes"], options["window"], ALPHA, CONCENTRATION, seed]
    command = [folder / "adagram", *(folder / name for name in arrays), *numbers]
    done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True)
    cpu, loss = map(float, done.stdout.split())
    return {"cpu": cpu, "loss": loss}


def compare(lines: list[str], arguments: argparse.Namespace) -> None:
    """Print tokens a second of both sides, and their ratio."""
    corpus = wordvec.encode_corpus([line.split() for line in lines], min_count=5)
    tokens = len(corpus.ids)
    options = {"vector_size": arguments.size, "prototypes": arguments.senses, "window": arguments.window}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = str(Path(__file__).with_suffix(".c"))
        subprocess.run(["cc", "-O3", "-o", str(folder / "adagram"), source, "-lm"], check=True)
        both = pairs(
            arguments.pairs,
            lambda i: ours(corpus, options, i + 1),
            lambda i: theirs(corpus, options, i + 1, folder),
        )
        results = logged(both, arguments.log, tokens=tokens)
    print(f"{tokens:,} tokens, {len(corpus.vocabulary):,} words, {options}\n")
    print("| | tokens a second of one thread | loss |\n|---|---|---|")
    for side, title in enumerate(("wordvec", "plain C")):
        rates = [tokens / one[side]["cpu"] for one in results]
        print(f"| {title} | {spread(rates)} | {statistics.median(one[side]['loss'] for one in results):.4f} |")
    print(f"\nwordvec is {spread([theirs['cpu'] / ours['cpu'] for ours, theirs in results])} times as fast")


def plant(lines: list[str], arguments: argparse.Namespace) -> None:
    """Print the senses of words that are made of two words each."""
    both = [tuple(pair.split("+")) for pair in arguments.homonyms.split(",")]
    names = {word: "_".join(pair) for pair in both for word in pair}
    corpus = wordvec.encode_corpus([[names.get(word, word) for word in line.split()] for line in lines], min_count=20)
    options = {"vector_size": arguments.size, "prototypes": arguments.senses, "window": arguments.window}
    vectors = AdaGram(**options, epochs=arguments.epochs).fit(corpus)
    print(f"\n{len(corpus.ids):,} tokens, {len(corpus.vocabulary):,} words, {len(vectors):,} senses\n")
    print("| word | occurrences | shares |\n|---|---|---|")
    for pair in both:
        word = "_".join(pair)
        count = int(np.asarray(corpus.vocabulary.counts)[corpus.vocabulary.index(word)])
        print(f"| {word} | {count:,} | {', '.join(f'{share:.2f}' for share in vectors.shares(word))} |")


def main() -> None:
    """Compare, and plant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--senses", type=int, default=5)
    parser.add_argument("--window", type=int, default=10)
    parser.add_argument("--homonyms", default="")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--log")
    arguments = parser.parse_args()
    lines, tokens = [], 0
    with open(arguments.corpus, encoding="utf-8") as file:
        for line in file:
            if tokens >= arguments.tokens and not arguments.homonyms:
                break
            lines.append(line)
            tokens += len(line.split())
    some, tokens = 0, 0
    while tokens < arguments.tokens and some < len(lines):
        tokens += len(lines[some].split())
        some += 1
    compare(lines[:some], arguments)
    if arguments.homonyms:
        plant(lines, arguments)


if __name__ == "__main__":
    record(main)
