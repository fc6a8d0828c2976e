"""Texts as rows of vectors: tokenized by a kernel where they are strings, one by one where the tokenizer is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError, WordTypeError
from wordvec.corpus.checks import is_missing, wrong_texts, wrong_token, wrong_tokens
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import offsets_of

Floats = NDArray[np.float32]

TOKENS = 1 << 15  # that are looked up and added at a time, but for longer texts
_NOTHING: tuple[Any, Any, list[bytes]] = (None, None, [])


class Block(NamedTuple):
    """Some texts, one after another, as rows of a matrix and of the vectors that the OOV policy gave."""

    texts: int
    words: NDArray[np.int32]  # [N] indices of the tokens in the vocabulary, -1 where the vector is from the OOV policy
    tokens: NDArray[np.int32]  # [N] their rows
    ends: NDArray[np.int64]  # [texts] tokens up to the end of each
    matrix: Floats  # [R, D]
    extra: Floats  # [U, D] the rows from R on


@dataclass(frozen=True)
class Cutter:
    """The tokenizer and the OOV policy by which texts become rows."""

    vectors: KeyedVectors
    oov: str = "auto"
    tokenizer: Callable[[str], Iterable[str]] | None = None
    lowercase: bool = False
    trained: Callable[[str], Iterable[str]] | None = None  # the built-in tokenizer of the training, if not white space

    @property
    def policy(self) -> Any:
        """The OOV policy of tokens; "raise": tokens without a row are left out."""
        return self.vectors.oov if self.oov == "auto" else {"skip": "raise"}.get(self.oov, self.oov)

    @property
    def cut(self) -> Callable[[str], Iterable[str]] | None:
        """The tokenizer: the one that was given, else that of the vectors or their training; None for white space."""
        return self.tokenizer or self.vectors.tokenizer or self.trained

    def is_compiled(self, texts: Sequence[Any]) -> bool:
        """Whether no Python function of a user is called, so that threads may work on texts like the first of these."""
        return self.cut is None and self.policy in ("raise", "zero", "subword") and isinstance(texts[0], str)

    def blocks(self, texts: list[Any], first: int, last: int) -> Iterator[Block]:
        """The texts from `first` to `last` in blocks of a bounded number of tokens; WordTypeError for no text."""
        part, at = texts[first:last], 0
        compiled = self.cut is None
        if self.lowercase and compiled and (compiled := all(isinstance(text, str) for text in part)):
            part = [text.lower() for text in part]
        while at < len(part):
            done, words, ends, unknown = self._cut(part, at) if compiled else (0, *_NOTHING)
            if not done:  # lists of tokens, a user's tokenizer, or no text
                done, words, ends, unknown = self._slow(part, at, first)
            yield self._block(done, words, ends, unknown)
            at += done

    def _cut(self, texts: list[Any], at: int) -> tuple[int, NDArray[np.int32], NDArray[np.int64], list[bytes]]:
        """Tokenize some texts by the kernel: how many, their tokens, their ends, and the tokens without a row."""
        room = TOKENS
        unknown: list[bytes] | None = None if self.policy == "raise" else []
        while True:
            words, ends = np.empty(room, np.int32), np.empty(len(texts) - at, np.int64)
            done, problem = self.vectors.vocabulary.cut(texts, at, len(texts), words, ends, unknown)
            if done or problem < 0:
                return done, words[: ends[done - 1] if done else 0], ends[:done], unknown or []
            room = problem

    def _slow(
        self, texts: list[Any], at: int, before: int
    ) -> tuple[int, NDArray[np.int32], NDArray[np.int64], list[bytes]]:
        """As `_cut`, token by token; `before` is the number of texts before these, for messages."""
        tokens: list[bytes] = []
        sizes: list[int] = []
        while at + len(sizes) < len(texts) and len(tokens) + len(sizes) < TOKENS:
            own = self._tokens(texts[at + len(sizes)], before + at + len(sizes))
            tokens += own
            sizes.append(len(own))
        offsets = offsets_of(np.fromiter(map(len, tokens), np.int64, len(tokens)))
        words = self.vectors.vocabulary.rows_of(np.frombuffer(b"".join(tokens), np.uint8), offsets)
        unknown = [tokens[i] for i in np.flatnonzero(words < 0).tolist()]
        return len(sizes), words.astype(np.int32), np.cumsum(sizes), unknown

    def _tokens(self, text: Any, place: int) -> list[bytes]:
        if isinstance(text, str):
            text = text.lower() if self.lowercase else text
            if (cut := self.cut) is None:
                return as_bytes(text).split()  # of bytes, at ASCII white space
            tokens = list(cut(text))
            if self.cut is self.vectors.tokenizer:  # pieces are not lowercased
                return [as_bytes(token) for token in tokens]
        else:
            tokens = list(as_tokens(text, place))
        checked_tokens(tokens)
        return [as_bytes(token.lower() if self.lowercase else token) for token in tokens]

    def _block(self, done: int, words: NDArray[np.int32], ends: NDArray[np.int64], unknown: list[bytes]) -> Block:
        """Compute vectors for the tokens without a row, or leave them out; find the rows of the others."""
        extra = np.empty((0, self.vectors.vector_size), np.float32)
        places = None
        if len(words) and int(words.min()) < 0:
            places = np.full(len(words), -1, np.int64)  # of tokens, among the vectors from the OOV policy
            if unknown and self.policy != "raise":
                extra, places[words < 0] = self._embedded(unknown)
            keep = (words >= 0) | (places >= 0)
            before = offsets_of(keep.astype(np.int64))
            words, places, ends = words[keep], places[keep], before[ends]
        matrix, tokens = self._rows(words)
        if places is not None and len(extra):
            tokens = np.where(places >= 0, len(matrix) + places, tokens).astype(np.int32)
        return Block(done, words, tokens, ends, matrix, extra)

    def _embedded(self, unknown: list[bytes]) -> tuple[Floats, NDArray[np.int64]]:
        """The vectors that the OOV policy gives for distinct tokens, and which of them each token has, -1 for none."""
        order = {token: i for i, token in enumerate(dict.fromkeys(unknown))}
        vectors = self.vectors if self.policy == self.vectors.oov else self.vectors.with_oov(self.policy)
        rows, has = vectors._embed_by_policy([token.decode("utf-8", "surrogateescape") for token in order])
        new = np.where(has, np.cumsum(has) - 1, -1)
        return np.ascontiguousarray(rows[has], np.float32), new[[order[token] for token in unknown]]

    def _rows(self, words: NDArray[np.int32]) -> tuple[Floats, NDArray[np.int32]]:
        """The matrix and the rows of words in it; of encoded vectors, a decoded matrix of the rows that are needed."""
        held, rows = self.vectors.rows, words
        row_of, matrix = held.row_of, held.matrix
        if row_of is not None and len(row_of):
            rows = row_of[words].astype(np.int32)
        if len(rows) and not -1 <= int(rows.min()) <= int(rows.max()) < max(1, len(matrix)):
            raise FormatError(f"the rows of words must be below {len(matrix)}; some are not: the file is damaged")
        if held.is_dense:
            return matrix, rows
        distinct, places = np.unique(rows, return_inverse=True)
        known = np.maximum(distinct, 0).astype(np.int64)
        return np.ascontiguousarray(matrix[known], np.float32), places.reshape(-1).astype(np.int32)


def listed(texts: Any) -> list[Any]:
    """The texts, as a list; OptionError for one text, a table, a dict, a set."""
    if problem := wrong_texts(texts):
        raise OptionError(f"texts must be a list of texts, or one column of a table; got {problem}")
    return list(texts)


def as_tokens(text: Any, place: int) -> list[Any] | tuple[Any, ...]:
    """A text that is a list of tokens; WordTypeError for what is none, and no str either."""
    if isinstance(text, (list, tuple)) and not hasattr(text, "_fields"):
        return text
    what = f"is of type {type(text).__name__}: {text!r:.60}"
    if isinstance(text, Iterable) and not isinstance(text, (str, bytes)) and (problem := wrong_tokens(text)):
        what = f"is of type {type(text).__name__}, {problem}"
    elif not isinstance(text, Iterable) and is_missing(text):
        what = f"is missing: {text!r}"
    raise WordTypeError(f"a text must be a str or a list of tokens; text {place} {what}")


def as_bytes(token: str) -> bytes:
    """A token as the bytes of a vocabulary."""
    try:
        return token.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair: no word holds it
        return token.encode("utf-8", "surrogatepass")


def checked_tokens(tokens: Iterable[object], what: str = "token") -> None:
    """WordTypeError names the first token that is no str."""
    for place, token in enumerate(tokens):
        if not isinstance(token, str):
            raise WordTypeError(f"every {what} must be a str; {what} {place} {wrong_token(token)}")
