"""Frames of zstd and blocks of bgzip on all cores: the same bytes and the same errors as read as a stream."""

from __future__ import annotations

import gzip
import io
import random
import struct
import threading
import zlib

import numpy as np
import pytest

import wordvec
from wordvec import formats
from wordvec.base import pieces
from wordvec.base.compressed import decompressor
from wordvec.base.errors import FormatError
from wordvec.base.pieces import FRAME, Frames, Pieces, zstd_module
from wordvec.outputs import open_output

TEXT = b"".join(b"%d word %d\n" % (i * i, i) for i in range(300_000))
zstd = zstd_module()


def bgzip(text, size=60_000):
    """A file as bgzip writes it: members that say their size, and an empty one at the end."""
    blocks = []
    for first in (*range(0, len(text), size), len(text)):
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        part = text[first : first + size] if first < len(text) else b""
        body = packer.compress(part) + packer.flush()
        head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(body) + 25)
        blocks.append(head + body + struct.pack("<2I", zlib.crc32(part), len(part)))
    return b"".join(blocks)


def frames(text, size=50_000, **options):
    found = [zstd.compress(text[i : i + size], **options) for i in range(0, len(text), size)]
    return b"".join(found)


PACKED = {
    "bgzip": ("gzip", bgzip(TEXT)),
    "frames": ("zstd", frames(TEXT)),
    "frames with checksums": ("zstd", frames(TEXT, options={zstd.CompressionParameter.checksum_flag: 1})),
    "frames and others to be skipped": ("zstd", frames(TEXT, 1 << 20) + struct.pack("<2I", 0x184D2A53, 4) + b"note"),
    "zeros, which become one number": ("zstd", frames(bytes(5 << 20), 300_000)),
}


def whole(kind):
    return bytes(5 << 20) if "zeros" in kind else TEXT


@pytest.mark.parametrize("name", PACKED)
def test_pieces_are_read_as_the_stream_is(name):
    kind, data = PACKED[name]
    with decompressor(io.BytesIO(data), kind) as stream:
        assert isinstance(stream.raw, Pieces)
        assert stream.read(10) == whole(name)[:10]
        assert stream.read() == whole(name)[10:] and stream.read() == b""
    assert not any(thread.name.startswith("wordvec") for thread in threading.enumerate())


@pytest.mark.parametrize("name", PACKED)
def test_whole_files_need_no_stream(name):
    kind, data = PACKED[name]

    def stream():
        raise AssertionError

    assert io.BufferedReader(Pieces(io.BytesIO(data), kind, stream)).read() == whole(name)


@pytest.mark.parametrize("name", PACKED)
def test_a_damaged_piece_ends_as_in_the_stream(name):
    kind, data = PACKED[name]
    rng = random.Random(3)
    for _ in range(6):
        cut = bytearray(data[: rng.randrange(100, len(data))])
        if rng.random() < 0.5:
            cut[rng.randrange(50, len(cut))] ^= 1 << rng.randrange(8)
        results = []
        for stream in (decompressor(io.BytesIO(cut), kind, fast=False), _stream(kind, cut)):
            got = bytearray()
            with stream:
                try:
                    while part := stream.read1(1000):
                        got += part
                except Exception as error:
                    results.append((bytes(got), type(error)))
                else:
                    results.append((bytes(got), None))
        (own, problem), (other, same) = results
        assert problem == same and abs(len(own) - len(other)) < 1 << 14  # a stream depends on the sizes of reads
        assert own[: len(other)] == other[: len(own)]


def _stream(kind, data):
    return gzip.GzipFile(fileobj=io.BytesIO(data)) if kind == "gzip" else zstd.ZstdFile(io.BytesIO(data))


def test_what_follows_pieces_is_read_as_a_stream():
    stream = zstd.ZstdCompressor()
    unsized = stream.compress(b"more") + stream.flush()
    for kind, data, text in (
        ("gzip", bgzip(TEXT) + gzip.compress(b"more"), TEXT + b"more"),
        ("gzip", bgzip(TEXT) + bytes(700), TEXT),
        ("zstd", frames(TEXT) + unsized + zstd.compress(b"end"), TEXT + b"moreend"),
    ):
        with decompressor(io.BytesIO(data), kind, fast=False) as opened:
            assert opened.read() == text


def test_a_frame_that_says_less_than_it_becomes_makes_no_more_memory():
    bomb = bytearray(zstd.compress(bytes(1 << 20)))
    place = 5 if bomb[4] >> 5 & 1 else 6
    bomb[place : place + 4] = struct.pack("<I", 1000)
    size, becomes = pieces.zstd_part(bytes(bomb), 0)
    assert (size, becomes) == (len(bomb), 1000)
    with decompressor(io.BytesIO(bytes(bomb)), "zstd") as stream, pytest.raises(zstd.ZstdError):
        stream.read()


def test_frames_say_their_size_and_depend_on_the_bytes_alone(tmp_path):
    text = TEXT * 2
    written = []
    for step in (len(text), 1 << 20, 99_999):
        with open_output(tmp_path / "a.zst") as file:
            for first in range(0, len(text), step):
                file.write(text[first : first + step])
        written.append((tmp_path / "a.zst").read_bytes())
    assert written[0] == written[1] == written[2]
    assert zstd.decompress(written[0]) == text
    at, sizes = 0, []
    while at < len(written[0]):
        size, becomes = pieces.zstd_part(written[0], at)
        sizes.append(becomes)
        at += size
    assert sizes == [FRAME] * (len(text) // FRAME) + [len(text) % FRAME]


def test_an_empty_file_is_a_frame():
    out = io.BytesIO()
    with Frames(out) as file:
        assert file.tell() == 0
    assert zstd.decompress(out.getvalue()) == b"" and out.getvalue()


def test_threads_end_with_a_stream_that_is_not_read_to_its_end():
    with decompressor(io.BytesIO(frames(TEXT * 4, FRAME // 2)), "zstd") as stream:
        assert len(stream.read(5 * FRAME // 2)) == 5 * FRAME // 2
        assert any(thread.name.startswith("wordvec") for thread in threading.enumerate())
    assert not any(thread.name.startswith("wordvec") for thread in threading.enumerate())


def test_vectors_are_the_same_from_pieces(tmp_path):
    rows = np.random.default_rng(1).standard_normal((400, 300), np.float32)
    vectors = wordvec.KeyedVectors([f"word{i}" for i in range(400)], rows)
    plain = tmp_path / "a.vec"
    formats.save(vectors, plain)
    formats.save(vectors, tmp_path / "a.vec.zst")
    assert zstd.decompress((tmp_path / "a.vec.zst").read_bytes()) == plain.read_bytes()
    (tmp_path / "a.vec.gz").write_bytes(bgzip(plain.read_bytes()))
    for name in ("a.vec.zst", "a.vec.gz"):
        read = wordvec.load(tmp_path / name)
        assert read.index_to_key == vectors.index_to_key and np.array_equal(read.vectors, rows)
    packed = (tmp_path / "a.vec.zst").read_bytes()
    (tmp_path / "cut.vec.zst").write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(FormatError, match="is cut short"):
        wordvec.load(tmp_path / "cut.vec.zst")
    with pytest.warns(UserWarning, match="is cut short"):
        kept = wordvec.load(tmp_path / "cut.vec.zst", strict=False)
    assert np.array_equal(kept.vectors, rows[: len(kept)]) and len(kept) > 200


def test_a_corpus_is_the_same_from_pieces(tmp_path):
    text = TEXT[:1_500_000]
    for name, data in (("a.txt", text), ("a.gz", bgzip(text)), ("a.zst", frames(text, 300_001))):
        (tmp_path / name).write_bytes(data)
    plain, *others = (wordvec.encode_corpus(tmp_path / name, min_count=2) for name in ("a.txt", "a.gz", "a.zst"))
    for other in others:
        assert list(plain.vocabulary) == list(other.vocabulary) and plain.stats == other.stats
        assert np.array_equal(plain.ids, other.ids) and np.array_equal(plain.offsets, other.offsets)
