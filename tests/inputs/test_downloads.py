"""Downloads that are kept: used again, renewed, resumed, checked, limited; and the hub of models."""

import base64
import errno
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import FormatError, KeyedVectors, OptionError
from wordvec.cli import main
from wordvec.formats import FORMATS
from wordvec.formats.io import hub
from wordvec.inputs import downloads, read_lines

VECTORS = KeyedVectors(["sea", "ship", "sail"], np.arange(12, dtype=np.float32).reshape(3, 4))


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `files` by name with ETags, ranges and HEAD, as hubs of models do, and keeps what was asked."""

    cut, code = 0, 0  # bytes after which the connection ends; the error to answer

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked.append((self.command, self.path, dict(self.headers)))
        data = self.files.get(self.path.partition("?")[0])
        if data is None or self.code:
            self.send_error(self.code or 404)
            return
        tag, start, stop = f'"{hashlib.md5(data).hexdigest()}"', 0, len(data)
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range", tag) == tag:
            start, stop = int(wanted[1]), min(int(wanted[2] or len(data)) + 1, len(data))
            if start >= len(data):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(stop - start))
        for name, value in self.more.items():
            self.send_header(name, value(data))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[start : self.cut or stop])


@pytest.fixture
def server(tmp_path, monkeypatch):
    """(handler, URL) of a server, with an empty cache of downloads."""
    monkeypatch.setenv("WORDVEC_CACHE", str(tmp_path / "cache"))
    handler = type("Handler", (Server,), {"files": {}, "asked": [], "more": {}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield handler, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def stored(vectors=VECTORS, suffix=".safetensors", folder=None):
    """The bytes of a file of vectors."""
    path = Path(folder or os.environ["WORDVEC_CACHE"], f"made{suffix}")
    path.parent.mkdir(exist_ok=True, parents=True)
    vectors.save(path)
    data = path.read_bytes()
    path.unlink()
    return data


def kept():
    return sorted(path.name for path in downloads.downloads().rglob("*") if path.is_file())


def test_a_download_is_kept_mapped_and_used_again(server):
    handler, url = server
    handler.files["/v.safetensors"] = stored()
    first = wordvec.load(f"{url}/v.safetensors")
    again = wordvec.load(f"{url}/v.safetensors")
    assert np.array_equal(first.vectors, VECTORS.vectors) and np.array_equal(again.vectors, VECTORS.vectors)
    (_, _, asked_first), (_, _, asked_again) = handler.asked
    assert "If-None-Match" not in asked_first and asked_again["If-None-Match"]
    assert kept() == ["file", "record.json"]
    first.verify()  # which only a mapped file can be


def test_a_file_that_changed_is_downloaded_again_and_the_old_one_stays_readable(server):
    handler, url = server
    handler.files["/v"] = stored()
    old = wordvec.load(f"{url}/v")
    handler.files["/v"] = stored(KeyedVectors(["river"], np.ones((1, 4), np.float32)))
    assert list(wordvec.load(f"{url}/v").index_to_key) == ["river"]
    assert np.array_equal(old.vectors, VECTORS.vectors)


def test_a_server_that_is_away_is_warned_of(server):
    handler, url = server
    handler.files["/v"] = stored()
    wordvec.load(f"{url}/v")
    handler.code = 503
    with pytest.warns(UserWarning, match="503 .*the copy that was downloaded before is used"):
        assert "sea" in wordvec.load(f"{url}/v")
    with pytest.raises(FormatError, match="the server says 503"):
        wordvec.load(f"{url}/other")


def test_a_download_that_broke_off_goes_on_where_it_ended(server):
    handler, url = server
    data = handler.files["/v"] = stored()
    handler.cut = 700
    with pytest.raises(FormatError, match=f"was cut short: 700 of {len(data):,} bytes"):
        wordvec.load(f"{url}/v")
    handler.cut = 0
    assert "sea" in wordvec.load(f"{url}/v")
    assert handler.asked[1][2]["Range"] == "bytes=700-"
    record = json.loads(next(downloads.downloads().rglob("record.json")).read_text())
    assert record["size"] == len(data) and record["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("longer", [0, 5])
def test_a_part_of_another_version_is_not_used(server, longer):
    handler, url = server
    data = handler.files["/v"] = stored()
    handler.cut = 700
    with pytest.raises(FormatError, match="cut short"):
        wordvec.load(f"{url}/v")
    handler.cut = 0
    if longer:  # a part that is longer than the file
        part = next(downloads.downloads().rglob("part"))
        part.write_bytes(data + b"12345")
    else:
        handler.files["/v"] = stored(KeyedVectors(["river"], np.ones((1, 4), np.float32)))
    assert ("sea" if longer else "river") in wordvec.load(f"{url}/v")


@pytest.mark.parametrize("header", ["Repr-Digest", "X-Linked-ETag"])
def test_checksums_of_the_server_are_compared(server, header):
    handler, url = server
    handler.files["/v"] = stored()
    sums = {
        "Repr-Digest": lambda data: f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:",
        "X-Linked-ETag": lambda data: f'"{hashlib.sha256(data).hexdigest()}"',
    }
    handler.more = {header: lambda data: sums[header](data + b"x")}
    with pytest.raises(FormatError, match=r"must have the SHA-256 .*, as the server says; what came has"):
        wordvec.load(f"{url}/v")
    handler.more = {header: sums[header]}
    assert "sea" in wordvec.load(f"{url}/v")


def test_the_cache_is_limited(server, monkeypatch):
    handler, url = server
    data = stored()
    handler.files |= {f"/{name}": data for name in "abc"}
    monkeypatch.setenv("WORDVEC_CACHE_SIZE", str(int(2.5 * len(data))))
    for name in "abac":
        wordvec.load(f"{url}/{name}")
        for path in downloads.downloads().rglob("record.json"):  # as if a minute had passed
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 60))
    urls = {json.loads(path.read_text())["url"] for path in downloads.downloads().rglob("record.json")}
    assert urls == {f"{url}/a", f"{url}/c"}
    monkeypatch.setenv("WORDVEC_CACHE_SIZE", "much")
    with pytest.raises(OptionError, match="WORDVEC_CACHE_SIZE must be bytes"):
        wordvec.load(f"{url}/b")


def test_a_damaged_copy_is_downloaded_again(server):
    handler, url = server
    handler.files["/v"] = stored()
    wordvec.load(f"{url}/v")
    next(downloads.downloads().rglob("file")).write_bytes(b"short")
    assert "sea" in wordvec.load(f"{url}/v")
    next(downloads.downloads().rglob("record.json")).write_text("{")
    assert "sea" in wordvec.load(f"{url}/v")


def test_other_formats_and_members_of_archives_come_from_the_cache(server, tmp_path):
    import zipfile

    handler, url = server
    handler.files["/v.bin"] = stored(suffix=".bin")
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("inner.bin", handler.files["/v.bin"])
    handler.files["/v.zip"] = (tmp_path / "v.zip").read_bytes()
    for name in ("v.bin", "v.zip", "v.zip::inner.bin"):
        assert np.array_equal(wordvec.load(f"{url}/{name}").vectors, VECTORS.vectors)
    handler.files["/page"] = b"<html>log in</html>"
    with pytest.raises(FormatError, match=rf"^{url}/page must be the file itself; it is a web page"):
        wordvec.load(f"{url}/page")


def test_a_full_disk_names_the_folder_that_can_be_changed(server, monkeypatch):
    handler, url = server
    handler.files["/v"] = stored()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "_receive", full)
    with pytest.raises(
        FormatError, match=r"must have room in .*cache/downloads: No space left on device: set WORDVEC_CACHE"
    ):
        wordvec.load(f"{url}/v")
    with pytest.raises(FormatError, match=r"must have room in .* while it is read; there is none: set TMPDIR"):
        list(read_lines(f"{url}/v"))


def test_info_of_a_url_reads_the_header_alone(server, capsys):
    handler, url = server
    rng = np.random.default_rng(0)
    vectors = KeyedVectors(
        [f"w{i}" for i in range(3000)], rng.standard_normal((3000, 50), np.float32), counts=range(3000, 0, -1)
    )
    handler.files["/v"], handler.files["/v.bin"] = stored(vectors), stored(suffix=".bin")
    main(["info", f"{url}/v", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert (facts["words"], facts["vector_size"], facts["codec"], facts["counts"]) == (3000, 50, "float32", True)
    assert facts["file_bytes"] == len(handler.files["/v"]) and facts["tensors"]["embeddings"] == "F32 3000 x 50"
    assert [ask[2]["Range"] for ask in handler.asked] == ["bytes=0-65535"] and kept() == []
    handler.asked.clear()
    long = KeyedVectors(VECTORS.index_to_key, VECTORS.vectors, metadata={"note": "x" * 100_000})
    handler.files["/long"] = stored(long)
    main(["info", f"{url}/long", "--json"])
    assert json.loads(capsys.readouterr().out)["metadata"] == long.metadata and len(handler.asked) == 2
    main(["info", f"{url}/v.bin", "--json"])  # another format is downloaded
    assert json.loads(capsys.readouterr().out)["format"] == "word2vec-binary" and kept() == ["file", "record.json"]
    handler.files["/v"] = handler.files["/v"][:-100]
    assert main(["info", f"{url}/v"]) != 0
    assert f"{url}/v: the tensors must fill the file" in capsys.readouterr().err


# the hub

FILES = ["README.md", "vocab.txt", "pytorch_model.bin", "model.safetensors"]


def test_names_on_the_hub():
    for name in ("hf://owner", "hf://owner/name/../../x", "hf://owner/na me", "hf://owner/name//etc/passwd"):
        with pytest.raises(OptionError, match=r"must be hf://OWNER/NAME"):
            hub.parts(name)
    assert hub.choose("hf://a/b", FILES) == "model.safetensors"
    assert hub.choose("hf://a/b", [*FILES, "tokenizer.json"]) == ""
    with pytest.raises(OptionError, match=r"it has a\.vec, b\.bin\.gz: name one, as hf://a/b/FILE"):
        hub.choose("hf://a/b", ["a.vec", "b.bin.gz", "README.md"])
    with pytest.raises(OptionError, match="it has none"):
        hub.choose("hf://a/b", ["README.md"])
    suffixes = {suffix for format in FORMATS.values() for suffix in format.suffixes}
    assert suffixes - set(hub.SUFFIXES) <= {".npy", ".gz", "/"}


LOAD = """
import sys, warnings, wordvec
vectors = wordvec.load(sys.argv[1])
print(*vectors.index_to_key)
"""


def test_vectors_of_the_hub(server, tmp_path):
    pytest.importorskip("huggingface_hub")
    handler, url = server
    handler.files["/owner/toy/resolve/main/toy.vec"] = data = stored(suffix=".vec")
    commit = "0123456789" * 4
    handler.files[f"/owner/toy/resolve/{commit}/toy.vec"] = data
    facts = {"id": "owner/toy", "sha": commit, "siblings": [{"rfilename": "toy.vec"}, {"rfilename": "README.md"}]}
    for place in ("", "/revision/main", f"/revision/{commit}"):
        handler.files[f"/api/models/owner/toy{place}"] = json.dumps(facts).encode()
    tree = [{"type": "file", "path": "toy.vec", "size": len(data), "oid": "1"}]
    for revision in ("main", commit):
        handler.files[f"/api/models/owner/toy/tree/{revision}"] = json.dumps(tree).encode()
    handler.more = {"X-Repo-Commit": lambda _: commit}
    environment = os.environ | {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "hub"), "HF_HUB_DISABLE_TELEMETRY": "1"}

    def load(name):
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", LOAD, name], env=environment, capture_output=True)
        return done.stdout.decode().split(), done.stderr.decode()

    words, said = load("hf://owner/toy")
    assert words == ["sea", "ship", "sail"], said
    assert load("hf://owner/toy@main/toy.vec")[0] == words
    assert "must be a file of owner/toy; it has toy.vec" in load("hf://owner/toy/missing.vec")[1]
    assert "cannot be downloaded" in load("hf://owner/none")[1]
