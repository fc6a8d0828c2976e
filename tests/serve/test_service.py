"""What the service refuses, and how it says so: limits, hosts, tokens, rates, errors without paths; and reloading."""

import json
import logging
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from wordvec import KeyedVectors

ONE = "/v1/models/toy"


def check(answer, status, *texts):
    """A problem of this status whose detail has these texts."""
    told = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == status and told["title"] and told["type"] == "about:blank"
    for text in texts:
        assert text in told["detail"]
    return answer


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ("{", 400, "the body must be a JSON object in UTF-8"),
        ("", 400, "the body must be a JSON object"),
        (b"\xff\xfe", 400, "the body must be a JSON object"),
        ("[" * 100_000, 4, ""),
        ('{"positive":' + "[" * 100_000 + "]" * 100_000 + "}", 4, ""),
        ('{"positive":["king"],"x":' + '{"a":' * 50_000 + "1" + "}" * 50_001, 4, ""),
        ("[]", 422, "the request must be as /openapi.json says: expected `object`"),
        ('{"positive": "king"}', 422, "positive must be as /openapi.json says: expected `array"),
        ('{"positive": ["king", 3]}', 422, "positive[1] must be as /openapi.json says"),
        ('{"positive": ["king"], "topm": 3}', 422, "unknown field `topm`"),
        ('{"positive": ["king"], "topn": 0}', 422, "expected `int` >= 1; got 0"),
        ('{"positive": ["king"], "topn": true}', 422, "got True"),
        ('{"positive": ["king"], "topn": 1e999}', 4, ""),
        ('{"positive": ["king"], "topn": 101}', 422, "topn must be at most 100 on this server; got 101"),
        (
            '{"positive": ["king"], "weights": [1, 2]}',
            422,
            "weights must be one for each of 1 words and vectors; got 2",
        ),
        ('{"positive": ["king"], "weights": [NaN]}', 400, "JSON"),
        ('{"positive": []}', 422, "positive or negative must hold a word or a vector"),
        ('{"positive": [[1, 2]]}', 422, "3"),
        ('{"positive": [[0, 0, 0]]}', 422, ""),
        ('{"positive": ["kin"]}', 404, "got 'kin'; close: 'king'"),
        ('{"positive": ["\\ud800"]}', 4, ""),
        ('{"positive": ["king"], "within": ["kin"]}', 404, "got 'kin'"),
        ('{"positive": ["king"], "where": {"tag": 3}}', 422, "where must name attributes"),
        ('{"positive": ["king"], "where": {"pos": {"$gt": 1}}}', 422, "where"),
    ],
)
def test_bad_bodies(service, body, status, text):
    client = service(limits={"max_topn": 100})
    answer = client.post(f"{ONE}/most_similar", content=body, headers={"content-type": "application/json"})
    assert answer.status_code // 100 == 4
    check(answer, status if status > 4 else answer.status_code, text)


def test_bad_parameters_of_an_address(service):
    client = service()
    for query, status, text in (
        ("positive=king&topn=x", 422, "expected `int`; got 'x'" if False else "topn must be as /openapi.json says"),
        ("positive=king&topn=3&topn=4", 422, "topn must be given once"),
        ("positive=king&colour=red", 422, "unknown field `colour`"),
        ("positive=%ff", 400, "percent-encoded UTF-8"),
        ("positive=king&min_score=nan", 422, "min_score"),
        ("&".join(["positive=king"] * 1001), 400, "at most 1000 parameters"),
    ):
        check(client.get(f"{ONE}/most_similar?{query}"), status, text)


def test_limits(service):
    client = service(limits={"max_body": 200, "max_batch": 3})
    check(client.post(f"{ONE}/encode", json={"texts": ["x" * 300]}), 413, "at most 200 bytes")
    check(
        client.post(
            f"{ONE}/encode", content=(b"x" * 90 for _ in range(4)), headers={"content-type": "application/json"}
        ),
        413,
    )
    check(client.post(f"{ONE}/neighbours", json={"queries": ["king"] * 4}), 422, "queries must be at most 3")
    check(client.post(f"{ONE}/encode", content="{}", headers={"content-type": "text/plain"}), 415, "application/json")
    answer = client.post(f"{ONE}/encode", content="{}", headers={"content-type": "application/json; charset=utf-8"})
    check(answer, 422, "missing required field `texts`")


def test_a_batch_has_a_limit_of_answers(service):
    client = service(limits={"max_topn": 1000, "max_batch": 1000})
    asked = {"queries": ["king"] * 101, "topn": 1000}
    check(client.post(f"{ONE}/neighbours", json=asked), 422, "must be at most 100000; got 1000 x 101")


def test_rate_of_a_client(service):
    client = service(limits={"rate": 0.01})
    assert client.get("/health").status_code == 200
    answer = check(client.get("/health"), 429, "at most 0.01 times a second")
    assert 1 <= int(answer.headers["retry-after"]) <= 101
    for name in ("app.js", "dom.js", "strings.js", "style.css"):  # a page asks for many files at once
        assert client.get(f"/assets/{name}").status_code == 200


def test_a_rate_lets_a_client_ask_again_in_time():
    pytest.importorskip("starlette", reason="starlette is not installed")
    from wordvec.serve.guard import Rate

    rate = Rate(2.0)
    assert [rate.wait("a", 0.0) for _ in range(4)] == [0.0] * 4
    assert rate.wait("a", 0.0) == pytest.approx(0.5) and rate.wait("b", 0.0) == 0.0
    assert rate.wait("a", 0.6) == 0.0 and rate.wait("a", 0.6) > 0


def test_a_request_ends_in_time(service, monkeypatch):
    client = service(limits={"timeout": 0.2})
    monkeypatch.setattr(KeyedVectors, "most_similar_batch", lambda *_, **__: time.sleep(0.6) or [[]])
    answer = check(client.get(f"{ONE}/most_similar?positive=king"), 503, "a request must end within 0.2 seconds")
    assert answer.headers["retry-after"] == "1" and answer.headers["connection"] == "close"
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_foreign_host_is_misdirected(service, host):
    client = service(hosts=("localhost", "127.0.0.1", "::1"))
    for path in ("/", "/health", f"{ONE}/vectors/king"):
        check(client.get(path, headers={"host": host}), 421, "the Host of a request must be one of 127.0.0.1")
    for own in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:80", "localhost."):
        assert client.get("/health", headers={"host": own}).status_code == 200


def test_a_token_opens_all_but_what_is_open(service):
    client = service(token="open sesame!")
    for path in ("/", "/docs", "/openapi.json", "/health"):
        assert client.get(path).status_code == 200
    for header in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "open sesame!"},
        {"authorization": "Bearer é"},
    ):
        headers = {name: value.encode() for name, value in header.items()}
        for path in ("/metrics", "/v1/models", f"{ONE}/vectors/king"):
            answer = check(client.get(path, headers=headers), 401, "Authorization: Bearer")
            assert answer.headers["www-authenticate"] == "Bearer"
    right = {"authorization": "Bearer open sesame!"}
    assert client.get("/v1/models", headers=right).status_code == 200
    assert client.get("/openapi.json").json()["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_other_sites_are_not_answered_unless_they_are_named(service):
    asked = {"origin": "https://a.example"}
    assert "access-control-allow-origin" not in service().get("/health", headers=asked).headers
    client = service(origins=("https://a.example",))
    assert client.get("/health", headers=asked).headers["access-control-allow-origin"] == "https://a.example"
    answer = client.options("/v1/models", headers={**asked, "access-control-request-method": "POST"})
    assert answer.status_code == 200
    answer = client.get("/health", headers={"origin": "https://b.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_every_answer_has_the_headers_of_safety(service):
    client = service()
    for answer in (client.get("/"), client.get("/health"), client.get("/nowhere"), client.post(f"{ONE}/encode")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff" and "server" not in answer.headers
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_addresses_and_methods_that_there_are_not(service):
    client = service()
    for path in ("/nowhere", "/v1", "/v1/models/toy/", "/../../etc/passwd", "/v1/models/%2e%2e%2fx"):
        check(client.get(path), 404)
    answer = check(client.delete(f"{ONE}/most_similar"), 405, "got DELETE")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "POST"}
    check(client.get("/v1/models/no-such"), 404, "the model must be one of toy, later")
    assert client.head("/health").status_code == 200


def test_no_header_can_be_smuggled_into_an_answer(service):
    answer = service().get(f"{ONE}/vectors/x%0d%0aSet-Cookie:%20a=b")
    assert answer.status_code == 404 and "set-cookie" not in answer.headers


def test_the_pages_load_nothing_and_name_every_route(service):
    from wordvec.serve.routes import ROUTES

    client = service()
    text = client.get("/docs").text
    for route in ROUTES:
        assert f"<code>{route.path}</code>" in text
    assert "http:" not in text and "<script" not in text and "style=" not in text
    assert '<th>max_topn</th><td dir="auto">1000</td>' in text


def test_the_document_has_every_route_and_the_limits(service):
    from wordvec.serve.routes import ROUTES

    document = service(limits={"max_topn": 107, "max_batch": 9}).get("/openapi.json").json()
    found = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert found == {(route.method, route.path) for route in ROUTES}
    assert len(
        {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}
    ) == len(ROUTES)
    schemas = document["components"]["schemas"]
    assert schemas["Query"]["properties"]["topn"]["maximum"] == 107
    assert schemas["Texts"]["properties"]["texts"]["maxItems"] == 9
    assert schemas["Query"]["additionalProperties"] is False
    text = json.dumps(document)
    assert all(
        f'"{reference}"' in json.dumps(schemas) for reference in set(__import__("re").findall(r"schemas/(\w+)", text))
    )


def test_errors_name_no_path_of_the_server(service, files, tmp_path, monkeypatch, caplog):
    client = service()

    def fail(*_, **__):
        raise RuntimeError(f"cannot read {files['toy']}")

    monkeypatch.setattr(KeyedVectors, "similarity", fail)
    answer = check(
        client.post(f"{ONE}/similarity", json={"pairs": [["man", "king"]]}), 500, "the log of the server says why"
    )
    assert str(tmp_path) not in answer.text and "toy.safetensors" in caplog.text
    for path in ("", "/vectors/king", "/vectors/nothing", "/most_similar?positive=nothing"):
        assert str(tmp_path) not in client.get(ONE + path).text
    assert str(tmp_path) not in client.get("/metrics").text


def test_metrics_count_requests_by_route_and_scans(service):
    client = service()
    for word in ("king", "queen", "nothing"):
        client.get(f"{ONE}/most_similar?positive={word}")
    client.get("/nowhere")
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#"))
    assert lines['wordvec_requests_total{route="similar",status="2xx"}'] == "2"
    assert lines['wordvec_requests_total{route="similar",status="4xx"}'] == "1"
    assert lines['wordvec_requests_total{route="other",status="4xx"}'] == "1"
    assert lines['wordvec_request_seconds_bucket{route="similar",le="+Inf"}'] == "3"
    assert lines['wordvec_request_seconds_count{route="similar"}'] == "3"
    assert lines["wordvec_scans_total"] == "3" and lines["wordvec_workers"] == "1"


def test_counts_of_several_workers_are_summed():
    pytest.importorskip("starlette", reason="starlette is not installed")
    from wordvec.serve.metrics import Metrics, shared_counts

    counts = shared_counts(2, 1)
    first = Metrics(["a"], counts)
    second = Metrics(["a"], counts)
    assert first._start != second._start
    first.request("a", 200, 0.002)
    second.request("a", 404, 20)
    second.scan(3, 0.5)
    text = first.text()
    assert text == second.text() and 'wordvec_request_seconds_count{route="a"} 2' in text
    assert 'wordvec_request_seconds_bucket{route="a",le="10.0"} 1' in text and "wordvec_scanned_queries_total 3" in text


def replace_file(path, vectors):
    vectors.save(path + ".new.safetensors")
    os.replace(path + ".new.safetensors", path)


def until(ready, seconds=20):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "nothing came of it in time"
        time.sleep(0.02)


def test_a_replaced_file_is_opened_and_a_damaged_one_is_not(service, files, caplog):
    caplog.set_level(logging.INFO, "wordvec")
    client = service(poll=0.05)
    assert client.get(f"{ONE}/vectors/king").json()["vector"] == [2, 2, 0]
    replace_file(files["toy"], KeyedVectors(["king"], [[7, 8, 9]]))
    until(lambda: client.get(f"{ONE}/vectors/king").json()["vector"] == [7, 8, 9])
    whole = Path(files["toy"]).read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", whole[:-4] + b"\0\0\0\1", b"{}" * 100):
        caplog.clear()
        Path(files["toy"] + ".new").write_bytes(damaged)
        os.replace(files["toy"] + ".new", files["toy"])
        until(lambda: "model toy stays as it was: the new file cannot be used" in caplog.text)
        assert client.get(f"{ONE}/vectors/king").json()["vector"] == [7, 8, 9]
    os.remove(files["toy"])
    caplog.clear()
    until(lambda: "stays as it was" in caplog.text)
    replace_file(files["toy"], KeyedVectors(["king"], [[1, 1, 1]]))
    until(lambda: client.get(f"{ONE}/vectors/king").json()["vector"] == [1, 1, 1])
    until(lambda: 'wordvec_reloads_total{result="ok"} 2' in client.get("/metrics").text)  # counted after it answers


def test_what_is_in_flight_is_answered_from_the_old_model(files):
    from wordvec.serve.models import Models
    from wordvec.serve.settings import Settings

    models = Models(Settings(models=files))
    old = models["toy"]
    replace_file(files["toy"], KeyedVectors(["king"], [[7, 8, 9]]))
    assert models.reload() == [True] and models.reload() == [] and models.reload(force=True) == [True, True]
    assert old.vectors["queen"].tolist() == [0, 2, 2.5] and old.vectors.most_similar("king", topn=1)
    assert "queen" not in models["toy"].vectors


def test_slices_are_made_anew_when_one_is_replaced(files):
    from wordvec.serve.models import Models
    from wordvec.serve.settings import Settings

    models = Models(Settings(models=files, spaces=(("toy", "later"),)))
    before = models.slices("toy")
    assert models.slices("later") is before
    shutil.copy(files["toy"], files["later"] + ".new")
    os.replace(files["later"] + ".new", files["later"])
    models.reload()
    assert not models._of_spaces
    assert models.slices("toy") is not before and len(models._of_spaces) == 1
    assert np.allclose([d.drift for d in models.slices("toy").drift("toy", "later")], 0, atol=1e-6)


def test_settings_that_cannot_be():
    from wordvec.base.errors import OptionError
    from wordvec.serve.settings import Settings, named_paths

    for given, text in (
        ({"models": {}}, "a service must have a model"),
        ({"models": {"a b": "x"}}, "the name of a model must be letters"),
        ({"models": {"..": "x"}}, "the name of a model must be letters"),
        ({"models": {"a": "x"}, "indexes": {"b": "y"}}, "an index must be of a model that is served, a; got 'b'"),
        ({"models": {"a": "x"}, "spaces": (("a", "b"),)}, "a space must be of a model that is served"),
        ({"models": {"a": "x"}, "spaces": (("a",),)}, "a space must name two models or more"),
    ):
        with pytest.raises(OptionError, match=text):
            Settings(**given)
    with pytest.raises(OptionError, match="'a' is given twice"):
        named_paths(["x/a.bin", "a=b"])
    assert "secret" not in repr(Settings(models={"a": "x"}, token="secret"))
