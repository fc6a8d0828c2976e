"""Two vocabularies in one space: translations of words, the whole lexicon induced, and how good it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import search
from wordvec.align.lexicon.lexicon import Finder, as_lexicon
from wordvec.align.lexicon.retrieval import NAMES, Retrieval, Retriever
from wordvec.base.arguments import check_vectors, strings
from wordvec.base.errors import OptionError
from wordvec.search.arrays import whole
from wordvec.search.tables import exact_cosines
from wordvec.vectors import KeyedVectors

Translations = list[tuple[str, float]]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class LexiconScores:
    """The share of source words with a right translation among the first 1, 5 and 10, and the mean of 1 / its rank."""

    words: int  # source words behind the figures
    p1: float
    p5: float
    p10: float
    mrr: float


@dataclass(frozen=True)
class LexiconResult:
    """How many words of a lexicon are translated as it says, by both ways to count unknown words."""

    name: str
    known: LexiconScores | None  # unknown words left out; None where no word is left
    every: LexiconScores  # unknown words count as wrong
    used: int  # source words that have a vector, as has one of their translations or more
    total: int  # source words in the lexicon
    pairs: int  # distinct pairs in the lexicon
    source_unknown: int  # source words without a vector
    target_unknown: int  # source words with a vector whose translations have none
    duplicates: int  # pairs given again
    unreadable: int  # lines that are no pair
    unreadable_lines: tuple[str, ...]  # the first of them
    method: str
    policy: str

    @property
    def coverage(self) -> float:
        """The share of source words that can be answered, from 0 to 1."""
        return self.used / self.total

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        return asdict(self) | {"coverage": self.coverage, "unreadable_lines": list(self.unreadable_lines)}


class Aligned:
    """A source and a target in one space, as `Map.aligned` gives them, or as other tools have written them.

    `restrict_vocab` is how many first rows of both sides count: as translations, and as the neighbourhood of CSLS,
    whose `k` is given. `csls`, Cross-domain Similarity Local Scaling, asks for the highest
    2 cos(x, y) - r(x) - r(y), r being the mean cosine with the k nearest rows of the other side (Conneau et al. 2018);
    `nn` for the highest cosine; `isf`, the inverted softmax, for the highest share of x among the words that are near
    to y (Smith et al. 2017), with the inverse temperature `beta`. What they need to know of all rows is computed when
    it is first used, in blocks.

    >>> de = KeyedVectors(["hund", "katze"], [[0, 2], [1, 1]])
    >>> en = KeyedVectors(["dog", "cat", "house"], [[0, 1], [1, 1], [-2, 0]])
    >>> Aligned(de, en).translate("hund", topn=1, method="nn")
    [('dog', 1.0)]
    """

    def __init__(
        self, source: KeyedVectors, target: KeyedVectors, *, restrict_vocab: int | None = 200_000, k: int = 10,
        beta: float = 30.0, workers: int | None = None,
    ) -> None:  # fmt: skip
        check_vectors(source=source, target=target)
        if source.vector_size != target.vector_size:
            raise OptionError(
                f"source and target must be in one space; got vectors of {source.vector_size} and of "
                f"{target.vector_size} numbers: map the source first, with wordvec.align.fit_map"
            )
        for name, value in (("k", k), ("restrict_vocab", 1 if restrict_vocab is None else restrict_vocab)):
            if whole(name, value) < 1:
                raise OptionError(f"{name} must be >= 1; got {value}")
        self.source, self.target = source, target
        self.restrict_vocab, self.k, self.beta, self.workers = restrict_vocab, k, beta, workers

    @cached_property
    def forward(self) -> Retriever:
        """What finds rows of the target for vectors of the source."""
        return self._retriever(self.target, self.source)

    @cached_property
    def backward(self) -> Retriever:
        """What finds rows of the source for vectors of the target."""
        return self._retriever(self.source, self.target)

    def _retriever(self, found: KeyedVectors, asked: KeyedVectors) -> Retriever:
        size, other = self._size(found), self._size(asked)
        return Retriever(
            found.vectors[:size] if size < len(found.vectors) else found.vectors,
            found.norms[:size],
            asked.vectors[:other] if other < len(asked.vectors) else asked.vectors,
            asked.norms[:other],
            k=self.k,
            beta=self.beta,
            workers=self.workers,
        )

    def _size(self, side: KeyedVectors) -> int:
        return len(side.vectors) if self.restrict_vocab is None else min(self.restrict_vocab, len(side.vectors))

    def translate(
        self, words: str | Sequence[str], topn: int = 5, method: Retrieval = "csls"
    ) -> Translations | list[Translations]:
        """The best translations of a word, [(translation, score), ...]; for a list of words, a list of them.

        Words without a row get a vector by the policy of the source; UnknownWordError where there is none.
        """
        asked = [words] if isinstance(words, str) else strings(words)
        if not asked:
            return []
        rows, scores = self.forward.best(np.asarray(self.source[asked], np.float32), whole("topn", topn), method)
        names = self.target.index_to_key
        found = [
            [(names[row], score) for row, score in zip(*pair) if row >= 0]
            for pair in zip(rows.tolist(), scores.tolist())
        ]
        return found[0] if isinstance(words, str) else found

    def induce(
        self,
        words: Iterable[str] | None = None,
        *,
        topn: int = 1,
        method: Retrieval = "csls",
        both_ways: bool = False,
    ) -> list[tuple[str, str, float]]:
        """(word, translation, score) for words, or for all of the first `restrict_vocab`; `topn` of each, best first.

        Words of zeros have no translation. With `both_ways` only pairs count whose second word would be translated as
        the first, too.
        """
        asked = np.arange(self._size(self.source))
        if words is not None:
            asked = np.array([self.source.get_index(word) for word in strings(words)], np.int64)
        asked = asked[search.directed(self.source.norms[asked])]
        names, others = self.source.index_to_key, self.target.index_to_key
        result: list[tuple[str, str, float]] = []
        for some, found, scores in self.forward.each(self.source.vectors, asked, whole("topn", topn), method):
            if both_ways:
                found = np.where(self._comes_back(some, found, method), found, -1)
            for row, line, values in zip(some.tolist(), found.tolist(), scores.tolist()):
                result += [(names[row], others[y], score) for y, score in zip(line, values) if y >= 0]
        return result

    def _comes_back(self, asked: Ints, found: Ints, method: Retrieval) -> NDArray[np.bool_]:
        """Which of the rows that were found [n, k] would themselves find the row that asked."""
        distinct, place = np.unique(np.maximum(found, 0), return_inverse=True)
        back = np.concatenate([best for _, best, _ in self.backward.each(self.target.vectors, distinct, 1, method)])
        returned: NDArray[np.bool_] = back[:, 0][place.reshape(found.shape)] == asked[:, None]
        return returned

    def evaluate(
        self, pairs: Any, *, method: Retrieval = "csls", case_insensitive: bool = True, depth: int = 100
    ) -> LexiconResult:
        """The share of source words whose first 1, 5 and 10 translations have one that the lexicon gives.

        A word counts once, however many translations it has, any of which is right. The figures come twice: without the
        words that are unknown, or whose translations all are, and with them as wrong. Ranks beyond `depth` count as 0
        in the mean reciprocal rank. Of equal scores the first row is better.
        """
        lexicon, size = as_lexicon(pairs), self._size(self.target)
        finders = [Finder(self.source, case_insensitive), Finder(self.target, case_insensitive, size)]
        asked: list[int] = []
        right: list[set[int]] = []
        unknown, translations, depth = 0, lexicon.translations(), max(10, whole("depth", depth))
        for word, others in translations.items():
            row, rows = finders[0].row(word), {r for r in map(finders[1].row, others) if r >= 0}
            if row < 0 or not search.directed(self.source.norms[row : row + 1])[0]:
                unknown += 1
            elif rows:
                asked.append(row)
                right.append(rows)
        ranks = np.zeros(len(asked))
        found = [
            best for _, best, _ in self.forward.each(self.source.vectors, np.array(asked, np.int64), depth, method)
        ]
        for i, line in enumerate(np.concatenate(found).tolist() if found else []):
            ranks[i] = next((rank for rank, row in enumerate(line, 1) if row in right[i]), 0)
        total = len(translations)
        case = "as written, then in lower, Title and UPPER case" if case_insensitive else "as written"
        name = NAMES[method] + (f" (k {self.k})" if method == "csls" else "")
        return LexiconResult(
            name=lexicon.name,
            known=_scores(ranks, len(asked)) if asked else None,
            every=_scores(ranks, total),
            used=len(asked),
            total=total,
            pairs=len(lexicon),
            source_unknown=unknown,
            target_unknown=total - unknown - len(asked),
            duplicates=lexicon.duplicates,
            unreadable=lexicon.unreadable,
            unreadable_lines=lexicon.unreadable_lines,
            method=method,
            policy=f"{name} among the first {size:,} rows; words looked up {case}; a word counts once and any of its "
            f"translations is right; ranks beyond {depth} count as 0",
        )

    def criterion(self, size: int = 10_000) -> float:
        """The mean cosine of the first `size` words with their translations by CSLS: the higher, the better the map.

        It needs no lexicon, and compares maps of the same two sides (Conneau et al. 2018, section 3.3). Steps that
        stretch the space, as whitening does, change it, too.
        """
        rows = np.arange(min(whole("size", size), self._size(self.source)))
        rows = rows[search.directed(self.source.norms[rows])]
        total, count = 0.0, 0
        for some, found, _ in self.forward.each(self.source.vectors, rows, 1, "csls"):
            units = search.unit_queries(np.asarray(self.source.vectors[some], np.float32), self.source.vector_size)
            total += float(exact_cosines(self.forward.rows, units, found).sum())
            count += len(some)
        return total / max(1, count)


def induce(source: KeyedVectors, target: KeyedVectors, words: Iterable[str] | None = None, **options: Any) -> list[Any]:
    """(word, translation, score) for words of a source in the space of a target: see `Aligned.induce`."""
    how = {name: options.pop(name) for name in ("topn", "method", "both_ways") if name in options}
    return list(Aligned(source, target, **options).induce(words, **how))


def evaluate_lexicon(source: KeyedVectors, target: KeyedVectors, pairs: Any, **options: Any) -> LexiconResult:
    """How many words of a lexicon are translated as it says, in one common space: see `Aligned.evaluate`.

    >>> de = KeyedVectors(["hund", "katze"], [[0, 2], [1, 1]])
    >>> en = KeyedVectors(["dog", "cat", "house"], [[0, 1], [1, 1], [-2, 0]])
    >>> found = evaluate_lexicon(de, en, [("Hund", "dog"), ("Katze", "house"), ("Maus", "mouse")], method="nn")
    >>> found.known.p1, round(found.every.p1, 3), found.used, found.total
    (0.5, 0.333, 2, 3)
    """
    how = {name: options.pop(name) for name in ("method", "case_insensitive", "depth") if name in options}
    return Aligned(source, target, **options).evaluate(pairs, **how)


def _scores(ranks: NDArray[np.float64], words: int) -> LexiconScores:
    """The figures from the rank of the first right translation of each word, 0 where it is not found."""
    found = ranks[ranks > 0]
    shares = [float((found <= most).sum() / words) for most in (1, 5, 10)]
    return LexiconScores(words, shares[0], shares[1], shares[2], float((1 / found).sum() / words))
