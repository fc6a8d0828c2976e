"""The route of maps: columns of numbers, neighbourhoods, drift, caching; progress in lines, and how these end."""

import asyncio
import base64
import json
import threading

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.base.errors import LibraryError

MAP = "/v1/models/toy/map"
DTYPES = {"points": "<f4", "scores": "<f4", "drift": "<f4", "clusters": "u1"}


def columns(answer):
    """The map of an answer, with its columns as arrays."""
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-ndjson", answer.text
    told = json.loads(answer.text.splitlines()[-1])
    for name, dtype in DTYPES.items():
        if told[name] is not None:
            told[name] = np.frombuffer(base64.b64decode(told[name]), dtype)
    told["points"] = told["points"].reshape(-1, 2)
    return told


@pytest.fixture
def by_umap(monkeypatch):
    """Layouts by UMAP without its library: `go` lets one end; `stopped` says that one was ended."""
    from wordvec.transforms import layout

    class Gate:
        go, started, stopped = threading.Event(), threading.Event(), threading.Event()

    def embedded(points, method, dimensions, seed, progress=None, threads=1):
        Gate.started.set()
        try:
            for share in range(10_000):
                progress(min(share, 3) / 4)
                if Gate.go.wait(0.002):
                    return points[:, :dimensions]
        except BaseException:
            Gate.stopped.set()
            raise

    monkeypatch.setattr(layout, "check_method", lambda *_: None)
    monkeypatch.setattr("wordvec.serve.maps.check_method", lambda *_: None)
    monkeypatch.setattr(layout, "embedded", embedded)
    yield Gate
    Gate.go.set()


def test_a_map_of_the_first_words(service):
    client = service()
    told = columns(client.post(MAP, json={"topn": 4, "clusters": 2}))
    layout = wordvec.load(service.files["toy"]).layout(topn=4, clusters=2)
    assert told["words"] == ["man", "king", "woman", "queen"] and told["counts"] == [9, 5, 4, 2]
    assert np.array_equal(told["points"], layout.points) and told["explained"] == layout.explained
    assert told["clusters"].tolist() == layout.clusters.tolist() and told["cluster_words"] == layout.cluster_words
    assert told["scores"] is None and told["drift"] is None and told["method"] == "pca"
    assert columns(client.post(MAP, json={"clusters": 0}))["clusters"] is None


def test_a_neighbourhood_has_its_word_first(service):
    told = columns(service().post(MAP, json={"word": "king", "topn": 2}))
    near = wordvec.load(service.files["toy"]).most_similar("king", topn=2)
    assert told["words"] == ["king", *(word for word, _ in near)]
    assert told["scores"] == pytest.approx([1, *(score for _, score in near)], abs=1e-6)


def test_drift_is_that_of_the_slices(service):
    client = service(spaces=(("toy", "later"),))
    told = columns(client.post(MAP, json={"target": "later"}))
    known = client.post("/v1/models/toy/drift", json={"target": "later"}).json()["changes"]
    assert dict(zip(told["words"], told["drift"].tolist())) == pytest.approx(
        {c["word"]: c["drift"] for c in known}, abs=1e-6
    )


def test_drift_of_a_word_that_a_slice_lacks_is_nan(service, tmp_path):
    KeyedVectors(["man", "tax"], [[2, 0, 0], [0, 0, 2]]).save(tmp_path / "later.safetensors")
    told = columns(service(spaces=(("toy", "later"),)).post(MAP, json={"target": "later"}))
    assert told["drift"] == pytest.approx([0, np.nan, np.nan, np.nan, 2], nan_ok=True)


def test_a_map_without_counts_and_with_words_that_are_no_utf_8(service, tmp_path):
    KeyedVectors([b"a\xff", b"b"], [[1, 0], [0, 1]]).save(tmp_path / "toy.safetensors")
    told = columns(service().post(MAP, json={}))
    assert told["words"] == ["a�", "b"] and told["counts"] is None


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"topn": 101}, 422, "topn must be at most 100 on this server; got 101"),
        ({"word": "king", "topn": 100, "method": "isomap"}, 422, "method must be as /openapi.json says"),
        ({"clusters": 25}, 422, "clusters"),
        ({"word": "kin"}, 404, "got 'kin'; close: 'king'"),
        ({"target": "later"}, 422, "target must be another model of the space of 'toy'"),
        ({"topn": 4, "method": "umap"}, 422, "words must be 5 or more with method 'umap'; got 4"),
        ({"seed": -1}, 422, "seed"),
    ],
)
def test_what_is_refused(service, body, status, text):
    answer = service(limits={"max_map": 100}).post(MAP, json=body)
    assert answer.status_code == status and text in answer.json()["detail"]


def test_a_map_may_have_more_words_than_a_query_answers_but_not_a_neighbourhood(service):
    client = service(limits={"max_topn": 100, "max_map": 200})
    assert client.post(MAP, json={"topn": 200}).status_code == 200
    answer = client.post(MAP, json={"topn": 101, "word": "king"})
    assert answer.status_code == 422 and "topn must be at most 100 with word; got 101" in answer.json()["detail"]
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["MapOf"]["properties"]["topn"]["maximum"] == 200
    assert schemas["Query"]["properties"]["topn"]["maximum"] == 100


def test_a_missing_library_is_501(service, monkeypatch):
    monkeypatch.setattr("wordvec.transforms.layout.find_spec", lambda name: None)
    answer = service().post(MAP, json={"method": "tsne"})
    assert answer.status_code == 501 and 'pip install "wordvec[tsne]"' in answer.json()["detail"]
    with pytest.raises(LibraryError, match=r"wordvec\[umap\]"):
        wordvec.load(service.files["toy"]).layout(method="umap")


def test_a_map_is_kept_until_the_settings_or_the_slice_change(service, monkeypatch):
    drawn = []
    layout = KeyedVectors.layout
    monkeypatch.setattr(KeyedVectors, "layout", lambda *own, **options: drawn.append(1) or layout(*own, **options))
    client = service(spaces=(("toy", "later"),))
    first = client.post(MAP, json={"target": "later"}).content
    assert client.post(MAP, json={"target": "later", "topn": 100}).content == first and len(drawn) == 1
    for seed in range(1, 6):
        client.post(MAP, json={"seed": seed})
    model = client.app.models["toy"]
    assert len(drawn) == 6 and len(model.maps) == 4
    client.post(MAP, json={"target": "later"})
    wordvec.load(service.files["later"]).to_memory().save(service.files["later"])
    client.app.models.reload(force=True)
    client.post(MAP, json={"target": "later"})
    assert len(drawn) == 8 and client.app.models["toy"] is not model


def test_progress_comes_in_lines_and_a_second_map_waits_for_another_time(service, by_umap):
    client = service(limits={"timeout": 0.3})  # of other requests: a map may take longer
    answers = []
    asking = threading.Thread(target=lambda: answers.append(client.post(MAP, json={"method": "umap"})))
    asking.start()
    assert by_umap.started.wait(20)
    second = client.post(MAP, json={"method": "umap", "seed": 1})
    assert second.status_code == 503 and "one map by UMAP or t-SNE at a time" in second.json()["detail"]
    assert second.headers["retry-after"] == "10"
    assert columns(client.post(MAP, json={}))["method"] == "pca"
    threading.Event().wait(0.4)
    by_umap.go.set()
    asking.join(20)
    (answer,) = answers
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["progress"] for line in lines[:4]] == [0, 0.25, 0.5, 0.75]
    assert columns(answer)["method"] == "umap" and len(columns(answer)["words"]) == 5
    assert client.post(MAP, json={"method": "umap"}).text.count("\n") == 0  # which was kept
    assert client.post(MAP, json={"method": "umap", "seed": 1}).status_code == 200


def test_a_map_by_pca_that_takes_long_comes_in_lines(service, monkeypatch):
    layout, go = KeyedVectors.layout, threading.Event()

    def slow(self, *own, progress, **options):
        go.wait(0.5)
        progress(0.5)
        return layout(self, *own, **options)

    monkeypatch.setattr(KeyedVectors, "layout", slow)
    answer = service(limits={"timeout": 0.4}).post(MAP, json={})
    assert json.loads(answer.text.splitlines()[0]) == {"progress": 0.5} and len(columns(answer)["words"]) == 5


def test_vectors_that_are_not_finite_are_a_problem(service, tmp_path):
    KeyedVectors(["a", "b"], [[1, np.nan], [0, 1]]).save(tmp_path / "toy.safetensors")
    answer = service().post(MAP, json={})
    assert answer.status_code == 422 and "row 0 holds NaN or infinity" in answer.json()["detail"]


def test_a_map_that_takes_too_long_ends_with_a_problem(service, by_umap):
    client = service(limits={"map_timeout": 0.1})
    answer = client.post(MAP, json={"method": "umap"})
    last = json.loads(answer.text.splitlines()[-1])
    assert last["status"] == 503 and "a map must be ready within 0.1 seconds" in last["detail"]
    assert by_umap.stopped.wait(20)


def test_a_map_that_fails_ends_with_a_problem(service, monkeypatch, by_umap, caplog):
    def fail(*_, **__):
        raise RuntimeError(f"no such {service.files['toy']}")

    monkeypatch.setattr("wordvec.transforms.layout.embedded", fail)
    client = service()
    last = json.loads(client.post(MAP, json={"method": "umap"}).text.splitlines()[-1])
    assert last["status"] == 500 and service.files["toy"] not in last["detail"] and "no such" in caplog.text
    assert client.app.work.is_drawing is False


def test_a_client_that_goes_away_ends_its_map(service, by_umap):
    client = service()
    body = json.dumps({"method": "umap"}).encode()
    sent = []

    async def ask():
        begun = asyncio.Event()
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if waiting:
                return waiting.pop()
            await begun.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if b"progress" in message.get("body", b""):
                begun.set()

        scope = {
            "type": "http",
            "method": "POST",
            "path": MAP,
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        }
        await asyncio.wait_for(client.app(scope, receive, send), 20)

    client.portal.call(ask)
    assert by_umap.stopped.wait(20) and sent[0]["status"] == 200
    assert not any(b"words" in message.get("body", b"") for message in sent)
    by_umap.go.set()
    assert client.post(MAP, json={"method": "umap"}).status_code in (200, 503)
