"""Rounding and scans of codecs on every level of instructions; neighbours that they keep."""

import numpy as np
import pytest
from codec_variants import EXACT, LEVELS, made, scores_of, vectors

from wordvec import search
from wordvec._kernels import codes as kernel
from wordvec.base.errors import OptionError
from wordvec.codecs import base, encode
from wordvec.rows.norms import row_norms


@pytest.mark.parametrize("level", LEVELS)
def test_halves_are_those_of_numpy(level):
    every = np.arange(1 << 16, dtype=np.uint16)
    wide = np.empty((1, 1 << 16), np.float32)
    kernel.widen(kernel.FLOAT16, every[None].view(np.uint8), base.NONE, wide, level)
    np.testing.assert_array_equal(wide[0], every.view(np.float16).astype(np.float32))
    kernel.widen(kernel.BFLOAT16, every[None].view(np.uint8), base.NONE, wide, level)
    np.testing.assert_array_equal(wide[0].view(np.uint32), every.astype(np.uint32) << 16)


def test_rounding_is_to_the_nearest():
    matrix = np.random.default_rng(0).standard_normal((200, 33)).astype(np.float32)
    for name, step in (("float16", 2.0**-11), ("bfloat16", 2.0**-8)):
        decoded = np.asarray(encode(matrix, name))
        assert (np.abs(decoded - matrix) <= step * np.abs(matrix)).all()
        assert (np.asarray(encode(decoded, name)) == decoded).all()
    ties = np.array([[1 + 2**-8, 1 + 3 * 2**-8, -(1 + 2**-8), 3.38e38]], np.float32)
    assert np.asarray(encode(ties, "bfloat16", norms=np.ones(1, np.float32)))[0, :3].tolist() == [1, 1 + 2**-6, -1]
    with pytest.raises(OptionError, match="row 0"):
        encode(np.array([[3.4e38]], np.float32), "bfloat16")
    assert np.asarray(encode(np.array([[65504.0]]), "float16"))[0, 0] == 65504


def test_int8_is_within_half_a_step_and_stable():
    matrix = vectors(12, 400, 33)
    matrix[5] *= 1e-37
    matrix[6] = 1e-44
    matrix[7] = np.linspace(-5e37, 5e37, 33)
    encoded = encode(matrix, "int8")
    decoded = np.asarray(encoded)
    assert (np.abs(decoded - matrix) <= encoded.scales[:, None] / 2 * (1 + 1e-6)).all()
    largest = np.abs(matrix).max(axis=1)
    good = largest > 1e-30
    np.testing.assert_allclose(encoded.scales[good], largest[good] / 127, rtol=2**-16)
    assert (np.abs(encoded.codes[good]).max(axis=1) == 127).all() and encode(np.zeros((1, 2)), "int8").scales[0] == 1
    again = encode(decoded, "int8")
    kept = np.arange(400) != 6
    assert (again.codes == encoded.codes)[kept].all() and (again.scales == encoded.scales)[kept].all()
    whole = np.array([[127, -5, 64, 0], [-127, 1, 2, 3]], np.float32)
    np.testing.assert_array_equal(np.asarray(encode(whole, "int8")), whole)


@pytest.mark.parametrize("variant", EXACT)
@pytest.mark.parametrize("dim", [1, 2, 7, 8, 15, 16, 31, 33, 64, 100, 300, 301])
def test_scans_are_decode_then_dot_on_every_machine(variant, dim):
    matrix = np.random.default_rng(dim).standard_normal((70, dim)).astype(np.float32)
    encoded = made(variant, matrix)
    query = np.random.default_rng(1).standard_normal((1, dim))
    unit = (query / np.linalg.norm(query)).astype(np.float32)
    queries, numbers = encoded._prepare(unit)
    true = scores_of(encoded, query[0])
    for level in LEVELS:
        out = np.full(70, 9, np.float32)
        arrays = encoded._bytes, encoded._factors, queries[0], numbers[0]
        kernel.estimate(encoded.scan, *arrays, encoded._size, encoded._levels, 0, out, level)
        np.testing.assert_allclose(out, true, rtol=0, atol=encoded.slack() + 1e-7)
        np.testing.assert_allclose(out, true, rtol=0, atol=2e-4)


@pytest.mark.parametrize("dim", [1, 7, 8, 63, 64, 65, 300, 512, 513, 1100])
def test_bit_scans_are_those_of_a_rounded_query_on_every_machine(dim):
    matrix = np.random.default_rng(dim).standard_normal((70, dim)).astype(np.float32)
    matrix[11] = 0
    encoded = encode(matrix, "bits", rescore=None)
    query = np.random.default_rng(1).standard_normal(dim)
    unit = (query / np.linalg.norm(query)).astype(np.float32)
    queries, numbers = encoded._prepare(unit[None])
    turned = encoded.rotation.astype(np.float64) @ unit
    triples = np.add.reduceat(np.abs(turned), np.arange(0, dim, 24))
    whole = np.rint(turned / max(triples.max() / 243, triples.sum() / (65535 - dim / 2)))
    assert np.add.reduceat(np.abs(whole), np.arange(0, dim, 24)).max() <= 255
    rounded = whole * (turned @ whole) / (whole @ whole)
    signs = encoded._signs(np.arange(70)).astype(np.float64)
    with np.errstate(all="ignore"):
        twin = encoded.mean @ unit + signs @ rounded / dim**0.5 / encoded._factors
    twin[11] = np.nan
    for level in LEVELS:
        out = np.empty(70, np.float32)
        arrays = (encoded._bytes, encoded._factors, queries[0], numbers[0])
        kernel.estimate(kernel.BITS, *arrays, encoded._size, encoded._levels, 0, out, level)
        np.testing.assert_allclose(out, twin, rtol=1e-4, atol=1e-4)


def test_estimates_of_bits_are_unbiased():
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((5000, 96)).astype(np.float32) + np.float32(0.4)
    other = matrix[rng.permutation(5000)] + matrix  # pairs that have something in common
    for center in (True, False):
        encoded = encode(matrix, "bits", rescore=None, center=center)
        errors = []
        for row, query in enumerate(other):
            if row % 5 == 0:
                unit = query.astype(np.float64) / np.linalg.norm(query)
                errors.append(encoded.cosines(np.array([row]), unit)[0] - matrix[row] @ unit / encoded.norms[row])
        assert abs(np.mean(errors)) < 3 * np.std(errors) / len(errors) ** 0.5
        assert np.std(errors) < 0.75 / 96**0.5
    unit = other[0] / np.linalg.norm(other[0])
    product = encoded[np.arange(50)].astype(np.float64) @ unit
    np.testing.assert_allclose(
        product / encoded.norms[:50], encoded.cosines(np.arange(50), unit.astype(float)), atol=1e-5
    )


@pytest.mark.parametrize(
    ("variant", "least"),
    [("float16", 0.999), ("bfloat16", 0.98), ("int8", 0.97), ("pq opq", 0.75), ("bits", 0.9), ("bits alone", 0.3)],
)
def test_neighbours_are_kept(variant, least):
    rng = np.random.default_rng(20)
    latent = rng.standard_normal((6000, 40)) @ rng.standard_normal((40, 100))
    matrix = (latent + rng.standard_normal((6000, 100)) + 2).astype(np.float32)
    norms, asked = row_norms(matrix), matrix[:100]
    true, found = (
        search.nearest(m, asked, 11, norms=norms)[0][:, 1:] for m in (matrix, made(variant, matrix, norms=norms))
    )
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(true.tolist(), found.tolist())]) >= least


@pytest.mark.parametrize("name", ["float16", "bfloat16", "int8"])
def test_cosines_of_some_rows_are_those_of_decoded_rows(name):
    rng = np.random.default_rng(9)
    for dim in (1, 15, 16, 33, 300):
        encoded = encode(rng.standard_normal((40, dim)).astype(np.float32), name)
        rows, unit = np.array([39, 0, 7, 7]), np.full(dim, dim**-0.5)
        decoded = encoded[rows].astype(np.float64)
        twin = decoded @ unit / np.linalg.norm(decoded, axis=1)
        scales = getattr(encoded, "scales", base.NONE)
        for level in LEVELS:
            out, other = np.empty(4), np.empty(4)
            kernel.cosines_at(encoded.scan, encoded._bytes, scales, rows, unit, out, level)
            kernel.cosines(encoded[rows], unit, other, level)
            np.testing.assert_allclose(out, twin, atol=1e-14)
            np.testing.assert_array_equal(out, other)
        for row in (-1, 40):
            with pytest.raises(IndexError, match="below 40"):
                encoded.cosines(np.array([row]), unit)


def test_bits_of_64_rows_stand_together():
    matrix = np.random.default_rng(4).standard_normal((70, 9)).astype(np.float32)
    encoded = encode(matrix, "bits", rescore=None, rotate=False, center=False)
    bits = np.packbits(matrix >= 0, axis=1, bitorder="little")
    assert encoded.codes.shape == (2, 2, 64) and not encoded.codes[1, :, 6:].any()
    np.testing.assert_array_equal(encoded.codes.transpose(0, 2, 1).reshape(128, 2)[:70], bits)


@pytest.mark.parametrize("variant", EXACT)
def test_rows_without_direction_have_no_score(variant):
    matrix = vectors(13, 70, 16)
    matrix[[4, 69]] = 0
    encoded = made(variant, matrix)
    estimates = encoded.estimates(matrix[0] / np.linalg.norm(matrix[0]), 0, 70)
    assert np.flatnonzero(np.isnan(estimates)).tolist() == [4, 69]
