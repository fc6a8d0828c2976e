"""Phrases in plain Python: pairs counted and joined a word at a time."""

from collections import Counter
from math import log


def pairs_of(sentence, connectors):
    """Each pair of neighbouring words that are no connectors, as (word, connectors between, word)."""
    first, between = None, ()
    for word in sentence:
        if word in connectors:
            between += (word,)
            continue
        if first is not None:
            yield (first, *between, word)
        first, between = word, ()


def counted(sentences, connectors=()):
    """(counts of words that are no connectors, counts of pairs)."""
    words = Counter(word for sentence in sentences for word in sentence if word not in connectors)
    return words, Counter(pair for sentence in sentences for pair in pairs_of(sentence, connectors))


def scored(sentences, scoring="default", min_count=5, connectors=()):
    """The score of each pair that occurs min_count times or more."""
    words, pairs = counted(sentences, connectors)
    total, distinct = sum(map(len, sentences)), len(words) + len(pairs)

    def score(a, b, both):
        if scoring == "default":
            return (both - min_count) / (a * b) * distinct
        if scoring == "npmi":
            return log((both / total) / ((a / total) * (b / total))) / -log(both / total)
        table = [(both, a * b), (a - both, a * (total - b)), (b - both, (total - a) * b)]
        table.append((total - a - b + both, (total - a) * (total - b)))
        terms = [seen * log(seen * total / product) for seen, product in table if seen > 0 and product > 0]
        ratio = 2 * max(sum(terms), 0)
        return ratio if both * total > a * b else -ratio

    return {pair: score(words[pair[0]], words[pair[-1]], n) for pair, n in pairs.items() if n >= min_count}


def joined(sentence, phrases, connectors=(), delimiter="_"):
    """A sentence with phrases, tuples of words, joined from left to right; what is joined begins no other phrase."""
    result, place = [], 0
    while place < len(sentence):
        end = place + 1
        while end < len(sentence) and sentence[end] in connectors:
            end += 1
        phrase = tuple(sentence[place : end + 1])
        if sentence[place] not in connectors and end < len(sentence) and phrase in phrases:
            result.append(delimiter.join(phrase))
            place = end + 1
        else:
            result.append(sentence[place])
            place += 1
    return result
