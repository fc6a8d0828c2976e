"""`wordvec align self-learn`: a map learned from few pairs of words, or from none."""

from __future__ import annotations

from argparse import Namespace

from wordvec.base.errors import WordvecError
from wordvec.cli.align.fitting import (
    OUTPUTS,
    add_method_options,
    add_outputs,
    add_spaces,
    fitted_by,
    loaded_spaces,
    lookup_options,
    method_and_normalize,
    write_results,
)
from wordvec.cli.checkpoints import add_checkpoint, checkpointed, may_replace
from wordvec.cli.parsing import Parser

_BEST = "multistep"  # the method for maps of both sides
_OWN = ("normalize", "map_normalize", "case_insensitive", "limit")  # options that other flags say, or none
_SHARED = ("k",)  # an option of learning and of a method: the neighbours in CSLS


def add_arguments(parser: Parser) -> None:
    from wordvec.align import Learning

    add_spaces(parser)
    parser.add_argument(
        "--seed-dictionary",
        default="identical",
        metavar="numerals|identical|unsupervised|FILE",
        help="the seed dictionary: words that both have, only numerals, the most similar rows, or the pairs of a file",
    )
    add_outputs(parser, _BEST)
    add_checkpoint(parser)
    Learning.add_arguments(parser, without=_OWN)
    add_method_options(parser, without=_SHARED)


def run(arguments: Namespace) -> None:
    """Learn a map, write the mapped vectors, and evaluate; an error if the learning did not succeed."""
    from wordvec.align import Learning, self_learn

    name, normalize = method_and_normalize(arguments, _BEST)
    method = fitted_by(arguments, name, k=arguments.k)
    options = Learning.from_arguments(
        arguments, normalize=Learning().normalize, map_normalize=normalize, **lookup_options(arguments)
    )
    outputs = [getattr(arguments, flag) for flag in OUTPUTS]
    arguments.force = may_replace(arguments, *outputs)
    source, target = loaded_spaces(arguments, arguments.seed_dictionary)
    pairs, progress = arguments.seed_dictionary, not arguments.quiet
    with checkpointed(arguments, *outputs) as checkpoint:
        learned = self_learn(source, target, pairs, method, options, progress=progress, checkpoint=checkpoint)
    if not learned.took_off:
        raise WordvecError(f"self-learning did not take off, and nothing was written: {learned.reason}")
    write_results(arguments, source, target, learned.map, learned)
