"""Words composed of several rows: the kernel's twin, its gradient, and the limits in which it is the plain kernel."""

from itertools import pairwise

import numpy as np
import pytest
import reference
from test_word2vec_kernel import LEVELS, OFF, WORDS, matrices, random_sentences, realign, run, task

from wordvec._kernels import word2vec as kernel
from wordvec.optim.descent import aligned_matrix
from wordvec.trainers.word_rows import HOW, WordRows

DIM = 6
ROWS = {  # of each word, in a table of 9 rows; several share some
    "mean": [[0], [1, 7], [2, 7, 8, 8], [3, 7], [4, 5, 6, 7, 8], [5], [6, 8]],
    "multiply": [[0, 6], [1, 7], [2, 8], [3, 6], [4, 7], [5, 8], [0, 7]],
    "three factors": [[0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [1, 5, 6], [2, 3, 7], [0, 5, 7]],
    "concat": [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [8, 3, 1]],
    "weighted": [[0, 1], [2, 3], [4, 5, 4], [6, 7], [8, 0], [1, 3], [5, 7]],
}
every_way = pytest.mark.parametrize("name", ROWS)


def parts(name, dtype=np.float64, seed=0):
    """(arguments of the kernel, the table, output rows, the twin's bags) of a way to compose vectors."""
    how = "multiply" if name == "three factors" else name
    rng, rows = np.random.default_rng(seed), ROWS[name]
    part = DIM // 3 if how == "concat" else DIM
    table = aligned_matrix(9, part, dtype)
    table[:] = rng.standard_normal((9, part)) / part**0.5 + (how == "multiply")
    output = matrices(DIM, dtype)[1]
    starts = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    importance = rng.standard_normal(starts[-1]).astype(dtype) if how == "weighted" else None
    bags = WordRows(starts, np.concatenate(rows).astype(np.int32), 9, how, part)
    given = bags.arguments(table, importance)
    for which in ("input", "frozen_words", "frozen_rows"):
        del given[which]
    pairs = None if importance is None else [importance[a:b] for a, b in pairwise(starts)]
    return given, table, output, reference.Bags(rows, how, pairs)


def frozen(name):
    """A word is frozen, and all rows of its, of which other words may have some."""
    words, rows = np.zeros(WORDS, np.uint8), np.zeros(9, np.uint8)
    words[3] = 1
    rows[ROWS[name][3]] = 1
    return {"frozen_words": words, "frozen_rows": rows}


@every_way
@pytest.mark.parametrize("options", [{}, {"cbow": True}, {"hs": True}, {"centres": 3, "pool": 5}], ids=str)
@pytest.mark.parametrize("freezes", [False, True])
def test_equals_its_twin(name, options, freezes):
    arguments = task(random_sentences(), **options) | (frozen(name) if freezes else {})
    given, table, output, _ = parts(name)
    _, expected_table, expected_output, bags = parts(name)
    loss, targets = run(arguments | given, table, output, 0.05)
    last = len(arguments["offsets"]) - 1
    expected = reference.word2vec(
        first=0, last=last, alpha=0.05, seed=5, input=expected_table, output=expected_output, bags=bags, **arguments
    )
    assert targets == expected[1] > 50 and loss == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(table, expected_table, rtol=0, atol=1e-12)
    np.testing.assert_allclose(output, expected_output, rtol=0, atol=1e-12)
    if given["importance"] is not None:
        np.testing.assert_allclose(given["importance"], np.concatenate(bags.importance), rtol=0, atol=1e-12)


@every_way
@pytest.mark.parametrize(("level", "dtype"), [(0, np.float64), *((level, np.float32) for level in LEVELS)])
def test_rows_of_frozen_words_keep_their_bytes(name, level, dtype):
    given, table, output, _ = parts(name, dtype)
    table[ROWS[name][3][0], 0] = -0.0
    start, factors = table.copy(), given["importance"] is not None and given["importance"].copy()
    stays = frozen(name)["frozen_rows"].astype(bool)
    for seed in range(4):
        run(task(random_sentences(seed)) | frozen(name) | given, table, output, 0.05, seed, level)
    assert table[stays].tobytes() == start[stays].tobytes()
    assert (table[~stays] != start[~stays]).any(axis=1).all()
    if given["importance"] is not None:
        first = sum(map(len, ROWS[name][:3]))
        own = slice(first, first + len(ROWS[name][3]))
        assert given["importance"][own].tobytes() == factors[own].tobytes()
        assert (given["importance"] != factors).sum() > WORDS


@every_way
def test_steps_down_the_numerical_gradient(name):
    """Of a mean, fastText's step of a row is the gradient times the number of rows of the word."""
    arguments = task([[1, 3, 5, 0]], shrink=False, centres=4)
    given, start, output, _ = parts(name)
    factors = given["importance"]
    if given["compose"] in (kernel.MULTIPLY, kernel.WEIGHTED):  # so that no step is cut
        np.clip(start, -0.25 - 0.3 * (factors is None), 0.25 + 0.3 * (factors is None), out=start)
        if factors is not None:
            np.clip(factors, -0.7, 0.7, out=factors)

    def loss_at(matrix, index, change):
        moved = realign(start), realign(output), None if factors is None else factors.copy()
        moved[matrix][index] += change
        return run(arguments | given | {"importance": moved[2]}, moved[0], moved[1], 0.0)[0]

    def numeric(matrix, shape):
        found = np.empty(shape)
        for index in np.ndindex(shape):
            found[index] = (loss_at(matrix, index, 1e-5) - loss_at(matrix, index, -1e-5)) / 2e-5
        return found

    after = realign(start), realign(output), None if factors is None else factors.copy()
    run(arguments | given | {"importance": after[2]}, after[0], after[1], 1e-6)
    expected = numeric(0, start.shape)
    if name == "mean":  # rows of which one word of the sentence has a share, and all words of it have as many rows
        expected = expected * np.array([1, 2, 1, 2, 1, 1, 1, 2, 1])[:, None]
    np.testing.assert_allclose((start - after[0]) / 1e-6, expected, rtol=0, atol=2e-4)
    np.testing.assert_allclose((output - after[1]) / 1e-6, numeric(1, output.shape), rtol=0, atol=2e-4)
    if factors is not None:
        np.testing.assert_allclose((factors - after[2]) / 1e-6, numeric(2, factors.shape), rtol=0, atol=2e-4)
    assert np.abs(expected).max() > 0.1


LIMITS = {
    "one row each": ("mean", lambda own: own, None),
    "the same row twice": ("mean", lambda own: np.repeat(own, 2, axis=1), None),
    "a product with ones": ("multiply", lambda own: np.hstack([own, own + WORDS]), None),
    "one part": ("concat", lambda own: own, None),
    "a factor of one": ("weighted", lambda own: own, np.ones(WORDS)),
}


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize("cbow", [False, True])
def test_limits_in_which_it_is_the_plain_kernel(limit, cbow):
    how, rows_of, importance = limit
    arguments = task([[1, 3, 5, 0]], shrink=False, centres=4, cbow=cbow)  # one step: factors move after it
    plain, output = matrices(DIM, np.float64)
    table, other = aligned_matrix(2 * WORDS, DIM, np.float64), realign(output)
    table[:WORDS], table[WORDS:] = plain, 1
    rows = rows_of(np.arange(WORDS)[:, None])
    given = WordRows.of_rows(rows, 2 * WORDS, how, DIM).arguments(
        table, None if importance is None else importance.copy()
    )
    del given["input"]
    expected = run(arguments, plain, output, 0.05)
    assert run(arguments | given, table, other, 0.05) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(other, output, rtol=0, atol=1e-12)
    if how == "weighted":
        assert (np.abs(plain) < 1).all()
    if how == "multiply":  # of two factors, 1 and r, the first takes 1 / (1 + r^2) of the step
        start = matrices(DIM, np.float64)[0]
        plain = start + (plain - start) / (1 + start**2)
    np.testing.assert_allclose(table[:WORDS], plain, rtol=0, atol=1e-12)


@every_way
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cbow", [False, True])
def test_instruction_sets_agree(name, level, cbow):
    arguments = task(random_sentences(), cbow=cbow)
    given, table, output, _ = parts(name)
    expected = run(arguments | given, table, output, 0.05)[0]
    single, narrow, out, _ = parts(name, np.float32)
    assert run(arguments | single, narrow, out, 0.05, level=level)[0] == pytest.approx(expected, rel=OFF[level])
    np.testing.assert_allclose(narrow, table, atol=2 * OFF[level])
    np.testing.assert_allclose(out, output, atol=2 * OFF[level])


def test_rows_of_other_lengths_than_the_vectors_are_refused():
    given, _, output, _ = parts("mean")
    with pytest.raises(ValueError, match="as long as each other"):
        run(task([[1, 2]]) | given, aligned_matrix(9, 40, np.float64), output, 0.05)


def test_every_way_has_a_name():
    assert sorted(HOW.values()) == [kernel.MEAN, kernel.MULTIPLY, kernel.CONCAT, kernel.WEIGHTED]
