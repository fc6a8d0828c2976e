"""A classifier with one hidden layer and dropout, learned by Adam: the probe of SentEval (Conneau and Kiela 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wordvec.evaluate.linear import Classifier

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

BATCH, RATE = 64, 1e-3
PASSES = 4  # over the examples in a round, which ends with a look at those that are held out
PATIENCE = 5  # rounds without a better accuracy on these, after which learning ends
_DEV = 10  # one example in so many is held out
_KEPT = (np.float32(0.9), np.float32(0.999))  # of the running means of gradients and of their squares


def with_hidden_layer(
    vectors: Floats, classes: Longs, *, hidden: int, dropout: float, max_iter: int, seed: int
) -> Classifier:
    """A classifier of classes [n] on vectors [n, D]: W2 sigmoid(drop(W1 x + b1)) + b2, then softmax.

    A tenth of the examples is held out; the weights are those with which most of it is right. `max_iter` limits the
    rounds of four passes over the others.
    """
    names, numbers = np.unique(classes, return_inverse=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(vectors))
    dev, rest = order[: len(order) // _DEV], order[len(order) // _DEV :]
    weights = [
        *_layer(rng, vectors.shape[1], hidden),
        *_layer(rng, hidden, len(names)),
    ]
    means, squares = ([np.zeros_like(w) for w in weights] for _ in range(2))
    best, best_right, last, steps = [w.copy() for w in weights], -1.0, 0, 0
    for epoch in range(max_iter):
        seen = np.concatenate([rng.permutation(rest) for _ in range(PASSES)])
        for some in np.array_split(seen, max(1, len(seen) // BATCH)):
            kept = (rng.random((len(some), hidden), np.float32) >= dropout).astype(np.float32) / np.float32(1 - dropout)
            gradients = _gradients(weights, vectors[some], numbers[some], kept)
            steps += 1
            rate = np.float32(RATE * np.sqrt(1 - 0.999**steps) / (1 - 0.9**steps))
            for w, g, mean, square in zip(weights, gradients, means, squares, strict=True):
                mean += (1 - _KEPT[0]) * (g - mean)
                square += (1 - _KEPT[1]) * (g * g - square)
                w -= rate * mean / (np.sqrt(square) + np.float32(1e-8))
        held = dev if len(dev) else rest
        right = float((_scores(weights, vectors[held]).argmax(1) == numbers[held]).mean())
        if right > best_right:
            best, best_right, last = [w.copy() for w in weights], right, epoch
        elif epoch - last >= PATIENCE:
            break
    return Classifier(lambda some: names[_scores(best, some).argmax(1)], epoch - last >= PATIENCE)


def _layer(rng: np.random.Generator, inputs: int, outputs: int) -> tuple[Floats, Floats]:
    """Weights [inputs, outputs] and offsets [outputs], uniform within 1 / sqrt(inputs)."""
    reach = inputs**-0.5
    weights = rng.uniform(-reach, reach, (inputs, outputs)).astype(np.float32)
    return weights, rng.uniform(-reach, reach, outputs).astype(np.float32)


def _sigmoid(x: Floats) -> Floats:
    result: Floats = 0.5 + 0.5 * np.tanh(0.5 * x)
    return result


def _scores(weights: list[Floats], vectors: Floats) -> Floats:
    scores: Floats = _sigmoid(vectors @ weights[0] + weights[1]) @ weights[2] + weights[3]
    return scores


def _gradients(weights: list[Floats], vectors: Floats, numbers: Longs, kept: Floats) -> list[Floats]:
    """The gradients of the mean cross entropy; `kept` [n, hidden] are 0 or 1 / (1 - dropout)."""
    inner = _sigmoid((vectors @ weights[0] + weights[1]) * kept)
    scores = inner @ weights[2] + weights[3]
    scores -= scores.max(1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(1, keepdims=True)
    chances[np.arange(len(numbers)), numbers] -= 1
    chances /= len(numbers)
    back = (chances @ weights[2].T) * inner * (1 - inner) * kept
    return [vectors.T @ back, back.sum(0), inner.T @ chances, chances.sum(0)]
