"""Vectors of words that are seen a few times, by the methods that tasks compare: means of contexts, A La Carte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import CorpusError
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.tasks.base import Task
from wordvec.induction import ALaCarte, Induction
from wordvec.induction.context_means import of_contexts

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Tokens = Sequence[str]
Passage = tuple[str, Sequence[Tokens]]  # a word, and sentences with it or the slot in its place

SLOT = "___"
HEADLINE = "window"  # the method that suites compare: it needs no text to be fitted on
# Means of contexts; weighted by closeness, and frequent words as in subsampling (Van Hautte, Emerson and Rei 2019); the
# mean times a matrix (Khodak and others 2018). `sample` is the best of four for the training sets of the chimeras.
METHODS: dict[str, dict[str, Any]] = {
    "additive": {"method": "additive"},
    "window": {"method": "window", "sample": 1e-5},
    "alacarte": {"method": "alacarte"},
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
    return [_by(words, method, contexts, workers) for method in METHODS]


def _tokens(words: Resolver, key: str, word: str, sentence: Tokens, named: dict[str, str]) -> list[str]:
    """The tokens of a sentence as words of the vocabulary, the word and the slot as the key; `named` remembers them."""
    own = {SLOT, word, words.folded(word)}
    for token in sentence:
        if token not in named:
            number = words.number(token)
            is_row = 0 <= number < len(words.vectors.vectors)
            named[token] = words.vectors.vocabulary[number] if is_row else _UNKNOWN
    return [key if token in own or words.folded(token) in own else named[token] for token in sentence]


def _by(words: Resolver, method: str, contexts: dict[str, list[list[str]]], workers: int | None) -> Induced:
    options = Induction(workers=workers, **METHODS[method])
    _, seen = of_contexts(words.vectors, contexts, options)
    vectors = seen.means.astype(np.float64)
    if method != "alacarte":
        return Induced(method, vectors, seen.known)
    matrix = words.once("alacarte", lambda: _matrix(words, options))
    if isinstance(matrix, str):
        return Induced(method, vectors, np.zeros(len(vectors), bool), matrix)
    return Induced(method, vectors @ matrix.T, seen.known)


def _matrix(words: Resolver, options: Induction) -> Doubles | str:
    """The matrix of A La Carte, or why there is none."""
    if words.corpus is None:
        return "A La Carte is fitted on a text: give one with corpus, or --corpus"
    try:
        return ALaCarte.fit(words.vectors, words.corpus, **options.to_dict()).matrix
    except CorpusError as error:
        return str(error)
