"""Headers of native files: hostile, truncated and damaged ones are refused, whatever they say."""

import json
import os
import random
import struct

import pytest
from native_files import WORDS, rewrite, toy

from wordvec import store
from wordvec.base.errors import FormatError, WordvecError
from wordvec.vectors import KeyedVectors
from wordvec.vectors.files import open_native


@pytest.fixture
def path(tmp_path):
    return tmp_path / "toy.safetensors"


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
        change_shape,
        overlap,
        beyond,
        negative,
        floats,
        booleans,
        strange_dtype,
        no_matrix,
        other_dtype,
        list_metadata,
        number_in_metadata,
        no_checksum,
        bad_config,
        duplicate,
        deep,
        number_of_many_digits,
        not_a_number,
        text_after,
        no_json,
    ],
)
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
