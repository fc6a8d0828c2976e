"""Transforms: what each step does to known matrices, to vectors from outside, and what files and users may not give."""

import json
import tracemalloc

import numpy as np
import pytest

from wordvec.base.errors import FormatError, OptionError
from wordvec.transforms import (
    ABTT,
    PCA,
    STEPS,
    Center,
    Multiply,
    Rotation,
    SIFScale,
    Standardize,
    Transforms,
    Truncate,
    Unit,
    Whiten,
)

COUNTS = np.arange(3_000, 0, -1)
ALL = [Center(), Standardize(), ABTT(2), PCA(5), Whiten(), Whiten(0.1), Rotation(), Rotation(counts=True), SIFScale()]
ALL += [Unit()]
every_step = pytest.mark.parametrize("step", [*ALL, Truncate(4)], ids=repr)


@pytest.fixture(scope="module")
def matrix():
    """Rows with a mean, correlated and of unequal variances, as those of words are."""
    rng = np.random.default_rng(3)
    mixed = rng.normal(size=(3_000, 12)) * np.geomspace(4, 0.1, 12) @ np.linalg.qr(rng.normal(size=(12, 12)))[0]
    return (mixed + rng.normal(size=12)).astype(np.float32)


def covariance(rows):
    return np.cov(rows.astype(np.float64), rowvar=False, bias=True)


def cosines(rows):
    wide = rows.astype(np.float64)
    units = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    return units @ units.T


# What each step does


def test_center_leaves_a_mean_of_zero(matrix):
    assert np.abs(Center().fit(matrix).apply(matrix).mean(axis=0)).max() < 1e-5


def test_standardize_leaves_variances_of_one(matrix):
    done = Standardize().fit(matrix).apply(matrix)
    assert np.allclose(done.std(axis=0), 1, atol=1e-4) and np.abs(done.mean(axis=0)).max() < 1e-4


def test_unit_gives_lengths_of_one(matrix):
    done = Unit().fit(matrix).apply(np.concatenate([matrix, np.zeros((1, 12), np.float32)]))
    assert np.allclose(np.linalg.norm(done[:-1], axis=1), 1, atol=1e-6) and not done[-1].any()


def test_multiply_may_lead_to_more_numbers_and_is_kept_in_files(matrix):
    given = np.arange(60).reshape(12, 5) / 7
    for factor in (given, np.concatenate([given] * 4, axis=1)):
        fitted = Transforms.fit([Multiply(factor), Unit()], matrix)
        again = Transforms.from_tensors(fitted.tensors(), json.loads(json.dumps(fitted.config())))
        direct = matrix @ factor
        assert np.allclose(again.apply(matrix), direct / np.linalg.norm(direct, axis=1, keepdims=True), atol=1e-5)
    for wrong in (given[:5], given[0], np.full((12, 2), np.inf), np.empty((12, 0))):
        with pytest.raises(OptionError, match="matrix must"):
            Multiply(wrong).fit(matrix)


@pytest.mark.parametrize("components", [0, 1, 3, 11])
def test_abtt_removes_the_first_components_and_nothing_else(matrix, components):
    done = ABTT(components).fit(matrix).apply(matrix)
    centred = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64)
    u, s, axes = np.linalg.svd(centred, full_matrices=False)
    s[:components] = 0
    assert np.allclose(done, u * s @ axes, atol=2e-5)
    assert np.abs(done @ axes[:components].T).max(initial=0) < 2e-5


@pytest.mark.parametrize(("dim", "components"), [(1, 0), (2, 1), (64, 1), (250, 2), (300, 3)])
def test_abtt_removes_a_hundredth_by_default(dim, components):
    fitted = ABTT().fit(np.random.default_rng(0).normal(size=(400, dim)))
    assert fitted.options == {"components": components}
    assert round(float(np.trace(fitted.matrix))) == dim - components


def test_whiten_gives_the_identity_as_covariance(matrix):
    assert np.abs(covariance(Whiten().fit(matrix).apply(matrix)) - np.eye(12)).max() < 1e-4


def test_whiten_with_eps_shrinks_small_variances(matrix):
    variances = np.linalg.eigvalsh(covariance(matrix))[::-1]
    done = covariance(Whiten(0.5).fit(matrix).apply(matrix))
    assert np.allclose(np.diag(done), variances / (variances + 0.5), atol=1e-4)


def test_pca_gives_uncorrelated_coordinates_of_falling_variance(matrix):
    done = PCA(5).fit(matrix).apply(matrix)
    variances = np.linalg.eigvalsh(covariance(matrix))[::-1]
    assert done.shape == (3_000, 5)
    assert np.allclose(covariance(done), np.diag(variances[:5]), atol=1e-3)


def test_rotation_keeps_cosines_and_its_prefix_is_the_best(matrix):
    done = Rotation().fit(matrix).apply(matrix)
    assert np.abs(cosines(done[:500]) - cosines(matrix[:500])).max() < 1e-5
    wide = matrix.astype(np.float64)
    tails = np.linalg.eigvalsh(wide.T @ wide)[::-1]
    for d in (1, 4, 11):
        lost = np.square(wide).sum() - np.square(done[:, :d].astype(np.float64)).sum()
        assert lost == pytest.approx(tails[d:].sum(), rel=1e-4)  # no other d dimensions lose less


def test_rotation_by_counts_is_that_of_repeated_rows():
    rows = np.random.default_rng(5).normal(size=(50, 4)).astype(np.float32)
    counts = np.arange(50) % 7
    weighted = Rotation(counts=True).fit(rows, counts)
    assert np.allclose(weighted.matrix, Rotation().fit(np.repeat(rows, counts, axis=0)).matrix, atol=1e-5)
    assert not np.allclose(weighted.matrix, Rotation().fit(rows).matrix, atol=1e-3)


def test_sif_scales_by_the_formula_and_leaves_unseen_words(matrix):
    fitted = SIFScale(1e-3).fit(matrix, COUNTS)
    expected = matrix * (1e-3 / (1e-3 + COUNTS / COUNTS.sum()))[:, None]
    assert np.allclose(fitted.apply(matrix, COUNTS), expected, rtol=1e-6)
    assert np.array_equal(fitted.apply(matrix[:3]), matrix[:3])


def test_truncate_is_a_view(matrix):
    assert np.shares_memory(Truncate(4).fit(matrix).apply(matrix), matrix)


# All steps


@every_step
def test_rows_of_zeros_stay_and_do_not_count(matrix, step):
    holes = np.insert(matrix, [0, 700, 3_000], 0, axis=0)
    at = np.flatnonzero(~holes.any(axis=1))
    fitted, plain = step.fit(holes, np.insert(COUNTS, [0, 700, 3_000], 0)), step.fit(matrix, COUNTS)
    done = fitted.apply(holes)
    assert len(at) == 3 and not done[at].any()
    assert np.allclose(np.delete(done, at, axis=0), plain.apply(matrix), atol=1e-4)


@every_step
def test_a_step_is_fitted_to_what_the_steps_before_it_give(matrix, step):
    both = Transforms.fit([Whiten(1), step], matrix, COUNTS)
    first = Transforms.fit([Whiten(1)], matrix)
    second = Transforms.fit([step], first.apply(matrix), COUNTS)
    assert np.allclose(both.apply(matrix, COUNTS), second.apply(first.apply(matrix), COUNTS), atol=1e-4)


@every_step
def test_transforms_survive_a_file(matrix, step):
    before = Transforms.fit([Center(), step], matrix, COUNTS)
    after = Transforms.from_tensors(before.tensors(), json.loads(json.dumps(before.config())))
    assert np.array_equal(before.apply(matrix, COUNTS), after.apply(matrix, COUNTS))
    assert after.dims == before.dims and repr(after) == repr(before)


@every_step
@pytest.mark.parametrize(
    "rows", [np.ones((1, 1)), np.ones((1, 6)), np.ones((9, 6)), np.zeros((4, 6)), np.eye(6)[:2]], ids=repr
)
def test_degenerate_matrices_give_finite_vectors(rows, step):
    if rows.shape[1] == 1 and step in (ABTT(2), PCA(5), Truncate(4)):
        with pytest.raises(OptionError, match=r"must be an integer from \d to \d"):
            step.fit(rows)
        return
    done = step.fit(rows, np.ones(len(rows), np.int64)).apply(rows.astype(np.float32))
    assert np.isfinite(done).all() and len(done) == len(rows) and done.dtype == np.float32


def test_constant_rows_have_no_variance():
    rows = np.full((50, 3), 0.1, np.float32)
    for step in (Center(), Standardize(), ABTT(1), Whiten(), PCA(2)):
        assert np.abs(step.fit(rows).apply(rows)).max() < 1e-6


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("step", [step for step in ALL if step != SIFScale()], ids=repr)  # which reads counts alone
def test_what_is_not_finite_is_refused_by_row(matrix, step, value):
    bad = matrix.copy()
    bad[1_234, 5] = value
    with pytest.raises(OptionError, match="row 1234 "):
        step.fit(bad, COUNTS)


def test_fitting_reads_in_blocks():
    class Blocks:
        """What an encoded matrix is: rows when they are asked for."""

        shape = (200_000, 16)

        def __len__(self):
            return self.shape[0]

        def __getitem__(self, rows):
            n = len(range(*rows.indices(len(self))))
            assert n < 40_000
            return np.random.default_rng(rows.start).normal(size=(n, 16)).astype(np.float32)

    tracemalloc.start()
    Transforms.fit([Whiten(), Rotation()], Blocks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6  # the whole in float64: 26 MB for each copy, 52 MB with its transform


# What is refused


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (ABTT(12), "components must be an integer from 0 to 11; got 12"),
        (PCA(0), "k must be an integer from 1 to 12; got 0"),
        (PCA(True), "k must be an integer"),
        (Truncate(13), "d must be an integer from 1 to 12; got 13"),
        (Whiten(-1), "eps must be a finite number >= 0"),
        (Whiten(np.nan), "eps must be a finite number"),
        (SIFScale(0), "a must be a finite number"),
        (SIFScale(), "needs the counts"),
        (Rotation(counts=True), "needs the counts"),
    ],
)
def test_options_that_do_not_fit(matrix, step, message):
    with pytest.raises(OptionError, match=message):
        step.fit(matrix)


def test_matrices_and_vectors_that_do_not_fit(matrix):
    with pytest.raises(OptionError, match=r"counts must hold one number for each of 3000 rows"):
        Rotation(counts=True).fit(matrix, [1, 2])
    with pytest.raises(OptionError, match=r"got shape \(3,\)"):
        Center().fit([1, 2, 3])
    with pytest.raises(OptionError, match=r"vectors must be \[n, 12\]"):
        Transforms.fit([Center()], matrix).apply(matrix[:, :5])
    with pytest.raises(OptionError, match="must hold one step"):
        Transforms.fit([], matrix)
    for step, call in (("center", "Center"), ("abtt", "ABTT"), ("none", "ABTT"), (ABTT, "ABTT")):
        with pytest.raises(OptionError, match=rf"a step must be one of ABTT, .*, as an object, {call}\(\); got"):
            Transforms.fit([step], matrix)
    with pytest.raises(OptionError, match="center must take 4 numbers, as truncate gives; it takes 12"):
        Transforms([Truncate(4).fit(matrix), Center().fit(matrix)])


def _break(name, change):
    def damage(tensors, config):
        tensors[name] = change(tensors[name])

    return damage


def _set(place, key, value):
    def damage(tensors, config):
        config[place][key] = value

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _break("0.mean", lambda a: a[:-1]),
        _break("0.mean", lambda a: a.astype(np.float64)),
        _break("0.mean", lambda a: a * np.float32(np.nan)),
        _break("0.matrix", lambda a: a.T),
        _break("0.matrix", lambda a: a[:, :2]),
        lambda tensors, config: tensors.pop("0.mean"),
        lambda tensors, config: tensors.update(extra=np.zeros(3, np.float32)),
        lambda tensors, config: config.clear(),
        lambda tensors, config: config.extend(config * 40),
        lambda tensors, config: config.__setitem__(0, None),
        _set(0, "step", "pickle"),
        _set(0, "step", ["pca"]),
        _set(0, "step", "whiten"),
        _set(0, "options", 7),
        _set(0, "dims", [12]),
        _set(0, "dims", [12, 10**18]),
        _set(0, "dims", [12, -5]),
        _set(0, "dims", [12.0, 5.0]),
        _set(1, "dims", [4, 4]),
        _set(1, "options", {"a": 1e-3}),
        _set(1, "options", {"a": "x", "total": 5}),
        _set(1, "options", {"a": 1e-3, "total": 0}),
    ],
)
def test_damaged_files_are_refused(matrix, damage):
    transforms = Transforms.fit([PCA(5), SIFScale()], matrix, COUNTS)
    tensors, config = transforms.tensors(), json.loads(json.dumps(transforms.config()))
    damage(tensors, config)
    with pytest.raises(FormatError):
        Transforms.from_tensors(tensors, config)


def test_a_config_that_is_no_list_is_refused():
    for config in (None, {}, "center", 3):
        with pytest.raises(FormatError, match="must be a list of 1 to 64 steps"):
            Transforms.from_tensors({}, config)


def test_every_step_is_in_the_table():
    assert {type(step) for step in ALL} | {Truncate, Multiply} == set(STEPS.values())
