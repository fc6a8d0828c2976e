"""Tokenizers by name: the words of Unicode, its rules one by one, the forms of words, libraries, and metadata."""
# ruff: noqa: RUF001

import sys
import unicodedata

import numpy as np
import pytest

import wordvec
from wordvec import OptionError, encode_corpus
from wordvec._kernels import tokens
from wordvec.corpus.tokenizers import Forms, name_of, tokenizer_named, tokenizer_of, unicode_words, word_break_classes
from wordvec.corpus.word_break_table import UNICODE

RAW = ['The quick ("brown") fox can\'t jump 32.3 feet, right?', "Écoute: l'été à 東京! 👩‍🚀", "", "a\nb"]

RULES = {  # text: words, by the rules of UAX 29, section 4.1.1, in their order
    "white space and punctuation": ("a b\tc\u00a0d -- (e) «f»", ["a", "b", "c", "d", "e", "f"]),
    "WB3c joined emoji": ("👩‍🚀👩‍🚀 a\u200d🚀", ["👩‍🚀", "👩‍🚀", "a\u200d🚀"]),
    "WB4 marks and format": ("e\u0301a co\u00adop a\u0308\u0301.b", ["e\u0301a", "co\u00adop", "a\u0308\u0301.b"]),
    "WB5 letters": ("wordαβγбвгدهو", ["wordαβγбвгدهو"]),
    "WB6, WB7 within letters": (
        "can't can’t a.b.c a:b a. .b a..b",
        ["can't", "can’t", "a.b.c", "a:b", "a", "b", "a", "b"],
    ),
    "WB7a Hebrew and a quote": ("ג' ג'a ג\"", ["ג'", "ג'a", "ג"]),
    "WB7b, WB7c Hebrew and double quotes": ('צה"ל a"b', ['צה"ל', "a", "b"]),
    "WB8, WB9, WB10 digits": ("123 a1b2 ٣٤", ["123", "a1b2", "٣٤"]),
    "WB11, WB12 within digits": (
        "3,500.50 1;2 1'2 3. ,4 1.a a.1",
        ["3,500.50", "1;2", "1'2", "3", "4", "1", "a", "a", "1"],
    ),
    "WB13 Katakana": ("カタカナーab", ["カタカナー", "ab"]),
    "WB13a, WB13b underscores": ("new_york _x_ ___ カ_a_1", ["new_york", "_x_", "カ_a_1"]),
    "WB15, WB16 flags": ("🇩🇪🇫🇷🇬a", ["🇩🇪", "🇫🇷", "🇬", "a"]),
    "emoji": ("👍🏽 ❤️ ❤ ★ ☎️ © 1️⃣ ⏰", ["👍🏽", "❤️", "☎️", "1️⃣", "⏰"]),
    "ideographs and Hiragana": ("東京へ行く", list("東京へ行く")),
    "Thai stays whole": ("ภาษาไทย ดี", ["ภาษาไทย", "ดี"]),
    "URLs": (
        "(https://a.org/b_(c)?d=1#e). http://x, WWW.A.de; ftp://f/ww! https:// www. http://münchen.de/ü”",
        ["https://a.org/b_(c)?d=1#e", "http://x", "WWW.A.de", "ftp://f/ww", "https", "www", "http://münchen.de/ü"],
    ),
    "e-mail": (
        "ann.b-c+d@b.co.uk, x@y @z a@b.c. a..@b.c é@b.de",
        ["ann.b-c+d@b.co.uk", "x", "y", "z", "a@b.c", "a", "b.c", "é", "b.de"],
    ),
    "NUL is a letter": ("a\0b", ["a\0b"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize("rule", RULES)
def test_words_by_the_rules_of_unicode(rule):
    text, words = RULES[rule]
    assert unicode_words(text) == words
    assert unicode_words(f" {text}\n") == words


def test_bytes_that_are_no_utf8_are_letters():
    text = b"caf\xe9 \xff\xfe a\xf0\x9f\x98b \xed\xa0\x80x \xc0\xaf".decode("utf-8", "surrogateescape")
    cut = [word.encode("utf-8", "surrogateescape") for word in unicode_words(text)]
    assert cut == [b"caf\xe9", b"\xff\xfe", b"a\xf0\x9f\x98b", b"\xed\xa0\x80x", b"\xc0\xaf"]


def test_any_bytes_are_cut_within_bounds():
    rng, classes = np.random.default_rng(5), word_break_classes()
    alphabet = np.frombuffer("aB1 .,'\"@:/_-\n(ה東カ🇩👩\u200d❤️\u0301".encode() + b"http://www.\xff\xc3\xf0", np.uint8)
    for size in [*range(40), 3000]:
        data = rng.choice(alphabet, size)
        words = np.full(2 * size, 7, np.uint8)
        assert tokens.cut(classes, data, 0, size, words) <= 2 * size
    with pytest.raises(ValueError, match="bad bounds"):
        tokens.cut(classes, np.zeros(3, np.uint8), 0, 3, np.zeros(5, np.uint8))


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE, reason="the table is of another version of Unicode")
def test_the_table_is_what_the_script_makes():
    from golden_word_breaks import classes

    assert word_break_classes().tolist() == classes()


def spelled(corpus):
    words, ends = list(corpus.vocabulary), corpus.offsets.tolist()
    return [[words[i] for i in corpus.ids[a:b]] for a, b in zip(ends[:-1], ends[1:])]  # noqa: RUF007


def test_a_corpus_is_cut_alike_from_files_and_lines_by_any_workers(tmp_path):
    lines = RAW[:3] * 40
    (tmp_path / "raw.txt").write_text("\n".join(lines))
    one = encode_corpus(tmp_path / "raw.txt", tokenizer="unicode", min_count=1, workers=1)
    assert spelled(one)[:2] == [unicode_words(line) for line in RAW[:2]]
    for source in (tmp_path / "raw.txt", lines, iter(lines)):
        other = encode_corpus(source, tokenizer="unicode", min_count=1, workers=3)
        assert (other.fingerprint, other.stats) == (one.fingerprint, one.stats)
    slow = encode_corpus(lines, tokenizer=unicode_words, min_count=1)
    assert slow.fingerprint == one.fingerprint and slow.options == one.options
    assert spelled(encode_corpus(["a\nb"], tokenizer="unicode", min_count=1)) == [["a", "b"]]
    cached = [
        encode_corpus(tmp_path / "raw.txt", tokenizer=name, min_count=1, cache=tmp_path) for name in ("unicode", None)
    ]
    assert cached[0].fingerprint == one.fingerprint != cached[1].fingerprint
    with pytest.raises(wordvec.CorpusError, match="each item must be a line"):
        encode_corpus([["a"]], tokenizer="unicode")


def test_words_take_forms():
    assert Forms(nfc=True)("e\u0301") == "é" and Forms(fold_accents=True)("Ångström") == "Angstrom"
    text = [["É", "e\u0301", "É", "E", "\u0301", "e"]]
    assert list(encode_corpus(text, min_count=1, fold_accents=True, lowercase=True).vocabulary) == ["e", "\u0301"]
    nfc = encode_corpus(text, min_count=1, nfc=True)
    assert sorted(nfc.vocabulary) == sorted(["É", "é", "E", "\u0301", "e"]) and nfc.options["nfc"] is True
    assert encode_corpus(text, min_count=1, fold_accents=True).vocabulary.counts.tolist() == [3, 2, 1]


def test_texts_are_cut_as_in_training():
    lines = ["The CAFÉ, here!", "a café; there..."] * 5
    corpus = encode_corpus(lines, tokenizer="unicode", lowercase=True, fold_accents=True, min_count=1)
    vectors = wordvec.SkipGram(vector_size=4, epochs=1, workers=1).fit(corpus)
    assert vectors.metadata["options"]["tokenizer"] == "unicode"
    encoder = wordvec.texts.TextEncoder(vectors, workers=1)
    assert (encoder.encode(["(Café!)"])[0] == vectors["cafe"]).all()
    assert not wordvec.texts.TextEncoder(vectors, tokenizer=str.split).encode(["(Café!)"]).any()
    assert (encoder.encode([["cafe"]])[0] == vectors["cafe"]).all()


@pytest.mark.parametrize("name", ["os:system", "jieba", "icu", "spacy:en", "builtins:eval", None, 3, ["unicode"], {}])
def test_a_name_in_a_file_is_inert(name, monkeypatch):
    monkeypatch.setattr("wordvec.corpus.tokenizers.import_module", None)  # whatever is imported fails
    assert tokenizer_of({"options": {"tokenizer": name, "lowercase": True}}) is None
    assert tokenizer_of({"options": name}) is None and tokenizer_of(name) is None


def cut_commas(line):
    return line.split(",")


def numbers(line):
    return [len(line), 3]


def test_a_function_is_named_and_imported():
    sys.modules.setdefault("test_tokenizers", sys.modules[__name__])
    assert tokenizer_named("test_tokenizers:cut_commas") is cut_commas
    assert tokenizer_named("re:split") and tokenizer_named("whitespace") is None
    corpus = encode_corpus(["a b,c"], tokenizer="test_tokenizers:cut_commas", min_count=1)
    assert list(corpus.vocabulary) == ["a b", "c"] and corpus.options["tokenizer"].endswith(":cut_commas")
    assert name_of(str.split) == "?:str.split" or ":" in name_of(str.split)
    assert list(encode_corpus(["ab"], tokenizer=numbers, min_count=1).vocabulary) == ["2", "3"]  # integers are words
    with pytest.raises(wordvec.CorpusError, match="a token must be a str"):
        encode_corpus(["ab"], tokenizer=lambda line: [1.5])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "unicorn",
            "tokenizer must be whitespace, unicode, icu, jieba, fugashi, pythainlp, spacy:NAME, pieces:FILE or "
            "module:function",
        ),
        ("no_such_module:f", "must be a function that can be imported; No module named"),
        ("re:no_such_name", "must be a function that can be imported; module 're' has no attribute"),
        ("re:I", "must be a function from a line to its tokens"),
        (":f", "tokenizer must be whitespace"),
        ("..x:f", "must be a function that can be imported"),
        (7, "tokenizer must be a function from a line to a list of tokens, or the name of one; got 7"),
    ],
)
def test_what_is_no_tokenizer(name, message):
    with pytest.raises(OptionError, match=message):
        encode_corpus(["a"], tokenizer=name)


LIBRARIES = {
    "icu": ("icu", "Can't stop 東京都", ["Can't", "stop"]),
    "jieba": ("jieba", "我来到北京清华大学。", ["我", "来到", "北京"]),
    "fugashi": ("fugashi", "東京へ行く。", ["東京", "へ", "行く"]),
    "pythainlp": ("pythainlp", "ภาษาไทย ดี", ["ภาษาไทย"]),
    "spacy:en": ("spacy", "Don't stop.", ["Do", "n't", "stop"]),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_tokenizers_of_libraries(name):
    module, text, begins = LIBRARIES[name]
    try:
        found = __import__(module)
        if module == "icu" and not hasattr(found, "BreakIterator"):
            raise ImportError("another package of that name")
    except ImportError:
        with pytest.raises(wordvec.LibraryError, match="must be installed for the tokenizer"):
            tokenizer_named(name)
        return
    cut = tokenizer_named(name)
    assert list(cut(text))[: len(begins)] == begins and name_of(cut) == name
