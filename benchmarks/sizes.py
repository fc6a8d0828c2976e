"""How the speed of training changes with the sizes of the job, one factor at a time, ours and gensim's.

    python benchmarks/sizes.py CORPUS [--more CORPUS] [--peer-python PYTHON] [--only words dimensions ...] [--first N]
        [--peer all|smaller|none] [--tokens 5000000] [--peer-tokens 2000000] [--workers 2] [--memory 12]
        [--folder build/sizes] [--chart FILE.svg]

CORPUS         a plain text file, one sentence a line; --more is a second one, which the largest number of tokens needs
--only         these factors; --first: only the first values of each
--peer         what gensim runs: all settings, all but the largest value of each factor, or none
--folder       has each speed as soon as it is measured: those of this commit are not measured again, so that a run
               goes on where it was stopped, and one of all factors adds up what runs of some have left
--tokens       how much of the text each setting reads, unless tokens are the factor
--peer-tokens  how much of it gensim reads: its speed does not grow with the text
--memory       gigabytes: a setting whose matrices need more is left out and named
--chart        draws the table, by wordvec[plot]

All settings differ from one base in one number: skip-gram, 100 dimensions, window 5, 5 negatives, one epoch, words that
occur five times. More words than a text of that length has come from a generated text: words drawn by Zipf's law, each
at least once, in sentences of 20. Rows of n-grams are those of FastText's hashed table. Speeds are tokens a second of
the training call alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import run
from recording import FACTS, ROOT, commit, record

OURS = """
import json, sys, time
import wordvec
corpus, options = sys.argv[1], json.loads(sys.argv[2])
encoded = wordvec.encode_corpus(corpus, min_count=options.pop("min_count"))
model = options.pop("model")
start = time.perf_counter()
wordvec.train(encoded, model=model, epochs=1, **options)
print(json.dumps({"seconds": time.perf_counter() - start, "tokens": int(encoded.stats.kept)}))
"""
GENSIM = """
import json, sys, time
from gensim.models import FastText, Word2Vec
corpus, options = sys.argv[1], json.loads(sys.argv[2])
kind = FastText if options.pop("model") == "fasttext" else Word2Vec
model = kind(sg=1, **options)
model.build_vocab(corpus_file=corpus)
tokens = int(sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key))
start = time.perf_counter()
model.train(corpus_file=corpus, total_words=model.corpus_total_words, total_examples=model.corpus_count, epochs=1)
print(json.dumps({"seconds": time.perf_counter() - start, "tokens": tokens}))
"""
BASE: dict[str, Any] = {"model": "skipgram", "vector_size": 100, "window": 5, "negative": 5, "min_count": 5}
FACTORS: dict[str, tuple[int, ...]] = {
    "words": (76_000, 500_000, 2_000_000),
    "rows of n-grams": (500_000, 2_000_000, 10_000_000),
    "tokens": (1_000_000, 17_000_000, 41_000_000),
    "dimensions": (50, 100, 300, 1024),
    "window": (2, 5, 10, 20),
    "negative": (2, 5, 10, 20),
}
OPTION = {"rows of n-grams": "bucket", "dimensions": "vector_size", "window": "window", "negative": "negative"}


def generated(path: Path, words: int, tokens: int) -> None:
    """A text by Zipf's law in which every one of `words` words occurs."""
    rng = np.random.default_rng(1)
    shares = 1.0 / np.arange(1, words + 1)
    drawn = rng.choice(words, max(0, tokens - words), p=shares / shares.sum())
    ids = rng.permutation(np.concatenate([np.arange(words), drawn]))
    with open(path, "w", encoding="utf-8") as file:
        for first in range(0, len(ids), 20):
            file.write(" ".join(f"w{word}" for word in ids[first : first + 20]) + "\n")


def first_lines(sources: list[str], path: Path, tokens: int) -> None:
    """The first lines of the texts with so many tokens."""
    found = 0
    with open(path, "w", encoding="utf-8") as out:
        for source in sources:
            with open(source, encoding="utf-8") as file:
                for line in file:
                    if found >= tokens:
                        return
                    out.write(line)
                    found += len(line.split())


def tokens_in(sources: list[str]) -> int:
    """About how many tokens the texts have: one before each space and end of line."""
    found = 0
    for source in sources:
        with open(source, "rb") as file:
            while block := file.read(1 << 24):
                found += block.count(b" ") + block.count(b"\n")
    return found


def settings(only: list[str], first: int | None) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(factor, value, options) of every setting, of the first values of each factor."""
    for factor in only:
        for value in FACTORS[factor][:first]:
            options = dict(BASE)
            if factor == "words":
                options["min_count"] = 1
            if factor == "rows of n-grams":
                options["model"] = "fasttext"
            if factor in OPTION:
                options[OPTION[factor]] = value
            yield factor, value, options


class Speeds:
    """Speeds of settings, kept in a file: those of this commit are not measured again."""

    def __init__(self, folder: Path) -> None:
        self.path, self.commit = folder / "speeds.json", commit()
        self.kept: dict[str, float | None] = {}
        if self.path.exists() and self.commit and not self.commit.endswith("+"):
            found = json.loads(self.path.read_text("utf-8"))
            self.kept = found["speeds"] if found["commit"] == self.commit else {}

    def of(self, python: str, code: str, sources: list[str], words: int, tokens: int, options: Any) -> float | None:
        """Tokens a second, on the first tokens of the sources or, without any, on a text of so many words.

        None where it failed, as by too little memory.
        """
        key = f"{'wordvec' if code == OURS else 'gensim'} {sources} {words} {tokens} {json.dumps(options)}"
        if key not in self.kept:
            with tempfile.TemporaryDirectory() as folder:
                text = Path(folder, "text")
                first_lines(sources, text, tokens) if sources else generated(text, words, max(tokens, words))
                try:
                    found = run(python, code, text, json.dumps(options))
                    self.kept[key] = found["tokens"] / found["seconds"]
                except subprocess.CalledProcessError:
                    self.kept[key] = None
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps({"commit": self.commit, "speeds": self.kept}, indent=1), "utf-8")
            new.replace(self.path)
        return self.kept[key]


def needed(factor: str, value: int, options: dict[str, Any]) -> float:
    """Gigabytes of both matrices."""
    words = value if factor == "words" else 200_000
    rows = words + (value if factor == "rows of n-grams" else words)
    return rows * 4.0 * options["vector_size"] / 2**30


def chart(rows: list[tuple[str, int, float | None, float | None]], path: str) -> None:
    """Speeds by factor, a panel for each; all panels have one scale of speeds."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, NullLocator

    factors = list(dict.fromkeys(row[0] for row in rows))
    across = min(3, len(factors))
    down = -(-len(factors) // across)
    figure = Figure(figsize=(3.5 * across, 2.6 * down), layout="constrained")
    panels = figure.subplots(down, across, sharey=True, squeeze=False).flat
    for axes, factor in zip(panels, factors):
        for column, name, colour in ((2, "wordvec", "#0072B2"), (3, "gensim", "#D55E00")):
            points = [(row[1], row[column]) for row in rows if row[0] == factor and row[column]]
            if points:
                axes.plot(*zip(*points), marker="o", label=name, color=colour)
        axes.set(xscale="log", yscale="log", title=factor)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks([row[1] for row in rows if row[0] == factor])
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.yaxis.set_major_formatter(EngFormatter(sep=""))
        axes.grid(axis="y", alpha=0.3)
    figure.supylabel("tokens a second")
    figure.axes[0].legend()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "sizes"}):
        figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)


def main() -> None:
    """Run all settings and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--more")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--only", nargs="+", choices=FACTORS, default=list(FACTORS), metavar="FACTOR")
    parser.add_argument("--first", type=int)
    parser.add_argument("--peer", choices=("all", "smaller", "none"), default="all")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "sizes")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--tokens", type=int, default=5_000_000)
    parser.add_argument("--peer-tokens", type=int, default=2_000_000)
    parser.add_argument("--memory", type=float, default=12.0)
    parser.add_argument("--chart")
    arguments = parser.parse_args()
    print("| factor | value | wordvec, tokens/s | gensim, tokens/s | ratio |\n|---|---|---|---|---|")
    rows: list[tuple[str, int, float | None, float | None]] = []
    speeds, corpora = Speeds(arguments.folder), [arguments.corpus, *([arguments.more] if arguments.more else [])]
    available = tokens_in(corpora)
    for factor, value, options in settings(arguments.only, arguments.first):
        label = f"| {factor} | {value:,} |"
        tokens = value if factor == "tokens" else arguments.tokens
        if (gigabytes := needed(factor, value, options)) > arguments.memory:
            print(f"{label} left out: {gigabytes:.0f} GB | | |")
            continue
        if factor != "words" and available < 0.9 * tokens:
            print(f"{label} left out: the corpora have fewer tokens | | |")
            continue
        both = {**options, "workers": arguments.workers, "sample": 1e-4, "alpha": 0.025}
        texts = ([], value) if factor == "words" else (corpora, 0)
        ours = speeds.of(sys.executable, OURS, *texts, tokens, both)
        theirs, shown = None, ""
        if arguments.peer == "all" or (arguments.peer == "smaller" and value != FACTORS[factor][-1]):
            theirs = speeds.of(arguments.peer_python, GENSIM, *texts, min(tokens, arguments.peer_tokens), both)
            shown = f"{theirs:,.0f}" if theirs else "failed"
        rows.append((factor, value, ours, theirs))
        ratio = f"{ours / theirs:.1f}" if ours and theirs else ""
        print(f"{label} {f'{ours:,.0f}' if ours else 'failed'} | {shown} | {ratio} |", flush=True)
    FACTS["sizes"] = [dict(zip(("factor", "value", "ours", "theirs"), row)) for row in rows]
    if arguments.chart:
        chart(rows, arguments.chart)


if __name__ == "__main__":
    record(main)
