"""FrozenPhrases, and what joins the phrases of tokens, of texts and of corpora."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import cached_property
from itertools import chain
from typing import Any

from wordvec.base.arguments import listed_words
from wordvec.base.errors import CorpusError
from wordvec.base.logs import warn
from wordvec.base.threads import usable_cores
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.checks import wrong_tokens
from wordvec.corpus.combine import rechosen
from wordvec.corpus.encode import choice_of
from wordvec.phrases import files
from wordvec.phrases.joining import Joiner, Token, joined_tokens
from wordvec.phrases.lists import PhraseList, Table
from wordvec.phrases.options import PhraseOptions
from wordvec.phrases.scoring import SCORERS

_DEFAULTS = PhraseOptions()


class Joined:
    """The sentences of a corpus with phrases joined, each time that it is read."""

    def __init__(self, phrases: PhraseTransform, sentences: Iterable[Iterable[str]]) -> None:
        self._phrases, self._sentences = phrases, sentences

    def __iter__(self) -> Iterator[list[str]]:
        return (self._phrases._join(sentence) for sentence in self._sentences)

    def __len__(self) -> int:
        return len(self._sentences)  # type: ignore[arg-type]


class PhraseTransform:
    """What joins phrases: the base class of `Phrases` and `FrozenPhrases`."""

    options: PhraseOptions
    connector_words: frozenset[str]
    lowercase: bool  # whether the phrases were learned from lower-cased text

    @property
    def passes(self) -> list[PhraseList]:
        """The phrases of each pass."""
        raise NotImplementedError

    @property
    def delimiter(self) -> str:
        """What joins the words of a phrase."""
        return self.options.delimiter

    def _tables(self) -> list[Table]:
        """For each pass, its phrases by their words."""
        raise NotImplementedError

    def __len__(self) -> int:
        """The number of phrases."""
        return sum(map(len, self.passes))

    def __getitem__(self, sentence: Any) -> Any:
        """A list of tokens with phrases joined; for sentences (lists of tokens), an iterable of such lists.

        The iterable reads the sentences anew each time, if they allow it.
        """
        if isinstance(sentence, (str, bytes)):
            raise CorpusError(f"a sentence must be a list of tokens, not {wrong_tokens(sentence)}")
        items = iter(sentence)
        first = next(items, None)
        whole = chain([first], items) if items is sentence else sentence
        if first is None:
            return []
        return self._join(whole) if isinstance(first, str) else Joined(self, whole)

    def _join(self, sentence: Iterable[str]) -> list[str]:
        return [word for word, _ in self.analyze_sentence(sentence)]

    def analyze_sentence(self, sentence: Iterable[str]) -> Iterator[Token]:
        """(phrase, score) for each phrase of a sentence, and (word, None) for each other word.

        >>> from wordvec import Phrases
        >>> phrases = Phrases([["new", "york", "city"], ["new", "york"], ["new", "car"]], min_count=1, threshold=0.5)
        >>> list(phrases.analyze_sentence(["a", "new", "york", "street"]))
        [('a', None), ('new_york', 1.1666666666666665), ('street', None)]
        """
        if problem := wrong_tokens(sentence):
            raise CorpusError(f"a sentence must be a list of tokens, not {problem}")
        tokens: Iterator[Token] = ((word, None) for word in listed_words(sentence))
        for table in self._tables():
            tokens = joined_tokens(tokens, table, self.connector_words)
        return tokens

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Iterable[str] = ()
    ) -> tuple[str, float] | tuple[None, None]:
        """The phrase of two words and the connector words between them, and its score; (None, None) if it is none."""
        for table in self._tables():
            if (phrase := table.get((word_a, *in_between, word_b))) is not None:
                return phrase
        return None, None

    def find_phrases(self, sentences: Iterable[Iterable[str]]) -> dict[str, float]:
        """The phrases that occur in sentences, with their scores."""
        tokens = (token for sentence in sentences for token in self.analyze_sentence(sentence))
        return {word: score for word, score in tokens if score is not None}

    def export_phrases(self) -> dict[str, float]:
        """All phrases with their scores, those of the first pass first, best first."""
        result: dict[str, float] = {}
        for phrases in self.passes:
            for phrase, score in zip(phrases.spelled(self.delimiter), phrases.scores.tolist(), strict=True):
                result.setdefault(phrase, score)
        return result

    def encode_corpus(
        self,
        source: Any,
        *,
        min_count: int | None = None,
        max_vocab: int | None = None,
        lowercase: bool = False,
        vocabulary: Any = None,
        grow: Any = None,
        tokenizer: Callable[[str], Iterable[str]] | str | None = None,
        workers: int | None = None,
        cache: str | os.PathLike[str] | None = None,
        progress: bool = False,
        nfc: bool = False,
        fold_accents: bool = False,
        split_sentences: bool = False,
        protected: Any = None,
        stop_words: Any = None,
    ) -> EncodedCorpus:
        """Encode a corpus with phrases joined; arguments as in `wordvec.encode_corpus`, which read the text.

        Phrases are words of the vocabulary, to which `min_count` and the others apply. A phrase of three words is one
        token of `stats.read`, and two of `stats.joined`. An EncodedCorpus is joined as it is: what it left out is not
        there to be part of a phrase.

        >>> from wordvec import Phrases
        >>> phrases = Phrases([["new", "york", "city"], ["new", "york"], ["new", "car"]], min_count=1, threshold=0.5)
        >>> corpus = phrases.encode_corpus([["new", "york", "has", "new", "york"]], min_count=1)
        >>> list(corpus.vocabulary), corpus.stats.read, corpus.stats.joined
        (['new_york', 'has'], 3, 2)
        """
        choice = choice_of(min_count, max_vocab, vocabulary, grow, protected, stop_words)
        how: dict[str, Any] = {"tokenizer": tokenizer, "workers": workers, "cache": cache, "progress": progress}
        how |= {"nfc": nfc, "fold_accents": fold_accents, "split_sentences": split_sentences}
        corpus = encode_corpus(source, min_count=1, lowercase=lowercase, **how)
        corpus.check()
        was_lower = corpus.options.get("lowercase", False)
        if was_lower != self.lowercase:
            warn(
                f"the phrases were learned from {'' if self.lowercase else 'not '}lower-cased text, and this one is "
                f"{'' if was_lower else 'not '}lower-cased: phrases are found only where words are spelled alike"
            )
        for phrases in self.passes:
            joiner = Joiner(phrases, corpus.vocabulary, self.delimiter, self.connector_words)
            corpus = joiner.join(corpus, workers or usable_cores())
        told = {
            name: value
            for name, value in corpus.options.items()
            if name not in ("min_count", "max_vocab", "vocabulary")
        }
        return rechosen(corpus, choice, told | {"lowercase": was_lower, "phrases": self.facts()})

    def facts(self) -> dict[str, Any]:
        """What the metadata of vectors tell of the phrases in their words."""
        facts = {**self.options.recorded(), "connector_words": len(self.connector_words), "phrases": len(self)}
        return facts | {"scoring": self._scoring_name()}

    def _scoring_name(self) -> str:
        return self.options.scoring

    @property
    def _metadata(self) -> dict[str, Any]:
        return {
            "options": self.options.recorded() | {"scoring": self._scoring_name()},
            "connector_words": sorted(self.connector_words),
            "lowercase": self.lowercase,
        }


class FrozenPhrases(PhraseTransform):
    """The phrases that a model has found, without the counts: `Phrases.freeze()` makes it, and a file may hold it."""

    def __init__(self, phrases: PhraseTransform) -> None:
        self._set(phrases.passes, phrases._metadata)

    def _set(self, passes: list[PhraseList], metadata: Mapping[str, Any]) -> None:
        options = dict(metadata["options"])
        self._scoring = str(options.pop("scoring"))
        if self._scoring in SCORERS:
            options["scoring"] = self._scoring
        known = {f.name for f in fields(PhraseOptions)}
        self._passes = passes
        self.options = replace(_DEFAULTS, **{name: value for name, value in options.items() if name in known})
        self.connector_words, self.lowercase = frozenset(metadata["connector_words"]), bool(metadata["lowercase"])

    @property
    def passes(self) -> list[PhraseList]:
        """The phrases of each pass."""
        return self._passes

    @cached_property
    def phrasegrams(self) -> dict[str, float]:
        """All phrases with their scores."""
        return self.export_phrases()

    @cached_property
    def _made(self) -> list[Table]:
        return [phrases.table(self.delimiter) for phrases in self._passes]

    def _tables(self) -> list[Table]:
        return self._made

    def _scoring_name(self) -> str:
        return self._scoring

    @property
    def scoring(self) -> str:
        """The name of the score by which the phrases were chosen."""
        return self._scoring

    @property
    def threshold(self) -> float:
        """The scores of the phrases are higher."""
        return self.options.threshold

    @property
    def min_count(self) -> int:
        """The pairs of the phrases occurred as many times or more."""
        return self.options.min_count

    def freeze(self) -> FrozenPhrases:
        """The same object."""
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the phrases to one file (safetensors), which appears when it is complete."""
        files.write(path, self._passes, self._metadata)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> FrozenPhrases:
        """The phrases in a file that `save` of this class or of `Phrases` has written; FormatError for another."""
        lists, metadata, _ = files.read(path, counts=False)
        self = cls.__new__(cls)
        self._set(lists, metadata)
        return self

    def __repr__(self) -> str:
        return f"<FrozenPhrases: {len(self)} phrases>"
