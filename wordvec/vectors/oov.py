"""What a word without a row gets: an error, zeros, the sum of its n-grams, likely words, or what a function says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import strings
from wordvec.base.errors import UnknownWordError
from wordvec.search.arrays import whole
from wordvec.vectors.base import Floats, check_policy
from wordvec.vectors.in_place import Mutating
from wordvec.vectors.ngram_similarity import RANDOM, Spelling, length, random_direction
from wordvec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from typing_extensions import Self

Policy = str | Callable[[str], ArrayLike | None]
_SHOWN = 20  # words that a report names


@dataclass(frozen=True)
class Coverage:
    """How much of some text has vectors: tokens and distinct words, with a row of their own or by the policy.

    `missing` has the words without a row of their own, at most 20, the most frequent first.
    """

    tokens: int
    with_row: int  # tokens
    by_policy: int  # tokens without a row that get a vector all the same
    words: int
    words_with_row: int
    words_by_policy: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """The tokens that have a row of their own, of all; 1 where there are none."""
        return self.with_row / self.tokens if self.tokens else 1.0

    @property
    def share_with_policy(self) -> float:
        """The tokens that get a vector, of all; 1 where there are none."""
        return (self.with_row + self.by_policy) / self.tokens if self.tokens else 1.0


class Unknown(Mutating):
    """The policy for words without a row, and what follows from it."""

    _spelling: tuple[Vocabulary, int, Spelling] | None = None  # of which words, how many, and their index

    @property
    def oov(self) -> Policy:
        """What a word without a row gets: "raise", "zero", "subword", "similar", or a function from word to vector."""
        if not isinstance(self._oov, str) or self._oov != "auto":
            return self._oov  # type: ignore[no-any-return]
        return "raise" if self._subwords is None else "subword"

    def with_oov(self, policy: Policy) -> Self:
        """The same vectors, not copied, with another policy for words without a row.

        - "raise" (the default): UnknownWordError.
        - "zero": a vector of zeros.
        - "subword" (the default where there are subwords): what `subwords.compose` gives; UnknownWordError for a word
          without a single n-gram.
        - "similar": for any word, `unit(.3 r + .7 m)` times the mean length of up to three words that are spelled
          like it, where m is the direction of the mean of their unit vectors and r a random direction that is a
          function of the word's n-grams (`wordvec.vectors.ngram_similarity`); r alone, of length 1, where no word is
          spelled like it. The same in every process and on every machine. After Patel, Sands, Callison-Burch,
          Apidianaki, "Magnitude: A Fast, Efficient Universal Vector Embedding Utility Package", EMNLP 2018.
        - a function from a word to a vector [D], or to None for one that has none.

        `word in vectors` goes on to mean: has a row of its own.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["walking", "talking"], [[1, 2], [1, 1]]).with_oov("zero")
        >>> kv["wlaking"].tolist(), "wlaking" in kv, kv.can_embed("wlaking")
        ([0.0, 0.0], False, True)
        """
        check_policy(policy, self._subwords is not None)
        self._release()
        clone = object.__new__(type(self))
        clone.__dict__.update(self.__dict__)
        clone._oov, clone._attributes, clone.metadata = policy, dict(self._attributes), dict(self.metadata)
        return clone

    def can_embed(self, word: str) -> bool:
        """Whether a word has a vector: a row of its own, or one by the policy."""
        if self._vocabulary.get(word) is not None or self.oov == "zero":
            return True
        return self.oov != "raise" and self._made_for([word])[1][0]

    def coverage(self, words: Iterable[str] | Mapping[str, int]) -> Coverage:
        """How much of a text has vectors, given as its tokens or as counts of words.

        >>> from wordvec import KeyedVectors
        >>> KeyedVectors(["a", "b"], [[1, 2], [3, 4]]).coverage("a b x a y x".split())
        Coverage(tokens=6, with_row=3, by_policy=0, words=4, words_with_row=2, words_by_policy=0, missing=('x', 'y'))
        """
        if isinstance(words, Mapping):
            counts = {word: whole(f"the count of {word!r}", count) for word, count in words.items()}
        else:
            counts = {}
            for word in strings(words):
                counts[word] = counts.get(word, 0) + 1
        without = [word for word in counts if self._vocabulary.get(word) is None]
        without.sort(key=lambda word: -counts[word])
        tokens, missing = sum(counts.values()), sum(counts[word] for word in without)
        made: Iterable[bool] = [False] * len(without)
        if self.oov != "raise":
            made = [
                m for first in range(0, len(without), 1024) for m in self._made_for(without[first : first + 1024])[1]
            ]
        made = list(made)
        return Coverage(
            tokens=tokens,
            with_row=tokens - missing,
            by_policy=sum(counts[word] for word, got in zip(without, made) if got),
            words=len(counts),
            words_with_row=len(counts) - len(without),
            words_by_policy=sum(made),
            missing=tuple(islice(without, _SHOWN)),
        )

    def _embed_unknown(self, word: str) -> Floats:
        if self.oov == "raise":
            self._vocabulary.index(word)  # raises, and names close spellings
        vectors, made = self._made_for([word])
        if not made[0]:
            raise UnknownWordError(
                f"a word must have a vector by the policy {self._policy_name()}; {word!r} has none"
                + self._vocabulary.hint(word)
            )
        vector: Floats = vectors[0]
        return vector

    def _embed(self, words: Sequence[str]) -> Floats:
        indices = [self._vocabulary.get(word) for word in words]
        unknown = [place for place, index in enumerate(indices) if index is None]
        known = [place for place, index in enumerate(indices) if index is not None]
        result = np.empty((len(words), self.vector_size), np.float32)
        result[known] = self._all_rows(np.array([indices[place] for place in known], np.int64))
        if unknown:
            if self.oov == "raise":
                self._vocabulary.index(words[unknown[0]])
            vectors, made = self._made_for([words[place] for place in unknown])
            if not all(made):
                self._embed_unknown(words[unknown[made.index(False)]])  # raises
            result[unknown] = vectors
        return result

    def _made_for(self, words: Sequence[str]) -> tuple[Floats, list[bool]]:
        """[n, D] what the policy gives for words without a row, and for which it gives anything."""
        policy = self.oov
        if callable(policy):
            return self._called(policy, words)
        if policy == "subword" and self._subwords is not None:
            vectors, made = self._subwords.compose(words)
            return vectors, made.tolist()
        if policy == "similar":
            return np.array([self._similar(word) for word in words], np.float32), [True] * len(words)
        return np.zeros((len(words), self.vector_size), np.float32), [policy == "zero"] * len(words)

    def _called(self, policy: Callable[[str], ArrayLike | None], words: Sequence[str]) -> tuple[Floats, list[bool]]:
        result = np.zeros((len(words), self.vector_size), np.float32)
        given = [policy(word) for word in words]
        for place, (word, vector) in enumerate(zip(words, given)):
            if vector is not None:
                result[place] = self._checked_rows([word], [vector])[0]
        return result, [vector is not None for vector in given]

    def _similar(self, word: str) -> NDArray[np.float64]:
        """The vector of the policy "similar", [D] float64."""
        if self._spelling is None or self._spelling[0] is not self._vocabulary or self._spelling[1] != len(self):
            self._spelling = self._vocabulary, len(self), Spelling(self.vocabulary)
        made = random_direction(word, self.vector_size)
        found = [index for index, _ in self._spelling[2].like(word)]
        wide = self._all_rows(np.array(found, np.int64)).astype(np.float64)
        lengths = [length(row) for row in wide]
        units = [row / size for row, size in zip(wide, lengths) if 0 < size < np.inf]
        mean = np.add.reduce(units, axis=0) if units else np.zeros(self.vector_size)
        if length(mean) > 0:
            made = RANDOM * made + (1 - RANDOM) * mean / length(mean)
            made *= sum(size for size in lengths if 0 < size < np.inf) / len(units) / length(made)
        return made

    def _policy_name(self) -> str:
        return repr(self.oov) if isinstance(self.oov, str) else getattr(self.oov, "__name__", "that was given")

    def __copy__(self) -> Self:
        """Other vectors that share the rows, until one of the two is changed."""
        return self.with_oov(self._oov)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """As a copy, with metadata of its own: arrays are read-only, and a change of either makes new ones first."""
        clone = memo[id(self)] = self.with_oov(self._oov)
        clone.metadata = deepcopy(self.metadata, memo)
        return clone

    def __reduce__(self) -> tuple[Any, ...]:
        """As without a policy, and the policy."""
        reduced: Any = super().__reduce__()
        made, arguments, *state = reduced
        return made, arguments, {**(state[0] if state else {}), "_oov": self._oov}
