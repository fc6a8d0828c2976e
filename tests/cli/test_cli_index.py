"""`wordvec index`, indexes in `wordvec similar`, and the limits of threads of queries."""

import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, search
from wordvec.base import threads
from wordvec.base.errors import OptionError
from wordvec.cli import main
from wordvec.rows import base as rows_base
from wordvec.rows import scanning
from wordvec.search.indexes import FaissIndex, UsearchIndex

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries, when they are imported
rng = np.random.default_rng(0)
ROWS = (rng.standard_normal((20, 16))[rng.integers(0, 20, 400)] + 0.3 * rng.standard_normal((400, 16))).astype("f4")
POS = ["NOUN" if i % 3 else "VERB" for i in range(400)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attributes = {"pos": POS, "year": np.arange(400) % 4, "seen": np.arange(400) % 2 == 0}
    KeyedVectors([f"w{i}" for i in range(400)], ROWS, attributes=attributes).save("v.safetensors")
    return tmp_path


def needs(kind):
    if find_spec(kind) is None:
        pytest.skip(f"{kind} is not installed")


def ran(capsys, *words):
    status = main(list(words))
    return status, *capsys.readouterr()


@pytest.mark.parametrize(
    ("kind", "flags"), [("usearch", ["--connectivity", "8"]), ("faiss", ["--factory", "IVF4,Flat", "--nprobe", "4"])]
)
def test_an_index_is_built_measured_and_asked(here, capsys, kind, flags):
    needs(kind)
    status, out, err = ran(capsys, "index", "v.safetensors", "-o", "v.index", "--kind", kind, *flags, "--workers", "1")
    assert status == 0 and out == "v.index\n" and f"{kind} index of 400 rows" in err and "recall at 10: " in err
    assert json.loads((here / "v.index.json").read_text())["parameters"][flags[0].strip("-")] in (8, "IVF4,Flat")
    _, exact, _ = ran(capsys, "similar", "v.safetensors", "w1", "-n", "3")
    status, found, _ = ran(capsys, "similar", "v.safetensors", "w1", "-n", "3", "--index", "v.index")
    assert status == 0 and found == exact
    for options in (["--within", "some.txt"], ["--restrict-vocab", "50"], ["--exclude", "w2"], ["--min-score", "0.9"]):
        (here / "some.txt").write_text("".join(f"w{i}\n" for i in range(0, 400, 2)))
        _, exact, _ = ran(capsys, "similar", "v.safetensors", "w1", "-n", "3", *options)
        assert ran(capsys, "similar", "v.safetensors", "w1", "-n", "3", "--index", "v.index", *options)[1] == exact
    status, out, err = ran(capsys, "index", "v.safetensors", "-o", "v.index", "--kind", kind)
    assert status == 1 and "give --force" in err
    status, out, _ = ran(capsys, "index", "v.safetensors", "-o", "v.index", "--kind", kind, "--force", "--json")
    report = json.loads(out)
    assert report["rows"] == 400 and report["vector_size"] == 16 and report["measured"]["recall"] > 0.9
    assert report["kind"] == kind and report["output"] == "v.index"


def test_an_index_of_other_vectors_is_refused(here, capsys):
    needs("usearch")
    KeyedVectors([f"w{i}" for i in range(400)], ROWS[::-1].copy()).save("other.safetensors")
    assert main(["index", "v.safetensors", "-o", "v.usearch"]) == 0
    capsys.readouterr()
    for name in ("other.safetensors", "other.vec"):
        wordvec.load("other.safetensors").save(name)
        status, _, err = ran(capsys, "similar", name, "w1", "--index", "v.usearch")
        assert status == 1 and "the vectors have changed: build it again" in err
    wordvec.load("v.safetensors").without("attributes").save("same.bin")  # the same rows in another format
    assert main(["similar", "same.bin", "w1", "--index", "v.usearch"]) == 0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["v.safetensors"], 2, "-o/--output"),
        (["v.safetensors", "-o", "v.safetensors", "--force"], 2, ".safetensors is one of vectors"),
        (["./plain", "-o", "plain", "--force"], 1, "must not be what is read"),
        (["v.safetensors", "-o", "x.vec"], 2, "OUT must have a name of an index, such as name.usearch; .vec is"),
        (["v.safetensors", "-o", "x.gz"], 2, "gz"),
        (["v.safetensors", "-o", "-"], 2, "OUT must be a file"),
        (["v.safetensors", "-o", "x", "--factory", "Flat"], 2, "--factory must be left out with --kind usearch"),
        (["v.safetensors", "-o", "x", "--kind", "annoy"], 2, "invalid choice"),
        (["no.safetensors", "-o", "x"], 1, "no.safetensors"),
        (["v.safetensors", "-o", "no/x"], 1, "no"),
        (["v.safetensors", "-o", "taken"], 1, "taken.json exists; give --force"),
    ],
)
def test_what_is_no_index_is_refused_before_the_work(here, capsys, words, status, said):
    needs("usearch")
    (here / "taken.json").write_text("{}")
    (here / "plain").write_bytes((here / "v.safetensors").read_bytes())
    before = sorted(path.name for path in here.iterdir())
    try:
        found, _, err = ran(capsys, "index", *words)
    except SystemExit as error:
        found, err = error.code, capsys.readouterr().err
    assert found == status and said in err
    assert sorted(path.name for path in here.iterdir()) == before


def test_a_library_that_is_not_there_is_named(here, capsys, monkeypatch):
    for kind, maker, package in (("usearch", UsearchIndex, "usearch"), ("faiss", FaissIndex, "faiss-cpu")):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, kind, None)
            patch.setattr(sys.modules["wordvec.search.index_faiss"], "find_spec", lambda name: None)
            status, out, err = ran(capsys, "index", "v.safetensors", "-o", "x", "--kind", kind)
        assert status == 2 and not out and f"pip install {package}" in err, maker


def test_filters_by_attributes(here, capsys):
    _, out, _ = ran(capsys, "similar", "v.safetensors", "w1", "-n", "400", "--where", "pos=VERB")
    assert {line.split("\t")[0] for line in out.splitlines()} == {f"w{i}" for i in range(0, 400, 3)}
    _, out, _ = ran(capsys, "similar", "v.safetensors", "w1", "-n", "400", *"--where year=2 --where year=3".split())
    assert {line.split("\t")[0] for line in out.splitlines()} == {f"w{i}" for i in range(400) if i % 4 > 1}
    _, out, _ = ran(capsys, "analogy", "v.safetensors", "w1", "w2", "w4", "--where", "seen=no", "--where", "pos=VERB")
    assert {int(line.split("\t")[0][1:]) % 6 for line in out.splitlines()} == {3}
    for bad, said in (("pos=ADJ", "got 'ADJ'"), ("tag=x", "'tag'"), ("pos", "NAME=TEXT"), ("year=new", "a number")):
        status, _, err = ran(capsys, "similar", "v.safetensors", "w1", "--where", bad)
        assert status == 2 and said in err


# Threads


def counted(monkeypatch):
    """The sizes of the thread pools that are made from now on."""
    sizes = []
    made = scanning.thread_pool
    monkeypatch.setattr(scanning, "thread_pool", lambda n: (sizes.append(n), made(n))[1])
    return sizes


def test_workers_limit_threads_and_change_no_answer(here, capsys, monkeypatch):
    monkeypatch.setattr(rows_base, "usable_cores", lambda: 4)
    monkeypatch.setattr(rows_base, "_SHARED_BYTES", 1000)
    kv, thread_pools = wordvec.load("v.safetensors"), counted(monkeypatch)
    one = kv.most_similar("w1", workers=1)
    many = kv.most_similar_batch(["w1", "w2"], workers=1)
    assert thread_pools == []
    assert kv.most_similar("w1") == kv.most_similar("w1", workers=3) == kv.most_similar("w1", workers=99) == one
    assert kv.most_similar_batch(["w1", "w2"], workers=2) == many
    assert thread_pools == [3, 2, 3, 1]  # the thread that asks takes a share itself
    everything = kv.most_similar("w1", topn=None, workers=2)
    assert thread_pools[4:] == [1] and np.array_equal(everything, kv.most_similar("w1", topn=None, workers=1))
    del thread_pools[:]
    assert main(["similar", "v.safetensors", "w1", "--workers", "1"]) == 0 and thread_pools == []
    assert main(["similar", "v.safetensors", "w1", "--workers", "2"]) == 0 and thread_pools == [1]
    (here / "q.txt").write_text(": s\nw1 w2 w3 w4\n")
    assert main(["eval", "v.safetensors", "--analogies", "q.txt", "--workers", "1"]) == 0 and thread_pools == [1]
    assert main(["eval", "v.safetensors", "--analogies", "q.txt", "--workers", "3"]) == 0 and thread_pools == [1, 2]
    for bad in (0, -1, 1.5, "2", True):
        with pytest.raises(OptionError, match="workers must be"):
            kv.most_similar("w1", workers=bad)


def test_a_small_matrix_is_read_by_one_thread_whatever_is_allowed(here, monkeypatch):
    kv, thread_pools = wordvec.load("v.safetensors"), counted(monkeypatch)
    kv.most_similar("w1", workers=8)
    kv.most_similar_batch(["w1"] * 9, workers=8)
    assert thread_pools == [] and search.limited(kv.vectors, 8) == 1 and search.limited(kv.vectors, None) is None
    assert threads.usable_cores() >= 1
