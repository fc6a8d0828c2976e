"""`wordvec serve` as a process: its address, signals, workers; slow, broken and hostile clients on real sockets."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest

from wordvec import KeyedVectors
from wordvec.align import Slices
from wordvec.cli import main

pytest.importorskip("uvicorn", reason="the service needs uvicorn: pip install 'wordvec[serve]'")
pytest.importorskip("starlette", reason="the service needs starlette: pip install 'wordvec[serve]'")


@contextmanager
def served(*words):
    """A process that serves: (it, its port). It is ended when the block ends."""
    command = [sys.executable, "-m", "wordvec", "serve", *map(str, words), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline()
        assert address.startswith("http://"), process.stderr.read()
        yield process, int(address.rpartition(":")[2])
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def ask(port, path, body=None, **headers):
    """(status, JSON) of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        if body is not None:
            body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, json.loads(text) if text.startswith("{") else text
    finally:
        connection.close()


def until(ready, seconds=30):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "nothing came of it in time"
        time.sleep(0.05)


def replace_file(path, vectors):
    vectors.save(path + ".new.safetensors")
    os.replace(path + ".new.safetensors", path)


def test_a_life(files):
    """Address, answers, a foreign host, SIGHUP with a damaged and a whole file, and an end by SIGTERM with status 0."""
    one = "/v1/models/toy"
    with served(f"toy={files['toy']}") as (process, port):
        assert ask(port, f"{one}/most_similar?positive=king&topn=1")[1]["neighbours"][0]["word"] == "man"
        assert ask(port, f"{one}/vectors/%252e")[0] == 404 and "'%2e'" in ask(port, f"{one}/vectors/%252e")[1]["detail"]
        assert ask(port, "/health", Host="evil.example")[0] == 421
        Path(files["toy"] + ".new").write_bytes(Path(files["toy"]).read_bytes()[:5000])
        os.replace(files["toy"] + ".new", files["toy"])
        process.send_signal(signal.SIGHUP)
        until(lambda: 'reloads_total{result="failed"} 1' in ask(port, "/metrics")[1])
        assert ask(port, f"{one}/vectors/king")[1]["vector"] == [2, 2, 0]
        replace_file(files["toy"], KeyedVectors(["king"], [[7, 8, 9]]))
        process.send_signal(signal.SIGHUP)
        until(lambda: ask(port, f"{one}/vectors/king")[1]["vector"] == [7, 8, 9])
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and out == "" and "toy stays as it was" in err and "Traceback" not in err


def test_a_folder_of_slices(files, tmp_path):
    """Slices are models in one space, with names that addresses can have; their drift is that of `Slices`."""
    toy, later = (KeyedVectors.load(files[name]) for name in ("toy", "later"))
    slices = Slices({"20th century": toy, "a/b": later, "20th_century": toy, "Жук": later})
    slices.save(tmp_path / "slices")
    with served(tmp_path / "slices") as (process, port):
        told = ask(port, "/v1/models")[1]["models"]
        names = ["20th_century_2", "a_b", "20th_century", "Жук"]
        assert [model["name"] for model in told] == names
        for target, own in (("a_b", "a/b"), ("Жук", "Жук")):
            status, answer = ask(port, "/v1/models/20th_century_2/drift", {"target": target, "topn": 3})
            found = [(one["word"], one["drift"], one["source"], one["target"]) for one in answer["changes"]]
            expected = slices.drift("20th century", own, topn=3)
            assert status == 200 and found == [(one.word, one.drift, "20th_century_2", target) for one in expected]
        answer = ask(port, f"/v1/models/{quote('Жук')}/drift", {"word": "king"})[1]
        assert [(one["source"], one["target"]) for one in answer["changes"]] == list(pairwise(names))
        assert [one["drift"] for one in answer["changes"]] == [drift for *_, drift in slices.drift_of("king")]
        assert ask(port, "/v1/models/20th_century/drift", {"target": "none"})[0] in (404, 422)
        process.terminate()
        err = process.communicate(timeout=30)[1]
    assert "slice 'a/b' is served as 'a_b'" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["no-such-file"], 1, "no-such-file"),
        (["toy.safetensors", "--host", "0.0.0.0"], 2, "--token T must be given with --host 0.0.0.0"),
        (["toy.safetensors", "--token", "short"], 2, "--token must be 8 or more"),
        (["toy.safetensors", "--port", "70000"], 2, "must be a port, 0 to 65535"),
        (["toy.safetensors", "--host", "256.0.0.1", "--allow-anonymous"], 1, "must be able to listen at 256.0.0.1"),
        (["toy.safetensors", "--max-topn", "0"], 2, "--max-topn must be an integer >= 100; got 0"),
        (["toy.safetensors", "--space", "toy"], 2, "a space must name two models or more"),
        (["toy.safetensors", "--index", "x=y"], 2, "an index must be of a model that is served"),
        (["a=toy.safetensors", "a=toy.safetensors"], 2, "'a' is given twice"),
        (["half.safetensors"], 1, "half.safetensors"),
        (["toy.safetensors", "small.safetensors", "--space", "toy,small"], 2, "must have one vector_size"),
    ],
)
def test_what_cannot_be_served(words, status, text, files, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wordvec.serve.processes.run", lambda *_: pytest.fail("it is served"))
    Path("half.safetensors").write_bytes(Path("toy.safetensors").read_bytes()[:3000])
    KeyedVectors(["a"], [[1, 2]]).save("small.safetensors")
    assert main(["serve", *words]) == status
    assert text in capsys.readouterr().err


def test_what_is_served_with_which_settings(files, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr("wordvec.serve.processes.run", lambda *own: seen.append(own))
    monkeypatch.setenv("WORDVEC_TOKEN", "open-sesame")
    words = ["serve", files["toy"], f"now={files['later']}", "--host", "0.0.0.0", "--port", "0", "--workers", "3"]
    assert main([*words, "--threads", "2", "--space", "toy,now", "--rate", "5", "--origin", "https://a.example"]) == 0
    ((settings, models, _, workers),) = seen
    assert (settings.threads, settings.token, settings.hosts, workers) == (2, "open-sesame", None, 3)
    assert settings.spaces == (("toy", "now"),) and settings.limits.rate == 5 and settings.origins
    assert [model.name for model in models.all()] == ["toy", "now"] and capsys.readouterr().out.startswith(
        "http://0.0.0.0:"
    )
    monkeypatch.delenv("WORDVEC_TOKEN")
    assert main(["serve", files["toy"], "--port", "0"]) == 0
    settings = seen[1][0]
    assert settings.token is None and settings.hosts == ("localhost", "127.0.0.1", "::1")
    for cores, workers, threads in ((7, 1, 7), (7, 3, 2), (1, 4, 1)):
        monkeypatch.setattr("wordvec.base.threads.usable_cores", lambda cores=cores: cores)
        assert main(["serve", files["toy"], "--port", "0", "--workers", str(workers)]) == 0
        assert seen[-1][0].threads == threads


def test_a_port_that_is_taken(files, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["serve", files["toy"], "--port", str(port)]) == 1
    assert f"listen at 127.0.0.1:{port}" in capsys.readouterr().err


def test_missing_libraries_are_named(files, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "msgspec", None)
    assert main(["serve", files["toy"]]) == 2
    assert 'run `pip install "wordvec[serve]"`' in capsys.readouterr().err


@pytest.mark.thorough
def test_requests_in_flight_are_answered_before_the_end(files):
    with served(f"toy={files['toy']}", "--timeout", "20") as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.putrequest("POST", "/v1/models/toy/encode")
        body = json.dumps({"texts": ["king"]}).encode()
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:5])
        time.sleep(0.3)
        process.terminate()
        time.sleep(0.5)
        connection.send(body[5:])
        answer = connection.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["vectors"] == [[2, 2, 0]]
        assert process.wait(30) == 0


@pytest.mark.thorough
def test_workers_share_a_socket_and_their_counts_and_end_with_their_parent(files):
    with served(f"toy={files['toy']}", "--workers", "2") as (process, port):
        until(lambda: "wordvec_workers 2" in ask(port, "/metrics")[1])
        workers = [int(w) for w in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        assert len(workers) >= 2
        for _ in range(40):
            assert ask(port, "/v1/models/toy/vectors/king")[0] == 200
        assert 'requests_total{route="vector",status="2xx"} 40' in ask(port, "/metrics")[1]
        replace_file(files["toy"], KeyedVectors(["king"], [[7, 8, 9]]))
        process.send_signal(signal.SIGHUP)
        until(lambda: 'reloads_total{result="ok"} 2' in ask(port, "/metrics")[1])
        assert {tuple(ask(port, "/v1/models/toy/vectors/king")[1]["vector"]) for _ in range(20)} == {(7, 8, 9)}
        process.kill()
        process.wait(30)

        def refused():
            try:
                ask(port, "/health")
            except OSError:
                return True
            return False

        until(refused)


@pytest.mark.thorough
def test_slow_and_broken_clients_do_not_keep_others_waiting(files):
    with served(f"toy={files['toy']}", "--timeout", "2") as (process, port):

        def opened(data):
            client = socket.create_connection(("127.0.0.1", port), timeout=20)
            client.sendall(data)
            return client

        start, head = time.monotonic(), b"POST /v1/models/toy/encode HTTP/1.1\r\nHost: localhost\r\n"
        body = b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        slow = [opened(b"GET /health HTTP/1.1\r\nHost: loc") for _ in range(100)] + [opened(b"") for _ in range(50)]
        bodies = [opened(head + body) for _ in range(50)]
        gone = [opened(head + body) for _ in range(50)]
        for client in gone:
            client.close()
        assert ask(port, "/v1/models/toy/vectors/king")[0] == 200
        for client in slow[:100]:
            with client:
                assert client.recv(1000) == b""
        for client in bodies:
            with client:
                assert b" 503 " in client.recv(100).partition(b"\r\n")[0]
        for client in slow[100:]:
            with client:
                assert client.recv(1000) == b""
        assert time.monotonic() - start < 15
        for data in (
            b"\0" * 1000,
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
            head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            head + b"Content-Length: -5\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
        ):
            with opened(b"") as client:
                try:
                    client.sendall(data)
                    client.recv(1000)
                except OSError:
                    pass
        assert ask(port, "/health") == (200, {"status": "ok", "models": 1}) and process.poll() is None


@pytest.mark.thorough
def test_a_connection_that_goes_on_asking_stays_open(files):
    """Also beyond the time of a request, whether its answers come at once or not; and ends when it asks no more."""
    with served(f"toy={files['toy']}", "--timeout", "1") as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for n in range(12):
            connection.request("GET", "/v1/models/toy/vectors/king" if n % 6 else "/health")
            assert connection.getresponse().read() and connection.sock is not None
            time.sleep(0.2)
        assert connection.sock.recv(1) == b""
        connection.close()


@pytest.mark.thorough
def test_the_service_does_what_its_document_says(classifier, files):
    """Requests that the OpenAPI document allows, and such that it does not, by schemathesis."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    asked = set()

    def check_all(operation, mode):
        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=10,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case):
            if "model" in (case.path_parameters or {}) and mode.is_positive:
                case.path_parameters["model"] = "mood" if operation.path.endswith("classify") else "toy"
            if operation.path.endswith("/map") and mode.is_positive:
                case.body["method"] = "pca"  # the first map by UMAP is compiled for longer than a client waits
            # words and sizes of vectors that a document cannot know are refused, too
            answer = case.call_and_validate(excluded_checks=[positive_data_acceptance])
            asked.add(answer.status_code)

        check()

    with served(f"toy={files['toy']}", f"later={files['later']}", f"mood={classifier}", "--space", "toy,later") as (
        _,
        port,
    ):
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
        for found in schema.get_all_operations():
            for mode in schemathesis.GenerationMode:
                try:
                    check_all(found.ok(), mode)
                except Unsatisfiable:  # nothing about it can be wrong
                    pass
        assert ask(port, "/health")[0] == 200
    assert asked >= {200, 404, 422} and not any(status >= 500 for status in asked)
