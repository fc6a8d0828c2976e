"""Vectors from gensim's objects and to them: KeyedVectors and FastTextKeyedVectors."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import check_vectors
from wordvec.base.errors import OptionError, WordTypeError
from wordvec.base.libraries import library
from wordvec.interop.rows import matrix_of_words
from wordvec.subwords import HashedNGrams, Subwords
from wordvec.vectors import KeyedVectors
from wordvec.vectors.categories import column
from wordvec.vectors.parts import ATTRIBUTES, COUNTS, SUBWORDS, WORDS, tell

_DERIVED = ("sample_int", "code", "point")  # attributes that gensim derives from the counts
_STEP = 1 << 16  # rows of n-grams copied at a time


def from_gensim(model: Any, *, int_keys: str = "error") -> KeyedVectors:
    """The vectors of a gensim 4 object: `KeyedVectors`, or a model that has them as `wv` (Word2Vec, FastText, Doc2Vec).

    Words, vectors, counts and attributes of numbers or text are copied; the output vectors of a model trained with
    negative sampling become `context`, the n-gram table of FastText becomes `subwords`. Integer keys are an error, or
    with `int_keys="str"` become their digits. A warning names attributes of other kinds, which are left out.
    OptionError where there are no vectors, or where a model is untrained (its `wv` can be converted).

    >>> class Peer:  # the attributes that are read
    ...     index_to_key, vectors = ["king", "queen"], np.eye(2, dtype=np.float32)
    >>> from_gensim(Peer())["queen"].tolist()
    [0.0, 1.0]
    """
    if int_keys not in ("error", "str"):
        raise OptionError(f'int_keys must be "error" or "str"; got {int_keys!r}')
    source = getattr(model, "wv", model)
    if source is not model and getattr(model, "train_count", 1) == 0:
        raise OptionError(
            "a model must have been trained; this one has not (train_count is 0): give its `wv` to take it as it is"
        )
    keys, matrix = getattr(source, "index_to_key", None), getattr(source, "vectors", None)
    if keys is None or matrix is None:
        old = "; an object of gensim 3 must be opened and saved with gensim 4 first" if hasattr(source, "syn0") else ""
        raise OptionError(f"a gensim object must have index_to_key and vectors; got {type(model).__name__}{old}")
    if not len(keys) or len(matrix) < len(keys):
        raise OptionError(f"a gensim object must have a vector for each word; it has {len(matrix)} for {len(keys)}")
    words = _words(keys, int_keys)
    counts, attributes = _attributes(getattr(source, "expandos", {}), len(words))
    context = getattr(model, "syn1neg", None) if source is not model else None
    return KeyedVectors(
        words,
        np.array(matrix[: len(words)], np.float32),
        counts,
        {"source": {"format": "gensim", "class": type(model).__name__, "rows": len(words)}},
        context=None if context is None or len(context) != len(words) else np.array(context, np.float32),
        subwords=_subwords(source),
        attributes=attributes,
    )


def to_gensim(vectors: KeyedVectors) -> Any:
    """A gensim `KeyedVectors` with copies of the words, vectors, counts and attributes; needs gensim 4.

    Vectors with fastText's n-gram table become `FastTextKeyedVectors`, which compose unknown words in the same way;
    gensim has a row for each of `bucket`, zeros for rows that were not trained. Other subwords have no counterpart in
    gensim: n-grams of other kinds, pruned tables, steps after composing such as Unit. A warning names the parts that
    are left out.
    """
    check_vectors(vectors=vectors)
    models = library("gensim.models", "gensim>=4.4")
    size, subwords = vectors.vector_size, vectors.subwords
    subwords = None if _misses(vectors) else subwords and subwords.plain()
    tell(vectors, "gensim", {WORDS, SUBWORDS, COUNTS, ATTRIBUTES}, _misses)
    if subwords is None:
        peer = models.KeyedVectors(size)
    else:
        peer = models.fasttext.FastTextKeyedVectors(size, subwords.min_n, subwords.max_n, subwords.bucket)
    peer.index_to_key = list(vectors.index_to_key)
    peer.key_to_index = {word: row for row, word in enumerate(peer.index_to_key)}
    peer.next_index = len(peer.index_to_key)
    peer.vectors = np.array(matrix_of_words(vectors))
    peer.expandos = {name: np.array(values) for name, values in vectors.attributes.items()}
    if vectors.vocabulary.counts is not None:
        peer.expandos["count"] = np.array(vectors.vocabulary.counts)
    if subwords is not None:
        peer.vectors_ngrams = _every_row(subwords)
        peer.recalc_char_ngram_buckets()
        peer.vectors_vocab = _own_rows(peer.vectors, peer.vectors_ngrams, peer.buckets_word)
    return peer


def _misses(vectors: KeyedVectors) -> set[str]:
    """Subwords that gensim cannot hold: of another kind than fastText's, pruned, or with steps after composing."""
    subwords = vectors.subwords
    if subwords is None or (subwords.kind == "fasttext" and not subwords.lacks_rows and subwords.is_linear):
        return set()
    return {SUBWORDS}


def _every_row(subwords: Subwords) -> NDArray[np.float32]:
    """[bucket, D] the rows of all hash values, in a new array."""
    table = np.empty((subwords.bucket, subwords.vector_size), np.float32)
    for first in range(0, len(table), _STEP):
        buckets = np.arange(first, min(first + _STEP, len(table)), dtype=np.int32)
        table[first : first + len(buckets)] = subwords.rows_of(buckets)
    return table


def _attributes(expandos: Mapping[str, Any], words: int) -> tuple[NDArray[np.int64] | None, dict[str, Any]]:
    """(counts or None, other attributes) in new arrays."""
    attributes: dict[str, Any] = {}
    odd = []
    for name, values in expandos.items():
        if name in _DERIVED:
            continue
        array: Any = np.array(values)[:words]
        if array.dtype == object and array.ndim == 1:  # gensim stores texts so, with 0 for no value
            array = ["" if value == 0 and isinstance(value, int) else value for value in array.tolist()]
        try:
            array = column(array, str(name))
        except OptionError:
            odd.append(str(name))
            continue
        if array.ndim and len(array) == words:
            attributes[str(name)] = array
        else:
            odd.append(str(name))
    if odd:
        warnings.warn(
            f"attributes must be numbers, booleans or text; {', '.join(odd)} of gensim are of another kind, and left "
            "out",
            stacklevel=3,
        )
    counts = attributes.pop("count", None)
    return None if counts is None else counts.astype(np.int64), attributes


def _words(keys: Any, int_keys: str) -> list[str]:
    """The keys as words; WordTypeError where one is not a str."""
    if int_keys == "str":
        keys = [str(key) if isinstance(key, (int, np.integer)) else key for key in keys]
    odd = next((key for key in keys if not isinstance(key, str)), None)
    if odd is not None:
        advice = ' (int_keys="str" takes integers by their digits)' if isinstance(odd, (int, np.integer)) else ""
        raise WordTypeError(f"keys must be str; got {odd!r} of type {type(odd).__name__}{advice}")
    return list(keys)


def _subwords(source: Any) -> Any:
    """The subwords of a FastText object; None where it has no n-gram table."""
    table = getattr(source, "vectors_ngrams", None)
    if table is None or not len(table):
        return None
    copy = np.array(table, np.float32)
    return HashedNGrams("fasttext", copy, min_n=source.min_n, max_n=source.max_n, bucket=source.bucket)


def _own_rows(vectors: NDArray[Any], table: NDArray[Any], buckets: Any) -> NDArray[np.float32]:
    """The own rows of words: gensim stores these, and computes the vectors again when it loads."""
    own = np.empty_like(vectors)
    for row, grams in enumerate(buckets):
        own[row] = vectors[row] * (len(grams) + 1) - table[grams].sum(axis=0) if len(grams) else vectors[row]
    return own
