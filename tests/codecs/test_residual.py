"""Residual bits: the formula, fewer errors with more bits, and more kept than by as many bits of one level."""

import numpy as np
import pytest
from codec_variants import vectors

from wordvec import search
from wordvec.base.errors import OptionError
from wordvec.codecs import encode


def error(matrix, **options):
    decoded = np.asarray(encode(matrix, "residual-bits", **options))
    return float(np.square(decoded - matrix).sum() / np.square(matrix).sum())


def test_the_codes_are_those_of_the_formula():
    matrix = vectors(rows=60)
    encoded = encode(matrix, "residual-bits", m=12, bits=3)
    np.testing.assert_allclose(encoded.basis @ encoded.basis.T, np.eye(12), atol=1e-5)
    turned = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)) @ encoded.basis.T
    twin = np.zeros_like(turned)
    scales, bits = np.empty((60, 3)), np.unpackbits(encoded.codes, axis=2, count=12, bitorder="little")
    for level in range(3):
        left = turned - twin
        signs = np.where(left < 0, -1, 1)
        np.testing.assert_array_equal(np.where(bits[0, level, :, :60].T, 1, -1), signs)
        scales[:, level] = np.abs(left).mean(axis=1)
        twin += signs * scales[:, level, None]
    lengths = np.linalg.norm(twin, axis=1, keepdims=True)
    np.testing.assert_allclose(encoded.scales[0, :, :60].T, scales / lengths, rtol=2e-3)
    np.testing.assert_allclose(np.asarray(encoded) / encoded.norms[:, None], twin / lengths @ encoded.basis, atol=2e-3)


def test_errors_fall_with_bits_and_axes_and_the_rotation_is_learned():
    rng = np.random.default_rng(0)
    matrix = (rng.standard_normal((2000, 48)) * 0.9 ** np.arange(48)).astype(np.float32)
    by_bits = [error(matrix, m=24, bits=bits) for bits in (1, 2, 4, 8)]
    assert by_bits == sorted(by_bits, reverse=True) and by_bits[-1] < 0.3 * by_bits[0]
    by_axes = [error(matrix, m=m, bits=8) for m in (6, 12, 24, 48)]
    assert by_axes == sorted(by_axes, reverse=True) and by_axes[-1] < 0.01
    assert error(matrix, m="d/2", bits=2) < error(matrix, m=48, bits=1)  # the same bytes


def test_a_scan_of_whole_numbers_misses_no_row():
    """What is found is the best of all rows, though a scan knows scores no better than its rounding allows."""
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((5000, 60)).astype(np.float32)
    encoded = encode(matrix, "residual-bits", m=40, bits=3)
    decoded, asked = np.asarray(encoded), rng.standard_normal((40, 60)) * 0.8 ** np.arange(60)  # one number rules
    rows, scores = search.nearest(encoded, asked, 10)
    twin, exact = search.nearest(decoded, asked, 10)
    np.testing.assert_array_equal(rows, twin)
    np.testing.assert_allclose(scores, exact, atol=2e-7)


@pytest.mark.parametrize("options", [{"m": 31}, {"m": "d/0"}, {"m": True}, {"bits": 0}, {"bits": 9}])
def test_options_out_of_bounds(options):
    with pytest.raises(OptionError, match=next(iter(options)) + " must be"):
        encode(vectors(rows=20), "residual-bits", **options)
