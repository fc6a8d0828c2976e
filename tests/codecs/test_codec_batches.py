"""Queries that meet encoded rows together find what each finds alone, on every level of instructions."""

import numpy as np
import pytest
from codec_variants import LEVELS, made, vectors
from reference_batches import alone, best_places, together

from wordvec import search
from wordvec._kernels import codes as kernel
from wordvec.codecs import PQ, Int8, encode
from wordvec.rows.norms import row_norms

VARIANTS = ["int8", "bits alone", "pq", "residual-bits"]


def check(encoded, asked, places, start=0, stop=None, level=-1):
    """That one scan of all queries finds what the scores of each say."""
    stop = len(encoded) if stop is None else stop
    units = search.unit_queries(asked, encoded.shape[1]).astype(np.float32)
    queries, numbers = encoded._prepare(units)
    twins = alone(encoded, queries, numbers, start, stop, level)
    found = together(encoded, queries, numbers, start, stop, places, level)
    for scores, best in zip(twins, found, strict=True):
        wanted = best_places(scores, encoded.norms[start:stop], places)
        wanted = {row + start: score for row, score in wanted.items()}
        if sorted(best) != sorted(wanted):  # scores of bits are rounded in another order for the last rows of a block
            assert encoded.name == "bits"
            np.testing.assert_allclose(sorted(best.values()), sorted(wanted.values()), atol=1e-6)
        for row in best.keys() & wanted.keys():
            assert best[row] == pytest.approx(wanted[row], abs=1e-6)


@pytest.mark.parametrize("dim", [1, 7, 64, 65, 300, 1024])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_batch_finds_what_each_query_finds(variant, dim):
    dim = 99 if (variant, dim) == ("residual-bits", 1024) else dim  # the axes of 1024 take seconds to find
    matrix = vectors(dim, 500, dim)  # with duplicates, multiples and rows of zeros
    options = {"pq": {"m": max(1, dim // 12)}, "bits alone": {"rotate": dim < 300}}
    encoded = made(variant, matrix, **options.get(variant, {}))
    asked = np.random.default_rng(1).standard_normal((65, dim))
    asked[:30] = matrix[:30]
    for level in LEVELS:
        for count in (1, 64) if dim == 1024 else (1, 3, 17, 63, 64, 65):
            check(encoded, asked[:count], 9, level=level)
        check(encoded, asked[:20], 30, start=3, stop=411, level=level)
        check(encoded, asked[:20], 30, start=499, level=level)


@pytest.mark.parametrize("variant", VARIANTS)
def test_more_blocks_than_one_and_more_places_than_rows(variant):
    rng = np.random.default_rng(5)
    matrix = rng.standard_normal((2500, 20)).astype(np.float32)
    matrix[1700:1800] = matrix[3]
    encoded = made(variant, matrix)
    for level in LEVELS:
        check(encoded, matrix[:12] + 1, 5, level=level)
        check(encoded, matrix[:12], 64, level=level)
        check(encoded, matrix[:12], 3000, level=level)


@pytest.mark.parametrize("variant", ["int8", "bits", "pq", "residual-bits"])
def test_a_search_of_many_is_that_of_each(variant):
    matrix = vectors(3, 900, 36)
    encoded = made(variant, matrix)
    asked = np.random.default_rng(2).standard_normal((66, 36)) + matrix[:66]
    options = {"exclude": [[0, 3, i] for i in range(66)], "within": np.arange(0, 900, 2), "min_score": 0.2}
    for settings in ({}, options):
        rows, scores = search.nearest(encoded, asked, 12, **settings)
        for i in range(66):
            one = {**settings, **({"exclude": [settings["exclude"][i]]} if settings else {})}
            row, score = search.nearest(encoded, asked[i : i + 1], 12, **one)
            np.testing.assert_array_equal(rows[i], row[0])
            np.testing.assert_array_equal(scores[i], score[0])


def test_many_dimensions_do_not_overflow():
    """Sums of signs must fit into 16 bits, whatever the dimensions; bytes have 32 bits."""
    rng = np.random.default_rng(6)
    for dim, variant in ((4400, "bits alone"), (70_000, "bits alone"), (70_000, "int8")):
        matrix = np.sign(rng.standard_normal((40, dim))).astype(np.float32)
        matrix[1] = -matrix[0]
        check(made(variant, matrix, **({"rotate": False} if variant == "bits alone" else {})), matrix[:9], 4)


def test_arrays_of_a_damaged_file_are_no_danger():
    rng = np.random.default_rng(7)
    codes, ones = rng.integers(-128, 128, (70, 40)).astype(np.int8), np.ones(70, np.float32)
    codes[5] = -128
    check(Int8(codes, ones, ones), rng.standard_normal((20, 40)), 8)
    norms = row_norms(rng.standard_normal((70, 40)).astype(np.float32))
    norms[[1, 2, 3]] = 0, np.nan, np.inf
    check(Int8(codes, ones, norms), rng.standard_normal((20, 40)), 8)
    encoded = made("pq", rng.standard_normal((70, 40)).astype(np.float32))
    books = encoded.codebook.copy()
    books[0, 0] = 3e38
    damaged = PQ(encoded.codes, books, encoded.norms, encoded._factors, 40, None)
    units = search.unit_queries(rng.standard_normal((20, 40)), 40).astype(np.float32)
    with np.errstate(all="ignore"):
        queries, numbers = damaged._prepare(units)
    together(damaged, queries, numbers, 0, 70, 8, -1)


def test_sums_of_a_damaged_file_wrap_alike_on_all_levels():
    """-128 in all of 2^17 numbers: the sum of their squares is beyond int32."""
    codes, ones = np.full((3, 1 << 17), -128, np.int8), np.ones(3, np.float32)
    codes[1] = 127
    encoded = Int8(codes, ones, ones)
    queries, numbers = encoded._prepare(np.full((1, 1 << 17), -(2**-8.5), np.float32))
    found = [alone(encoded, queries, numbers, 0, 3, level)[0] for level in LEVELS]
    assert all(scores[1] == pytest.approx(-1, abs=1e-3) and np.isnan(scores[[0, 2]]).all() for scores in found)


def test_a_search_of_random_rows_is_that_of_decoded_rows():
    matrix = np.random.default_rng(8).standard_normal((3000, 300)).astype(np.float32)
    encoded = encode(matrix, "int8")
    decoded = np.asarray(encoded)
    asked = matrix[:64] + 1
    rows, scores = search.nearest(encoded, asked, 10)
    twin, exact = search.nearest(decoded, asked, 10)
    np.testing.assert_array_equal(rows, twin)
    np.testing.assert_allclose(scores, exact, atol=1e-12)


def test_a_machine_that_lacks_a_feature_meets_batches_in_another_way():
    def levels(kind, *features):
        return [kernel.batch_level(kind, level, *features) for level in range(3)]

    if kernel.batch_level(kernel.INT8, 2) is None:
        pytest.skip("batches have kernels for x86-64 alone")
    every = True, True, True  # F16C, VNNI, VBMI
    assert levels(kernel.INT8, *every) == [None, 1, 2] and levels(kernel.INT8, True, False, True) == [None, 1, 1]
    assert levels(kernel.PQ, *every) == [None, None, 2] and levels(kernel.PQ, True, True, False) == [None] * 3
    assert levels(kernel.BITS, *every) == [0, 1, 2] and levels(kernel.BITS, False, False, False) == [0, 1, 1]
    assert levels(kernel.RESIDUAL, *every) == [0, 1, 2] and levels(kernel.RESIDUAL, False, True, True) == [0] * 3
    assert levels(kernel.FLOAT16, *every) == [None] * 3
