"""Requests that no honest client sends, on real sockets: each has its answer, and the service goes on."""

import gzip
import http.client
import json
import socket

import numpy as np
import pytest

from tests.serve.test_serve_command import ask, served
from wordvec import KeyedVectors

pytest.importorskip("uvicorn", reason="the service needs uvicorn: pip install 'wordvec[serve]'")
pytest.importorskip("starlette", reason="the service needs starlette: pip install 'wordvec[serve]'")

ONE = "/v1/models/toy"
WORDS = ["man", "king", "<script>alert(1)</script>", "../../etc/passwd", "a/b"]
PAIR = b'{"pairs":[["man","king"]]}'


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of a service that all tests of this file attack, and that is whole at the end."""
    path = tmp_path_factory.mktemp("attacked") / "toy.safetensors"
    KeyedVectors(WORDS, np.eye(5), counts=[5, 4, 3, 2, 1]).save(path)
    with served(f"toy={path}", "--timeout", "3", "--max-body", "100000") as (process, port):
        yield port
        assert ask(port, "/health") == (200, {"status": "ok", "models": 1}) and process.poll() is None
        process.terminate()
        _, err = process.communicate(timeout=60)
        assert "Traceback" not in err, err


def get(path, *headers, version="1.1", host="localhost"):
    lines = (f"GET {path} HTTP/{version}", f"Host: {host}", *headers)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def post(path, body, *headers):
    """A POST; its length is told unless the headers tell something of it."""
    lines = [f"POST {ONE}/{path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    if not any(name in "".join(headers) for name in ("Content-Length", "Transfer-Encoding")):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(port, data, count=1):
    """(status, body, headers) of the first answers to some bytes; the connection is closed then."""
    found = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        try:
            client.sendall(data)
        except OSError:
            pass  # it was refused before its end
        with client.makefile("rb") as file:
            for _ in range(count):
                status = file.readline().split()
                headers = http.client.parse_headers(file)
                is_head = data.startswith(b"HEAD") and not found
                body = b"" if is_head else file.read(int(headers["content-length"]))
                found.append((int(status[1]), body, headers))
    return found


CHUNKED = "Transfer-Encoding: chunked"
RAW = {
    "a name of another site": (get("/health", host="evil.example"), 421),
    "two names": (get("/health", "Host: evil.example"), 421),
    "no name": (b"GET /health HTTP/1.1\r\n\r\n", 421),
    "HTTP/1.0": (get(f"{ONE}/vectors/man", version="1.0"), 200),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "a path out of the routes": (get("/../../etc/passwd"), 404),
    "a path out of the routes, encoded": (get("/v1/models/..%2f..%2fetc%2fpasswd"), 404),
    "a long address": (get(f"{ONE}/vectors/" + "a" * 70_000), 400),
    "a very long address": (get(f"{ONE}/vectors/" + "a" * 3_000_000), 400),
    "a long word": (get(f"{ONE}/vectors/" + "a" * 50_000), 404),
    "bytes that are no UTF-8": (get(f"{ONE}/vectors/%ff%fe%80"), 404),
    "half an escape": (get(f"{ONE}/vectors/%"), 404),
    "parameters that are no UTF-8": (get(f"{ONE}/most_similar?positive=%ff"), 400),
    "an address of raw bytes": (get(f"{ONE}/vectors/\xe9"), 400),
    "many parameters": (get(f"{ONE}/most_similar?" + "&".join(["positive=man"] * 1001)), 400),
    "many empty parameters": (get(f"{ONE}/most_similar?" + "&" * 50_000), 400),
    "many headers": (get("/health", *["X: y"] * 300), 400),
    "a large header": (get("/health", "X: " + "y" * 3_000_000), 400),
    "a folded header": (get("/health", "X: y\r\n z"), 400),
    "a zero byte in a header": (get("/health", "X: \0"), 400),
    "an unknown method": (b"FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "an upgrade": (get("/health", "Connection: Upgrade", "Upgrade: websocket"), 200),
    "a body in chunks": (post("similarity", b"1a\r\n" + PAIR + b"\r\n0\r\n\r\n", CHUNKED), 200),
    "chunks without an end": (post("similarity", (b"4000\r\n" + b" " * 0x4000 + b"\r\n") * 20, CHUNKED), 413),
    "a chunk of any size": (post("similarity", b"FFFFFFFFFFFFFFFFFF\r\n{", CHUNKED), 400),
    "a chunk with a long extension": (post("similarity", b"1;" + b"a" * 3_000_000, CHUNKED), 400),
    "many lines behind the chunks": (post("similarity", b"0\r\n" + b"X: y\r\n" * 1000, CHUNKED), 400),
    "a length and chunks": (post("similarity", b"0\r\n\r\n", CHUNKED, "Content-Length: 5"), 400),
    "two lengths": (post("similarity", PAIR, "Content-Length: 26", "Content-Length: 3"), 400),
    "a large length": (post("similarity", b"{", "Content-Length: 2147483648"), 413),
    "a length that is no number": (post("similarity", b"{", "Content-Length: -5"), 400),
    "gzip": (post("similarity", gzip.compress(PAIR), "Content-Encoding: gzip"), 415),
    "said to be gzip": (post("similarity", PAIR, "Content-Encoding: gzip"), 415),
    "as it is": (post("similarity", PAIR, "Content-Encoding: identity"), 200),
    "another encoding": (post("similarity", PAIR.decode().encode("utf-16")), 400),
    "deep lists": (post("most_similar", b'{"positive":' + b"[" * 80_000), 422),
    "deep objects": (post("most_similar", b'{"where":' * 10_000), 422),
    "a number without an end": (post("most_similar", b'{"positive":["man"],"topn":' + b"9" * 90_000 + b"}"), 422),
    "a long prefix": (post("most_similar", b'{"positive":["man"],"prefix":"' + b"a" * 90_000 + b'"}'), 200),
}


@pytest.mark.parametrize("name", RAW)
def test_a_raw_request_has_its_answer(port, name):
    data, status = RAW[name]
    ((found, body, headers),) = answers(port, data)
    assert found == status, body[:200]
    assert len(body) < 3000 and b"Traceback" not in body and b".py" not in body
    if status != 200:
        assert headers["content-type"] == "application/problem+json" and json.loads(body)["status"] == status


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("min_score", "NaN", 400),
        ("min_score", "Infinity", 400),
        ("min_score", "1e999", 422),
        ("weights", "[1e300]", 422),
        ("weights", "[0]", 422),
        ("topn", str(2**63), 422),
        ("topn", "1e400", 422),
        ("min_count", str(2**70), 200),
        ("max_count", str(2**64 - 1), 200),
        ("restrict_vocab", str(2**70), 200),
        ("within", '["\\u0000"]', 404),
        ("exclude", '["\\ud800"]', 400),
    ],
)
def test_numbers_and_words_beyond_all_sense(port, field, value, status):
    body = f'{{"positive":["man"],"{field}":{value}}}'.encode()
    ((found, answer, _),) = answers(port, post("most_similar", body))
    assert found == status, answer


def test_of_a_field_that_is_given_twice_the_last_counts(port):
    ((status, body, _),) = answers(port, post("most_similar", b'{"positive":["man"],"topn":3,"topn":1}'))
    assert status == 200 and len(json.loads(body)["neighbours"]) == 1


@pytest.mark.parametrize("word", WORDS)
def test_words_with_markup_and_slashes_stay_words(port, word):
    """They come back as JSON that no browser takes for a page; in no case is a file read."""
    address = f"{ONE}/vectors/" + "".join(f"%{byte:02x}" for byte in word.encode())
    ((status, body, headers),) = answers(port, get(address))
    assert status == 200 and json.loads(body)["word"] == word and json.loads(body)["known"]
    assert headers["content-type"] == "application/json" and headers["x-content-type-options"] == "nosniff"


def test_pipelined_requests_are_answered_in_their_order(port):
    """Those that wait for a scan, those that are answered at once, problems, and hundreds that wait behind a scan."""
    asked = [
        (get(f"{ONE}/most_similar?positive=man"), "neighbours"),
        (get(f"{ONE}/vectors/man"), "vector"),
        (get("/nowhere"), "detail"),
        (post("similarity", PAIR), "scores"),
        (get(f"{ONE}/vectors/king"), "vector"),
    ]
    found = answers(port, b"".join(data for data, _ in asked), len(asked))
    assert [key in json.loads(body) for (_, key), (_, body, _) in zip(asked, found)] == [True] * 5
    data = get(f"{ONE}/most_similar?positive=man") + get(f"{ONE}/vectors/king") * 1500
    assert [status for status, _, _ in answers(port, data, 1501)] == [200] * 1501


def test_clients_that_do_not_wait_for_their_answer_break_nothing(port):
    """The fixture sees that the log stays empty."""
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(get(f"{ONE}/most_similar?positive=king"))


def test_what_is_answered_at_once_is_the_same_as_by_the_application(port, service, tmp_path):
    """With all headers, closed where that was asked for, and without a body after HEAD."""
    path = tmp_path / "toy.safetensors"
    KeyedVectors(WORDS, np.eye(5), counts=[5, 4, 3, 2, 1]).save(path)
    other = service({"toy": str(path)}, hosts=("localhost",))
    expected = other.get(f"{ONE}/vectors/king")
    ((status, body, headers),) = answers(port, get(f"{ONE}/vectors/king"))
    assert (status, body) == (200, expected.content)
    assert dict(expected.headers).items() <= {name.lower(): value for name, value in headers.items()}.items()
    for query in ("king", "king&topn=2&prefix=m", "king&positive=man", "unknown", "king&topn=0", "king&within=unknown"):
        address = f"{ONE}/most_similar?positive={query}"
        ((status, own, headers),) = answers(port, get(address))
        same = other.get(address)
        assert (status, own) == (same.status_code, same.content)
        assert dict(same.headers).items() <= {name.lower(): value for name, value in headers.items()}.items()
    for data in (
        get(f"{ONE}/vectors/king", version="1.0"),
        get(f"{ONE}/vectors/king", "Connection: close"),
    ):
        ((_, body, headers),) = answers(port, data)
        assert headers["connection"] == "close" and body == expected.content
    ((status, body, _), (other_status, _, _)) = answers(
        port, get(f"{ONE}/vectors/king").replace(b"GET", b"HEAD") + get("/nowhere"), 2
    )
    assert (status, body, other_status) == (200, b"", 404)
    ((_, first, _), (_, second, _)) = answers(
        port, get(f"{ONE}/vectors/king", "Content-Length: 5") + b"hello" + get(f"{ONE}/vectors/man"), 2
    )
    assert json.loads(first)["word"] == "king" and json.loads(second)["word"] == "man"
