"""Compressed files: what counts as one, whatever comes in pieces, and what damage is called."""

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import threading

import pytest

from wordvec import formats
from wordvec.base.compressed import compression_of, decompressed, decompression_errors
from wordvec.base.errors import FormatError
from wordvec.corpus import encode_corpus

TEXT = b"a rose is a rose\n" * 9


def zstd_compress(data):
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data)


COMPRESS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd_compress}


class Trickle(io.RawIOBase):
    """A pipe that gives a byte at a time, and cannot be asked to go back."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.data.readinto(memoryview(buffer)[:1])


@pytest.mark.parametrize("kind", COMPRESS)
def test_recognised_by_content_and_read_in_pieces(kind):
    for text in (TEXT, b""):
        packed = COMPRESS[kind](text)
        assert compression_of(packed[:8]) == kind
        for stream in (Trickle(packed), io.BytesIO(packed)):
            assert decompressed(stream).read() == text
            assert not stream.closed


@pytest.mark.parametrize("data", [b"", b"a", b"BZh", b"BZhang 1 2\n", b"BZh9 1AY&", b"\x1f\x8b", b"\xfd7zXZ"])
def test_what_only_begins_like_one_is_plain(data):
    assert compression_of(data[:8]) is None and decompressed(Trickle(data)).read() == data


def test_a_word_that_begins_like_bzip2(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"BZhang 1 2\nBZhu 3 4\n")
    assert list(formats.load(path)) == ["BZhang", "BZhu"]


@pytest.mark.parametrize("kind", COMPRESS)
def test_damage_is_named(kind):
    packed = COMPRESS[kind](b" ".join(b"%d" % (i * i) for i in range(2000)))
    for size in (len(packed) - 3, len(packed) // 2):
        with pytest.raises(FormatError, match=r"^here is cut short"), decompression_errors("here", FormatError):
            decompressed(io.BytesIO(packed[:size])).read()
    middle = len(packed) // 2
    flipped = packed[:middle] + bytes(b ^ 0x55 for b in packed[middle : middle + 4]) + packed[middle + 4 :]
    with pytest.raises(FormatError, match=r"^here is (damaged|cut short)"), decompression_errors("here", FormatError):
        decompressed(io.BytesIO(flipped)).read()
    with pytest.raises(OSError, match="No space"), decompression_errors("here", FormatError):
        raise OSError(28, "No space left on device")


def test_a_pipe_whose_first_write_is_short(tmp_path):
    """Two bytes of gzip come first, the rest later: it is gzip all the same."""
    packed = gzip.compress(TEXT)
    code = "from wordvec.corpus import encode_corpus; print(encode_corpus('-', min_count=1).stats.read)"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(packed[:2])
        process.stdin.flush()
        timer = threading.Timer(0.5, lambda: (process.stdin.write(packed[2:]), process.stdin.close()))
        timer.start()
        assert process.stdout.read().strip() == b"%d" % len(TEXT.split())
        timer.join()
    assert process.returncode == 0
    assert encode_corpus(tmp_path_file(tmp_path, TEXT), min_count=1).stats.read == len(TEXT.split())


def tmp_path_file(folder, data):
    path = folder / "plain"
    path.write_bytes(data)
    return path
