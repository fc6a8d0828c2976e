"""Vectors of words that are seen a few times, by the methods of `wordvec.induce`, which tasks compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError, OptionError
from wordvec.contexts.options import Induction
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.tasks.base import Task
from wordvec.induction.inducing import FITTED, inducer_of, options_of
from wordvec.induction.new_words import Inducer, given

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Tokens = Sequence[str]
Passage = tuple[str, Sequence[Tokens]]  # a word, and sentences with it or the slot in its place

SLOT = "___"
HEADLINE = "window"  # the method that suites compare: it needs no text to be fitted on
# Means of contexts; weighted by closeness, and frequent words as in subsampling (Van Hautte, Emerson and Rei 2019); the
# mean times a matrix (Khodak and others 2018); training of the new row alone (Van Hautte and others); n-grams and
# contexts (Schick and Schuetze 2019). Options are the best of a few for the training sets of the chimeras.
METHODS: dict[str, dict[str, Any]] = {
    "additive": {},
    "window": {"sample": 1e-5},
    "alacarte": {},
    "selective": {"sample": 1e-5},
    "form-context": {},
}
_UNKNOWN = "\0"


@dataclass(frozen=True, eq=False)
class Induced:
    """What a method makes of passages."""

    method: str
    vectors: Doubles  # [n, D]
    known: Bools  # [n] whether a passage has a context word with a vector
    reason: str | None = None  # why there are no vectors


class FewContexts(Task):
    """A task whose words have vectors from the contexts in the set alone."""

    suites = ("fewshot",)
    fast = False
    reads_corpus = True


def induced(words: Resolver, passages: Sequence[Passage], workers: int | None) -> list[Induced]:
    """The vectors that each method gives the words of passages, from these alone.

    A window lies around each place of the word or of the slot; a sentence without one is a context as a whole. Context
    words are looked up as the policy says, but are never composed.
    """
    named: dict[str, str] = {}
    contexts = {
        f"{_UNKNOWN}{i}": [_tokens(words, f"{_UNKNOWN}{i}", word, sentence, named) for sentence in sentences]
        for i, (word, sentences) in enumerate(passages)
    }
    names = [word for word, _ in passages]
    return [_by(words, method, contexts, names, workers) for method in METHODS]


def _tokens(words: Resolver, key: str, word: str, sentence: Tokens, named: dict[str, str]) -> list[str]:
    """The tokens of a sentence as words of the vocabulary, the word and the slot as the key; `named` remembers them."""
    own = {SLOT, word, words.folded(word)}
    for token in sentence:
        if token not in named:
            number = words.number(token)
            is_row = 0 <= number < len(words.vectors.vectors)
            named[token] = words.vectors.vocabulary[number] if is_row else _UNKNOWN
    return [key if token in own or words.folded(token) in own else named[token] for token in sentence]


def _by(
    words: Resolver, method: str, contexts: dict[str, list[list[str]]], names: Sequence[str], workers: int | None
) -> Induced:
    """The vectors by one method; where it cannot be used, the reason."""
    options = options_of(method, {**METHODS[method], "workers": workers, "no_word": "use"})
    new = given(words.vectors, contexts, options)
    made = words.once(method, lambda: _inducer(words, options))
    if isinstance(made, str):
        return Induced(method, np.zeros(new.seen.means.shape), np.zeros(len(new.words), bool), made)
    if method == "form-context":  # the keys are no words, but their forms are known
        new = replace(new, spelled=names)
    vectors, has = made.made(new)
    return Induced(method, vectors.astype(np.float64), has & new.seen.known)


def _inducer(words: Resolver, options: Induction) -> Inducer | str:
    """The method, fitted where it must be, or why it cannot be used."""
    if options.method in FITTED and words.corpus is None:
        return f"{options.method} is fitted on a text: give one with corpus, or --corpus"
    try:
        return inducer_of(words.vectors, words.corpus, options)
    except (CorpusError, OptionError) as error:
        return str(error)
