"""Sentences of words whose spelling says of which of two topics they are, for trainers that share rows."""

import numpy as np

SMALL = {"vector_size": 12, "min_count": 1, "workers": 1, "epochs": 2}


def sentences():
    """Sentences of words of one of two topics, whose spelling says which."""
    rng = np.random.default_rng(0)
    words = [[f"berry{j}ish" for j in range(60)], [f"mount{j}ain" for j in range(60)]]
    return [[words[i % 2][j] for j in rng.integers(0, 60, 12)] for i in range(2500)]


def gap(vectors, words=None):
    """Mean cosine within the topics less that between them."""
    words = list(vectors.index_to_key) if words is None else words
    rows = np.array([vectors[word] for word in words])
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    topic = np.array([word[0] == "b" for word in words])
    cosine, same = unit @ unit.T, topic[:, None] == topic
    return cosine[same].mean() - cosine[~same].mean()
