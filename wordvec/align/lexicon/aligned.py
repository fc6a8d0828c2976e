"""Two sides in one space: translations of words, dictionary induction, and evaluation on a lexicon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.arrays import Doubles, Ints, mean_reciprocal_rank, precision_at
from wordvec.align.lexicon.lexicon import RowFinder, as_lexicon
from wordvec.align.lexicon.retrieval import NAMES, Retrieval, Retriever
from wordvec.base.arguments import check_vectors, strings
from wordvec.base.errors import OptionError
from wordvec.base.options import Options, option
from wordvec.base.shown import Ranked, Shown
from wordvec.search.arrays import whole
from wordvec.search.tables import exact_cosines
from wordvec.vectors import KeyedVectors

Translations = Ranked
_MANY = 1024  # rows from which on all of them are compared at once


@dataclass(frozen=True, kw_only=True)
class RetrievalOptions(Options):
    """The options of `Aligned`."""

    restrict_vocab: int | None = option(200_000, "first rows of both sides that are used; none given: all", low=1)
    k: int = option(10, "nearest neighbours in CSLS", low=1)
    beta: float = option(30.0, "inverse temperature of the inverted softmax", above=0)
    workers: int | None = option(None, "threads; none given: all usable cores", low=1, resource=True)


@dataclass(frozen=True)
class LexiconScores:
    """Precision at 1, 5 and 10, and the mean reciprocal rank, of the first right translation of each source word."""

    words: int  # source words that the figures are means of
    p1: float
    p5: float
    p10: float
    mrr: float


@dataclass(frozen=True)
class LexiconResult(Shown):
    """Scores on a lexicon, without the unknown words and with them, and the coverage of the lexicon."""

    name: str
    known: LexiconScores | None  # unknown words left out; None where no word is left
    every: LexiconScores  # unknown words count as wrong
    used: int  # source words with a vector, and with a vector for one of their translations or more
    total: int  # source words in the lexicon
    pairs: int  # distinct pairs in the lexicon
    source_unknown: int  # source words without a vector
    target_unknown: int  # source words with a vector whose translations have none
    duplicates: int  # repeated pairs
    unreadable: int  # lines that are no pair
    unreadable_lines: tuple[str, ...]  # the first of these lines
    method: str
    policy: str

    @property
    def coverage(self) -> float:
        """The share of source words that are used, from 0 to 1."""
        return self.used / self.total

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self) | {"coverage": self.coverage, "unreadable_lines": list(self.unreadable_lines)}


class Aligned:
    """A source and a target in one space: the result of `Map.aligned`, or vectors that other tools have aligned.

    The `options` are those of `RetrievalOptions`; they may be given by name. `restrict_vocab` limits the rows of both
    sides: translations, and the neighbours of CSLS, are among them. Three methods score a translation y of x:

    - `csls`, cross-domain similarity local scaling: 2 cos(x, y) - r(x) - r(y), where r is the mean cosine with the `k`
      nearest rows of the other side (Conneau et al. 2018);
    - `nn`, nearest neighbour: the cosine;
    - `isf`, inverted softmax: the share of x among the source words near y, with the inverse temperature `beta` (Smith
      et al. 2017).

    Values that a method needs for all rows are computed when it is first used, in blocks.

    >>> de = KeyedVectors(["hund", "katze"], [[0, 2], [1, 1]])
    >>> en = KeyedVectors(["dog", "cat", "house"], [[0, 1], [1, 1], [-2, 0]])
    >>> Aligned(de, en).translate("hund", topn=1, method="nn")
    [('dog', 1.0)]
    """

    def __init__(
        self, source: KeyedVectors, target: KeyedVectors, options: RetrievalOptions | None = None, **values: Any
    ) -> None:
        check_vectors(source=source, target=target)
        if source.vector_size != target.vector_size:
            raise OptionError(
                f"source and target must be in one space; got vectors of {source.vector_size} and of "
                f"{target.vector_size} dimensions: map the source first, with wordvec.align.fit_map"
            )
        self.source, self.target = source, target
        self.options = RetrievalOptions.of(options, values)

    @cached_property
    def forward(self) -> Retriever:
        """The retriever of rows of the target for vectors of the source."""
        return self._retriever(self.target, self.source)

    @cached_property
    def backward(self) -> Retriever:
        """The retriever of rows of the source for vectors of the target."""
        return self._retriever(self.source, self.target, self.forward)

    def _retriever(self, searched: KeyedVectors, queried: KeyedVectors, mirror: Retriever | None = None) -> Retriever:
        size, other = self._size(searched), self._size(queried)
        return Retriever(
            searched.vectors[:size] if size < len(searched.vectors) else searched.vectors,
            searched.norms[:size],
            queried.vectors[:other] if other < len(queried.vectors) else queried.vectors,
            queried.norms[:other],
            k=self.options.k,
            beta=self.options.beta,
            workers=self.options.workers,
            mirror=mirror,
        )

    def _best_of_rows(
        self, retriever: Retriever, queried: KeyedVectors, rows: Ints, topn: int, method: Retrieval
    ) -> Iterator[tuple[Ints, Ints, Doubles]]:
        """(rows, best rows, scores) of blocks of rows of a side, all of which have a direction."""
        if method == "csls" and len(rows) >= _MANY and topn > 0 and int(rows.max()) < self._size(queried):
            return retriever.best_of_others(rows, topn)
        return retriever.best_of_rows(queried.vectors, rows, topn, method)

    def _size(self, side: KeyedVectors) -> int:
        rows, most = len(side.vectors), self.options.restrict_vocab
        return rows if most is None else min(most, rows)

    def translate(
        self, words: str | Sequence[str], topn: int = 5, method: Retrieval = "csls"
    ) -> Translations | list[Translations]:
        """The best translations of a word, [(translation, score), ...]; for a list of words, a list of such lists.

        Out-of-vocabulary words get a vector by the OOV policy of the source; UnknownWordError where it gives none.
        """
        queries = [words] if isinstance(words, str) else strings(words)
        if not queries:
            return []
        rows, scores = self.forward.best(np.asarray(self.source[queries], np.float32), whole("topn", topn), method)
        names = self.target.index_to_key
        translations = [
            Translations([(names[row], score) for row, score in zip(*pair) if row >= 0])
            for pair in zip(rows.tolist(), scores.tolist())
        ]
        return translations[0] if isinstance(words, str) else translations

    def induce(
        self,
        words: Iterable[str] | None = None,
        *,
        topn: int = 1,
        method: Retrieval = "csls",
        both_ways: bool = False,
    ) -> list[tuple[str, str, float]]:
        """[(word, translation, score), ...] of words, or of all the first `restrict_vocab`; `topn` of each, best first.

        Words whose vector is zero have no translation. With `both_ways`, only translations whose own best translation
        is the word are returned.
        """
        rows = np.arange(self._size(self.source))
        if words is not None:
            rows = np.array([self.source.get_index(word) for word in strings(words)], np.int64)
        rows = rows[search.directed(self.source.norms[rows])]
        names, others = self.source.index_to_key, self.target.index_to_key
        result: list[tuple[str, str, float]] = []
        for block, best, scores in self._best_of_rows(self.forward, self.source, rows, whole("topn", topn), method):
            if both_ways:
                best = np.where(self._translates_back(block, best, method), best, -1)
            for row, line, values in zip(block.tolist(), best.tolist(), scores.tolist()):
                result += [(names[row], others[other], score) for other, score in zip(line, values) if other >= 0]
        return result

    def _translates_back(self, rows: Ints, best: Ints, method: Retrieval) -> NDArray[np.bool_]:
        """[n, k] which of the best rows [n, k] of the target have row [n] of the source as their best."""
        distinct, place = np.unique(np.maximum(best, 0), return_inverse=True)
        blocks = self._best_of_rows(self.backward, self.target, distinct, 1, method)
        back = np.concatenate([best_rows for _, best_rows, _ in blocks])
        result: NDArray[np.bool_] = back[:, 0][place.reshape(best.shape)] == rows[:, None]
        return result

    def evaluate(
        self, pairs: Any, *, method: Retrieval = "csls", case_insensitive: bool = True, depth: int = 100
    ) -> LexiconResult:
        """Precision at 1, 5 and 10, and the mean reciprocal rank, on a lexicon, as `fit_map` takes it.

        A source word counts once, and any of its translations is right. Two sets of figures are returned: without the
        words that are unknown or whose translations all are, and with those words counted as wrong. Ranks beyond
        `depth` count as 0 in the mean reciprocal rank. Of equal scores the first row is better.
        """
        lexicon, size = as_lexicon(pairs), self._size(self.target)
        finders = [RowFinder(self.source, case_insensitive), RowFinder(self.target, case_insensitive, size)]
        queries: list[int] = []
        right: list[set[int]] = []
        unknown, translations, depth = 0, lexicon.translations(), max(10, whole("depth", depth))
        for word, others in translations.items():
            row, rows = finders[0].row(word), {r for r in map(finders[1].row, others) if r >= 0}
            if row < 0 or not search.directed(self.source.norms[row : row + 1])[0]:
                unknown += 1
            elif rows:
                queries.append(row)
                right.append(rows)
        ranks = self.forward.ranks(self.source.vectors, np.array(queries, np.int64), right, depth, method)
        total = len(translations)
        case = "as written, then in lower, Title and UPPER case" if case_insensitive else "as written"
        name = NAMES[method] + (f" (k {self.options.k})" if method == "csls" else "")
        return LexiconResult(
            name=lexicon.name,
            known=_scores(ranks, len(queries)) if queries else None,
            every=_scores(ranks, total),
            used=len(queries),
            total=total,
            pairs=len(lexicon),
            source_unknown=unknown,
            target_unknown=total - unknown - len(queries),
            duplicates=lexicon.duplicates,
            unreadable=lexicon.unreadable,
            unreadable_lines=lexicon.unreadable_lines,
            method=method,
            policy=f"{name} among the first {size:,} rows; words looked up {case}; a word counts once and any of its "
            f"translations is right; ranks beyond {depth} count as 0",
        )

    def criterion(self, size: int = 10_000) -> float:
        """The mean cosine of the first `size` words with their translations by CSLS: a higher value is a better map.

        It needs no lexicon, and compares maps of the same two sides (Conneau et al. 2018, section 3.3). Maps that
        stretch the space, as whitening does, are not comparable to those that do not.
        """
        rows = np.arange(min(whole("size", size), self._size(self.source)))
        rows = rows[search.directed(self.source.norms[rows])]
        total, count = 0.0, 0
        for block, best, _ in self._best_of_rows(self.forward, self.source, rows, 1, "csls"):
            units = search.unit_queries(np.asarray(self.source.vectors[block], np.float32), self.source.vector_size)
            total += float(exact_cosines(self.forward.rows, units, best).sum())
            count += len(block)
        return total / max(1, count)


def induce(source: KeyedVectors, target: KeyedVectors, words: Iterable[str] | None = None, **options: Any) -> list[Any]:
    """[(word, translation, score), ...] for a source and a target in one space.

    The options are those of `Aligned` and of `Aligned.induce`.
    """
    call = {name: options.pop(name) for name in ("topn", "method", "both_ways") if name in options}
    return list(Aligned(source, target, **options).induce(words, **call))


def evaluate_lexicon(source: KeyedVectors, target: KeyedVectors, pairs: Any, **options: Any) -> LexiconResult:
    """Scores on a lexicon of a source and a target in one space.

    The options are those of `Aligned` and of `Aligned.evaluate`.

    >>> de = KeyedVectors(["hund", "katze"], [[0, 2], [1, 1]])
    >>> en = KeyedVectors(["dog", "cat", "house"], [[0, 1], [1, 1], [-2, 0]])
    >>> result = evaluate_lexicon(de, en, [("Hund", "dog"), ("Katze", "house"), ("Maus", "mouse")], method="nn")
    >>> result.known.p1, round(result.every.p1, 3), result.used, result.total
    (0.5, 0.333, 2, 3)
    """
    call = {name: options.pop(name) for name in ("method", "case_insensitive", "depth") if name in options}
    return Aligned(source, target, **options).evaluate(pairs, **call)


def _scores(ranks: Doubles, words: int) -> LexiconScores:
    """The figures from the rank of the first right translation of each word, 0 where there is none."""
    p1, p5, p10 = precision_at(ranks, words, (1, 5, 10))
    return LexiconScores(words, p1, p5, p10, mean_reciprocal_rank(ranks, words))
