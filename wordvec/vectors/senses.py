"""SenseVectors: words with several senses, each with a vector of its own, and which of them a context asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.arguments import is_one_of, listed_words
from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.base.shown import RankedBy
from wordvec.rows import Rows
from wordvec.vectors.files import BY_CONFIG
from wordvec.vectors.keyed_vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.huffman import huffman

if TYPE_CHECKING:
    from typing_extensions import Self

Doubles = NDArray[np.float64]
Rule = Literal["likelihood", "nearest", "softmax"]
RULES = ("likelihood", "nearest", "softmax")
MARK = "|"  # between a word and the number of its sense
SHARE, CENTRE = "share", "centre"  # attributes
CLOSEST = 1e-6  # the least distance of a context and a centre


class SenseVectors(KeyedVectors):
    """Senses of words and their vectors: `KeyedVectors` with the keys `bank|1`, `bank|2` for the senses of `bank`.

    Senses are numbered by falling share of the occurrences of the word, and stand in the order of their counts. The
    word is what stands before the last `|` of a key, so that words may hold that character themselves. Shares are the
    attribute "share". `contexts` has what tells senses apart by their contexts, for `disambiguate`, by one of the rules

    - "likelihood" (AdaGram): p(k | C) is share_k times the product over the words of C of p(w | sense k), by
      hierarchical softmax, whose inner nodes are the rows of `contexts`;
    - "nearest" (MSSG): in proportion to 1 / (1 - cos(centre_k, c)), where c is the mean of the
      rows of `contexts` of the words of C (Neelakantan et al. 2014), and the attribute "centre" has the centres;
    - "softmax" (Disambiguated): the softmax over k of centre_k . c.

    The library makes such vectors by the models "adagram", "mssg" and "disambiguated", and of other vectors by
    `wordvec.senses_of`. Files of other formats than the native one keep the keys and the vectors alone.
    """

    _contexts_class: ClassVar[Any] = KeyedVectors

    def __init__(
        self,
        words: Vocabulary | Iterable[str | bytes],
        vectors: Rows | ArrayLike | None = None,
        counts: ArrayLike | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        senses: Mapping[str, Any] | None = None,
        **parts: Any,
    ) -> None:
        super().__init__(words, vectors, counts, metadata, **parts)
        self._senses = dict(senses or {"rule": "nearest"})
        if not is_one_of(self._senses.get("rule"), RULES):
            raise OptionError(f"senses must have a rule, one of {', '.join(RULES)}; got {self._senses!r:.80}")
        self._tree: Any = None  # of the rule "likelihood", made when it is first needed

    @classmethod
    def of(
        cls,
        words: Vocabulary,
        vectors: NDArray[Any],
        shares: Doubles,
        *,
        rule: Rule,
        contexts: NDArray[np.float32],
        centres: NDArray[Any] | None = None,
        least: float = 1e-3,
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """The senses [V, K, D] of words, of which those with a share [V, K] of at least `least` are kept.

        `contexts` [V, D] are rows of words, or of the inner nodes of their Huffman tree; `centres` [V, K, D].
        """
        shares = shares / shares.sum(axis=1, keepdims=True)
        shares = np.where((shares >= least) | (shares >= shares.max(axis=1, keepdims=True)), shares, 0)
        shares /= shares.sum(axis=1, keepdims=True)
        word, old = np.nonzero(shares > 0)
        return cls.listed(
            words,
            word,
            vectors[word, old],
            shares[word, old],
            rule=rule,
            contexts=contexts,
            centres=None if centres is None else centres[word, old],
            metadata=metadata,
        )

    @classmethod
    def listed(
        cls,
        words: Vocabulary,
        word: NDArray[np.int64],
        vectors: NDArray[Any],
        shares: Doubles,
        *,
        rule: Rule,
        contexts: NDArray[np.float32],
        centres: NDArray[Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        """Senses in a list: the number of the word [N], rising, the vector [N, D], and the share [N] of each.

        Every word has a sense, and its shares sum up to 1. `contexts` and `centres` [N, D] are as in `of`.
        """
        rows = np.lexsort((-shares, word))
        word, shares = word[rows], shares[rows]
        first = np.searchsorted(word, np.arange(len(words)))
        place = np.arange(len(word)) - first[word]
        counts = np.ones(len(words), np.int64) if words.counts is None else np.asarray(words.counts)
        each = np.rint(shares * counts[word]).astype(np.int64)
        each[first] += counts - np.add.reduceat(each, first)  # rounding is the first sense's
        order = np.argsort(-each, kind="stable")
        rows, word, place = rows[order], word[order], place[order]
        names = [f"{words[w]}{MARK}{k}" for w, k in zip(word.tolist(), (place + 1).tolist())]
        attributes: dict[str, Any] = {SHARE: shares[order].astype(np.float32)}
        if centres is not None:
            attributes[CENTRE] = np.ascontiguousarray(centres[rows], np.float32)
        return cls(
            Vocabulary.from_words(names, each[order]),
            np.ascontiguousarray(vectors[rows], np.float32),
            metadata=metadata,
            attributes=attributes,
            contexts=KeyedVectors(words, np.ascontiguousarray(contexts, np.float32)),
            senses={"rule": rule},
        )

    def __repr__(self) -> str:
        return super().__repr__().replace("KeyedVectors of", "SenseVectors of", 1).replace(" words", " senses", 1)

    def _parts(self, **new: Any) -> dict[str, Any]:
        parts = super()._parts() | {"senses": self._senses, "contexts": self._contexts}
        return parts | new

    def _config(self) -> dict[str, Any]:
        return {"senses": self._senses}

    # Words and their senses

    @property
    def rule(self) -> Rule:
        """How `disambiguate` finds the sense of a context: "likelihood", "nearest" or "softmax"."""
        return cast(Rule, self._senses["rule"])

    def senses(self, word: str) -> list[str]:
        """The keys of the senses of a word, by falling share; UnknownWordError for a word without any."""
        keys: list[str] = []
        if isinstance(word, str):
            while (key := f"{word}{MARK}{len(keys) + 1}") in self._vocabulary:
                keys.append(key)
        if not keys:
            self._refuse(word)
        return keys

    def shares(self, word: str) -> Doubles:
        """[K] the share of each sense of a word among its occurrences; they sum up to 1.

        UnknownWordError for an unknown word. Where senses were left out by `subset`, the rest are as they were.
        """
        return np.asarray(self._attribute(SHARE)[self._rows_of(word)], np.float64)

    def sense_neighbours(self, word: str, topn: int = 10, **options: Any) -> RankedBy:
        """The senses of other words that are nearest to each sense of a word: {key: [(key, cosine)]}.

        `options` are those of `most_similar`. UnknownWordError for an unknown word.
        """
        keys = self.senses(word)
        options["exclude"] = [*listed_words(options.get("exclude") or (), "exclude"), *keys]
        return RankedBy({key: self.most_similar(key, topn=topn, **options) for key in keys})

    def of_words(self) -> KeyedVectors:
        """One vector for each word: the mean of its senses, weighted by their shares; words by falling count."""
        counts, shares = self._vocabulary.counts, self._attribute(SHARE)
        index: dict[str, int] = {}
        word = np.array([index.setdefault(key.rpartition(MARK)[0], len(index)) for key in self._vocabulary], np.int64)
        sums, weights = np.zeros((len(index), self.vector_size)), np.zeros(len(index))
        for first, block in self.blocks():
            some, part = word[first : first + len(block)], np.asarray(shares[first : first + len(block)], np.float64)
            np.add.at(sums, some, part[:, None] * block)
            np.add.at(weights, some, part)
        totals = None if counts is None else np.bincount(word, counts, len(index)).astype(np.int64)
        order = np.arange(len(index)) if totals is None else np.argsort(-totals, kind="stable")
        names = list(index)
        vectors = (sums / weights[:, None])[order].astype(np.float32)
        totals = None if totals is None else totals[order]
        return KeyedVectors([names[i] for i in order], vectors, counts=totals, metadata=self.metadata)

    # Contexts

    def disambiguate(self, word: str, context: Sequence[str]) -> Doubles:
        """[K] the probability of each sense of a word where it stands among the words of `context`; sums up to 1.

        `context` is a list of tokens without the word itself; unknown ones are passed over, and without a known one
        the result is `shares`. UnknownWordError for an unknown `word`, OptionError where these vectors have no
        contexts.
        """
        rows, contexts = self._rows_of(word), self._contexts
        if contexts is None:
            raise OptionError(
                "disambiguate needs the contexts of the senses, which these vectors do not have: use those that a "
                "trainer or a native file gives"
            )
        shares: Doubles = np.asarray(self._attribute(SHARE)[rows], np.float64)
        shares /= shares.sum()
        ids = contexts.vocabulary.ids(listed_words(context, "context"))
        ids = ids[ids >= 0]
        if not len(ids) or len(rows) == 1:
            return shares
        if self.rule == "likelihood":
            return _softmax(np.log(np.maximum(shares, 1e-30)) + self._log_likelihood(rows, ids))
        mean = np.asarray(contexts._take(ids.astype(np.int64)), np.float64).mean(axis=0)
        centres = np.asarray(self._attribute(CENTRE)[rows], np.float64)
        if self.rule == "softmax":
            return _softmax(centres @ mean)
        lengths = np.linalg.norm(centres, axis=1) * np.linalg.norm(mean)
        weights = 1 / np.maximum(1 - centres @ mean / np.maximum(lengths, 1e-30), CLOSEST)
        return np.asarray(weights / weights.sum())

    def _log_likelihood(self, rows: NDArray[np.int64], ids: NDArray[np.int32]) -> Doubles:
        """[K] log p(context | sense) by the paths of the words in the Huffman tree."""
        contexts = cast(KeyedVectors, self._contexts)
        if self._tree is None:
            counts = contexts.vocabulary.counts
            self._tree = huffman(np.ones(len(contexts), np.int64) if counts is None else np.asarray(counts))
        offsets, path, code = self._tree
        sizes = offsets[ids + 1] - offsets[ids]
        places = np.repeat(offsets[ids] - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        nodes = np.asarray(contexts._take(path[places].astype(np.int64)), np.float64)
        scores = np.asarray(self._take(rows), np.float64) @ nodes.T * (1 - 2.0 * code[places])
        return np.asarray(-np.logaddexp(0, -scores).sum(axis=1))

    # Look-up

    def _rows_of(self, word: str) -> NDArray[np.int64]:
        return np.array([self._vocabulary.index(key) for key in self.senses(word)], np.int64)

    def _attribute(self, name: str) -> Any:
        values = self._attributes.get(name)
        if values is None:
            raise OptionError(f"senses must have the attribute {name!r}, which was taken out of these vectors")
        return values

    def _embed_unknown(self, word: str) -> Any:
        if isinstance(word, str) and self._policy.is_default and f"{word}{MARK}1" in self._vocabulary:
            raise UnknownWordError(
                f"{word!r} has a vector for each of its senses: ask for {word}{MARK}1, for `senses` of the word, or "
                "for one vector a word with of_words()"
            )
        return super()._embed_unknown(word)

    def _refuse(self, word: Any) -> NoReturn:
        if not isinstance(word, str):
            raise OptionError(f"word must be a string; got {word!r:.60}")
        hint = f"give the word without {MARK} and number" if word in self._vocabulary else "it has no sense here"
        raise UnknownWordError(f"word must be one that has senses; got {word!r:.60}: {hint}")


def _softmax(scores: Doubles) -> Doubles:
    weights = np.exp(scores - scores.max())
    return np.asarray(weights / weights.sum())


BY_CONFIG["senses"] = SenseVectors
