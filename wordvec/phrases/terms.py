"""Terms of a corpus: sequences of words scored by C-value, which discounts those that stand within longer terms."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import phrases as kernel
from wordvec.base.arguments import listed_words, whole_number
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.phrases.pairs import kinds_of

Gram = tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """A sequence of words, its C-value, and how often it occurs."""

    words: tuple[str, ...]
    score: float
    count: int


def extract_terms(
    corpus: Any, *, min_count: int = 5, max_words: int = 4, connector_words: Iterable[str] = frozenset(), **reading: Any
) -> list[Term]:
    """The terms of a corpus of two to `max_words` words, by falling C-value (Frantzi, Ananiadou, Mima 2000).

    A candidate occurs `min_count` times or more, and neither begins nor ends with a connector word. Its C-value is
    log2 n (f - g), for n words that occur f times; g is the mean count of the longer candidates that contain it, 0
    where none does. `corpus` and `reading` are as in `wordvec.encode_corpus`. It takes some 40 bytes a token.

    >>> text = [["basal", "cell", "carcinoma"]] * 9 + [["cystic", "basal", "cell", "carcinoma"]] * 6
    >>> [(" ".join(term.words), round(term.score, 2), term.count) for term in extract_terms(text)][:2]
    [('basal cell carcinoma', 14.26, 15), ('cystic basal cell carcinoma', 12.0, 6)]
    """
    whole_number("min_count", min_count)
    whole_number("max_words", max_words, low=2)
    encoded = encode_corpus(corpus, min_count=1, **reading)
    encoded.check()
    kinds = kinds_of(encoded.vocabulary, frozenset(listed_words(connector_words)))
    counts = {
        gram: count
        for gram, count in _grams(encoded, min_count, max_words)
        if not kinds[gram[0]] and not kinds[gram[-1]]
    }
    longer: dict[Gram, list[int]] = {}
    for gram, count in counts.items():
        for size in range(2, len(gram)):
            for part in {gram[start : start + size] for start in range(len(gram) - size + 1)}:
                if part in counts:
                    longer.setdefault(part, []).append(count)
    words = encoded.vocabulary
    terms = []
    for gram, count in counts.items():
        within = longer.get(gram, [])
        score = log2(len(gram)) * (count - (sum(within) / len(within) if within else 0))
        terms.append(Term(tuple(words[word] for word in gram), score, count))
    return sorted(terms, key=lambda term: (-term.score, -term.count, term.words))


def _grams(corpus: EncodedCorpus, min_count: int, max_words: int) -> Iterator[tuple[Gram, int]]:
    """The sequences of two words and more that occur often enough, with their counts."""
    ids = corpus.ids.astype(np.int64)
    sentence = np.repeat(np.arange(len(corpus)), np.diff(corpus.offsets))
    numbers, grams = ids, [(word,) for word in range(len(corpus.vocabulary))]  # the sequence that begins at each token
    for size in range(1, max_words):
        counted, places = _extended(numbers, ids, sentence, size)
        keys, counts = counted.arrays()
        frequent = np.flatnonzero(counts >= min_count)
        if not len(frequent):
            return
        grams = [(*grams[before], word) for before, word, _ in keys[frequent].tolist()]
        yield from zip(grams, counts[frequent].tolist(), strict=True)
        new = np.full(len(counts), -1, np.int64)
        new[frequent] = np.arange(len(frequent))
        numbers = np.where(places >= 0, new[places], -1)


def _extended(
    numbers: NDArray[np.int64], ids: NDArray[np.int64], sentence: NDArray[np.int64], size: int
) -> tuple[Any, NDArray[np.int64]]:
    """The sequences of `size` words and the next word, counted, and the number of the one at each token, or -1."""
    table, places = kernel.Triples(secrets.randbits(64)), np.full(len(ids), -1, np.int64)
    if len(ids) <= size:
        return table, places
    both = (numbers[:-size] >= 0) & (numbers[1 : len(ids) - size + 1] >= 0)  # what is rare has no frequent extension
    starts = np.flatnonzero(both & (sentence[:-size] == sentence[size:]))
    keys = np.stack([numbers[starts], ids[starts + size], np.zeros(len(starts), np.int64)], 1).astype(np.uint32)
    found = np.empty(len(starts), np.int64)
    table.number(np.ascontiguousarray(keys), found)
    places[starts] = found
    return table, places
