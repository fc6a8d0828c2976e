"""Searches by tables of cosines among encoded rows: the same answers as among the rows that they decode to."""

from __future__ import annotations

import numpy as np
import pytest

from wordvec import search
from wordvec.base.errors import OptionError
from wordvec.codecs import encode
from wordvec.search.analogy import analogy, answers
from wordvec.search.cosmul import cosmul
from wordvec.search.hubness import hubness, nearest_csls, softmax_sums
from wordvec.search.scaling import nearest_scaled
from wordvec.search.sets import nearest_to_set
from wordvec.search.tables import Best

CODECS = {
    "float16": ("float16", {}),
    "bfloat16": ("bfloat16", {}),
    "int8": ("int8", {}),
    "pq": ("pq", {"m": 4}),
    "bits": ("bits", {}),
    "bits alone": ("bits", {"rescore": None}),
    "bits and float32": ("bits", {"rescore": "float32"}),
}


@pytest.fixture(params=CODECS.values(), ids=CODECS)
def pair(request):
    """(encoded, its norms, decoded, the norms of the decoded rows), row 7 of zeros."""
    rows = np.random.default_rng(3).standard_normal((400, 24)).astype(np.float32)
    rows[7] = 0
    codec, options = request.param
    matrix = encode(rows, codec, **options)
    decoded = np.asarray(matrix)
    return matrix, matrix.norms, decoded, np.sqrt(np.square(decoded).sum(axis=1))


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul", "pairdirection"])
def test_answers_are_those_of_the_decoded_rows(pair, method):
    matrix, norms, decoded, lengths = pair
    questions = np.random.default_rng(4).integers(8, 400, (200, 3))
    found = answers(matrix, questions, questions, norms=norms, method=method)
    np.testing.assert_array_equal(found, answers(decoded, questions, questions, norms=lengths, method=method))
    a, b, c = questions[:40].T
    rows, scores = analogy(matrix, a, b, c, 5, norms=norms, method=method)
    twin, exact = analogy(decoded, a, b, c, 5, norms=lengths, method=method)
    np.testing.assert_array_equal(rows, twin)
    np.testing.assert_allclose(scores, exact, atol=1e-12)


def test_products_sets_and_corrected_scores_are_those_of_the_decoded_rows(pair):
    matrix, norms, decoded, lengths = pair
    two, one = decoded[[20, 30]], decoded[[40]]
    penalty = np.random.default_rng(5).random(400) / 10
    calls = (
        lambda m, n: cosmul(m, two, one, 300, norms=n),
        lambda m, n: nearest_to_set(m, two, one, 300, norms=n, agg="max"),
        lambda m, n: nearest_csls(m, decoded[8:20], 9, norms=n, penalty=penalty),
    )
    for call in calls:
        (rows, scores), (twin, exact) = call(matrix, norms), call(decoded, lengths)
        np.testing.assert_array_equal(rows, twin)
        np.testing.assert_allclose(scores, exact, atol=1e-12)
    sums = softmax_sums(matrix, two, norms=norms)
    np.testing.assert_allclose(sums, softmax_sums(decoded, two, norms=lengths), atol=1e-3)


def test_lengths_are_those_of_the_decoded_rows(pair):
    matrix, _, _, lengths = pair
    np.testing.assert_allclose(matrix.lengths, lengths, rtol=1e-6)
    assert not matrix.lengths.flags.writeable


def test_what_encodes_gives_arrays_that_cannot_be_written(pair):
    for name, array in pair[0].tensors().items():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        assert not array.flags.writeable, name


def test_norms_that_were_given_may_be_changed_later():
    rows = np.random.default_rng(6).standard_normal((20, 4)).astype(np.float32)
    norms = np.sqrt(np.square(rows).sum(axis=1))
    matrix, before = encode(rows, "int8", norms), norms.copy()
    norms[:] = 0
    np.testing.assert_array_equal(matrix.norms, before)


def test_the_best_of_tiles_are_the_first_of_equals():
    scores = np.random.default_rng(7).integers(0, 50, 300_000).astype(np.float64)
    scores[::7] = np.nan
    best = Best(1000)
    for first in range(0, len(scores), 512):
        best.add(first, scores[first : first + 512])
    rows = np.flatnonzero(~np.isnan(scores))
    assert best.rows().tolist() == sorted(rows[np.lexsort((rows, -scores[rows]))[:1000]].tolist())


def bad_search(call):
    rows = np.eye(3, dtype=np.float32)
    with pytest.raises(OptionError) as info:
        call(rows, np.ones(3, np.float32))
    return str(info.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m, n: search.nearest(m, m[:1], 2.0, norms=n), "k must be a whole number; got 2.0"),
        (lambda m, n: search.nearest(m, m[:1], None, norms=n), "k must be a whole number; got None"),
        (lambda m, n: search.nearest(m, ["a"], 1, norms=n), "a query must be 3 numbers"),
        (lambda m, n: search.nearest(m, m[:1], 1, norms=n, min_score="x"), "min_score must be a number; got 'x'"),
        (lambda m, n: search.nearest(m, m[:1], 1, norms=n, within=[[1], [2, 0]]), "within must be row numbers"),
        (lambda m, n: search.cosines(m, m[0], norms=n[:2]), "norms must be one length for each of 3 rows"),
        (lambda m, n: search.rows_closer(m, m[0], 0, norms=n[:2]), "norms must be one length for each of 3 rows"),
        (lambda m, n: analogy(m, [0], [1], [2], 1, norms=np.ones(5)), "norms must be one length for each of 3 rows"),
    ],
)
def test_bad_arguments_are_option_errors(call, said):
    assert said in bad_search(call)


def test_what_to_leave_out_may_be_an_array_for_any_number_of_queries():
    rows = np.random.default_rng(9).standard_normal((5000, 4)).astype(np.float32)
    norms = np.sqrt(np.square(rows).sum(axis=1))
    found, _ = search.nearest(rows, rows, 1, norms=norms, exclude=np.arange(5000)[:, None])
    assert (found[:, 0] != np.arange(5000)).all()


def test_few_rows_samples_and_moments_are_those_of_the_decoded_rows(pair):
    matrix, norms, decoded, lengths = pair
    few = np.array([3, 50, 51, 52, 60, 70, 80, 90, 99])
    alone = getattr(matrix, "inner", 0) is None  # of which the scores are not those of what it decodes to
    calls = (
        lambda m, n: search.nearest(m, decoded[:40][lengths[:40] > 0], 3, norms=n, within=few),
        lambda m, n: (lambda found: (found.rows, found.counts))(hubness(m, norms=n, k=3, sample=200)),
        lambda m, n: nearest_scaled(m, decoded[8:20], 5, norms=n, method="mutual") if not alone else ([], []),
    )
    for call in calls:
        (rows, scores), (twin, exact) = call(matrix, norms), call(decoded, lengths)
        np.testing.assert_array_equal(rows, twin)
        np.testing.assert_allclose(scores, exact, atol=1e-4)  # a distance is a root of 1 - cosine


def test_few_rows_of_lengths_that_codes_change_are_all_scanned_rightly():
    rows = np.random.default_rng(10).standard_normal((20_000, 8)).astype(np.float32)
    matrix = encode(rows, "pq", m=2)
    decoded = np.asarray(matrix)
    few = np.arange(0, 20_000, 25)
    _, found = search.nearest(matrix, rows[:200], 40, norms=matrix.norms, within=few)
    lengths = np.sqrt(np.square(decoded).sum(axis=1))
    np.testing.assert_allclose(found, search.nearest(decoded, rows[:200], 40, norms=lengths, within=few)[1], atol=1e-9)
