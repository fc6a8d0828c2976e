"""Completion by prefix, senses of a word, and the files of the explorer, asked for over HTTP."""

import importlib.resources
import re

import numpy as np
import pytest

from wordvec import KeyedVectors

ONE = "/v1/models/toy"


@pytest.fixture
def senses(service, files, sense_vectors):
    return service({"senses": sense_vectors, "toy": files["toy"]})


def completed(client, query):
    answer = client.get(f"{ONE}/complete?{query}")
    assert answer.status_code == 200, answer.text
    return [(own["word"], own["count"]) for own in answer.json()["words"]]


def test_a_prefix_is_completed_by_the_most_frequent_words(service, tmp_path):
    words = ["der", "dog", "Do", "do", "door", "d\u00f6ner", "\u05e9\u05dc\u05d5\u05dd", "cat"]
    KeyedVectors(words, np.eye(8), counts=range(8, 0, -1)).save(tmp_path / "more.safetensors")
    client = service({"toy": str(tmp_path / "more.safetensors")})
    assert completed(client, "prefix=do") == [("dog", 7), ("do", 5), ("door", 4)]
    assert completed(client, "prefix=do&topn=2") == [("dog", 7), ("do", 5)]
    assert completed(client, "topn=3") == [("der", 8), ("dog", 7), ("Do", 6)]
    assert completed(client, "prefix=d%C3%B6") == [("d\u00f6ner", 3)]
    assert completed(client, "prefix=%D7%A9") == [("\u05e9\u05dc\u05d5\u05dd", 2)]
    assert completed(client, "prefix=nothing") == []


def test_a_prefix_without_counts_and_wrong_ones(service, tmp_path, classifier):
    KeyedVectors(["a", "ab"], np.eye(2)).save(tmp_path / "plain.safetensors")
    client = service({"toy": str(tmp_path / "plain.safetensors"), "mood": classifier})
    assert completed(client, "prefix=a") == [("a", None), ("ab", None)]
    for query in ("topn=0", "topn=1001", "prefix=a&prefix=b", "begin=a"):
        assert client.get(f"{ONE}/complete?{query}").status_code == 422
    assert client.get("/v1/models/mood/complete?prefix=a").status_code == 422


def test_senses_of_a_word(senses):
    told = senses.post("/v1/models/senses/senses", json={"word": "bank", "topn": 1}).json()
    first, second = told["senses"]
    assert told["word"] == "bank" and (first["key"], second["key"]) == ("bank|1", "bank|2")
    assert first["share"] == pytest.approx(0.7) and (first["count"], second["count"]) == (7, 3)
    assert first["neighbours"][0]["word"] in ("money|1", "seal|2")
    assert second["neighbours"][0]["word"] in ("river|1", "seal|1")
    assert first["probability"] is None


def test_a_context_asks_for_a_sense(senses):
    def likely(*context):
        answer = senses.post("/v1/models/senses/senses", json={"word": "bank", "context": context}).json()
        return [sense["probability"] for sense in answer["senses"]]

    money, river = likely("money"), likely("river")
    assert money[0] > 0.8 and river[1] > 0.8 and sum(money) == pytest.approx(1)
    assert likely() == pytest.approx([0.7, 0.3])


def test_senses_where_there_are_none(senses):
    answer = senses.post(f"{ONE}/senses", json={"word": "king"})
    assert answer.status_code == 422 and "'toy' has one vector for each word" in answer.json()["detail"]
    answer = senses.post("/v1/models/senses/senses", json={"word": "bank|1"})
    assert answer.status_code == 404 and "without | and number" in answer.json()["detail"]
    assert senses.get("/v1/models/senses").json()["senses"] == "nearest"
    assert senses.get(ONE).json()["senses"] is None


def page_files():
    folder = importlib.resources.files("wordvec.serve").joinpath("page")
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def test_the_page_and_its_files_have_types_and_tags(service):
    client = service(token="open sesame!")
    for path, kind in (
        ("/", "text/html; charset=utf-8"),
        ("/assets/app.js", "text/javascript; charset=utf-8"),
        ("/assets/style.css", "text/css; charset=utf-8"),
        ("/assets/icon.svg", "image/svg+xml"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200 and answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == "no-cache"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        again = client.get(path, headers={"if-none-match": f'"other", {answer.headers["etag"]}'})
        assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == answer.headers["etag"]
    assert client.get("/docs").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["nothing.js", "../service.py", "..%2fservice.py", "%2e%2e/service.py", "/etc/passwd", "app.js/", ""]
)
def test_no_other_file_is_served(service, name):
    assert service().get(f"/assets/{name}").status_code == 404


def test_all_that_the_page_names_is_there(service):
    client, texts = service(), page_files()
    named = set(re.findall(r'(?:src|href)="assets/([\w.]+)"', texts["index.html"]))
    named |= {name for text in texts.values() for name in re.findall(r'(?:from|import\() ?"\./([\w.]+)"', text)}
    assert {"app.js", "map.js", "strings.js", "style.css"} <= named
    for name in named:
        assert client.get(f"/assets/{name}").status_code == 200, name


def test_the_page_reads_no_markup_and_names_no_other_server():
    for name, text in page_files().items():
        for bad in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "DOMParser",
            "eval(",
            "Function(",
        ):
            assert bad not in text, name
        assert "style=" not in text and "onclick" not in text and "@import" not in text and "url(" not in text, name
        addresses = text.replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in addresses and "https:" not in addresses and '"//' not in addresses, name
