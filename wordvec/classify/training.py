"""Training of a classifier: the rows that occur, and gradient descent on them and on the output rows of labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import classify as kernel
from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.simd import simd_level
from wordvec.base.version import __version__
from wordvec.classify.documents import Documents
from wordvec.classify.features import Features
from wordvec.classify.options import ClassifierOptions
from wordvec.classify.parts import ClassifierParts
from wordvec.optim.callbacks import Callback
from wordvec.optim.checkpoints import Checkpoints, begun
from wordvec.optim.descent import aligned_matrix, check_finite, descend, put
from wordvec.optim.epochs import Runs
from wordvec.trainers.base import fingerprint_of, fingerprint_of_bytes
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary
from wordvec.vocabulary.huffman import huffman

Floats = NDArray[np.float32]


def features_of(documents: Documents, options: ClassifierOptions, init: KeyedVectors | None = None) -> Features:
    """The features: words that occur often enough, words of `init`, and n-grams that occur."""
    counts = documents.types.counts
    assert counts is not None
    frequent = 1 + int((counts[1:] >= options.min_count).sum()) if len(counts) else 0
    words = documents.types.take(slice(0, frequent))
    if init is not None:
        assert words.counts is not None
        new = [word for word in init.vocabulary if word not in words]
        if len(new) == len(init):
            raise OptionError(
                f"init must have words of the texts; none of its {len(new):,} is among their {len(words):,} words: "
                "look whether both are lower-cased and cut in the same way"
            )
        words = Vocabulary.from_words([*words, *new], [*words.counts.tolist(), *[0] * len(new)])
        frequent = len(words)
    features = Features(
        words,
        options.bucket if options.is_hashed else 0,
        options.min_n,
        options.max_n,
        options.word_ngrams,
        tuple(options.byte_lengths),
        options.label_prefix,
    )
    if not options.is_hashed:
        return features
    flags = np.zeros(features.bucket, np.uint8)
    if features.max_n:
        rows = _types(features, documents)[1]
        flags[rows[rows >= frequent] - frequent] = 1
    _bags(features, documents).mark(flags)
    return replace(features, kept=np.flatnonzero(flags).astype(np.int32))


def learned(
    documents: Documents,
    options: ClassifierOptions,
    init: KeyedVectors | None = None,
    progress: bool = False,
    checkpoints: Checkpoints | None = None,
    callbacks: Iterable[Callback] = (),
) -> ClassifierParts:
    """The parts of a classifier that has learned from documents."""
    features = features_of(documents, options, init)
    with begun(checkpoints, lambda: identity(documents, options, init)):
        input, output, losses = fit(
            documents, features, options, progress=progress, init=init, checkpoints=checkpoints, callbacks=callbacks
        )
    lines = {"texts": len(documents.offsets) - 1, "unlabelled": documents.unlabelled}
    metadata = {
        "options": options.recorded(),
        "library": f"wordvec {__version__}",
        "corpus": {**lines, "units": int(documents.offsets[-1])},
        "loss": losses,
    }
    return ClassifierParts(options, features, documents.labels, input, output, metadata)


def fit(
    documents: Documents,
    features: Features,
    options: ClassifierOptions,
    start: tuple[Any, Floats] | None = None,
    progress: bool = False,
    init: KeyedVectors | None = None,
    checkpoints: Checkpoints | None = None,
    callbacks: Iterable[Callback] = (),
) -> tuple[Floats, Floats, list[float | None]]:
    """(input rows [R, D], output rows [K, D], the mean loss of each epoch); training starts from `start`, if given.

    The rows of words that `init` has start at their vectors there.

    Exact gradients of the mean of a line's rows: each row gets 1 / their number of the error. Input rows start uniform
    in +-1 / vector_size and outputs at zero, as in fastText.
    """
    outputs = len(documents.labels) - (options.loss == "hs")
    input, output = (aligned_matrix(rows, options.vector_size) for rows in (features.rows, outputs))
    if start is None:
        _start(input[: features.rows - (features.missing >= 0)], options, features.words, init)
    else:
        input[:], output[:] = start
    tree = huffman_of(documents.labels, options.loss)
    chunks, bags = documents.chunks(), _bags(features, documents)
    if (room := bags.room()[0]) == 0:
        raise CorpusError("texts must have something to learn from; none has a word or n-gram")
    level, loss = simd_level(), kernel.LOSSES[options.loss]

    def step(part: slice, runs: Runs) -> None:
        kernel.train(
            bags,
            documents.label_offsets,
            documents.label_ids,
            *tree,
            chunks[part.start : part.stop + 1],
            runs.alphas[part],
            runs.losses[part],
            runs.targets[part],
            runs.stop,
            input,
            output,
            loss=loss,
            room=room,
            weights=documents.weights,
            level=level,
        )

    losses = descend(
        step,
        documents.offsets[chunks],
        epochs=options.epochs,
        alpha=options.alpha,
        min_alpha=options.min_alpha,
        seed=options.seed,
        workers=options.threads,
        ceiling=20 * log(2) * (1 + len(documents.labels)),
        vectors=lambda: None,  # type: ignore[arg-type, return-value]  # no callback looks at them
        callbacks=callbacks,
        progress=progress,
        unit="bytes" if features.byte_lengths else "words",
        state={"input": input, "output": output},
        checkpoints=checkpoints,
    )
    for matrix in (input, output):
        check_finite(matrix, options.alpha)
    return input, output, losses


def identity(documents: Documents, options: ClassifierOptions, init: KeyedVectors | None) -> dict[str, Any]:
    """What must be the same where a run goes on from a checkpoint."""
    texts = (documents.offsets, documents.ids, documents.types.data, documents.types.offsets, documents.text)
    labels = (documents.label_offsets, documents.label_ids, documents.labels.data, documents.weights)
    return {
        "trainer": "classifier",
        "options": options.recorded() | {"workers": options.threads},
        "texts": fingerprint_of_bytes(*texts, *labels),
        "init": None if init is None else fingerprint_of(init),
    }


def _start(rows: Floats, options: ClassifierOptions, words: Vocabulary, init: KeyedVectors | None) -> None:
    """Random rows, uniform in +-1 / vector_size; words of `init` start at their vectors."""
    rng = np.random.default_rng(options.seed)
    for first in range(0, len(rows), 4096):
        part = rows[first : first + 4096]
        part[:] = (2 * rng.random(part.shape, np.float32) - 1) / options.vector_size
    if init is not None:
        put(rows, init.vectors, init.vocabulary.ids(words))


def huffman_of(labels: Vocabulary, loss: str) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]]:
    """The paths of labels in the Huffman tree; unused arrays for other losses."""
    if loss != "hs":
        return np.zeros(1, np.int64), np.zeros(1, np.int32), np.zeros(1, np.uint8)
    assert labels.counts is not None
    return huffman(np.array(labels.counts))


def _types(features: Features, documents: Documents) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    return features.types(documents.types.data, documents.types.offsets)


def _bags(features: Features, documents: Documents) -> kernel.Bags:
    if features.byte_lengths:
        return features.bags(documents.offsets, text=documents.text)
    return features.bags(documents.offsets, documents.ids, _types(features, documents))
