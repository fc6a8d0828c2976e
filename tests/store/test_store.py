"""The native file: what is written comes back, opens by one map, and names what it requires."""

import json
import mmap
import os
import random
import resource
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from native_files import WORDS, header_of, rewrite, toy

from wordvec import store
from wordvec.base.errors import FormatError, OptionError
from wordvec.rows.norms import row_norms
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary


@pytest.fixture
def path(tmp_path):
    return tmp_path / "toy.safetensors"


# Round trip


def test_everything_comes_back_bit_for_bit(path):
    vectors = toy()
    vectors.save(path)
    for opened in (KeyedVectors.load(path), KeyedVectors.load(path, mmap=False)):
        assert opened.vectors.tobytes() == vectors.vectors.tobytes() and opened.vectors.dtype == np.float32
        assert opened.context.tobytes() == vectors.context.tobytes()
        assert list(opened) == WORDS and opened.vocabulary.counts.tolist() == vectors.vocabulary.counts.tolist()
        assert opened.metadata == vectors.metadata
        assert [opened.get_index(word) for word in WORDS] == list(range(len(WORDS)))
        assert opened.norms == pytest.approx(np.linalg.norm(vectors.vectors.astype(float), axis=1), rel=1e-6)
        opened.verify()
        with pytest.raises(ValueError, match="read-only"):
            opened.vectors[0, 0] = 1


def test_special_numbers_keep_their_bits(path):
    bits = np.array([[0x7FC00001, 0x7F800000, 0x80000000, 0x00000001, 0xFF800000]], np.uint32)
    KeyedVectors(["w"], bits.view(np.float32)).save(path)
    assert KeyedVectors.load(path).vectors.view(np.uint32).tolist() == bits.tolist()


def test_random_keys_come_back(path):
    rng = random.Random(3)
    words = {bytes(rng.choices(range(256), k=rng.randrange(1, 6))) for _ in range(2000)}
    words |= {chr(rng.randrange(0x20, 0xD7FF)).encode() * 2 for _ in range(500)}
    vectors = KeyedVectors(sorted(words), np.zeros((len(words), 2), np.float32))
    vectors.save(path)
    opened = KeyedVectors.load(path)
    assert [w.encode("utf-8", "surrogateescape") for w in opened] == sorted(words)
    assert all(opened.get_index(w) == i for i, w in enumerate(opened))
    assert not any(w + "\x01absent" in opened for w in list(opened)[:200])


@pytest.mark.parametrize("dim", [1, 3, 16, 100, 300])
def test_rows_far_apart_are_written_as_if_they_were_not(tmp_path, dim):
    wide = np.random.default_rng(2).standard_normal((40, dim + 13)).astype(np.float32)
    words = [f"w{i}" for i in range(40)]
    KeyedVectors(words, wide[:, :dim]).save(tmp_path / "strided")
    KeyedVectors(words, wide[:, :dim].copy()).save(tmp_path / "plain")
    assert (tmp_path / "strided").read_bytes() == (tmp_path / "plain").read_bytes()


def test_no_words_at_all(path):
    KeyedVectors([], np.empty((0, 4), np.float32)).save(path)
    opened = KeyedVectors.load(path)
    opened.verify()
    assert len(opened) == 0 and opened.vectors.shape == (0, 4) and "x" not in opened


def test_same_bytes_in_two_processes(path):
    code = (
        "import sys; from wordvec.vectors import KeyedVectors; import numpy as np\n"
        "KeyedVectors({f'w{i}': 0 for i in range(50)}, np.arange(100).reshape(50, 2), range(50, 0, -1),"
        " {'b': 1, 'a': [2]}).save(sys.argv[1])"
    )
    written = []
    for seed in "12":
        subprocess.run([sys.executable, "-c", code, path], check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        written.append(path.read_bytes())
    assert written[0] == written[1] and str(path).encode() not in written[0]


def test_golden_bytes(path):
    """A file is what the specification says, byte for byte: built here by hand."""
    matrix = np.array([[3, 4], [0, 1]], "<f4")
    KeyedVectors(["a", "bc"], matrix, counts=[7, 5], metadata={"k": 1}).save(path)
    slots = [0] * 4
    for row, word in enumerate([b"a", b"bc"]):
        slot = zlib.crc32(word) & 3
        while slots[slot]:
            slot = (slot + 1) & 3
        slots[slot] = row + 1
    parts = [
        ("embeddings", "F32", [2, 2], matrix.tobytes()),
        ("vocab.data", "U8", [3], b"abc"),
        ("vocab.offsets", "I64", [3], struct.pack("<3q", 0, 1, 3)),
        ("vocab.hash", "U32", [4], struct.pack("<4I", *slots)),
        ("counts", "I64", [2], struct.pack("<2q", 7, 5)),
        ("embeddings.norm", "F32", [2], struct.pack("<2f", 5, 1)),
    ]
    body, entries, sums, pads = b"", {}, {}, 0
    config = json.dumps(
        {
            "codec": "float32",
            "dim": 2,
            "metric": "cosine",
            "sorted_by_count": True,
            "vocab": {"max_probe": KeyedVectors.load(path).vocabulary.max_probe},
            "metadata": {"k": 1},
        },
        separators=(",", ":"),
    )
    for name, code, shape, data in parts:
        gap = -len(body) % 64
        if gap:
            entries[f"_pad.{pads}"] = {"dtype": "U8", "shape": [gap], "data_offsets": [len(body), len(body) + gap]}
            body, pads = body + bytes(gap), pads + 1
        entries[name] = {"dtype": code, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
        sums[name] = f"crc32:{zlib.crc32(data):08x}"
    metadata = {
        "format": "wordvec",
        "wordvec.version": "1",
        "wordvec.requires": "",
        "wordvec.config": config,
    }
    bare = json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":"))
    sums = {"wordvec.header": f"crc32:{zlib.crc32(bare.encode()):08x}", **sums}
    metadata["wordvec.checksums"] = json.dumps(sums, separators=(",", ":"))
    text = json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()
    size = 5 * 4096 - 8  # the config and 16 KiB, up to a page
    assert path.read_bytes() == struct.pack("<Q", size) + text.ljust(size) + body


def test_alignment(path):
    toy(dim=37).save(path)
    stored = store.open_file(path)
    assert stored.data_start % 4096 == 0
    for mapped in (True, False):
        for name, array in store.open_file(path, mmap=mapped).tensors.items():
            if not name.startswith("_pad"):
                assert array.ctypes.data % (4096 if array.ndim == 2 else 64) == 0, name


def test_a_long_config_gets_a_longer_header(path):
    metadata = {"loss": [0.123456789] * 20_000, "quotes": '"' * 10_000}
    KeyedVectors(["a"], [[1]], metadata=metadata).save(path)
    opened = KeyedVectors.load(path)
    assert opened.metadata == metadata and (8 + header_of(path)[1]) % 4096 == 0
    opened.verify()


@pytest.mark.parametrize("bad", [{"loss": float("nan")}, {"x": object()}, {"x": {1, 2}}])
def test_metadata_that_json_cannot_say(path, bad):
    with pytest.raises(OptionError, match="metadata must be what JSON can say"):
        KeyedVectors(["a"], [[1]], metadata=bad).save(path)
    assert not path.exists()


def test_metadata_of_numpy(path):
    KeyedVectors(["a"], [[1]], metadata={"n": np.int64(3), "l": np.arange(2), "s": "\udc80"}).save(path)
    assert KeyedVectors.load(path).metadata == {"n": 3, "l": [0, 1], "s": "\udc80"}


def test_safetensors_reads_it(path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="the safetensors package is not installed")
    vectors = toy()
    vectors.save(path)
    tensors = safetensors.load_file(path)
    assert tensors["embeddings"].tobytes() == vectors.vectors.tobytes()
    assert tensors["counts"].tolist() == vectors.vocabulary.counts.tolist()
    KeyedVectors([], np.empty((0, 4), np.float32)).save(path)
    assert safetensors.load_file(path)["embeddings"].shape == (0, 4)


# Opening


def test_opening_does_not_depend_on_the_size(tmp_path):
    """A sparse file of 12 GB opens as fast as a small one, in the sense that next to nothing of it is read."""
    small, big = tmp_path / "small", tmp_path / "big"
    KeyedVectors([f"w{i}" for i in range(8)], np.ones((8, 300))).save(small)
    rows = 10_000_000
    shapes = {
        "embeddings": ("<f4", (rows, 300)),
        "vocab.data": ("u1", (rows,)),
        "vocab.offsets": ("<i8", (rows + 1,)),
        "vocab.hash": ("<u4", (1 << 25,)),
        "embeddings.norm": ("<f4", (rows,)),
    }
    from wordvec.store.header import encode, layout

    plan = layout((name, np.dtype(dtype), shape) for name, (dtype, shape) in shapes.items())
    metadata = header_of(small)[0]["__metadata__"]
    with open(big, "wb") as file:
        file.write(encode(plan, metadata, 5 * 4096 - 8))
        file.truncate(5 * 4096 + plan[-1].stop)
        offsets = next(tensor for tensor in plan if tensor.name == "vocab.offsets")
        file.seek(5 * 4096 + offsets.stop - 8)
        file.write(struct.pack("<q", rows))

    def faults():
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    counts = []
    for path in (small, big, small, big):
        before = faults()
        vectors = KeyedVectors.load(path)
        counts.append(faults() - before)
        assert vectors.vectors.shape[1] == 300
        del vectors
    assert counts[3] <= counts[2] + 50  # pages touched; reading 12 GB would be millions


def test_two_processes_share_the_pages(path):
    """Anonymous memory does not grow by the matrix when a mapped file is read."""
    if not os.path.exists("/proc/self/smaps_rollup"):
        pytest.skip("needs /proc/self/smaps_rollup")
    KeyedVectors([f"w{i}" for i in range(100_000)], np.ones((100_000, 100), np.float32)).save(path)
    code = """
import sys
from wordvec.vectors import KeyedVectors
def anonymous():
    lines = open("/proc/self/smaps_rollup")
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Anonymous", "Private_Dirty")))
before = anonymous()
vectors = KeyedVectors.load(sys.argv[1])
vectors.most_similar("w5"), vectors["w9"]
print(anonymous() - before)
"""
    children = [subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) for _ in range(2)]
    grown = [int(child.communicate(timeout=60)[0]) for child in children]
    assert max(grown) < 20_000  # kB, of a matrix of 40,000 kB; both counters are added


def test_other_files_beside_the_profile(path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="the safetensors package is not installed")
    safetensors.save_file({"weight": np.ones((2, 2), np.float32)}, path)
    with pytest.raises(FormatError, match="of another kind, and holds weight"):
        KeyedVectors.load(path)


def test_unknown_features_and_versions_are_refused_by_name(path):
    toy().save(path)

    def require(entries):
        entries["__metadata__"]["wordvec.requires"] = "sparkle"

    rewrite(path, require)
    with pytest.raises(FormatError, match="requires the feature 'sparkle'"):
        KeyedVectors.load(path)
    toy().save(path)

    def newer(entries):
        entries["__metadata__"]["wordvec.version"] = "7"

    rewrite(path, newer)
    with pytest.raises(FormatError, match="version 1; the file has '7': update"):
        KeyedVectors.load(path)


def test_advice_around_scans_is_taken_back(path):
    toy().save(path)
    stored = store.open_file(path)
    with stored.sequential():
        assert stored.tensors["embeddings"].shape == (len(WORDS), 5)
    assert isinstance(stored.map, mmap.mmap)


def test_norms_are_those_of_float64():
    matrix = np.random.default_rng(4).standard_normal((5000, 33)).astype(np.float32)
    matrix[7] = [3e38, 3e38] + [0] * 31
    matrix[8], matrix[9, 3] = 1e-30, np.nan
    norms = row_norms(matrix)
    with np.errstate(over="ignore"):
        expected = np.sqrt((matrix.astype(np.float64) ** 2).sum(1)).astype(np.float32)
    assert norms.dtype == np.float32 and np.isinf(norms[7]) and np.isnan(norms[9])
    np.testing.assert_allclose(norms, expected, rtol=1e-6)


def test_verify_needs_a_file():
    with pytest.raises(OptionError, match="must come from a native file"):
        toy().verify()


def test_verify_finds_an_index_that_was_written_wrong(path):
    vocabulary = Vocabulary.from_words(["a", "b", "c"])
    table = vocabulary.hash.copy()
    table[table == 2] = 0
    wrong = Vocabulary(vocabulary.data, vocabulary.offsets, None, table, vocabulary.max_probe)
    KeyedVectors(wrong, np.eye(3)).save(path)
    with pytest.raises(FormatError, match="word index does not agree"):
        KeyedVectors.load(path).verify()
