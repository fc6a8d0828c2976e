"""FastText and Floret: n-grams of words, files that peers read, unknown words, starting points, bad input."""

import dataclasses

import numpy as np
import pytest
from spelled_topics import SMALL, gap, sentences

import wordvec
from wordvec import FastText, Floret, HashEmbedding, KeyedVectors, OptionError, SkipGram

FIT = SMALL | {"epochs": 1}


@pytest.fixture(scope="module")
def two_topics():
    return sentences()


@pytest.fixture(scope="module")
def fasttext(two_topics):
    return FastText(**SMALL, bucket=2000).fit(two_topics, keep_context=True)


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
    words = wordvec.encode_corpus(two_topics[:300], min_count=1).vocabulary
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
            strings=StringStore(),
            data=np.asarray(subwords.table),
            mode=Mode.floret,
            minn=subwords.min_n,
            maxn=subwords.max_n,
            hash_count=subwords.hash_count,
            hash_seed=subwords.hash_seed,
            bow="<",
            eow=">",
        )
        for word in ("berry1ish", "mountainous"):
            np.testing.assert_allclose(table[word], vectors[word], atol=1e-6)
