"""`wordvec align map`: a map fitted to pairs of words."""

from __future__ import annotations

from argparse import Namespace

from wordvec.cli.align.fitting import (
    add_method_options,
    add_outputs,
    add_spaces,
    fitted_by,
    loaded_spaces,
    lookup_options,
    method_and_normalize,
    write_results,
)
from wordvec.cli.parsing import Parser

_BEST = "orthogonal"  # the method for maps of both sides


def add_arguments(parser: Parser) -> None:
    add_spaces(parser)
    parser.add_argument("--pairs", required=True, metavar="FILE", help="lines of a word and its translation")
    add_outputs(parser, _BEST)
    add_method_options(parser)


def run(arguments: Namespace) -> None:
    """Fit a map, write the mapped vectors, and evaluate."""
    from wordvec.align import MapFitting, fit_map

    name, normalize = method_and_normalize(arguments, _BEST)
    method, options = fitted_by(arguments, name), MapFitting(normalize=normalize, **lookup_options(arguments))
    source, target = loaded_spaces(arguments, arguments.pairs)
    fitted = fit_map(source, target, arguments.pairs, method, options)
    write_results(arguments, source, target, fitted)
