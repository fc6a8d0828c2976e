"""Refinement: a map is fitted again to the dictionary that it induces, several times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wordvec.align.lexicon.dictionary_induction import induced_dictionary
from wordvec.align.maps.fitting import normalized, options_and_method
from wordvec.align.maps.map import Map
from wordvec.align.maps.method import Method
from wordvec.align.maps.normalizing import LIMIT, Normalizer
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.search.matching import mutual
from wordvec.vectors import KeyedVectors


@dataclass(frozen=True, kw_only=True)
class Refinement(Options):
    """The options of `refine`."""

    iterations: int = option(5, "how often a dictionary is induced and the map fitted to it", low=1)
    vocabulary: int = option(15_000, "first words of both sides that the dictionary is induced from", low=1)
    both_ways: bool = option(True, "use only pairs that are mutually the best translations")
    k: int = option(10, "nearest neighbours in CSLS", low=1)
    workers: int | None = option(None, "threads; none given: all usable cores", low=1, resource=True)


def refine(
    source: KeyedVectors,
    target: KeyedVectors,
    start: Map,
    method: str | Method = "orthogonal",
    options: Refinement | None = None,
    **values: Any,
) -> Map:
    """A map fitted again, `iterations` times, to its own translations by CSLS (Conneau et al. 2018, section 2.2).

    The pairs are those of the first `vocabulary` words of both sides that are mutually the best translations or, with
    `both_ways=False`, every source word with its best translation. The normalisation is that of the map `start`. The
    `options` are those of `Refinement`; they may be given by name, next to the options of the method.

    `facts["refinement"]` is the number of pairs in each iteration. OptionError where no pair is left, as for a map that
    does not translate.
    """
    chosen, with_method = options_and_method(Refinement, options, method, values)
    normalizer = Normalizer(start.facts.get("normalize", "none"), start.facts.get("limit", LIMIT))
    source_steps, x = normalizer.fitted(source.vectors)
    target_steps, y = normalizer.fitted(target.vectors)
    current, pairs, size = start, list[int](), chosen.vocabulary
    left, right = start.transform(source.vectors[:size]), start.transform_target(target.vectors[:size])
    for _ in range(chosen.iterations):
        induced = induced_dictionary(left, right, chosen.k, workers=chosen.workers)
        rows, others = mutual(induced.forward, induced.backward) if chosen.both_ways else induced.one_way()
        if not len(rows):
            raise OptionError("the map must translate some words to be refined; none of its pairs is mutual")
        fitted = with_method.fit(x[rows], y[others], spaces=(x, y))
        pairs.append(len(rows))
        left, right = fitted.transform(x[:size]), fitted.transform_target(y[:size])
        current = normalized(fitted, source_steps, target_steps)
    current.facts |= {name: value for name, value in start.facts.items() if name not in current.facts}
    current.facts["refinement"] = pairs
    return current
