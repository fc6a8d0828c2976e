"""gzip by isal: the same bytes and the same errors as by zlib, which reads them where isal is missing."""

import gzip
import io
import sys
import zipfile

import pytest

from wordvec.base.compressed import decompressor
from wordvec.base.errors import FormatError
from wordvec.inputs import open_input

TEXT = b"".join(b"word%d %d.%d\n" % (i, i % 7, i * i) for i in range(20_000))
PACKED = gzip.compress(TEXT, mtime=0)


@pytest.fixture(params=["isal", "zlib"])
def reader(request, monkeypatch):
    """Each of the two readers."""
    if request.param == "isal":
        pytest.importorskip("isal")
    else:
        for name in ("isal", "isal.igzip"):
            monkeypatch.setitem(sys.modules, name, None)
    return request.param


def content(path, data):
    path.write_bytes(data)
    with open_input(path) as stream:
        return stream.read()


def zipped(data=TEXT, how=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        archive.writestr("vectors.txt", data)
    return file.getvalue()


def test_the_reader_is_the_one_that_is_installed(reader):
    opened = decompressor(io.BytesIO(PACKED), "gzip")
    assert type(opened).__name__ == {"isal": "IGzipFile", "zlib": "GzipFile"}[reader]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("after", [b"", b"\0" * 1000])
def test_whole_files(reader, times, after, tmp_path):
    assert content(tmp_path / "x", PACKED * times + after) == TEXT * times


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_archives(reader, how, tmp_path):
    assert content(tmp_path / "x", zipped(how=how)) == TEXT
    assert content(tmp_path / "x", zipped(PACKED, how)) == TEXT
    assert content(tmp_path / "x", zipped(b"", how)) == b""


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (PACKED[:-100], "cut short"),
        (PACKED[:-4], "cut short"),
        (PACKED + PACKED[:5], "cut short"),
        (PACKED + b"no gzip file", "damaged"),
        (PACKED[:3000] + b"\xff\0\xff" + PACKED[3003:], "damaged"),
        (PACKED[:-6] + b"abcdef", "damaged"),
        (PACKED[:10] + b"\xff" * 50, "damaged"),
    ],
)
def test_damaged_files(reader, data, problem, tmp_path):
    with pytest.raises(FormatError, match=problem):
        content(tmp_path / "x", data)


@pytest.mark.parametrize("at", [40, 3000, 9000])
def test_damaged_archives(reader, at, tmp_path):
    whole = zipped()
    with pytest.raises(FormatError, match=r"damaged|must be whole"):
        content(tmp_path / "x", whole[:at] + bytes(255 ^ byte for byte in whole[at : at + 9]) + whole[at + 9 :])
