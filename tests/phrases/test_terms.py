"""Terms by C-value: against counts in plain Python."""

from collections import Counter
from math import log2

import numpy as np
import pytest

from wordvec import CorpusError, OptionError
from wordvec.phrases import extract_terms


def by_hand(text, min_count, max_words, connectors):
    counts = Counter(
        tuple(line[i : i + n]) for line in text for n in range(2, max_words + 1) for i in range(len(line) - n + 1)
    )
    counts = {
        gram: count
        for gram, count in counts.items()
        if count >= min_count and gram[0] not in connectors and gram[-1] not in connectors
    }

    def score(gram):
        def contains(longer):
            return any(longer[i : i + len(gram)] == gram for i in range(len(longer) - len(gram) + 1))

        within = [count for longer, count in counts.items() if len(longer) > len(gram) and contains(longer)]
        return log2(len(gram)) * (counts[gram] - (np.mean(within) if within else 0))

    return {gram: (score(gram), count) for gram, count in counts.items()}


def test_terms_are_those_counted_by_hand():
    rng = np.random.default_rng(2)
    words = [*"abcd", "of"]
    text = [[words[i] for i in rng.integers(0, 5, size)] for size in rng.integers(1, 15, 60)]
    for connectors, most in (((), 4), (("of",), 5), ((), 2)):
        terms = extract_terms(text, min_count=3, max_words=most, connector_words=connectors)
        expected = by_hand(text, 3, most, connectors)
        assert {term.words: (term.score, term.count) for term in terms} == {
            gram: (pytest.approx(score), count) for gram, (score, count) in expected.items()
        }
        assert [term.score for term in terms] == sorted((term.score for term in terms), reverse=True)


def test_edges_of_terms():
    assert extract_terms([["a"], ["b"]], min_count=1) == []
    assert extract_terms([["a", "b"]], min_count=2) == []
    with pytest.raises(OptionError, match="max_words must be an integer >= 2"):
        extract_terms([["a", "b"]], max_words=1)
    with pytest.raises(CorpusError, match="no tokens"):
        extract_terms([])
