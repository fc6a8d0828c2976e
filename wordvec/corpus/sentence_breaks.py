"""Sentences of running text by rules: those of Unicode (UAX 29), and abbreviations whose point ends no sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# English, German, French, Spanish and Italian ones, in lower case without their last point, after which a sentence
# goes on. Those that often end one ("etc.", "a.m.") are left out: a small letter behind them says that it goes on.
ABBREVIATIONS = frozenset(
    "adm ald approx ave bd bldg blvd brig bros bzgl bzw ca capt cf cie cmdr col cpl ctr d.h dept dipl dir dott dr dra "
    "drs e.g ed eds engr esp est evtl ex exc ff fr ft gen ggf gov hon hr hrsg i.e i.d.r ibid inc inkl insb lic lt "
    "maj messrs mgr mio mlle mlles mm mme mmes mr mrd mrs ms mt msgr mx nat núm o.ä op pres prof profs pte pvt rep "
    "resp ret rev rt s.a sen sens sgt sig sog sr sra srta srs ssgt st ste str supt tel u.a univ v.chr vgl viz vs z.b "
    "z.t zit".split()
)
_BEFORE_NUMBERS = frozenset("art bd ca ch eq fig figs no nos nr nrs núm op p pag pág pp s sec vol vols".split())
_TERM = (
    "!?\u203c\u203d\u2047-\u2049\u3002\uff01\uff1f\uff61\u0589\u061f\u06d4\u0964\u0965\u104a\u104b\u1362\u1367\u1368"
)
_POINT = ".\u2024\ufe52\uff0e\u2026"
_WIDE = "\u3002\uff01\uff1f\uff61"  # no space follows them
_CLOSE = "\"'\u2019\u201d\u201c\u2018\u00bb\u203a\u00ab)\\]}\u300d\u300f\u3011\u3009\u300b\uff09\uff02\uff07"
_OPEN = "\"'\u2018\u201c\u201e\u201a\u00ab\u2039\u00bb(\\[{\u300c\u300e\u00bf\u00a1*_\u2013\u2014\\-"
_GOES_ON = ",;:.\u2026!?"
_PARAGRAPH = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_END = re.compile(
    f"(?<![{_TERM}{_POINT}])([{_TERM}{_POINT}]+)([{_CLOSE}]*)(?:\\s+|(?<=[{_WIDE}])|(?<=[{_WIDE}][{_CLOSE}]))"
)
_NEXT = re.compile(f"[{_OPEN}\\s]*(\\S?)")
_WORD = re.compile("[^\\s(\\[{\"'\u2018\u201c\u201e\u00ab\u2013\u2014-]{1,16}$")
_REACH = 24  # characters before a point that may be the word


def sentences_of(text: str, abbreviations: Iterable[str] = ABBREVIATIONS) -> list[str]:
    """The sentences of a text, without the white space around them.

    The end of a line is one of a sentence. So are `!`, `?`, points and the full stops of other scripts, with the quotes
    and brackets that close after them, before white space; after an ideographic full stop none is needed. A sentence
    goes on before a small letter, a comma or another mark, after an initial ("J. Smith", "U.S. laws"), after "No." and
    the like before a number, and after the `abbreviations`, which are in lower case without their last point.

    >>> sentences_of('Dr. J. Smith paid $3.50, i.e. all. "Really?" she asked. Yes...')
    ['Dr. J. Smith paid $3.50, i.e. all.', '"Really?" she asked.', 'Yes...']
    """
    short = abbreviations if isinstance(abbreviations, frozenset) else frozenset(abbreviations)
    return [sentence for part in _PARAGRAPH.split(text) for sentence in _of_paragraph(part, short)]


def _of_paragraph(text: str, short: frozenset[str]) -> Iterator[str]:
    start = 0
    for match in _END.finditer(text):
        if _is_end(text, start, match, short):
            yield text[start : match.end()].strip()
            start = match.end()
    if rest := text[start:].strip():
        yield rest


def _is_end(text: str, start: int, match: re.Match[str], short: frozenset[str]) -> bool:
    """Whether a sentence that begins at `start` ends with these marks."""
    marks, after = match[1], _NEXT.match(text, match.end())
    first = after[1] if after else ""
    if not first or first.islower() or first in _GOES_ON:
        return False
    if len(marks) > 1 or marks not in _POINT or marks == "\u2026" or match[2]:
        return True
    word = _WORD.search(text[max(start, match.start() - _REACH) : match.start()])
    if word is None:
        return True
    name = word[0].lower()
    if name in _BEFORE_NUMBERS and (first.isdigit() or name not in short):
        return not first.isdigit()
    letters = word[0].split(".")
    is_initials = word[0] != "I" and all(len(part) == 1 and part.isupper() for part in letters)
    return not is_initials and name not in short
