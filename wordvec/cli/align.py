"""`wordvec align`: vectors of one space brought into another, by pairs of words or by self-learning, and more."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError, WordvecError
from wordvec.cli.align_more import MORE
from wordvec.cli.output import add_force, add_json, check_output, count, print_json, print_rows, tell_output
from wordvec.cli.parsing import SubVerb

if TYPE_CHECKING:
    from wordvec.align import LexiconResult, Map, SelfLearned
    from wordvec.vectors import KeyedVectors

_CENTRED, _PLAIN = "unit,center,unit", "unit"


def _arguments(parser: ArgumentParser, learns: bool) -> None:
    """The arguments of `align map`, or of `align self-learn`."""
    from wordvec.align import METHODS

    parser.add_argument("source", metavar="SOURCE", help="vectors, of any format that wordvec reads")
    parser.add_argument("target", metavar="TARGET", help="vectors, in whose space those of SOURCE shall be")
    if learns:
        parser.add_argument(
            "--start", default="identical", metavar="numerals|identical|unsupervised|FILE",
            help="words that both have, of these the numbers, the spaces alone, or pairs in a file (%(default)s)",
        )  # fmt: skip
    else:
        parser.add_argument("--pairs", required=True, metavar="FILE", help="lines of a word and its translation")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="SOURCE in the common space")
    parser.add_argument("--target-output", metavar="FILE", help="TARGET in the common space, where it moves, too")
    parser.add_argument("--map", metavar="FILE", help="keep the map itself: a small file, name.safetensors")
    parser.add_argument(
        "--method", choices=METHODS, help="default: orthogonal; of self-learn with --target-output, multistep"
    )
    parser.add_argument(
        "--normalize", metavar="STEPS",
        help=f"none, unit, {_CENTRED}, iter:5 (default: unit; with --target-output {_CENTRED})",
    )  # fmt: skip
    parser.add_argument("--test", metavar="FILE", help="pairs to evaluate the result on")
    parser.add_argument("--induce", metavar="FILE", help="write the translation of every word of SOURCE by CSLS")
    parser.add_argument(
        "--restrict-vocab", type=count, default=200_000, metavar="N", help="rows that count (%(default)s)"
    )
    parser.add_argument("--case-sensitive", action="store_true", help="look words up as written only")
    if learns:
        parser.add_argument(
            "--vocabulary", type=count, default=20_000, metavar="N", help="words it learns from (%(default)s)"
        )
        parser.add_argument(
            "--patience", type=count, default=50, metavar="N", help="rounds without progress (%(default)s)"
        )
        parser.add_argument("--restarts", type=count, default=1, metavar="N", help="other seeds to try (%(default)s)")
        parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every random choice (%(default)s)")
    add_force(parser)
    add_json(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress and no summary on stderr")
    group = parser.add_argument_group("options of the methods")
    for name, (kinds, default) in _method_options().items():
        text, flag = f"of {', '.join(kinds)} (default: {default})", "--" + name.replace("_", "-")
        if isinstance(default, bool):
            group.add_argument(flag, action=BooleanOptionalAction, default=None, help=text)
        else:
            group.add_argument(flag, metavar="VALUE", type=_value, help=text)


def _run(arguments: Namespace) -> None:
    """Fit or learn, write what is asked for, and evaluate; what cannot be written is found out before."""
    from wordvec.formats import format_of, load, write

    read = [arguments.source, arguments.target, arguments.test, getattr(arguments, "pairs", None)]
    read.append(getattr(arguments, "start", None))
    for flag in ("output", "target_output", "map", "induce"):
        if (path := getattr(arguments, flag)) is not None:
            setattr(arguments, flag, check_output(path, arguments.force, False, read, arguments.json))
            read.append(path)  # two outputs must not be one file, either
    for path in (arguments.output, arguments.target_output):
        if path is not None:
            format_of(path)  # an unknown suffix is wrong usage
    _check_target(arguments)
    source, target = load(arguments.source), load(arguments.target)
    learned, made = _made(arguments, source, target)
    if learned is not None and not learned.took_off:
        raise WordvecError(f"self-learning did not take off, and nothing was written: {learned.reason}")
    moved, other = made.apply(source), target if arguments.target_output is None else made.apply_target(target)
    for vectors, path in ((moved, arguments.output), (other, arguments.target_output)):
        if path is not None:
            write(vectors, path, format_of(path, vectors))
    if arguments.map is not None:
        made.save(arguments.map)
    scores = _scores(arguments, moved, other)
    facts = {"output": arguments.output, "map": {k: v for k, v in made.facts.items() if k != "self_learning"}}
    facts["self_learning"] = None if learned is None else learned.to_dict()
    facts["test"] = [score.to_dict() for score in scores]
    if arguments.json:
        print_json(facts)
        return
    tell_output(arguments.output)
    print_rows(row for score in scores for row in _score_rows(score))
    if not arguments.quiet:
        _summary(made, learned, scores)


def _made(arguments: Namespace, source: KeyedVectors, target: KeyedVectors) -> tuple[SelfLearned | None, Map]:
    """What was learned, in one way or the other."""
    from wordvec.align import Learning, fit_map, self_learn

    how: dict[str, Any] = {"case_insensitive": not arguments.case_sensitive, "limit": arguments.restrict_vocab}
    how |= {name: value for name in _method_options() if (value := getattr(arguments, name)) is not None}
    method, normalize = _choices(arguments)
    if arguments.action == "map":
        return None, fit_map(source, target, arguments.pairs, method, normalize=normalize, **how)
    how |= {"restarts": arguments.restarts, "seed": arguments.seed, "progress": not arguments.quiet}
    options = Learning(vocabulary=arguments.vocabulary, patience=arguments.patience, map_normalize=normalize)
    learned = self_learn(source, target, arguments.start, method, options, **how)
    return learned, learned.map


def _choices(arguments: Namespace) -> tuple[str, str]:
    """The method and the normalisation of the map: those that leave TARGET as it is where only SOURCE is written."""
    alone = arguments.target_output is None
    best = "orthogonal" if alone or arguments.action == "map" else "multistep"
    return arguments.method or best, arguments.normalize or (_PLAIN if alone else _CENTRED)


def _check_target(arguments: Namespace) -> None:
    """OptionError where TARGET would move, and there is no place for it."""
    from wordvec.align import METHODS, Normalizer

    method, normalize = _choices(arguments)
    if arguments.target_output is None and (METHODS[method].moves_target or Normalizer(normalize).moves):
        raise OptionError(
            f"TARGET must move, too, with --method {method} and --normalize {normalize}: give --target-output FILE"
        )


def _scores(arguments: Namespace, source: KeyedVectors, target: KeyedVectors) -> list[LexiconResult]:
    """The lexicon written and the scores by two ways to retrieve, where they are asked for."""
    from wordvec.align import Aligned, write_lexicon

    aligned = Aligned(source, target, restrict_vocab=arguments.restrict_vocab)
    if arguments.induce is not None:
        write_lexicon(aligned.induce(), arguments.induce)
    if arguments.test is None:
        return []
    fold = not arguments.case_sensitive
    return [aligned.evaluate(arguments.test, method=method, case_insensitive=fold) for method in ("nn", "csls")]


def _score_rows(result: LexiconResult) -> Iterator[tuple[object, ...]]:
    """Rows of: test set, retrieval, measure, value without unknown words, value with them as wrong, coverage."""
    for measure in ("p1", "p5", "p10", "mrr"):
        known = "-" if result.known is None else getattr(result.known, measure)
        share = f"{result.used} of {result.total}"
        yield result.name, result.method, measure, known, getattr(result.every, measure), share


def _summary(made: Map, learned: SelfLearned | None, scores: Sequence[LexiconResult]) -> None:
    """Say on stderr what the map rests on."""
    if learned is not None:
        seen = learned.evidence
        sys.stderr.write(
            f"{learned.seed_pairs} pairs to start from, {learned.pairs} after {learned.iterations} iterations; "
            f"{seen.words} held-out words: CSLS {seen.csls:.3f}, by chance {seen.baseline:.3f}\n"
        )
    elif found := made.facts.get("coverage"):
        sys.stderr.write(
            f"{found['used']} of {found['pairs']} pairs used; unknown: {found['source_unknown']} of "
            f"{found['source_words']} source words, {found['target_unknown']} of {found['target_words']} target words; "
            f"{found['duplicates']} pairs given twice, {found['unreadable']} lines that are no pair\n"
        )
    for policy in dict.fromkeys(score.policy for score in scores):
        sys.stderr.write(f"policy: {policy}\n")


def _method_options() -> dict[str, tuple[list[str], Any]]:
    """The options of all methods: who has them, and the default."""
    from wordvec.align import METHODS

    options: dict[str, tuple[list[str], Any]] = {}
    for name, kind in METHODS.items():
        for field in fields(kind):
            options.setdefault(field.name, ([], field.default))[0].append(name)
    return options


def _value(text: str) -> Any:
    """A number, or a word."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


ACTIONS = {
    "map": SubVerb("a map fitted to pairs of words", lambda to, words: _arguments(to, learns=False), _run),
    "self-learn": SubVerb("from little or nothing", lambda to, words: _arguments(to, learns=True), _run),
    **MORE,
}
