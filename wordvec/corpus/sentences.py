"""Token lists and the user's tokenizer: checked sentences, then batches for the same kernel that reads files."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from wordvec.base.compressed import joined, read_exactly
from wordvec.base.errors import CorpusError
from wordvec.corpus.binary_files import HEAD, check_text
from wordvec.corpus.blocks import ROOM, Block, Tokens
from wordvec.corpus.checks import shown, wrong_token, wrong_tokens
from wordvec.corpus.pieces import Pieces
from wordvec.corpus.sources import Input

BATCH = 1 << 20  # characters in a batch
SPACE = r" \t\n\r\v\f"  # white space beyond ASCII is part of a word
TOKENS = re.compile(f"[^{SPACE}]+")

Tokenizer = Callable[[str], Iterable[str]]


def lines(inputs: Iterable[Input]) -> Iterator[str]:
    """The lines of all inputs as str, without their line ends; invalid UTF-8 as surrogate escapes."""
    for source in inputs:
        with source.open() as stream:
            head = read_exactly(stream, HEAD)
            check_text(source.name, head)
            reader = io.TextIOWrapper(joined(head, stream), "utf-8", "surrogateescape", newline="\n")
            try:
                for line in reader:
                    yield line.removesuffix("\n").removesuffix("\r")
            finally:
                reader.detach()  # the stream is closed by whoever opened it


def tokenized(items: Iterable[Any], tokenizer: Tokenizer) -> Iterator[list[str]]:
    """The token lists that the user's tokenizer makes of lines; pieces are cut in batches, on all cores."""
    if isinstance(tokenizer, Pieces):
        for batch in _batches(as_lines(items)):
            yield from tokenizer.batch(batch)
        return
    for number, line in enumerate(as_lines(items)):
        yield _as_list(tokenizer(line), f"what the tokenizer made of line {number}")


def as_lines(items: Iterable[Any]) -> Iterator[str]:
    """Items that are lines; CorpusError at one that is not."""
    for number, line in enumerate(items):
        if not isinstance(line, str):
            names = "tokenizer= or split_sentences="
            raise CorpusError(f"with {names}, each item must be a line (a str); item {number} is a {shown(line)}")
        yield line


def _batches(lines: Iterable[str], size: int = BATCH) -> Iterator[list[str]]:
    """Lines in batches of about `size` characters."""
    batch: list[str] = []
    room = size
    for line in lines:
        batch.append(line)
        room -= len(line) + 1
        if room <= 0:
            yield batch
            batch, room = [], size
    if batch:
        yield batch


def line_tasks(items: Iterable[Any], size: int = BATCH) -> Iterator[Block]:
    """Lines as batches of text, which a kernel cuts into words; a line end within one is white space."""
    for batch in _batches(as_lines(items), size):
        yield _block([line.replace("\n", " ") for line in batch], None)


def token_lists(sentences: Iterable[Any]) -> Iterator[list[str] | tuple[str, ...]]:
    """The sentences of an iterable, each checked to be a list of tokens."""
    for number, sentence in enumerate(sentences):
        yield sentence if type(sentence) in (list, tuple) else _as_list(sentence, f"sentence {number}")


def _as_list(tokens: Any, name: str) -> list[Any]:
    if problem := wrong_tokens(tokens):
        raise CorpusError(f"{name} must be a list of tokens, not {problem}")
    if isinstance(tokens, np.ndarray):
        return tokens.tolist()  # type: ignore[no-any-return]
    return tokens if type(tokens) is list else list(tokens)


def list_tasks(sentences: Iterable[Any], size: int = BATCH, keep_empty: bool = False) -> Iterator[Block | Tokens]:
    """Token lists as batches of text, or as bytes and offsets where a token contains white space."""
    batch: list[Any] = []  # lines where that is possible: the tokens of a batch would take much memory
    room, count, plain = size, 0, True
    for sentence in sentences:
        try:
            line = " ".join(sentence)
        except TypeError:
            sentence = [_as_str(token) for token in sentence]
            line = " ".join(sentence)
        if line.count(" ") == len(sentence) - 1 and not any(space in line for space in "\n\t\r\v\f"):
            batch.append(line)
        elif sentence:
            batch.append(sentence)
            plain = False
        elif keep_empty:
            batch.append([])
        count += len(sentence)
        room -= len(line) + 1
        if room <= 0:
            yield _block(batch, count) if plain else _tokens(batch)
            batch, room, count, plain = [], size, 0, True
    if batch:
        yield _block(batch, count) if plain else _tokens(batch)


def _as_str(token: Any) -> str:
    if isinstance(token, str):
        return token
    if isinstance(token, bytes):
        return token.decode("utf-8", "surrogateescape")
    if isinstance(token, (int, np.integer)) and not isinstance(token, bool):
        return str(token)
    raise CorpusError(f"a token must be a str (or bytes, or an integer); one {wrong_token(token)}")


def _encoded(text_: str) -> bytes:
    try:
        return text_.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise CorpusError(
            f"a token holds {text_[error.start]!r}, half of a surrogate pair, which has no UTF-8; remove it"
        ) from error


def _block(batch: list[Any], count: int | None) -> Block:
    encoded = np.frombuffer(_encoded("".join([f"{line or ''}\n" for line in batch])), np.uint8)
    data = np.empty(len(encoded) + ROOM, np.uint8)
    data[: len(encoded)] = encoded
    return Block(data, len(encoded), last=True, expected=count)


def _tokens(batch: list[Any]) -> Tokens:
    sentences = [item.split(" ") if isinstance(item, str) else item for item in batch]
    words = [_encoded(token) for sentence in sentences for token in sentence]
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    full = lengths > 0
    ends = np.cumsum(np.fromiter(map(len, sentences), np.int64, len(sentences)))
    before = np.concatenate([[0], np.cumsum(full)])
    offsets = np.concatenate([[0], np.cumsum(lengths[full])])
    data = np.frombuffer(b"".join(words), np.uint8)
    return Tokens(data, offsets, before[ends].astype(np.int32), int(len(words) - full.sum()))
