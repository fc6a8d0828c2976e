"""Texts of test sets as vectors: by the words of vectors, by an encoder of ours, or by a function."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wordvec.base.digests import digest_of
from wordvec.base.errors import OptionError
from wordvec.evaluate.policy import Resolver
from wordvec.evaluate.regimes import Words
from wordvec.texts import TextEncoder

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

Floats = NDArray[np.float32]
Encode = Callable[[list[Any]], Any]  # from texts, or their tokens, to an array [n, D]

_PIECES = re.compile(r"\w+|[^\w\s]")  # of a token without a row
_WORDS = "words.safetensors"  # in the folder of a model of documents


class Encoded(NamedTuple):
    """The vectors of texts, and how much of the texts they know."""

    vectors: Floats  # [n, D]
    has: NDArray[np.bool_]  # [n] which texts have a vector other than zeros
    coverage: float  # share of the tokens with a vector; of the texts, where a function encodes them


class Texts:
    """Texts as vectors, for the model of a resolver under its policy.

    A model that encodes texts itself, a function or an encoder of ours, does so. Vectors of words are made into a
    `TextEncoder` with `agg=policy.encoder`. Texts are split at white space; a token without a row is split at its
    punctuation. Case and unknown words are treated as the policy says, if the model has no tokenizer of its own.
    """

    def __init__(self, words: Resolver) -> None:
        self._words, self._forms = words, dict[str, tuple[list[str], int]]()
        self._source = words.encoder
        self._has_own_tokenizer = words.vectors.tokenizer is not None
        if isinstance(self._source, TextEncoder):
            self._has_own_tokenizer = self._source.cutter.cut is not None or self._source.cutter.lowercase
        elif self._source is not None and not hasattr(self._source, "encode"):
            self._has_own_tokenizer = True

    def encode(self, texts: Sequence[str], fit: Sequence[str] | None = None) -> Encoded:
        """The vectors of texts. Weights and common components are learned from `fit` (None: the texts themselves)."""
        if self._has_own_tokenizer:
            vectors = self._encoded(list(texts), list(texts if fit is None else fit))
            has = np.asarray(vectors.any(axis=1))
            return Encoded(vectors, has, float(has.mean()) if len(has) else 0.0)
        tokens, known, total = self.tokens(texts)
        learned = tokens if fit is None else self.tokens(fit)[0]
        vectors = self._encoded(tokens, learned)
        return Encoded(vectors, np.asarray(vectors.any(axis=1)), known / total if total else 0.0)

    def words(self, texts: Sequence[str]) -> Words | None:
        """The texts as means of word vectors; None where the model makes something else of them."""
        own, policy = self._words, self._words.policy
        is_mean = policy.encoder in ("auto", "mean") and "matrices" not in own.vectors.metadata
        if self._has_own_tokenizer or self._source is not None or not is_mean or policy.oov not in ("skip", "subword"):
            return None
        from scipy.sparse import csr_matrix

        numbers: dict[str, int] = {}
        places, ends = list[int](), [0]
        for forms in self.tokens(texts)[0]:
            known = [form for form in forms if form in numbers or self._form(form) is not None]
            places += [numbers.setdefault(form, len(numbers)) for form in known]
            ends.append(len(places))
        shares = np.repeat(1 / np.maximum(np.diff(ends), 1), np.diff(ends))
        table = np.array([own.vectors.get_vector(form) for form in numbers], np.float64)
        shape = len(texts), len(numbers)
        return Words([csr_matrix((shares, np.array(places, np.int64), ends), shape)], table.reshape(shape[1], -1))

    def tokens(self, texts: Sequence[str]) -> tuple[list[list[str]], int, int]:
        """(the tokens of texts as the vocabulary has them, how many of them have a vector, how many there are)."""
        cut, known, total = [], 0, 0
        for text in texts:
            own: list[str] = []
            for token in text.split():
                forms, count = self._forms[token] if token in self._forms else self._look_up(token)
                own += forms
                known += count
            total += len(own)
            cut.append(own)
        return cut, known, total

    def _look_up(self, token: str) -> tuple[list[str], int]:
        pieces = [token] if self._words.rows(token) else _PIECES.findall(token) or [token]
        forms = [self._form(piece) for piece in pieces]
        known = sum(form is not None for form in forms)
        self._forms[token] = [piece if form is None else form for piece, form in zip(pieces, forms)], known
        return self._forms[token]

    def _form(self, token: str) -> str | None:
        """The token as the vocabulary has it, or as vectors can be composed of it; None where it is unknown."""
        words = self._words
        if rows := words.rows(token):
            return str(words.vectors.vocabulary[rows[0]])
        return token if words.policy.oov == "subword" and words.vectors.can_embed(token) else None

    def _encoded(self, texts: list[Any], fit: list[Any]) -> Floats:
        encode = self._made(fit) if self._source is None else getattr(self._source, "encode", self._source)
        vectors = np.array(encode(texts), np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            shape = f"an array of shape {vectors.shape}, or numbers that are not finite"
            raise OptionError(f"an encoder must give a finite vector for each of {len(texts)} texts; got {shape}")
        return vectors

    def _made(self, fit: list[Any]) -> Encode:
        """The encoder that vectors of words make."""
        words, policy = self._words, self._words.policy
        vectors = words.vectors.subset(rows=range(words.size)) if words.size < len(words.vectors) else words.vectors
        if policy.oov in ("zero", "mean"):
            vectors = vectors.with_oov(lambda word: words.units(words.numbers([word]))[0])
        how = "skip" if policy.oov == "skip" else "auto"
        encoder = TextEncoder(vectors, policy.encoder, oov=how)
        if encoder.needs_fit:
            encoder.fit(fit)
        return encoder.encode


def holds_documents(path: str) -> bool:
    """Whether a path is the folder of a model of documents or of Sent2Vec."""
    return (Path(path) / _WORDS).is_file()


def opened(path: str) -> Any:
    """What a file or folder holds: an encoder of texts, a model of documents, or vectors of words."""
    from wordvec.formats import load
    from wordvec.texts.encoder import SAVED

    if holds_documents(path):
        from wordvec.trainers import load_documents

        return load_documents(path)
    vectors = load(path)
    return TextEncoder.load(path) if SAVED in vectors.metadata else vectors


def words_of(source: Any) -> KeyedVectors:
    """The vectors of words of a model; of a function none."""
    from wordvec.vectors import KeyedVectors

    if isinstance(source, KeyedVectors):
        return source
    words = getattr(source, "vectors" if isinstance(source, TextEncoder) else "words", None)
    return words if isinstance(words, KeyedVectors) else KeyedVectors([], np.zeros((0, 1), np.float32))


def encoder_of(source: Any) -> Any:
    """What of a model encodes texts; None for vectors of words. OptionError for what is no model."""
    from wordvec.vectors import KeyedVectors

    if isinstance(source, KeyedVectors):
        return None
    if not callable(getattr(source, "encode", source)):
        raise OptionError(
            f"a model must be vectors, an encoder, or a function from texts to an array; got {source!r:.60}"
        )
    return source


def facts_of(source: Any, path: str | None, version: str | None) -> str | None:
    """What tells an encoder of texts from others with the same words, '' for vectors; None where nothing does."""
    if encoder_of(source) is None:
        return ""
    if version is not None:
        return version
    if isinstance(source, TextEncoder) and source.cutter.tokenizer is None:
        learned = source.learned
        arrays = [] if learned is None else [learned.words, learned.weights, learned.components, learned.shares]
        names = ("agg", "norm", "sif_a", "usif_length", "components")
        told = [getattr(source, name) for name in names]
        told += [source.cutter.oov, source.cutter.lowercase, learned and learned.rest]
        return f"{told} {digest_of(*map(np.asarray, arrays))}"
    return _of_files(path) if path is not None else None


def _of_files(path: str) -> str:
    """A hash of the files of a folder."""
    digest = blake2b(digest_size=16)
    for file in sorted(os.listdir(path)):
        digest.update(file.encode("utf-8", "surrogateescape"))
        with open(Path(path, file), "rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                digest.update(block)
    return digest.hexdigest()
