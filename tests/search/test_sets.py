"""Sets as queries follow their formulas; encodings of sets estimate what they stand for."""

import numpy as np
import pytest

from wordvec.base.errors import OptionError
from wordvec.rows.norms import row_norms
from wordvec.search import sets


@pytest.fixture(scope="module")
def planted():
    """Random rows with duplicates and zero rows; and their norms."""
    matrix = np.random.default_rng(0).standard_normal((300, 10)).astype(np.float32)
    matrix[100:130], matrix[200:205], matrix[6, 1] = 2 * matrix[3], 0, np.nan
    return matrix, row_norms(matrix)


def similarity(row, members, agg):
    wide = np.asarray(members, np.float64)
    cosines = wide @ row / np.linalg.norm(wide, axis=1) / np.linalg.norm(row)
    return getattr(cosines, agg)()


@pytest.mark.parametrize("agg", ["mean", "max", "min"])
def test_rows_near_to_some_sets_and_far_from_others(planted, agg, monkeypatch):
    monkeypatch.setattr("wordvec.search.tables.COLUMNS", 64)
    matrix, norms = planted
    rng = np.random.default_rng(1)
    sets_of = [rng.standard_normal((n, 10)) for n in (1, 4, 3)]
    cases = [
        ([sets_of[0], sets_of[1]], [sets_of[2]]),
        (sets_of[1], ()),
        ((), sets_of[1]),
        (sets_of[1].tolist(), [sets_of[0].tolist(), sets_of[2]]),
        ([matrix[3:4].astype(np.float64)], ()),
    ]
    for include, exclude in cases:
        rows, scores = sets.nearest_to_set(
            matrix, include, exclude, 9, norms=norms, agg=agg, without=[3, 17, 101], start=2, stop=280
        )
        several = [
            [np.asarray(given)] if len(given) and np.ndim(given[0]) == 1 else given for given in (include, exclude)
        ]
        value = {
            i: sum(similarity(matrix[i].astype(np.float64), s, agg) for s in several[0])
            - sum(similarity(matrix[i].astype(np.float64), s, agg) for s in several[1])
            for i in range(2, 280)
            if i not in (3, 6, 17, 101, *range(200, 205))
        }
        best = sorted(value, key=lambda i: (-round(value[i], 12), i))[:9]
        assert rows.tolist() == best
        np.testing.assert_allclose(scores, [value[i] for i in best], atol=1e-12)


def test_sets_within_some_rows(planted):
    matrix, norms = planted
    for agg in ("mean", "max", "min"):
        rows, scores = sets.nearest_to_set(matrix, matrix[:3], k=9, norms=norms, agg=agg, within=[0, 6, 50, 200])
        assert sorted(rows.tolist()) == [0, 50] and (np.diff(scores) <= 0).all()
        assert sets.nearest_to_set(matrix, matrix[:3], k=0, norms=norms, agg=agg)[0].shape == (0,)
        assert sets.nearest_to_set(matrix, matrix[:3], k=2, norms=norms, agg=agg, within=[])[0].shape == (0,)


@pytest.mark.parametrize(
    ("include", "exclude", "options", "problem"),
    [
        ((), (), {}, "got neither"),
        ([np.empty((0, 10))], (), {}, "a set must hold at least one vector"),
        (np.ones((1, 9)), (), {}, "must have 10 numbers"),
        (np.zeros((1, 10)), (), {}, "other than zero"),
        (np.ones((1, 10)), np.ones((2, 10)), {}, "must not cancel out"),
        (np.ones((1, 10)), (), {"agg": "median"}, "mean, max, min; got 'median'"),
    ],
)
def test_bad_sets(planted, include, exclude, options, problem):
    with pytest.raises(OptionError, match=problem):
        sets.nearest_to_set(planted[0], include, exclude, 3, norms=planted[1], **options)


# Encodings


def related(rng, count, dim=24):
    """Sets of clustered unit vectors, and for each a query whose members are near to some of its vectors."""
    documents, queries = [], []
    for _ in range(count):
        centres = rng.standard_normal((4, dim))
        points = centres[rng.integers(0, 4, rng.integers(4, 12))] + 0.25 * rng.standard_normal((1, dim))
        asked = centres[rng.integers(0, 4, rng.integers(2, 6))]
        asked = points[rng.integers(0, len(points), len(asked))] + 0.2 * rng.standard_normal((len(asked), dim))
        documents.append(points / np.linalg.norm(points, axis=1)[:, None])
        queries.append(asked / np.linalg.norm(asked, axis=1)[:, None])
    return queries, documents


@pytest.mark.parametrize("options", [{"projection": None}, {"projection": 16}, {"projection": None, "final": 8192}])
def test_products_of_encodings_estimate_chamfer(options):
    queries, documents = related(np.random.default_rng(2), 50)
    encoder = sets.SetEncoder(dim=24, repetitions=40, bits=6, seed=3, **options)
    estimates = (encoder.query(queries) * encoder.document(documents)).sum(axis=1)
    exact = np.array([sets.chamfer(q, d) for q, d in zip(queries, documents, strict=True)])
    assert abs(estimates / exact - 1).mean() < 0.15
    assert abs(estimates.mean() / exact.mean() - 1) < 0.15


def test_an_encoding_is_its_definition():
    rng = np.random.default_rng(4)
    points, encoder = (
        rng.standard_normal((3, 5)),
        sets.SetEncoder(dim=5, repetitions=2, bits=3, projection=None, seed=9),
    )
    query, document = encoder.query([points])[0], encoder.document([points])[0]
    for r in range(2):
        planes = np.random.Generator(np.random.PCG64(np.random.SeedSequence(9, spawn_key=(r,)))).standard_normal((5, 3))
        signs = points @ planes > 0
        for region in range(8):
            bits = np.array([region >> i & 1 for i in range(3)], bool)
            here = (signs == bits).all(axis=1)
            block = slice((r * 8 + region) * 5, (r * 8 + region + 1) * 5)
            mean = points[here].mean(axis=0) if here.any() else points[(signs != bits).sum(axis=1).argmin()]
            np.testing.assert_allclose(query[block] * 2**0.5, points[here].sum(axis=0), atol=1e-6)
            np.testing.assert_allclose(document[block] * 2**0.5, mean, atol=1e-6)


def test_the_same_seed_and_any_order_give_the_same_encoding():
    rng = np.random.default_rng(5)
    points = [rng.standard_normal((7, 12)) for _ in range(300)]  # more than are encoded at a time
    encoder, again, other = (sets.SetEncoder(dim=12, repetitions=5, seed=seed, final=500) for seed in (1, 1, 2))
    shuffled = [rng.permutation(some) for some in points]
    assert encoder.size == 500 and encoder == again
    assert np.array_equal(encoder.query(points), again.query(shuffled))
    assert not np.array_equal(encoder.query(points), other.query(points))
    assert np.array_equal(encoder.query(points)[123:124], encoder.query(points[123:124]))
    assert np.array_equal(encoder.document(points), again.document(shuffled))


def test_without_bits_there_is_one_region():
    encoder = sets.SetEncoder(dim=3, repetitions=1, bits=0, projection=None)
    points = np.array([[1.0, 2, 3], [3, 2, 1]])
    assert encoder.query([points]).tolist() == [[4, 4, 4]] and encoder.document([points]).tolist() == [[2, 2, 2]]
    assert encoder.query([]).shape == (0, 3)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda e: e.query([np.ones((2, 4)), np.empty((0, 4))]), "set 1 is empty"),
        (lambda e: e.document([[]]), "set 0 is empty"),
        (lambda e: e.query([np.ones((2, 5))]), r"shape \[n, 4\]; set 0 is \(2, 5\)"),
        (lambda e: e.query([np.ones(4)]), r"set 0 is \(4,\)"),
        (lambda e: e.query([np.full((1, 4), np.nan)]), "holds NaN or inf"),
        (lambda e: sets.SetEncoder(dim=4, bits=31), "bits must be a whole number from 0 to 20; got 31"),
        (lambda e: sets.SetEncoder(dim=0), "dim must be"),
        (lambda e: sets.SetEncoder(dim=4, repetitions=60_000, bits=20), "must be at most"),
        (lambda e: sets.chamfer([[1]], []), "at least one vector"),
    ],
)
def test_bad_encodings(call, problem):
    with pytest.raises(OptionError, match=problem):
        call(sets.SetEncoder(dim=4))
