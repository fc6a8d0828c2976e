"""The verbs that ask vectors: similar, analogy; questions from the command line or, one a line, from stdin."""

from __future__ import annotations

import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import OptionError, UnknownWordError, WordvecError
from wordvec.cli.output import add_json, add_vectors, count, no_words, print_json, print_rows
from wordvec.cli.streams import given

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wordvec.vectors import KeyedVectors

METHODS = ("3cosadd", "3cosmul", "pairdirection")
Found = list[tuple[str, float]]


def _filters(parser: ArgumentParser) -> None:
    """What both verbs say about answers."""
    parser.add_argument("-n", "--topn", type=count, default=10, help="how many words (default: %(default)s)")
    parser.add_argument("--within", metavar="FILE", help="only words of this file, one a line, can be answers")
    parser.add_argument("--exclude", action="append", default=[], metavar="WORD", help="no answer; may be repeated")
    parser.add_argument("--min-score", type=float, metavar="X", help="only answers with this score or a higher one")
    parser.add_argument("--restrict-vocab", type=count, metavar="N", help="only the first N rows can be answers")
    parser.add_argument(
        "--where", action="append", default=[], metavar="NAME=TEXT", help="only words with this text or number as the "
        "attribute NAME can be answers; may be repeated: of one NAME any, of several all",
    )  # fmt: skip
    parser.add_argument("--workers", type=count, metavar="N", help="threads (default: all usable cores)")
    add_json(parser)


def similar_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    add_vectors(parser)
    parser.add_argument("words", nargs="+", metavar="WORD", help="words; - reads them from stdin, one a line")
    parser.add_argument(
        "--index", metavar="FILE", help="ask this index, which `wordvec index` has built: quicker, may miss a word"
    )
    _filters(parser)


def similar(arguments: Namespace) -> None:
    """Print the nearest neighbours of each word, with their cosines."""
    arguments.words = [given(word) for word in arguments.words]
    _check_dash(arguments)
    ask = _Asking(arguments)
    if arguments.words == ["-"]:
        _stream(arguments, _one_word, lambda words: ask.similar(*words))
        return
    found = {word: ask.similar(word) for word in arguments.words}
    if arguments.json:
        print_json({word: _scored(neighbours) for word, neighbours in found.items()})
    else:
        several = len(found) > 1
        print_rows((word, *near) if several else near for word, neighbours in found.items() for near in neighbours)


def _check_dash(arguments: Namespace) -> None:
    if "-" in arguments.words and arguments.words != ["-"]:
        arguments.parser.error("- reads the words from stdin, and must then be alone")


def analogy_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    parser.usage = f"{parser.prog} [options] VECTORS (A B C | -)"
    add_vectors(parser)
    parser.add_argument(
        "words", nargs="+", metavar="A B C", help="A is to B as C is to the answer; - reads such lines from stdin"
    )
    parser.add_argument(
        "--method", choices=METHODS, default="3cosadd", help="what answers are scored by (default: %(default)s)"
    )
    _filters(parser)


def analogy(arguments: Namespace) -> None:
    """Print the words that are to C as B is to A."""
    arguments.words = [given(word) for word in arguments.words]
    _check_dash(arguments)
    if arguments.words != ["-"] and len(arguments.words) != 3:
        arguments.parser.error(f"three words A B C must be given, or - for stdin; got {len(arguments.words)}")
    ask = _Asking(arguments)
    if arguments.words == ["-"]:
        _stream(arguments, _three_words, lambda words: ask.analogy(*words))
        return
    found = ask.analogy(*arguments.words)
    if arguments.json:
        print_json(_scored(found))
    else:
        print_rows(found)


class _Asking:
    """Vectors, and which of their words can be answers."""

    def __init__(self, arguments: Namespace) -> None:
        import numpy as np

        from wordvec.formats import load

        self.vectors: KeyedVectors = load(arguments.vectors)
        self.topn, self.least, self.stop = arguments.topn, arguments.min_score, arguments.restrict_vocab
        self.method = getattr(arguments, "method", METHODS[0])
        if self.least is not None and not self.least == self.least:
            raise OptionError("--min-score must be a number; got nan")
        words = None if arguments.within is None else _words_of(arguments.within)
        if not len(self.vectors):
            self.vectors = _composed(self.vectors, arguments.vectors, words)
        self.excluded = [row for word in map(given, arguments.exclude) for row in self._rows_of(word)]
        self.workers = None if arguments.workers is None else self.vectors._threads(arguments.workers)
        self.index = None
        if getattr(arguments, "index", None) is not None:
            from wordvec.cli.index import opened

            self.index = opened(arguments.index, self.vectors)
        self.within: NDArray[np.int64] | None = None
        if words is not None:
            rows = [row for word in words for row in self._rows_of(word)]
            if not rows:
                raise WordvecError(f"{arguments.within}: a word must be one of the vectors; none of {len(words)} is")
            if missing := sum(not self._rows_of(word) for word in words):
                sys.stderr.write(f"{arguments.within}: {missing} of {len(words)} words have no vector\n")
            self.within = np.array(rows, np.int64)
        if arguments.where:
            chosen = np.flatnonzero(self.vectors._rows_of(_where(self.vectors, arguments.where), "--where"))
            self.within = chosen if self.within is None else np.intersect1d(chosen, self.within)

    def similar(self, word: str) -> Found:
        """The words nearest to one word."""
        return self._nearest(self.vectors[word], [word])

    def analogy(self, a: str, b: str, c: str) -> Found:
        """The words that are to c as b is to a."""
        vectors, given = self.vectors, [a, b, c]
        if self.method == "3cosadd":
            return self._nearest(vectors.get_mean_vector([b, c, a], [1, 1, -1], ignore_missing=False), given)
        from wordvec.search.analogy import analogy, cosmul

        options: dict[str, Any] = {"norms": vectors.norms, "stop": self.stop}
        if self.method == "3cosmul":
            positive, negative = vectors[[b, c]], vectors[[a]]
            options |= {"exclude": self._banned(given), "within": self.within}
            rows, scores = cosmul(vectors.vectors, positive, negative, self.topn, **options)
            return self._words(rows, scores)
        if self.within is not None:
            raise OptionError("--within and --where must be left out with --method pairdirection")
        rows_a, rows_b, rows_c = ([vectors.get_index(word)] for word in given)
        options |= {"exclude": [self._banned(given)], "method": "pairdirection", "workers": self.workers}
        rows, scores = analogy(vectors.vectors, rows_a, rows_b, rows_c, self.topn, **options)
        return self._words(rows[0], scores[0])

    def _nearest(self, query: NDArray[Any], given: Sequence[str]) -> Found:
        from wordvec.search import nearest

        vectors = self.vectors
        options: dict[str, Any] = {"within": self.within, "min_score": self.least, "stop": self.stop}
        options = {name: value for name, value in options.items() if value is not None}
        options |= {"norms": vectors.norms, "exclude": [self._banned(given)], "workers": self.workers}
        if self.index is not None:
            within = self._index_rows()
            rows, scores = self.index.search(query[None], self.topn, exclude=[self._banned(given)], within=within)
            return self._words(rows[0], scores[0])
        with vectors._scanning():
            rows, scores = nearest(vectors.vectors, query[None], self.topn, **options)
        return self._words(rows[0], scores[0])

    def _index_rows(self) -> NDArray[np.int64] | None:
        """The rows that can be answers, for an index; None where all can."""
        if self.stop is None or self.stop >= len(self.vectors.vectors):
            return self.within
        import numpy as np

        first = np.arange(self.stop)
        return first if self.within is None else self.within[self.within < self.stop]

    def _words(self, rows: NDArray[Any], scores: NDArray[Any]) -> Found:
        least = -float("inf") if self.least is None else self.least
        pairs = zip(rows.tolist(), scores.tolist())
        return [(self.vectors.index_to_key[row], score) for row, score in pairs if row >= 0 and score >= least]

    def _banned(self, given: Sequence[str]) -> list[int]:
        """Rows that are no answers: those of the words asked about, as far as they have one, and of --exclude."""
        return [*(row for word in given for row in self._rows_of(word)), *self.excluded]

    def _rows_of(self, word: str) -> list[int]:
        row = self.vectors.key_to_index.get(word)
        return [] if row is None else [row]


def _where(vectors: KeyedVectors, given: Sequence[str]) -> dict[str, list[Any]]:
    """NAME=TEXT as a filter of attributes, numbers where the attribute is of numbers."""
    wanted: dict[str, list[Any]] = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark:
            raise OptionError(f"--where must be NAME=TEXT; got {text!r}")
        kind = getattr(vectors.attributes.get(name), "dtype", None)
        if name == "count" or (kind is not None and kind.kind in "iuf"):
            try:
                wanted.setdefault(name, []).append(float(value))
            except ValueError:
                raise OptionError(f"--where {name}= must be a number; got {value!r}") from None
        elif kind is not None and kind.kind == "b":
            truth = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
            if value.lower() not in truth:
                raise OptionError(f"--where {name}= must be true or false; got {value!r}")
            wanted.setdefault(name, []).append(truth[value.lower()])
        else:
            wanted.setdefault(name, []).append(value)
    return wanted


def _words_of(path: str) -> list[str]:
    """The words of a file, one a line."""
    from wordvec.inputs import read_lines

    return [line for line in read_lines(path) if line.strip()]


def _composed(vectors: KeyedVectors, path: str, words: list[str] | None) -> KeyedVectors:
    """The candidates with the vectors that a file without words, such as a floret table, composes for them."""
    from wordvec.vectors import KeyedVectors

    if vectors.subwords is None or not words:
        hint = f": give candidates with --within FILE, or `wordvec convert {path} OUT.safetensors --words FILE`"
        raise WordvecError(no_words(path, vectors) + (hint if vectors.subwords is not None else ""))
    words = list(dict.fromkeys(words))
    return KeyedVectors(words, vectors[words], subwords=vectors.subwords)


def _stream(arguments: Namespace, read: Callable[[str], list[str]], answer: Callable[[list[str]], Found]) -> None:
    """Answer the questions of stdin as they come; what cannot be answered is said on stderr, and fails at the end."""
    asked = failed = 0
    for line in _lines():
        asked += 1
        query: dict[str, Any] = {"query": line}
        try:
            found = answer(read(line))
        except (UnknownWordError, OptionError) as error:
            failed += 1
            sys.stderr.write(f"wordvec: line {asked}: {error}\n")
            found, query["error"] = [], str(error)
        if arguments.json:
            print_json({**query, "found": _scored(found)}, lines=True)
        else:
            print_rows((line, *near) for near in found)
        sys.stdout.flush()
    if failed:
        raise WordvecError(f"{failed} of {asked} questions could not be answered")


def _lines() -> Iterator[str]:
    """The lines of stdin that are not blank, without the blanks around them, as soon as each is there.

    A byte order mark at its start goes.
    """
    from wordvec.inputs import claimed_stdin

    claimed_stdin(WordvecError)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape", newline="\n")
    return (text for line in sys.stdin if (text := line.strip(" \t\r\n")))


def _one_word(line: str) -> list[str]:
    return [line]


def _three_words(line: str) -> list[str]:
    """The words of a line, between tabs where there are any, else between spaces."""
    words = line.split("\t") if "\t" in line else [word for word in line.split(" ") if word]
    if len(words) != 3:
        raise OptionError(f"a line must have three words A B C; got {line!r}")
    return words


def _scored(found: Found) -> list[dict[str, Any]]:
    return [{"word": word, "similarity": float(score)} for word, score in found]
