"""Queries of `wordvec similar` and `analogy`: filters of answers, the search, and queries from stdin."""

from __future__ import annotations

import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError, UnknownWordError, WordvecError
from wordvec.cli.flags import add_json, add_workers, count
from wordvec.cli.output import no_words, print_json, print_rows
from wordvec.cli.streams import decoded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wordvec.vectors import KeyedVectors

METHODS = ("3cosadd", "3cosmul", "pairdirection")
Answers = list[tuple[str, float]]


def add_filters(parser: ArgumentParser) -> None:
    """The flags that say which words can be answers, and how many there are."""
    parser.add_argument("-n", "--topn", type=count, default=10, metavar="N", help="how many words")
    parser.add_argument("--within", metavar="FILE", help="only words of this file, one a line, can be answers")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="WORD", help="a word that is no answer; may be repeated"
    )
    parser.add_argument("--min-score", type=float, metavar="X", help="only answers with this score or a higher one")
    parser.add_argument("--restrict-vocab", type=count, metavar="N", help="only the first N rows can be answers")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="only words with this text or number as the "
        "attribute NAME can be answers; may be repeated: of one NAME any, of several all",
    )
    add_workers(parser)
    add_json(parser)


def query_words(arguments: Namespace) -> list[str]:
    """The words of the command line; ["-"] where they are on stdin."""
    words = [decoded(word) for word in arguments.words]
    if "-" in words and words != ["-"]:
        arguments.parser.error("- reads the words from stdin, and must then be alone")
    return words


class Searcher:
    """Vectors, and the rows that can be answers."""

    def __init__(self, arguments: Namespace) -> None:
        import numpy as np

        from wordvec.formats import load
        from wordvec.vectors.query_terms import selected_rows

        self.vectors: KeyedVectors = load(arguments.vectors)
        self.method, self.min_score = getattr(arguments, "method", METHODS[0]), arguments.min_score
        if self.min_score is not None and not self.min_score == self.min_score:
            raise OptionError("--min-score must be a number; got nan")
        words = None if arguments.within is None else _words_of(arguments.within)
        if not len(self.vectors):
            self.vectors = _composed(self.vectors, arguments.vectors, words)
        excluded = [row for word in map(decoded, arguments.exclude) for row in self._rows_of(word)]
        within: NDArray[np.int64] | None = None
        if words is not None:
            rows = [row for word in words for row in self._rows_of(word)]
            if not rows:
                raise WordvecError(f"{arguments.within}: a word must be one of the vectors; none of {len(words)} is")
            if missing := sum(not self._rows_of(word) for word in words):
                sys.stderr.write(f"{arguments.within}: {missing} of {len(words)} words have no vector\n")
            within = np.array(rows, np.int64)
        if arguments.where:
            allowed = np.flatnonzero(selected_rows(self.vectors, where_of(self.vectors, arguments.where), "--where"))
            within = allowed if within is None else np.intersect1d(allowed, within)
        self.options: dict[str, Any] = {"topn": arguments.topn, "restrict_vocab": arguments.restrict_vocab}
        self.options |= {"within": within, "exclude": excluded or None}
        self.more: dict[str, Any] = {"min_score": self.min_score, "workers": arguments.workers}
        if getattr(arguments, "index", None) is not None:
            from wordvec.vectors.files import opened_index

            self.more["indexer"] = opened_index(arguments.index, self.vectors)

    def similar(self, word: str) -> Answers:
        """The words nearest to one word."""
        return list(self.vectors.most_similar(word, **self.options, **self.more))

    def analogy(self, a: str, b: str, c: str) -> Answers:
        """The words that are to c as b is to a."""
        if self.method == "3cosadd":
            return list(self.vectors.most_similar([b, c], [a], **self.options, **self.more))
        lowest = -float("inf") if self.min_score is None else self.min_score
        return [(word, score) for word, score in self._by_rows(a, b, c) if score >= lowest]

    def _by_rows(self, a: str, b: str, c: str) -> Answers:
        """Answers by 3cosmul and pairdirection."""
        from wordvec.search.analogy import analogy
        from wordvec.search.cosmul import cosmul
        from wordvec.vectors.query_terms import named

        vectors, within, topn = self.vectors, self.options["within"], self.options["topn"]
        out = [row for word in (a, b, c) for row in self._rows_of(word)] + (self.options["exclude"] or [])
        more: dict[str, Any] = {"norms": vectors.norms, "stop": self.options["restrict_vocab"]}
        if self.method == "3cosmul":
            more |= {"exclude": out, "within": within}
            rows, scores = cosmul(vectors.vectors, vectors[[b, c]], vectors[[a]], topn, **more)
            return list(named(vectors, rows[None], scores[None])[0])
        if within is not None:
            raise OptionError("--within and --where must be left out with --method pairdirection")
        rows_a, rows_b, rows_c = ([vectors.get_index(word)] for word in (a, b, c))
        more |= {"exclude": [out], "method": "pairdirection", "workers": self.more["workers"]}
        return list(named(vectors, *analogy(vectors.vectors, rows_a, rows_b, rows_c, topn, **more))[0])

    def _rows_of(self, word: str) -> list[int]:
        from wordvec.vectors.query_terms import rows_of_words

        return rows_of_words(self.vectors, [word])


def where_of(vectors: KeyedVectors, filters: Sequence[str]) -> dict[str, list[Any]]:
    """NAME=TEXT as a filter of attributes, numbers where the attribute is of numbers."""
    values: dict[str, list[Any]] = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals:
            raise OptionError(f"--where must be NAME=TEXT; got {text!r}")
        kind = getattr(vectors.attributes.get(name), "dtype", None)
        if name == "count" or (kind is not None and kind.kind in "iuf"):
            try:
                values.setdefault(name, []).append(float(value))
            except ValueError:
                raise OptionError(f"--where {name}= must be a number; got {value!r}") from None
        elif kind is not None and kind.kind == "b":
            booleans = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
            if value.lower() not in booleans:
                raise OptionError(f"--where {name}= must be true or false; got {value!r}")
            values.setdefault(name, []).append(booleans[value.lower()])
        else:
            values.setdefault(name, []).append(value)
    return values


def _words_of(path: str) -> list[str]:
    """The words of a file, one a line."""
    from wordvec.inputs import read_lines

    return [line for line in read_lines(path) if line.strip()]


def _composed(vectors: KeyedVectors, path: str, words: list[str] | None) -> KeyedVectors:
    """The candidates, with the vectors that a file without words, such as a floret table, composes for them."""
    from wordvec.vectors import KeyedVectors

    if vectors.subwords is None or not words:
        hint = f": give candidates with --within FILE, or `wordvec convert {path} OUT.safetensors --words FILE`"
        raise WordvecError(no_words(path, vectors) + (hint if vectors.subwords is not None else ""))
    words = list(dict.fromkeys(words))
    return KeyedVectors(words, vectors[words], subwords=vectors.subwords)


def answer_stdin(
    arguments: Namespace, read: Callable[[str], list[str]], answer: Callable[[list[str]], Answers]
) -> None:
    """Answer the queries of stdin as they come, one a line; report errors, and fail at the end."""
    queries = failed = 0
    for line in _lines():
        queries += 1
        query: dict[str, Any] = {"query": line}
        try:
            answers = answer(read(line))
        except (UnknownWordError, OptionError) as error:
            failed += 1
            sys.stderr.write(f"wordvec: line {queries}: {error}\n")
            answers, query["error"] = [], str(error)
        if arguments.json:
            print_json({**query, "found": with_scores(answers)}, lines=True)
        else:
            print_rows((line, *near) for near in answers)
        sys.stdout.flush()
    if failed:
        raise WordvecError(f"{failed} of {queries} questions could not be answered")


def _lines() -> Iterator[str]:
    """The lines of stdin as they come, stripped, without blank ones and without a byte order mark."""
    from wordvec.inputs import claimed_stdin

    claimed_stdin(WordvecError)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape", newline="\n")
    return (text for line in sys.stdin if (text := line.strip(" \t\r\n")))


def with_scores(answers: Answers) -> list[dict[str, Any]]:
    """The answers as JSON has them."""
    return [{"word": word, "similarity": float(score)} for word, score in answers]
