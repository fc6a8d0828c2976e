"""Bit-ciphers: the codes, their noise, and sums of them held to linear algebra and to a slow twin."""

import dataclasses

import numpy as np
import pytest

import wordvec
from wordvec import BitCipher, Cipher, CorpusError, OptionError
from wordvec.trainers import context_sums as enciphering
from wordvec.trainers.bitcipher import fade
from wordvec.trainers.cipher import least_bits

FOUR = "0 1 2 3 23 13 03 12 02 01 013 023 123 012 0123"
FIVE = "0 1 2 3 4 34 24 14 04 23 13 03 12 02 01 014 024 124 034 134 234 013 023 123 012 0124 1234 0234 0134 0123 01234"
VARIANTS = {
    "sum": {},
    "wide": {"window": 9},
    "psi": {"psi": True},
    "centre": {"include_centre": True},
    "no noise": {"noise": "none"},
    "nf": {"noise": "nf", "psi": True},
    "left": {"side": "left"},
    "linear": {"distance_weight": "linear", "side": "right"},
    "harmonic": {"distance_weight": "harmonic"},
    "subsampled": {"sample": 0.01},
    "concat": {"mode": "concat"},
    "concat centre psi": {"mode": "concat", "include_centre": True, "psi": True, "sample": 0.02},
    "concat right": {"mode": "concat", "side": "right"},
}
every_variant = pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS.keys())


def codes(cipher):
    return [frozenset(cipher.code(row).tolist()) for row in range(len(cipher))]


def slow_codes(bits):
    """The rule by which the codes were first written down: every union, kept where it is new."""
    levels = [[frozenset([bit]) for bit in range(bits)]]
    for size in range(2, bits + 1):
        found = {}
        for bit in reversed(range(bits)):
            for code in reversed(levels[-1]):
                if len(code | {bit}) == size:
                    found[code | {bit}] = None
        levels.append(list(found))
    return [code for level in levels for code in level]


@pytest.fixture(scope="module")
def text():
    """A corpus of 48 words, some of them very frequent, in sentences of all lengths."""
    rng = np.random.default_rng(4)
    words = np.minimum(rng.zipf(1.4, 1500), 50)
    ends = np.unique(rng.integers(1, len(words), 120)).tolist()
    sentences = [words[a:b].tolist() for a, b in zip([0, *ends], [*ends, len(words)])]
    return wordvec.encode_corpus([[f"w{word}" for word in sentence] for sentence in sentences], min_count=1)


def trainer(**options):
    """A bit-cipher of 8 bits for each segment."""
    made = BitCipher(**{"window": 3, "vector_size": 840, "transform": "prob"} | options)
    return dataclasses.replace(made, vector_size=8 * made.segments)


def sums(corpus, made, monkeypatch):
    """The sums of a bit-cipher before they are transformed, float64 [V, segments, bits]."""
    kept = {}

    def keep(self, parts, totals, cipher, pool):
        kept.update(parts=parts.astype(np.float64), totals=totals)

    with monkeypatch.context() as patch:
        patch.setattr(BitCipher, "_transform", keep)
        made.fit(corpus)
    np.testing.assert_allclose(kept["totals"], kept["parts"].sum(axis=0), rtol=1e-5)
    return kept["parts"]


def slow_sums(corpus, made):
    """The same, a pair of words at a time."""
    counts = np.asarray(corpus.vocabulary.counts, np.float64)
    share = counts / counts.sum()
    enciphered = Cipher(counts, made.bits, made.noise).encipher()
    keep = np.ones(len(counts))
    if made.sample:
        keep = np.minimum(1, np.sqrt(made.sample / share) + made.sample / share)
    offsets, weights, unit = made.weights()
    every = sorted([*offsets.tolist(), 0] if made.include_centre else offsets.tolist())
    result = np.zeros((len(counts), made.segments, made.bits))
    for start, end in zip(corpus.offsets, corpus.offsets[1:]):
        for i in range(start, end):
            for offset in every:
                if not start <= i + offset < end:
                    continue
                word, other = corpus.ids[i], corpus.ids[i + offset]
                weight = keep[word]
                if offset:
                    weight *= keep[other] * weights[offsets.tolist().index(offset)] / unit
                if made.psi:
                    weight *= np.cos(np.pi * abs(offset) * share[other]) ** 2
                segment = every.index(offset) if made.mode == "concat" else 0
                result[word, segment] += weight * enciphered[other]
    return result


# The codes


@pytest.mark.parametrize(("bits", "listed"), [(4, FOUR), (5, FIVE)])
def test_the_codes_are_those_of_the_lists(bits, listed):
    assert codes(Cipher(np.ones(2**bits - 1), bits)) == [frozenset(map(int, code)) for code in listed.split()]


@pytest.mark.parametrize("bits", range(1, 11))
def test_the_codes_follow_the_slow_rule(bits):
    found = codes(Cipher(np.ones(2**bits - 1)))
    assert found == slow_codes(bits)
    sizes = [len(code) for code in found]
    assert len(set(found)) == 2**bits - 1 and sizes == sorted(sizes)


def test_fewer_words_have_the_first_codes():
    every = codes(Cipher(np.ones(2**9 - 1), 9))
    for words in (1, 8, 9, 10, 44, 45, 46, 130, 500):
        cipher = Cipher(np.ones(words), 9)
        assert codes(cipher) == every[:words]
        assert all((np.diff(cipher.code(row).astype(int)) > 0).all() for row in range(words))


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8, 12])
def test_what_is_enciphered_can_be_deciphered(bits):
    cipher = Cipher(np.arange(2**bits, 1, -1))
    assert cipher.bits == bits == least_bits(len(cipher))
    assert np.array_equal(cipher.decipher(cipher.encipher(clean=True)), np.arange(len(cipher)))


@pytest.mark.parametrize("bits", [10, 17, 33, 64])
def test_deciphering_with_more_bits_than_needed(bits):
    cipher = Cipher(np.ones(1000), bits)
    rows = np.random.default_rng(bits).permutation(1000)
    assert np.array_equal(cipher.decipher(cipher.encipher(rows, clean=True)), rows)


def test_distributions_sum_up_to_one():
    counts = np.array([90, 40, 40, 9, 5, 5, 5, 1, 1, 1, 1], float)
    beta = {"none": np.ones(11), "f": counts / (counts + 1), "nf": 1 / np.array([1, 2, 2, 1, 3, 3, 3, 4, 4, 4, 4])}
    for noise in ("none", "f", "nf"):
        cipher = Cipher(counts, 5, noise)
        clean = cipher.encipher(clean=True)
        np.testing.assert_allclose(cipher.encipher().sum(axis=1), 1)
        np.testing.assert_allclose(clean.sum(axis=1), 1)
        used = counts @ clean / counts.sum()
        background = (1 - used) / (1 - used).sum()
        np.testing.assert_allclose(cipher.background, background)
        expected = beta[noise][:, None] * clean + (1 - beta[noise])[:, None] * background
        np.testing.assert_allclose(cipher.encipher(), expected)
    assert np.array_equal(Cipher(counts, 5, "none").encipher(), clean)


def test_ciphers_refuse_what_they_cannot_do():
    with pytest.raises(OptionError, match="bits must be from 5 for 16 words to 65,000; got 4"):
        Cipher(np.ones(16), 4)
    with pytest.raises(OptionError, match="counts must be those of one word or more, from the most frequent"):
        Cipher([1, 2])
    with pytest.raises(OptionError, match="one word or more"):
        Cipher([])
    with pytest.raises(OptionError, match="noise must be one of none, f, nf; got 'df'"):
        Cipher([2, 1], noise="df")
    with pytest.raises(OptionError, match="rows of 2 bits"):
        Cipher([2, 1], 2).decipher([[1, 0, 0]])


# The sums


@every_variant
def test_sums_equal_a_slow_twin(text, options, monkeypatch):
    made = trainer(**options)
    expected = slow_sums(text, made)
    assert expected.sum() > 300
    np.testing.assert_allclose(sums(text, made, monkeypatch), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("mode", ["sum", "concat"])
def test_sums_do_not_depend_on_how_the_work_is_cut(text, mode, monkeypatch):
    made = trainer(mode=mode, include_centre=True, psi=True)
    expected = sums(text, made, monkeypatch)
    monkeypatch.setattr(enciphering, "CONTEXTS", 500)  # the places of one word in many parts
    monkeypatch.setattr(enciphering, "NUMBERS", 100)
    np.testing.assert_allclose(sums(text, made, monkeypatch), expected, rtol=1e-6)
    monkeypatch.setattr("wordvec.cooccurrence.plan.LONGEST_BLOCK", 900)  # the corpus in several blocks
    text_in_chunks = dataclasses.replace(text)
    monkeypatch.setattr(type(text), "chunks", lambda self, size=10_000: np.arange(len(self.offsets)))
    np.testing.assert_allclose(sums(text_in_chunks, made, monkeypatch), expected, rtol=1e-6)


@every_variant
def test_sums_of_counts_equal_those_of_the_corpus(text, options, monkeypatch):
    made = trainer(**options)
    counted = dict(window=made.window, side=made.side, distance_weight=made.distance_weight, sample=made.sample)
    counts = wordvec.count(text, **counted, per_offset=made.mode == "concat" or made.psi)
    np.testing.assert_allclose(sums(counts, made, monkeypatch), sums(text, made, monkeypatch), rtol=1e-5, atol=1e-7)


def test_a_sum_is_the_sum_of_the_segments(text, monkeypatch):
    whole, parts = (sums(text, trainer(mode=mode, include_centre=True), monkeypatch) for mode in ("sum", "concat"))
    assert parts.shape[1] == 7
    np.testing.assert_allclose(whole[:, 0], parts.sum(axis=1), rtol=1e-5)
    counts = np.asarray(text.vocabulary.counts, float)
    np.testing.assert_allclose(parts[:, 3], counts[:, None] * Cipher(counts, 8).encipher(), rtol=1e-5)


def test_sums_are_the_product_of_counts_and_codes(text, monkeypatch):
    counts = wordvec.count(text, window=3).to_scipy().toarray()
    cipher = Cipher(text.vocabulary.counts, 8)
    np.testing.assert_allclose(sums(text, trainer(), monkeypatch)[:, 0], counts @ cipher.encipher(), rtol=1e-5)


def test_one_bit_a_word_gives_the_counts_themselves(text, monkeypatch):
    size = len(text.vocabulary)
    made = BitCipher(window=3, vector_size=size, noise="none", transform="logprob", smoothing=1e-9)
    counts = wordvec.count(text, window=3).to_scipy().toarray()
    assert np.array_equal(sums(text, made, monkeypatch)[:, 0], counts)
    seen = counts > 0
    conditional = counts / counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(made.fit(text).vectors[seen], np.log(conditional[seen]), rtol=1e-5, atol=1e-6)


def test_psi_at_its_limits():
    assert fade(np.array([0.0]), 9).tolist() == [[1.0] * 9]
    np.testing.assert_allclose(fade(np.array([0.1, 0.25, 0.5]), 5)[[0, 1, 2], [4, 1, 0]], 0, atol=1e-15)


# The vectors


@pytest.mark.parametrize("mode", ["sum", "concat"])
def test_transforms_are_functions_of_the_sums(text, mode, monkeypatch):
    made = trainer(mode=mode, smoothing=2.5)
    given = sums(text, made, monkeypatch)
    start = 2.5 * Cipher(text.vocabulary.counts, 8).background
    share = (given + start) / (given + start).sum(axis=2, keepdims=True)
    usual = (given.sum(axis=0) + start) / (given.sum(axis=0) + start).sum(axis=1, keepdims=True)
    expected = {
        "prob": share,
        "logprob": np.log(share),
        "neglog10": -np.log10(share),
        "logratio": np.log(share / usual),
    }
    for transform, values in expected.items():
        found = dataclasses.replace(made, transform=transform).fit(text).vectors
        np.testing.assert_allclose(found, values.reshape(found.shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options", [{}, {"mode": "concat", "psi": True}, {"transform": "logratio", "sample": 0.01}], ids=str
)
def test_any_number_of_workers_gives_the_same_bytes(text, options, monkeypatch):
    monkeypatch.setattr(enciphering, "CONTEXTS", 2000)
    one, *others = (trainer(**options, workers=workers).fit(text) for workers in (1, 2, 5))
    assert all(other.vectors.tobytes() == one.vectors.tobytes() for other in others)
    counts = wordvec.count(text, window=3, per_offset=True)
    assert len({trainer(**options, workers=workers).fit(counts).vectors.tobytes() for workers in (1, 3)}) == 1


def test_unrelated_words_of_a_random_text_are_not_similar():
    rng = np.random.default_rng(0)
    words = rng.permutation(np.repeat(np.arange(40), 1000)).reshape(-1, 20)
    vectors = BitCipher(vector_size=16, min_count=1).fit([[f"w{word}" for word in line] for line in words])
    unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    cosines = (unit @ unit.T)[~np.eye(40, dtype=bool)]
    assert abs(cosines.mean()) < 0.1 and np.abs(vectors.vectors).max() < 0.2


def test_words_of_context_say_what_the_vectors_are(text):
    vectors = trainer(transform="logratio").fit(text, keep_context=True)
    np.testing.assert_allclose(vectors.context, Cipher(text.vocabulary.counts, 8).encipher(), rtol=1e-6)
    assert vectors.metadata["bits"] == 8
    with pytest.raises(OptionError, match="keep_context needs contexts of vector_size"):
        trainer(mode="concat").fit(text, keep_context=True)


def test_more_numbers_than_words():
    vectors = BitCipher(vector_size=50, min_count=1).fit([["a", "b", "c"], ["c", "b"], ["d", "a"]])
    assert np.isfinite(vectors.vectors).all() and not vectors.vectors[:, 4:].any() and vectors.vectors[:, :4].any()


def test_words_that_stand_alone_have_the_background():
    vectors = BitCipher(vector_size=4, min_count=1, transform="prob", workers=1).fit([["a", "b"], ["b", "a"], ["c"]])
    np.testing.assert_allclose(vectors["c"], Cipher([2, 2, 1], 4).background, rtol=1e-6)


@pytest.mark.parametrize("noise", ["none", "f"])
def test_offsets_that_no_sentence_reaches_say_nothing(noise):
    made = BitCipher(mode="concat", window=5, vector_size=30, min_count=1, noise=noise)
    parts = made.fit([["a", "b", "c"], ["c", "b"], ["d", "a"]]).vectors.reshape(4, 10, 3)
    assert np.isfinite(parts).all() and not parts[:, [0, 1, 2, 7, 8, 9]].any() and parts[:, 3:7].any()


def test_one_word():
    vectors = BitCipher(vector_size=1, min_count=1).fit([["a", "a", "a"]])
    assert vectors.vectors.tolist() == [[0.0]]


def test_too_few_bits_name_the_least(text):
    with pytest.raises(OptionError, match="48 words need 6 bits or more, which is vector_size 6; got vector_size 5;"):
        BitCipher(vector_size=5).fit(text)
    with pytest.raises(OptionError, match="vector_size 24; got vector_size 20, of 4 offsets with 5 bits each"):
        BitCipher(vector_size=20, window=2, mode="concat").fit(text)


@pytest.mark.parametrize(
    ("options", "nearest"),
    [
        ({"vector_size": 104, "window": 5}, "multiple of 10.*; got 104; the nearest are 100 or 110"),
        ({"vector_size": 7, "window": 5}, "multiple of 10.*; got 7; the nearest are 10"),
        ({"vector_size": 100, "window": 5, "include_centre": True}, "multiple of 11.*; the nearest are 99 or 110"),
        ({"vector_size": 101, "window": 5, "side": "left"}, "multiple of 5.*; the nearest are 100 or 105"),
    ],
    ids=str,
)
def test_sizes_that_are_no_multiple_of_the_offsets(options, nearest):
    with pytest.raises(OptionError, match=nearest):
        BitCipher(mode="concat", **options)


def test_counts_of_whole_windows_are_refused_where_places_count(text):
    counts = wordvec.count(text, window=3)
    for options in ({"psi": True}, {"mode": "concat"}):
        with pytest.raises(OptionError, match="how far apart words stand"):
            trainer(**options).fit(counts)
    apart = wordvec.count(text, window=5, per_offset=True)
    with pytest.raises(OptionError, match="counts must be those of the offsets -3 to 3"):
        trainer(mode="concat").fit(apart)


def test_options_that_go_by_counts(text):
    kept = trainer(gaps="keep", min_count=10).fit(text)
    assert kept.metadata["corpus"]["too_rare"] > 0 and len(kept) < len(text.vocabulary)
    drawn = trainer(sample=0.01, subsample="sampled").fit(text)
    assert np.abs(drawn.vectors - trainer(sample=0.01).fit(text).vectors).max() > 0.001


def test_a_computed_model_takes_no_init_and_calls_back_once(text):
    seen = []
    vectors = trainer().fit(text, callbacks=seen.append)
    assert [(epoch.number, epoch.epochs, epoch.tokens) for epoch in seen] == [(1, 1, 1500)]
    with pytest.raises(OptionError, match="init serves models that learn in steps"):
        trainer().fit(text, init=vectors)


def test_other_models_start_from_it(text):
    start = BitCipher(vector_size=16).fit(text)
    still = wordvec.SkipGram(vector_size=16, epochs=1, alpha=1e-9, min_alpha=0.0, workers=1).fit(text, init=start)
    np.testing.assert_allclose(still.vectors, start.vectors, atol=1e-4)


def test_sentences_of_one_word():
    with pytest.raises(CorpusError, match="two words"):
        BitCipher(min_count=1).fit([["a"], ["b"]])
