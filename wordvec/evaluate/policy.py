"""What a test set does about case, unknown words, repeated items and the words of a question; and words to vectors."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors, whole_number
from wordvec.base.errors import OptionError
from wordvec.evaluate.lookup import unit_rows
from wordvec.search import arrays
from wordvec.vocabulary import case_forms

if TYPE_CHECKING:
    from wordvec.corpus import EncodedCorpus
    from wordvec.vectors import KeyedVectors

Made = TypeVar("Made")

Case = Literal["as-is", "fold", "upper", "lower", "capital"]
Oov = Literal["skip", "zero", "mean", "subword"]
Exclude = Literal["inputs", "inputs+case"]
MultiWord = Literal["skip", "mean"]
Repeats = Literal["mean", "keep"]
Encoder = Literal["auto", "mean", "max", "sum", "tfidf", "sif", "usif", "product", "fasttext"]
Longs = NDArray[np.int64]
Item = TypeVar("Item")

_BLOCK = 8192  # rows read at a time
_PARTS = re.compile(r"[\s_]+")  # what stands between the words of an entry of several
_CHOICES: dict[str, tuple[str | None, ...]] = {
    "case": get_args(Case),
    "oov": get_args(Oov),
    "exclude": (*get_args(Exclude), None),
    "multi_word": get_args(MultiWord),
    "repeats": get_args(Repeats),
    "encoder": get_args(Encoder),
}
_CASES = {
    "as-is": "as written",
    "fold": "as written, then lower, Title and UPPER case",
    "upper": "in UPPER case, and the first row of a word counts",
    "lower": "in lower case, and the first row of a word counts",
    "capital": "in lower case, then Capitalised, then Title case",
}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How words of a test set become vectors, and which items and answers count.

    - `case`: `as-is` looks words up as written, `fold` as written and then in lower, Title and UPPER case, `capital` in
      lower case, else Capitalised or Title; `upper` and `lower` fold the vocabulary as well, and its first row counts.
    - `oov`: an item with an unknown word is left out (`skip`); its word gets zeros (`zero`), the mean of all unit rows
      (`mean`), or what the OOV policy of the vectors composes (`subword`; left out where it has nothing).
    - `restrict`: only so many first rows are used (None: all).
    - `exclude`: the answer of an analogy is none of its own words (`inputs`), nor a case variant of them
      (`inputs+case`); None excludes nothing. With `candidates`, only so many rows nearest to an analogy are looked at
      for an answer that is no case variant of its words.
    - `multi_word`: an entry of several words without a row of its own is unknown (`skip`), or gets the mean of the unit
      vectors of its words (`mean`).
    - `repeats`: a repeated item counts once, with the mean of its values (`mean`), or each time (`keep`).
    - `self_pairs`: whether pairs of a word with itself count.
    - `reverse`: an analogy a b c d asks for c, from a - b + d.
    - `encoder`: how vectors of words become the vector of a text, as `agg` of `wordvec.texts.TextEncoder`.
    - `regimes`: whether classifiers also learn from few examples, and with the vectors, besides from frozen ones.

    >>> Policy(oov="zero").describe()
    'case fold, oov zero, exclude inputs+case'
    """

    case: Case = "fold"
    oov: Oov = "skip"
    restrict: int | None = None
    exclude: Exclude | None = "inputs+case"
    multi_word: MultiWord = "skip"
    repeats: Repeats = "mean"
    self_pairs: bool = False
    candidates: int | None = None
    reverse: bool = False
    encoder: Encoder = "auto"
    regimes: bool = False

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                shown = ", ".join(str(choice) for choice in choices)
                raise OptionError(f"{name} must be one of {shown}; got {getattr(self, name)!r}")
        whole_number("restrict", self.restrict, 1, optional=True)
        whole_number("candidates", self.candidates, 1, optional=True)

    def describe(self) -> str:
        """The policy in one line, for tables: case, oov, exclude, and whatever else is not the default."""
        default = Policy()
        shown = [
            f"{field.name.replace('_', '-')} {_said(getattr(self, field.name))}"
            for field in fields(self)
            if field.name in ("case", "oov", "exclude") or getattr(self, field.name) != getattr(default, field.name)
        ]
        return ", ".join(shown)

    def counted(self, items: Sequence[Item]) -> list[Item]:
        """The items that count: a repeated one once, or each time."""
        return list(dict.fromkeys(items)) if self.repeats == "mean" else list(items)

    def with_options(self, **changes: Any) -> Policy:
        """The same policy but for some fields."""
        return replace(self, **changes)


# The tools whose numbers the presets give again: gensim 4's evaluate_word_pairs and evaluate_word_analogies; word2vec's
# compute-accuracy; web, the word embeddings benchmarks of Jastrzebski and others (2017); MUSE (Conneau and others
# 2018); EvalRank (Wang, Kuo and Li 2022).
PRESETS: dict[str, Policy] = {
    "default": Policy(),
    "gensim": Policy(case="upper", restrict=300_000, exclude="inputs", candidates=5, repeats="keep", self_pairs=True),
    "c-tool": Policy(case="upper", restrict=30_000, exclude="inputs", repeats="keep", self_pairs=True),
    "web": Policy(case="as-is", oov="mean", exclude="inputs", repeats="keep", self_pairs=True),
    "muse": Policy(case="capital", exclude="inputs", repeats="keep", self_pairs=True, reverse=True),
    "evalrank": Policy(case="lower", oov="mean", exclude="inputs", repeats="keep", self_pairs=True),
}


def policy_of(policy: Policy | str) -> Policy:
    """A policy, or the preset of that name; OptionError where there is none."""
    if isinstance(policy, Policy):
        return policy
    if not isinstance(policy, str) or policy not in PRESETS:
        raise OptionError(f"policy must be a Policy, or one of {', '.join(PRESETS)}; got {policy!r}")
    return PRESETS[policy]


class Resolver:
    """Words of test sets as the rows of vectors under a policy.

    A word has a number: its row, or `len(vectors)` and above for a vector that the policy composes; -1 where it is
    unknown. The resolver remembers what it has looked up. A row that is not finite is an error where it is used.
    `encoder` is what encodes texts: a function, an encoder of ours, or None for what the words make. `others` are the
    resolvers of further vectors in the same space, such as those of another language; `name` is that of the file of
    the vectors without its suffix, which may be a slice of time; `corpus` is the text from which tasks may learn. Long
    tasks call `tell` with the share of their work that they have just done.
    """

    def __init__(
        self,
        vectors: KeyedVectors,
        policy: Policy,
        *,
        option: str = "restrict",
        encoder: Any = None,
        others: Sequence[Resolver] = (),
        corpus: EncodedCorpus | None = None,
        name: str = "",
    ) -> None:
        check_vectors(vectors=vectors)
        self.vectors, self.policy, self.encoder, self.corpus, self.name = vectors, policy, encoder, corpus, name
        self.others = tuple(others)
        self.tell: Callable[[float], object] = lambda share: None
        self._made: dict[str, Any] = {}
        self._all, counts = len(vectors.vectors), vectors.vocabulary.counts
        restrict = whole_number(option, policy.restrict, 1, optional=True)
        self.size = self._all if restrict is None else min(restrict, self._all)
        if self.size < self._all and counts is not None and bool((np.diff(counts) > 0).any()):
            warnings.warn(
                f"{option}={restrict} keeps the first rows, but the words are not sorted by falling count",
                stacklevel=4,
            )
        self._lock = RLock()
        self._numbers: dict[str, int] = {}
        self._composed: list[NDArray[np.float64]] = []  # as they are composed, and what `units` gives of them
        self._units: list[NDArray[np.float64]] = []
        self._named: dict[str, int] = {}  # of "zero" and "mean"
        self._first: dict[str, int] | None = None  # row by folded word
        self._later: dict[str, list[int]] = {}  # rows after the first

    def rows(self, word: str) -> list[int]:
        """The rows of the word and of its case variants, the preferred one first; [] where it has none."""
        if self.policy.case in ("upper", "lower"):
            first = self._fold_all()
            key = self.folded(word)
            return [first[key], *self._later.get(key, ())] if key in first else []
        if self.policy.case == "capital":
            low = word.lower()
            forms = [low, low.capitalize(), low.title()]
        else:
            forms = case_forms(word, self.policy.case == "fold")
        rows = dict.fromkeys(self.vectors.get_index(form, -1) for form in forms)
        known = [row for row in rows if 0 <= row < self.size]
        return known[:1] if self.policy.case == "capital" else known

    def folded(self, word: str) -> str:
        """The form in which a word is compared: as written, or in one case."""
        if self.policy.case == "as-is":
            return word
        return word.upper() if self.policy.case == "upper" else word.lower()

    def variants(self, items: Sequence[Sequence[str]]) -> list[list[list[int]]]:
        """The `rows` of each word of each item."""
        return [[self.rows(word) for word in item] for item in items]

    def numbers(self, words: Iterable[str]) -> Longs:
        """[n] the number of each word; -1 where it is unknown."""
        return np.fromiter((self.number(word) for word in words), np.int64)

    def number(self, word: str) -> int:
        """The number of a word; -1 where it is unknown."""
        if word not in self._numbers:
            with self._lock:  # tasks run in threads
                if word not in self._numbers:
                    rows = self.rows(word)
                    self._numbers[word] = rows[0] if rows else self._number_of_unknown(word)
        return self._numbers[word]

    def is_known(self, numbers: Longs) -> NDArray[np.bool_]:
        """Which numbers are of words with a vector of their own, or one that is composed of their parts."""
        return (numbers >= 0) & ~np.isin(numbers, list(self._named.values()))

    def units(self, numbers: Longs) -> NDArray[np.float64]:
        """[n, D] float64: the vectors of numbers >= 0 at length 1. FormatError for rows that are not finite.

        Zeros stay, and so does the mean, which is that of the unit rows: it is shorter, as in the tools that use it.
        """
        distinct, place = np.unique(numbers, return_inverse=True)
        units = unit_rows(self.vectors, distinct[distinct < self._all])
        others = distinct[distinct >= self._all] - self._all
        if len(others):
            units = np.concatenate([units, self.composed[others]])
        result: NDArray[np.float64] = units[place.reshape(np.shape(numbers))]
        return result

    @property
    def composed(self) -> NDArray[np.float64]:
        """[m, D] the vectors of the numbers from `len(vectors)` on, as `units` gives them."""
        return np.array(list(self._units), np.float64).reshape(-1, self.vectors.vector_size)

    @property
    def composed_rows(self) -> NDArray[np.float32]:
        """[m, D] the same vectors as they are composed, of any length."""
        return np.array(list(self._composed), np.float32).reshape(-1, self.vectors.vector_size)

    def cosines(self, first: Longs, second: Longs) -> NDArray[np.float64]:
        """[n] the product of the unit vectors of each word and the other; 0 where one is zero."""
        one, other = self.units(np.stack([first, second]))
        cosines: NDArray[np.float64] = np.einsum("ij,ij->i", one, other)
        same = (first == second) & self.is_known(first) & (cosines > 0)
        cosines[same] = 1  # whatever the rounding: such pairs are ties
        return cosines

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What `make` gives, made once for all sets that ask for it by this name."""
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
        made: Made = self._made[name]
        return made

    def describe(self, unknown: str) -> str:
        """The policy in words, for display next to a score; `unknown` says what is done about unknown words."""
        return f"words looked up {_CASES[self.policy.case]}, among the first {self.size:,} rows; {unknown}"

    def _fold_all(self) -> dict[str, int]:
        with self._lock:
            return self._folded_words()

    def _folded_words(self) -> dict[str, int]:
        if self._first is None:
            first: dict[str, int] = {}
            for row, word in enumerate(self.vectors.index_to_key):
                if row >= self.size:
                    break
                key = self.folded(word)
                if first.setdefault(key, row) != row:
                    self._later.setdefault(key, []).append(row)
            self._first = first
        return self._first

    def _number_of_unknown(self, word: str) -> int:
        vector = self._of_parts(word) if self.policy.multi_word == "mean" else None
        if vector is None and self.policy.oov == "subword" and self.vectors.can_embed(word):
            vector = np.asarray(self.vectors.get_vector(word), np.float64)
        if vector is not None:
            return self._add(vector, arrays.unit(vector))
        name = self.policy.oov
        if name in ("zero", "mean") and name not in self._named:
            named = self._mean() if name == "mean" else np.zeros(self.vectors.vector_size)
            self._named[name] = self._add(named, named)
        return self._named.get(name, -1)

    def _of_parts(self, entry: str) -> NDArray[np.float64] | None:
        """The mean of the unit vectors of the words of an entry; None where it is one word, or has an unknown one."""
        parts = [part for part in _PARTS.split(entry) if part]
        rows = [self.rows(part)[:1] for part in parts]
        if len(parts) < 2 or not all(rows):
            return None
        mean: NDArray[np.float64] = unit_rows(self.vectors, np.array(rows, np.int64)[:, 0]).mean(axis=0)
        return mean

    def _mean(self) -> NDArray[np.float64]:
        """The mean of the unit rows that words can have: where the vocabulary is folded, of the first ones."""
        rows = np.arange(self.size)
        if self.policy.case in ("upper", "lower"):
            rows = np.fromiter(self._fold_all().values(), np.int64)
        total = np.zeros(self.vectors.vector_size)
        for first in range(0, len(rows), _BLOCK):
            total += arrays.unit_rows(self.vectors.vectors[rows[first : first + _BLOCK]]).sum(axis=0)
        return total / max(1, len(rows))

    def _add(self, vector: NDArray[np.float64], unit: NDArray[np.float64]) -> int:
        self._composed.append(vector)
        self._units.append(unit)
        return self._all + len(self._units) - 1


def resolver(vectors: KeyedVectors, restrict_vocab: int | None, case_insensitive: bool, oov: Oov = "skip") -> Resolver:
    """The resolver of functions with gensim's options: `restrict_vocab` first rows, with case folded or not."""
    restrict = whole_number("restrict_vocab", restrict_vocab, 1, optional=True)
    policy = Policy(case="fold" if case_insensitive else "as-is", oov=oov, restrict=restrict)
    return Resolver(vectors, policy, option="restrict_vocab")


def _said(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value).lower()
