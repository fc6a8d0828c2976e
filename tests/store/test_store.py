"""The native file: what is written comes back, damage is found, and a name never shows half a file."""

import json
import mmap
import os
import random
import resource
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
import zlib

import numpy as np
import pytest

from wordvec import store
from wordvec.base.errors import FormatError, OptionError, OutputError, WordvecError
from wordvec.outputs import open_output
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import open_native
from wordvec.vocabulary import Vocabulary

WORDS = ["the", "naïve", "a b", "\udcff", "日本", "\n", "x"]


def toy(dim=5, context=True, scale=1.0):
    rng = np.random.default_rng(1)
    matrix = (rng.standard_normal((len(WORDS), dim)) * scale).astype(np.float32)
    matrix[3] = 0
    return KeyedVectors(
        WORDS,
        matrix,
        counts=range(len(WORDS), 0, -1),
        metadata={"trainer": "toy", "loss": [0.5, 0.25], "name": "é"},
        context=matrix[:4] * 2 if context else None,
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "toy.safetensors"


def header_of(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size]), size, data


def rewrite(path, change):
    """The file with a header changed as text or as a dict; the tensors stay where they are."""
    entries, size, data = header_of(path)
    text = change(entries)
    if text is None:
        text = json.dumps(entries)
    encoded = text.encode() if isinstance(text, str) else text
    path.write_bytes(data[:8] + encoded.ljust(size) + data[8 + size :])


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


def change_shape(entries):
    entries["embeddings"]["shape"] = [2**40, 2**40]


def overlap(entries):
    start, stop = entries["vocab.data"]["data_offsets"]
    entries["vocab.data"]["data_offsets"] = [start - 64, stop - 64]


def beyond(entries):
    last = max(entries, key=lambda name: entries[name].get("data_offsets", [0])[0])
    entries[last]["shape"], entries[last]["data_offsets"][1] = [10**9], entries[last]["data_offsets"][0] + 4 * 10**9


def negative(entries):
    entries["embeddings"]["data_offsets"] = [-16, 124]


def floats(entries):
    entries["embeddings"]["shape"] = [7.0, 5.0]


def booleans(entries):
    entries["embeddings"]["shape"] = [True, 35]


def strange_dtype(entries):
    entries["embeddings"]["dtype"] = "F31"


def no_matrix(entries):
    entries["embedding"] = entries.pop("embeddings")


def other_dtype(entries):
    entries["counts"]["dtype"] = "F64"


def list_metadata(entries):
    entries["__metadata__"] = ["a"]


def number_in_metadata(entries):
    entries["__metadata__"]["x"] = 3


def no_checksum(entries):
    entries["__metadata__"]["wordvec.checksums"] = "{}"


def bad_config(entries):
    entries["__metadata__"]["wordvec.config"] = "[1]"


def duplicate(entries):
    text = json.dumps(entries)
    return text[:-1] + ',"counts":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'


def deep(entries):
    return "[" * 15_000


def number_of_many_digits(entries):
    return '{"a":' + "9" * 10_000 + "}"


def not_a_number(entries):
    entries["embeddings"]["shape"] = [float("nan")]


def text_after(entries):
    return json.dumps(entries) + " x"


def no_json(entries):
    return b"\xff\xfe{}"


@pytest.mark.parametrize(
    "change",
    [
        change_shape, overlap, beyond, negative, floats, booleans, strange_dtype, no_matrix, other_dtype,
        list_metadata, number_in_metadata, no_checksum, bad_config, duplicate, deep, number_of_many_digits,
        not_a_number, text_after, no_json,
    ],
)  # fmt: skip
def test_hostile_headers(path, change):
    toy().save(path)
    rewrite(path, change)
    with pytest.raises(FormatError, match=r"toy\.safetensors: .*must"):
        KeyedVectors.load(path)


@pytest.mark.parametrize("size", [0, 1, 2**63, 2**64 - 1, 10**8 + 1, 10**9])
def test_hostile_header_size(path, size):
    toy().save(path)
    data = path.read_bytes()
    path.write_bytes(struct.pack("<Q", size) + data[8:])
    with pytest.raises(FormatError, match="header must take 2 to"):
        open_native(KeyedVectors, path)
    with pytest.raises(FormatError):
        KeyedVectors.load(path)


def test_every_truncation_is_found(path):
    toy().save(path)
    data = path.read_bytes()
    for size in [*range(64), *random.Random(5).sample(range(len(data)), 200), len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(FormatError):
            KeyedVectors.load(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(FormatError, match="must fill the file"):
        KeyedVectors.load(path)


def test_every_flipped_bit_is_found(path):
    toy().save(path)
    data, rng = path.read_bytes(), random.Random(6)
    text = data.index(b"      ", 100)
    places = [*range(0, 8), *rng.sample(range(8, text), 300), *rng.sample(range(text, len(data)), 300)]
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        for mapped in (True, False):
            with pytest.raises(WordvecError):
                vectors = KeyedVectors.load(path, mmap=mapped)
                for word in WORDS:
                    if word in vectors:
                        vectors[word]
                vectors.verify()


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "empty"])
def test_what_is_no_file(tmp_path, kind):
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "empty":
        path.touch()
    else:
        path = "/dev/zero"
    with pytest.raises(FormatError):
        store.open_file(path)
    with pytest.raises(FileNotFoundError):
        store.open_file(tmp_path / "missing")


# Writing


def leftovers(folder):
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]


def test_umask_and_old_permissions_count(tmp_path):
    before = os.umask(0o027)
    try:
        new, old = tmp_path / "new", tmp_path / "old"
        toy().save(new)
        assert stat.S_IMODE(new.stat().st_mode) == 0o640
        old.touch()
        old.chmod(0o664)
        toy().save(old)
        assert stat.S_IMODE(old.stat().st_mode) == 0o664
    finally:
        os.umask(before)


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    toy().save(link)
    assert link.is_symlink() and not target.is_symlink() and list(KeyedVectors.load(target)) == WORDS
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "folder" / "new")
    toy().save(dangling)
    assert dangling.is_symlink() and (tmp_path / "folder" / "new").is_file()


def test_targets_that_are_refused(tmp_path):
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    cases = [
        (tmp_path, "this is a folder"),
        (pipe, "device, pipe or socket"),
        ("/dev/null", "device, pipe or socket"),
        (tmp_path / "no" / "such", "folder of the output must exist"),
        (loop, "links without end"),
        (tmp_path / ("x" * 300), "must be writable"),
    ]
    for target, problem in cases:
        with pytest.raises(OutputError, match=problem):
            toy().save(target)
    assert not leftovers(tmp_path) and stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_long_names_and_odd_names(tmp_path):
    for name in ("x" * 255, "é" * 120, "a b\nc", b"\xff.store"):
        target = os.path.join(os.fsencode(tmp_path), os.fsencode(name))
        toy().save(os.fsdecode(target))
        assert os.path.isfile(target)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_and_file(tmp_path):
    file = tmp_path / "file"
    file.touch(mode=0o444)
    with pytest.raises(OutputError, match="must be writable"):
        toy().save(file)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match="must be writable"):
            toy().save(tmp_path / "new")
    finally:
        tmp_path.chmod(0o755)


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "x"
    target.write_bytes(b"old")
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), open_output(target) as file:
            file.write(b"new")
            raise error
    assert target.read_bytes() == b"old" and os.listdir(tmp_path) == ["x"]


LIMITED = """
import resource, sys, numpy as np
from wordvec.vectors import KeyedVectors
from wordvec.base.errors import OutputError
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    KeyedVectors([f"w{i}" for i in range(20_000)], np.ones((20_000, 50), np.float32)).save(sys.argv[1])
except OutputError as error:
    print(error.errno, error)
    sys.exit(7)
"""


def test_a_file_that_may_not_grow(tmp_path):
    target = tmp_path / "x.safetensors"
    toy().save(target)
    old = target.read_bytes()
    child = subprocess.run([sys.executable, "-c", LIMITED, target, "limit"], capture_output=True, text=True, timeout=60)
    assert child.returncode == 7 and "must stay below the size that is allowed" in child.stdout, child.stderr
    assert target.read_bytes() == old and os.listdir(tmp_path) == ["x.safetensors"]


def test_a_disk_that_fills(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    try:
        target = folder / "x.safetensors"
        toy().save(target)
        old = target.read_bytes()
        child = subprocess.run(
            [sys.executable, "-c", LIMITED, target, "no"], capture_output=True, text=True, timeout=60
        )
        assert child.returncode == 7 and "disk must have room" in child.stdout, child.stderr
        assert target.read_bytes() == old and os.listdir(folder) == ["x.safetensors"]
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path):
    target = tmp_path / "x.safetensors"
    code = """
import sys, numpy as np
from wordvec.vectors import KeyedVectors
vectors = KeyedVectors([f"w{i}" for i in range(20_000)], np.ones((20_000, 50), np.float32))
print("ready", flush=True)
while True:
    vectors.save(sys.argv[1])
"""
    toy().save(target)
    rng, sizes = random.Random(7), set()
    for _ in range(6):
        child = subprocess.Popen([sys.executable, "-c", code, target], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0, 0.15))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        vectors = KeyedVectors.load(target)
        vectors.verify()
        sizes.add(len(vectors))
    assert sizes <= {len(WORDS), 20_000}


def test_readers_keep_the_file_they_opened(path):
    toy().save(path)
    opened = KeyedVectors.load(path)
    KeyedVectors(["other"], [[9.0]]).save(path)
    assert list(opened) == WORDS and opened.vectors.tobytes() == toy().vectors.tobytes()
    assert list(KeyedVectors.load(path)) == ["other"]


def test_threads_may_write_the_same_file(path):
    def write(scale):
        for _ in range(10):
            toy(scale=scale).save(path)

    threads = [threading.Thread(target=write, args=(scale,)) for scale in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    KeyedVectors.load(path).verify()
    assert os.listdir(path.parent) == [path.name]


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
    norms = store.row_norms(matrix)
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
