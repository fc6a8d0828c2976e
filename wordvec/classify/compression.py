"""Compression of classifiers (Joulin et al. 2016, FastText.zip, https://arxiv.org/abs/1612.03651)."""

from __future__ import annotations

from collections.abc import Sequence
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
from wordvec.rows.norms import row_norms
from wordvec.vocabulary import Vocabulary

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
    features, names, input, output = parts.features, parts.labels, parts.input, parts.output
    if isinstance(input, QuantisedRows):
        raise OptionError("a classifier must not be quantised to be compressed; this one is")
    for name, value in (("cutoff", cutoff), ("dsub", dsub)):
        whole_number(name, value, optional=True)
    changed: dict[str, Any] = {
        name: value for name, value in (("epochs", epochs), ("alpha", alpha)) if value is not None
    }
    if changed and corpus is None:
        raise OptionError(f"{' and '.join(changed)} serve the training of what is left; give the corpus, too")
    metadata: dict[str, Any] = {"cutoff": cutoff, "dsub": dsub, "retrain": corpus is not None, **changed}
    if cutoff is not None and cutoff < features.rows:
        features, input = _pruned(features, input, int(cutoff))
    if corpus is not None:
        documents = _relabelled(read(corpus, labels, parts.options, progress, label_names), names)
        options = replace(parts.options, **changed)
        input, output, metadata["loss"] = fit(documents, features, options, (input, output), progress)
    rows = QuantisedRows.encode(input, min(int(dsub), input.shape[1]), parts.options.seed)
    facts = {**parts.metadata, "compression": metadata}
    return ClassifierParts(parts.options, features, names, rows, np.array(output), facts)


def _pruned(features: Features, input: Any, cutoff: int) -> tuple[Features, Floats]:
    """The rows of the largest norms, words before n-grams."""
    words = len(features.words)
    norms = row_norms(input[: features.rows - (features.missing >= 0)])
    if words:
        norms[0] = np.inf
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
