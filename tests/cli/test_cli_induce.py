"""`wordvec induce`: lines of words and contexts, corpora, models, and what does not fit."""

import json

import pytest

import wordvec

LINES = "dogs\tthe dogs and cats\ndogs\ta dogs barks\n\nsnow\tthe snow and ice\n"
WORDS = ["the", "a", "and", "cats", "ice", "barks"]


@pytest.fixture
def run(in_folder, command):
    """A folder with vectors, pairs and a corpus; run a command line that succeeds, or fails with a status."""
    rows = [[1, 0], [1, 1], [0, 1], [2, 1], [-1, 1], [3, 0]]
    kv = wordvec.KeyedVectors(WORDS, rows, counts=[9, 8, 7, 3, 2, 1], context=rows)
    kv.save("kv.safetensors")
    (in_folder / "pairs.tsv").write_text(LINES)
    (in_folder / "text.txt").write_text("the dogs and cats\na cats barks and the snow\nthe ice and cats\n" * 5)
    (in_folder / "words.txt").write_text("dogs\nabsent\n")

    def done(*words, fails=0):
        status, out, err = command("induce", "kv.safetensors", *words)
        assert status == fails, err
        return out, err

    return done


def test_pairs_become_vectors_and_their_contexts_are_counted(run):
    out, err = run("pairs.tsv", "-o", "new.safetensors", "--method", "additive", "--list")
    assert out == "new.safetensors\ndogs\t2\nsnow\t1\n"
    assert "2 new words by additive, from 3 contexts: 1 to 2 a word, half of them 2 or fewer" in err
    new = wordvec.load("new.safetensors")
    assert list(new) == ["dogs", "snow"] and new.get_vecattr("dogs", "count") == 2
    told = json.loads(run("pairs.tsv", "-o", "new.txt", "--method", "selective", "--json", "--epochs", "2")[0])
    assert told["contexts"] == {"dogs": 2, "snow": 1} and told["options"]["epochs"] == 2


@pytest.mark.filterwarnings("default")  # the command shows them
def test_words_of_a_corpus_and_all_new_words(run):
    _, err = run("text.txt", "--words", "words.txt", "-o", "one.safetensors", "--method", "window", "--quiet")
    assert "1 of 2 words have no context word with a vector, such as 'absent'" in err
    assert list(wordvec.load("one.safetensors")) == ["dogs"]
    run("text.txt", "--new-words", "-o", "all.safetensors", "--quiet", "--fit-min-count", "1", "--window", "2")
    assert set(wordvec.load("all.safetensors")) == {"dogs", "snow"}


def test_new_words_are_merged_and_known_ones_stay(run, in_folder):
    (in_folder / "pairs.tsv").write_text(LINES + "ice\tthe ice\n")
    old = wordvec.load("kv.safetensors")
    run("pairs.tsv", "-o", "merged.safetensors", "--merge", "--method", "additive", "--quiet")
    merged = wordvec.load("merged.safetensors")
    assert list(merged) == [*WORDS, "dogs", "snow"] and (merged["ice"] == old["ice"]).all()
    run("pairs.tsv", "-o", "other.safetensors", "--merge", "--method", "additive", "--quiet", "--known", "use")
    assert (wordvec.load("other.safetensors")["ice"] == old["the"]).all()


def test_models_are_fitted_saved_and_used(run):
    form = ("--method", "form-context", "--quiet")
    fit = ("--corpus", "text.txt", "--fit-min-count", "1", "--ngram-min-count", "1", "--epochs", "2")
    run("pairs.tsv", "-o", "one.safetensors", *form, *fit, "--save-model", "model.safetensors")
    run("pairs.tsv", "-o", "two.safetensors", *form, "--model", "model.safetensors")
    one, two = wordvec.load("one.safetensors"), wordvec.load("two.safetensors")
    assert (abs(one.vectors - two.vectors) < 1e-5).all()
    run("pairs.tsv", "-o", "three.safetensors", "--corpus", "text.txt", "--quiet", "--ridge", "0.1")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["pairs.tsv", "-o", "x.vec"], 2, "--corpus FILE must be given with --method alacarte"),
        (["pairs.tsv", "-o", "x.vec", "--method", "window", "--corpus", "text.txt"], 2, "--corpus goes with --method"),
        (
            ["pairs.tsv", "-o", "x.vec", "--method", "window", "--model", "m"],
            2,
            "--model goes with --method form-context",
        ),
        (["pairs.tsv", "-o", "x.vec", "--method", "window", "--epochs", "3"], 2, "--epochs must be left out"),
        (["text.txt", "-o", "x.vec", "--method", "window"], 1, "line 1 is 'the dogs and cats': give --words FILE"),
        (["pairs.tsv", "-o", "kv.safetensors", "--method", "window", "--force"], 1, "must not be what is read"),
        (["pairs.tsv", "-o", "x.vec", "--method", "magic"], 2, "magic"),
        (["missing.tsv", "-o", "x.vec", "--method", "window"], 1, "missing.tsv"),
        (["pairs.tsv", "-o", "x.vec", "--method", "window", "--words", "w", "--new-words"], 2, "not allowed with"),
        (["empty.tsv", "-o", "x.vec", "--method", "window"], 1, "no word gets a vector"),
        (["text.txt", "-o", "x.vec", "--words", "empty.tsv", "--method", "window"], 1, "must have words, one a line"),
    ],
)
def test_wrong_usage_and_wrong_files(run, in_folder, words, status, message):
    (in_folder / "empty.tsv").write_text("\n")
    _, err = run(*words, fails=status)
    assert message in err and not (in_folder / "x.vec").exists()


@pytest.mark.filterwarnings("default")
def test_contexts_without_their_word_are_told(run, in_folder):
    (in_folder / "pairs.tsv").write_text("Dogs\tthe dogs and cats\nnew\t\n")
    _, err = run("pairs.tsv", "-o", "one.safetensors", "--method", "additive", "--quiet")
    assert "2 of 2 contexts do not hold their word" in err and "1 of 2 words have no context word" in err
    run("pairs.tsv", "-o", "two.safetensors", "--method", "additive", "--no-word", "error", fails=1)
    (in_folder / "pairs.tsv").write_text("Dogs\tThe dogs and cats\n")
    run("pairs.tsv", "-o", "low.safetensors", "--method", "additive", "--lowercase", "--no-word", "error", "--quiet")
    assert list(wordvec.load("low.safetensors")) == ["dogs"]
