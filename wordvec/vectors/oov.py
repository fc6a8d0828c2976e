"""OOV policies: what a word without a row gets: an error, zeros, the sum of its n-grams, or what a function returns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import is_one_of, strings
from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.search.arrays import whole
from wordvec.vectors.arguments import Floats, vectors_of
from wordvec.vectors.ngram_similarity import RANDOM, NGramSimilarity, length, random_direction
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from wordvec.subwords import Subwords

WordFunction = Callable[[str], ArrayLike | None]
Named = str | WordFunction  # what `with_oov` takes and `oov` returns
_BLOCK = 1024  # words embedded at a time
_SHOWN = 20  # words that a report names


class Embedding(Protocol):
    """What a policy asks of the vectors that it is a part of."""

    _policy: Policy
    _vocabulary: Vocabulary
    metadata: dict[str, Any]

    @property
    def vocabulary(self) -> Vocabulary: ...  # noqa: D102
    @property
    def vector_size(self) -> int: ...  # noqa: D102
    @property
    def subwords(self) -> Subwords | None: ...  # noqa: D102
    def _take(self, indices: NDArray[np.int64]) -> Floats: ...


class Policy(ABC):
    """What words without a row get. One class a policy; `POLICIES` has those with a name."""

    name: str  # in `with_oov`, in native files and in messages

    @property
    def public(self) -> Named:
        """What `with_oov` takes for this policy: its name, or the function."""
        return self.name

    @property
    def saved_name(self) -> str | None:
        """The name that a native file stores; None for the default and for what cannot be saved."""
        return self.name

    is_default = False

    def resolved(self, vectors: Embedding) -> Policy:
        """The policy that vectors with these parts follow: itself, unless it is the default."""
        return self

    @abstractmethod
    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors [n, D] float32 of words without a row in `vectors`, and a mask [n] of the words that have one."""

    def index(self, word: str, vectors: Embedding) -> int | None:
        """The number of the word that stands for a word without a row; None where the policy has no such word."""
        return None

    def refuse(self, word: str, vectors: Embedding) -> NoReturn:
        """Raise UnknownWordError for a word that the policy has no vector for."""
        hint = vectors.vocabulary.hint(word)
        raise UnknownWordError(f"a word must have a vector by the policy {self!r}; {word!r} has none{hint}")

    def __repr__(self) -> str:
        return repr(self.name)


class Raise(Policy):
    """UnknownWordError."""

    name = "raise"

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """No vector for any word."""
        return _nothing(words, vectors)

    def refuse(self, word: str, vectors: Embedding) -> NoReturn:
        """Raise the error of a look-up in the vocabulary, which names close spellings."""
        vectors._vocabulary.index(word)
        raise AssertionError(f"{word!r} has a row")


class Zero(Policy):
    """A vector of zeros for every word."""

    name = "zero"

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """Zeros."""
        zeros, has = _nothing(words, vectors)
        return zeros, ~has


class FromSubwords(Policy):
    """What `subwords.compose` gives; no vector for a word without a single n-gram."""

    name = "subword"

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """Composed vectors."""
        if vectors.subwords is None:
            return _nothing(words, vectors)
        return vectors.subwords.compose(words)


class AsPhrase(Policy):
    """The vector of the phrase whose parts are joined by white space, `new_york` for "new york"; else from subwords."""

    name = "phrase"

    def index(self, word: str, vectors: Embedding) -> int | None:
        """The number of the phrase."""
        parts = word.split()
        joined = delimiter_of(vectors.metadata).join(parts)
        number: int | None = vectors._vocabulary.get(joined) if parts and joined != word else None
        return number

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """The vectors of phrases."""
        result, has = (_RAISE if vectors.subwords is None else _SUBWORD).embed(words, vectors)
        numbers = [self.index(word, vectors) for word in words]
        places = [place for place, number in enumerate(numbers) if number is not None]
        if places:
            result[places] = vectors._take(np.array([numbers[place] for place in places], np.int64))
            has[places] = True
        return result, has

    def refuse(self, word: str, vectors: Embedding) -> NoReturn:
        """Raise the error of a look-up in the vocabulary."""
        _RAISE.refuse(word, vectors)


def delimiter_of(metadata: Mapping[str, Any], default: str = "_") -> str:
    """What joins the words of phrases, as the metadata of vectors tell."""
    told: Any = metadata
    for name in ("options", "phrases", "delimiter"):
        told = told.get(name) if isinstance(told, Mapping) else None
    return told if isinstance(told, str) else default


class SimilarNGrams(Policy):
    """A vector near those of the words that are spelled most like the word: see `with_oov`."""

    name = "similar"

    def __init__(self) -> None:
        self._index: tuple[Vocabulary, int, NGramSimilarity] | None = None  # of a vocabulary and its size

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors of all words."""
        result, has = _nothing(words, vectors)
        for place, word in enumerate(words):
            result[place] = self._vector(word, vectors)
        return result, ~has

    def _vector(self, word: str, vectors: Embedding) -> NDArray[np.float64]:
        """[D] float64: unit(.3 r + .7 m) times the mean length of the similar words, or r where there are none."""
        direction = random_direction(word, vectors.vector_size)
        indices = [index for index, _ in self._index_of(vectors).like(word)]
        rows = vectors._take(np.array(indices, np.int64)).astype(np.float64)
        lengths = [length(row) for row in rows]
        units = [row / size for row, size in zip(rows, lengths) if 0 < size < np.inf]
        mean = np.add.reduce(units, axis=0) if units else np.zeros(vectors.vector_size)
        if length(mean) > 0:
            direction = RANDOM * direction + (1 - RANDOM) * mean / length(mean)
            direction *= sum(size for size in lengths if 0 < size < np.inf) / len(units) / length(direction)
        return direction

    def _index_of(self, vectors: Embedding) -> NGramSimilarity:
        """The index of the words as they are now."""
        words = vectors._vocabulary
        if self._index is None or self._index[0] is not words or self._index[1] != len(words):
            self._index = words, len(words), NGramSimilarity(words.frozen())
        return self._index[2]

    def __reduce__(self) -> tuple[Any, ...]:
        return SimilarNGrams, ()  # the index is built again where it is needed

    def __copy__(self) -> SimilarNGrams:
        other = SimilarNGrams()
        other._index = self._index
        return other


class FromFunction(Policy):
    """What a function from a word to a vector [D], or to None, returns."""

    name = "function"
    saved_name = None

    def __init__(self, function: WordFunction) -> None:
        self.function = function

    @property
    def public(self) -> Named:
        """The function."""
        return self.function

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """The vectors that the function returns; OptionError where one is of another size or not finite."""
        result, has = _nothing(words, vectors)
        for place, vector in enumerate([self.function(word) for word in words]):
            if vector is not None:
                result[place] = vectors_of([words[place]], [vector], vectors.vector_size)[0]
                has[place] = True
        return result, has

    def __repr__(self) -> str:
        return str(getattr(self.function, "__name__", "that was given"))


class Default(Policy):
    """What vectors follow that were given no policy: "phrase" or "subword" where they have these, else "raise"."""

    name = "auto"
    saved_name = None
    is_default = True

    def resolved(self, vectors: Embedding) -> Policy:
        """By the phrases that the metadata tell of, and by the subwords."""
        if delimiter_of(vectors.metadata, ""):
            return _PHRASE
        return _RAISE if vectors.subwords is None else _SUBWORD

    def embed(self, words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
        """Those of the policy that is followed."""
        return self.resolved(vectors).embed(words, vectors)


_RAISE, _SUBWORD, _PHRASE = Raise(), FromSubwords(), AsPhrase()
POLICIES: dict[str, type[Policy]] = {
    policy.name: policy for policy in (Raise, Zero, FromSubwords, AsPhrase, SimilarNGrams)
}


def policy_of(policy: Any, has_subwords: bool) -> Policy:
    """The policy of a name or a function; OptionError for anything else, and for "subword" without subwords."""
    if isinstance(policy, Policy):
        own = copy(policy)
    elif is_one_of(policy, (Default.name, *POLICIES)):
        own = POLICIES.get(policy, Default)()
    elif callable(policy):
        own = FromFunction(policy)
    else:
        raise OptionError(
            f"oov must be one of {', '.join(POLICIES)}, or a function from word to vector; got {policy!r}"
        )
    if isinstance(own, FromSubwords) and not has_subwords:
        raise OptionError('oov must be another policy than "subword" where vectors have no subwords; these have none')
    return own


def _nothing(words: Sequence[str], vectors: Embedding) -> tuple[Floats, NDArray[np.bool_]]:
    return np.zeros((len(words), vectors.vector_size), np.float32), np.zeros(len(words), np.bool_)


@dataclass(frozen=True)
class Coverage:
    """How much of a text has vectors: its tokens and its distinct words, with a row of their own or by the OOV policy.

    `missing` lists the words without a row of their own: at most 20, the most frequent first.
    """

    tokens: int
    with_row: int  # tokens
    by_policy: int  # tokens without a row that get a vector from the policy
    words: int
    words_with_row: int
    words_by_policy: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the tokens that have a row of their own; 1 where there are no tokens."""
        return self.with_row / self.tokens if self.tokens else 1.0

    @property
    def share_with_policy(self) -> float:
        """The share of the tokens that get a vector; 1 where there are no tokens."""
        return (self.with_row + self.by_policy) / self.tokens if self.tokens else 1.0


def coverage_of(vectors: Embedding, words: Iterable[str] | Mapping[str, int]) -> Coverage:
    """The coverage of tokens, or of words with their counts: see `KeyedVectors.coverage`."""
    if isinstance(words, Mapping):
        counts = {word: whole(f"the count of {word!r}", count) for word, count in words.items()}
    else:
        counts = {}
        for word in strings(words):
            counts[word] = counts.get(word, 0) + 1
    missing = [word for word in counts if vectors._vocabulary.get(word) is None]
    missing.sort(key=lambda word: -counts[word])
    tokens, tokens_missing = sum(counts.values()), sum(counts[word] for word in missing)
    by_policy = [word for word, has in zip(missing, _embeddable(vectors, missing)) if has]
    return Coverage(
        tokens=tokens,
        with_row=tokens - tokens_missing,
        by_policy=sum(counts[word] for word in by_policy),
        words=len(counts),
        words_with_row=len(counts) - len(missing),
        words_by_policy=len(by_policy),
        missing=tuple(islice(missing, _SHOWN)),
    )


def _embeddable(vectors: Embedding, words: list[str]) -> list[bool]:
    """Which of some words without a row the policy has a vector for."""
    policy, has = vectors._policy.resolved(vectors), list[bool]()
    for first in range(0, len(words), _BLOCK):
        has += policy.embed(words[first : first + _BLOCK], vectors)[1].tolist()
    return has
