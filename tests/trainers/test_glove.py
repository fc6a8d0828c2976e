"""GloVe and SN: the step of AdaGrad, its gradient, the tiles and their order, limits, and what users ask for."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import reference_glove as reference

import wordvec
from wordvec import GloVe, SquaredNorm
from wordvec._kernels import glove as kernel
from wordvec.base.simd import simd_level
from wordvec.cooccurrence import Cooccurrence
from wordvec.optim.descent import aligned_matrix
from wordvec.trainers.base import FitOptions
from wordvec.trainers.glove import row_size
from wordvec.trainers.tiles import Tiles, diagonals, tournament

LEVELS = range(simd_level() + 1)
MODELS = pytest.mark.parametrize("trainer", [GloVe, SquaredNorm])


def counts_of(matrix, side="right"):
    """A dense matrix as counts; those of side "both" must be symmetric."""
    matrix = np.asarray(matrix, np.float32)
    rows, columns = np.nonzero(matrix)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(matrix)))])
    words = wordvec.Vocabulary.from_words(map(str, range(len(matrix))), np.arange(len(matrix), 0, -1))
    return Cooccurrence(words, indptr.astype(np.int64), columns.astype(np.int32), matrix[rows, columns], {"side": side})


def random_counts(size, density, seed=0, symmetric=False):
    """Counts from below 1/10 to some hundreds, most of them those of the first words."""
    rng = np.random.default_rng(seed)
    matrix = np.exp(rng.normal(1, 2, (size, size)))
    rank = np.arange(1, size + 1) / size
    matrix[rng.random((size, size)) > density / np.sqrt(np.outer(rank, rank))] = 0
    return counts_of(np.maximum(matrix, matrix.T) if symmetric else matrix, "both" if symmetric else "right")


def tables_for(size, dim, dtype=np.float64, alpha=0.05, seed=0, level=0):
    """Rows of weights that are not small, and their sums."""
    rng, width = np.random.default_rng(seed), row_size(dim, level)
    made = [aligned_matrix(size, 2 * width, dtype).reshape(size, 2, width) for _ in range(2)]
    for table in made:
        table[:, 0, : dim + 2] = rng.standard_normal((size, dim + 2)) / (dim + 2) ** 0.5
        table[:, 1] = alpha**-2
    return made


def run(counts, outer, inner, scalar=None, level=0, squared=False, stratum=0, cuts=(), panel=1000, **options):
    """One pass over all cells, or those of a stratum, row by row; the loss."""
    size = len(counts.vocabulary)
    cuts = np.array([0, *cuts, size])
    starts = np.empty((len(cuts), size), np.uint32)
    kernel.starts(counts.indptr, counts.indices, cuts, starts)
    settings = {"x_max": 10.0, "exponent": 0.75, "clip": 100.0} | options
    return kernel.train(
        counts.indptr,
        counts.indices,
        counts.data,
        starts,
        outer,
        inner,
        np.zeros(2) if scalar is None else scalar,
        np.zeros(1, np.int32),
        first=0,
        last=size,
        stratum=stratum,
        first_inner=int(cuts[stratum]),
        panel=panel,
        squared=squared,
        level=level,
        **settings,
    )


# The step


@pytest.mark.parametrize("squared", [False, True], ids=["glove", "sn"])
@pytest.mark.parametrize("options", [{}, {"x_max": 1e9}, {"exponent": 0.0}, {"clip": 0.3}], ids=str)
def test_equals_its_twin(squared, options):
    counts = random_counts(40, 0.5)
    assert counts.data.min() < 1 < 10 < counts.data.max() and len(counts.data) > 300  # more than a batch
    outer, inner = tables_for(40, 5)
    inner = outer if squared else inner
    expected, scalar = [outer.copy(), inner.copy()], np.array([0.3, 400.0])
    twin = scalar.copy()
    if squared:
        expected[1] = expected[0]
    loss = run(counts, outer, inner, scalar, squared=squared, **options)
    assert loss == pytest.approx(reference.adagrad(counts, *expected, twin, squared=squared, **options), rel=1e-12)
    for found, wanted in zip((outer, inner), expected, strict=True):
        np.testing.assert_allclose(found[:, 0], wanted[:, 0], rtol=0, atol=1e-10)
        np.testing.assert_allclose(found[:, 1], wanted[:, 1], rtol=1e-10)
    np.testing.assert_allclose(scalar, twin, rtol=0, atol=1e-10)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dim", [1, 3, 6, 14, 17, 100, 300])
@pytest.mark.parametrize("squared", [False, True], ids=["glove", "sn"])
def test_every_instruction_set_agrees_with_double_precision(level, dim, squared):
    counts = random_counts(20, 0.5)
    exact, single = (tables_for(20, dim, dtype, level=level) for dtype in (np.float64, np.float32))
    if squared:
        exact[1], single[1] = exact[0], single[0]
    scalars = np.array([[0.3, 400.0], [0.3, 400.0]])
    expected = run(counts, *exact, scalars[0], squared=squared, level=level)
    assert run(counts, *single, scalars[1], level=level, squared=squared) == pytest.approx(expected, rel=1e-5)
    for one, other in zip(single, exact, strict=True):
        np.testing.assert_allclose(one[:, 0], other[:, 0], rtol=0, atol=1e-5)
        np.testing.assert_allclose(one[:, 1], other[:, 1], rtol=1e-5)
        assert not one[:, 0, dim + 2 :].any()  # padding stays zero
    np.testing.assert_allclose(scalars[1], scalars[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("squared", "cell"), [(False, (0, 1)), (False, (1, 1)), (True, (0, 1)), (True, (1, 1))], ids=str
)
def test_steps_down_the_numerical_gradient(squared, cell):
    """With a sum of squares that is huge the step is alpha times the gradient; with one that is infinite, none."""
    matrix = np.zeros((2, 2))
    matrix[cell] = 3.7
    counts = counts_of(matrix)
    start = tables_for(2, 4)

    def at(which, index, change, alpha):
        tables = [table.copy() for table in start]
        tables = [realign(table) for table in tables]
        tables[which][:, 0][index] += change
        for table in tables:
            table[:, 1] = alpha**-2
        if squared:
            tables[1] = tables[0]
        scalar = np.array([0.3, alpha**-2])
        return run(counts, *tables, scalar, squared=squared), tables, scalar

    _, moved, scalar = at(0, (0, 0), 0.0, 1e-6)
    for which in range(1 if squared else 2):
        numeric = np.empty_like(start[which][:, 0])
        for index in np.ndindex(numeric.shape):
            numeric[index] = (at(which, index, 1e-5, 1e-30)[0] - at(which, index, -1e-5, 1e-30)[0]) / 2e-5
        taken = (start[which][:, 0] - moved[which][:, 0]) / 1e-6
        np.testing.assert_allclose(taken, numeric, rtol=0, atol=1e-5)
        assert np.abs(numeric).max() > 0.03
    if squared:
        error = 2 * at(0, (0, 0), 0.0, 1e-30)[0] / (3.7 / 10) ** 0.75
        assert abs(0.3 - scalar[0]) / 1e-6 == pytest.approx((3.7 / 10) ** 0.75 * error**0.5, rel=1e-5)


def realign(table):
    """A copy whose rows are aligned as the kernel wants them."""
    copy = aligned_matrix(len(table), table[0].size, table.dtype).reshape(table.shape)
    copy[:] = table
    return copy


@pytest.mark.parametrize("bias", ["alpha", "one", "none"])
def test_one_cell_by_hand(bias):
    """Two passes over one cell x = 5, worked out from the papers: each sum has the square of its step already."""
    rate = "one" if bias == "one" else "alpha"
    trainer = GloVe(vector_size=1, alpha=0.1, x_max=10, bias=bias != "none", bias_alpha=rate)
    counts = counts_of([[0, 5], [0, 0]])
    word, context = trainer._start(counts, FitOptions())
    word[0, 0, 0], context[1, 0, 0] = 0.5, -0.4
    if bias != "none":
        word[0, 0, 1], context[1, 0, 2] = 0.2, 0.1
    w, c, b, d = 0.5, -0.4, *((0.2, 0.1) if bias != "none" else (0.0, 0.0))
    gw = gc = gb = gd = 1.0  # the sums start at one
    for _ in range(2):
        force = (5 / 10) ** 0.75 * (w * c + b + d - np.log(5))
        step_w, step_c = 0.1 * force * c, 0.1 * force * w
        gw, gc = gw + step_w**2, gc + step_c**2
        w, c = w - step_w / gw**0.5, c - step_c / gc**0.5
        if bias != "none":
            step = force * (0.1 if bias == "alpha" else 1.0)
            gb, gd = gb + step**2, gd + step**2
            b, d = b - step / gb**0.5, d - step / gd**0.5
        run(counts, word, context, level=simd_level())
    found = [word[0, 0, 0], context[1, 0, 0], word[0, 0, 1], context[1, 0, 2]]
    np.testing.assert_allclose(found, [w, c, b, d], rtol=1e-5)
    first = (0.5**0.75) * ((-0.2 + (0.3 if bias != "none" else 0)) - np.log(5))
    assert step_w != 0 and first < -0.8


def test_gradients_are_clipped():
    """The error is about -12: a gradient of 3 times that is cut to 2, and so is its square in the sum."""
    counts, (outer, inner) = counts_of([[np.exp(10.0)]]), tables_for(1, 1, np.float32, alpha=0.1, level=2)
    outer[:], inner[:] = 0, 0
    outer[:, 1], inner[:, 1] = 100, 100
    outer[0, 0, 0], inner[0, 0, 0] = 0.01, 3.0
    run(counts, outer, inner, clip=2.0, level=simd_level())
    assert outer[0, 0, 0] == pytest.approx(0.01 + 2 / 104**0.5, rel=1e-4) and outer[0, 1, 0] == pytest.approx(104)
    assert inner[0, 0, 0] == pytest.approx(3.0 + 0.1 * 0.01 * 9.97, rel=1e-4)


@pytest.mark.parametrize("level", LEVELS)
def test_logarithms_and_weights_are_good_over_the_whole_range(level):
    """With rows of zeros the error is minus the logarithm, the loss f log^2 / 2; one count a call."""
    for x in [1e-30, 1e-6, 1 / 3, 0.999, 1.0, 1.001, 1.41, 1.42, 7.0, 9.99, 10.0, 10.01, 1e6, 1e30]:
        tables = tables_for(1, 3, np.float32, level=level)
        for table in tables:
            table[:, 0] = 0
        expected = min(1, (np.float64(np.float32(x)) / 10) ** 0.75) * np.log(np.float64(np.float32(x))) ** 2 / 2
        assert run(counts_of([[x]]), *tables, level=level) == pytest.approx(expected, rel=3e-6, abs=1e-12)


@pytest.mark.parametrize("squared", [False, True], ids=["glove", "sn"])
def test_panels_are_met_one_after_another(squared):
    counts = random_counts(20, 0.2)
    assert len(counts.data) < 256  # a batch: groups end where it ends
    whole, parts = tables_for(20, 5), tables_for(20, 5)
    if squared:
        whole[1], parts[1] = whole[0], parts[0]
    scalars = np.array([[0.3, 400.0], [0.3, 400.0]])
    loss = run(counts, *whole, scalars[0], squared=squared, panel=7)
    each = [run(counts, *parts, scalars[1], squared=squared, cuts=(7, 14), stratum=part) for part in range(3)]
    assert loss == pytest.approx(sum(each), rel=1e-12)
    assert all(np.array_equal(one, other) for one, other in zip(whole, parts, strict=True))


# The tiles


@pytest.mark.parametrize("symmetric", [True, False])
def test_tiles_hold_every_cell_once_and_strata_are_even(symmetric):
    counts = random_counts(300, 0.1, symmetric=symmetric)
    tiles = Tiles(counts)
    assert tiles.cells.sum() == len(counts.data) and tiles.strata > 2
    assert tiles.cuts[0] == 0 and tiles.cuts[-1] == 300
    dense = counts.to_scipy().toarray() > 0
    for row in range(tiles.strata):
        for column in range(tiles.strata):
            (a, b), (c, d) = tiles.cuts[row : row + 2], tiles.cuts[column : column + 2]
            assert tiles.cells[row, column] == dense[a:b, c:d].sum()
    each = tiles.cells.sum(0) + tiles.cells.sum(1)
    assert each.min() > 0.7 * each.mean() and each.max() < 1.3 * each.mean()
    assert (tiles.columns is tiles.rows) == symmetric


@pytest.mark.parametrize("strata", [1, 2, 3, 4, 7, 8, 32])
def test_every_pair_of_strata_meets_once_and_waits_for_all_that_it_touches(strata):
    for plan, table in ((diagonals(strata), False), (tournament(strata), True)):
        pairs = list(zip(plan.rows, plan.columns, strict=True))
        met = {pair for row, column in pairs for pair in ((row, column), *([(column, row)] * table))}
        assert len(met) == strata**2 and len(pairs) == (strata * (strata + 1) // 2 if table else strata**2)
        done = [set(before) for before in plan.after]
        for place, before in enumerate(plan.after):
            assert all(other < place for other in before)
            for other in before:
                done[place] |= done[other]
        for place, (row, column) in enumerate(pairs):
            shares = {
                other
                for other, (r, c) in enumerate(pairs[:place])
                if r == row or c == column or (table and {r, c} & {row, column})
            }
            assert shares <= done[place]


@MODELS
@pytest.mark.parametrize("symmetric", [True, False])
def test_the_same_bytes_for_any_number_of_workers(trainer, symmetric):
    counts = random_counts(300, 0.1, symmetric=symmetric)
    assert Tiles(counts).strata > 2
    made = [trainer(vector_size=6, epochs=3, workers=n).fit(counts, keep_context=True) for n in (1, 2, 3, 9)]
    for other in made[1:]:
        assert np.array_equal(other.vectors, made[0].vectors) and np.array_equal(other.context, made[0].context)
        assert other.metadata == made[0].metadata
    assert not np.array_equal(trainer(vector_size=6, epochs=3, seed=2).fit(counts).vectors, made[0].vectors)


def test_tiles_by_column_are_those_of_the_transpose():
    """Symmetric counts, once known to be symmetric and once not."""
    counts = random_counts(300, 0.1, symmetric=True)
    other = dataclasses.replace(counts, options={"side": "right"})
    one, two = (GloVe(vector_size=5, epochs=2).fit(c) for c in (counts, other))
    assert np.array_equal(one.vectors, two.vectors)


# Learning


@MODELS
def test_the_loss_falls_every_epoch(trainer):
    loss = trainer(vector_size=8, epochs=12).fit(random_counts(300, 0.1, symmetric=True)).metadata["loss"]
    assert len(loss) == 12 and np.all(np.diff(loss) < 0) and loss[-1] < 0.85 * loss[0]


@pytest.mark.parametrize("bias", [True, False])
def test_counts_of_exact_rank_are_fitted(bias):
    rng = np.random.default_rng(0)
    exponent = rng.normal(0, 1, (30, 3)) @ rng.normal(0, 1, (3, 30))
    if bias:
        exponent += rng.normal(0, 1, 30) + rng.normal(2, 1, (30, 1))
    options = {"vector_size": 6, "weight_exponent": 0.0, "alpha": 0.2, "epochs": 600, "bias": bias}
    vectors = GloVe(**options, add_context=False).fit(counts_of(np.exp(exponent)), keep_context=True)
    assert vectors.metadata["loss"][-1] < 1e-3 < 0.5 < vectors.metadata["loss"][0]
    if not bias:
        np.testing.assert_allclose(vectors.vectors @ vectors.context.T, exponent, atol=0.3)


def test_counts_of_squared_norms_are_fitted():
    rng = np.random.default_rng(0)
    planted = rng.normal(0, 0.7, (30, 3))
    exponent = ((planted[:, None] + planted) ** 2).sum(2) - 1
    options = {"vector_size": 6, "weight_exponent": 0.0, "alpha": 0.02, "epochs": 600}
    vectors = SquaredNorm(**options).fit(counts_of(np.exp(exponent), "both"))
    assert vectors.metadata["loss"][-1] < 2e-2 < 0.5 < vectors.metadata["loss"][0]
    found = vectors.vectors @ vectors.vectors.T
    assert np.corrcoef(found.ravel(), (planted @ planted.T).ravel())[0, 1] > 0.97


def test_an_exponent_of_zero_and_a_tiny_x_max_both_weigh_all_cells_alike():
    counts = random_counts(40, 0.5)
    one = GloVe(vector_size=4, epochs=3, weight_exponent=0.0).fit(counts)
    assert np.array_equal(GloVe(vector_size=4, epochs=3, x_max=1e-6).fit(counts).vectors, one.vectors)
    assert not np.array_equal(GloVe(vector_size=4, epochs=3).fit(counts).vectors, one.vectors)


def test_which_vectors_come_out():
    counts = random_counts(40, 0.5, symmetric=True)
    both, word = (GloVe(vector_size=4, epochs=3, add_context=a).fit(counts, keep_context=True) for a in (True, False))
    assert np.array_equal(both.context, word.context)
    assert np.array_equal(both.vectors, word.vectors + word.context)
    assert np.abs(word.vectors - word.context).max() > 1e-3


@pytest.mark.parametrize("options", [{}, {"add_context": False}], ids=str)
def test_goes_on_from_vectors_and_their_context(options):
    counts = random_counts(60, 0.9, symmetric=True)
    first = GloVe(vector_size=5, epochs=60, bias=False, **options).fit(counts, keep_context=True)
    again = GloVe(vector_size=5, epochs=1, bias=False, **options)
    resumed, fresh = again.fit(counts, init=first), again.fit(counts)
    assert resumed.metadata["loss"][0] < 1.25 * first.metadata["loss"][-1] < 0.5 * fresh.metadata["loss"][0]
    still = GloVe(vector_size=5, epochs=1, alpha=1e-9, **options).fit(counts, init=first, keep_context=True)
    np.testing.assert_allclose(still.vectors, first.vectors, atol=1e-6)
    np.testing.assert_allclose(still.context, first.context, atol=1e-6)


# Edges


@MODELS
@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_smallest_matrices(trainer, size):
    for matrix in (np.full((size, size), 2.5), np.eye(1, size**2, size**2 - 1).reshape(size, size)):
        vectors = trainer(vector_size=7, epochs=50, alpha=0.2).fit(counts_of(matrix), keep_context=True)
        assert vectors.vectors.shape == vectors.context.shape == (size, 7)
        assert np.isfinite(vectors.vectors).all() and vectors.metadata["loss"][-1] <= vectors.metadata["loss"][0]


@MODELS
def test_rows_without_cells_stay_where_they_start(trainer):
    matrix = np.zeros((3, 3))
    matrix[0, 2] = 9
    start = wordvec.KeyedVectors(["0", "1", "2"], np.arange(6).reshape(3, 2) + 1.0)
    vectors = trainer(vector_size=2, epochs=2).fit(counts_of(matrix), init=start)
    assert np.array_equal(vectors.vectors[1], start.vectors[1])
    assert not np.array_equal(vectors.vectors[0], start.vectors[0])


@MODELS
def test_bad_options_and_counts(trainer):
    for option, value in (("x_max", 0), ("alpha", 0.0), ("weight_exponent", -1), ("grad_clip", 0), ("epochs", 0)):
        with pytest.raises(wordvec.OptionError, match=f"{option} must be"):
            trainer(**{option: value})
    with pytest.raises(wordvec.CorpusError, match="must have a cell"):
        trainer().fit(counts_of(np.zeros((2, 2))))
    with pytest.raises(wordvec.OptionError, match="one column for each word"):
        trainer().fit(dataclasses.replace(counts_of(np.eye(2)), offsets=np.array([-1, 1])))


@pytest.mark.parametrize("workers", [1, 3])
def test_divergence_is_an_error_that_names_the_epoch_and_alpha(workers):
    with pytest.raises(wordvec.TrainingError, match=r"diverged in epoch \d of 9.*smaller alpha than 1e\+06"):
        SquaredNorm(vector_size=20, alpha=1e6, epochs=9, workers=workers).fit(random_counts(300, 0.1, symmetric=True))


def test_glove_does_not_diverge_where_alpha_is_large():
    """The square of a gradient lowers the rate of its own step."""
    loss = GloVe(vector_size=20, alpha=1, epochs=9).fit(random_counts(300, 0.1, symmetric=True)).metadata["loss"]
    assert loss[-1] < loss[0] / 3


@MODELS
def test_callbacks_see_each_epoch_and_can_end_training(trainer):
    counts, seen = random_counts(60, 0.5), []
    vectors = trainer(vector_size=3, epochs=9).fit(counts, callbacks=lambda e: seen.append(e) or e.number == 2)
    assert [e.number for e in seen] == [1, 2] and [e.loss for e in seen] == vectors.metadata["loss"]
    assert seen[0].tokens == len(counts.data) and seen[0].alpha == trainer().alpha
    assert np.array_equal(seen[1].vectors.vectors, vectors.vectors)
    assert not np.array_equal(seen[0].vectors.vectors, vectors.vectors)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to a process")
def test_ctrl_c_ends_training_at_once():
    code = """
import sys, threading, numpy as np, wordvec
from wordvec.cooccurrence import Cooccurrence
words = wordvec.Vocabulary.from_words(map(str, range(2000)))
columns, data = np.tile(np.arange(2000, dtype=np.int32), 2000), np.ones(4_000_000, np.float32)
counts = Cooccurrence(words, np.arange(0, 4_000_001, 2000), columns, data, {"side": "both"})
few = Cooccurrence(words, np.arange(2001), columns[:2000], data[:2000], {"side": "both"})
wordvec.GloVe(vector_size=2, epochs=1).fit(few)  # imports all: an interrupted import would change the exit status
sys.stdout.write("ready\\n"); sys.stdout.flush()
try:
    wordvec.GloVe(vector_size=1000, epochs=1000).fit(counts)
except KeyboardInterrupt:
    assert threading.active_count() == 1
    sys.stdout.write("interrupted\\n")
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=10)
    assert out == "interrupted\n" and child.returncode == 0


def test_progress_counts_cells(capfd, terminal):
    GloVe(vector_size=3, epochs=2).fit(random_counts(60, 0.5), progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "epoch 2/2" in err and "cells/s" in err


def test_one_sided_windows_give_two_kinds_of_vectors():
    """Here a is followed by b, never the other way round: the word vector of a meets the context vector of b."""
    text = [["a", "b"], ["c", "d"]] * 50
    vectors = GloVe(vector_size=4, min_count=1, side="right", epochs=50, bias=False, add_context=False).fit(
        text, keep_context=True
    )
    a, b = vectors.key_to_index["a"], vectors.key_to_index["b"]
    assert vectors.vectors[a] @ vectors.context[b] == pytest.approx(np.log(50), rel=0.05)
    assert abs(vectors.vectors[b] @ vectors.context[a]) < 0.1
