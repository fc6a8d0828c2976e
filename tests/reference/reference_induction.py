"""Slow twins of induction: selective training with one noise word, and the form-context model with its loss."""

import numpy as np


def logistic(x):
    return 1 / (1 + np.exp(-x))


def selective(row, contexts, noise, output, alphas, negative, group=6):
    """A row after passes over its context words, where `noise` is the only noise word; `alphas` has one for each pass.

    The contexts of a pass come in groups, whose steps are computed from the same row. The noise word weighs
    `negative` for each of the contexts, but nothing for one that is itself.
    """
    row = np.asarray(row, np.float64).copy()
    for alpha, words in zip(alphas, contexts, strict=True):
        for first in range(0, len(words), group):
            step = np.zeros_like(row)
            for word in words[first : first + group]:
                step += (1 - logistic(row @ output[word])) * output[word]
                if word != noise:
                    step -= negative * logistic(row @ output[noise]) * output[noise]
            row += alpha * step
    return row


def form_context(forms, has_form, means, known, matrix, weights, bias):
    """The vectors of words, one after another, from the mean of their n-grams and that of their context vectors."""
    vectors = []
    for form, is_formed, mean, is_known in zip(forms, has_form, means, known, strict=True):
        gate = logistic(weights @ np.concatenate([mean, form]) + bias)
        if not is_known:
            gate = 0.0
        elif not is_formed:
            gate = 1.0
        vectors.append(gate * (matrix @ mean) + (1 - gate) * form)
    return np.array(vectors)
