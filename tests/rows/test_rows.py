"""Every kind of rows: a matrix that decodes, knows its norms, scans itself, and is the same from its tensors."""

import json
import pickle

import numpy as np
import pytest

from wordvec import search
from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs import Factored, encode, open_rows
from wordvec.rows import Composed, Dense, Rows, Shared, SideBySide, as_rows, row_norms

RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((90, 12)).astype(np.float32)
MATRIX[[4, 50]] = 0
ROW_OF = np.concatenate([np.arange(90), [3, 0, 3, 89]])


def composed():
    codes = RNG.integers(0, 20, (90, 2)).astype(np.uint32)
    table = RNG.standard_normal((21, 12)).astype(np.float32)
    table[20] = 0
    codes[4] = codes[50] = 20
    return Composed(codes, table, "mean")


def side_by_side(normalize=True):
    first = np.where(np.arange(90) % 3, np.arange(90), -1)
    second = np.where(first < 0, np.arange(90) // 3, (np.arange(90) * 7) % 31 - 1)
    first[[4, 50]] = second[[4, 50]] = -1
    parts = [(Dense(MATRIX[:, :5]), first), (encode(3 * MATRIX[30:61, 2:9], "int8"), second)]
    return SideBySide(parts, normalize)


def factored():
    tall = RNG.standard_normal((90, 5)).astype(np.float32)
    tall[[4, 50]] = 0
    return Factored(tall, RNG.standard_normal((5, 12)))


KINDS = {
    "dense": lambda: Dense(MATRIX),
    "shared": lambda: Shared(MATRIX, ROW_OF),
    "shared codes": lambda: Shared(encode(MATRIX, "int8"), ROW_OF),
    "composed": composed,
    "factored": factored,
    "int8": lambda: encode(MATRIX, "int8"),
    "float16": lambda: encode(MATRIX, "float16"),
    "side by side": side_by_side,
    "side by side as they are": lambda: side_by_side(False),
    "bits": lambda: encode(MATRIX, "bits", rescore="float32", candidates=90),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def rows(request):
    return request.param()


def test_a_matrix_that_decodes(rows):
    whole = np.asarray(rows)
    assert isinstance(rows, Rows) and whole.dtype == rows.dtype == np.float32 and rows.ndim == 2
    assert whole.shape == rows.shape == (90, 12) and len(rows) == 90 and rows.nbytes > 0 and rows.row_bytes > 0
    for some in (7, -1, slice(3, 40, 5), [5, 5, 1], whole[:, 0] > 0):
        np.testing.assert_array_equal(rows[some], whole[some])
    assert rows.norms.dtype == rows.lengths.dtype == np.float32
    np.testing.assert_allclose(rows.lengths, row_norms(whole), rtol=1e-6)
    np.testing.assert_allclose(rows.norms, row_norms(whole), rtol=0.01)
    assert rows.norms is rows.norms and rows.lengths is rows.lengths  # computed once


def test_words(rows):
    row_of = np.arange(90) if rows.row_of is None else rows.row_of
    whole, words = np.asarray(rows)[row_of], len(row_of)
    assert [rows.row(index) for index in range(words)] == row_of.tolist()
    taken = rows.take([words - 1, 3, 3])
    np.testing.assert_array_equal(taken, whole[[words - 1, 3, 3]])
    taken[:] = 9  # a copy
    np.testing.assert_array_equal(rows.take([3]), whole[[3]])
    for block_bytes in (1, 4 * 12 * 7, 1 << 20):
        blocks = list(rows.blocks(block_bytes))
        np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), whole)
        assert [first for first, _ in blocks] == np.cumsum([0, *(len(block) for _, block in blocks)])[:-1].tolist()


def test_searches_are_those_of_the_decoded_matrix(rows):
    whole, queries = np.asarray(rows), RNG.standard_normal((3, 12))
    lengths = row_norms(whole)
    for asked in (queries, queries[:1]):
        numbers, scores = search.nearest(rows, asked, 5)
        expected, exact = search.nearest(whole, asked, 5, norms=lengths)
        np.testing.assert_array_equal(numbers, expected)
        np.testing.assert_allclose(scores, exact, atol=1e-6)
    np.testing.assert_allclose(search.cosines(rows, queries[0]), search.cosines(whole, queries[0]), atol=2e-3)
    assert not {4, 50} & set(search.nearest(rows, queries[:1], 90)[0].ravel().tolist())
    np.testing.assert_array_equal(search.rows_closer(rows, whole[7], 0.3), search.rows_closer(whole, whole[7], 0.3))


def test_rows_of_norm_zero_are_not_found(rows):
    norms = rows.norms.copy()
    norms[7] = 0
    other = rows.with_norms(norms)
    assert search.nearest(rows, np.asarray(rows)[7], 1)[0].tolist() == [[7]]
    assert search.nearest(other, np.asarray(rows)[7], 1)[0].tolist() != [[7]]
    assert other.divisors[7] == 0 and other.gather(np.array([7, 8]))[1][0] == 0
    np.testing.assert_array_equal(
        other.lengths, rows.lengths if not isinstance(getattr(rows, "rows", rows), Dense) else norms
    )
    with pytest.raises(OptionError, match="one length for each of 90 rows"):
        rows.with_norms(norms[:-1])


def test_tensors(rows):
    tensors = {name: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape) for name, a in rows.tensors().items()}
    again = open_rows(rows.name, tensors, json.loads(json.dumps(rows.config())))
    if rows.row_of is not None:
        again = Shared(again, rows.row_of, believed=True)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(rows))
    np.testing.assert_array_equal(again.norms, rows.norms)
    copied = pickle.loads(pickle.dumps(rows))
    np.testing.assert_array_equal(np.asarray(copied), np.asarray(rows))
    np.testing.assert_array_equal(copied.take([1, 2]), rows.take([1, 2]))
    for name in tensors:
        with pytest.raises((FormatError, OptionError)):
            open_rows(rows.name, {**tensors, name: tensors[name].astype(np.float64)}, rows.config())


def test_nothing_is_copied():
    matrix = np.zeros((5, 3), np.float32)
    assert np.shares_memory(Dense(matrix).array, matrix) and not Dense(matrix)[0].flags.writeable
    assert np.shares_memory(np.asarray(Dense(matrix)), matrix) and np.shares_memory(Dense(matrix).matrix, matrix)
    assert np.shares_memory(Shared(matrix, [0, 1, 2, 3, 4, 0]).matrix, matrix)
    rows = Dense(matrix)
    assert as_rows(rows) is rows and as_rows(rows, rows.norms) is rows
    assert Shared(rows, np.arange(5)).rows is rows and encode(MATRIX, "int8").matrix.name == "int8"


@pytest.mark.parametrize(
    ("row_of", "problem"),
    [
        ([0, 1, 2], "one integer for each word"),
        ([[0, 1, 2, 3, 4]], "one integer for each word"),
        ([0.0, 1.0, 2.0, 3.0, 4.0], "one integer for each word"),
        ([0, 1, 2, 3, 4, 9], "rows must be from 0 to 4; word 5 has 9"),
        ([0, 1, 2, 3, 4, -1], "rows must be from 0 to 4; word 5 has -1"),
        ([0, 2, 1, 3, 4, 0], "owned in order; word 1 has 2"),
    ],
)
def test_a_map_that_is_none(row_of, problem):
    with pytest.raises(OptionError, match=problem):
        Shared(np.zeros((5, 3), np.float32), row_of)


def test_the_map_of_a_file_is_believed_until_it_is_used():
    rows = Shared(MATRIX[:5], np.array([0, 1, 2, 3, 4, 9], np.uint32), believed=True)
    assert rows.row(2) == 2
    with pytest.raises(FormatError, match="the row of word 5 must be below 5; got 9: the file is damaged"):
        rows.row(5)
    for use in (lambda: rows.row_of, lambda: rows.take([5]), lambda: list(rows.blocks())):
        with pytest.raises(FormatError, match="word 5 has 9: the file is damaged"):
            use()


def test_what_is_no_matrix():
    for wrong in (np.zeros(3), np.zeros((2, 0)), [["a"]]):
        with pytest.raises(OptionError, match="matrix must be a matrix of numbers"):
            as_rows(wrong)
    with pytest.raises(FormatError, match="the codec must be one of float32"):
        open_rows("zip", {}, {})
    with pytest.raises(FormatError, match=r"tensor 'of the codes' must be float32 \[any, any\]"):
        open_rows("float32", {"": np.zeros(3, np.float32)}, {})


def test_side_by_side_is_one_matrix_of_all_parts():
    first, second = RNG.standard_normal((40, 5)).astype(np.float32), RNG.standard_normal((30, 3)).astype(np.float32)
    places = np.arange(40, dtype=np.int32), np.where(np.arange(40) < 30, 29 - np.arange(40), -1).astype(np.int32)
    pieces = [first, np.where(places[1][:, None] >= 0, second[places[1]], 0)]
    for normalize in (True, False):
        rows = SideBySide([(Dense(first), places[0]), (Shared(second, [*range(30), 0]), places[1])], normalize)
        if normalize:
            units = [piece / np.maximum(np.linalg.norm(piece, axis=1, keepdims=True), 1e-9) for piece in pieces]
        whole = np.hstack(units if normalize else pieces)
        np.testing.assert_allclose(np.asarray(rows), whole, atol=1e-6)
        np.testing.assert_allclose(rows.norms, np.linalg.norm(whole, axis=1), rtol=1e-6)
    assert rows.parts[0][0].matrix is not None and np.shares_memory(rows.parts[0][0].matrix, first)
    assert np.shares_memory(rows.parts[0][1], places[0])


@pytest.mark.parametrize("dense", [1, 1000])
def test_side_by_side_scans_and_gathers_alike(dense, monkeypatch):
    monkeypatch.setattr("wordvec.rows.side_by_side._DENSE", dense)
    rows, query = side_by_side(), RNG.standard_normal(12)
    numbers, scores = search.nearest(rows, query, 20, start=10, stop=80)
    expected, exact = search.nearest(np.asarray(rows), query, 20, start=10, stop=80)
    np.testing.assert_array_equal(numbers, expected)
    np.testing.assert_allclose(scores, exact, atol=1e-6)
    for workers in (1, 2, 5):
        again, same = search.nearest(rows, query, 20, start=10, stop=80, workers=workers)
        assert (again == numbers).all() and (same == scores).all()


def test_side_by_side_finds_no_row_of_which_a_piece_is_not_finite():
    first = np.array([[1, 0], [np.inf, 0], [0, 1]], np.float32)
    rows = SideBySide([(Dense(first), [0, 1, 2]), (Dense(np.eye(3)), [0, 1, 2])])
    assert search.nearest(rows, [1, 1, 1, 1, 1], 3)[0].tolist() == [[0, 2, -1]]


def test_what_cannot_stand_side_by_side():
    rows = Dense(np.eye(3))
    for parts, problem in (
        ([], "one or more rows"),
        ([(rows, [0, 1]), (rows, [0])], "a row for each of 2 words"),
        ([(rows, [0, 3])], "rows of a part must be below 3, or -1; got 3"),
    ):
        with pytest.raises(OptionError, match=problem):
            SideBySide(parts)
    both = SideBySide([(rows, [0, 1, -1]), (encode(np.eye(3), "float16"), [2, -1, 0])])
    tensors, config = both.tensors(), both.config()
    again = open_rows("side-by-side", tensors, config)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(both))
    for hurt, problem in (
        ({"parts": []}, "parts of the codec"),
        ({"parts": [1, 2]}, "parts of the codec"),
        ({"parts": [{"codec": "zip"}] * 2}, "the codec must be one of"),
        ({"parts": config["parts"][:1]}, "tensor 'of the codes'"),
        ({"normalize": 1}, "normalize of the codec"),
    ):
        with pytest.raises(FormatError, match=problem):
            open_rows("side-by-side", tensors, {**config, **hurt})
    with pytest.raises(FormatError, match="below 3, or -1; got 7: the file is damaged"):
        open_rows("side-by-side", {**tensors, "": np.full((3, 2), 7, np.int32)}, config)
