"""What meta-embeddings, retrofitting and graph vectors gain on word similarities; markdown tables.

    python benchmarks/meta_and_retrofit.py VECTORS [VECTORS...] --similarity FILES... [--lexicon FILE] [--dim 300]

VECTORS are of any format, such as `wordvec train` writes of one corpus by several models; of one alone there is no
meta-embedding. Scores are Spearman's
correlations; of the mean, every set counts the same. "Weighed" is the average whose weights, of 1, .5, .25 and .1, find
the most partners of 2,000 pairs of the lexicon, one source after the other, of words that differ in their first four
letters: the sets that score it have no part in it.
"""

import argparse
import itertools
import random
import statistics
import time
from pathlib import Path

from recording import record

import wordvec
from wordvec.align import compatibility, graph_vectors, join_graph, meta, read_graph, retrofit
from wordvec.evaluate import word_pairs


def row(name, vectors, files, seconds=None):
    scores = [word_pairs(vectors, path).spearman for path in files]
    mean = statistics.mean(score for score in scores if score is not None)
    cells = " | ".join(f"{100 * score:.1f}" if score is not None else "-" for score in scores)
    print(f"| {name} | {cells} | {100 * mean:.1f} | {'' if seconds is None else f'{seconds:.0f}'} |", flush=True)


def weighed(sources, lexicon):
    """The weights of an average by which words of a lexicon find their partners best."""
    graph = read_graph(lexicon)
    pairs = [(graph.words[a], graph.words[b]) for a, b in zip(graph.first, graph.second, strict=True)]
    pairs = [pair for pair in pairs if all(word in kv for word in pair for kv in sources)]
    pairs = [(a, b) for a, b in pairs if a[:4] != b[:4]]  # inflections say which source knows spelling
    pairs = random.Random(1).sample(pairs, min(2000, len(pairs)))

    def found(weights):
        return compatibility({"made": meta.average(sources, weights=weights)}, pairs).am

    best = [1.0] * len(sources)
    for place in range(len(sources)):
        tried = [[*best[:place], weight, *best[place + 1 :]] for weight in (1, 0.5, 0.25, 0.1)]
        best = max(tried, key=found)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", nargs="+")
    parser.add_argument("--similarity", nargs="+", required=True)
    parser.add_argument("--lexicon")
    parser.add_argument("--dim", type=int, default=300, help="of svd and 1ton")
    options = parser.parse_args()
    files = [Path(path) for path in options.similarity]
    sources = {Path(path).stem: wordvec.load(path) for path in options.vectors}
    names = [path.stem.removeprefix("EN-") for path in files]
    print(f"| vectors | {' | '.join(names)} | mean | s |\n|---|{'---|' * (len(names) + 2)}")
    for name, vectors in sources.items():
        row(name, vectors, files)
    ways = {"average": {}, "average, centred": {"normalize": "unit,center,unit"}, "average, no map": {"map": None}}
    ways |= {"concat": {}, "svd": {"dim": options.dim}}
    ways["1ton"] = {"dim": options.dim}
    for name, how in ways.items() if len(sources) > 1 else ():
        started = time.perf_counter()
        made = meta.combine(list(sources.values()), name.split(",")[0], **how)
        row(f"{name} of {len(sources)}", made, files, time.perf_counter() - started)
    if not options.lexicon:
        return
    if len(sources) > 1:
        weights = weighed(list(sources.values()), options.lexicon)
        made = meta.average(list(sources.values()), weights=weights)
        row(f"average of {len(sources)}, weighed {weights}", made, files)
    name, vectors = next(iter(sources.items()))
    for method in ("solve", "iterate"):
        started = time.perf_counter()
        made = retrofit(vectors, options.lexicon, method=method)
        row(f"{name}, retrofitted ({method})", made, files, time.perf_counter() - started)
    started = time.perf_counter()
    graph = graph_vectors(options.lexicon, vectors.vector_size)
    row("graph alone", graph, files, time.perf_counter() - started)
    for power, scale, keep in itertools.product((0.0, 1.0), ("range", "unit"), (False, True)):
        started = time.perf_counter()
        made = join_graph(vectors, graph, power=power, scale=scale, keep=keep)
        how = f"power {power:g}, scale {scale}" + ", joint vectors kept" * keep
        row(f"{name}, joined with the graph, {how}", made, files, time.perf_counter() - started)


if __name__ == "__main__":
    record(main)
