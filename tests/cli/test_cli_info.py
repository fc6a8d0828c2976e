"""`wordvec info` says what every kind of file that is written holds; `wordvec.load` refuses what is no vectors."""

import gzip
import json
from importlib.util import find_spec

import numpy as np
import pytest

import wordvec
from wordvec import PVDBOW, KeyedVectors, Sent2Vec
from wordvec.align import fit_map
from wordvec.base.errors import FormatError
from wordvec.classify import TextClassifier
from wordvec.cli import main
from wordvec.search.indexes import build_index
from wordvec.texts import TextEncoder

TEXTS = ["red green blue", "one two three", "green blue red"] * 20
WORDS = [f"w{i}" for i in range(30)]
SMALL = {"vector_size": 4, "min_count": 1, "workers": 1}


def vectors():
    rows = np.random.default_rng(0).standard_normal((30, 4))
    attributes = {"pos": ["NOUN", "VERB"] * 15, "year": range(30), "xy": np.ones((30, 2))}
    return KeyedVectors(WORDS, rows, attributes=attributes)


def counts(path):
    wordvec.count([text.split() for text in TEXTS], min_count=1).save(path)


def map_(path):
    fit_map(vectors(), vectors(), [(word, word) for word in WORDS]).save(path)


def phrases(path):
    wordvec.Phrases([["new", "york"]] * 6, threshold=0.01).freeze().save(path)


def form_context(path):
    vectors = wordvec.KeyedVectors(["under", "undo", "unfit", "unit"], [[1, 0], [0, 1], [1, 1], [1, 2]])
    wordvec.FormContext.fit(vectors, epochs=1, min_n=3, max_n=3).save(path)


def classifier(path):
    labels = ["ab"[i % 2] for i in range(len(TEXTS))]
    TextClassifier(vector_size=4, epochs=1, min_count=1, workers=1).fit(TEXTS, labels=labels).save(path)


def documents(path):
    PVDBOW(**SMALL, epochs=1).fit(TEXTS).save(path)


def sentences(path):
    Sent2Vec(**SMALL, epochs=1).fit(TEXTS).save(path)


def encoder(path):
    TextEncoder(vectors(), workers=1).save(path)


KINDS = {
    "wordvec-counts": (counts, "counts of pairs", {"words": 6}),
    "wordvec-map": (map_, "a map from one space", {"vector_size": 4, "mapped_size": 4}),
    "wordvec-phrases": (phrases, "phrases, which `wordvec train --phrases` takes", {"phrases": 1, "passes": 1}),
    "wordvec-form-context": (form_context, "a form-context model", {"ngrams": 1, "vector_size": 2, "words": 4}),
    "wordvec-classifier": (classifier, "a classifier of texts", {"labels": 2, "vector_size": 4}),
    "wordvec-documents": (documents, "trained documents", {"documents": 60, "words": 6}),
    "wordvec-sentences": (sentences, "a Sent2Vec model", {"words": 6, "word_ngrams": 2}),
    "native": (encoder, "an encoder of texts", {"words": 30}),
}


def told(capsys, *words):
    assert main(["info", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_info_says_what_a_file_is(kind, tmp_path, capsys):
    write, holds, facts = KINDS[kind]
    path = str(tmp_path / "it.safetensors")
    write(path)
    text = told(capsys, path)
    assert f"format\t{kind}\n" in text and f"\nholds\t{holds}" in text
    found = json.loads(told(capsys, path, "--json"))
    assert found["file"] == path and found["format"] == kind and facts.items() <= found.items()
    if kind == "native":
        assert len(wordvec.load(path)) == 30
    else:
        with pytest.raises(FormatError):
            wordvec.load(path)


def test_info_on_an_index_and_its_record(tmp_path, capsys):
    if find_spec("usearch") is None:
        pytest.skip("usearch is not installed")
    path = tmp_path / "v.usearch"
    build_index(vectors().vectors, norms=vectors().norms, path=path, measure=10)
    for name in (str(path), f"{path}.json"):
        found = json.loads(told(capsys, name, "--json"))
        assert found["format"] == "wordvec-index" and found["kind"] == "usearch" and found["measured"]["recall"] == 1
        assert (found["rows"], found["vector_size"]) == (30, 4)
    with open(path, "ab") as file:
        file.write(b"more")
    assert main(["info", str(path)]) == 1
    assert "the index must have the" in capsys.readouterr().err


def test_info_lists_attributes(tmp_path, capsys):
    vectors().save(tmp_path / "v.safetensors")
    text = told(capsys, str(tmp_path / "v.safetensors"))
    for line in ("attributes.pos\ttext, 2 distinct", "attributes.year\tint64", "attributes.xy\tfloat64[2]"):
        assert line in text.splitlines()
    vectors().without("attributes").save(tmp_path / "plain.safetensors")
    assert "attributes\tno\n" in told(capsys, str(tmp_path / "plain.safetensors"))


def test_info_goes_on_to_read_and_refuse_other_files(tmp_path, capsys):
    (tmp_path / "v.vec").write_text("2 2\na 1 2\nb 3 4\n")
    (tmp_path / "v.vec.json").write_text("{}")  # no record of an index
    assert "format\tword2vec-text" in told(capsys, str(tmp_path / "v.vec"))
    counts(tmp_path / "c")
    (tmp_path / "c.gz").write_bytes(gzip.compress((tmp_path / "c").read_bytes()))
    assert "format\twordvec-counts" in told(capsys, str(tmp_path / "c.gz"))
    whole = (tmp_path / "c").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "folder").mkdir()
    (tmp_path / "half").mkdir()
    vectors().save(tmp_path / "half" / "words.safetensors")
    (tmp_path / "json").write_bytes((5).to_bytes(8, "little") + b"{}   ")
    for name in ("cut", "folder", "half", "json", "none"):
        assert main(["info", str(tmp_path / name)]) == 1
        assert "defect" not in capsys.readouterr().err
