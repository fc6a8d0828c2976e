"""`wordvec phrases`: lists, files, encoded corpora; `train` and `count` with --phrases."""

import json

import pytest

import wordvec
from wordvec.phrases import FrozenPhrases, Phrases

LINES = [
    "in new york city",
    "new york is here",
    "a car is new",
    "the bank of england",
    "the bank of england is old",
] * 6
ENGLISH = ("--connector-words", "english")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES))
    return path


@pytest.fixture
def run(command):
    """Run a command line that must succeed, or fail with a status; stdout, and stderr where it fails."""

    def done(*words, fails=0):
        status, out, err = command(*words)
        assert status == fails, err
        return err if fails else out

    return done


def test_the_best_phrases_are_listed(run, text):
    done = run("phrases", str(text), "--threshold", "0.3", *ENGLISH, "-n", "1")
    phrase, score, count = done.rstrip("\n").split("\t")
    assert (phrase, count) == ("bank_of_england", "12") and float(score) > 0.3
    told = json.loads(run("phrases", str(text), "--threshold", "0.3", "--json", *ENGLISH))
    assert {row["phrase"] for row in told["best"]} == {"new_york", "bank_of_england"}
    assert told["tokens"] == 132 and told["phrases"] == 2


def test_phrases_are_written_and_used(run, text, tmp_path):
    model, folder, out = (str(tmp_path / name) for name in ("p.safetensors", "encoded", "v.safetensors"))
    done = run("phrases", str(text), "--threshold", "0.3", *ENGLISH, "-o", model, "--encoded", folder, "--keep-counts")
    assert done.splitlines() == [model, folder]
    assert (
        set(FrozenPhrases.load(model).export_phrases()) == {"new_york", "bank_of_england"}
        and Phrases.load(model).corpus_word_count
    )
    for corpus in ([str(text), "--phrases", model], [folder]):
        run("train", *corpus, "-o", out, "--vector-size", "4", "--epochs", "1", "--force")
        vectors = wordvec.load(out)
        assert "new_york" in vectors and "york" not in vectors
        assert vectors.metadata["options"]["phrases"]["delimiter"] == "_"
        assert vectors.metadata["corpus"]["joined"] == 36
    run("count", str(text), "--phrases", model, "-o", str(tmp_path / "c.safetensors"))
    assert "new_york" in wordvec.Cooccurrence.load(tmp_path / "c.safetensors").vocabulary
    assert run("phrases", str(text), "-o", model, fails=1).count("give --force") == 1


def test_wrong_usage(run, text):
    assert "-o MODEL must be given with --keep-counts" in run("phrases", str(text), "--keep-counts", fails=2)
    assert "--threshold must be from -1 to 1" in run("phrases", str(text), "--scoring", "npmi", fails=2)
    assert "--phrases must be left out where --cluster counts" in run(
        "count", str(text), "--phrases", "p.safetensors", "--cluster", "local:1", "-o", "c.safetensors", fails=2
    )
    assert f"join the phrases once, by `wordvec phrases {text} --encoded FOLDER`" in run(
        "sweep", str(text), "--phrases", "p.safetensors", "-o", "sweep", fails=2
    )


def test_lists_of_words_and_tokenizers(run, tmp_path):
    text, words, out = (str(tmp_path / name) for name in ("raw.txt", "words.txt", "v.safetensors"))
    (tmp_path / "raw.txt").write_text('The "new" Café, near U.S.A.!\nThe Café is... new, the owl\n' * 3)

    def vocabulary(*flags):
        run("train", text, "-o", out, "--vector-size", "4", "--epochs", "1", "--force", *flags)
        return set(wordvec.load(out))

    how = ("--tokenizer", "unicode", "--lowercase", "--fold-accents")
    assert vocabulary(*how, "--min-count", "1") == {"the", "new", "cafe", "near", "u.s.a", "is", "owl"}
    (tmp_path / "words.txt").write_text("+ owl\n- the\n\n+ unicorn\n")
    assert vocabulary(*how, "--min-count", "6", "--vocab", words) == {"new", "cafe", "owl"}
    (tmp_path / "words.txt").write_text("cafe\nnew\nunicorn\n")
    assert vocabulary(*how, "--vocab", words) == {"cafe", "new", "unicorn"}
    assert vocabulary(*how, "--stop-words", words, "--min-count", "3") == {"the", "near", "u.s.a", "is", "owl"}
    (tmp_path / "words.txt").write_text("cafe\n+ new\n")
    assert "it has both" in run("train", text, "-o", out, "--force", "--vocab", words, fails=2)
    (tmp_path / "words.txt").write_text("\n")
    assert "it has none" in run("train", text, "-o", out, "--force", "--vocab", words, fails=2)
    assert "--tokenizer must be whitespace" in run("train", text, "-o", out, "--force", "--tokenizer", "x", fails=2)
