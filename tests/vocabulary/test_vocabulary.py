"""Vocabulary: words to rows and back, whatever the bytes; the index as the specification says."""

import pickle
import random
import time
import zlib

import numpy as np
import pytest

from wordvec.base.errors import FormatError, OptionError, UnknownWordError, WordTypeError, WordvecError
from wordvec.vocabulary import Vocabulary

ODD = [
    "a b",
    "",
    "\n",
    "\x00",
    "naïve",
    "日本語",
    "😀",
    "\udcff\udc80",
    "x\udce9",
    "\xa0",
    "\u2028",
    "e\u0301",
    "é",
    " ",
]


def random_words(number, seed=1):
    rng = random.Random(seed)
    alphabet = [
        chr(rng.choice([rng.randrange(32, 127), rng.randrange(0xA0, 0xD7FF), rng.randrange(0x10000, 0x1FFFF)]))
        for _ in range(200)
    ] + ["\udc80", "\udcff"]
    words = {"".join(rng.choices(alphabet, k=rng.randrange(1, 9))) for _ in range(number)}
    # one to one with bytes: escapes that together happen to be UTF-8 would come back as the character
    return sorted({w.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") for w in words} | set(ODD))


def test_every_word_is_found_and_no_other():
    words = random_words(3000)
    known, unknown = words[::2], words[1::2]
    vocabulary = Vocabulary.from_words(known)
    assert list(vocabulary) == known == [vocabulary[i] for i in range(len(known))]
    assert [vocabulary.get(w) for w in known] == list(range(len(known)))
    assert [vocabulary.get(w) for w in unknown] == [None] * len(unknown)
    assert all(w in vocabulary for w in known) and not any(w in vocabulary for w in unknown)
    mixed = random.Random(2).sample(words, 500)
    assert vocabulary.ids(mixed).tolist() == [known.index(w) if w in set(known) else -1 for w in mixed]
    assert vocabulary.ids(mixed).dtype == np.int32


def test_index_is_the_one_of_the_specification():
    words = random_words(500)
    vocabulary = Vocabulary.from_words(words)
    slots = len(vocabulary.hash)
    assert slots & (slots - 1) == 0 and slots >= 2 * len(words)
    table, longest = [0] * slots, 0
    for i, word in enumerate(words):
        slot, probe = zlib.crc32(word.encode("utf-8", "surrogateescape")) % slots, 1
        while table[slot]:
            slot, probe = (slot + 1) % slots, probe + 1
        table[slot], longest = i + 1, max(longest, probe)
    assert vocabulary.hash.tolist() == table and vocabulary.max_probe == longest


def test_index_from_a_file_is_used_as_it_is():
    built = Vocabulary.from_words(["a", "b", "c"])
    opened = Vocabulary(built.data, built.offsets, None, built.hash, built.max_probe)
    assert np.shares_memory(opened.hash, built.hash) and opened.index("c") == 2
    opened.check()


def test_views_behave_like_list_and_dict():
    words = random_words(300)
    vocabulary = Vocabulary.from_words(words)
    view, rows = vocabulary.words, vocabulary.key_to_index
    assert view == words and view != words[:-1] and view == tuple(words) and view == Vocabulary.from_words(words).words
    assert view[-1] == words[-1] and view[3:9:2] == words[3:9:2] and view[::-1] == words[::-1]
    assert view.index(words[7]) == 7 and words[7] in view and 7 not in view and list(reversed(view)) == words[::-1]
    assert dict(rows) == {w: i for i, w in enumerate(words)} and rows == dict(rows)
    assert rows.get("no such word", 5) == 5 and list(rows.items())[4] == (words[4], 4) and len(rows) == len(words)
    with pytest.raises(IndexError, match=f"below the {len(words)} words"):
        view[len(words)]
    with pytest.raises(ValueError, match="not in the vocabulary"):
        view.index("no such word")
    with pytest.raises(KeyError):
        rows["no such word"]


def test_iteration_of_many_blocks():
    words = [f"w{i}" for i in range(20_000)] + ["é"] + [f"x{i}" for i in range(9_000)]
    assert list(Vocabulary.from_words(words)) == words


def test_unknown_word_is_named_with_close_spellings():
    vocabulary = Vocabulary.from_words(["king", "queen", "Berlin", "ring"])
    with pytest.raises(UnknownWordError, match=r"4 words.*got 'kingg'; close: 'king'$"):
        vocabulary.index("kingg")
    with pytest.raises(UnknownWordError, match="close: 'Berlin'"):
        vocabulary.index("berlin")
    with pytest.raises(UnknownWordError, match="close: 'king', 'ring'"):
        vocabulary.index("xing")
    with pytest.raises(UnknownWordError, match=r"got 'zzzzzz'$"):
        vocabulary.index("zzzzzz")
    with pytest.raises(UnknownWordError) as caught:
        vocabulary.index("kong")
    assert "close: 'king'" in str(pickle.loads(pickle.dumps(caught.value)))


@pytest.mark.parametrize("word", [3, None, b"king", 2.0, np.int64(1), ["king"]])
def test_a_word_is_a_string(word):
    vocabulary = Vocabulary.from_words(["king"])
    assert word not in vocabulary
    with pytest.raises(WordTypeError, match="a word must be a str"):
        vocabulary.get(word)


def test_words_that_no_file_can_hold():
    vocabulary = Vocabulary.from_words(["king"])
    assert vocabulary.get("\ud800") is None and "a\udfff" not in vocabulary
    for words in (["a", "\ud83d"], ["a", 3], "abc", b"abc", [None]):
        with pytest.raises(WordvecError):
            Vocabulary.from_words(words)


def test_duplicates_are_refused_by_name():
    with pytest.raises(OptionError, match="'b' is word 1 and word 3"):
        Vocabulary.from_words(["a", "b", "c", "b"])


def test_counts():
    vocabulary = Vocabulary.from_words(["a", "b"], counts=[3, 2])
    assert vocabulary.counts.tolist() == [3, 2] and vocabulary.counts.dtype == np.int64
    assert Vocabulary.from_words(["a"]).counts is None
    with pytest.raises(OptionError, match="each of 2 words; got 1"):
        Vocabulary.from_words(["a", "b"], counts=[3])
    with pytest.raises(OptionError, match="integers; got float64"):
        Vocabulary.from_words(["a", "b"], counts=[3.0, 1.0])


def test_empty_vocabulary():
    vocabulary = Vocabulary.from_words([])
    assert len(vocabulary) == 0 and list(vocabulary) == [] and "a" not in vocabulary and "" not in vocabulary
    assert vocabulary.words[:] == [] and len(vocabulary.hash) == 2
    vocabulary.check()


def test_take():
    words = random_words(200)
    vocabulary = Vocabulary.from_words(words, counts=range(len(words)))
    rows = random.Random(3).sample(range(len(words)), 50)
    part = vocabulary.take(rows)
    assert list(part) == [words[i] for i in rows] and part.counts.tolist() == rows and part.index(words[rows[9]]) == 9
    assert list(vocabulary.take(slice(3))) == words[:3] and len(vocabulary.take([])) == 0


def test_arrays_are_read_only_and_pickle_by_value():
    vocabulary = Vocabulary.from_words(["a", "b"], counts=[2, 1])
    for array in (vocabulary.data, vocabulary.offsets, vocabulary.counts, vocabulary.hash):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    copy = pickle.loads(pickle.dumps(vocabulary))
    assert copy == vocabulary and copy.counts.tolist() == [2, 1] and copy.index("b") == 1


@pytest.mark.parametrize(
    ("data", "offsets"), [([65], []), ([65], [0, 2]), ([65, 66], [1, 2]), ([65], [[0, 1]]), ([65], [0.0, 1.0])]
)
def test_wrong_offsets(data, offsets):
    with pytest.raises(OptionError, match="offsets must"):
        Vocabulary(data, offsets)


def test_falling_offsets_are_found_before_they_are_followed():
    vocabulary = Vocabulary(np.frombuffer(b"abcd", np.uint8), [0, 9, -7, 4])
    with pytest.raises(OptionError, match="offsets must never fall"):
        vocabulary.get("a")
    hostile = Vocabulary(np.frombuffer(b"abcd", np.uint8), [0, 1 << 60, -(1 << 60), 4], None, np.full(8, 2, np.uint32))
    with pytest.raises(FormatError, match="damaged"):
        hostile.get("a")
    with pytest.raises(FormatError, match="offsets must never fall"):
        hostile.check()


def test_damaged_index_never_crashes_and_check_finds_it():
    words = [f"{i * i}-{i}" for i in range(100)]
    good, rng = Vocabulary.from_words(words), random.Random(4)
    for _ in range(200):
        table = good.hash.copy()
        slot = rng.randrange(len(table))
        table[slot] ^= 1 << rng.randrange(32)
        damaged = Vocabulary(good.data, good.offsets, None, table, good.max_probe)
        for word in rng.sample(words, 10):
            try:
                assert damaged.get(word) in (None, words.index(word))
            except FormatError:
                pass
        with pytest.raises(FormatError, match="word index"):
            damaged.check()
    full = Vocabulary(good.data, good.offsets, None, np.ones(256, np.uint32), None)
    started = time.monotonic()
    assert full.get("absent") is None  # a table without an empty slot ends the search
    assert time.monotonic() - started < 5
    with pytest.raises(FormatError, match="max_probe must be at least"):
        Vocabulary(good.data, good.offsets, None, good.hash, 1).check()


def test_doctests():
    import doctest

    import wordvec.vocabulary

    assert doctest.testmod(wordvec.vocabulary).failed == 0


@pytest.mark.parametrize(
    ("words", "asked", "said"),
    [
        (["caf\u00e9"], "cafe\u0301", "'caf\u00e9' in Unicode form NFC"),
        (["cafe\u0301"], "caf\u00e9", "'cafe\u0301' in Unicode form NFD"),
        (["fine"], "\ufb01ne", "'fine' in Unicode form NFKC"),
        (["Stra\u00dfe"], "stra\u00dfe", "'Stra\u00dfe'"),
        (["new_york"], "New York", "'new_york'"),
        (["new york"], "new_york", "'new york'"),
        (["New-York"], "new york", "'New-York'"),
        (["walk_VERB", "go_VERB", "be_VERB"], "Walk", "'walk_VERB'"),
        (["go|VERB", "be|VERB", "duck|NOUN", "a|NOUN", "b|NOUN"], "duck", "'duck|NOUN'"),
        (["duck"], "duck_NOUN", "'duck'"),
        (["duck"], "duck|NOUN", "'duck'"),
        (["duck"], "duck/NN", "'duck'"),
        (["duck"], "duck#n#1", "'duck'"),
        (["/c/en/a", "/c/en/b", "/c/en/new_york"], "New York", "'/c/en/new_york'"),
        (["dog"], "/c/en/dog", "'dog'"),
        (["dog"], "/c/en/dog/n", "'dog'"),
        (["dog"], "en:dog", "'dog'"),
        (["en:a", "en:b", "en:dog"], "dog", "'en:dog'"),
        (["dog"], " dog ", "'dog'"),
        (["dog"], "dog\n", "'dog'"),
        (["dog"], "\ufeffdog", "'dog'"),
        (["dog"], "##dog", "'dog'"),
        (["\u2581a", "\u2581b", "\u2581dog"], "dog", "'\u2581dog'"),
        ([" dog"], "dog", "' dog'"),
        (["dog\r"], "dog", r"'dog\r'"),
        (["dog_NOUN", "run_VERB"], "dog", "'dog_NOUN'"),
    ],
)
def test_an_unknown_word_is_answered_with_the_same_word_written_otherwise(words, asked, said):
    """Unicode forms, case, blanks, underscores, tags of language and of part of speech are looked through."""
    with pytest.raises(UnknownWordError) as caught:
        Vocabulary.from_words(words).index(asked)
    assert f"; close: {said}" in str(caught.value)


def test_words_that_are_long_or_no_text_have_no_hint():
    vocabulary = Vocabulary.from_words(["a", "dog"])
    for word in ("x" * 100_000, "", "\udc80" * 30, "_" * 150, "://||##"):
        with pytest.raises(UnknownWordError) as caught:
            vocabulary.index(word)
        assert str(caught.value).endswith(repr(word))


def test_words_that_begin_with_a_prefix():
    words = ["über", "uber", "ü", "", "a\nb", "übe"]
    vocabulary = Vocabulary.from_words(words)
    for prefix in ["ü", "üb", "u", "", "a\n", "z", "über", "überall"]:
        expected = [row for row, word in enumerate(words) if word.startswith(prefix)]
        assert vocabulary.starting_with(prefix).tolist() == expected
    assert Vocabulary.from_words([]).starting_with("a").tolist() == []
    with pytest.raises(WordTypeError):
        vocabulary.starting_with(3)
    with pytest.raises(OptionError, match="surrogate"):
        vocabulary.starting_with("\ud800")


def test_the_first_words_that_begin_with_a_prefix(monkeypatch):
    monkeypatch.setattr("wordvec.vocabulary.word_index._PREFIX_BLOCK", 4)
    words = [f"{'do' if i % 3 else 'ca'}{i}" for i in range(30)]
    vocabulary = Vocabulary.from_words(words)
    expected = [row for row, word in enumerate(words) if word.startswith("do")]
    for topn in (0, 1, 2, 3, 19, 20, 21, None):
        assert vocabulary.starting_with("do", topn).tolist() == expected[:topn]
    assert vocabulary.starting_with("do29").tolist() == [29]


@pytest.mark.parametrize("bad", [-1, 2**62, -(2**62)])
def test_damaged_offsets_are_found_before_a_prefix_is_read(bad):
    good = Vocabulary.from_words([f"word{i}" for i in range(9)])
    offsets = good.offsets.copy()
    offsets[4] = bad
    with pytest.raises(FormatError, match="offsets must"):
        Vocabulary(good.data, offsets).starting_with("word")
