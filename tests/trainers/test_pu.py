"""PU-learning: steps are those of conjugate gradients, the objective is the published one and never rises."""

from itertools import pairwise

import numpy as np
import pytest

import wordvec
from wordvec import Cooccurrence, KeyedVectors, PULearning, Vocabulary
from wordvec.optim import factorisation
from wordvec.optim.factorisation import STEPS, Cells, Factorisation

RHO, RIDGE = 0.0625, 0.01
MANY = 60  # steps that lead to the least of the objective


class Problem:
    """A random sparse matrix A with weights C, dense in float64, and its factorisation."""

    def __init__(
        self,
        rows=6,
        columns=6,
        size=3,
        *,
        share=0.5,
        rho=RHO,
        ridge=RIDGE,
        bias=False,
        seed=0,
        weights=(0.001, 1.0),
        workers=1,
        level=2,
    ):
        rng = np.random.default_rng(seed)
        self.cells = rng.random((rows, columns)) < share
        self.values = np.where(self.cells, rng.gamma(2, 1, (rows, columns)), 0).astype(np.float32)
        self.weights = np.where(self.cells, rng.uniform(*weights, (rows, columns)), 0).astype(np.float32)
        self.rho, self.ridge, self.size, self.bias, self.seed = rho, ridge, size, bias, seed
        self.model = self.make(workers, level)

    def make(self, workers=1, level=2, order=None):
        """The factorisation, started at random; `order` permutes its rows and columns and what they start from."""
        rows, columns = (np.arange(n) for n in self.cells.shape) if order is None else order
        start = np.random.default_rng(self.seed + 1).standard_normal((self.cells.shape[0], self.size))[rows]
        cells, values, weights = (part[rows][:, columns] for part in (self.cells, self.values, self.weights))
        indptr = np.concatenate([[0], np.cumsum(cells.sum(1))])
        indices = np.nonzero(cells)[1].astype(np.int32)
        excess = weights[cells] - np.float32(self.rho)
        sparse = Cells(indptr, indices, values[cells], excess)
        options = {"bias": self.bias, "rho": self.rho, "ridge": self.ridge, "workers": workers, "level": level}
        model = Factorisation(sparse, cells.shape[1], self.size, **options)
        model.vectors(0)[:] = start / self.size**0.5
        model.start()
        return model

    def objective(self, w, h):
        """The definition, over all cells of the dense matrix; `w` and `h` have the columns of biases too."""
        fitted = w @ h.T
        fit = (self.weights.astype(float) * (self.values.astype(float) - fitted) ** 2)[self.cells].sum()
        zeros = self.rho * (fitted[~self.cells] ** 2).sum()
        norms = [(self.cells.sum(1 - which) @ ((part**2).sum(1) - self.bias)) for which, part in enumerate((w, h))]
        return fit + zeros + self.ridge * sum(norms)

    def fixed(self, which):
        """The column of ones of a side."""
        return self.size + 1 - which if self.bias else -1

    def rows(self, model=None):
        """Both matrices in float64, with the columns of biases and without padding."""
        return [part[:, : self.size + 2 * self.bias].astype(float) for part in (model or self.model).rows]

    def twin(self, w, h, relax=1.0, steps=STEPS):
        """A sweep in float64: columns, then rows, by conjugate gradients on dense normal equations."""
        sides = [w.copy(), h.copy()]
        for which in (1, 0):
            own, other = sides[which], sides[1 - which]
            cells, weights, values = (x.T if which else x for x in (self.cells, self.weights, self.values))
            weights = np.where(cells, weights, self.rho).astype(float)
            free = np.arange(own.shape[1]) != self.fixed(which)
            for i in range(len(own)):
                ridge = self.ridge * cells[i].sum()
                g = (other.T * weights[i]) @ other + ridge * np.eye(own.shape[1])
                off = np.where(cells[i], values[i], 0) - other @ own[i]
                slope = other.T @ (weights[i] * off) - ridge * own[i]
                about = weights[i].sum() * (other**2).mean(0) + ridge
                own[i, free] += relax * conjugate(g[free][:, free], slope[free], about[free], steps)
        return sides


def conjugate(g, slope, about, steps):
    """So many steps of conjugate gradients from zero to the solution of g x = slope; `about` is near g's diagonal."""
    x, rest, way = np.zeros_like(slope), slope.copy(), slope / about
    for _ in range(steps):
        before = rest @ (rest / about)
        if before <= 1e-20 * (slope @ (slope / about)):
            break
        length = before / (way @ g @ way)
        x, rest = x + length * way, rest - length * (g @ way)
        way = rest / about + rest @ (rest / about) / before * way
    return x


every_bias = pytest.mark.parametrize("bias", [False, True], ids=["no bias", "bias"])


@every_bias
@pytest.mark.parametrize("which", [1, 0], ids=["columns", "rows"])
def test_many_steps_lead_to_the_least_of_the_objective(bias, which):
    problem = Problem(bias=bias)
    problem.model.sweep(1.0)
    problem.model.step(which, 1.0, steps=MANY)
    sides = problem.rows()
    least, fixed = problem.objective(*sides), problem.fixed(which)
    assert (sides[which][:, fixed] == 1).all() or not bias
    for i, c in np.ndindex(sides[which].shape):
        if c == fixed:
            continue
        for change in (-1e-3, 1e-3):
            moved = [part.copy() for part in sides]
            moved[which][i, c] += change
            assert problem.objective(*moved) > least


@every_bias
@pytest.mark.parametrize("relax", [1.0, 1.5])
@pytest.mark.parametrize(
    "shape", [{}, {"rows": 23, "columns": 300, "size": 10}, {"rows": 40, "columns": 31, "size": 37}], ids=str
)
def test_sweeps_equal_their_twin(bias, relax, shape):
    """Rows of one group of cells and of several, of one vector of coordinates and of three."""
    problem = Problem(bias=bias, **shape)
    expected = problem.rows()
    for steps in (1, 2, 3):
        loss = problem.model.sweep(relax, steps=steps)
        expected = problem.twin(*expected, relax=relax, steps=steps)
        for ours, theirs in zip(problem.rows(), expected):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-4)
        assert loss == pytest.approx(problem.objective(*expected), rel=1e-5)


@every_bias
@pytest.mark.parametrize("relax", [0.3, 1.0, 1.5, 1.9])
@pytest.mark.parametrize("weights", [(0.001, 0.05), (0.2, 1.0)], ids=["below rho", "above rho"])
def test_the_objective_is_the_published_one_and_never_rises(bias, relax, weights):
    problem = Problem(50, 40, 20, share=0.4, bias=bias, weights=weights)
    losses = [problem.objective(*problem.rows())]
    for step in range(30):
        losses.append(problem.model.step(1 - step % 2, relax))
        assert losses[-1] == pytest.approx(problem.objective(*problem.rows()), rel=4e-6)
    assert all(after <= before * (1 + 2e-6) for before, after in pairwise(losses))
    assert losses[-1] < 0.8 * losses[0]


def test_a_relaxed_step_wins_what_it_should():
    """By relax (2 - relax) of what a whole way wins, since the objective is a parabola on it."""
    won = []
    for relax in (1.0, 1.5):
        problem = Problem(12, 12, 8)
        before = problem.model.sweep(1.0)
        won.append(before - problem.model.step(1, relax))
    assert won[1] / won[0] == pytest.approx(0.75, rel=1e-3)


def test_equal_weights_give_the_truncated_svd():
    problem = Problem(12, 9, 2, rho=1.0, ridge=0.0, weights=(1.0, 1.0))
    for _ in range(100):
        problem.model.sweep(1.0, steps=MANY)
    w, h = problem.rows()
    values = np.linalg.svd(problem.values.astype(float), compute_uv=False)
    least = np.sqrt((values[2:] ** 2).sum())
    assert np.linalg.norm(problem.values - w @ h.T) == pytest.approx(least, rel=1e-4)


def test_without_rho_only_the_cells_count():
    """On a matrix without a hole every rho is the same; with holes, what stands in them is free."""
    whole = [Problem(10, 8, 3, share=1.0, rho=rho) for rho in (0.0, 0.5)]
    for problem in whole:
        for _ in range(5):
            problem.model.sweep(1.0, steps=MANY)
    for one, other in zip(*(problem.rows() for problem in whole)):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
    holes = Problem(20, 15, 1, share=0.5, rho=0.0, ridge=0.0)
    truth = np.outer(np.arange(1, 21) / 10, np.arange(1, 16) / 5)
    holes.values = np.where(holes.cells, truth, 0).astype(np.float32)
    model = holes.make()
    for _ in range(60):
        model.sweep(1.0)
    w, h = holes.rows(model)
    np.testing.assert_allclose(w @ h.T, truth, rtol=1e-3)


def test_cells_that_weigh_as_much_as_holes():
    """With C = rho everywhere a row is (rho H'H + ridge n)^-1 rho H'a."""
    problem = Problem(15, 12, 4, weights=(RHO, RHO))
    problem.model.sweep(1.0, steps=MANY)
    w, h = problem.rows()
    for i, row in enumerate(problem.values.astype(float)):
        g = RHO * h.T @ h + RIDGE * problem.cells[i].sum() * np.eye(4)
        np.testing.assert_allclose(w[i], np.linalg.solve(g, RHO * h.T @ row), rtol=0, atol=1e-5)


def test_the_order_of_words_does_not_matter():
    problem, rng = Problem(30, 30, 18, bias=True), np.random.default_rng(5)
    order = rng.permutation(30), rng.permutation(30)
    permuted = problem.make(order=order)
    for _ in range(4):
        assert problem.model.sweep() == pytest.approx(permuted.sweep(), rel=1e-6)
    for ours, theirs, places in zip(problem.rows(), problem.rows(permuted), order):
        np.testing.assert_allclose(ours[places], theirs, rtol=0, atol=2e-4)


def test_threads_change_no_byte(monkeypatch):
    monkeypatch.setattr(factorisation, "WORK", 1000)
    monkeypatch.setattr(factorisation, "SUMMED", 32)
    problem = Problem(90, 70, 20, bias=True)
    assert len(problem.model.sides[0].parts(problem.model.width)) > 5
    models = [problem.make(workers=workers) for workers in (1, 2, 7)]
    losses = [[model.sweep() for _ in range(3)] for model in models]
    assert losses[0] == losses[1] == losses[2]
    for model in models[1:]:
        for one, other in zip(models[0].rows, model.rows):
            assert one.tobytes() == other.tobytes()


def test_parts_are_all_rows_once(monkeypatch):
    monkeypatch.setattr(factorisation, "WORK", 500)
    for share in (0.0, 0.2, 1.0):
        parts = Problem(40, 30, share=share).model.sides[0].parts(48)
        assert [i for first, last in parts for i in range(first, last)] == list(range(40))


def test_instruction_sets_agree():
    models = [Problem(60, 50, 20, bias=True, level=level).model for level in (0, 1, 2)]
    for model in models:
        for _ in range(3):
            model.sweep()
    for model in models[1:]:
        for one, other in zip(models[0].rows, model.rows):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("size", [1, 16, 17, 112, 128, 250])
def test_rows_of_any_length(size, level):
    """Rows that fill no vector, one, a part of a row exactly, and several."""
    problem = Problem(9, 70, size, level=level)
    expected = problem.twin(*problem.rows())
    problem.model.sweep(1.0)
    for ours, theirs in zip(problem.rows(), expected):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", [3, 40])
def test_nothing_holds_the_model_but_it_stays_finite(size):
    """Without rho and ridge, rows with fewer cells than coordinates have no single least: they keep what is free."""
    problem = Problem(20, 20, size, share=0.15, rho=0.0, ridge=0.0, bias=True)
    losses = [problem.model.sweep() for _ in range(30)]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]
    assert all(after <= before + 1e-4 * losses[0] for before, after in pairwise(losses))
    assert all(np.isfinite(part).all() for part in problem.rows())


@pytest.fixture(scope="module")
def counts():
    """Counts of 40 words, rare and frequent ones, in two topics."""
    rng = np.random.default_rng(3)
    draws = np.minimum(rng.zipf(1.3, (600, 10)), 20)
    sentences = [[f"{'ab'[i % 2]}{n}" for n in row] for i, row in enumerate(draws)]
    return wordvec.count(sentences, min_count=1, window=4, distance_weight="linear")


def dense_ppmi(x, smoothing):
    rows, columns = x.sum(1, keepdims=True), x.sum(0, keepdims=True) ** smoothing
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(x * columns.sum() / (rows * columns)), 0)


@pytest.mark.parametrize("weight_exponent", [0.75, 0.0])
def test_the_loss_of_a_trainer_is_the_objective_of_its_vectors(counts, weight_exponent):
    made = PULearning(
        vector_size=5, bias=False, add_context=False, epochs=4, rho=0.1, x_max=30.0, weight_exponent=weight_exponent
    )
    vectors = made.fit(counts, keep_context=True)
    x = counts.to_scipy().toarray().astype(float)
    a, fitted = dense_ppmi(x, 0.75), vectors.vectors.astype(float) @ vectors.context.T
    cells = a > 0
    c = np.where(cells, np.minimum(1, (x / 30) ** weight_exponent), 0.1)
    ridge = (cells.sum(1) @ (vectors.vectors**2).sum(1)) + (cells.sum(0) @ (vectors.context**2).sum(1))
    assert vectors.metadata["loss"][-1] == pytest.approx((c * (a - fitted) ** 2).sum() + 2**-11 * ridge, rel=1e-5)


def test_a_vector_is_the_sum_of_two(counts):
    made = [PULearning(vector_size=5, epochs=2, add_context=choice) for choice in (True, False)]
    both, first = (trainer.fit(counts, keep_context=True) for trainer in made)
    np.testing.assert_array_equal(both.vectors, first.vectors + first.context)
    np.testing.assert_array_equal(both.context, first.context)


@pytest.mark.parametrize("add_context", [True, False])
def test_goes_on_where_it_was(counts, add_context):
    made = PULearning(vector_size=6, epochs=3, bias=False, tolerance=0.0, add_context=add_context)
    first = made.fit(counts, keep_context=True)
    more = made.fit(counts, init=first, keep_context=True)
    assert more.metadata["loss"][0] < first.metadata["loss"][-1]
    noise = np.random.default_rng(0).standard_normal(first.vectors.shape)
    without, random = (
        made.fit(counts, init=KeyedVectors(list(first.index_to_key), start)).metadata["loss"][0]
        for start in (first.vectors, noise)
    )
    assert without < random
    some = made.fit(counts, init=KeyedVectors(list(first.index_to_key)[5:], first.vectors[5:]))
    assert some.metadata["loss"][-1] < 1.1 * first.metadata["loss"][-1] and some.vectors[:5].any(axis=1).all()


def test_ends_when_little_is_won(counts):
    losses, all_losses = (
        PULearning(vector_size=6, epochs=60, tolerance=least).fit(counts).metadata["loss"] for least in (1e-3, 0.0)
    )
    won = [(before - after) / after for before, after in pairwise(losses)]
    assert won[-1] <= 1e-3 and all(each > 1e-3 for each in won[1:-1])
    assert 3 <= len(losses) < len(all_losses) == 60 and all_losses[: len(losses)] == losses


def test_progress_and_callbacks(counts, capsys, terminal):
    seen = []
    vectors = PULearning(vector_size=6, epochs=2).fit(counts, callbacks=seen.append, progress=True)
    assert [epoch.loss for epoch in seen] == vectors.metadata["loss"]
    assert seen[-1].tokens == 6000 and "cells" in capsys.readouterr().err


def test_words_without_cells_are_zero_without_rho():
    """A word that meets every word as often as chance would has no positive PMI."""
    x = np.array([[0, 5, 0, 1], [5, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 2]], np.float32)
    indptr = np.concatenate([[0], np.cumsum((x > 0).sum(1))])
    words = Vocabulary.from_words(list("abcd"), [9, 8, 7, 6])
    counts = Cooccurrence(words, indptr, np.nonzero(x)[1].astype(np.int32), x[x > 0])
    for bias in (True, False):
        vectors = PULearning(vector_size=3, rho=0.0, bias=bias).fit(counts)
        assert np.isfinite(vectors.vectors).all()
        assert (vectors["c"] == 0).all() and (vectors["a"] != 0).any()


@pytest.mark.parametrize("options", [{}, {"rho": 0.0, "regularization": 0.0}, {"rho": 1.0}], ids=str)
def test_more_coordinates_than_words(counts, options):
    vectors = PULearning(vector_size=100, **options).fit(counts)
    assert vectors.vectors.shape == (len(counts.vocabulary), 100) and np.isfinite(vectors.vectors).all()


def test_a_single_word():
    vectors = PULearning(vector_size=4, min_count=1).fit([["a", "a", "a"]], keep_context=True)
    assert (vectors.vectors == 0).all() and vectors.metadata["loss"][-1] == 0


@pytest.mark.parametrize(
    ("option", "value", "what"),
    [("x_max", 0, "> 0"), ("rho", -0.1, ">= 0"), ("rho", 2, "<= 1"), ("regularization", -1, ">= 0")],
)
def test_bounds(option, value, what):
    with pytest.raises(wordvec.OptionError, match=rf"{option} must be a number .*{what}"):
        PULearning(**{option: value})


def test_counts_at_offsets_are_refused(counts):
    from dataclasses import replace

    apart = replace(counts, offsets=np.array([1]))
    with pytest.raises(wordvec.OptionError, match="counts of pairs at each offset"):
        PULearning(vector_size=4).fit(apart)
