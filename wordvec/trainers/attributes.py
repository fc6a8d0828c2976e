"""AE and MUSAE (Rozemberczki, Allen and Sarkar 2021): nodes by the attributes that they meet on random walks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.logs import warn
from wordvec.corpus.subsampling import keep_thresholds
from wordvec.graphs.sampling import Sampling
from wordvec.optim.descent import aligned_matrix, check_finite
from wordvec.trainers.base import FitOptions
from wordvec.trainers.pairs import CENTRES, Pairs
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary


def learn_attributes(
    trainer: Pairs,
    nodes: Vocabulary,
    met: list[Any],
    attributes: Vocabulary,
    pairs: int,
    options: FitOptions,
    metadata: dict[str, Any],
) -> KeyedVectors:
    """The vectors of the nodes, which predict the attributes that they meet: `met`, csr_arrays [V, A] of weights.

    Each matrix has its own part of the dimensions. An epoch draws `pairs` pairs from each, by weight. Nodes that meet
    no attribute have zeros.
    """
    size = trainer.vector_size
    inputs, outputs = trainer._inputs(nodes, size, options), trainer._outputs(attributes, size, options)
    keep = keep_thresholds(np.ones(len(attributes), np.int64), 0.0)
    bounds, models = np.linspace(0, size, len(met) + 1).astype(int), []
    for weights, first, last in zip(met, bounds, bounds[1:]):
        input, output = _columns(inputs, first, last), _columns(outputs, first, last)
        indptr, indices = weights.indptr.astype(np.int64), weights.indices.astype(np.int32)
        input[np.diff(indptr) == 0] = 0
        sampling = Sampling(indptr, indices, weights.data, CENTRES, trainer.seed, float(pairs))
        models.append((sampling, trainer._tables(input, output, np.asarray(weights.sum(axis=0)), keep)))
    _warn_of_none(met, nodes)

    def vectors() -> KeyedVectors:
        parts = [[model[name] for _, model in models] for name in ("document_rows", "output")]
        rows, columns = (np.concatenate(part, axis=1) if len(part) > 1 else part[0] for part in parts)
        kept = KeyedVectors(attributes, columns) if options.keep_context else None
        return KeyedVectors(nodes, rows, metadata=metadata, contexts=kept)

    metadata["loss"] = trainer._descend(models, vectors, options)
    for _, model in models:
        check_finite(model["document_rows"], trainer.alpha)
    return vectors()


def _columns(table: NDArray[np.float32], first: int, last: int) -> NDArray[np.float32]:
    """Some columns of a table, as a table of its own."""
    if last - first == table.shape[1]:
        return table
    own = aligned_matrix(len(table), last - first)
    own[:] = table[:, first:last]
    return own


def _warn_of_none(met: list[Any], nodes: Vocabulary) -> None:
    """Warn where nodes meet no attribute at any distance."""
    none = sum(np.diff(weights.indptr) for weights in met) == 0
    if np.any(none):
        warn(
            f"{np.count_nonzero(none):,} of {len(nodes):,} nodes meet no attribute on any walk, such as "
            f"{nodes[int(np.argmax(none))]!r}; their vectors are zero: give longer walks or more nodes attributes"
        )
