"""Asked of the golden file of every format: it is read, by itself and by name, and nothing made of it does harm."""

import gzip
import os
import pickle
import random
import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO

import numpy as np
import pytest
from golden import GOLDEN

from wordvec import formats
from wordvec.base.errors import FormatError, WordvecError
from wordvec.vocabulary import Vocabulary

NAMES = list(formats.FORMATS)


def zipped():
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "a 1 2\n")
        file.writestr("b.txt", "b 1 2\n")
    return archive.getvalue()


def tarred():
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        file.addfile(tarfile.TarInfo("a.txt"))
        file.addfile(tarfile.TarInfo("b.txt"))
    return archive.getvalue()


OTHERS = {  # files that are no vectors, and what they are called
    "empty": (b"", "an empty file"),
    "pickle": (pickle.dumps({"a": 1}, protocol=4), "a Python pickle"),
    "zip": (zipped(), "a zip archive"),
    "tar": (tarred(), "a tar archive"),
    "html": (b"<!DOCTYPE html>\n<html>404</html>\n", "a web page"),
    "json": (b'{"king": [1, 2]}\n', "JSON"),
    "pdf": (b"%PDF-1.4\n1 0 obj\n", "a PDF"),
    "prose": (b"It was the best of times,\nit was the worst of times\n", "text that starts with b'It was"),
    "prose.gz": (gzip.compress(b"It was the best of times\n" * 9), "text that starts with b'It was"),
    "noise": (bytes(range(129, 256)) * 300, "something that starts with|vectors"),
    "header only": (b"400000 300\n", "word2vec-binary|the file has 0 after the header"),
    "git-lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
}


def test_every_format_has_a_golden_file():
    assert set(GOLDEN) == set(NAMES)


def files_of(path):
    """The files that make up what was written: one, or those of a folder."""
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_file_is_read(name, tmp_path):
    path, words, matrix = GOLDEN[name](tmp_path)
    for loaded in (formats.load(path), formats.load(path, format=name), formats.load(path, mmap=False)):
        assert list(loaded) == words
        np.testing.assert_allclose(loaded[words], matrix, rtol=1e-6)
    assert next(n for n, f in formats.FORMATS.items() if f.recognise(formats.open_source(path))) == name


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_the_golden_file(name, tmp_path):
    path, words, matrix = GOLDEN[name](tmp_path)
    if not words:
        return  # a table of n-grams
    loaded = formats.load(path, limit=2)
    assert list(loaded) == words[:2]
    np.testing.assert_allclose(loaded[words[:2]], matrix[:2], rtol=1e-6)
    for asked in ([words[3], "no such word", words[1]], Vocabulary.from_words([words[1], words[3]])):
        loaded = formats.load(path, words=asked)
        assert list(loaded) == [words[1], words[3]]
        np.testing.assert_allclose(loaded[list(loaded)], matrix[[1, 3]], rtol=1e-6)
    assert list(formats.load(path, words=[words[3], words[0]], limit=3)) == words[:1]
    with pytest.warns(UserWarning, match="none of the 1 words that were asked for, as 'no such word', was found"):
        assert len(formats.load(path, words=["no such word"])) == 0


@pytest.mark.parametrize("expected", NAMES)
def test_the_wrong_file_is_named(expected, tmp_path):
    """Every kind of file, given where another is expected: the message says what it is and what to do."""
    for name in NAMES:
        folder = tmp_path / name
        folder.mkdir()
        path, words, _ = GOLDEN[name](folder)
        if name == expected:
            assert list(formats.load(path, format=expected)) == words
            continue
        if (expected, name) == ("glove", "matrix-text"):  # whoever says so takes the first numbers for words
            assert next(iter(formats.load(path, format=expected))).startswith("3.00")
            continue
        with pytest.raises(
            FormatError, match=f"the file must be {expected}, .*leave format= out, or say format='"
        ) as e:
            formats.load(path, format=expected)
        assert f"it is {name}:" in str(e.value) and f"format={name!r}" in str(e.value)
    for data, called in OTHERS.values():
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(FormatError, match=called):
            formats.load(tmp_path / "x", format=expected)
        with pytest.raises(FormatError, match=called):
            formats.load(tmp_path / "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FormatError, match="a folder"):
        formats.load(tmp_path / "folder", format=expected)


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:.*golden:UserWarning")
def test_damage_of_every_kind_is_our_error_or_other_vectors(name, tmp_path):
    path, _, _ = GOLDEN[name](tmp_path)
    files, rng = files_of(path), random.Random(3)
    for trial in range(500):
        victim = files[trial % len(files)]
        data = victim.read_bytes()
        damaged = bytearray(data)
        for _ in range(rng.choice([0, 1, 1, 2, 3, 20])):
            damaged[rng.randrange(min(len(damaged), 4000))] = rng.choice([0, 9, 10, 32, 48, 57, 127, 128, 255, 65])
        if rng.random() < 0.5:
            del damaged[rng.randrange(len(damaged)) :]
        os.replace(victim, tmp_path / "whole")  # a file that is mapped must not change
        victim.write_bytes(damaged)
        try:
            loaded = formats.load(path, format=rng.choice([None, name]), strict=rng.random() < 0.5)
            assert loaded.vectors.ndim == 2 and len(loaded.vectors) >= 0
            for word in list(loaded)[:20]:
                assert word not in loaded or loaded[word].shape == (loaded.vector_size,)
        except WordvecError:
            pass
        finally:
            os.replace(tmp_path / "whole", victim)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_AS")
def test_headers_that_lie_take_no_memory(tmp_path):
    """With room for little more than the program, headers that promise terabytes are errors of ours."""
    lies = {
        "text": b"99999999999 300\na " + b"1 " * 300 + b"\n",
        "text.gz": gzip.compress(b"99999999999 300\na " + b"1 " * 300 + b"\n"),
        "bin": b"99999999999 300\na " + bytes(range(200)) * 6 + b"\n",
        "bin.gz": gzip.compress(b"999999999 300\na " + bytes(range(200)) * 6 + b"\n"),
        "wide.gz": gzip.compress(b"999999999 1000000\na " + bytes(range(200)) * 60 + b"\n"),
        "x.npy": npy_header((1 << 40, 300)),
        "y.npy": npy_header((1 << 62, 1 << 62)),
        "z.npy": gzip.compress(npy_header((1 << 40, 300))),
        "endless line.gz": gzip.compress(b"a " + b"1" * 300_000_000, 1),
    }
    for name, data in lies.items():
        (tmp_path / name).write_bytes(data)
    for stem in "xyz":
        (tmp_path / f"{stem}.words").write_bytes(b"a\n")
    code = """
import os, resource, sys, warnings
from wordvec import formats
from wordvec.base.errors import FormatError
warnings.simplefilter("ignore")
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if os.path.exists("/proc") else 1 << 30
resource.setrlimit(resource.RLIMIT_AS, (used + (400 << 20),) * 2)
for name in sys.argv[1:]:
    for strict in (True, False):
        try:
            formats.load(name, strict=strict)
            assert not strict, name
        except FormatError:
            pass
"""
    command = [sys.executable, "-c", code, *(str(tmp_path / name) for name in lies)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def npy_header(shape):
    data = BytesIO()
    np.lib.format.write_array_header_1_0(data, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return data.getvalue() + b"\0" * 100
