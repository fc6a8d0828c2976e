"""Phrases: words and pairs counted in a corpus, and the phrases chosen from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from wordvec.base.arguments import listed_words
from wordvec.base.errors import OptionError
from wordvec.base.options import takes_options
from wordvec.corpus import encode_corpus
from wordvec.phrases import files
from wordvec.phrases.joining import Joiner
from wordvec.phrases.lists import PhraseList, Table, chosen_phrases
from wordvec.phrases.options import PhraseOptions
from wordvec.phrases.pairs import PhraseCounts, added, count_pairs
from wordvec.phrases.scoring import checked_scorer
from wordvec.phrases.transform import FrozenPhrases, PhraseTransform


@takes_options(PhraseOptions)
class Phrases(PhraseTransform):
    """Words that stand together more often than by chance, joined to one word: `new york` to `new_york`.

    `Phrases(corpus)` counts words and pairs of neighbouring words of any corpus that `wordvec.encode_corpus` takes; a
    pair whose score is above `threshold` is a phrase. `scoring` may also be a function of `worda_count`, `wordb_count`,
    `bigram_count`, `len_vocab`, `min_count` and `corpus_word_count`. `connector_words` may stand within a phrase, as in
    `bank_of_america`: a set of words, or `ENGLISH_CONNECTOR_WORDS`. Counts are exact: none is dropped to save memory.

    >>> sentences = [["in", "new", "york"], ["new", "york", "is", "here"], ["a", "car", "is", "new"]] * 5
    >>> phrases = Phrases(sentences, threshold=0.3)
    >>> phrases[["to", "new", "york", "in", "a", "car"]]
    ['to', 'new_york', 'in', 'a', 'car']
    """

    def __init__(
        self,
        corpus: Any = None,
        *,
        scoring: str | Callable[..., float] = "default",
        connector_words: Iterable[str] = frozenset(),
        lowercase: bool = False,
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        cache: str | os.PathLike[str] | None = None,
        progress: bool = False,
        **options: Any,
    ) -> None:
        self._scorer = checked_scorer(scoring) if callable(scoring) else None
        name: Any = "log-likelihood" if callable(scoring) else scoring  # whose threshold may be any number
        self.options = PhraseOptions(scoring=name, **options)
        if isinstance(connector_words, str):
            raise OptionError(f"connector_words must be a set of words; got the one word {connector_words!r}")
        self.connector_words, self.lowercase = frozenset(listed_words(connector_words)), lowercase
        self._counts: list[PhraseCounts] = []
        self._frozen: FrozenPhrases | None = None
        if corpus is not None:
            self.fit(corpus, tokenizer=tokenizer, cache=cache, progress=progress)

    def fit(
        self,
        corpus: Any,
        *,
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        cache: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> Phrases:
        """Count a corpus and find its phrases; the model itself. What it had counted before is forgotten.

        CorpusError where the corpus cannot be read. A corpus in which there is no phrase gives a model without any.
        """
        how: dict[str, Any] = {"tokenizer": tokenizer, "cache": cache, "progress": progress}
        encoded = encode_corpus(corpus, min_count=1, lowercase=self.lowercase, workers=self.options.threads, **how)
        encoded.check()
        self.lowercase = bool(encoded.options.get("lowercase", False))
        self._counts, self._frozen, lists = [], None, []
        sizes: dict[str, int] = {}
        for number in range(self.options.passes):
            pairs = count_pairs(encoded, self.connector_words, self.options, progress)
            self._counts.append(pairs)
            known = None if not sizes else np.array([sizes.get(word, 1) for word in pairs.vocabulary], np.int32)
            lists.append(chosen_phrases(pairs, self.options, self._scorer, known))
            if number + 1 == self.options.passes or not len(lists[-1]):
                break
            for words in lists[-1]:
                sizes[self.delimiter.join(words)] = sum(sizes.get(word, 1) for word in words)
            joiner = Joiner(lists[-1], encoded.vocabulary, self.delimiter, self.connector_words)
            encoded = joiner.join(encoded, self.options.threads)
        self._freeze(lists)
        return self

    def add_vocab(self, sentences: Any, **reading: Any) -> None:
        """Count more sentences, and find the phrases of all that was counted; with `passes=1` only."""
        if not self._counts:
            self.fit(sentences, **reading)
            return
        self._check_one_pass("add_vocab")
        how: dict[str, Any] = {"lowercase": self.lowercase, "workers": self.options.threads, **reading}
        more = count_pairs(encode_corpus(sentences, min_count=1, **how), self.connector_words, self.options)
        self._counts, self._frozen = [added(self._counts[0], more)], None

    def _check_one_pass(self, what: str) -> None:
        if self.options.passes > 1:
            raise OptionError(f"{what} serves models of one pass; this has {self.options.passes}: fit all text at once")

    def _freeze(self, lists: list[PhraseList]) -> FrozenPhrases:
        self._frozen = FrozenPhrases.__new__(FrozenPhrases)
        self._frozen._set(lists, self._metadata)
        return self._frozen

    def freeze(self) -> FrozenPhrases:
        """The phrases without the counts: small, and fixed."""
        if self._frozen is None:
            return self._freeze([chosen_phrases(pairs, self.options, self._scorer) for pairs in self._counts])
        return self._frozen

    @property
    def passes(self) -> list[PhraseList]:
        """The phrases of each pass."""
        return self.freeze().passes

    def _tables(self) -> list[Table]:
        return self.freeze()._tables()

    def _scoring_name(self) -> str:
        return self.options.scoring if self._scorer is None else getattr(self._scorer, "__name__", "a function")

    @property
    def scoring(self) -> str | Callable[..., float]:
        """The name of the score, or the function that was given."""
        return self.options.scoring if self._scorer is None else self._scorer

    @property
    def min_count(self) -> int:
        """Pairs that occur fewer times are no phrases; may be set where there is one pass."""
        return self.options.min_count

    @min_count.setter
    def min_count(self, value: int) -> None:
        self._change(min_count=value)

    @property
    def threshold(self) -> float:
        """A pair whose score is higher is a phrase; may be set where there is one pass."""
        return self.options.threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        self._change(threshold=value)

    def _change(self, **options: Any) -> None:
        self._check_one_pass(f"setting {next(iter(options))}")
        self.options, self._frozen = replace(self.options, **options), None

    @property
    def corpus_word_count(self) -> int:
        """The number of tokens counted, connector words too."""
        return self._counts[0].tokens if self._counts else 0

    @property
    def counts(self) -> list[PhraseCounts]:
        """The counts of words and pairs of each pass."""
        return self._counts

    @property
    def vocab(self) -> dict[str, int]:
        """The counts of words and pairs of the first pass, as gensim has them; made anew, which takes time."""
        if not self._counts:
            return {}
        pairs, words = self._counts[0], list(self._counts[0].vocabulary)
        result = {
            word: count
            for word, count, kind in zip(words, pairs.word_counts.tolist(), pairs.kinds.tolist())
            if count and not kind
        }
        for (first, last, link), count in zip(pairs.keys.tolist(), pairs.counts.tolist()):
            name = self.delimiter.join([words[first], *(words[word] for word in pairs.between(link)), words[last]])
            result[name] = result.get(name, 0) + count
        return result

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write phrases and counts to one file (safetensors), which appears when it is complete.

        `freeze().save` writes the phrases only, which is what joins them. OptionError where `scoring` is a function,
        which no file holds.
        """
        if self._scorer is not None:
            raise OptionError("scoring must have a name to be saved with counts; a function has none: freeze() first")
        files.write(path, self.passes, self._metadata, self._counts)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Phrases:
        """The model in a file that `save` has written; FormatError for another, such as one without counts."""
        lists, metadata, counts = files.read(path, counts=True)
        options = {name: value for name, value in metadata["options"].items() if name != "scoring"}
        scoring, words = metadata["options"]["scoring"], metadata["connector_words"]
        self = cls(scoring=scoring, connector_words=words, lowercase=metadata["lowercase"], **options)
        self._counts = counts
        self._freeze(lists)
        return self

    def __repr__(self) -> str:
        counted = f"{self.corpus_word_count} tokens counted" if self._counts else "nothing counted"
        return f"<Phrases: {counted}, {self.options}>"
