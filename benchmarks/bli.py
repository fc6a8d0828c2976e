"""How many words each method translates rightly between two languages; a markdown table.

    python benchmarks/bli.py SOURCE TARGET [SOURCE TARGET ...] --train FILE --test FILE [--seeds FILE] [--only NAME...]

SOURCE and TARGET are vectors, such as `wordvec train` writes of two corpora; the files hold a word and a translation a
line. Figures are of the words that both sides know, which the first line counts; of several trainings they are means,
and the last column has P@1 by CSLS of each. `--seeds` is a smaller lexicon, from which the orthogonal map and
self-learning start, too. Without `--test` options are chosen: a fifth of the words of the training pairs is held out,
and the methods of the table are those of CHOICES.
"""

import argparse
import statistics
import sys
import time
import warnings

from recording import record

import wordvec
from wordvec.align import Learning, fit_map, read_lexicon, refine, self_learn

METHODS = {
    "orthogonal, as it is": ("orthogonal", {"normalize": "none"}),
    "orthogonal, unit": ("orthogonal", {"normalize": "unit"}),
    "orthogonal": ("orthogonal", {}),
    "orthogonal, iter:5": ("orthogonal", {"normalize": "iter:5"}),
    "linear": ("linear", {}),
    "cca": ("cca", {}),
    "cca, reg 10": ("cca", {"reg": 10.0}),
    "rcsls": ("rcsls", {}),
    "rcsls, spectral": ("rcsls", {"spectral": True}),
    "multistep": ("multistep", {}),
}
CHOICES = {f"cca, {dim} of the dimensions": ("cca", {"dim": dim}) for dim in (0.25, 0.5, 0.75, 1.0)}
CHOICES |= {f"cca, reg {reg:g}": ("cca", {"reg": reg}) for reg in (0.01, 0.1, 1.0, 10.0)}
CHOICES |= {f"cca, 0.25 of the dimensions, reg {reg:g}": ("cca", {"dim": 0.25, "reg": reg}) for reg in (0.1, 1.0)}
CHOICES |= {f"rcsls, alpha {alpha:g}": ("rcsls", {"alpha": alpha}) for alpha in (0.1, 1.0, 5.0, 25.0)}
CHOICES |= {f"multistep, reweight {power:g}": ("multistep", {"reweight": power}) for power in (0.0, 0.5, 1.0)}
CHOICES["orthogonal"] = ("orthogonal", {})
STARTS = ("pairs", "seeds", "identical", "numerals", "unsupervised")


def held_out(pairs):
    """(Pairs of four fifths of the words, those of the rest)."""
    words = {word: place for place, word in enumerate(dict.fromkeys(word for word, _ in pairs))}
    parts = [[], []]
    for pair in pairs:
        parts[words[pair[0]] % 5 == 4].append(pair)
    return parts


def ways(options, source, target, lexicon):
    """(name, a function that gives a map, or what was learned)."""

    def fitted(pairs, method="orthogonal", how=()):
        how = dict(how)
        if isinstance(how.get("dim"), float):
            how["dim"] = round(how["dim"] * source.vector_size)
        return fit_map(source, target, pairs, method, limit=options.restrict_vocab, **how)

    for name, (method, how) in (METHODS if options.test else CHOICES).items():
        yield name, lambda method=method, how=how: fitted(lexicon, method, how)
    if not options.test:
        return
    seeds = read_lexicon(options.seeds) if options.seeds else None
    if seeds is not None:
        yield "orthogonal, seeds", lambda: fitted(seeds)
        yield "multistep, seeds", lambda: fitted(seeds, "multistep")
    yield "orthogonal, refined", lambda: refine(source, target, fitted(lexicon))
    learning = Learning(vocabulary=options.vocabulary, patience=options.patience, limit=options.restrict_vocab)
    for name in STARTS:
        start = {"pairs": lexicon, "seeds": seeds}.get(name, name)
        if start is not None:
            yield (
                f"self-learning, {name}",
                lambda start=start: self_learn(source, target, start, options=learning),
            )


def figures(options, source, target, lexicon, test):
    """For each method its name, what it says of itself, the figures and the seconds that it took."""
    for name, make in ways(options, source, target, lexicon):
        if options.only and name not in options.only:
            continue
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = make()
        seconds = time.perf_counter() - started
        learned = hasattr(made, "took_off")
        aligned = (made.map if learned else made).aligned(source, target, restrict_vocab=options.restrict_vocab)
        near, csls = (aligned.evaluate(test, method=method) for method in ("nn", "csls"))
        cells = [100 * figure for found in (near, csls) for figure in list(vars(found.known).values())[1:]]
        note = " (says that it did not take off)" if learned and not made.took_off else ""
        print(f"{name}{note}: {' '.join(f'{cell:.1f}' for cell in cells)}", file=sys.stderr, flush=True)
        yield name, note, [*cells, seconds], f"{near.used} of {near.total}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", nargs="+")
    parser.add_argument("--train", required=True)
    parser.add_argument("--test")
    parser.add_argument("--seeds")
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--restrict-vocab", type=int, default=200_000)
    parser.add_argument("--vocabulary", type=int, default=20_000, help="words of self-learning")
    parser.add_argument("--patience", type=int, default=50, help="rounds of self-learning without progress")
    options = parser.parse_args()
    lexicon = read_lexicon(options.train)
    test = read_lexicon(options.test) if options.test else None
    if test is None:
        lexicon, test = held_out(lexicon.pairs)
    rows, used = {}, []
    for source, target in zip(options.vectors[::2], options.vectors[1::2], strict=True):
        sides = wordvec.load(source), wordvec.load(target)
        for name, note, cells, known in figures(options, *sides, lexicon, test):
            rows.setdefault(name, []).append((note, cells))
            used.append(known)
    print(f"{', '.join(dict.fromkeys(used))} test words are known to both sides; {len(lexicon)} pairs to train on\n")
    heads = [f"{figure}, {by}" for by in ("NN", "CSLS") for figure in ("P@1", "P@5", "P@10", "MRR")]
    print(f"| method | {' | '.join(heads)} | s to fit | P@1, CSLS, of each |")
    print(f"|---|{'---|' * 10}")
    for name, trainings in rows.items():
        notes = "".join(dict.fromkeys(note for note, _ in trainings))
        means = [statistics.mean(values) for values in zip(*(cells for _, cells in trainings))]
        each = ", ".join(f"{cells[4]:.1f}" for _, cells in trainings)
        print(f"| {name}{notes} | {' | '.join(f'{mean:.1f}' for mean in means)} | {each} |")


if __name__ == "__main__":
    record(main)
