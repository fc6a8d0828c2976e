"""Every codec with options to test it by, rows like those of words, and what a search should score."""

import json

import numpy as np
import pytest

from wordvec._kernels import simd
from wordvec.codecs import encode, open_rows

VARIANTS = {
    "float16": {},
    "bfloat16": {},
    "int8": {},
    "pq": {"m": "d/2"},
    "pq opq": {"m": "d/4", "opq": True},
    "residual-bits": {"m": "d/2", "bits": 4},
    "bits": {"candidates": 200},
    "bits float32": {"rescore": "float32", "candidates": 200},
    "bits alone": {"rescore": None, "candidates": 200},
    "bits plain": {"rescore": "float16", "rotate": False, "center": False, "candidates": 200},
}
every_codec = pytest.mark.parametrize("variant", VARIANTS)
EXACT = ["float16", "bfloat16", "int8", "pq", "pq opq", "residual-bits"]  # what a search finds is proven
LEVELS = range(len(simd.NAMES))


def vectors(seed=0, rows=500, dim=30):
    """Rows in groups, as those of words are, with duplicates, multiples and zero rows."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, dim))
    matrix = (0.5 + centres[rng.integers(0, 40, rows)] + 0.5 * rng.standard_normal((rows, dim))).astype(np.float32)
    matrix *= rng.uniform(0.3, 3, (rows, 1)).astype(np.float32)
    if rows >= 500:
        matrix[100:220] = matrix[3]  # more duplicates than spare candidates
        matrix[250:260] = 4 * matrix[7]
        matrix[300:310] = 0
    return matrix


def made(variant, matrix, **options):
    name = variant.split()[0]
    return encode(matrix, name, **{**VARIANTS[variant], **options})


def reopened(encoded):
    """As from a file: arrays that cannot be written to, a config that was JSON."""
    tensors = {name: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape) for name, a in encoded.tensors().items()}
    return open_rows(encoded.name, tensors, json.loads(json.dumps(encoded.config())))


def scores_of(encoded, query):
    """What a search scores: cosines of decoded rows, or the estimates of bits alone; NaN for zero rows."""
    unit = np.asarray(query, np.float64) / np.linalg.norm(query)
    wide = np.asarray(encoded).astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1)
    if encoded.name == "bits" and encoded.inner is None:
        lengths = np.where(lengths > 0, encoded.norms.astype(np.float64), 0)
    with np.errstate(all="ignore"):
        return np.clip(wide @ unit / lengths, -1, 1)
