"""Compression of classifiers (Joulin et al. 2016, FastText.zip, https://arxiv.org/abs/1612.03651)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import whole_number
from wordvec.base.errors import CorpusError, OptionError
from wordvec.classify.documents import Documents, read
from wordvec.classify.features import Features
from wordvec.classify.parts import ClassifierParts
from wordvec.classify.quantised import QuantisedRows
from wordvec.classify.training import fit
from wordvec.codecs import codebooks
from wordvec.optim.callbacks import Callback
from wordvec.rows.norms import row_norms
from wordvec.vocabulary import Vocabulary

# Bytes of a compressed file beside its arrays, and of each word and n-gram beside the codes and the letters.
_NATIVE, _FTZ = (32_768, 8, 4), (2_048, 10, 8)

Floats = NDArray[np.float32]


def compress(
    parts: ClassifierParts,
    corpus: Any = None,
    labels: Any = None,
    *,
    cutoff: int | None = None,
    dsub: int = 2,
    epochs: int | None = None,
    alpha: float | None = None,
    progress: bool = False,
    label_names: Sequence[str] | None = None,
) -> ClassifierParts:
    """Prune the input rows to the `cutoff` longest ones and product-quantise them; the parts of a new classifier.

    Every `dsub` dimensions of a row take one byte, and its norm one more; output rows do not change. The row of `</s>`
    is always kept. With `corpus` (and `labels`), as for `fit`, the remaining rows are trained again before they are
    quantised, for `epochs` with `alpha`, by default those of the options.

    OptionError where the classifier is quantised already; CorpusError for a label that it does not know.
    """
    if isinstance(parts.input, QuantisedRows):
        raise OptionError("a classifier must not be quantised to be compressed; this one is")
    for name, value in (("cutoff", cutoff), ("dsub", dsub)):
        whole_number(name, value, optional=True)
    changed: dict[str, Any] = {
        name: value for name, value in (("epochs", epochs), ("alpha", alpha)) if value is not None
    }
    if changed and corpus is None:
        raise OptionError(f"{' and '.join(changed)} serve the training of what is left; give the corpus, too")
    documents = None
    if corpus is not None:
        documents = _relabelled(read(corpus, labels, parts.options, progress, label_names), parts.labels)
    return compressed(parts, documents, cutoff, dsub, progress, **changed)


def compressed(
    parts: ClassifierParts,
    documents: Documents | None,
    cutoff: int | None,
    dsub: int = 2,
    progress: bool = False,
    callbacks: Iterable[Callback] = (),
    **changed: Any,
) -> ClassifierParts:
    """As `compress`, with documents that are read already, and have the label ids of the classifier."""
    features, input, output = parts.features, parts.input, parts.output
    metadata: dict[str, Any] = {"cutoff": cutoff, "dsub": dsub, "retrain": documents is not None, **changed}
    if cutoff is not None and cutoff < features.rows:
        features, input = _pruned(features, input, int(cutoff))
    if documents is not None:
        options = replace(parts.options, **changed)
        start = (input, output)
        input, output, losses = fit(documents, features, options, start, progress, callbacks=callbacks)
        metadata["loss"] = losses
    rows = QuantisedRows.encode(input, min(int(dsub), input.shape[1]), parts.options.seed)
    facts = {**parts.metadata, "compression": metadata}
    return ClassifierParts(parts.options, features, parts.labels, rows, np.array(output), facts)


def cutoff_within(parts: ClassifierParts, limit: int, dsub: int, suffix: str) -> int:
    """The most rows that may stay so that a compressed classifier fits into a file of `limit` bytes; 0: none.

    The file turns out a few kilobytes smaller, as its arrays start on pages.
    """
    features, dim, words = parts.features, parts.input.shape[1], len(parts.features.words)
    header, of_word, of_gram = _FTZ if suffix == ".ftz" else _NATIVE
    pieces = -(-dim // min(dsub, dim))
    norms = _norms(features, parts.input)
    cost = np.full(len(norms), of_gram + 1 + pieces, np.int64)
    cost[:words] += of_word - of_gram + np.diff(features.words.offsets)
    labels = len(parts.labels.data) + 20 * len(parts.labels)
    fixed = header + parts.output.nbytes + 4 * codebooks.CENTROIDS * (pieces * min(dsub, dim) + 1) + labels
    order = np.argsort(-norms, kind="stable")
    return int(np.searchsorted(np.cumsum(cost[order]), limit - fixed, side="right"))


def most_dimensions(limit: int, labels: int, suffix: str) -> int:
    """The dimensions whose centroids and outputs take half of a file of `limit` bytes."""
    header = (_FTZ if suffix == ".ftz" else _NATIVE)[0]
    return max(0, (limit - header) // 2) // (4 * (codebooks.CENTROIDS + labels))


def _norms(features: Features, input: Any) -> NDArray[np.float64]:
    """[R] the norms by which rows are kept; that of `</s>` is always."""
    norms = np.asarray(row_norms(input[: features.rows - (features.missing >= 0)]), np.float64)
    if len(features.words):
        norms[0] = np.inf
    return norms


def _pruned(features: Features, input: Any, cutoff: int) -> tuple[Features, Floats]:
    """The rows of the largest norms, words before n-grams."""
    words, norms = len(features.words), _norms(features, input)
    rows = np.sort(np.argsort(-norms, kind="stable")[:cutoff])
    own, grams = rows[rows < words], rows[rows >= words] - words
    buckets = None
    if features.bucket:
        buckets = (grams if features.kept is None else features.kept[grams]).astype(np.int32)
    pruned = replace(features, words=features.words.take(own), kept=buckets, pruned=True)
    return pruned, np.ascontiguousarray(input[rows])


def _relabelled(documents: Documents, names: Vocabulary) -> Documents:
    """Documents with the label ids of a classifier."""
    new = names.ids(documents.labels)
    if (new < 0).any():
        label = documents.labels[int(np.argmin(new))]
        raise CorpusError(f"a label must be one of the {len(names)} of the classifier; the corpus has {label!r}")
    return replace(documents, label_ids=new[documents.label_ids], labels=names)
