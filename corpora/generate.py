"""Write the sample corpus: English-like text with planted topics, analogies and word forms, and the truth about them.

python corpora/generate.py [FOLDER] [--tokens 300000] [--seed 1]

The same bytes come out on every machine: the only source of chance is `random.Random.random`, whose stream Python
keeps stable, and no set or hash order is used. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from words import (
    CAPITAL_WORDS,
    CITY_WORDS,
    COUNTRIES,
    COUNTRY_WORDS,
    FEMALE_WORDS,
    FUNCTION_WORDS,
    MALE_WORDS,
    NATIONALITY_WORDS,
    PEOPLE,
    TOPICS,
)

VOWELS = "aeiou"
SINGULAR = "a this every each one that another".split()
PLURAL = "many several these few some those most".split()
WILL = "will can must should may would".split()
SOON = "tomorrow soon often always gladly".split()
PAST = "yesterday already once recently earlier".split()
BEING = "is keeps was remains stays".split()
NOW = "now still again slowly today".split()
VERY = "very quite rather so too".split()
EVEN = "even much far somewhat slightly".split()
OF_ALL = "of all ever".split()


@dataclass(frozen=True)
class Stem:
    """A content word with its forms: noun (singular, plural), verb (base, past, -ing), adjective (base, -er, -est)."""

    kind: str
    forms: tuple[str, ...]
    topic: str


@dataclass(frozen=True)
class Truth:
    """What is planted: word forms and topics, countries, people, and which stems keep company."""

    stems: list[Stem]
    topics: dict[str, list[int]]  # topic -> numbers of its stems, commonest first
    companions: list[list[int]]  # stem -> the stems it mostly occurs with
    countries: list[tuple[str, ...]]  # country, capital, nationality, another city
    people: list[tuple[str, str, tuple[str, ...]]]  # he, she, what both have to do with


class Chance:
    """Choices from one stream of random numbers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def below(self, n: int) -> int:
        return int(self._random() * n)

    def likely(self, probability: float) -> bool:
        return self._random() < probability

    def one(self, items: Sequence[str]) -> str:
        return items[self.below(len(items))]

    def weighted(self, cumulative: Sequence[float]) -> int:
        """A position, drawn with the weights whose running sums these are."""
        return bisect(cumulative, self._random() * cumulative[-1])

    def sample(self, items: Sequence[int], n: int) -> list[int]:
        """`n` different items."""
        rest = list(items)
        out: list[int] = []
        while rest and len(out) < n:
            out.append(rest.pop(self.below(len(rest))))
        return out


def zipf(n: int, shift: float) -> list[float]:
    """Running sums of the weights 1 / (rank + shift)."""
    return list(accumulate(1 / (rank + shift) for rank in range(1, n + 1)))


def inflect(word: str, ending: str) -> str:
    """The word with a regular English ending: `s`, `ed`, `ing`, `er` or `est`."""
    if ending == "s":
        if word.endswith(("s", "x", "ch", "sh")):
            return word + "es"
        return word[:-1] + "ies" if word[-1] == "y" and word[-2] not in VOWELS else word + "s"
    if word[-1] == "e":
        return word[:-1] + ending
    if word[-1] == "y" and word[-2] not in VOWELS and ending != "ing":
        return word[:-1] + "i" + ending
    groups = sum(a in VOWELS and b not in VOWELS for a, b in zip(word, word[1:] + "-", strict=True))
    short = groups == 1 and word[-1] not in VOWELS + "wxy" and word[-2] in VOWELS and word[-3:-2] not in tuple(VOWELS)
    return word + (word[-1] if short else "") + ending


ENDINGS = {"noun": ("s",), "verb": ("ed", "ing"), "adjective": ("er", "est")}


def plant(chance: Chance) -> Truth:
    """Lay out the stems of every topic and who keeps company with whom."""
    stems: list[Stem] = []
    topics: dict[str, list[int]] = {}
    companions: dict[int, list[int]] = {}
    for topic, lists in TOPICS.items():
        first = len(stems)
        for kind, words in zip(ENDINGS, lists, strict=True):
            for word in words.split():
                stems.append(Stem(kind, (word, *(inflect(word, e) for e in ENDINGS[kind])), topic))
        numbers = list(range(first, len(stems)))
        topics[topic] = chance.sample(numbers, len(numbers))
        for number in numbers:  # one of each kind: what tells a stem from the others of its topic
            companions[number] = []
            for kind in ENDINGS:
                others = [n for n in numbers if stems[n].kind == kind and n != number]
                companions[number] += chance.sample(others, 1)
    countries = [tuple(item.split()) for item in COUNTRIES.replace("\n", "|").split("|") if item.strip()]
    people = []
    for item in PEOPLE.replace("\n", "|").split("|"):
        if item.strip():
            pair, things = item.split(":")
            he, she = pair.split()
            people.append((he, she, tuple(things.split())))
    truth = Truth(stems, topics, [companions[n] for n in range(len(stems))], countries, people)
    check(truth)
    return truth


def planted_words(truth: Truth) -> list[str]:
    """Every word with a place of its own."""
    lists = [COUNTRY_WORDS, CAPITAL_WORDS, CITY_WORDS, NATIONALITY_WORDS, MALE_WORDS, FEMALE_WORDS, FUNCTION_WORDS]
    lists += [SINGULAR, PLURAL, WILL, SOON, PAST, BEING, NOW, VERY, EVEN, OF_ALL[1:], ["the", "than", "are", "seem"]]
    words = [form for stem in truth.stems for form in stem.forms]
    words += [word for country in truth.countries for word in country]
    words += [word for he, she, things in truth.people for word in (he, she, *things)]
    return words + [word for items in lists for word in items]


def check(truth: Truth) -> None:
    """Raise if a word stands in two places: what is planted would then not be what is found."""
    seen: dict[str, int] = {}
    for word in planted_words(truth):
        seen[word] = seen.get(word, 0) + 1
    twice = [word for word, n in seen.items() if n > 1]
    if twice:
        raise ValueError(f"every word must have one place only; found twice: {' '.join(twice)}")


class Writer:
    """Writes sentences about what is planted."""

    def __init__(self, truth: Truth, chance: Chance) -> None:
        self.truth, self.chance = truth, chance
        self.small_words = zipf(len(FUNCTION_WORDS), 0.5)
        self.rare_words = self._rare_words(4000)
        self.rare_weights = zipf(len(self.rare_words), 30.0)
        self.ranks = zipf(30, 15.0)
        self.names = list(truth.topics)
        self.topic_weights = zipf(len(self.names), 8.0)

    def _rare_words(self, n: int) -> list[str]:
        """Pronounceable words that mean nothing: the long tail of every vocabulary."""
        one, planted = self.chance.one, set(planted_words(self.truth))
        starts = "b d f g k l m n p r s t v z br dr gr kl pl st tr".split()
        middles, ends = "bdfgklmnprstvz", ("", *"nrlx", "th")
        words: dict[str, None] = {}
        while len(words) < n:
            word = one(starts) + one(VOWELS)
            for _ in range(1 + self.chance.below(2)):
                word += one(middles) + one(VOWELS)
            word += one(ends)
            if word not in planted:
                words[word] = None
        return list(words)

    def small(self) -> str:
        return FUNCTION_WORDS[self.chance.weighted(self.small_words)]

    def sentence(self) -> list[str]:
        """One sentence, about a topic, a country, or people."""
        dice = self.chance.below(100)
        words = self.about_country() if dice < 17 else self.about_people() if dice < 29 else self.about_topic()
        while self.chance.likely(0.35):
            rare = self.rare_words[self.chance.weighted(self.rare_weights)]
            words.insert(self.chance.below(len(words) + 1), rare)
        return words

    def pick(self, focus: int, kind: str) -> Stem:
        """A stem of this kind that goes with the focus: mostly a companion of it, else one of its topic."""
        stems, chance = self.truth.stems, self.chance
        if stems[focus].kind == kind and chance.likely(0.8):
            return stems[focus]
        if chance.likely(0.95):
            near = [n for n in self.truth.companions[focus] if stems[n].kind == kind]
            return stems[near[chance.below(len(near))]]
        while True:
            other = stems[self.truth.topics[stems[focus].topic][chance.weighted(self.ranks)]]
            if other.kind == kind:
                return other

    def noun_phrase(self, focus: int) -> list[str]:
        """A noun with what its number asks for, and perhaps an adjective in one of its degrees."""
        chance, forms = self.chance, self.pick(focus, "noun").forms
        plural = chance.likely(0.5)
        noun = forms[plural]
        start = [chance.one(PLURAL if plural else SINGULAR)] if chance.likely(0.8) else ["the"]
        if chance.likely(0.65):
            return [*start, noun]
        adjective, degree = self.pick(focus, "adjective").forms, chance.below(3)
        if degree == 0:
            return [*start, chance.one(VERY), adjective[0], noun]
        if degree == 1:
            return [*start, chance.one(EVEN), adjective[1], noun]
        return ["the", adjective[2], noun, *OF_ALL[: 1 + chance.below(3)]]

    def about_topic(self) -> list[str]:
        """A sentence that is mostly about one stem of one topic: somebody does something, or is more so than others."""
        chance = self.chance
        topic = self.names[chance.weighted(self.topic_weights)]
        focus = self.truth.topics[topic][chance.weighted(self.ranks)]
        compares = chance.likely(0.45 if self.truth.stems[focus].kind == "adjective" else 0.1)
        words = self.noun_phrase(focus)
        words += self.comparison(focus) if compares else self.action(focus)
        words += self.noun_phrase(focus)
        if chance.likely(0.5):
            words += [self.small(), *self.noun_phrase(focus)]
        return words

    def comparison(self, focus: int) -> list[str]:
        chance, adjective = self.chance, self.pick(focus, "adjective").forms
        if chance.likely(0.6):
            return ["are", chance.one(EVEN), adjective[1], "than"]
        return ["seem", chance.one(VERY), adjective[0], self.small()]

    def action(self, focus: int) -> list[str]:
        chance, (base, past, participle) = self.chance, self.pick(focus, "verb").forms
        tense = chance.below(3)
        if tense == 0:
            words = [chance.one(WILL), base, chance.one(SOON)]
        elif tense == 1:
            words = [past, chance.one(PAST)]
        else:
            words = [chance.one(BEING), participle, chance.one(NOW)]
        return [*words, self.small()] if chance.likely(0.7) else words

    def about_country(self) -> list[str]:
        """A sentence on a country, a city or a people: what it is, among what belongs to this country."""
        country, capital, nationality, city = self.truth.countries[self.chance.below(len(self.truth.countries))]
        names = (
            (country, COUNTRY_WORDS),
            (capital, CAPITAL_WORDS),
            (nationality, NATIONALITY_WORDS),
            (city, CITY_WORDS),
        )
        name, role = names[self.chance.below(4)]
        return self.about(name, role, [other for other, _ in names if other != name])

    def about_people(self) -> list[str]:
        he, she, things = self.truth.people[self.chance.below(len(self.truth.people))]
        name, other, role = (he, she, MALE_WORDS) if self.chance.likely(0.5) else (she, he, FEMALE_WORDS)
        return self.about(name, role, [*things, *things, other])

    def about(self, name: str, role: Sequence[str], company: Sequence[str]) -> list[str]:
        """A sentence with the name, words of its role, and words that only it and its relatives go with."""
        chance = self.chance
        words = ["the", chance.one(role), self.small(), name, chance.one(role), self.small(), chance.one(company)]
        if chance.likely(0.6):
            words += [self.small(), "the", chance.one(company), self.small(), chance.one(role)]
        return words


def relations(truth: Truth) -> dict[str, list[tuple[str, str]]]:
    """The planted relations: name -> pairs of words."""
    forms = {kind: [stem.forms for stem in truth.stems if stem.kind == kind] for kind in ENDINGS}
    return {
        "country-capital": [(c[0], c[1]) for c in truth.countries],
        "country-nationality": [(c[0], c[2]) for c in truth.countries],
        "male-female": [(he, she) for he, she, _ in truth.people],
        "gram1-plural": [(f[0], f[1]) for f in forms["noun"]],
        "gram2-past-tense": [(f[0], f[1]) for f in forms["verb"]],
        "gram3-participle": [(f[0], f[2]) for f in forms["verb"]],
        "gram4-comparative": [(f[0], f[1]) for f in forms["adjective"]],
        "gram5-superlative": [(f[0], f[2]) for f in forms["adjective"]],
    }


def analogy_lines(truth: Truth, chance: Chance, partners: int = 5) -> list[str]:
    """Questions `a b c d`, each pair against a few others of its relation, in sections."""
    lines = []
    for name, pairs in relations(truth).items():
        lines.append(f": {name}")
        for i, pair in enumerate(pairs):
            others = [j for j in range(len(pairs)) if j != i]
            lines += [" ".join((*pair, *pairs[j])) for j in chance.sample(others, partners)]
    return lines


def pair_lines(truth: Truth, chance: Chance) -> list[str]:
    """Pairs of base forms with a similarity from 0 to 10: companions 8, others of one topic 6, of two topics 1."""
    lines = []
    for number in chance.sample(range(len(truth.stems)), 120):
        stem = truth.stems[number]
        alike = [n for n, other in enumerate(truth.stems) if other.kind == stem.kind and n != number]
        near = [n for n in truth.companions[number] if n in alike]
        same = [n for n in alike if truth.stems[n].topic == stem.topic and n not in near]
        far = [n for n in alike if truth.stems[n].topic != stem.topic]
        for score, others in ((8, near), (6, same), (1, far)):
            other = truth.stems[others[chance.below(len(others))]]
            lines.append(f"{stem.forms[0]}\t{other.forms[0]}\t{score}")
    return lines


def sample(tokens: int = 300_000, seed: int = 1) -> dict[str, bytes]:
    """The files of the sample by name: the corpus of at least `tokens` tokens, and what is true of it."""
    truth = plant(Chance(seed))
    writer = Writer(truth, Chance(seed + 1))
    lines, written = [], 0
    while written < tokens:
        words = writer.sentence()
        lines.append(" ".join(words))
        written += len(words)
    chance = Chance(seed + 2)
    topics = {name: [form for n in numbers for form in truth.stems[n].forms] for name, numbers in truth.topics.items()}
    texts = {
        "sample.txt": "\n".join(lines),
        "sample-analogies.txt": "\n".join(analogy_lines(truth, chance)),
        "sample-pairs.tsv": "\n".join(pair_lines(truth, chance)),
        "sample-topics.json": json.dumps(topics, indent=1),
    }
    return {name: (text + "\n").encode() for name, text in texts.items()}


def main() -> None:
    """Write the files of the sample into a folder, by default this one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--tokens", type=int, default=300_000, help="tokens in the corpus (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, content in sample(arguments.tokens, arguments.seed).items():
        (arguments.folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
