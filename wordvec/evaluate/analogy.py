"""Analogies: the accuracy on questions a : b = c : ?, answered by the word nearest to b - a + c."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wordvec import search
from wordvec.base.shown import Shown
from wordvec.evaluate.files import SHOWN, read_questions
from wordvec.evaluate.lookup import answered
from wordvec.evaluate.policy import resolver
from wordvec.search.analogy import Method, check_method

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

_NAMES = {"3cosadd": "3CosAdd", "3cosmul": "3CosMul", "pairdirection": "PairDirection"}


@dataclass(frozen=True)
class AnalogySection:
    """The numbers of questions of one section: answered correctly, used, and in the file."""

    name: str
    correct: int
    used: int
    total: int

    @property
    def accuracy(self) -> float | None:
        """The share of right answers, from 0 to 1; None where no question is used."""
        return self.correct / self.used if self.used else None


@dataclass(frozen=True)
class AnalogyResult(Shown):
    """Accuracy on analogies, the number of questions behind it, and the policy for unknown words and case."""

    name: str
    sections: tuple[AnalogySection, ...]
    correct: int
    used: int  # questions behind the accuracy
    found: int  # questions with a vector for all four words
    total: int  # questions in the file
    unreadable: int  # lines that are neither question nor section
    unreadable_lines: tuple[str, ...]  # the first of these lines
    policy: str

    @property
    def accuracy(self) -> float | None:
        """The share of right answers, from 0 to 1; None where no question is used."""
        return self.correct / self.used if self.used else None

    @property
    def semantic(self) -> AnalogySection:
        """All sections on meaning together."""
        return self._combined("semantic", lambda name: not name.startswith("gram"))

    @property
    def syntactic(self) -> AnalogySection:
        """All sections on grammar together: those whose names begin with `gram`."""
        return self._combined("syntactic", lambda name: name.startswith("gram"))

    def _combined(self, name: str, belongs: Callable[[str], bool]) -> AnalogySection:
        parts = [s for s in self.sections if belongs(s.name)]
        return AnalogySection(
            name, sum(s.correct for s in parts), sum(s.used for s in parts), sum(s.total for s in parts)
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it by name, ready for JSON."""
        sections = [asdict(s) | {"accuracy": s.accuracy} for s in self.sections]
        combined = {s.name: asdict(s) | {"accuracy": s.accuracy} for s in (self.semantic, self.syntactic)}
        own = {"sections": sections, "accuracy": self.accuracy, "unreadable_lines": list(self.unreadable_lines)}
        return asdict(self) | own | combined


def analogies(
    vectors: KeyedVectors,
    path: str | os.PathLike[str],
    *,
    restrict_vocab: int | None = 300_000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    method: Method = "3cosadd",
    eps: float = 1e-3,
    workers: int | None = None,
) -> AnalogyResult:
    r"""Accuracy on a file of `: section` and `a b c d` lines: is d the word nearest to b - a + c (of unit vectors)?

    `method` is a score of `wordvec.search.analogy`: `3cosadd` as above, `3cosmul` (with `eps`) or `pairdirection`.
    Answers are searched among the first `restrict_vocab` rows (None: all), without a, b and c. A word is looked up as
    written and, with `case_insensitive`, then in lower, Title and UPPER case; the case variants of a, b and c are then
    excluded as well, and any variant of d is right. A question with an unknown word is left out or, with
    `dummy4unknown`, counts as wrong. Of words with equal scores, the first row is the answer; a vector of zeros has
    cosine 0 with all. `workers` is the largest number of threads (None: all usable cores).

    >>> import tempfile, numpy, wordvec
    >>> matrix = numpy.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, 0, -1]], dtype="f4")
    >>> vectors = wordvec.KeyedVectors(["man", "king", "woman", "queen", "tax"], matrix)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "questions.txt")
    ...     _ = path.write_text(": royal\nman king woman queen\nman king girl princess\n")
    ...     result = analogies(vectors, path)
    >>> result.accuracy, result.used, result.total
    (1.0, 1, 2)
    """
    check_method(method, eps)
    questions = read_questions(path)
    lookup = resolver(vectors, restrict_vocab, case_insensitive)
    known_questions: list[list[list[int]]] = []  # question -> word -> rows of its case variants
    section_of: list[int] = []
    for i, items in enumerate(questions.sections.values()):
        known_of_section = [variants for variants in lookup.variants(items) if all(variants)]
        known_questions += known_of_section
        section_of += [i] * len(known_of_section)
    threads = search.limited(vectors.rows, workers)
    right = answered(vectors, known_questions, lookup.size, method=method, eps=eps, workers=threads)
    n = len(questions.sections)
    correct, known = (np.bincount(section_of, weights, n).astype(int).tolist() for weights in (right, None))
    sections = tuple(
        AnalogySection(name, correct[i], len(items) if dummy4unknown else known[i], len(items))
        for i, (name, items) in enumerate(questions.sections.items())
    )
    unknown = "count as wrong" if dummy4unknown else "left out"
    score = _NAMES[method] + (f" (eps {eps:g})" if method == "3cosmul" else "")
    return AnalogyResult(
        name=Path(path).name,
        sections=sections,
        correct=sum(correct),
        used=sum(s.used for s in sections),
        found=len(known_questions),
        total=sum(s.total for s in sections),
        unreadable=len(questions.unreadable),
        unreadable_lines=tuple(questions.unreadable[:SHOWN]),
        policy=lookup.describe(f"{score} without the words of the question; questions with an unknown word {unknown}"),
    )
