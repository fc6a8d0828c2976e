"""Sentences of running text: rule by rule, and corpora that are read by sentences."""
# ruff: noqa: RUF001

import pytest

import wordvec
from wordvec.corpus.sentence_breaks import sentences_of
from wordvec.corpus.tokenizers import unicode_words

TEXTS = {  # sentences, which a space joins to a text
    "marks": ["It rains.", "Does it?", "Yes!", "Really?!", "No", ""],
    "quotes and brackets": ['"Stop!"', "(He did.)", "[So it goes.]", "«Oui.»", "„Nein.“", "‘Why?’", "The end."],
    "a small letter goes on": ['"Really?" she asked.', "It was 5 p.m. or so.", "He came ... late.", "What?! no, wait."],
    "numbers and names": ["It cost 3.50 or 1.000 at a.org, see b.c.", "Version 2.0 is out.", "Ask ann@b.co.uk."],
    "initials": ["J. R. R. Tolkien and U.S. laws.", "So did I.", "Then Dr. A. Smith left."],
    "titles": ["Mr. and Mrs. Hill met Prof. Wu in St. Ives.", "They talked vs. Gen. Lee, e.g. Monday."],
    "numbers after abbreviations": [
        "See No. 5 and Fig. 3 on p. 12.",
        "He said no.",
        "And that was it.",
        "Vol. 2 is out.",
    ],
    "etc.": ["Apples, pears, etc.", "They are good.", "Apples etc. are good."],
    "German": ["Das gilt z.B. Dienstag, bzw. Prof. Lang.", "Ende."],
    "ellipsis": ["Well...", "Then he left.", "So… this goes on.", "Ach…", "Nein."],
    "digits begin": ["It was so.", "12 men came.", "“Two” left."],
    "other scripts": ["क्या यह है।", "हाँ।", "هل هذا؟", "نعم.", "Это так.", "Да."],
    "many marks": ["What????", "Oh!!!", "I see."],
    "upper and inverted": ["¿Qué?", "¡Sí!", "ÉTÉ.", "Été."],
}


@pytest.mark.parametrize("rule", TEXTS)
def test_sentences_by_rules(rule):
    assert sentences_of(" ".join(TEXTS[rule])) == [sentence for sentence in TEXTS[rule] if sentence]


def test_ideographic_stops_need_no_space():
    assert sentences_of("東京へ行く。「本当？」はい！３．５だ｡終") == [
        "東京へ行く。",
        "「本当？」",
        "はい！",
        "３．５だ｡",
        "終",
    ]


def test_lines_end_sentences_and_white_space_is_none():
    assert sentences_of("a title\n\nIt begins\r\nand ends. \u2029 Next \x85") == [
        "a title",
        "It begins",
        "and ends.",
        "Next",
    ]
    assert sentences_of("") == sentences_of(" \n\t ") == []
    assert sentences_of("... . ?") == ["... . ?"] and sentences_of("Hm. (") == ["Hm. ("]


def test_abbreviations_of_ones_own():
    text = "Hr. Lang u. Frau Kurz. Ende."
    assert sentences_of(text) == ["Hr. Lang u.", "Frau Kurz.", "Ende."]
    assert sentences_of(text, ["u", "hr"]) == ["Hr. Lang u. Frau Kurz.", "Ende."]


def test_long_texts_take_linear_time():
    assert sentences_of("a" * 200_000 + "." * 200_000) and len(sentences_of("Ab. " * 50_000)) == 50_000
    assert sentences_of('"' * 100_000 + "." + ")" * 100_000 + " " * 100_000 + "A")


RUNNING = ["Dr. Hill left. It rained!", "A title", "", "He said so. (Yes.)  She did, too"]


def spelled(corpus):
    words, ends = list(corpus.vocabulary), corpus.offsets.tolist()
    return [[words[i] for i in corpus.ids[a:b]] for a, b in zip(ends[:-1], ends[1:])]  # noqa: RUF007


@pytest.mark.parametrize("tokenizer", [None, "unicode", str.split], ids=["whitespace", "unicode", "function"])
def test_a_corpus_is_read_by_sentences(tokenizer, tmp_path):
    (tmp_path / "raw.txt").write_text("\n".join(RUNNING))
    cut = unicode_words if tokenizer == "unicode" else str.split
    expected = [cut(sentence) for line in RUNNING for sentence in sentences_of(line)]
    assert len(expected) == 6
    for source in (tmp_path / "raw.txt", RUNNING, iter(RUNNING)):
        how = {"tokenizer": tokenizer, "min_count": 1}
        corpus = wordvec.encode_corpus(source, split_sentences=True, cache=tmp_path / "cache", **how)
        assert spelled(corpus) == expected and corpus.options["split_sentences"] is True
    again = wordvec.encode_corpus(tmp_path / "raw.txt", cache=tmp_path / "cache", tokenizer=tokenizer, min_count=1)
    assert len(again) == 3 and "split_sentences" not in again.options


def test_sentences_are_split_in_lines_only(tmp_path):
    with pytest.raises(wordvec.CorpusError, match="each item must be a line"):
        wordvec.encode_corpus([["a", "b"]], split_sentences=True)
    wordvec.encode_corpus(RUNNING, tokenizer="unicode", min_count=1).save(tmp_path / "corpus")
    with pytest.raises(wordvec.OptionError, match="split_sentences must be left out"):
        wordvec.encode_corpus(tmp_path / "corpus", split_sentences=True)
    phrases = wordvec.Phrases([["a", "b"]] * 9, min_count=1, threshold=0.1)
    assert len(phrases.encode_corpus(RUNNING, split_sentences=True, min_count=1)) == 6
