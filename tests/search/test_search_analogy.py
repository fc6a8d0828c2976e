"""Analogies on arrays are what the formulas give, one question and one row at a time, in any tiling."""

import numpy as np
import pytest

from wordvec import search
from wordvec._kernels import tables as kernel
from wordvec.base.errors import OptionError
from wordvec.rows.norms import row_norms
from wordvec.search import analogy, cosmul, hubness, sets, tables

METHODS = ["3cosadd", "3cosmul", "pairdirection"]


def units_of(matrix):
    wide = matrix.astype(np.float64)
    lengths = np.sqrt((wide**2).sum(axis=1))
    return wide / np.where(lengths > 0, lengths, 1)[:, None]


def score(y, a, b, c, method, eps=1e-3):
    """The definitions, on unit vectors."""
    if method == "3cosadd":
        return y @ (b - a + c) / np.linalg.norm(b - a + c)
    if method == "3cosmul":
        s = [(1 + y @ v) / 2 for v in (a, b, c)]
        return s[1] * s[2] / (s[0] + eps)
    step = y - c
    return step @ (b - a) / np.linalg.norm(step) / np.linalg.norm(b - a) if np.linalg.norm(step) > 1e-3 else 0


def brute_force(units, rows, question, method, exclude, k):
    a, b, c = units[list(question)]
    scores = {i: score(units[i], a, b, c, method) for i in rows if units[i].any() and i not in exclude}
    best = sorted(scores, key=lambda i: (-round(scores[i], 12), i))[:k]
    return best, [scores[i] for i in best]


@pytest.fixture(scope="module")
def planted():
    """Random rows with duplicates, multiples and zero rows."""
    matrix = np.random.default_rng(0).standard_normal((500, 9)).astype(np.float32)
    matrix[100:140], matrix[200:220], matrix[300:310] = matrix[3], 4 * matrix[7], 0
    return matrix, row_norms(matrix), units_of(matrix)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("columns", "group", "workers"),
    [(512, 16_384, None), (64, 7, 1), pytest.param(128, 50, 3, marks=pytest.mark.thorough)],
)
def test_analogies_are_those_of_the_formulas(planted, monkeypatch, method, columns, group, workers):
    matrix, norms, units = planted
    monkeypatch.setattr(tables, "COLUMNS", columns)
    monkeypatch.setattr(analogy, "_GROUP", group)
    monkeypatch.setattr(tables, "CANDIDATES", 64 * group)
    rng = np.random.default_rng(1)
    asked = np.concatenate([rng.choice(100, (60, 3)), [[1, 3, 7], [3, 7, 1], [7, 2, 3]]])
    asked = asked[asked[:, 0] != asked[:, 1]]
    rows, scores = analogy.analogy(matrix, *asked.T, 6, norms=norms, method=method, workers=workers)
    exclude = [[2, 3, *range(100, 135)], [], [q for q in range(400)]] * len(asked)
    others = analogy.analogy(
        matrix, *asked.T, 6, norms=norms, method=method, exclude=exclude[: len(asked)], start=5, stop=450
    )
    for q, question in enumerate(asked.tolist()):
        best, exact = brute_force(units, range(500), question, method, question, 6)
        assert rows[q].tolist() == best
        np.testing.assert_allclose(scores[q], exact, rtol=1e-12, atol=1e-12)
        best, exact = brute_force(units, range(5, 450), question, method, exclude[q], 6)
        assert others[0][q].tolist() == best
        np.testing.assert_allclose(others[1][q], exact, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_one_question_and_many_agree_to_the_last_bit(planted, method):
    matrix, norms, _ = planted
    asked = np.random.default_rng(2).choice(90, (40, 3), replace=True)
    asked = asked[asked[:, 0] != asked[:, 1]]
    together = analogy.analogy(matrix, *asked.T, 4, norms=norms, method=method)
    for q, (a, b, c) in enumerate(asked):
        alone = analogy.analogy(matrix, a, b, c, 4, norms=norms, method=method)
        assert np.array_equal(alone[0][0], together[0][q]) and np.array_equal(alone[1][0], together[1][q])


def test_near_ties_that_float32_cannot_tell():
    """Hundreds of rows whose scores differ in the ninth digit still come in their true order."""
    rng = np.random.default_rng(3)
    base = rng.standard_normal((4, 30))
    crowd = base[1] - base[0] + base[2] + 1e-5 * rng.standard_normal((300, 30))
    matrix = np.concatenate([base, crowd, rng.standard_normal((500, 30))]).astype(np.float32)
    norms, units = row_norms(matrix), units_of(matrix)
    for method in METHODS[:2]:
        rows, _ = analogy.analogy(matrix, [0], [1], [2], 5, norms=norms, method=method)
        best, _ = brute_force(units, range(len(units)), (0, 1, 2), method, (0, 1, 2), 5)
        assert rows[0].tolist() == best
        asked = np.array([[0, 1, 2]])
        assert analogy.answers(matrix, asked, asked, norms=norms, method=method).tolist() == best[:1]


@pytest.mark.parametrize("method", METHODS)
def test_answers_are_the_first_of_analogies(planted, method):
    matrix, norms, _ = planted
    asked = np.random.default_rng(4).choice(100, (200, 3))
    asked = asked[asked[:, 0] != asked[:, 1]]
    rows, scores = analogy.analogy(matrix, *asked.T, 1, norms=norms, method=method)
    got = analogy.answers(matrix, asked, asked, norms=norms, method=method)
    positive = scores[:, 0] > 0  # a row of zeros, of cosine 0, may answer the others
    assert positive.sum() > 150 and (got == rows[:, 0])[positive].all()


@pytest.mark.parametrize("most", [1, 1 << 20])
def test_rankings_made_together_are_those_made_alone(planted, most, monkeypatch):
    matrix, norms, _ = planted
    asked = np.random.default_rng(5).choice(100, (200, 3))
    rankings = [analogy.Ranking(method, asked, k) for method in METHODS for k in (1, 3)]
    rankings.append(analogy.Ranking("3cosadd", asked[:, :0]))
    alone = [analogy.ranked_answers(matrix, asked, [one], norms=norms, workers=1)[0] for one in rankings]
    monkeypatch.setattr(analogy, "CANDIDATES", most)
    for workers in (1, 3):
        together = analogy.ranked_answers(matrix, asked, rankings, norms=norms, workers=workers)
        assert [rows.tolist() for rows in together] == [rows.tolist() for rows in alone]


def test_answers_with_zeros_and_with_nothing_left():
    matrix = np.array([[1, 0], [0, 0], [-1, 0.1], [-1, -0.1]], np.float32)
    norms = row_norms(matrix)
    nothing = np.full((1, 0), -1)
    assert analogy.answers(matrix, np.array([[0, 0, 0]]), np.array([[0]]), norms=norms).tolist() == [1]  # cosine 0
    assert analogy.answers(matrix, np.array([[1, 1, 1]]), nothing, norms=norms).tolist() == [0]  # all are 0: the first
    assert analogy.answers(matrix, np.array([[0, 0, 0]]), np.array([[0, 1, 2, 3]]), norms=norms).tolist() == [-1]
    assert analogy.answers(matrix, np.empty((0, 3), np.int64), np.empty((0, 3), np.int64), norms=norms).tolist() == []
    assert analogy.answers(matrix, np.array([[0, 0, 0]]), nothing, norms=norms, stop=0).tolist() == [-1]


def test_pair_direction_of_a_copy_of_c_is_0():
    matrix = np.array([[1, 0], [0, 1], [1, 1], [2, 2], [-1, 2]], np.float32)
    rows, scores = analogy.analogy(matrix, [0], [1], [2], 2, norms=row_norms(matrix), method="pairdirection")
    assert rows.tolist() == [[4, 3]] and scores[0, 1] == 0 < scores[0, 0]


def test_few_rows_and_no_questions(planted):
    matrix, norms, _ = planted
    rows, scores = analogy.analogy(matrix[:4], [0], [1], [2], 9, norms=norms[:4])
    assert rows.tolist() == [[3, -1, -1, -1]] and np.isneginf(scores[0, 1:]).all()
    assert analogy.analogy(matrix, [0], [1], [2], 0, norms=norms)[0].shape == (1, 0)
    assert analogy.analogy(matrix, [], [], [], 3, norms=norms)[0].shape == (0, 3)
    assert analogy.analogy(matrix, [0], [1], [2], 2, norms=norms, start=7, stop=7)[0].shape == (1, 0)


@pytest.mark.parametrize(
    ("asked", "options", "problem"),
    [
        (([0], [1], [500]), {}, "from 0 to 499; got 500"),
        (([0], [1, 2], [3]), {}, "as many of each"),
        (([0], [1], [300]), {}, "c has row 300, which is zero"),
        (([0, 2], [1, 2], [3, 4]), {"method": "pairdirection"}, r"b - a must not be zero.*question 1"),
        (([0], [1], [2]), {"method": "3cosavg"}, "3cosadd, 3cosmul, pairdirection; got '3cosavg'"),
        (([0], [1], [2]), {"method": "3cosmul", "eps": 0}, "eps must be > 0"),
        (([0], [1], [2]), {"exclude": []}, "each of 1 questions; got 0"),
        ((["king"], ["queen"], ["man"]), {}, "row numbers"),
    ],
)
def test_bad_questions(planted, asked, options, problem):
    with pytest.raises(OptionError, match=problem):
        analogy.analogy(planted[0], *asked, 3, norms=planted[1], **options)


def test_a_question_without_direction():
    matrix = np.array([[1, 0], [0.5, -(3**0.5) / 2], [0.5, 3**0.5 / 2], [3, 0], [0, 1]], np.float32)
    norms = row_norms(matrix)
    with pytest.raises(OptionError, match=r"b - a \+ c must not be zero.*question 1"):
        analogy.analogy(matrix, [4, 0], [1, 1], [2, 2], 1, norms=norms)
    with pytest.raises(OptionError, match=r"b - a must not be zero.*question 0"):
        analogy.analogy(matrix, [0], [3], [2], 1, norms=norms, method="pairdirection")
    rows, _ = analogy.analogy(matrix, [0], [3], [2], 1, norms=norms)  # b is a in all but length: c remains
    assert rows.tolist() == [[4]]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("dim", [1, 5, 16, 33])
def test_cosmul_of_lists(dim, workers, monkeypatch):
    monkeypatch.setattr(tables, "COLUMNS", 64)
    rng = np.random.default_rng(dim)
    matrix = rng.standard_normal((300, dim)).astype(np.float32)
    matrix[7] = 0
    norms, units = row_norms(matrix), units_of(matrix)
    positive, negative = rng.standard_normal((3, dim)), rng.standard_normal((2, dim))

    def product(some, i):
        return np.prod([(1 + units[i] @ v / np.linalg.norm(v)) / 2 for v in some])

    for p, n, eps in ((positive, negative, 1e-6), (positive, negative[:0], 1e-3), (positive[:0], negative, 1e-3)):
        rows, scores = cosmul.cosmul(matrix, p, n, 8, norms=norms, eps=eps, exclude=[1, 2, 250], start=1, stop=280)
        exact = {i: product(p, i) / (product(n, i) + eps) for i in range(3, 280) if i not in (7, 250)}
        if dim > 1:
            assert rows.tolist() == sorted(exact, key=lambda i: (-exact[i], i))[:8]
        np.testing.assert_allclose(scores, sorted(exact.values(), reverse=True)[:8], rtol=1e-9, atol=1e-25)


def test_cosmul_within_and_bad_input(planted):
    matrix, norms, _ = planted
    rows, _ = cosmul.cosmul(matrix, matrix[:2], [], 9, norms=norms, within=[5, 8, 300])
    assert sorted(rows.tolist()) == [5, 8]
    assert cosmul.cosmul(matrix, matrix[:2], [], 9, norms=norms, within=[])[0].tolist() == []
    assert cosmul.cosmul(matrix, matrix[:2], [], 0, norms=norms)[0].tolist() == []
    with pytest.raises(OptionError, match="got neither"):
        cosmul.cosmul(matrix, [], [], 1, norms=norms)
    with pytest.raises(OptionError, match="eps must be > 0"):
        cosmul.cosmul(matrix, matrix[:1], [], 1, norms=norms, eps=0)
    with pytest.raises(OptionError, match="other than zero"):
        cosmul.cosmul(matrix, np.zeros((1, 9)), [], 1, norms=norms)
    with pytest.raises(OptionError, match="must have 9 numbers"):
        cosmul.cosmul(matrix, np.ones((1, 8)), [], 1, norms=norms)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_cosmul_of_gensim():
    gensim = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(5)
    matrix = rng.standard_normal((200, 20)).astype(np.float32)
    peer = gensim.KeyedVectors(20)
    peer.add_vectors([f"w{i}" for i in range(200)], matrix)
    for positive, negative in ((["w1", "w2"], ["w3"]), (["w4"], ["w5", "w6"]), (["w7"], [])):
        rows, scores = cosmul.cosmul(
            matrix,
            matrix[[int(w[1:]) for w in positive]],
            matrix[[int(w[1:]) for w in negative]],
            5,
            eps=1e-6,
            norms=row_norms(matrix),
            exclude=[int(w[1:]) for w in positive + negative],
        )
        theirs = peer.most_similar_cosmul(positive=positive, negative=negative, topn=5)
        assert [f"w{i}" for i in rows] == [word for word, _ in theirs]
        np.testing.assert_allclose(scores, [value for _, value in theirs], rtol=1e-5)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize(("lines", "dim", "rows"), [(1, 1, 1), (12, 7, 64), (13, 33, 70), (30, 100, 100)])
def test_tables_on_every_machine(level, lines, dim, rows):
    rng = np.random.default_rng(lines)
    wide = rng.standard_normal((rows, dim + 3)).astype(np.float32)
    tile, units = wide[:, :dim], rng.standard_normal((lines, dim)).astype(np.float32)
    norms = row_norms(tile)
    norms[rows // 2] = 0
    table = np.zeros((lines, 128), np.float32)
    kernel.table(tile, norms, units, table, np.empty(16 * dim, np.float32), level=level)
    with np.errstate(all="ignore"):
        exact = units.astype(np.float64) @ (tile / norms[:, None].astype(np.float64)).T
    there = [i for i in range(rows) if i != rows // 2]
    np.testing.assert_allclose(table[:, there], exact[:, there], atol=1e-4)
    assert np.isnan(table[:, rows // 2]).all() and np.isnan(table[:, rows:]).all()


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("form", [kernel.SUM, kernel.SHIFT, kernel.RATIO])
def test_best_sums_on_every_machine(level, form):
    rng = np.random.default_rng(6)
    x, y = rng.integers(0, 9, (2, 5, 256)).astype(np.float32)  # integers, so that there are ties
    x[:, 70] = np.nan
    a, b, c = rng.integers(0, 5, (3, 20)).astype(np.int32)
    shift, banned = rng.integers(0, 3, 20).astype(np.float32), rng.integers(0, 256, (20, 30))
    scores, rows = np.full((20, 7), -np.inf, np.float32), np.full((20, 7), -1)
    filled = np.zeros(20, np.intp)
    for first in (0, 128):
        some = np.ascontiguousarray(x[:, first : first + 128]), np.ascontiguousarray(y[:, first : first + 128])
        kernel.best(form, *some, a, b, c, shift, banned, first, scores, rows, filled, level=level)
    for q in range(20):
        value = {
            kernel.SUM: lambda q: x[b[q]] - y[a[q]] + x[c[q]],
            kernel.SHIFT: lambda q: x[b[q]] - y[a[q]],
            kernel.RATIO: lambda q: (x[b[q]] - x[a[q]] - shift[q]) * y[c[q]],
        }[form](q)
        left = [i for i in range(256) if i not in banned[q] and i != 70]
        wanted = sorted(left, key=lambda i: (-value[i], i))[:7]
        order = np.lexsort((rows[q], -scores[q]))
        assert rows[q][order].tolist() == wanted and scores[q][order].tolist() == value[wanted].tolist()


def test_a_score_that_search_knows_too(planted):
    """3CosAdd is the nearest row to b - a + c."""
    matrix, norms, units = planted
    rows, scores = analogy.analogy(matrix, [10], [11], [12], 5, norms=norms)
    same, cosines = search.nearest(matrix, units[11] - units[10] + units[12], 5, norms=norms, exclude=[[10, 11, 12]])
    assert rows.tolist() == same.tolist()
    np.testing.assert_allclose(scores, cosines, atol=1e-12)


class Decoded:
    """What search may know of an encoded matrix: its shape, and rows as float32 when asked for."""

    dtype, ndim = np.dtype(np.float32), 2

    def __init__(self, matrix):
        self._codes, self.shape, self.most = matrix.astype(np.float64), matrix.shape, 0

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        decoded = self._codes[rows].astype(np.float32)
        self.most = max(self.most, decoded.size // self.shape[1])
        return decoded


def test_matrices_that_are_decoded_a_few_rows_at_a_time(planted, monkeypatch):
    monkeypatch.setattr(tables, "COLUMNS", 64)
    matrix, norms, _ = planted
    coded, asked = Decoded(matrix), np.array([[0, 1, 2], [3, 4, 5]])
    some = matrix[20:23].astype(np.float64)
    for call in (
        lambda m: analogy.analogy(m, *asked.T, 4, norms=norms, method="pairdirection"),
        lambda m: analogy.answers(m, asked, asked, norms=norms, method="3cosmul"),
        lambda m: cosmul.cosmul(m, some[:2], some[2:], 4, norms=norms),
        lambda m: sets.nearest_to_set(m, some, k=4, norms=norms, agg="max"),
        lambda m: hubness.nearest_penalised(m, some, 4, norms=norms, penalty=norms / 100),
        lambda m: hubness.softmax_sums(m, some, norms=norms),
    ):
        for ours, plain in zip(call(coded), call(matrix), strict=True):
            assert np.array_equal(ours, plain)
    assert coded.most < 500  # never the whole
