"""The verbs that use vectors: info, similar, analogy, eval, convert, verify."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wordvec.cli.output import add_force, add_json, check_output, print_json, print_rows

if TYPE_CHECKING:
    from wordvec.evaluate import AnalogyResult, WordPairsResult


def _count(text: str) -> int:
    """A number of things, 1 or more."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"must be an integer >= 1; got {text!r}")
    return number


def _vectors_argument(parser: ArgumentParser) -> None:
    parser.add_argument("vectors", metavar="VECTORS", help="a file of vectors, of any format that wordvec reads")


def _topn_argument(parser: ArgumentParser) -> None:
    parser.add_argument("-n", "--topn", type=_count, default=10, help="how many words (default: %(default)s)")
    add_json(parser)


def info_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    _vectors_argument(parser)
    add_json(parser)


def info(arguments: Namespace) -> None:
    """Print what a file holds: its size and where its vectors come from."""
    from wordvec.formats import load

    vectors = load(arguments.vectors)
    facts: dict[str, Any] = {
        "file": arguments.vectors,
        "words": len(vectors),
        "vector_size": vectors.vector_size,
        "counts": vectors.vocabulary.counts is not None,
        "context": vectors.context is not None,
        "first_words": list(vectors.index_to_key[:10]),
        "metadata": vectors.metadata,
    }
    if arguments.json:
        print_json(facts)
    else:
        print_rows(_flat(facts))


def _flat(facts: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Facts as rows of a name and a value; what is nested gets names with dots."""
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from _flat(value, "" if name == "metadata" else f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, " ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in value)
        else:
            yield prefix + name, {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def similar_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    _vectors_argument(parser)
    parser.add_argument("words", nargs="+", metavar="WORD")
    _topn_argument(parser)


def similar(arguments: Namespace) -> None:
    """Print the nearest neighbours of each word, with their cosines."""
    from wordvec.formats import load

    vectors = load(arguments.vectors)
    found = {word: vectors.most_similar(word, topn=arguments.topn) for word in arguments.words}
    if arguments.json:
        print_json({word: _scored(neighbours) for word, neighbours in found.items()})
    else:
        several = len(found) > 1
        print_rows((word, *near) if several else near for word, neighbours in found.items() for near in neighbours)


def _scored(found: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"word": word, "similarity": float(score)} for word, score in found]


def analogy_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    _vectors_argument(parser)
    for name, role in (("a", "A is to B"), ("b", "as C"), ("c", "is to the answer")):
        parser.add_argument(name, metavar=name.upper(), help=role)
    _topn_argument(parser)


def analogy(arguments: Namespace) -> None:
    """Print the words nearest to B - A + C."""
    from wordvec.formats import load

    vectors = load(arguments.vectors)
    positive, negative = [arguments.b, arguments.c], [arguments.a]
    found = vectors.most_similar(positive=positive, negative=negative, topn=arguments.topn)
    if arguments.json:
        print_json(_scored(found))
    else:
        print_rows(found)


def eval_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    _vectors_argument(parser)
    parser.add_argument("files", nargs="*", metavar="FILE", help="test sets of either kind, told by their content")
    parser.add_argument("--pairs", nargs="+", default=[], metavar="FILE", help="word pairs: word word score")
    parser.add_argument("--analogies", nargs="+", default=[], metavar="FILE", help="questions: a b c d, in : sections")
    parser.add_argument(
        "--restrict-vocab", type=_count, metavar="N", help="the first N rows only (default: all; analogies 300000)"
    )
    parser.add_argument("--case-sensitive", action="store_true", help="look words up as written only")
    parser.add_argument(
        "--dummy4unknown", action="store_true", help="pairs of unknown words count as cosine 0, questions as wrong"
    )
    add_json(parser)


def evaluate(arguments: Namespace) -> None:
    """Print the scores on test sets, with how much of each could be used."""
    from wordvec.evaluate import analogies, word_pairs
    from wordvec.evaluate.files import kind
    from wordvec.formats import load

    todo = [(file, "pairs") for file in arguments.pairs] + [(file, "analogies") for file in arguments.analogies]
    todo += [(file, kind(file)) for file in arguments.files]
    if not todo:
        arguments.parser.error("give test sets: --pairs FILE, --analogies FILE")
    vectors = load(arguments.vectors)
    policy: dict[str, Any] = {
        "case_insensitive": not arguments.case_sensitive,
        "dummy4unknown": arguments.dummy4unknown,
    }
    if arguments.restrict_vocab:
        policy["restrict_vocab"] = arguments.restrict_vocab
    results: list[WordPairsResult | AnalogyResult] = [
        word_pairs(vectors, file, **policy) if what == "pairs" else analogies(vectors, file, **policy)
        for file, what in todo
    ]
    if arguments.json:
        print_json([result.to_dict() for result in results])
        return
    print_rows(row for result in results for row in _score_rows(result))
    for policy_in_words in dict.fromkeys(result.policy for result in results):
        sys.stderr.write(f"policy: {policy_in_words}\n")
    for result in results:
        _diagnose(result)


def _score_rows(result: WordPairsResult | AnalogyResult) -> Iterator[tuple[object, ...]]:
    """Rows of: test set, measure, value, how many items it rests on."""
    from wordvec.evaluate import WordPairsResult

    share = f"{result.used} of {result.total}"
    if isinstance(result, WordPairsResult):
        for measure, value in (("spearman", result.spearman), ("pearson", result.pearson)):
            yield result.name, measure, "-" if value is None else value, share
        return
    parts = [*result.sections, result.semantic, result.syntactic]
    for part in (part for part in parts if part.total and part.name):
        accuracy = "-" if part.accuracy is None else part.accuracy
        yield result.name, part.name, accuracy, f"{part.used} of {part.total}"
    yield result.name, "accuracy", "-" if result.accuracy is None else result.accuracy, share


def _diagnose(result: WordPairsResult | AnalogyResult) -> None:
    """Say on stderr what could not be used."""
    if result.unreadable:
        first = "; ".join(repr(line[:60]) for line in result.unreadable_lines)
        sys.stderr.write(f"{result.name}: {result.unreadable} lines could not be read, such as {first}\n")
    if reason := getattr(result, "reason", None):
        sys.stderr.write(f"{result.name}: no score: {reason}\n")


def convert_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    from wordvec.formats import FORMATS

    suffixes = "; ".join(
        f"{' or '.join(format.suffixes)} ({name})" for name, format in FORMATS.items() if format.suffixes
    )
    parser.add_argument("input", metavar="IN", help="a file of vectors, of any format that wordvec reads")
    parser.add_argument("output", metavar="OUT", help=f"the file to write; its suffix says the format: {suffixes}")
    add_force(parser)


def convert(arguments: Namespace) -> None:
    """Write vectors in the format that the suffix of the output names."""
    from wordvec import formats

    formats.format_of(arguments.output)  # an unknown suffix is wrong usage
    check_output(arguments.output, arguments.force)
    formats.save(formats.load(arguments.input), arguments.output)
    sys.stdout.write(f"{arguments.output}\n")


def verify_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    parser.add_argument("vectors", metavar="FILE", help="a native file (.safetensors)")


def verify(arguments: Namespace) -> None:
    """Check every byte of a native file against its checksums, and its index and numbers."""
    from wordvec.keyed_vectors import KeyedVectors

    KeyedVectors.load(arguments.vectors).verify()
    sys.stdout.write(f"{arguments.vectors}: whole\n")
