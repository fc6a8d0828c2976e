"""Whatever is read: files, compressed or in archives, standard input, pipes, URLs; and what is refused."""

import bz2
import functools
import gzip
import http.server
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, formats, inputs
from wordvec.base.errors import CorpusError, FormatError, OptionError

TEXT = b"one two\r\nthree\n"
MAIN = "import sys; from wordvec.cli import main; sys.exit(main())"


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarred(members, mode="w"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def read(path, **options):
    with inputs.open_input(path, **options) as stream:
        return stream.read()


def toy():
    return KeyedVectors(["sea", "ship"], np.array([[1, 2, 3], [3, 2, 1]], np.float32))


def same(a, b):
    return list(a) == list(b) and np.array_equal(a.vectors, b.vectors)


@pytest.fixture
def stdin(monkeypatch):
    def give(data):
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(data))))

    return give


PACKED = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped({"a.txt": data}),
    "zip, stored": lambda data: zipped({"folder/a.txt": data}, zipfile.ZIP_STORED),
    "zip of gzip": lambda data: zipped({"a.txt.gz": gzip.compress(data)}),
    "zip with what Macs add": lambda data: zipped({"a.txt": data, "__MACOSX/._a.txt": b"x", ".DS_Store": b"x"}),
    "tar": lambda data: tarred({"./a.txt": data}),
    "tar.gz": lambda data: tarred({"a.txt": data}, "w:gz"),
    "tar.bz2": lambda data: tarred({"a.txt": data}, "w:bz2"),
    "tar.xz": lambda data: tarred({"a.txt": data}, "w:xz"),
}
every_packing = pytest.mark.parametrize("kind", PACKED)


@every_packing
@pytest.mark.parametrize("way", ["file", "stdin", "url", "pipe"])
def test_the_same_bytes_come_by_whatever_way_they_are_packed_and_given(kind, way, tmp_path, stdin):
    """Compression and archives are told by content, in files, on standard input, in pipes and behind file:// URLs."""
    path = tmp_path / "a b[1]~.dat"
    path.write_bytes(PACKED[kind](TEXT))
    if way == "stdin":
        stdin(path.read_bytes())
        assert read("-") == TEXT
    elif way == "url":
        assert read("file://" + str(path).replace(" ", "%20")) == TEXT
    elif way == "pipe":
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()))
        writer.start()
        assert read(pipe) == TEXT
        writer.join()
    else:
        assert read(path) == read(str(path)) == read(os.fsencode(path)) == TEXT


@every_packing
def test_vectors_of_every_format_come_out_of_every_packing(kind, tmp_path):
    for name in ("x.safetensors", "x.txt", "x.glove", "x.bin", "x.fifu"):
        formats.save(toy(), tmp_path / name)
        path = tmp_path / "packed"
        path.write_bytes(PACKED[kind]((tmp_path / name).read_bytes()))
        assert same(formats.load(path), toy())
        assert list(KeyedVectors.load(path)) == list(toy())
        assert list(formats.load(path, limit=1)) == ["sea"]


@pytest.mark.parametrize("kind", ["plain", "gzip", "zip", pytest.param("tar.gz", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("suffix", [".safetensors", ".txt", ".bin"])
def test_vectors_from_standard_input_and_pipes(kind, suffix, tmp_path):
    """`-`, /dev/stdin and <(...) are read once, into a file where that is needed, which is gone afterwards."""
    formats.save(toy(), tmp_path / f"x{suffix}")
    data = PACKED[kind]((tmp_path / f"x{suffix}").read_bytes())
    (tmp_path / "packed").write_bytes(data)
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    name = "-" if kind == "zip" else "/dev/stdin"
    command = [sys.executable, "-c", MAIN, "similar", name, "sea", "--json"]
    done = subprocess.run(command, input=data, capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0 and b'"ship"' in done.stdout, done.stderr
    if kind in ("plain", "gzip"):
        shell = f'"{sys.executable}" -c "{MAIN}" info <(cat packed) --json'
        done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, env=environment, timeout=60)
        assert done.returncode == 0 and b'"words": 2' in done.stdout, done.stderr
    assert os.listdir(tmp_path / "tmp") == []


def test_a_member_of_several_is_named(tmp_path):
    """An archive of several members is an error that lists them; one is chosen as archive::member, or member=."""
    members = {"x.txt": b"x", "y/z.txt": b"z"}
    for name, data in (("a.zip", zipped(members)), ("a.tgz", tarred(members, "w:gz"))):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(FormatError, match=r"must have one member.*x\.txt, y/z\.txt: name it, as archive::x\.txt"):
            read(path)
        assert read(f"{path}::y/z.txt") == read(path, member="y/z.txt") == b"z"
        with pytest.raises(CorpusError, match=r"must have a member 'q'; it has x\.txt"):
            read(path, member="q", error=CorpusError)
    (tmp_path / "plain").write_bytes(b"x")
    with pytest.raises(FormatError, match="must be a zip or tar archive to have a member"):
        read(f"{tmp_path / 'plain'}::x")
    (tmp_path / "plain::x").write_bytes(b"a name like any other")
    assert read(tmp_path / "plain::x").startswith(b"a name")
    formats.save(toy(), tmp_path / "v.txt")
    (tmp_path / "v.zip").write_bytes(zipped({"v.txt": (tmp_path / "v.txt").read_bytes(), "readme": b"hello"}))
    assert same(formats.load(f"{tmp_path / 'v.zip'}::v.txt"), toy())
    with pytest.raises(FormatError, match=r"it has v\.txt, readme"):
        formats.load(tmp_path / "v.zip")


def test_archives_that_mean_harm(tmp_path):
    """Names that lead out of the folder, encrypted members, sizes that lie, damage: nothing is written but errors."""
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    for name in ("../../evil.txt", "/tmp/evil-of-wordvec"):
        for pack in (zipped, tarred):
            path.write_bytes(pack({name: b"x"}))
            assert read(path) == b"x"
    assert not list(tmp_path.rglob("evil*")) and not os.path.exists("/tmp/evil-of-wordvec")
    good = zipped({"a.txt": TEXT * 99})
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[encrypted.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(encrypted))
    with pytest.raises(FormatError, match="must not be encrypted"):
        read(path)
    liar = bytearray(good)
    central = liar.rindex(b"PK\x01\x02")
    liar[central + 24 : central + 28] = struct.pack("<I", 10)
    for data in (bytes(liar), good[:-30], good[: len(good) // 2], b"PK\x03\x04", tarred({"a": TEXT * 99})[:700]):
        path.write_bytes(data)
        with pytest.raises(FormatError):
            read(path)
    huge = bytearray(tarred({"a": TEXT}))
    huge[124:136] = b"77777777777\0"  # 8 GB, it says
    huge[148:156] = b"%06o\0 " % (sum(huge[:148]) + sum(huge[156:512]) + 256)
    path.write_bytes(bytes(huge))
    with pytest.raises(FormatError):
        read(path)


def test_what_becomes_too_large_is_refused(tmp_path, monkeypatch):
    """A small file that would fill the disk when it is unpacked is stopped at a limit."""
    formats.save(toy(), tmp_path / "x.safetensors")
    data = (tmp_path / "x.safetensors").read_bytes()
    monkeypatch.setattr(inputs, "_AT_LEAST", 1 << 20)
    (tmp_path / "bomb").write_bytes(gzip.compress(data + bytes(1 << 24)))
    with pytest.raises(FormatError, match="must not become larger than"):
        formats.load(tmp_path / "bomb")


def test_standard_input_is_read_once(stdin):
    stdin(b"a b\n")
    assert read("-") == b"a b\n"
    with pytest.raises(FormatError, match="can be read once"):
        read("/dev/stdin")
    stdin(b"again")
    assert read("-") == b"again"


def test_closed_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="must be open"):
        read("-", error=CorpusError)


def test_home_and_file_urls(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(TEXT)
    assert read("~/a.txt") == read(f"file://localhost{tmp_path}/a.txt") == TEXT
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "a.txt").write_bytes(b"a folder of this name")
    assert read("~/a.txt") == b"a folder of this name"
    with pytest.raises(OptionError, match="of a file here"):
        read("file://elsewhere/a.txt")
    for missing in ("~/b.txt", "file:///no/such/file"):
        with pytest.raises(FileNotFoundError):
            read(missing)
    with pytest.raises(FormatError, match="it is a folder"):
        read(tmp_path)
    for wrong in ("", "a\0b", None, 7):
        with pytest.raises(OptionError, match="path must be"):
            read(wrong)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
def test_text_in_other_encodings_comes_as_utf8(encoding, tmp_path):
    """A byte order mark says the encoding, and goes; without one the encoding is said."""
    path, text = tmp_path / "x.gz", "naïve 日本\nЖю\n" * 9_999
    path.write_bytes(gzip.compress(text.encode(encoding)))
    said = encoding if encoding == "utf-16-be" else "utf-8"
    assert read(path, encoding=said).decode() == text
    assert list(inputs.read_lines(path, encoding=said)) == text.splitlines()
    assert read(path) == text.encode(encoding)


def test_encodings_that_do_not_fit(tmp_path):
    (tmp_path / "x").write_bytes("é".encode("latin-1"))
    assert read(tmp_path / "x", encoding="latin-1").decode() == "é"
    assert list(inputs.read_lines(tmp_path / "x")) == ["\udce9"]
    with pytest.raises(OptionError, match="that Python knows"):
        read(tmp_path / "x", encoding="klingon")
    (tmp_path / "x").write_bytes(b"\xff\xfe ok, said he")
    assert read(tmp_path / "x", encoding="utf-8") == b"\xff\xfe ok, said he"  # no UTF-16: two odd bytes
    (tmp_path / "x").write_bytes(b"\xff\xfea")
    with pytest.raises(FormatError, match="must be text in utf-16-le"):
        read(tmp_path / "x", encoding="utf-8")


def test_lines_whatever_ends_them(tmp_path):
    path = tmp_path / "x"
    for data in (b"a b\nc\n", b"a b\r\nc", b"a b\rc\r", b"\xef\xbb\xbfa b\r\nc\r\n"):
        path.write_bytes(data)
        assert list(inputs.read_lines(path)) == ["a b", "c"]
    path.write_bytes(b"a\rb\nc")
    assert list(inputs.read_lines(path)) == ["a\rb", "c"]
    path.write_bytes(b"")
    assert list(inputs.read_lines(path)) == []
    toy().save(tmp_path / "v.safetensors")
    for data in (b"a\0b", (tmp_path / "v.safetensors").read_bytes(), b"\x7fELF\1\2", zipped({"a.npy": b"\x93NUMPY\1"})):
        path.write_bytes(data)
        with pytest.raises(FormatError, match="must be text"):
            list(inputs.read_lines(path))


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"the beginning")
        else:
            super().do_GET()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server of the files in a folder."""
    monkeypatch.setenv("WORDVEC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "www").mkdir()
    handler = functools.partial(Handler, directory=str(tmp_path / "www"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield tmp_path / "www", f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_downloads(server, tmp_path, monkeypatch):
    """http:// works for vectors and corpora, packed or not; nothing is left, and what is no file is said."""
    folder, url = server
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    for name in ("x.safetensors", "x.txt", "x.bin"):
        formats.save(toy(), folder / name)
        assert same(formats.load(f"{url}/{name}"), toy()) and same(KeyedVectors.load(f"{url}/{name}"), toy())
        (folder / "x.zip").write_bytes(zipped({"v": (folder / name).read_bytes(), "readme": b"x"}))
        assert same(formats.load(f"{url}/x.zip::v"), toy())
    (folder / "c.txt").write_text("a rose is a rose\n")
    (folder / "c.tar.gz").write_bytes(tarred({"c.txt": b"a rose is a rose\n"}, "w:gz"))
    for name in ("c.txt", "c.tar.gz"):
        assert list(wordvec.encode_corpus(f"{url}/{name}", min_count=2).vocabulary) == ["a", "rose"]
    with pytest.raises(FormatError, match="the server says 404"):
        formats.load(f"{url}/missing.txt")
    (folder / "page.bin").write_text("\n<!DOCTYPE html><html>please log in</html>")
    with pytest.raises(FormatError, match="it is a web page"):
        formats.load(f"{url}/page.bin")
    with pytest.raises(FormatError, match="was cut short: 13 of 1,000 bytes"):
        formats.load(f"{url}/short")
    with pytest.raises(FormatError, match="must have at most 10 bytes"):
        read(f"{url}/x.txt", limit=10)
    with pytest.raises(FormatError, match="cannot be downloaded"):
        read("http://127.0.0.1:9/x")
    for broken in ("http://", "http://[/x"):
        with pytest.raises(FormatError, match="cannot be"):
            read(broken + "x" * (broken == "http://"))
    assert list(Path(tmp_path / "tmp").iterdir()) == []


def test_errors_speak_of_the_name_that_was_given(server, stdin):
    folder, url = server
    (folder / "x").write_bytes(b"2 3\nsea 1 2 3\nship 1\n")
    with pytest.raises(FormatError, match=rf"^{url}/x\b(?!.*\.wordvec)"):
        formats.load(f"{url}/x")
    stdin(b"2 3\nsea 1 2 3\nship 1\n")
    with pytest.raises(FormatError, match=r"^-(?!.*\.wordvec)"):
        formats.load("-")


def test_folders_say_what_cannot_be_read(tmp_path):
    """Linked folders are read once, loops end; a link to nothing, a pipe, a closed folder is an error that names it."""
    folder = tmp_path / "texts"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (folder / "a.txt").write_text("a a")
    (folder / "inner" / "b.txt").write_text("b")
    (tmp_path / "elsewhere" / "c.txt").write_text("c c c")
    (folder / "link").symlink_to("../elsewhere")
    (folder / "loop").symlink_to("../texts")
    (folder / "again").symlink_to("inner")
    (folder / ".hidden").write_text("hidden")
    corpus = wordvec.encode_corpus(folder, min_count=1)
    assert dict(zip(corpus.vocabulary, corpus.vocabulary.counts.tolist())) == {"c": 3, "a": 2, "b": 1}
    for name, make in (("x", lambda path: path.symlink_to("nowhere")), ("y", os.mkfifo)):
        make(folder / name)
        with pytest.raises(CorpusError, match=f"texts/{name} must be a file to be part of the corpus"):
            wordvec.encode_corpus(folder, min_count=1)
        (folder / name).unlink()
    (folder / "inner").chmod(0)
    try:
        if not os.access(folder / "inner", os.R_OK):
            with pytest.raises(CorpusError, match="inner cannot be read"):
                wordvec.encode_corpus(folder, min_count=1)
    finally:
        (folder / "inner").chmod(0o755)


@pytest.mark.parametrize("kind", ["utf-16", "zip", "tar.gz", "pipe"])
def test_corpora_of_every_packing(kind, tmp_path):
    text, path = "a rose is a rose\n" * 9, tmp_path / "c"
    expected = wordvec.encode_corpus([line.split() for line in text.splitlines()], min_count=1).fingerprint
    if kind == "pipe":
        os.mkfifo(path)
        writer = threading.Thread(target=lambda: path.write_text(text))
        writer.start()
    else:
        path.write_bytes(text.encode("utf-16") if kind == "utf-16" else PACKED[kind](text.encode()))
    assert wordvec.encode_corpus(path, min_count=1).fingerprint == expected
    if kind == "pipe":
        writer.join()


def test_lists_are_read_from_whatever_opens(tmp_path):
    """Pairs, lexicons, counts and words to keep may be compressed, in archives, and begin with a byte order mark."""
    from wordvec.align import read_lexicon
    from wordvec.evaluate import word_pairs

    kv = KeyedVectors(["sea", "ship", "sun"], np.eye(3, dtype=np.float32))
    (tmp_path / "pairs.zip").write_bytes(zipped({"p.tsv": b"\xef\xbb\xbfsea\tship\t1\r\nship\tsun\t2\r\nsea\tsun\t3"}))
    assert word_pairs(kv, tmp_path / "pairs.zip").used == 3
    (tmp_path / "l").write_bytes(gzip.compress("sea\tMeer\rship\tSchiff\r".encode("utf-16")))
    assert read_lexicon(tmp_path / "l").pairs == (("sea", "Meer"), ("ship", "Schiff"))
    kv.save(tmp_path / "v.txt")
    (tmp_path / "w.bz2").write_bytes(bz2.compress(b"\xef\xbb\xbfsun\r\nsea\r\n"))
    assert list(formats.load(tmp_path / "v.txt", words=tmp_path / "w.bz2")) == ["sea", "sun"]
    (tmp_path / "counts.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfsea 3\nship 2\nsun 1\n"))
    counted = KeyedVectors.load_word2vec_format(tmp_path / "v.txt", fvocab=tmp_path / "counts.gz")
    assert counted.vocabulary.counts.tolist() == [3, 2, 1]
