"""Counting: from an encoded corpus to the weighted counts of pairs of words."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from wordvec.cooccurrence.counts import Cooccurrence
from wordvec.cooccurrence.options import Counting
from wordvec.corpus import EncodedCorpus, encode
from wordvec.errors import CorpusError


def count(
    corpus: Any,
    *,
    tokenizer: Callable[[str], list[str]] | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = False,
    **options: Any,
) -> Cooccurrence:
    """How often the words of a corpus occur near each other; `options` are those of `Counting`."""
    chosen = Counting(**options)
    encoded = encode(corpus, tokenizer=tokenizer, cache=cache, progress=progress, **chosen.reading())
    return counted(encoded, chosen, progress=progress)


def counted(corpus: EncodedCorpus, options: Counting, *, progress: bool = False) -> Cooccurrence:
    """The counts of an encoded corpus."""
    from scipy.sparse import coo_array

    if corpus.check() < 2:
        raise CorpusError(
            f"a sentence must have two words to count; each of the {len(corpus)} sentences has one left; give longer "
            "sentences or a lower min_count"
        )
    offsets, weights, unit = options.weights()
    size, ids = len(corpus.vocabulary), np.asarray(corpus.ids)
    sentence = np.repeat(np.arange(len(corpus)), np.diff(corpus.offsets))
    total = coo_array((size, size)).tocsr()
    for offset, weight in zip(offsets.tolist(), weights.tolist()):
        a, b = slice(None, -abs(offset)), slice(abs(offset), None)
        a, b = (a, b) if offset > 0 else (b, a)
        same = sentence[a] == sentence[b]
        pairs = (ids[a][same], ids[b][same])
        total = total + coo_array((np.full(len(pairs[0]), weight / unit), pairs), shape=(size, size)).tocsr()
    total.sort_indices()
    told = {f.name: getattr(options, f.name) for f in fields(Counting) if not f.metadata["resource"]}
    return Cooccurrence(
        corpus.vocabulary,
        total.indptr.astype(np.int64),
        total.indices.astype(np.int32),
        total.data.astype(np.float32),
        told | dict(corpus.options),
        corpus.stats,
        corpus.fingerprint,
    )
