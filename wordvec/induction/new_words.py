"""New words and their contexts, gathered from a corpus or as given; and the vectors that a method makes of them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import strings
from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.logs import warn
from wordvec.contexts.means import ContextMeans, Text, means_of, of_contexts, of_corpus
from wordvec.contexts.options import Induction
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
SHOWN = 3  # words in a message


@dataclass(frozen=True)
class NewWords:
    """T words that get vectors, and what their contexts say."""

    words: Vocabulary  # [T]
    seen: ContextMeans
    texts: tuple[Text, ...]  # where their contexts stand
    spelled: Sequence[str] | None = None  # [T] how they are spelled, where the words are names of their places


class Inducer(ABC):
    """The base class of methods that give vectors to words in contexts: what all of them do is `induce`."""

    vectors: KeyedVectors
    options: Induction

    def induce(
        self,
        corpus: Any = None,
        words: Iterable[str] | None = None,
        *,
        contexts: Any = None,
        tokenizer: Callable[[str], list[str]] | None = None,
        cache: str | os.PathLike[str] | None = None,
    ) -> KeyedVectors:
        """The vectors of words in their contexts: float32 [n, D], words by falling count, counts of occurrences.

        The contexts come from a corpus, or from `contexts`: a dict from each word to its sentences, lists of tokens, or
        pairs of a word and a sentence. A word that stands in its sentence has a window around each of its places there,
        the whole sentence is the context of one that does not. `words` are those that are wanted, known or not;
        without them all words of the corpus that `vectors` does not have, if they occur `min_count` times. Words that
        the method has nothing for get no vector: a warning names some, or what the option `no_context` says.
        """
        if (corpus is None) == (contexts is None):
            raise OptionError("one of corpus and contexts must be given")
        if contexts is not None:
            if words is not None or tokenizer is not None or cache is not None:
                raise OptionError("words, tokenizer and cache go with a corpus; contexts are given with their words")
            new = given(self.vectors, contexts, self.options)
        else:
            new = found(self.vectors, encoded_corpus(corpus, self.options, tokenizer, cache), words, self.options)
        rows, has = self.made(new)
        return self._result(new, rows, has)

    @abstractmethod
    def made(self, new: NewWords) -> tuple[Floats, Mask]:
        """The vectors [T, D] of the words, and [T] which of them have one."""

    def _facts(self) -> dict[str, Any]:
        """What the metadata say beside the options."""
        return {}

    def _result(self, new: NewWords, rows: Floats, has: Mask) -> KeyedVectors:
        """The words that have a vector, by falling count."""
        lost = np.flatnonzero(~has)
        if len(lost) and self.options.no_context != "skip":
            text = (
                f"{len(lost):,} of {len(has):,} words have no context word with a vector, such as "
                f"{', '.join(repr(new.words[number]) for number in lost[:SHOWN].tolist())}"
            )
            if self.options.no_context == "error":
                raise CorpusError(f'{text}: give contexts of them, or no_context="skip"')
            warn(f"{text}: they are left out")
        order = np.argsort(-new.seen.counts, kind="stable")
        order = order[has[order]]
        metadata = {"induced": {"options": self.options.recorded(), **self._facts()}}
        return KeyedVectors(new.words.take(order).recounted(new.seen.counts[order]), rows[order], metadata=metadata)


def given(vectors: KeyedVectors, contexts: Any, options: Induction) -> NewWords:
    """The words of contexts that are given with them."""
    if options.known != "use":
        contexts = dict(contexts) if isinstance(contexts, dict) else list(contexts)
        chosen = set(_allowed(vectors, list(dict.fromkeys(_words_of(contexts))), options))
        if isinstance(contexts, dict):
            contexts = {word: some for word, some in contexts.items() if word in chosen}
        else:
            contexts = [pair for pair in contexts if pair[0] in chosen]
    told = of_contexts(vectors, contexts, options)
    if told.without_word and options.no_word != "use":
        total = told.without_word + len(told.texts[0].sentences.offsets) - 1
        text = f"{told.without_word:,} of {total:,} contexts do not hold their word"
        if options.no_word == "error":
            raise CorpusError(f'{text}: cut and fold them as the words are, or give no_word="use"')
        warn(f'{text}, so that all of their words are its context, however far away (no_word="use" is silent)')
    return NewWords(Vocabulary.from_words(told.words), told.seen, told.texts)


def _words_of(contexts: Any) -> Iterable[str]:
    return (pair if isinstance(pair, str) else pair[0] for pair in contexts)


def found(vectors: KeyedVectors, corpus: EncodedCorpus, words: Iterable[str] | None, options: Induction) -> NewWords:
    """The wanted words of a corpus; those that do not occur have no context."""
    sentences = of_corpus(vectors, corpus, options)
    own = corpus.vocabulary
    if words is None:
        ids, missing = np.flatnonzero((sentences.rows < 0) & (sentences.counts >= options.min_count)), []
    else:
        names = _allowed(vectors, list(dict.fromkeys(strings(words))), options)
        places = own.ids(names)
        missing = [name for name, number in zip(names, places.tolist()) if number < 0]
        ids = places[places >= 0].astype(np.int64)
    target = np.full(len(own), -1, np.int32)
    target[ids] = np.arange(len(ids), dtype=np.int32)
    chosen = own.take(ids)
    if missing:
        chosen = Vocabulary.from_words([*chosen, *missing])
    seen = means_of(vectors, sentences, target, len(chosen), options)
    return NewWords(chosen, seen, (Text(sentences, target, False),))


def _allowed(vectors: KeyedVectors, names: list[str], options: Induction) -> list[str]:
    """The words that may get new vectors, by what `known` says of those that have one."""
    if options.known == "use" or not names:
        return names
    known = vectors.vocabulary.ids(names) >= 0
    if options.known == "error" and known.any():
        raise OptionError(
            f"words must be new to the vectors; {int(known.sum()):,} of {len(names):,} are not, such as "
            f'{names[int(known.argmax())]!r}: leave them out, or give known="skip" or known="use"'
        )
    return [name for name, is_known in zip(names, known.tolist()) if not is_known]


def encoded_corpus(corpus: Any, options: Induction, tokenizer: Any, cache: Any) -> EncodedCorpus:
    """The corpus with all of its words; one that is encoded already is taken as it is, after a check."""
    if isinstance(corpus, EncodedCorpus):
        if tokenizer is not None or cache is not None:
            raise OptionError("tokenizer and cache serve the reading of a corpus; this one is encoded already")
        corpus.check()
        return corpus
    how: dict[str, Any] = {"min_count": 1, "lowercase": options.lowercase, "workers": options.workers}
    return encode_corpus(corpus, tokenizer=tokenizer, cache=cache, **how)
