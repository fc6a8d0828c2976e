"""Other spellings of a word, by which errors name the known word that may be meant."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 200  # letters of the longest word with other forms
_EDITED = 40  # letters of the longest word with edits
_SHARED = 3  # words of a sample that must share a mark
_MOST = 40  # marks tried
_TAG = 12  # letters of a mark after a word
_NORMAL: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
# Marks around words in published vectors: /c/en/word, en:word, ENTITY/Word, word_NOUN, word|NOUN, word#n#1, and
# those of tokenizers.
_BEFORE = re.compile(r"^(?:/c/[a-z-]{2,8}/|[a-z]{2,3}:|ENTITY/|##|\u2581|\u0120)(?=.)")
_AFTER = re.compile(r"(?<=.)(?:/[a-z](?:/\S*)?|[_|/#.][A-Z$]+(?::[A-Z]+)?|#[a-z](?:#\d+)?|</w>|@@)$")
_CUTS = re.compile(r"[/:|#]|\u2581|\u0120")  # the last character of a mark before a word
_ENDS = re.compile(r"[_|/#.@<]")  # the first character of a mark after a word


def forms(word: str, sample: Iterable[str] = ()) -> Iterator[str]:
    """Other forms of a word, the likeliest first: Unicode forms, blanks, case, `_` for a space, marks.

    Marks around a word give its language or part of speech. Those of the query are removed, and those that several
    words of a `sample` share are added.

    >>> from itertools import islice
    >>> list(islice(forms("New York"), 4))
    ['new york', 'NEW YORK', 'New york', 'New_York']
    >>> "walk_VERB" in list(forms("Walk", ["go_VERB", "run_VERB", "see_VERB"])), "dog" in list(forms("/c/en/dog"))
    (True, True)
    """
    if not 0 < len(word) <= _LONGEST:
        return
    seen = {word}
    plain = list(dict.fromkeys([word, *_unmarked(word)]))
    written = list(dict.fromkeys(form for bare in plain for form in _written(bare)))
    before, after = _marks(sample)
    marked = (f"{b}{form}{a}" for form in written for b in before for a in after)
    for form in chain(written, marked):
        if form and form not in seen:
            seen.add(form)
            yield form


def edits(word: str) -> set[str]:
    """The words one edit away: a letter a to z inserted or replaced, one removed, two swapped; none for long words."""
    words: set[str] = set()
    if not 0 < len(word) <= _EDITED:
        return words
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        words.update((head + tail[1:], head + tail[1:2] + tail[:1] + tail[2:]))
        for letter in _LETTERS:
            words.update((head + letter + tail, head + letter + tail[1:]))
    words.discard(word)
    return words


def looks_alike(word: str, form: str) -> str | None:
    """The Unicode normal form that makes `form` from `word`, as the two may look the same; None if there is none."""
    return next((name for name in _NORMAL if unicodedata.normalize(name, word) == form), None)


def _written(word: str) -> Iterator[str]:
    """A word in other Unicode forms, without blanks around it, in other cases, with other joints of its parts."""
    bare = word.strip().strip("\ufeff\u200b\u00ad")
    for form in dict.fromkeys([bare, *(unicodedata.normalize(name, bare) for name in _NORMAL)]):
        cased = form, form.lower(), form.upper(), form.capitalize(), form.title(), form.casefold()
        yield from dict.fromkeys(cased)
    parts = re.split(r"[\s_-]+", bare)
    if len(parts) > 1:
        for joint in ("_", " ", "-", "", "::"):
            joined = joint.join(parts)
            yield from dict.fromkeys((joined, joined.lower(), joined.title()))
    yield from (f" {bare}", f"{bare} ", f"{bare}\r")  # as careless readers of files leave them


def _unmarked(word: str) -> Iterator[str]:
    without = _BEFORE.sub("", word)
    yield _AFTER.sub("", without)
    yield without
    yield _AFTER.sub("", word)


def _marks(sample: Iterable[str]) -> tuple[list[str], list[str]]:
    """The marks before and after words that several words of a sample share; no mark comes first."""
    before, after = Counter[str](), Counter[str]()
    for word in sample:
        before.update(word[: cut.end()] for cut in _CUTS.finditer(word) if cut.end() < len(word))
        ends = (cut.start() for cut in _ENDS.finditer(word))
        after.update(word[end:] for end in ends if end and len(word) - end < _TAG)
    return _kept(before, _BEFORE, "{}x"), _kept(after, _AFTER, "x{}")


def _kept(marks: Counter[str], known: re.Pattern[str], around: str) -> list[str]:
    """No mark, then the marks that several words have or that are well known, the most frequent first."""
    frequent = marks.most_common(_MOST)
    return ["", *(mark for mark, count in frequent if count >= _SHARED or known.sub("", around.format(mark)) == "x")]
