"""FastText, Floret and HashEmbedding: what words share, files that peers read, unknown words, bad input."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

import wordvec
from wordvec import FastText, Floret, FormatError, HashEmbedding, KeyedVectors, OptionError, SkipGram
from wordvec.rows import Composed
from wordvec.subwords.features import feature_rows, hashed_numbers, hashed_words, shape, string_numbers
from wordvec.trainers.hashed import digits, residues
from wordvec.vocabulary import packed

SMALL = {"vector_size": 12, "min_count": 1, "workers": 1, "epochs": 2}
SCHEMES = {
    "hash": {"bucket": 100},
    "hashing trick": {"bucket": 100, "hash_count": 1},
    "importance": {"scheme": "importance", "bucket": 100},
    "qr multiply": {"scheme": "qr", "bucket": 100},
    "qr add": {"scheme": "qr", "bucket": 100, "operation": "add"},
    "qr concat": {"scheme": "qr", "bucket": 100, "operation": "concat"},
    "three digits": {"scheme": "qr", "bucket": 100, "hash_count": 3},
    "residues": {"scheme": "residues", "bucket": 100},
    "unified": {"scheme": "unified", "bucket": 100, "hash_count": 4},
    "multi": {"scheme": "multi", "bucket": 80},
    "bytes": {"scheme": "bytes", "bucket": 80, "min_n": 1, "max_n": 4},
}
every_scheme = pytest.mark.parametrize("options", SCHEMES.values(), ids=SCHEMES)


@pytest.fixture(scope="module")
def two_topics():
    """Sentences of words of one of two topics, whose spelling says which."""
    rng = np.random.default_rng(0)
    words = [[f"berry{j}ish" for j in range(60)], [f"mount{j}ain" for j in range(60)]]
    return [[words[i % 2][j] for j in rng.integers(0, 60, 12)] for i in range(2500)]


def gap(vectors, words=None):
    """Mean cosine within the topics less that between them."""
    words = list(vectors.index_to_key) if words is None else words
    rows = np.array([vectors[word] for word in words])
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    topic = np.array([word[0] == "b" for word in words])
    cosine, same = unit @ unit.T, topic[:, None] == topic
    return cosine[same].mean() - cosine[~same].mean()


@pytest.fixture(scope="module")
def fasttext(two_topics):
    return FastText(**SMALL, bucket=2000).fit(two_topics, keep_context=True)


@every_scheme
def test_every_scheme_learns_and_saves(options, two_topics, tmp_path):
    vectors = HashEmbedding(**SMALL | {"epochs": 6}, **options).fit(two_topics)
    assert gap(vectors) > 0.15
    vectors.save(tmp_path / "v.safetensors")
    again = wordvec.load(tmp_path / "v.safetensors")
    again.verify()
    assert np.array_equal(np.asarray(again.vectors), np.asarray(vectors.vectors))
    assert again.most_similar("berry1ish", topn=5) == vectors.most_similar("berry1ish", topn=5)


@pytest.mark.filterwarnings("ignore:.* words of init are not in the corpus")
@pytest.mark.parametrize("trainer", [FastText(bucket=500), SkipGram(), wordvec.CBOW()], ids=lambda t: t.name)
def test_starts_from_words_that_share_rows(trainer, two_topics):
    made = dataclasses.replace(trainer, **SMALL | {"epochs": 1, "alpha": 1e-9, "min_alpha": 0.0})
    first = SkipGram(**SMALL | {"epochs": 1}).fit(two_topics[:50])
    for shared in (first.prune(10), first.merge(first.rename({w: w + "x" for w in first})).dedupe()):
        still = made.fit(two_topics[:50], init=shared)
        for word in first:
            np.testing.assert_allclose(still[word], shared[word], atol=1e-5)


@pytest.mark.parametrize(
    "trainer",
    [FastText(), Floret(), *(HashEmbedding(scheme=scheme) for scheme in ("multi", "bytes", "hash"))],
    ids=["fasttext", "floret", "multi", "bytes", "hash"],
)
def test_starts_from_vectors_that_were_cut(trainer, two_topics):
    """Their tables are cut as well, and so training starts where they are; words of codes cannot start elsewhere."""
    long = dataclasses.replace(trainer, **SMALL | {"epochs": 1, "bucket": 70}).fit(two_topics[:50])
    made = dataclasses.replace(
        trainer, **SMALL | {"epochs": 1, "bucket": 70, "alpha": 1e-9, "min_alpha": 0.0, "vector_size": 6}
    )
    cut = (long if long.subwords else long.decompress()).truncate(6)
    if long.subwords:
        again = made.fit(two_topics[:50], init=cut)
        np.testing.assert_allclose(again.vectors, cut.vectors, atol=1e-5)
        np.testing.assert_allclose(again[["berry1x", "mountains"]], cut[["berry1x", "mountains"]], atol=1e-5)
    else:
        with pytest.raises(OptionError, match="init must"):
            made.fit(two_topics[:50], init=cut)


@every_scheme
def test_training_goes_on_where_it_ended(options, two_topics):
    made = HashEmbedding(**SMALL, **options)
    first = made.fit(two_topics)
    still = dataclasses.replace(made, alpha=1e-9, min_alpha=0.0, epochs=1)
    np.testing.assert_allclose(np.asarray(still.fit(two_topics, init=first).vectors), first.vectors, atol=1e-5)
    with pytest.raises(OptionError, match=r"init must .* of the same"):
        dataclasses.replace(made, bucket=30).fit(two_topics, init=first)


@pytest.mark.parametrize("sg", [True, False])
@pytest.mark.parametrize("hs", [True, False])
def test_all_ways_of_training(sg, hs, two_topics):
    assert gap(FastText(**SMALL, bucket=2000, sg=sg, hs=hs).fit(two_topics)) > 0.4
    assert (
        gap(HashEmbedding(**SMALL | {"epochs": 5}, scheme="importance", bucket=100, sg=sg, hs=hs).fit(two_topics)) > 0.4
    )


def test_without_ngrams_it_is_skip_gram(two_topics):
    plain = SkipGram(**SMALL).fit(two_topics[:300])
    same = FastText(**SMALL, max_n=0).fit(two_topics[:300])
    assert np.array_equal(plain.vectors, same.vectors) and same.subwords is None
    cbow = FastText(**SMALL, max_n=0, sg=False, alpha=0.05).fit(two_topics[:300])
    assert np.array_equal(wordvec.CBOW(**SMALL).fit(two_topics[:300]).vectors, cbow.vectors)


def test_one_injective_hash_is_skip_gram(two_topics):
    """A row for each word, and no two share one: the same steps from the same start, but for rounding."""
    made = HashEmbedding(**SMALL, scheme="hash", hash_count=1, bucket=2**22)
    words = wordvec.encode(two_topics[:300], min_count=1).vocabulary
    rows = np.asarray(made.fit(two_topics[:300]).vectors.codes)
    assert len(np.unique(rows)) == len(words)
    plain = SkipGram(**SMALL)
    start = made._random(2**22)[rows[:, 0]]
    init = KeyedVectors(words, start)
    np.testing.assert_allclose(
        np.asarray(made.fit(two_topics[:300]).vectors), plain.fit(two_topics[:300], init=init).vectors, atol=2e-5
    )


def test_unknown_words_are_composed(fasttext):
    unknown = ["berry99ish", "berries", "mountains", "mount77ain"]
    assert not any(word in fasttext for word in unknown) and gap(fasttext, unknown) > 0.5
    with pytest.raises(wordvec.UnknownWordError):
        fasttext[""]


@pytest.mark.parametrize("options", [SCHEMES["multi"], SCHEMES["bytes"]], ids=["multi", "bytes"])
def test_features_and_bytes_compose_unknown_words_too(options, two_topics, tmp_path):
    vectors = HashEmbedding(**SMALL | {"epochs": 5}, **options).fit(two_topics)
    unknown = ["berry99ish", "mount77ain", "berry98ish", "mount78ain"]
    assert gap(vectors, unknown) > 0.4
    known = list(vectors.index_to_key[:20])
    composed, found = vectors.subwords.compose(known)
    assert found.all() and np.array_equal(composed, [vectors[word] for word in known])
    vectors.save(tmp_path / "v.safetensors")
    assert np.array_equal(wordvec.load(tmp_path / "v.safetensors")["berry99ish"], vectors["berry99ish"])
    assert vectors.subwords.ngrams("berry1ish")


def test_only_ngrams_that_occur_have_rows(fasttext, two_topics):
    buckets = fasttext.subwords.tensors()["pruned"]
    assert len(fasttext.subwords.table) == len(buckets) + 1 < 2001 and not fasttext.subwords.table[-1].any()
    few = FastText(**SMALL).fit(two_topics[:50])
    assert len(few.subwords.table) < 3000 and few.subwords.bucket == 2_000_000


def test_words_and_ngrams_go_on_from_where_they_were(fasttext, two_topics):
    made = FastText(**SMALL | {"epochs": 1}, bucket=2000, alpha=1e-9, min_alpha=0.0)
    still = made.fit(two_topics, init=fasttext)
    np.testing.assert_allclose(still.vectors, fasttext.vectors, atol=1e-5)
    unknown = ["berries", "mountainous", "x"]
    np.testing.assert_allclose(still.subwords.compose(unknown)[0], fasttext.subwords.compose(unknown)[0], atol=1e-5)


FIT = SMALL | {"epochs": 1}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"min_n": 4, "max_n": 3}, "min_n the lower; got 4 and 3"),
        ({"bucket": 0}, "bucket must be an integer >= 1"),
        ({"min_n": -1}, "min_n must be an integer >= 0"),
        ({"max_n": 256}, "max_n must be an integer >= 0 and <= 255"),
    ],
)
def test_options_of_fasttext_that_cannot_be(options, problem):
    with pytest.raises(OptionError, match=problem):
        FastText(**options)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"scheme": "unified", "hash_count": 5}, "vector_size must be a multiple of hash_count"),
        ({"scheme": "qr", "operation": "concat", "hash_count": 5}, "vector_size must be a multiple"),
        ({"scheme": "qr", "hash_count": 1}, "hash_count must be 2 to 8 for qr"),
        ({"scheme": "qr", "hash_count": 9}, "hash_count must be 2 to 8 for qr"),
        ({"scheme": "qr", "bucket": 10}, "bucket must be at least 22 for 120 words of 2 rows"),
        ({"scheme": "importance", "hash_count": 9}, "hash_count must be 1 to 8 for importance"),
        ({"scheme": "md5"}, "scheme must be one of"),
    ],
)
def test_options_of_schemes_that_cannot_be(options, problem, two_topics):
    with pytest.raises(OptionError, match=problem):
        HashEmbedding(**SMALL, **options).fit(two_topics)


@pytest.mark.parametrize("options", [{"bucket": 1}, {"min_n": 0}, {"min_n": 1, "max_n": 1}], ids=str)
def test_extreme_options_of_fasttext(options, two_topics):
    vectors = FastText(**FIT, **{"bucket": 500, **options}).fit(two_topics[:200])
    assert np.isfinite(vectors.vectors).all()
    if options.get("bucket") == 1:
        assert len(vectors.subwords.table) == 2
    if options.get("min_n") == 0:
        assert vectors.subwords.min_n == 1


@pytest.mark.parametrize("trainer", [FastText, Floret, HashEmbedding])
def test_odd_words(trainer, tmp_path):
    odd = ["a", "é", "e\u0301", "👩‍🔬", "ё", "\u200b", "x" * 70_000, "日本語", "</s>", "<", ">", "\x00", "naïve"]
    rng = np.random.default_rng(0)
    text = [[odd[i] for i in rng.integers(0, len(odd), 8)] for _ in range(60)]
    vectors = trainer(**FIT, bucket=300).fit(text)
    assert len(vectors) == len(odd) and np.isfinite(np.asarray(vectors.vectors)).all()
    vectors.save(tmp_path / "v.safetensors")
    again = wordvec.load(tmp_path / "v.safetensors")
    for word in odd:
        assert np.array_equal(again[word], vectors[word])


def test_digits_of_quotient_and_remainder_tell_all_words_apart():
    for words, bucket, count in [
        (100, 40, 2),
        (100_000, 5_000, 2),
        (100_000, 300, 3),
        (7, 6, 2),
        (1, 3, 2),
        (99, 60, 5),
    ]:
        rows = digits(words, bucket, count)
        assert len(np.unique(rows, axis=0)) == words and rows.max() < bucket
        ranges = [(rows[:, place].min(), rows[:, place].max()) for place in range(count)]
        assert all(a[1] < b[0] for a, b in pairwise(ranges)) or words == 1


@pytest.mark.parametrize(
    ("words", "bucket", "count"), [(100, 40, 2), (100_000, 5_000, 2), (100_000, 300, 3), (1, 6, 2)]
)
def test_residues_tell_all_words_apart(words, bucket, count):
    rows = residues(words, bucket, count)
    assert len(np.unique(rows, axis=0)) == words and rows.max() < bucket
    frequent = rows[: bucket // count // 2]
    assert all(len(np.unique(column)) == len(frequent) for column in frequent.T)
    with pytest.raises(OptionError, match="bucket must be at least 202"):
        residues(10_000, 20, 2)
    assert len(np.unique(residues(10_000, 202, 2), axis=0)) == 10_000
    with pytest.raises(OptionError, match="bucket must be at least 192"):  # eight numbers without common divisors
        residues(1000, 8, 8)


def test_residues_of_a_huge_table_are_found_at_once():
    assert residues(10, 2**31 - 1, 2).max() < 2**31 - 1


@pytest.mark.parametrize("bucket", [1, 2])
def test_factors_of_a_row_that_a_word_has_several_times(bucket, two_topics):
    vectors = HashEmbedding(**SMALL, scheme="importance", bucket=bucket, hash_count=8, alpha=0.05).fit(two_topics)
    assert vectors.metadata["loss"][1] < vectors.metadata["loss"][0]


def test_no_hash_of_a_word_is_degenerate():
    rows = hashed_words(wordvec.Vocabulary.from_words([f"w{i}" for i in range(500)]), 1000, 64)
    assert (abs((rows % 2).mean(axis=0) - 0.5) < 0.15).all() and len(np.unique(rows[:, ::4], axis=1).T) == 16


def test_keys_are_those_of_spacy():
    assert string_numbers(*packed(["apple", "coffee", ""])).tolist() == [8566208034543834098, 3197928453018144401, 0]
    mmh3 = pytest.importorskip("mmh3")
    drawn = np.random.default_rng(0).integers(0, 2**64, 500, np.uint64)
    numbers = np.concatenate([np.array([0, 1, 2**64 - 1], np.uint64), drawn])
    for seed in (0, 8, 11):
        expected = [mmh3.hash_bytes(int(n).to_bytes(8, "little"), seed, x64arch=True) for n in numbers]
        assert hashed_numbers(numbers, seed).tobytes() == b"".join(expected)


@pytest.mark.parametrize(
    ("word", "form"),
    [("Apple", "Xxxxx"), ("C3PO", "XdXX"), ("ALLCAPS", "XXXX"), ("12345", "dddd"), ("it's", "xx'x"), ("", ""),
     ("a" * 100, "LONG"), ("a" * 99, "xxxx"), ("Zürich-2", "Xxxxx-d")],
)  # fmt: skip
def test_shapes(word, form):
    assert shape(word) == form


def test_rows_of_features_are_spread_evenly_and_shared_by_equal_features():
    rows = feature_rows([f"w{i}" for i in range(20_000)], 100)
    load = np.bincount(rows[:, :4].ravel(), minlength=100)
    assert ((load - 800) ** 2 / 800).sum() < 99 + 5 * (2 * 99) ** 0.5  # chi-square
    same = feature_rows(["Talking", "talking", "walking"], 1000)
    assert (same[0, :4] == same[1, :4]).all() and (same[0, 12:] != same[1, 12:]).any()
    assert (same[1, 8:12] == same[2, 8:12]).all() and (same[1, 4:8] != same[2, 4:8]).any()


class TestSmallerTables:
    """Fewer rows for n-grams: words stay, unknown words stay near to where they were."""

    UNKNOWN = ("berry99ish", "berries", "mountains", "mount77ain")

    def moved(self, before, after):
        pairs = [(before[word], after[word]) for word in self.UNKNOWN]
        return min(a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairs)

    def test_pruned(self, fasttext, tmp_path):
        size = len(fasttext.subwords.table) - 1
        small = fasttext.compress_subwords(rows=size // 2)
        assert small.subwords.table.shape == (size // 2, 12) and np.array_equal(small.vectors, fasttext.vectors)
        lengths = np.linalg.norm(fasttext.subwords.table[:-1], axis=1)
        assert np.linalg.norm(small.subwords.table, axis=1).min() == np.sort(lengths)[-(size // 2)]
        assert self.moved(fasttext, small) > 0.9
        same = fasttext.compress_subwords(rows=size)
        known = [row for word in self.UNKNOWN for _, row in fasttext.subwords.ngrams(word) if row]
        assert known and self.moved(fasttext, same) > 1 - 1e-6
        small.save(tmp_path / "v.safetensors")
        assert np.array_equal(wordvec.load(tmp_path / "v.safetensors")["berries"], small["berries"])

    def test_folded(self, fasttext):
        small = fasttext.compress_subwords(bucket=1000)
        assert small.subwords.table.shape == (1000, 12) and self.moved(fasttext, small) > 0.6
        one = fasttext.compress_subwords(bucket=1)
        np.testing.assert_allclose(one["berries"], fasttext.subwords.table[:-1].mean(0), atol=1e-6)
        both = fasttext.compress_subwords(rows=500, bucket=1000)
        assert both.subwords.table.shape == (500, 12) and self.moved(fasttext, both) > 0.5

    def test_words_of_which_every_ngram_was_pruned(self, fasttext):
        few = fasttext.compress_subwords(rows=1)
        with pytest.raises(wordvec.UnknownWordError, match="by the policy"):
            few["zzzzqqq"]

    def test_encoded(self, fasttext, tmp_path):
        small = fasttext.compress_subwords(rows=300).compress("int8")
        small.save(tmp_path / "v.safetensors")
        assert self.moved(fasttext, wordvec.load(tmp_path / "v.safetensors")) > 0.8

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"rows": 0}, "rows must be a number of rows from 1 to"),
            ({"rows": 10**6}, "rows must be a number of rows from 1 to"),
            ({"bucket": 3}, "bucket must be a divisor of 2000"),
            ({"bucket": 0}, "bucket must be a divisor of 2000"),
            ({"rows": 2.5}, "rows must be a number of rows"),
            ({"rows": True}, "rows must be a number of rows"),
            ({"bucket": 500.0}, "bucket must be a divisor of 2000"),
        ],
    )
    def test_numbers_that_cannot_be(self, fasttext, options, problem):
        with pytest.raises(OptionError, match=problem):
            fasttext.compress_subwords(**options)

    def test_other_tables(self, two_topics):
        with pytest.raises(OptionError, match="kind 'fasttext'"):
            Floret(**FIT, bucket=100).fit(two_topics[:50]).compress_subwords(rows=5)
        with pytest.raises(OptionError, match="these have none"):
            SkipGram(**FIT).fit(two_topics[:50]).compress_subwords(rows=5)


class TestComposed:
    """Composed matrices are the dense ones that they stand for."""

    @pytest.fixture(params=["mean", "multiply", "concat", "weighted"])
    def pair(self, request):
        rng = np.random.default_rng(0)
        codes, table = rng.integers(0, 40, (500, 3)).astype(np.uint32), rng.standard_normal((40, 8)).astype(np.float32)
        weights = rng.standard_normal((500, 3)).astype(np.float32) if request.param == "weighted" else None
        made = Composed(codes, table, request.param, weights)
        words = [f"w{i}" for i in range(500)]
        return KeyedVectors(words, made), KeyedVectors(words, np.asarray(made))

    def test_answers_are_those_of_the_matrix(self, pair):
        composed, dense = pair
        np.testing.assert_allclose(composed.norms, dense.norms, rtol=1e-6)
        for word in ("w0", "w77", "w499"):
            np.testing.assert_array_equal(composed[word], dense[word])
            one, two = composed.most_similar(word, topn=20), dense.most_similar(word, topn=20)
            assert [round(score, 5) for _, score in one] == [round(score, 5) for _, score in two]
        assert (
            composed.most_similar(["w1", "w2"], ["w3"], topn=3)[0][0] == dense.most_similar(["w1", "w2"], ["w3"])[0][0]
        )
        assert composed.similarity("w3", "w4") == pytest.approx(dense.similarity("w3", "w4"), abs=1e-6)
        assert composed.closer_than("w3", "w4") == dense.closer_than("w3", "w4")
        assert composed.subset(["w5", "w9"])["w9"].tolist() == dense["w9"].tolist()

    def test_may_be_encoded_and_decoded(self, pair, tmp_path):
        composed, dense = pair
        composed.save(tmp_path / "v.txt")
        np.testing.assert_array_equal(wordvec.load(tmp_path / "v.txt").vectors, dense.vectors)
        np.testing.assert_array_equal(composed.decompress().vectors, dense.vectors)

    def test_damaged_files(self, pair, tmp_path):
        composed, _ = pair
        tensors, config = composed.vectors.tensors(), composed.vectors.config()
        for wrong in (
            {".table": tensors[".table"][:, :0]},
            {".table": tensors[".table"].astype(np.float64)},
            {"": tensors[""].astype(np.int64)},
            {".norm": tensors[".norm"][:5]},
        ):
            with pytest.raises(FormatError):
                Composed.from_tensors({**tensors, **wrong}, config)
        with pytest.raises(FormatError, match="compose of the codec"):
            Composed.from_tensors(tensors, {"compose": "xor"})
        codes = tensors[""].copy()
        codes[3] = 40
        damaged = Composed.from_tensors({**tensors, "": codes}, config)
        with pytest.raises(FormatError, match="composed of the 40"):
            damaged[3]


def test_rows_of_many_rows_take_little_memory():
    import tracemalloc

    codes = np.random.default_rng(0).integers(0, 50, (2000, 400)).astype(np.uint32)
    made = Composed(codes, np.ones((50, 100), np.float32), "mean")
    tracemalloc.start()
    try:
        assert (np.asarray(made) == 1).all()
        assert tracemalloc.get_traced_memory()[1] < 8e6
    finally:
        tracemalloc.stop()


def test_nothing_is_encoded_as_composed(fasttext):
    with pytest.raises(OptionError, match="codec must be one of"):
        fasttext.compress("composed")


class TestPeers:
    """The programs that these formats are of read what we write, and answer the same."""

    ODD = ("berries", "x", "zzqq", "ünïc😀de", "mountainous", "e\u0301", "a" * 300, "👩‍🔬")

    def test_fasttext(self, fasttext, tmp_path):
        peer = pytest.importorskip("fasttext")
        wordvec.formats.save(fasttext, tmp_path / "m.bin", format="fasttext")
        model = peer.load_model(str(tmp_path / "m.bin"))
        assert model.words == list(fasttext.index_to_key)
        for word in (*fasttext.index_to_key, *self.ODD):
            if fasttext.can_embed(word):
                np.testing.assert_allclose(model.get_word_vector(word), fasttext[word], atol=1e-6)
            else:  # no n-gram of it was ever seen
                assert not model.get_word_vector(word).any()
        assert sum(map(fasttext.can_embed, self.ODD)) > 1
        assert [word for _, word in model.get_nearest_neighbors("berry1ish", 5)] == [
            word for word, _ in fasttext.most_similar("berry1ish", topn=5)
        ]
        again = wordvec.load(tmp_path / "m.bin")
        np.testing.assert_allclose(again["mountainous"], fasttext["mountainous"], atol=1e-6)

    def test_gensim(self, fasttext, tmp_path):
        gensim = pytest.importorskip("gensim.models.fasttext")
        wordvec.formats.save(fasttext, tmp_path / "m.bin", format="fasttext")
        model = gensim.load_facebook_vectors(str(tmp_path / "m.bin"))
        for word in ("berry3ish", "berries", "mountainous"):
            np.testing.assert_allclose(model[word], fasttext[word], atol=1e-6)

    def test_spacy_reads_floret(self, two_topics, tmp_path):
        pytest.importorskip("spacy")
        from spacy.strings import StringStore
        from spacy.vectors import Mode, Vectors

        vectors = Floret(**SMALL, bucket=500).fit(two_topics)
        subwords = vectors.subwords
        table = Vectors(
            strings=StringStore(), data=np.asarray(subwords.table), mode=Mode.floret, minn=subwords.min_n,
            maxn=subwords.max_n, hash_count=subwords.hash_count, hash_seed=subwords.hash_seed, bow="<", eow=">",
        )  # fmt: skip
        for word in ("berry1ish", "mountainous"):
            np.testing.assert_allclose(table[word], vectors[word], atol=1e-6)
