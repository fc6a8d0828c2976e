"""What order brings: probes of texts on the vectors of CBOW, CMOW and the hybrid, over the text they have learned from.

    python benchmarks/cmow_probes.py CORPUS [MORE...] --tokens 1000000 5000000 [--models cbow cmow cbow-cmow]
        [--options JSON] [--treebanks FILE...] [--hidden 50]

One line for each model and amount of text: accuracy in bigram shift, word content and length (`wordvec.evaluate`), on
sentences of the end of CORPUS, which no model has seen, and in the number of subjects and the tense of treebanks. Text
to learn from is the rest of CORPUS, then MORE. Texts are sums of vectors for CBOW, what `TextEncoder` makes of the
others; all vectors have as many numbers, but for CMOW, which needs a square. With `--hidden 50 --shifts 125000
--longest 28`, bigram shift is asked as by SentEval: 100,000 texts to learn from, of which 10,000 are held out, and its
multi-layer probe with dropout; the sentences are ours.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from math import isqrt
from pathlib import Path

from recording import record

import wordvec
from wordvec.evaluate import bigram_shift, main_tense, probe_texts, subject_number, text_length, word_content
from wordvec.texts import TextEncoder


def first_lines(lines: list[str], tokens: int, path: Path) -> Path:
    """A file of the first lines, of as many as have so many tokens together."""
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            if tokens <= 0:
                break
            file.write(line + "\n")
            tokens -= len(line.split())
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--tokens", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--models", nargs="+", default=["cbow", "cmow", "cbow-cmow"])
    parser.add_argument("--size", type=int, default=800)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--options", type=json.loads, nargs="+", default=[{}], help="of the models, for each a line")
    parser.add_argument("--hidden", type=int, default=0, help="units of the probe of bigram shift; 0: a linear probe")
    parser.add_argument("--longest", type=int, nargs="+", default=[10, 28], help="words of the texts of bigram shift")
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--shifts", type=int, default=40_000, help="texts of bigram shift: a hard task needs many")
    parser.add_argument("--words", type=int, default=100)
    parser.add_argument("--tasks", nargs="+", default=["shift", "content", "length"])
    parser.add_argument("--treebanks", nargs="+", default=[], help="CoNLL-U, for the number of subjects")
    parser.add_argument("--max-iter", type=int, default=100)
    parser.add_argument("--asked", type=int, default=150_000, metavar="LINES", help="last lines: no model sees them")
    asked = parser.parse_args()
    lines, *more = (path.read_text(encoding="utf-8").split("\n") for path in asked.corpus)
    kept = lines[: -asked.asked]
    asked_lines = lines[len(kept) :]
    for part in more:
        kept += part
    del lines, more
    made = wordvec.encode_corpus([line.split() for line in asked_lines], min_count=3)
    tasks = []
    if "shift" in asked.tasks:
        tasks += [bigram_shift(made, asked.shifts, longest=longest) for longest in asked.longest]
    if "content" in asked.tasks:
        tasks.append(word_content(made, asked.texts, words=asked.words))
    if "length" in asked.tasks:
        tasks.append(text_length(made, asked.texts))
    if asked.treebanks:
        tasks += [subject_number(*asked.treebanks), main_tense(*asked.treebanks)]
    print("tokens", "model", "options", "train CPU s", *(task.name for task in tasks), sep="\t")
    for tokens in asked.tokens:
        with tempfile.TemporaryDirectory() as folder:
            corpus = wordvec.encode_corpus(
                first_lines(kept, tokens, Path(folder, "text")), min_count=5, max_vocab=30_000
            )
        for model in asked.models:
            for options in asked.options:
                size = isqrt(asked.size) ** 2 if model == "cmow" else asked.size
                told = {} if model == "cbow" else options
                started = time.process_time()
                vectors = wordvec.train(corpus, model=model, vector_size=size, epochs=asked.epochs, **told)
                seconds = time.process_time() - started
                encoder = TextEncoder(vectors, "sum" if model == "cbow" else "auto")
                by_hidden = {"max_iter": asked.max_iter, "hidden": asked.hidden}
                hows = [by_hidden if task.name == "bigram shift" else {"max_iter": asked.max_iter} for task in tasks]
                found = [probe_texts(encoder.encode, task, **how) for task, how in zip(tasks, hows, strict=True)]
                print(tokens, model, told, f"{seconds:.1f}", *(f"{100 * one.accuracy:.1f}" for one in found), sep="\t")
                print("\t", vectors.metadata["loss"][-1], [round(100 * one.majority, 1) for one in found], flush=True)


if __name__ == "__main__":
    record(main)
