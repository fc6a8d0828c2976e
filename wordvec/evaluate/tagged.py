"""Tagged text: sentences of (word, tag) tokens, from CoNLL-U files or from lines of a word and its tag."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wordvec.base.errors import FormatError
from wordvec.evaluate.files import every_line, shown_lines

Sentence = list[tuple[str, str]]  # of (word, tag)

_COLUMNS = 10  # of CoNLL-U
ID, FORM, UPOS, FEATURES, HEAD, RELATION = 0, 1, 3, 5, 6, 7
_SPAN = re.compile(r"\d+[-.]\d+")  # the id of a multi-word or an empty token: these are skipped
_TAG = re.compile(r"[A-Z][A-Z0-9$]*(-\w+)?|\W{1,3}")  # O, B-LOC, NOUN, PRP$, punctuation
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:")


@dataclass
class Tagged:
    """Sentences, none of them empty, and the lines that are no token."""

    sentences: list[Sentence] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_tagged(path: str | os.PathLike[str]) -> Tagged:
    """Read CoNLL-U, whose UPOS column is the tag, or lines `word TAB tag`; blank lines end sentences.

    A language prefix that all words have (`en:`, as in WikiANN) is removed. FormatError where no line is a token.
    """
    tagged, conllu = _parsed(every_line(path))
    if not tagged.sentences:
        shown = shown_lines(tagged.unreadable)
        raise FormatError(
            f"{os.fspath(path)}: tagged text must be CoNLL-U, or lines of a word, a tab and a tag; got {shown}"
        )
    if not conllu:
        tagged.sentences = list(_without_language(tagged.sentences))
    return tagged


def looks_tagged(some: Sequence[str]) -> bool:
    """Whether the first lines of a file are tagged text: CoNLL-U, or words with tags in capitals."""
    tagged, conllu = _parsed(some)
    tags = [tag for sentence in tagged.sentences for _, tag in sentence]
    if len(tagged.unreadable) > len(tags) or not tags:
        return False
    return conllu or all(_TAG.fullmatch(tag) for tag in tags)


def _parsed(lines: Iterable[str]) -> tuple[Tagged, bool]:
    """The sentences of lines, and whether they are CoNLL-U."""
    tagged = Tagged([[]])
    conllu: bool | None = None
    for line in lines:
        if not line.strip():
            if tagged.sentences[-1]:
                tagged.sentences.append([])
            continue
        parts = line.split("\t")
        if conllu is None and len(parts) == 1 and line.startswith("#"):
            continue
        if conllu is None:
            conllu = (len(parts) == _COLUMNS and parts[0].isdigit()) or _SPAN.fullmatch(parts[0]) is not None
        if conllu and (line.startswith("#") or _SPAN.fullmatch(parts[0])):
            continue
        token = _of_conllu(parts) if conllu else _of_pair(parts)
        if token is None:
            tagged.unreadable.append(line)
        else:
            tagged.sentences[-1].append(token)
    tagged.sentences = [sentence for sentence in tagged.sentences if sentence]
    return tagged, bool(conllu)


def trees(path: str | os.PathLike[str]) -> Iterator[list[list[str]]]:
    """The sentences of a CoNLL-U treebank; a token is the list of its ten columns."""
    sentence: list[list[str]] = []
    for line in every_line(path):
        parts = line.split("\t")
        if len(parts) == _COLUMNS and parts[ID].isdigit():
            sentence.append(parts)
        elif not line.strip() and sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _of_conllu(parts: list[str]) -> tuple[str, str] | None:
    if len(parts) != _COLUMNS or not parts[0].isdigit() or not parts[1] or parts[UPOS] in ("", "_"):
        return None
    return parts[FORM], parts[UPOS]


def _of_pair(parts: list[str]) -> tuple[str, str] | None:
    if len(parts) < 2 or not parts[0].strip() or not parts[-1].strip():
        return None
    return parts[0], parts[-1].strip()


def _without_language(sentences: list[Sentence]) -> Iterator[Sentence]:
    match = _LANGUAGE.match(sentences[0][0][0])
    prefix = match.group() if match else ""
    if not all(word.startswith(prefix) for sentence in sentences for word, _ in sentence):
        prefix = ""
    for sentence in sentences:
        yield [(word[len(prefix) :], tag) for word, tag in sentence]
