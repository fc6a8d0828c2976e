"""What `wordvec align map` and `self-learn` share: their arguments, and how a map is applied, saved and scored."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError
from wordvec.cli.flags import add_force, add_json, add_quiet, count
from wordvec.cli.option_flags import add_flags, given_options
from wordvec.cli.output import check_output, print_json, print_output, print_rows

if TYPE_CHECKING:
    from wordvec.align import LexiconResult, Map, Method, SelfLearned
    from wordvec.vectors import KeyedVectors

_CENTRED, _PLAIN = "unit,center,unit", "unit"
OUTPUTS = ("output", "target_output", "map", "dictionary")


def add_spaces(parser: ArgumentParser) -> None:
    """The two embedding spaces."""
    parser.add_argument("source", metavar="SOURCE", help="vectors, of any format that wordvec reads")
    parser.add_argument("target", metavar="TARGET", help="vectors, into whose space those of SOURCE are mapped")


def add_outputs(parser: ArgumentParser, best_method: str) -> None:
    """The outputs, the method and the test; `best_method` is the method for maps of both sides."""
    from wordvec.align import METHODS

    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="SOURCE in the common space")
    parser.add_argument("--target-output", metavar="FILE", help="TARGET in the common space, if it is mapped, too")
    parser.add_argument("--map", metavar="FILE", help="save the map itself: a small file, name.safetensors")
    default = "default: orthogonal" + f"; with --target-output {best_method}" * (best_method != "orthogonal")
    parser.add_argument("--method", choices=METHODS, help=f"how the map is fitted ({default})")
    parser.add_argument(
        "--normalize",
        metavar="STEPS",
        help=f"none, unit, {_CENTRED}, iter:5 (default: unit; with --target-output {_CENTRED})",
    )
    parser.add_argument("--test", metavar="FILE", help="pairs of words to evaluate the map on")
    parser.add_argument(
        "--dictionary", metavar="FILE", help="write the translation of every word of SOURCE, by CSLS, with its score"
    )
    parser.add_argument(
        "--restrict-vocab", type=count, default=200_000, metavar="N", help="the first rows that can be translations"
    )
    parser.add_argument("--case-sensitive", action="store_true", help="look words up as written only")


def add_method_options(parser: ArgumentParser, without: Collection[str] = ()) -> None:
    """The flags on files that exist and on reports, then the options of all methods."""
    from wordvec.align import METHODS

    add_force(parser)
    add_json(parser)
    add_quiet(parser)
    group = parser.add_argument_group("options of the methods")
    add_flags(group, METHODS, without)


def fitted_by(arguments: Namespace, name: str, **shared: Any) -> Method:
    """The method with its options; `shared` are those that the verb has as well, for methods that have them."""
    from wordvec.align import METHODS

    refusal = "must be an option of {chosen}; it is of {owners}"
    options = given_options(arguments, METHODS, name, refusal, without=shared)
    known = {field.name for field in fields(METHODS[name])}
    return METHODS[name](**options, **{name: value for name, value in shared.items() if name in known})


def loaded_spaces(arguments: Namespace, *inputs: str | None) -> tuple[KeyedVectors, KeyedVectors]:
    """Source and target; all outputs are checked before they are loaded. `inputs` are the other files that are read."""
    from wordvec.formats import format_of, load

    paths: list[str | None] = [arguments.source, arguments.target, arguments.test, *inputs]
    for flag in OUTPUTS:
        if (path := getattr(arguments, flag)) is not None:
            setattr(arguments, flag, check_output(path, arguments.force, False, paths, arguments.json))
            paths.append(path)  # two outputs must not be one file, either
    for path in (arguments.output, arguments.target_output):
        if path is not None:
            format_of(path)  # an unknown suffix is wrong usage
    return load(arguments.source), load(arguments.target)


def method_and_normalize(arguments: Namespace, best_method: str) -> tuple[str, str]:
    """The method and the normalisation; OptionError if they would map TARGET, and there is no --target-output.

    The defaults leave TARGET where it is if only SOURCE is written.
    """
    from wordvec.align import METHODS, Normalizer

    alone = arguments.target_output is None
    method = arguments.method or ("orthogonal" if alone else best_method)
    normalize = arguments.normalize or (_PLAIN if alone else _CENTRED)
    if alone and (METHODS[method].moves_target or Normalizer(normalize).moves):
        raise OptionError(
            f"TARGET must move, too, with --method {method} and --normalize {normalize}: give --target-output FILE"
        )
    return method, normalize


def lookup_options(arguments: Namespace) -> dict[str, Any]:
    """The options that say how words are looked up, and which rows count."""
    return {"case_insensitive": not arguments.case_sensitive, "limit": arguments.restrict_vocab}


def write_results(
    arguments: Namespace, source: KeyedVectors, target: KeyedVectors, fitted: Map, learned: SelfLearned | None = None
) -> None:
    """Write the mapped vectors, the map and the dictionary, evaluate, and print the scores."""
    from wordvec.formats import format_of, write

    mapped = fitted.apply(source)
    other = target if arguments.target_output is None else fitted.apply_target(target)
    for vectors, path in ((mapped, arguments.output), (other, arguments.target_output)):
        if path is not None:
            write(vectors, path, format_of(path, vectors))
    if arguments.map is not None:
        fitted.save(arguments.map)
    scores = _scores(arguments, mapped, other)
    facts = {"output": arguments.output, "map": {k: v for k, v in fitted.facts.items() if k != "self_learning"}}
    facts["self_learning"] = None if learned is None else learned.to_dict()
    facts["test"] = [score.to_dict() for score in scores]
    if arguments.json:
        print_json(facts)
        return
    print_output(arguments.output)
    print_rows(row for score in scores for row in _score_rows(score))
    if not arguments.quiet:
        _print_summary(fitted, learned, scores)


def _scores(arguments: Namespace, source: KeyedVectors, target: KeyedVectors) -> list[LexiconResult]:
    """Write the dictionary, and evaluate by two ways of retrieval, as far as the flags say so."""
    from wordvec.align import Aligned, write_lexicon

    aligned = Aligned(source, target, restrict_vocab=arguments.restrict_vocab)
    if arguments.dictionary is not None:
        write_lexicon(aligned.induce(), arguments.dictionary)
    if arguments.test is None:
        return []
    case_insensitive = not arguments.case_sensitive
    return [
        aligned.evaluate(arguments.test, method=retrieval, case_insensitive=case_insensitive)
        for retrieval in ("nn", "csls")
    ]


def _score_rows(result: LexiconResult) -> Iterator[tuple[object, ...]]:
    """Rows of: test set, retrieval, measure, value without unknown words, value with them as wrong, pairs used."""
    for measure in ("p1", "p5", "p10", "mrr"):
        known = "-" if result.known is None else getattr(result.known, measure)
        share = f"{result.used} of {result.total}"
        yield result.name, result.method, measure, known, getattr(result.every, measure), share


def _print_summary(fitted: Map, learned: SelfLearned | None, scores: Sequence[LexiconResult]) -> None:
    """Print the pairs that the map was fitted to, and the policy of the scores, on stderr."""
    if learned is not None:
        evidence = learned.evidence
        sys.stderr.write(
            f"{learned.seed_pairs} pairs to start from, {learned.pairs} after {learned.iterations} iterations; "
            f"{evidence.words} held-out words: CSLS {evidence.csls:.3f}, by chance {evidence.baseline:.3f}\n"
        )
    elif coverage := fitted.facts.get("coverage"):
        sys.stderr.write(
            f"{coverage['used']} of {coverage['pairs']} pairs used; unknown: {coverage['source_unknown']} of "
            f"{coverage['source_words']} source words, {coverage['target_unknown']} of {coverage['target_words']} "
            f"target words; "
            f"{coverage['duplicates']} pairs given twice, {coverage['unreadable']} lines that are no pair\n"
        )
    for policy in dict.fromkeys(score.policy for score in scores):
        sys.stderr.write(f"policy: {policy}\n")
