"""Training on a text that was cut at white space says so where punctuation sticks to the words."""

import re
import warnings

import numpy as np
import pytest

import wordvec
from wordvec.cli import main
from wordvec.corpus import encode_corpus
from wordvec.corpus.report import stuck
from wordvec.vocabulary import Vocabulary

SMALL = {"vector_size": 4, "epochs": 1, "min_count": 1, "workers": 1}
rng = np.random.default_rng(0)
TAILS = [f" x{i}, y{j}." for i, j in rng.integers(0, 60, (900, 2))]
LINES = [" ".join(f"w{i}" for i in rng.integers(0, 200, 9)) + tail for tail in TAILS]
SAID = r"^3\d% of the distinct words begin or end in punctuation: the text is not tokenised"


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "raw.txt").write_text("\n".join(LINES))
    return tmp_path / "raw.txt"


def test_a_raw_text_is_told_once(raw, tmp_path):
    for options in ({}, {"cache": tmp_path / "cache"}, {"cache": tmp_path / "cache"}):
        with pytest.warns(UserWarning, match=SAID + ".*pass tokenizer=") as caught:
            wordvec.SkipGram(**SMALL).fit(raw, **options)
        assert len(caught) == 1 and caught[0].filename == __file__
    with pytest.warns(UserWarning, match=SAID):
        wordvec.train(raw, **SMALL)


def test_nothing_is_said_of_what_was_cut_otherwise(raw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wordvec.SkipGram(**SMALL).fit(raw, tokenizer=re.compile(r"\w+").findall)
        wordvec.SkipGram(**SMALL).fit([line.split() for line in LINES])
        encoded = encode_corpus([line.split() for line in LINES], min_count=1)
        wordvec.SkipGram(**SMALL).fit(encoded)
        wordvec.encode_corpus(raw, tokenizer="unicode", cache=raw.parent / "cache")
        wordvec.encode_corpus(raw, tokenizer="unicode", cache=raw.parent / "cache")
        raw.write_text("\n".join(line.replace(",", " ,").replace(".", " . ...") for line in LINES))
        wordvec.SkipGram(**SMALL).fit(raw)


def test_marks_of_other_scripts_and_before_words_count():
    for form in ("“{}", "{}”", "{}。", "{}\uff01", "({}", '"{}"', "{}।", "{}…"):
        words = Vocabulary.from_words([form.format(f"слово{i}") for i in range(300)])
        assert stuck(words) == 1, form
    for form in ("{}", "#{}", "{}-{}", "don't{}", "{}%", "<{}>", "/c/en/{}", "{}_NOUN", "é{}é", "日本{}語"):
        assert stuck(Vocabulary.from_words([form.format(i, i) for i in range(300)])) == 0, form
    assert stuck(Vocabulary.from_words([f"{i}," for i in range(299)])) == 0  # too few to say
    assert stuck(Vocabulary.from_words([chr(0x4E00 + i) for i in range(400)])) == 0
    assert stuck(Vocabulary.from_words([])) == 0


@pytest.mark.filterwarnings("default")
def test_the_command_line_says_what_to_do_in_the_shell(raw, tmp_path, capsys):
    out = str(tmp_path / "o.safetensors")
    assert main(["train", str(raw), "-o", out, "--vector-size", "4", "--epochs", "1", "--min-count", "1"]) == 0
    err = capsys.readouterr().err
    assert err.count("of the distinct words begin or end in punctuation") == 1
    assert "cut it into words with --tokenizer unicode" in err and "--lowercase" in err
    assert "tokenizer=" not in err
