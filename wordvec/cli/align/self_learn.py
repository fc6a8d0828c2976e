"""`wordvec align self-learn`: a map learned from few pairs of words, or from none."""

from __future__ import annotations

from argparse import Namespace

from wordvec.base.errors import WordvecError
from wordvec.cli.align.fitting import (
    add_method_options,
    add_outputs,
    add_spaces,
    fitting_options,
    loaded_spaces,
    method_and_normalize,
    write_results,
)
from wordvec.cli.flags import count
from wordvec.cli.parsing import Parser

_BEST = "multistep"  # the method for maps of both sides


def add_arguments(parser: Parser) -> None:
    add_spaces(parser)
    parser.add_argument(
        "--start",
        default="identical",
        metavar="numerals|identical|unsupervised|FILE",
        help="the seed dictionary: words that both have, only numerals, the most similar rows, or the pairs of a file",
    )
    add_outputs(parser, _BEST)
    parser.add_argument("--vocabulary", type=count, default=20_000, metavar="N", help="first words, to learn from")
    parser.add_argument(
        "--patience", type=count, default=50, metavar="N", help="rounds without progress before the end"
    )
    parser.add_argument("--restarts", type=count, default=1, metavar="N", help="how many seeds are tried")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every random choice")
    add_method_options(parser)


def run(arguments: Namespace) -> None:
    """Learn a map, write the mapped vectors, and evaluate; an error if the learning did not succeed."""
    from wordvec.align import Learning, self_learn

    method, normalize = method_and_normalize(arguments, _BEST)
    source, target = loaded_spaces(arguments, arguments.start)
    rounds = Learning(vocabulary=arguments.vocabulary, patience=arguments.patience)
    learned = self_learn(
        source,
        target,
        arguments.start,
        method,
        map_normalize=normalize,
        rounds=rounds,
        restarts=arguments.restarts,
        seed=arguments.seed,
        progress=not arguments.quiet,
        **fitting_options(arguments),
    )
    if not learned.took_off:
        raise WordvecError(f"self-learning did not take off, and nothing was written: {learned.reason}")
    write_results(arguments, source, target, learned.map, learned)
