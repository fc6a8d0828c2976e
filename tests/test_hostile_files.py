"""Hostile and damaged files: no crash, no memory or time out of proportion to the file, an error that names what is wrong."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from wordvec import formats
from wordvec._kernels import rowfiles
from wordvec.errors import FormatError
from wordvec.formats import word2vec_binary
from wordvec.formats.selection import selection
from wordvec.formats.source import open_source
from wordvec.keyed_vectors import KeyedVectors
from wordvec.store import write_file
from wordvec.vocabulary import Vocabulary


def in_child(code, *arguments, gigabytes=3):
    """What code prints, run in a process of its own that may take so much memory: a crash there is a failed test here."""
    head = f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({gigabytes} << 30,) * 2)\n"
    command = [sys.executable, "-c", head + textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return done.stdout


def native(path, **tensors):
    """A native file of three words, some of whose tensors are others."""
    words = Vocabulary.from_words(["aa", "bb", "cc"], [3, 2, 1])
    plain = {"data": words.data, "offsets": words.offsets, "hash": words.hash}
    parts = {"embeddings": np.eye(3, 4, dtype=np.float32), "counts": words.counts}
    parts |= {f"vocab.{name}": array for name, array in plain.items()} | tensors
    config = {"codec": "float32", "dim": 4, "metric": "cosine", "sorted_by_count": True, "metadata": {}}
    write_file(path, parts, config | {"vocab": {"max_probe": words.max_probe}}, [])
    return path


@pytest.mark.parametrize("offsets", [[0, 2**40, 4, 6], [0, -(2**40), 4, 6], [0, 5, 1, 6], [0, 2**63 - 1, -(2**63), 6]])
def test_bad_offsets_are_an_error_of_every_writer(offsets, tmp_path):
    path = native(tmp_path / "x.safetensors", **{"vocab.offsets": np.array(offsets)})
    code = """
        from wordvec import formats
        from wordvec.errors import FormatError
        path, folder = sys.argv[1:]
        targets = ("o.vec", None), ("o.bin", None), ("o.npy", None), ("o.fifu", None), ("m/", None)
        for target, name in (*targets, ("o.glove", None), ("f.bin", "fasttext")):
            try:
                formats.save(formats.load(path), f"{folder}/{target}", name)
            except FormatError as error:
                assert "offsets" in str(error), error
                print(target)
        for call in (lambda kv: kv.vocabulary.take([0, 1, 2]), lambda kv: kv.vocabulary.take(slice(0, 1))):
            try:
                call(formats.load(path))
            except FormatError:
                pass
    """
    assert len(in_child(code, path, tmp_path).split()) == 7


def test_packed_words_with_bad_offsets_are_not_looked_up():
    words, data = Vocabulary.from_words(["a", "b"]), np.frombuffer(b"ab", np.uint8)
    for offsets in ([0, 2**40, 2], [0, 1, 2**40], [-5, 1, 2], [2, 1]):
        with pytest.raises(FormatError, match="offsets must"):
            words.rows_of(data, np.array(offsets))
    overlapping = Vocabulary(data, [0, 2, 0, 2])
    with pytest.raises(FormatError, match="must never fall"):
        overlapping.take([0, 2])
    assert list(words.take([1, 1, 0, 0])) == ["b", "b", "a", "a"]


def test_kernels_refuse_rows_that_do_not_fit():
    rows, words = np.ones((2, 3), np.float32), np.frombuffer(b"ab", np.uint8)
    good, out = np.array([0, 1, 2]), np.empty(500, np.uint8)
    for offsets, room in (([0, 9, 2], out), ([0, 2, 1], out), ([0, 1], out), ([-1, 1, 2], out), (good, out[:10])):
        offsets = np.array(offsets)
        with pytest.raises(ValueError, match="offsets must rise"):
            rowfiles.write_text(rows, words, offsets, room, repr)
        with pytest.raises(ValueError, match="offsets must rise"):
            rowfiles.write_binary(rows, words, offsets, room)
    starts = np.zeros(3, np.int64)
    with pytest.raises(ValueError, match="room for 2"):
        rowfiles.copy_binary(out, starts, starts, rows, out)


def test_binary_file_that_grows_while_it_is_read(tmp_path):
    path, rows = tmp_path / "x.bin", [b"w%07d " % i + bytes(400) + b"\n" for i in range(20000)]
    path.write_bytes(b"2000000 100\n" + b"".join(rows[:10]))
    source = open_source(path)
    with open(path, "ab") as file:
        file.write(b"".join(rows[10:]))
    with pytest.raises(FormatError, match="it has grown"):
        word2vec_binary.load(source, selection(limit=2_000_000, strict=False))


def test_time_for_a_binary_file_of_spaces_is_linear(tmp_path):
    path, body = tmp_path / "x.bin", (b"k" * 250 + b" ") * (1 << 11)
    path.write_bytes(b"%d 1\n" % (len(body) // 255) + body)
    code = """
        import time, warnings
        from wordvec import formats
        warnings.simplefilter("ignore")
        start = time.process_time()
        formats.load(sys.argv[1], strict=False)
        print(time.process_time() - start)
    """
    assert float(in_child(code, path)) < 2
