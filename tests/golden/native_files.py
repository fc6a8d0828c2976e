"""A small native file, its header, and the file with another header."""

import json

import numpy as np

from wordvec.vectors import KeyedVectors

WORDS = ["the", "naïve", "a b", "\udcff", "日本", "\n", "x"]


def toy(dim=5, context=True, scale=1.0):
    rng = np.random.default_rng(1)
    matrix = (rng.standard_normal((len(WORDS), dim)) * scale).astype(np.float32)
    matrix[3] = 0
    return KeyedVectors(
        WORDS,
        matrix,
        counts=range(len(WORDS), 0, -1),
        metadata={"trainer": "toy", "loss": [0.5, 0.25], "name": "é"},
        context=matrix[:4] * 2 if context else None,
    )


def header_of(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size]), size, data


def rewrite(path, change):
    """The file with a header changed as text or as a dict; the tensors stay where they are."""
    entries, size, data = header_of(path)
    text = change(entries)
    if text is None:
        text = json.dumps(entries)
    encoded = text.encode() if isinstance(text, str) else text
    path.write_bytes(data[:8] + encoded.ljust(size) + data[8 + size :])
