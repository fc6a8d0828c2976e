"""Whatever is written: whole or not at all, compressed as its name says, never over what is read."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from wordvec import KeyedVectors, formats, outputs
from wordvec.base import leftovers
from wordvec.base.errors import OptionError, OutputError
from wordvec.outputs import open_output, open_outputs, output_folder, renaming

MAIN = "import sys; from wordvec.cli import main; sys.exit(main())"


def toy():
    return KeyedVectors(["sea", "ship"], np.array([[1, 2, 3], [3, 2, 1]], np.float32))


def same(a, b):
    return list(a) == list(b) and np.array_equal(a.vectors, b.vectors)


def run(*words, **options):
    command = [sys.executable, "-c", MAIN, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def zstd(data):
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        zstd = pytest.importorskip("backports.zstd", reason="backports.zstd is not installed")
    return zstd.decompress(data)


UNPACK = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress, ".zst": zstd}


@pytest.mark.parametrize("suffix", UNPACK)
@pytest.mark.parametrize("name", ["x.txt", "x.vec", "x.glove", "x.bin", "x.fifu"])
def test_a_name_that_says_compressed_is_compressed(name, suffix, tmp_path):
    """kv.save("x.txt.gz") writes compressed rows of text, byte for byte those of "x.txt", and so for all formats."""
    toy().save(tmp_path / name)
    toy().save(tmp_path / f"{name}{suffix}")
    packed = (tmp_path / f"{name}{suffix}").read_bytes()
    assert UNPACK[suffix](packed) == (tmp_path / name).read_bytes()
    assert same(KeyedVectors.load(tmp_path / f"{name}{suffix}"), toy())
    formats.save(toy(), tmp_path / f"again{Path(name).suffix}{suffix.upper()}")
    assert (tmp_path / f"again{Path(name).suffix}{suffix.upper()}").read_bytes() == packed  # no times in it


def test_gensims_way_of_writing_compresses_too(tmp_path):
    for binary in (False, True):
        toy().save_word2vec_format(tmp_path / "o.vec.gz", binary=binary)
        assert (tmp_path / "o.vec.gz").read_bytes()[:2] == b"\x1f\x8b"
        assert same(KeyedVectors.load_word2vec_format(tmp_path / "o.vec.gz"), toy())
    counted = KeyedVectors(["a"], np.ones((1, 2), np.float32), counts=[3])
    counted.save_word2vec_format(tmp_path / "o.vec", fvocab=tmp_path / "v.txt.bz2")
    assert bz2.decompress((tmp_path / "v.txt.bz2").read_bytes()) == b"a 3\n"


LIES = ["x.csv", "x.tsv", "x.json", "x.npz", "x.parquet", "x.pkl", "x.h5", "x.pt", "x.ftz", "x.magnitude", "x.zip"]
LIES += ["x.tar.gz", "x.txt.lz4", "x.safetensors.gz", "x.gz", "x.model.xz", "x.npy.gz", "x.CSV.gz", "x.xlsx", "x.db"]


@pytest.mark.parametrize("name", LIES)
def test_names_that_promise_another_format_are_refused(name, tmp_path):
    """save, and every verb that writes vectors, refuse a name of what is not written, and say what there is."""
    with pytest.raises(OptionError, match=r"safetensors|name\.txt|must end in"):
        toy().save(tmp_path / name)
    with pytest.raises(OptionError):
        formats.save(toy(), tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_other_native_files_have_no_name_of_another_format(tmp_path):
    """Counts, maps, classifiers and encoders are native files: .txt, .bin or .csv would say something else."""
    from wordvec.cooccurrence import count
    from wordvec.texts import TextEncoder

    counts = count([["a", "b"]] * 9, min_count=1)
    for thing in (counts, TextEncoder(toy())):
        for name in ("x.txt", "x.csv", "x.npz", "x.safetensors.xz"):
            with pytest.raises(OptionError, match="the output must"):
                thing.save(tmp_path / name)
        thing.save(tmp_path / "x.safetensors")


@pytest.mark.parametrize("name", ["vectors", "x.model", "x.kv", "x.w2v", "my.vectors.v2", "x."])
def test_names_that_promise_nothing_are_native(name, tmp_path):
    toy().save(tmp_path / name)
    assert formats.open_source(tmp_path / name).head[8:9] == b"{" and same(KeyedVectors.load(tmp_path / name), toy())


def test_an_output_is_never_an_input(tmp_path):
    """By whatever name: through a link, a hard link, a folder; with force, too."""
    (tmp_path / "in.txt").write_text("a b")
    (tmp_path / "link").symlink_to("in.txt")
    os.link(tmp_path / "in.txt", tmp_path / "hard")
    for name in ("in.txt", "link", "hard", "../" + tmp_path.name + "/in.txt"):
        for given in (tmp_path / "in.txt", tmp_path / "link", f"file://{tmp_path}/in.txt"):
            with (
                pytest.raises(OutputError, match="must not be what is read"),
                open_output(tmp_path / name, inputs=["-", "https://x/y", given]),
            ):
                pass
            with pytest.raises(OutputError, match="must not be what is read"):
                outputs.check_output(tmp_path / name, inputs=[given])
    with open_output(tmp_path / "out", inputs=[tmp_path / "in.txt", tmp_path]) as file:
        file.write(b"x")
    assert (tmp_path / "in.txt").read_text() == "a b"


def test_what_comes_meanwhile_is_not_replaced_without_force(tmp_path):
    """A name that was free at the start and is taken at the end keeps what it has; what was made is kept beside it."""
    path = outputs.check_output(tmp_path / "v.safetensors", force=False)
    (tmp_path / "v.safetensors").write_text("somebody else's")
    (tmp_path / "v.new-1.safetensors").write_text("and another")
    with pytest.raises(OutputError, match="new file; this one exists"):
        toy().save(path)
    os.unlink(path)
    with pytest.raises(OutputError, match=r"come meanwhile: what was made is in .*v\.new-2\.safetensors"):
        with open_output(path) as file:
            (tmp_path / "v.safetensors").write_text("somebody else's")
            file.write(b"mine")
    assert (tmp_path / "v.safetensors").read_text() == "somebody else's"
    assert (tmp_path / "v.new-2.safetensors").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["v.new-1.safetensors", "v.new-2.safetensors", "v.safetensors"]


def test_disks_without_links(tmp_path, monkeypatch):
    """Where a file cannot have two names, and folders cannot be exchanged, a free name is still not taken twice."""

    def refused(*_):
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "link", refused)
    for rename in (renaming._renameat2, lambda *_: False):
        monkeypatch.setattr(renaming, "_renameat2", rename)
        (tmp_path / "a").write_text("a")
        (tmp_path / "b").write_text("b")
        with pytest.raises(FileExistsError):
            renaming.to_free_name(str(tmp_path / "a"), str(tmp_path / "b"))
        renaming.to_free_name(str(tmp_path / "a"), str(tmp_path / "c"))
        assert (tmp_path / "b").read_text() == "b" and (tmp_path / "c").read_text() == "a"
        os.unlink(tmp_path / "c")


def test_standard_output(tmp_path):
    """`-` is the stream, whatever it leads to: nothing before it in a file is lost, and a terminal gets no bytes."""
    toy().save(tmp_path / "v.safetensors")
    code = f"from wordvec import load; kv = load({str(tmp_path / 'v.safetensors')!r}); "
    for name in ("-", "/dev/stdout"):
        with open(tmp_path / "log", "wb") as log:
            log.write(b"before\n")
            log.flush()
            command = [sys.executable, "-c", f"{code}print('text'); kv.save({name!r})"]
            subprocess.run(command, stdout=log, check=True, timeout=60)
        data = (tmp_path / "log").read_bytes()
        assert data.startswith(b"before\ntext\n") and data[12:] == (tmp_path / "v.safetensors").read_bytes()
    written = io.BytesIO()
    kept = outputs._Unclosed(written, True)
    kept.write(b"text")
    with pytest.raises(OptionError, match="must not be a terminal"):
        kept.write(b"\0\1")
    assert written.getvalue() == b"text"


def test_files_that_belong_together(tmp_path):
    """An array and its words are never of two savings, wherever it stops between them."""
    with open_outputs(tmp_path / "a", tmp_path / "b") as (first, second):
        first.write(b"1")
        second.write(b"1")
    with pytest.raises(RuntimeError), open_outputs(tmp_path / "a", tmp_path / "b") as (first, second):
        first.write(b"2")
        raise RuntimeError
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"1", "b": b"1"}


def filled(folder, text):
    for name in ("x", "y"):
        Path(folder, name).write_text(text)


@pytest.mark.parametrize("atomic", [True, False])
def test_a_folder_is_exchanged_as_a_whole(tmp_path, monkeypatch, atomic):
    if not atomic:
        monkeypatch.setattr(renaming, "_renameat2", lambda *_: False)
    path = tmp_path / "new"
    for text in ("1", "2"):
        with output_folder(path, may_replace=lambda _: True) as folder:
            filled(folder, text)
        assert [(path / name).read_text() for name in sorted(os.listdir(path))] == [text] * 2
    with pytest.raises(RuntimeError), output_folder(path, may_replace=lambda _: True) as folder:
        filled(folder, "3")
        raise RuntimeError
    with pytest.raises(OutputError, match="holds other things"), output_folder(path):
        pass
    with pytest.raises(OutputError, match="this one exists"), output_folder(path, force=False):
        pass
    with (
        pytest.raises(OutputError, match="must not be what is read"),
        output_folder(path, inputs=[path], may_replace=lambda _: True),
    ):
        pass
    assert os.listdir(tmp_path) == ["new"] and (path / "x").read_text() == "2"


def test_what_killed_runs_leave_is_cleared_by_a_later_one(tmp_path):
    """Files and folders of processes that are gone go; what a living process or another program made stays."""
    child = subprocess.run(
        [sys.executable, "-c", "from wordvec.base.leftovers import *; print(temporary_name('v'), prefix())"],
        capture_output=True,
        text=True,
        check=True,
    )
    dead, scratch = child.stdout.split()
    living = [leftovers.temporary_name("v"), f"{leftovers.prefix()}abcdefgh"]
    others = [".v.123.tmp", ".v.tmp", dead.replace("-", "-0", 1)[:-5] + ".tmp", ".wordvec-notes", "v.tmp"]
    (tmp_path / dead).touch()
    (tmp_path / f"{scratch}abcdefgh").mkdir()
    (tmp_path / f"{scratch}abcdefgh" / "ids").touch()
    for name in living + others:
        (tmp_path / name).touch()
    toy().save(tmp_path / "new.safetensors")
    assert sorted(os.listdir(tmp_path)) == sorted([*living, *others, "new.safetensors"])


def test_an_exchange_that_was_stopped_is_undone(tmp_path):
    code = "import os; from wordvec.base.leftovers import temporary_name; os.rename('m', temporary_name('m', 'old'))"
    for again in ("read", "write"):
        (tmp_path / "m").mkdir(exist_ok=True)
        (tmp_path / "m" / "x").write_text("kept")
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
        assert not (tmp_path / "m").exists()
        if again == "read":
            outputs.recover(tmp_path / "m")
        else:
            toy().save(tmp_path / "other.safetensors")
        assert (tmp_path / "m" / "x").read_text() == "kept"


KILLED = """
import sys, wordvec
from wordvec import PVDBOW
model = PVDBOW(vector_size=8, min_count=1, workers=1, epochs=1).fit(["red green", "one two"] * int(sys.argv[2]))
print("ready", flush=True)
while True:
    model.save(sys.argv[1])
"""


@pytest.mark.thorough
def test_a_folder_is_old_or_new_whenever_its_writer_is_killed(tmp_path):
    """Words of one training never come with documents of another; what is left is cleared by the next writing."""
    from wordvec import PVDBOW, load_documents

    path, rng = tmp_path / "model", np.random.default_rng(0)
    model = PVDBOW(vector_size=8, min_count=1, workers=1, epochs=1).fit(["red green", "one two"] * 5)
    model.save(path)
    for round in range(12):
        command = [sys.executable, "-c", KILLED, str(path), str(10 + round)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            time.sleep(float(rng.uniform(0, 0.05)))
            child.kill()
        found = load_documents(path)
        assert found.words.metadata["options"] and sum(found.words.vocabulary.counts) == 2 * len(found.documents)
    model.save(path)
    assert os.listdir(tmp_path) == ["model"] and len(load_documents(path).documents) == 10


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("a rose is a rose\nthe sea is the sea\n" * 20)
    return tmp_path


TRAIN = tuple("train --min-count 1 --vector-size 4 --epochs 1 --quiet --workers 1 --sample 0".split())


@pytest.mark.thorough
def test_no_verb_overwrites_what_it_reads(here):
    """train, count, convert, compress, classify, encode, align refuse an output that is an input, with --force too."""
    text = (here / "texts" / "a.txt").read_bytes()
    toy().save("v.safetensors")
    vectors = Path("v.safetensors").read_bytes()
    Path("l.txt").write_text("__label__a b c\n__label__b d e\n")
    a = "texts/a.txt"
    for words in (
        (*TRAIN, a, "-o", a),
        (*TRAIN, a, "--init", "v.safetensors", "-o", "v.safetensors"),
        ("convert", "v.safetensors", "v.safetensors"),
        ("compress", "v.safetensors", "v.safetensors"),
        ("classify", "train", "l.txt", "-o", "l.txt"),
        ("encode", "v.safetensors", a, "--save", "v.safetensors"),
        ("align", "retrofit", "v.safetensors", "l.txt", "-o", "v.safetensors"),
        ("align", "meta", "v.safetensors", "v.safetensors", "-o", "./v.safetensors"),
    ):
        done = run(*words, "--force")
        said = "words would be lost" if "--init" in words else "must not be what is read"  # else it may go on from it
        assert done.returncode in (1, 2) and said in done.stderr, (words, done.stderr)
    count = run("count", a, "--min-count", "1", "-o", "t.safetensors", "--quiet")
    assert count.returncode == 0, count.stderr
    done = run("train", "t.safetensors", "--model", "glove", "--force")  # whose default output would be the counts
    assert done.returncode == 1 and "must not be what is read" in done.stderr
    assert (here / "texts" / "a.txt").read_bytes() == text and Path("v.safetensors").read_bytes() == vectors


def test_a_folder_that_holds_its_own_output_is_read_without_it(here):
    """Training twice into the folder that is read gives the same vectors twice."""
    made = []
    for _ in range(2):
        done = run(*TRAIN, "texts", "-o", "texts/v.safetensors", "--force")
        assert done.returncode == 0, done.stderr
        made.append((here / "texts" / "v.safetensors").read_bytes())
    assert list(KeyedVectors.load("texts/v.safetensors")) == ["a", "is", "rose", "sea", "the"]
    os.unlink("texts/v.safetensors")
    for _ in range(2):
        done = run(*TRAIN, "--model", "pv-dbow", "texts", "-o", "texts/m", "--force")
        assert done.returncode == 0, done.stderr
        made.append((here / "texts" / "m" / "documents.safetensors").read_bytes())
    assert made[0] == made[1] and made[2] == made[3]


@pytest.mark.thorough
def test_verbs_refuse_names_that_lie_before_they_work(here):
    toy().save("v.safetensors")
    for words in (
        (*TRAIN, "texts", "-o", "t.csv"),
        (*TRAIN, "texts", "-o", "q.ftz"),
        ("convert", "v.safetensors", "o.parquet"),
        ("compress", "v.safetensors", "o.safetensors.gz"),
        ("count", "texts", "-o", "o.json"),
        ("align", "meta", "v.safetensors", "-o", "o.npz"),
        ("encode", "v.safetensors", "texts", "-o", "o.csv"),
    ):
        done = run(*words)
        assert done.returncode == 2, (words, done.stderr)
    assert sorted(os.listdir()) == ["texts", "v.safetensors"]


def test_verbs_write_to_standard_output(here):
    """`-o -` puts the vectors and nothing else on stdout, in the native format or the one that --to names."""
    toy().save("v.safetensors")
    for output in ("-", "/dev/stdout"):
        done = run("convert", "v.safetensors", output, "--to", "word2vec-text")
        assert done.returncode == 0 and done.stdout.startswith("2 3\nsea 1.0 2.0 3.0\n"), done.stderr
    Path("log").write_bytes(b"kept\n")
    with open("log", "ab") as log:
        command = [sys.executable, "-c", MAIN, *TRAIN, "texts", "-o", "/dev/stdout", "--force"]
        assert subprocess.run(command, stdout=log, timeout=120).returncode == 0
    data = Path("log").read_bytes()
    Path("w.safetensors").write_bytes(data.removeprefix(b"kept\n"))
    assert data.startswith(b"kept\n") and len(KeyedVectors.load("w.safetensors")) == 5
    assert run("convert", "v.safetensors", "-", "--to", "native", "--json").returncode == 2
    packed = run("convert", "v.safetensors", "o.txt.gz")
    assert packed.returncode == 0 and gzip.decompress(Path("o.txt.gz").read_bytes()).startswith(b"2 3\n")


def test_a_named_pattern_and_a_marked_list(here):
    """A file named like a pattern is that file; a byte order mark is no letter of the first word."""
    Path("a[1].txt").write_text("a rose is a rose\n" * 9)
    done = run(*TRAIN, "a[1].txt")
    assert done.returncode == 0 and Path("a[1].safetensors").exists(), done.stderr
    toy().save("v.safetensors")
    Path("within.txt").write_bytes(b"\xef\xbb\xbfship\r\n")
    done = run("similar", "v.safetensors", "sea", "--within", "within.txt")
    assert done.returncode == 0 and done.stdout.startswith("ship\t"), done.stderr
    done = run("similar", "v.safetensors", "-", input="\ufeffsea\n")
    assert done.returncode == 0 and done.stdout.startswith("sea\tship"), done.stderr
