"""Whatever is written: whole or not at all, compressed as its name says, never over what is read."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wordvec import KeyedVectors, formats, outputs
from wordvec.errors import OptionError, OutputError
from wordvec.outputs import leftovers, open_output, open_outputs, output_folder, renaming

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
            with pytest.raises(OutputError, match="must not be what is read"), open_output(
                tmp_path / name, inputs=["-", "https://x/y", given]
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
    kept = outputs._Kept(written, True)
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
    with pytest.raises(OutputError, match="must not be what is read"), output_folder(
        path, inputs=[path], may_replace=lambda _: True
    ):
        pass
    assert os.listdir(tmp_path) == ["new"] and (path / "x").read_text() == "2"


def test_what_killed_runs_leave_is_cleared_by_a_later_one(tmp_path):
    """Files and folders of processes that are gone go; what a living process or another program made stays."""
    child = subprocess.run(
        [sys.executable, "-c", "from wordvec.outputs.leftovers import *; print(temporary_name('v'), prefix())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
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
    code = "import os; from wordvec.outputs.leftovers import temporary_name; os.rename('m', temporary_name('m', 'old'))"
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
