"""`wordvec similar` and `analogy`: answers, filters, queries from stdin."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parent.parent)}
COMMAND = [sys.executable, "-m", "wordvec"]


def test_similar(here, command):
    vectors = wordvec.load("toy.safetensors")
    status, out, err = command("similar", "toy.safetensors", "king", "-n", "2")
    assert (status, err) == (0, "")
    assert out.splitlines() == [f"{word}\t{score:.4f}" for word, score in vectors.most_similar("king", topn=2)]
    several = command("similar", "toy.safetensors", "king", "man", "-n", "1")[1].splitlines()
    assert [line.split("\t")[:2] for line in several] == [["king", "man"], ["man", "king"]]
    found = json.loads(command("similar", "toy.safetensors", "king", "--json")[1])
    assert found["king"][0]["word"] == "man" and found["king"][0]["similarity"] == pytest.approx(0.7071, abs=1e-4)


def test_analogy(here, command):
    status, out, _ = command("analogy", "toy.safetensors", "man", "king", "woman", "-n", "1")
    assert status == 0 and out.split("\t")[0] == "queen"
    found = json.loads(command("analogy", "toy.safetensors", "man", "king", "woman", "--json")[1])
    assert [item["word"] for item in found] == ["queen", "tax"]


PHRASES = {"options": {"phrases": {"delimiter": "_"}}}


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda kv: kv.prune(3, keep=["tax"]), "woman"),  # words that share rows
        (lambda kv: kv.compress("int8"), "king"),
        (lambda kv: kv.compress("bits"), "king"),
        (lambda kv: KeyedVectors(["new_york", "york", "new"], np.eye(3) + 0.5, metadata=PHRASES), "new york"),
    ],
    ids=["shared rows", "int8", "bits", "a phrase by its words"],
)
def test_the_command_answers_as_the_method_does(here, command, make, word):
    make(wordvec.load("toy.safetensors")).save("other.safetensors")
    vectors = wordvec.load("other.safetensors")
    found = [(near, f"{score:.4f}") for near, score in vectors.most_similar(word)]
    status, out, err = command("similar", "other.safetensors", word)
    assert (status, err) == (0, "") and found
    assert [tuple(line.split("\t")) for line in out.splitlines()] == found
    if len(vectors) == 5:
        found = [(near, f"{score:.4f}") for near, score in vectors.most_similar(["king", word], ["man"])]
        out = command("analogy", "other.safetensors", "man", "king", word)[1]
        assert [tuple(line.split("\t")) for line in out.splitlines()] == found
        for method in ("3cosmul", "pairdirection"):
            out = command("analogy", "other.safetensors", "man", "king", word, "--method", method)[1]
            assert out and word not in [line.split("\t")[0] for line in out.splitlines()]


def test_a_word_without_a_direction_is_named(here, command):
    KeyedVectors(["a", "b", "zero"], [[np.nan, 1], [1, 0], [0, 0]]).save("bad.safetensors")
    assert "'a' is not finite" in command("similar", "bad.safetensors", "a")[2]
    assert "'zero' is zero" in command("similar", "bad.safetensors", "zero")[2]


@pytest.fixture
def filters():
    """What answers can be limited by is a matter of search."""
    pytest.importorskip("wordvec.search.analogy")


def test_answers_can_be_limited(here, command, filters):
    Path("few.txt").write_bytes(b"queen\r\ntax\nnobody\n\n")
    status, out, err = command("similar", "toy.safetensors", "king", "--within", "few.txt")
    assert status == 0 and [line.split("\t")[0] for line in out.splitlines()] == ["queen", "tax"]
    assert "1 of 3 words have no vector" in err
    words = [line.split("\t")[0] for line in command("similar", "toy.safetensors", "king")[1].splitlines()]
    assert words == ["man", "queen", "woman", "tax"]
    for flags, expected in (
        (["--exclude", "man", "--exclude", "woman", "--exclude", "nobody"], ["queen", "tax"]),
        (["--min-score", "0.1"], ["man", "queen"]),
        (["--restrict-vocab", "3"], ["man", "woman"]),
        (["--within", "few.txt", "--min-score", "0.1", "-n", "1"], ["queen"]),
    ):
        out = command("similar", "toy.safetensors", "king", *flags)[1]
        assert [line.split("\t")[0] for line in out.splitlines()] == expected
    Path("none.txt").write_text("nobody\n")
    status, _, err = command("similar", "toy.safetensors", "king", "--within", "none.txt")
    assert status == 1 and "none of 1" in err
    assert command("similar", "toy.safetensors", "king", "--min-score", "nan")[0] == 2


def test_analogies_by_other_methods(here, command, filters):
    from wordvec.search.analogy import analogy

    vectors = wordvec.load("toy.safetensors")
    asked = [[vectors.get_index(word)] for word in ("man", "king", "woman")]
    for method in ("3cosadd", "3cosmul", "pairdirection"):
        rows, scores = analogy(vectors.vectors, *asked, 2, norms=vectors.norms, method=method)
        expected = [f"{vectors.index_to_key[row]}\t{score:.4f}" for row, score in zip(rows[0], scores[0])]
        words = ["analogy", "toy.safetensors", "man", "king", "woman", "--method", method]
        assert command(*words)[1].splitlines() == expected
        assert command(*words, "--exclude", "queen")[1].splitlines() == expected[1:]
        assert command(*words, "--restrict-vocab", "3")[1] == ""
        assert command(*words, "--min-score", "0.5")[1].splitlines() == expected[:1]
    Path("few.txt").write_text("tax\n")
    assert command(*words[:-1], "3cosmul", "--within", "few.txt")[1].startswith("tax\t")
    status, _, err = command(*words, "--within", "few.txt")
    assert status == 2 and "pairdirection" in err


def asked_on_stdin(text, *words):
    return subprocess.run([*COMMAND, *words], input=text, capture_output=True, env=ENVIRONMENT)


def test_questions_come_from_stdin_one_a_line(here):
    KeyedVectors(["new york", b"caf\xe9", "tea"], [[1, 0], [1, 1], [0, 1]]).save("odd.safetensors")
    done = asked_on_stdin(b" new york \t\r\n \nmoon\ncaf\xe9\n", "similar", "odd.safetensors", "-", "-n", "1")
    assert done.stdout == b"new york\tcaf\xe9\t0.7071\ncaf\xe9\tnew york\t0.7071\n"
    assert done.returncode == 1 and b"line 2: " in done.stderr and b"1 of 3 questions" in done.stderr
    done = asked_on_stdin(b"king\n", "similar", "toy.safetensors", "-", "--json")
    assert done.returncode == 0 and done.stdout.count(b"\n") == 1
    assert json.loads(done.stdout)["query"] == "king" and json.loads(done.stdout)["found"][0]["word"] == "man"
    done = asked_on_stdin(b"", "similar", "toy.safetensors", "-")
    assert (done.returncode, done.stdout) == (0, b"")


def test_analogies_come_from_stdin(here):
    text = b"man king woman\nman\tking\twoman\nman king\nman king girl\n"
    done = asked_on_stdin(text, "analogy", "toy.safetensors", "-", "-n", "1", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["found"][0]["word"] for item in found[:2]] == ["queen", "queen"]
    assert "three words" in found[2]["error"] and "girl" in found[3]["error"] and found[3]["found"] == []
    assert done.returncode == 1 and b"2 of 4" in done.stderr


def test_an_answer_comes_before_the_next_question(here):
    similar = [*COMMAND, "similar", "toy.safetensors", "-", "-n", "1"]
    with subprocess.Popen(similar, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        for word, answer in ((b"king", b"man"), (b"man", b"king")):
            process.stdin.write(word + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().split(b"\t")[1] == answer
        process.stdin.close()
    assert process.returncode == 0


def test_a_reader_that_has_seen_enough_is_no_error(here):
    words = [f"w{i}" for i in range(20_000)]
    KeyedVectors(words, np.random.default_rng(0).standard_normal((20_000, 4))).save("many.safetensors")
    similar = [*COMMAND, "similar", "many.safetensors", "w0", "-n", "20000"]
    with subprocess.Popen(similar, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert b"\t" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_words_that_are_no_utf8_come_out_as_they_are(here):
    KeyedVectors([b"caf\xe9", "tea"], [[1, 0], [1, 1]]).save("bytes.safetensors")
    for word in ("tea", b"caf\xe9"):
        done = subprocess.run([*COMMAND, "similar", "bytes.safetensors", word], capture_output=True, env=ENVIRONMENT)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split(b"\t")[0] == (b"caf\xe9" if word == "tea" else b"tea")
