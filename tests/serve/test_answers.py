"""What the service answers: the same as the library, for every route."""

import numpy as np
import pytest

import wordvec
from tests.search.test_indexes import needs
from wordvec import KeyedVectors

ONE = "/v1/models/toy"


def near(answer, key="neighbours"):
    return [(own["word"], own["score"]) for own in answer.json()[key]]


@pytest.fixture
def client(service, files):
    return service(spaces=(("toy", "later"),))


@pytest.fixture
def kv(files):
    return wordvec.load(files["toy"])


def test_models_and_their_facts(client, kv):
    models = {model["name"]: model for model in client.get("/v1/models").json()["models"]}
    assert models["toy"] == client.get(ONE).json()
    facts = {"kind": "vectors", "size": 5, "vector_size": 3, "metric": "cosine", "codec": "float32", "counts": True}
    assert facts.items() <= models["toy"].items()
    assert models["toy"]["attributes"] == ["pos"] and models["later"]["space"] == ["toy", "later"]
    assert client.get("/health").json() == {"status": "ok", "models": 2}


def test_vectors(client, kv):
    answer = client.get(f"{ONE}/vectors/king").json()
    assert answer == {"word": "king", "vector": kv["king"].tolist(), "known": True, "count": 5}
    answer = client.post(f"{ONE}/vectors", json={"words": ["man", "tax"]})
    assert answer.json() == {"vectors": kv[["man", "tax"]].tolist()}
    answer = client.post(f"{ONE}/vectors", json={"words": ["man", "prince"], "missing": True})
    assert answer.json() == {"vectors": [kv["man"].tolist(), None]}
    answer = client.post(f"{ONE}/vectors", json={"words": ["man", "kin"]})
    assert answer.status_code == 404 and "got 'kin'; close: 'king'" in answer.json()["detail"]


def test_words_with_slashes_and_odd_characters_have_addresses(service, tmp_path):
    words = ["a/b", "..", "/etc/passwd", "a b", "<script>", "Grüße", "?", "#"]
    KeyedVectors(words, np.eye(8)).save(tmp_path / "odd.safetensors")
    client = service({"odd": str(tmp_path / "odd.safetensors")})
    from urllib.parse import quote

    for word in words:
        address = "/v1/models/odd/vectors/" + (quote(word, safe="") if word != ".." else "%2e%2e")
        answer = client.get(address)
        if word != "..":  # clients resolve dots before they ask
            assert answer.json()["word"] == word, word
        assert client.post("/v1/models/odd/vectors", json={"words": [word]}).status_code == 200


def test_words_that_are_no_utf8_are_shown_with_a_mark(service, tmp_path):
    KeyedVectors([b"caf\xe9", "tea"], np.eye(2)).save(tmp_path / "bytes.safetensors")
    client = service({"bytes": str(tmp_path / "bytes.safetensors")})
    assert near(client.get("/v1/models/bytes/most_similar?positive=tea")) == [("caf\ufffd", 0.0)]


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        ({"positive": ["king"]}, {"positive": "king"}),
        ({"positive": ["king", "woman"], "negative": ["man"], "topn": 1}, None),
        (
            {"positive": ["king", "woman"], "negative": ["man"], "weights": [1, 2, 0.5]},
            {"positive": [("king", 1), ("woman", 2)], "negative": [("man", 0.5)]},
        ),
        ({"positive": [[1, 2, 3], "tax"]}, {"positive": [np.array([1, 2, 3]), "tax"]}),
        ({"positive": ["king"], "within": ["man", "tax"]}, None),
        ({"positive": ["king"], "exclude": ["queen"], "min_score": 0.1}, None),
        ({"positive": ["king"], "restrict_vocab": 3}, None),
        ({"positive": ["king"], "prefix": "m"}, {"positive": ["king"], "within": ["man"]}),
        ({"positive": ["king"], "min_count": 2, "max_count": 4}, {"positive": ["king"], "within": ["woman", "queen"]}),
        ({"positive": ["king"], "where": {"pos": "X"}}, {"positive": ["king"], "within": ["tax"]}),
        (
            {"positive": ["king"], "where": {"pos": ["N"]}, "exclude": ["man"], "prefix": "w"},
            {"positive": ["king"], "within": ["woman"]},
        ),
    ],
)
def test_most_similar_is_that_of_the_library(client, kv, asked, same):
    answer = client.post(f"{ONE}/most_similar", json=asked)
    assert near(answer) == kv.most_similar(**(same or asked)), answer.text
    assert all(own["count"] == kv.get_vecattr(own["word"], "count") for own in answer.json()["neighbours"])


def test_most_similar_in_an_address(client, kv):
    answer = client.get(f"{ONE}/most_similar?positive=king&positive=woman&negative=man&topn=2&min_score=0.1")
    assert near(answer) == kv.most_similar(["king", "woman"], ["man"], topn=2, min_score=0.1)


def test_neighbours_of_many(client, kv):
    asked = {"queries": ["king", [1, 2, 3], "tax"], "topn": 2, "exclude": ["man"]}
    answer = client.post(f"{ONE}/neighbours", json=asked).json()["results"]
    expected = kv.most_similar_batch(["king", np.array([1, 2, 3]), "tax"], 2, exclude=["man"])
    assert [[(own["word"], own["score"]) for own in results] for results in answer] == expected


def test_analogies_and_similarities(client, kv):
    asked = {"a": "man", "b": "king", "c": "woman", "topn": 2}
    assert near(client.post(f"{ONE}/analogy", json=asked)) == kv.most_similar(["king", "woman"], ["man"], topn=2)
    answer = client.post(f"{ONE}/analogy", json={**asked, "method": "3cosmul"})
    assert near(answer) == kv.most_similar_cosmul(["king", "woman"], ["man"], topn=2)
    answer = client.post(f"{ONE}/similarity", json={"pairs": [["man", "king"], ["tax", "woman"]]})
    assert answer.json() == {"scores": pytest.approx([kv.similarity("man", "king"), -1.0])}


def test_projection_has_the_distances_of_principal_components(client, kv):
    words = ["man", "king", "woman", "queen"]
    answer = client.post(f"{ONE}/projection", json={"words": words, "dimensions": 3}).json()
    units = kv[words] / np.linalg.norm(kv[words], axis=1, keepdims=True)
    gaps = np.linalg.norm(units[:, None] - units, axis=2)
    points = np.array(answer["points"])
    np.testing.assert_allclose(np.linalg.norm(points[:, None] - points, axis=2), gaps, atol=1e-6)
    assert answer["words"] == words and sum(answer["explained"]) == pytest.approx(1)
    one = client.post(f"{ONE}/projection", json={"words": ["man"]}).json()
    assert one["points"] == [[0.0, 0.0]] and one["explained"] == [0.0, 0.0]


def test_texts_and_labels(service, files, classifier, kv):
    client = service({"toy": files["toy"], "mood": classifier})
    answer = client.post(f"{ONE}/encode", json={"texts": ["man king", "unknown"]}).json()
    assert answer == {"vectors": [((kv["man"] + kv["king"]) / 2).tolist(), [0.0, 0.0, 0.0]]}
    model = wordvec.classify.TextClassifier.load(classifier)
    answer = client.post("/v1/models/mood/classify", json={"texts": ["good film", "awful"], "topn": 2}).json()
    found = [[(own["label"], own["probability"]) for own in labels] for labels in answer["results"]]
    assert found == [[(x, pytest.approx(p)) for x, p in own] for own in model.predict(["good film", "awful"], 2)]
    answer = client.post("/v1/models/mood/encode", json={"texts": ["good film"]}).json()
    assert np.array_equal(np.array(answer["vectors"], np.float32), model.transform(["good film"]))
    assert client.get("/v1/models/mood").json()["labels"] == model.labels
    for model, verb, body in (("toy", "classify", {"texts": ["a"]}), ("mood", "similarity", {"pairs": [["a", "b"]]})):
        answer = client.post(f"/v1/models/{model}/{verb}", json=body)
        assert answer.status_code == 422 and "the model must be" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["nn", "csls"])
def test_translations_are_those_of_an_aligned_pair(client, kv, files, method):
    asked = {"words": ["king", "tax"], "target": "later", "topn": 2, "method": method}
    answer = client.post(f"{ONE}/translate", json=asked).json()["results"]
    expected = wordvec.align.Aligned(kv, wordvec.load(files["later"])).translate(["king", "tax"], 2, method)
    found = [[(own["word"], own["score"]) for own in results] for results in answer]
    assert found == [[(word, pytest.approx(score, abs=1e-6)) for word, score in own] for own in expected]


def test_drift_of_one_word_and_of_all(client, kv, files):
    slices = wordvec.align.Slices({"toy": kv, "later": wordvec.load(files["later"])})
    (step,) = client.post(f"{ONE}/drift", json={"word": "king"}).json()["changes"]
    assert (step["source"], step["target"]) == ("toy", "later")
    assert step["drift"] == pytest.approx(slices.drift_of("king")[0][2])
    changes = client.post(f"{ONE}/drift", json={"target": "later", "topn": 2, "min_count": 4}).json()["changes"]
    expected = slices.drift("toy", "later", topn=2, min_count=4)
    assert [(c["word"], c["drift"], tuple(c["counts"])) for c in changes] == [
        (d.word, d.drift, d.counts) for d in expected
    ]
    for body in ({}, {"word": "king", "target": "later"}, {"target": "nowhere"}):
        assert client.post(f"{ONE}/drift", json=body).status_code == 422


def test_an_index_answers_in_the_place_of_the_rows(service, files, tmp_path):
    from wordvec.search.indexes import build_index

    needs("usearch")

    rng = np.random.default_rng(1)
    many = KeyedVectors([f"w{i}" for i in range(500)], rng.normal(size=(500, 8)).astype(np.float32))
    many.save(tmp_path / "many.safetensors")
    build_index(many.vectors, norms=many.norms, path=tmp_path / "many.usearch", measure=0)
    client = service({"many": str(tmp_path / "many.safetensors")}, indexes={"many": str(tmp_path / "many.usearch")})
    answer = client.get("/v1/models/many/most_similar?positive=w7&topn=5")
    assert near(answer) == [(word, pytest.approx(score)) for word, score in many.most_similar("w7", topn=5)]
    assert client.get("/v1/models/many").json()["index"] == "usearch"


def test_points_of_the_ball_are_served(service, tmp_path):
    from wordvec import PoincareVectors

    tree = PoincareVectors(["root", "left", "right"], [[0, 0], [-0.5, 0], [0.5, 0]])
    tree.save(tmp_path / "tree.safetensors")
    client = service({"tree": str(tmp_path / "tree.safetensors")})
    assert near(client.get("/v1/models/tree/most_similar?positive=left&topn=1")) == tree.most_similar("left", topn=1)
    for path, body in (("analogy", {"a": "root", "b": "left", "c": "right"}), ("projection", {"words": ["root"]})):
        answer = client.post(f"/v1/models/tree/{path}", json=body)
        assert answer.status_code == 422 and str(tmp_path) not in answer.text
