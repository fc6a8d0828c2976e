"""`wordvec eval --compare`: how far sets of vectors agree, without a test set."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wordvec.cli.output import print_json, print_rows

if TYPE_CHECKING:
    from wordvec.evaluate import Comparison


def run_compare(arguments: Namespace, models: Sequence[str]) -> None:
    """Print the agreement of two or more sets of vectors, and the words on which they agree least."""
    from wordvec.evaluate import compare
    from wordvec.evaluate.suite import Model

    named = [Model.of(text) for text in models]
    names = [model.name for model in named]
    if len(set(names)) < len(names):  # seeds of one model
        names = [f"{name} {place + 1}" for place, name in enumerate(names)]
    found = compare([model.vectors for model in named], seed=arguments.seed or 1, workers=arguments.workers)
    if arguments.json:
        print_json({"models": names, **found.to_dict()})
    else:
        print_rows([("what", "of", "measure", "score", "low", "high", "words"), *_rows(found, names)])


def _rows(found: Comparison, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """Rows of bands, of pairs where there are several, and of words with their neighbours in each set."""
    for band in found.bands:
        for measure, words in (("overlap", band.queries), ("jaccard", band.queries), ("cka", band.words)):
            interval = getattr(band, measure)
            yield "band", band.band, measure, *("-" if value is None else value for value in interval), words
    for pair in found.pairs if len(found.pairs) > 1 else ():
        of = f"{names[pair.first]} {names[pair.second]}"
        for measure in ("overlap", "jaccard", "cka"):
            value = getattr(pair, measure)
            yield "pair", of, measure, "-" if value is None else value, "-", "-", found.words
    for one in found.disagreements:
        yield "word", one.word, "overlap", one.overlap, *(" ".join(some) for some in one.neighbours)
