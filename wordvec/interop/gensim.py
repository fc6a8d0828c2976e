"""gensim's KeyedVectors and fastText vectors, from its objects and to them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import OptionError, WordTypeError
from wordvec.interop.libraries import library
from wordvec.interop.rows import matrix_of_words
from wordvec.keyed_vectors import KeyedVectors


def from_gensim(model: Any, *, int_keys: str = "error") -> KeyedVectors:
    """The vectors of a gensim 4 object: `KeyedVectors`, or a model that has them as `wv` (Word2Vec, FastText, Doc2Vec).

    Words, vectors and counts are copied, the output vectors of a model trained with negative sampling as `context`,
    and n-gram tables of FastText as `subwords`. Keys that are integers are refused, or with `int_keys="str"` become
    their digits. OptionError where there are no vectors, or a model has not been trained (its `wv` is taken as it is).

    >>> class Peer:  # what is asked of an object
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
    counts = getattr(source, "expandos", {}).get("count")
    context = getattr(model, "syn1neg", None) if source is not model else None
    return KeyedVectors(
        words,
        np.array(matrix[: len(words)], np.float32),
        None if counts is None else np.asarray(counts)[: len(words)].astype(np.int64),
        {"source": {"format": "gensim", "class": type(model).__name__, "rows": len(words)}},
        context=None if context is None or len(context) != len(words) else np.array(context, np.float32),
        subwords=_subwords(source),
    )


def to_gensim(vectors: KeyedVectors) -> Any:
    """A gensim `KeyedVectors` with copies of the words, vectors and counts; needs gensim 4.

    Vectors with the n-gram table of fastText become `FastTextKeyedVectors`, which compose unknown words as these do;
    what composes words otherwise has no counterpart in gensim, and is left out.
    """
    models = library("gensim.models", "gensim>=4.4")
    size, subwords = vectors.vector_size, vectors.subwords
    # gensim has a row for every bucket; in a pruned table some n-grams have none, and do not count
    if subwords is not None and (subwords.kind != "fasttext" or subwords.table.shape[0] != subwords.bucket):
        subwords = None
    if subwords is None:
        peer = models.KeyedVectors(size)
    else:
        peer = models.fasttext.FastTextKeyedVectors(size, subwords.min_n, subwords.max_n, subwords.bucket)
    peer.index_to_key = list(vectors.index_to_key)
    peer.key_to_index = {word: row for row, word in enumerate(peer.index_to_key)}
    peer.next_index = len(peer.index_to_key)
    peer.vectors = np.array(matrix_of_words(vectors))
    peer.expandos = {}
    if vectors.vocabulary.counts is not None:
        peer.expandos["count"] = np.array(vectors.vocabulary.counts)
    if subwords is not None:
        peer.vectors_ngrams = np.array(subwords.table, np.float32)
        peer.recalc_char_ngram_buckets()
        peer.vectors_vocab = _own_rows(peer.vectors, peer.vectors_ngrams, peer.buckets_word)
    return peer


def _words(keys: Any, int_keys: str) -> list[str]:
    """The keys as words; WordTypeError where one is no str."""
    if int_keys == "str":
        keys = [str(key) if isinstance(key, (int, np.integer)) else key for key in keys]
    odd = next((key for key in keys if not isinstance(key, str)), None)
    if odd is not None:
        advice = ' (int_keys="str" takes integers by their digits)' if isinstance(odd, (int, np.integer)) else ""
        raise WordTypeError(f"keys must be str; got {odd!r} of type {type(odd).__name__}{advice}")
    return list(keys)


def _subwords(source: Any) -> Any:
    """What composes unknown words, from the n-gram table of a FastText object; None where there is none."""
    table = getattr(source, "vectors_ngrams", None)
    if table is None or not len(table):
        return None
    from wordvec.subwords import Subwords

    copy = np.array(table, np.float32)
    return Subwords("fasttext", copy, min_n=source.min_n, max_n=source.max_n, bucket=source.bucket)


def _own_rows(vectors: NDArray[Any], table: NDArray[Any], buckets: Any) -> NDArray[np.float32]:
    """The rows of the words without their n-grams: gensim keeps these, and computes the vectors anew when it loads."""
    own = np.empty_like(vectors)
    for row, grams in enumerate(buckets):
        own[row] = vectors[row] * (len(grams) + 1) - table[grams].sum(axis=0) if len(grams) else vectors[row]
    return own
