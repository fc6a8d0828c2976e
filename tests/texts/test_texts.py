"""Vectors of texts: what each way gives, that it does not depend on blocks or threads, and what bad input gets."""

import numpy as np
import pytest

from wordvec import FormatError, KeyedVectors, OptionError, WordTypeError, load, train
from wordvec._kernels import pooling as kernel
from wordvec.codecs import encode as as_codes
from wordvec.rows import Shared
from wordvec.texts import TextEncoder, encoder
from wordvec.vectors import text_rows as tokens
from wordvec.vocabulary import Vocabulary

WORDS = [f"w{i}" for i in range(200)] + ["naïve", "日本", "\udcff\udce9", "new\xa0york"]
COUNTS = (1000 / np.arange(1, len(WORDS) + 1)).astype(int) + 1


@pytest.fixture(scope="module")
def kv():
    rows = np.random.default_rng(1).standard_normal((len(WORDS), 37)).astype(np.float32)
    return KeyedVectors(WORDS, rows, counts=COUNTS)


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(2)
    drawn = [[WORDS[i] for i in rng.integers(0, len(WORDS), n)] for n in rng.integers(0, 30, 3000)]
    return [" ".join(words + ["unknown"] * (len(words) % 3)) for words in drawn]


def known(kv, text):
    return [word for word in text.replace("\t", " ").replace("\n", " ").split(" ") if word in kv]


def sums(kv, texts, weight=lambda word: 1.0, over=len):
    """Weighted means as the definitions have them."""
    rows = []
    for words in (known(kv, text) for text in texts):
        total = sum((weight(word) * kv[word].astype(float) for word in words), np.zeros(kv.vector_size))
        rows.append(total / over(words) if words else total)
    return np.array(rows)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


def test_mean_sum_and_max(kv, texts):
    close(TextEncoder(kv).encode(texts), sums(kv, texts))
    close(TextEncoder(kv, "sum").encode(texts), sums(kv, texts, over=lambda words: 1))
    most = [np.max([kv[word] for word in known(kv, text)] or np.zeros((1, 37)), axis=0) for text in texts]
    np.testing.assert_array_equal(TextEncoder(kv, "max").encode(texts), most)


def test_sif_is_the_weighted_mean_less_the_first_singular_vector(kv, texts):
    share = dict(zip(WORDS, COUNTS / COUNTS.sum()))
    raw = sums(kv, texts, lambda word: 0.01 / (0.01 + share[word]))
    close(TextEncoder(kv, "sif", sif_a=0.01, components=0).encode(texts), raw)
    u = np.linalg.svd(raw, full_matrices=False)[2][0]
    close(TextEncoder(kv, "sif", sif_a=0.01).fit(texts).encode(texts), raw - np.outer(raw @ u, u))
    close(TextEncoder(kv, "sif", sif_a=1e9, components=0).encode(texts), sums(kv, texts))


def test_usif_weighs_and_scales_as_its_authors_do(kv, texts):
    share, size = COUNTS / COUNTS.sum(), len(WORDS)
    alpha = (share > 1 - (1 - 1 / size) ** 11).sum() / size
    a = (1 - alpha) / (alpha * size / 2)
    assert 0 < alpha < 1
    weights = dict(zip(WORDS, a / (a / 2 + share)))
    raw = []
    for words in (known(kv, text) for text in texts):
        rows = np.array([kv[word] for word in words], float).reshape(-1, 37)
        scaled = rows / np.linalg.norm(rows, axis=0)
        raw.append((scaled * [[weights[word]] for word in words]).mean(0) if words else np.zeros(37))
    raw = np.array(raw)
    close(TextEncoder(kv, "usif", components=0).encode(texts), raw)
    singular, directions = np.linalg.svd(raw, full_matrices=False)[1:]
    shares = singular[:5] ** 2 / (singular[:5] ** 2).sum()
    expected = raw - (raw @ directions[:5].T * shares) @ directions[:5]
    close(TextEncoder(kv, "usif").fit(texts).encode(texts), expected)


def test_tfidf_is_learned_once(kv, texts):
    fitted = TextEncoder(kv, "tfidf").fit(texts)
    in_texts = [set(known(kv, text)) for text in texts]
    df = {word: sum(word in words for words in in_texts) for word in WORDS}
    idf = {word: np.log((1 + len(texts)) / (1 + n)) + 1 for word, n in df.items()}
    rows = sums(kv, texts[:50], idf.__getitem__, over=lambda words: sum(idf[word] for word in words))
    close(fitted.encode(texts[:50]), rows)


def test_the_vector_of_a_text_does_not_depend_on_its_company(kv, texts):
    for agg in ("mean", "tfidf", "sif", "usif"):
        fitted = TextEncoder(kv, agg).fit(texts)
        together = fitted.encode(texts[:20])
        np.testing.assert_array_equal(np.concatenate([fitted.encode([text]) for text in texts[:20]]), together)
        assert np.abs(together).max() > 0


@pytest.mark.parametrize("agg", ["mean", "max", "sif", "usif", "tfidf"])
def test_blocks_threads_and_instructions_do_not_matter(kv, texts, agg, monkeypatch):
    expected = TextEncoder(kv, agg, workers=1).fit(texts).encode(texts)
    np.testing.assert_array_equal(TextEncoder(kv, agg, workers=4).fit(texts).encode(texts), expected)
    monkeypatch.setattr(tokens, "TOKENS", 5)
    monkeypatch.setattr(encoder, "SHARE", 7)
    close(TextEncoder(kv, agg, workers=3).fit(texts).encode(texts), expected)
    monkeypatch.undo()
    original = kernel.pooled
    for level in (0, 1):
        monkeypatch.setattr(encoder.kernel, "pooled", lambda *a, level=level: original(*a, level))
        np.testing.assert_allclose(TextEncoder(kv, agg).fit(texts).encode(texts), expected, rtol=1e-4, atol=1e-5)


def test_texts_are_cut_at_ascii_white_space(kv):
    expected = {
        "\tw1\n w2\v": ["w1", "w2"],
        "new\xa0york": ["new\xa0york"],
        "naïve 日本": ["naïve", "日本"],
        "\udcff\udce9 w1": ["\udcff\udce9", "w1"],
        ("new\xa0york", "w1"): ["new\xa0york", "w1"],
    }
    for row, words in zip(TextEncoder(kv, "sum").encode(expected), expected.values()):
        close(row, sum(kv[word] for word in words))
    assert not TextEncoder(kv).encode(["W1"]).any()
    close(TextEncoder(kv, lowercase=True).encode(["W1", ["W2"]]), kv[["w1", "w2"]])
    close(TextEncoder(kv, tokenizer=lambda text: text.split(",")).encode(["w1,w1"])[0], kv["w1"])


def test_short_and_long_texts(kv):
    found = TextEncoder(kv).encode(["", " \n ", "none of these", "w7", "w7 " * 10_000, "w1 w2 " * 200_000])
    assert not found[:3].any()
    np.testing.assert_array_equal(found[3], kv["w7"])
    close(found[4], kv["w7"])
    close(found[5], (kv["w1"] + kv["w2"]) / 2)
    for agg in ("sif", "usif", "tfidf"):
        assert np.isfinite(TextEncoder(kv, agg).fit(["", "w1 w2", "x"]).encode(["", "w1", "x", "w2 " * 10_000])).all()
    assert TextEncoder(kv).encode([]).shape == (0, 37)
    assert TextEncoder(KeyedVectors([], np.zeros((0, 3)))).encode(["a b"]).tolist() == [[0, 0, 0]]


def test_norm(kv, texts):
    lengths = np.linalg.norm(TextEncoder(kv, norm="l2").encode(["w1 w2", "", "w3"]), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1], atol=1e-6)


def test_unknown_words_by_the_policy(kv):
    assert TextEncoder(kv.with_oov("zero"), "mean").encode(["w1 x"])[0].tolist() == (kv["w1"] / 2).tolist()
    even = kv.with_oov(lambda word: np.full(37, len(word)) if len(word) % 2 == 0 else None)
    close(TextEncoder(even).encode(["w1 even odd"])[0], (kv["w1"] + 4) / 2)
    close(TextEncoder(even, oov="skip").encode(["w1 even odd"])[0], kv["w1"])
    fitted = TextEncoder(even, "tfidf").fit(["w1", "w1 even"])
    rest = np.log(3) + 1
    close(fitted.encode(["w1 even"])[0], (kv["w1"] + 4 * rest) / (1 + rest))


def test_rows_that_words_share_and_codes(kv, texts):
    shared = KeyedVectors(WORDS, Shared(kv.vectors[:100], np.arange(len(WORDS)) % 100))
    plain = KeyedVectors(WORDS, kv.vectors[np.arange(len(WORDS)) % 100])
    np.testing.assert_array_equal(TextEncoder(shared).encode(texts), TextEncoder(plain).encode(texts))
    codes = as_codes(np.array(kv.vectors), "int8")
    compressed, decoded = (KeyedVectors(WORDS, m, counts=COUNTS) for m in (codes, np.asarray(codes)))
    close(TextEncoder(compressed, "sif").fit(texts).encode(texts), TextEncoder(decoded, "sif").fit(texts).encode(texts))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (["w1"] * 1500 + [None], "text 1500 is missing"),
        (["w1", float("nan")], "text 1 is missing"),
        (["w1", 3], "text 1 is of type int"),
        (["w1", b"w1"], "text 1 is of type bytes"),
        ([["w1", 3]], "token 1 is of type int"),
    ],
)
def test_what_is_no_text(kv, bad, said):
    for options in ({}, {"workers": 3}, {"lowercase": True}):
        with pytest.raises(WordTypeError, match=said):
            TextEncoder(kv, **options).encode(bad)


def test_half_of_a_surrogate_pair_is_no_word(kv):
    close(TextEncoder(kv).encode(["w1 \ud800 w2"])[0], (kv["w1"] + kv["w2"]) / 2)


def test_arguments(kv):
    bad = {"agg": "median", "oov": "raise", "norm": "l3", "sif_a": 0, "components": -1, "workers": 0}
    for name, value in bad.items():
        with pytest.raises(OptionError, match=name):
            TextEncoder(kv, **{name: value})
    with pytest.raises(OptionError, match="vectors must be KeyedVectors"):
        TextEncoder("v.safetensors")
    with pytest.raises(OptionError, match="n-grams"):
        TextEncoder(kv, oov="subword")
    for one in ("w1", b"w1", np.array([["w1"]])):
        with pytest.raises(OptionError, match="texts must be a list"):
            TextEncoder(kv).encode(one)
    for agg in ("sif", "usif", "tfidf"):
        with pytest.raises(OptionError, match="fit must be called"):
            TextEncoder(kv, agg).encode(["w1"])


@pytest.mark.parametrize("agg", ["mean", "tfidf", "sif", "usif"])
@pytest.mark.parametrize("counted", [True, False], ids=["counts", "no counts"])
def test_an_encoder_is_one_file(kv, texts, agg, counted, tmp_path):
    own = kv if counted else KeyedVectors(WORDS, kv.vectors)
    fitted = TextEncoder(own, agg, norm="l2").fit(texts[:500])
    fitted.save(tmp_path / "e.safetensors")
    again = TextEncoder.load(tmp_path / "e.safetensors")
    np.testing.assert_array_equal(again.encode(texts), fitted.encode(texts))
    assert "text_encoder" not in own.metadata
    own.save(tmp_path / "v.safetensors")
    with pytest.raises(FormatError, match=r"TextEncoder\.save"):
        TextEncoder.load(tmp_path / "v.safetensors")
    with pytest.raises(OptionError, match="tokenizer"):
        TextEncoder(own, tokenizer=str.split).save(tmp_path / "t.safetensors")


def test_a_damaged_index_is_an_error_not_a_crash():
    vocabulary = Vocabulary.from_words(["a", "b"])
    damaged = Vocabulary(vocabulary.data, vocabulary.offsets, hash=np.full(8, 77, np.uint32), max_probe=8)
    with pytest.raises(FormatError, match="index"):
        TextEncoder(KeyedVectors(damaged, np.eye(2))).encode(["a b c"])


def matrices(first, dim, scale, seed=3):
    rows = scale * np.random.default_rng(seed).standard_normal((len(WORDS), first + dim * dim)).astype(np.float32)
    return KeyedVectors(WORDS, rows, counts=COUNTS, metadata={"matrices": {"first": first, "dim": dim}})


def product(kv, words, first, dim):
    m = np.eye(dim)
    for word in words:
        m = m @ (np.eye(dim) + kv[word][first:].astype(float).reshape(dim, dim))
    return np.concatenate([sum((kv[word][:first] for word in words), np.zeros(first)), (m - np.eye(dim)).ravel()])


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize(("first", "dim"), [(0, 20), (5, 16), (7, 3), (0, 1), (3, 24), (2, 28), (4, 33), (6, 0)])
def test_the_product_of_matrices_in_their_order(first, dim, level, texts, monkeypatch):
    original = encoder.products.multiplied
    monkeypatch.setattr(encoder.products, "multiplied", lambda *a: original(*a, level))
    kv = matrices(first, dim, 0.2 / max(dim, 1) ** 0.5)
    some = ["", "w1", "w1 w2", "w2 w1", "none w3 w1", *texts[:40]]
    expected = np.array([product(kv, known(kv, text), first, dim) for text in some])
    for found in (TextEncoder(kv).encode(some), TextEncoder(kv, "product", workers=1).encode(some)):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert not dim or np.abs(expected[2] - expected[3]).max() > 0 or dim == 1
    lengths = np.linalg.norm(TextEncoder(kv, norm="l2").encode(some), axis=1)
    np.testing.assert_allclose(lengths, [0] + [1] * 4 + [bool(known(kv, text)) for text in some[5:]], atol=1e-5)


@pytest.mark.parametrize("scale", [0.5, 0.02, 3.0])
def test_products_of_long_texts_are_finite_and_keep_their_direction(scale):
    kv = matrices(0, 16, scale)
    text = " ".join(WORDS[i] for i in np.random.default_rng(0).integers(0, 200, 10_000))
    found = TextEncoder(kv).encode([text])[0]
    m = np.eye(16)
    for word in text.split():
        m = m @ (np.eye(16) + kv[word].astype(float).reshape(16, 16))
        m /= np.abs(m).max()
    assert np.isfinite(found).all() and np.isfinite(np.linalg.norm(found.astype(float)))
    grown = found + np.eye(16).ravel() if np.abs(found).max() < 100 else found
    assert abs(grown @ m.ravel() / np.linalg.norm(grown.astype(float)) / np.linalg.norm(m)) > 0.999


def test_matrices_that_vanish_are_zeros():
    kv = KeyedVectors(["half"], [-0.5 * np.eye(2).ravel()], metadata={"matrices": {"first": 0, "dim": 2}})
    found = TextEncoder(kv).encode(["half half", "half " * 5000])
    assert found.tolist() == [[-0.75, 0, 0, -0.75], [-1, 0, 0, -1]]


def test_unknown_words_and_the_identity(texts):
    kv = matrices(4, 5, 0.1)
    np.testing.assert_array_equal(
        TextEncoder(kv.with_oov("zero")).encode(["w1 x w2", "x"]), TextEncoder(kv).encode(["w1 w2", ""])
    )
    own = kv.with_oov(lambda word: kv["w3"])
    np.testing.assert_allclose(
        TextEncoder(own).encode(["w1 x w2"]), TextEncoder(kv).encode(["w1 w3 w2"]), rtol=1e-5, atol=1e-6
    )
    fitted = TextEncoder(kv, components=2).fit(texts)
    raw = TextEncoder(kv).encode(texts[:9])
    c = fitted.learned.components
    np.testing.assert_allclose(fitted.encode(texts[:9]), raw - raw @ c.T @ c, rtol=1e-3, atol=1e-5)


def test_rows_that_are_no_matrices(kv):
    for told in ({}, {"matrices": {"first": 0, "dim": 7}}, {"matrices": 3}, {"matrices": {"first": -12, "dim": 7}}):
        with pytest.raises(OptionError, match="agg must be another"):
            TextEncoder(KeyedVectors(WORDS, kv.vectors, metadata=told), "product")


def test_what_cmow_learns_is_encoded_as_products(tmp_path):
    sentences = [["a", "b", "c"], ["c", "b", "a"], ["a", "c"]] * 50
    for model in ("cmow", "cbow-cmow"):
        vectors = train(sentences, model=model, vector_size=16, min_count=1)
        vectors.save(tmp_path / f"{model}.safetensors")
        again = TextEncoder(load(tmp_path / f"{model}.safetensors"))
        first, dim = vectors.metadata["matrices"].values()
        found = again.encode(["a b c", "c b a"])
        expected = [product(vectors, text.split(), first, dim) for text in ("a b c", "c b a")]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
        assert np.abs(found[0] - found[1]).max() > 1e-3
