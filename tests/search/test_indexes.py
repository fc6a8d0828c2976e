"""Approximate indexes find nearly all, score exactly, and refuse files that are damaged or of other vectors."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from wordvec import search
from wordvec.base.errors import FormatError, LibraryError, OptionError, OutputError
from wordvec.rows.norms import row_norms
from wordvec.search import indexes

KINDS = [
    ("usearch", {}),
    ("faiss", {"factory": "Flat"}),
    ("faiss", {"factory": "HNSW16"}),
    ("faiss", {"factory": "IVF8,Flat", "nprobe": 4}),
]
every_kind = pytest.mark.parametrize(("kind", "parameters"), KINDS, ids=["usearch", "flat", "hnsw", "ivf"])
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries, when they are imported


def needs(kind):
    """Skip a test without the library; it is not imported, since the order of imports is what wordvec takes care of."""
    if find_spec(kind) is None:
        pytest.skip(f"{kind} is not installed")


@pytest.fixture(scope="module")
def planted():
    """Clustered rows with zero rows, duplicates and rows that are not finite; and their norms."""
    rng = np.random.default_rng(0)
    matrix = (rng.standard_normal((40, 24))[rng.integers(0, 40, 1500)] + 0.5 * rng.standard_normal((1500, 24))).astype(
        np.float32
    )
    matrix[100:110], matrix[5], matrix[6, 1], matrix[1490:1500] = matrix[3], 0, np.nan, 0
    return matrix, row_norms(matrix)


@every_kind
def test_an_index_finds_nearly_all_and_scores_exactly(planted, kind, parameters, tmp_path):
    needs(kind)
    matrix, norms = planted
    built = indexes.build_index(matrix, norms=norms, kind=kind, path=tmp_path / "v.index", **parameters)
    opened = indexes.open_index(tmp_path / "v.index", matrix, norms=norms)
    assert opened.parameters == built.parameters and opened.measured == built.measured
    assert sorted(p.name for p in tmp_path.iterdir()) == ["v.index", "v.index.json"]
    queries = np.random.default_rng(1).standard_normal((20, 24))
    exclude = [[i, 3] for i in range(20)]
    exact, _ = search.nearest(matrix, queries, 10, norms=norms, exclude=exclude)
    for index in (built, opened):
        assert index.measured["recall"] >= 0.9 and index.recall(5, 50, seed=3) >= 0.9
        rows, scores = index.search(queries, 10, exclude=exclude)
        assert np.mean([len(set(a) & set(b)) for a, b in zip(rows.tolist(), exact.tolist(), strict=True)]) >= 9
        wide = matrix[rows].astype(np.float64)
        units = queries / np.linalg.norm(queries, axis=1)[:, None]
        np.testing.assert_allclose(
            scores, (wide * units[:, None]).sum(axis=2) / np.linalg.norm(wide, axis=2), rtol=0, atol=1e-12
        )
        assert (np.diff(scores, axis=1) <= 0).all() and not (rows == 3).any()
        one_row, one_score = index.search(queries[0], 4)
        assert one_row.shape == one_score.shape == (1, 4)
        assert index.search(queries[:2], 10, min_score=0.99)[0].tolist() == [[-1] * 10] * 2


@every_kind
def test_filters_and_edges(planted, kind, parameters):
    needs(kind)
    matrix, norms = planted
    index = indexes.build_index(matrix, norms=norms, kind=kind, measure=0, **parameters)
    assert index.measured is None
    queries = matrix[10:14]
    few, many = [1, 5, 6, 200, 900], np.arange(1500) % 2 == 0
    assert set(index.search(queries, 9, within=few)[0].ravel().tolist()) == {1, 200, 900, -1}
    rows, _ = index.search(queries, 10, within=many)
    exact, _ = search.nearest(matrix, queries, 10, norms=norms, within=many)
    assert not (rows[rows >= 0] % 2).any() and np.mean(rows == exact) > 0.7
    assert index.search(queries, 10, within=[])[0].shape == (4, 0)
    assert index.search(queries, 0)[0].shape == (4, 0)
    rows, scores = index.search(queries[:1], 5000)  # more than there are
    assert rows.shape == scores.shape == (1, 1500)
    found = rows[rows >= 0]
    assert len(set(found.tolist())) == len(found) and not set(found.tolist()) & {5, 6, 1495}
    with pytest.raises(OptionError, match="must have 24 numbers"):
        index.search(np.ones((1, 3)))
    with pytest.raises(OptionError, match="other than zero"):
        index.search(np.zeros((1, 24)))
    with pytest.raises(OptionError, match="each of 4 queries"):
        index.search(queries, exclude=[[1]])


@pytest.mark.parametrize("kind", ["usearch", "faiss"])
def test_a_matrix_without_directions(kind):
    needs(kind)
    nothing = np.zeros((4, 3), np.float32)
    index = indexes.build_index(nothing, norms=row_norms(nothing), kind=kind)
    assert index.search([[1, 0, 0]], 2)[0].tolist() == [[-1, -1]] and index.measured["recall"] == 1


@pytest.mark.parametrize("kind", ["usearch", "faiss"])
def test_stale_and_damaged_files_are_refused_before_the_library_reads_them(planted, kind, tmp_path, monkeypatch):
    needs(kind)
    matrix, norms = planted
    path = tmp_path / "v.index"
    indexes.build_index(matrix, norms=norms, kind=kind, path=path, measure=0)
    whole, record = path.read_bytes(), json.loads(Path(f"{path}.json").read_text())
    monkeypatch.setattr(indexes.INDEXES[kind], "read", lambda *_: pytest.fail("the library reads the file"))

    def refused(match, matrix=matrix, norms=norms, **more):
        with pytest.raises(FormatError, match=match):
            indexes.open_index(path, matrix, norms=norms, **more)

    changed = matrix.copy()
    changed[700, 3] += 1e-3
    refused("the vectors have changed", changed)
    refused("the vectors have changed", checksum=1)
    refused("of this matrix, 1499 x 24; it is of one of 1500 x 24", matrix[:-1], norms[:-1])
    refused("1500 x 23", matrix[:, :23])
    for damaged in (whole[:-1], whole + b"x", whole[:99] + bytes([whole[99] ^ 1]) + whole[100:], b""):
        path.write_bytes(damaged)
        refused("must be as it was written")
    path.unlink()
    refused("no such file")
    path.write_bytes(whole)
    for text, match in (
        ("", "must be JSON"),
        ("[1]", "must be the record"),
        ("[" * 100_000, "must be JSON"),
        ('{"form": "wordvec index"}', "must be the record"),
        (json.dumps({**record, "kind": "annoy"}), "kind must be one of usearch, faiss; got 'annoy'"),
        (json.dumps({**record, "version": 2}), "version must be 1; got 2"),
        (json.dumps({**record, "rows": "1500"}), "must be the record"),
        (json.dumps({**record, "bytes": True}), "must be the record"),
        (json.dumps({**record, "parameters": {"x": 1}}), "parameters must be"),
        (" " * (2 << 20), "must be the record"),
    ):
        Path(f"{path}.json").write_text(text)
        refused(match)
    Path(f"{path}.json").unlink()
    refused("there is none")
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"v\.index"):  # and not a word of a record
        indexes.open_index(path, matrix, norms=norms)


def test_parameters_that_the_library_does_not_know_are_refused(planted, tmp_path):
    needs("usearch")
    matrix, norms = planted
    path, beside = tmp_path / "v.index", tmp_path / "v.index.json"
    indexes.build_index(matrix, norms=norms, kind="usearch", path=path, measure=0)
    record = json.loads(beside.read_text())
    name = next(name for name, value in record["parameters"].items() if isinstance(value, str))
    beside.write_text(json.dumps({**record, "parameters": {**record["parameters"], name: "f#2"}}))
    with pytest.raises(FormatError, match="usearch must know the parameters of its record"):
        indexes.open_index(path, matrix, norms=norms)


def test_the_library_may_hold_other_rows_than_the_record_says(planted, tmp_path):
    needs("usearch")
    matrix, norms = planted
    path = tmp_path / "v.index"
    indexes.build_index(matrix, norms=norms, path=path, measure=0)
    other = norms.copy()
    other[50] = 0  # the same matrix, of which another row is said to have no direction
    with pytest.raises(FormatError, match="must hold 1487 x 24; it holds 1488 x 24"):
        indexes.open_index(path, matrix, norms=other)


@pytest.mark.parametrize(("kind", "package"), [("usearch", "usearch"), ("faiss", "faiss-cpu")])
def test_a_library_that_is_not_installed(planted, kind, package, monkeypatch):
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(LibraryError, match=f"pip install {package}"):
        indexes.build_index(planted[0], norms=planted[1], kind=kind)


def test_faiss_after_usearch_is_refused_not_a_crash(planted, monkeypatch):
    needs("faiss")
    monkeypatch.setitem(sys.modules, "usearch", sys)
    monkeypatch.delitem(sys.modules, "faiss", raising=False)
    with pytest.raises(OptionError, match="faiss must be imported before usearch"):
        indexes.build_index(planted[0], norms=planted[1], kind="faiss")


def test_bad_options(planted, tmp_path):
    with pytest.raises(OptionError, match="usearch, faiss; got 'annoy'"):
        indexes.build_index(planted[0], norms=planted[1], kind="annoy")
    with pytest.raises(OptionError, match="expansion_search, dtype; got conectivity"):
        indexes.build_index(planted[0], norms=planted[1], conectivity=3)
    needs("faiss")
    with pytest.raises(OptionError, match="factory must be"):
        indexes.build_index(planted[0], norms=planted[1], kind="faiss", factory="HNSW?")
    with pytest.raises(OptionError, match="factory must be"):  # more cells than rows
        indexes.build_index(planted[0], norms=planted[1], kind="faiss", factory="IVF5000,Flat")
    for where in (tmp_path, tmp_path / "missing" / "v.index"):
        with pytest.raises(OutputError):
            indexes.build_index(planted[0], norms=planted[1], kind="faiss", path=where, measure=0)
    assert list(tmp_path.iterdir()) == []


def test_the_checksum_is_that_of_the_values():
    matrix = np.arange(60, dtype=np.float32).reshape(12, 5)
    assert indexes.matrix_checksum(matrix) == indexes.matrix_checksum(np.ones((12, 9), "f4")[:, :5] * 0 + matrix)
    assert indexes.matrix_checksum(matrix) != indexes.matrix_checksum(matrix[::-1])


def test_a_batch_by_an_index_is_each_query_by_it(planted):
    needs("usearch")
    from wordvec import KeyedVectors

    matrix, norms = planted
    kv = KeyedVectors([f"w{i}" for i in range(len(matrix))], matrix)
    index = indexes.build_index(matrix, norms=norms, measure=0)
    queries, options = ["w1", "w20", matrix[30], [("w7", 2.0), ("w8", -1.0)]], {"exclude": ["w40"], "min_score": 0.1}
    single = [kv.most_similar(query, topn=4, indexer=index, **options) for query in queries]
    assert kv.most_similar_batch(queries, 4, indexer=index, **options) == single
    with pytest.raises(OptionError, match="indexer must be"):
        kv.most_similar_batch(["w1"], indexer=object())
