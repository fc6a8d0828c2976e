"""Static vectors from contextual ones, and embeddings of new vocabularies: identities, brute force, bad input."""

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.base.errors import OptionError
from wordvec.codecs import Factored
from wordvec.interop import from_contextual, init_subword_embeddings, language_models
from wordvec.interop.language_models import sparsemax
from wordvec.optim.teacher import BATCH

# Static from contextual


def alone(batch):
    """A model whose word has a piece for each letter."""
    assert 0 < len(batch) <= BATCH
    return [[[ord(letter), place] for place, letter in enumerate(word)] for word in batch]


def test_words_alone():
    words = [chr(97 + i % 26) * (1 + i // 26) for i in range(70)]
    vectors = from_contextual(alone, [*words, words[0]])
    assert list(vectors) == words and vectors.vocabulary.counts is None
    assert vectors["bbb"].tolist() == [98, 1]
    pooled = {pool: from_contextual(alone, ["ab"], pool=pool)["ab"].tolist() for pool in ("first", "last", "max")}
    assert pooled == {"first": [97, 0], "last": [98, 1], "max": [98, 1]}
    assert from_contextual(lambda batch: np.ones((len(batch), 3)), "word")["word"].tolist() == [1, 1, 1]


def test_the_mean_over_the_first_contexts():
    given = []

    def model(sentences):  # a token is where it stands and how long its sentence is; two pieces each
        given.extend(sentences)
        return [[[[place, len(s)], [place + 1, len(s)]] for place in range(len(s))] for s in sentences]

    contexts = [["a", "b"], ["x"], ["c", "b", "b"], ["b"], ["c", "a", "a", "a"], ["c", "b"], ["c"]]
    vectors = from_contextual(model, ["a", "b", "c", "never"], iter(contexts), n=2, batch_size=2)
    assert list(vectors) == ["a", "b", "c"] and vectors.vocabulary.counts.tolist() == [2, 2, 2]
    assert vectors["a"].tolist() == [(0.5 + 1.5) / 2, 3] and vectors["b"].tolist() == [1.5, 2.5]
    assert vectors["c"].tolist() == [0.5, 3.5]
    assert given == [contexts[0], contexts[2], contexts[4]]  # no sentence more than is needed


def test_pools_over_pieces_and_contexts_by_hand():
    """The model of words is three pieces; a word stands in three sentences, of sizes 1, 2 and 3."""

    def model(sentences):
        return [[[[len(s), -i], [2 * len(s), i], [0, 9]] for i in range(len(s))] for s in sentences]

    contexts, pools = [["w"], ["x", "w"], [], ["x", "y", "w", "w"]], ("mean", "max", "min", "first", "last")
    given = [np.array([[s, -i], [2 * s, i], [0, 9]], float) for s, i in ((1, 0), (2, 1), (4, 2))]
    of_pieces = {"mean": np.mean, "max": np.max, "min": np.min}
    for pool in pools:
        each = [a[0] if pool == "first" else a[-1] if pool == "last" else of_pieces[pool](a, axis=0) for a in given]
        for over in pools:
            found = from_contextual(model, ["w"], contexts, pool=pool, over=over, batch_size=2)
            wanted = each[0] if over == "first" else each[-1] if over == "last" else of_pieces[over](each, axis=0)
            np.testing.assert_allclose(found["w"], wanted, rtol=1e-6)
            assert found.vocabulary.counts.tolist() == [3]


@pytest.mark.parametrize(
    ("model", "contexts", "said"),
    [
        (lambda batch: [], None, "an answer for each word; got 0 for 1"),
        (lambda batch: [[np.nan]], None, "finite"),
        (lambda batch: [[[[1.0]]]], None, "shape"),
        (lambda batch: [[[1.0]]], [["w", "x"]], "each of 2 tokens; got 1"),
        (lambda batch: [[[1.0]]], ["w x"], "cut it"),
        (lambda batch: [[[1.0]]], [["x"]], "they hold none"),
        (lambda batch: [[[1.0] * len(s)] * len(s) for s in batch], [["w"], ["w", "x"]], "always give 1"),
    ],
)
def test_models_that_answer_otherwise_are_refused(model, contexts, said):
    with pytest.raises(OptionError, match=said):
        from_contextual(model, ["w"], contexts)


def test_options_of_from_contextual():
    for options in ({"pool": "sum"}, {"over": "sum"}, {"n": 0}, {"words": []}, {"batch_size": 0}, {"words": [1]}):
        with pytest.raises(OptionError):
            from_contextual(alone, **{"words": ["a"], **options})


# New vocabularies


@pytest.fixture
def toy():
    rng = np.random.default_rng(0)
    source = rng.standard_normal((30, 6)).astype(np.float32)
    aux = rng.standard_normal((40, 4)).astype(np.float32)
    aux[[25, 39]] = 0
    return source, [f"s{i}" for i in range(30)], [f"s{i}" for i in range(20, 60)], aux[:30], aux


def test_the_same_vocabulary_gives_the_same_matrix(toy):
    source, tokens, _, aux, _ = toy
    for method, rank in (("wechsel", None), ("focus", None), ("ofa", 6)):
        made = init_subword_embeddings(source, tokens, tokens, aux, aux, method=method, rank=rank)
        np.testing.assert_allclose(made.matrix, source, atol=1e-5)
        assert made.copied.tolist() == list(range(30)) and not len(made.mixed) and not len(made.random)
    made = init_subword_embeddings(source, tokens, tokens, aux, aux, k=1, overlap=None)
    np.testing.assert_allclose(np.delete(made.matrix, 25, 0), np.delete(source, 25, 0), atol=1e-6)
    assert made.random.tolist() == [25] and not len(made.copied)


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


@pytest.mark.parametrize("rank", [None, 3])
def test_wechsel_and_ofa_by_brute_force(toy, rank, monkeypatch):
    monkeypatch.setattr(language_models, "_BLOCK_BYTES", 500)
    source, _, _, have, want = toy
    made = init_subword_embeddings(*toy, method="ofa" if rank else "wechsel", k=3, temperature=0.2, rank=rank)
    rows = source.astype(float)
    if rank:
        u, s, v = np.linalg.svd(rows)
        rows = u[:, :rank] * s[:rank] @ v[:rank]
    assert made.copied.tolist() == list(range(10)) and made.random.tolist() == [25, 39]
    np.testing.assert_allclose(made.matrix[:10], rows[20:], atol=1e-5)
    for token in made.mixed.tolist():
        near = sorted(((cosine(want[token], have[i]), i) for i in range(30) if have[i].any()), reverse=True)[:3]
        weights = np.exp(np.array([c for c, _ in near]) / 0.2)
        expected = weights / weights.sum() @ rows[[i for _, i in near]]
        np.testing.assert_allclose(made.matrix[token], expected, atol=1e-5)


def test_factors_of_ofa_are_the_matrix_in_memory_and_in_files(toy, tmp_path):
    made = init_subword_embeddings(*toy, method="ofa", rank=3)
    np.testing.assert_allclose(np.asarray(made.factors), made.matrix, atol=1e-6)
    assert made.factors.coordinates.shape == (40, 3) and made.factors.basis.shape == (3, 6)
    np.testing.assert_allclose(made.factors.basis @ made.factors.basis.T, np.eye(3), atol=1e-6)
    KeyedVectors(toy[2], made.factors).save(tmp_path / "x.safetensors")
    again = wordvec.load(tmp_path / "x.safetensors")
    again.verify()
    assert again.vectors.name == "factored" and again.vectors.nbytes < made.matrix.nbytes
    dense = KeyedVectors(toy[2], made.matrix)
    found, wanted = (kv.most_similar("s20", topn=5) for kv in (again, dense))
    assert [word for word, _ in found] == [word for word, _ in wanted]
    again.save(tmp_path / "x.txt")
    np.testing.assert_allclose(wordvec.load(tmp_path / "x.txt").vectors, made.matrix, atol=1e-5)
    assert init_subword_embeddings(*toy).factors is None
    for shapes in (((3, 2), (3, 2)), ((3,), (3, 2)), ((3, 0), (0, 2))):
        with pytest.raises(OptionError, match="coordinates and basis"):
            Factored(*map(np.ones, shapes))


def test_focus_by_brute_force(toy, monkeypatch):
    monkeypatch.setattr(language_models, "_BLOCK_BYTES", 500)
    source, _, _, have, want = toy
    made = init_subword_embeddings(*toy, method="focus")
    shared = [i for i in range(20, 30) if have[i].any()]
    for token in made.mixed.tolist():
        weights = projected(np.array([cosine(want[token], have[i]) for i in shared]))
        np.testing.assert_allclose(made.matrix[token], weights @ source[shared], atol=1e-5)


def projected(z):
    """The nearest distribution, by bisection of its threshold."""
    low, high = z.min() - 1, z.max()
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(z - middle, 0).sum() > 1 else (low, middle)
    return np.maximum(z - low, 0)


def test_sparsemax_is_the_projection_on_the_simplex():
    rng = np.random.default_rng(0)
    for scale in (0.1, 1, 10):
        rows = scale * rng.standard_normal((20, 9))
        np.testing.assert_allclose(sparsemax(rows), [projected(row) for row in rows], atol=1e-9)
    assert sparsemax([[3.0]]).tolist() == [[1.0]]


def test_random_rows_follow_the_source_and_the_seed():
    rng = np.random.default_rng(1)
    source = rng.standard_normal((500, 3)) * [1, 2, 0] + [5, 0, 1]
    tokens, new = [f"s{i}" for i in range(500)], [f"t{i}" for i in range(4000)]
    aux = np.ones((500, 2)), np.zeros((4000, 2))
    made = init_subword_embeddings(source, tokens, new, *aux)
    assert len(made.random) == 4000
    np.testing.assert_allclose(made.matrix.mean(axis=0), source.mean(axis=0), atol=0.15)
    np.testing.assert_allclose(made.matrix.std(axis=0), source.std(axis=0), rtol=0.05, atol=1e-6)
    np.testing.assert_array_equal(init_subword_embeddings(source, tokens, new, *aux).matrix, made.matrix)
    assert (init_subword_embeddings(source, tokens, new, *aux, seed=1).matrix != made.matrix).any()


def test_bad_arguments_are_named(toy):
    source, tokens, target, have, want = toy
    for options, said in (
        ({"method": "zett"}, "method"),
        ({"overlap": "mean"}, "overlap"),
        ({"k": 0}, "k must"),
        ({"temperature": 0}, "temperature"),
        ({"rank": 3}, "rank"),
        ({"method": "ofa"}, "rank"),
        ({"method": "ofa", "rank": 7}, "rank"),
    ):
        with pytest.raises(OptionError, match=said):
            init_subword_embeddings(*toy, **options)
    for arguments, said in (
        ((source[:5], tokens, target, have, want), "source_matrix must have a row"),
        ((source, tokens, target, have, want[:, :3]), "one size"),
        ((source, tokens, target, have, want[:3]), "aux_target must have a row"),
        ((source, ["s"] * 30, target, have, want), "distinct"),
        ((source, tokens, target, have * np.nan, want), "finite"),
    ):
        with pytest.raises(OptionError, match=said):
            init_subword_embeddings(*arguments)
