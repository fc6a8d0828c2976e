"""Meta-embeddings: several spaces in one, words that some of them lack, and what each method must recover."""

from itertools import pairwise

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.align import meta
from wordvec.align.meta.one_to_n import source_maps
from wordvec.align.meta.sources import Sources
from wordvec.base.errors import OptionError


def clustered(words=600, dim=24, seed=0, spread=0.35):
    """[words, dim] rows around 60 centres: words have neighbours."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((60, dim))
    return (centres[np.arange(words) % 60] + spread * rng.standard_normal((words, dim))).astype(np.float32)


def turned(rows, size, seed):
    """The rows in `size` dimensions or more, turned."""
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0]
    return np.pad(rows, ((0, 0), (0, size - rows.shape[1]))) @ turn


NAMES = [f"w{i}" for i in range(600)]


def cosine(x, y):
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def test_the_average_of_one_source_is_that_source():
    source = KeyedVectors(NAMES, clustered())
    made = meta.average([source])
    np.testing.assert_allclose(made.vectors, source.get_normed_vectors(), atol=1e-6)
    centred = meta.average([source], normalize="unit,center,unit")
    assert np.abs(centred.vectors.mean(axis=0)).max() < 0.02


def test_a_source_of_little_weight_has_little_part():
    sources = [KeyedVectors(NAMES, clustered(seed=s)) for s in (0, 1)]
    first = meta.average(sources, weights=[1, 0.01], normalize="unit", pivot=0)
    np.testing.assert_allclose(first.vectors, sources[0].get_normed_vectors(), atol=0.02)
    assert np.abs(meta.average(sources, normalize="unit", pivot=0).vectors - first.vectors).max() > 0.1


@pytest.mark.parametrize("size", [24, 40])
def test_the_average_of_turned_copies_is_the_copy(size):
    rows = clustered()
    sources = [KeyedVectors(NAMES, rows), KeyedVectors(NAMES[::-1], 7 * turned(rows, size, 1)[::-1])]
    made = meta.average(sources, normalize="unit", pivot=0)
    expected = sources[0].get_normed_vectors()
    np.testing.assert_allclose(made[NAMES], expected, atol=1e-4)
    assert meta.average(sources, normalize="unit").vector_size == size  # the largest is the pivot


def test_a_word_that_is_missing_is_restored_from_another_source():
    rows = clustered()
    whole = KeyedVectors(NAMES, turned(rows, 30, 1))
    some = [name for i, name in enumerate(NAMES) if i % 7]  # every seventh is missing
    part = KeyedVectors(some, rows[[i for i in range(600) if i % 7]])
    opened = Sources([part, whole], normalize="unit", oov="neighbours", limit=1000)
    made = opened.parts[0].rows(opened.words.ids(NAMES).astype(np.int64))[0]
    found = [cosine(made[i], rows[i]) for i in range(0, 600, 7)]
    assert np.mean(found) > 0.9 and min(found) > 0.8
    assert len(opened.parts[0].filled) == 86
    averaged = meta.average([part, whole], normalize="unit", pivot=0)
    known = meta.coverage(averaged)
    assert known.shape == (600, 2) and known[:, 1].all() and known[:, 0].sum() == 514
    assert averaged.metadata["meta"]["sources"][0] == {
        "words": 514,
        "filled": 86,
        "vector_size": 24,
        "trainer": None,
    }
    assert np.mean([cosine(averaged[NAMES[i]], rows[i]) for i in range(0, 600, 7)]) > 0.95


def test_filling_equals_its_definition():
    rng = np.random.default_rng(3)
    left, right = (rng.standard_normal((30, d)).astype(np.float32) for d in (5, 7))
    part, other = KeyedVectors(NAMES[:30], right), KeyedVectors(NAMES[:31], [*left, rng.standard_normal(5)])
    opened = Sources([part, other], normalize="unit", oov="neighbours", neighbours=(2, 8), limit=1000)
    units = left / np.linalg.norm(left, axis=1, keepdims=True)
    query = other["w30"] / np.linalg.norm(other["w30"])
    order = np.argsort(-(units @ query))[:8]
    weights = 1 + units[order] @ query
    means = [(weights[:k] @ units[order[:k]]) / weights[:k].sum() for k in range(2, 9)]
    best = 2 + int(np.argmax([cosine(mean, query) for mean in means]))
    there = right / np.linalg.norm(right, axis=1, keepdims=True)
    expected = weights[:best] @ there[order[:best]] / weights[:best].sum()
    np.testing.assert_allclose(opened.parts[0].filled[0], expected, atol=1e-5)


def test_few_shared_words_are_enough_and_none_are_left_as_they_are():
    three = [KeyedVectors(["a", "b"], [[1, 0], [0, 1]]), KeyedVectors(["b", "c"], [[0, 1], [1, 0]])]
    made = meta.average(three, normalize="unit", neighbours=(2, 50))  # one shared word, fewer than two
    assert set(made) == {"a", "b", "c"} and np.isfinite(made.vectors).all()
    with pytest.raises(OptionError, match="source 1 shares none"):
        meta.average([three[0], KeyedVectors(["x", "y"], [[1, 0], [0, 1]])])
    apart = meta.concat([three[0], KeyedVectors(["x", "y"], [[1, 0], [0, 1]])], normalize="unit")
    assert apart["x"].tolist() == [0, 0, 1, 0]


def test_oov_policies_and_the_order_of_words():
    first, second = KeyedVectors(["a", "b", "c"], np.eye(3)), KeyedVectors(["d", "a"], np.eye(2))
    assert list(meta.concat([first, second], oov="zero")) == ["a", "d", "b", "c"]
    assert list(meta.concat([first, second], oov="drop")) == ["a"]
    with pytest.raises(OptionError, match="they share none"):
        meta.concat([first, KeyedVectors(["x"], [[1]])], oov="drop")


def test_cosines_of_the_concatenation_are_means():
    rows = [clustered(seed=s, dim=d) for s, d in ((0, 24), (1, 10))]
    sources = [KeyedVectors(NAMES, r) for r in rows]
    made = meta.concat(sources, weights=[1, 2], normalize="unit")
    expected = (sources[0].similarity("w1", "w2") + 4 * sources[1].similarity("w1", "w2")) / 5
    assert made.similarity("w1", "w2") == pytest.approx(expected, abs=1e-6)


def test_svd_equals_numpy():
    sources = [KeyedVectors(NAMES, clustered(seed=s, dim=d)) for s, d in ((0, 24), (1, 10))]
    whole = meta.concat(sources).vectors.astype(np.float64)
    u, s, _ = np.linalg.svd(whole, full_matrices=False)
    made = meta.svd(sources, 12)
    np.testing.assert_allclose(np.abs(made.vectors), np.abs(u[:, :12] * s[:12]), atol=1e-4)
    assert made.metadata["meta"]["variance"] == pytest.approx((s[:12] ** 2).sum() / (s**2).sum(), rel=1e-5)
    full = meta.svd(sources, 34)
    assert full.similarity("w3", "w63") == pytest.approx(meta.concat(sources).similarity("w3", "w63"), abs=1e-5)


def test_1ton_recovers_what_is_linear_and_never_gets_worse():
    rng = np.random.default_rng(0)
    hidden = clustered(dim=12)
    units = [hidden @ rng.standard_normal((12, d)) for d in (20, 15, 18)]
    keep = [rng.random(600) < 0.8 for _ in units]
    sources = [
        KeyedVectors([n for n, k in zip(NAMES, kept, strict=True) if k], rows[kept])
        for rows, kept in zip(units, keep, strict=True)
    ]
    made = meta.oneton(sources, 12, iterations=15, ridge=1e-3, normalize="none")
    objective = made.metadata["meta"]["objective"]
    assert all(b <= a * (1 + 1e-6) for a, b in pairwise(objective))
    opened = Sources(sources, normalize="none", limit=1000)
    for place, part in enumerate(opened.parts):  # what a source lacks is predicted
        missing = np.flatnonzero(~part.has)
        predicted = made.vectors[missing] @ source_maps(opened, made.vectors, [1, 1, 1], 1e-3)[place]
        true = units[place][[NAMES.index(opened.words[i]) for i in missing.tolist()]]
        assert len(missing) > 90
        assert np.mean([cosine(x, y) for x, y in zip(predicted, true, strict=True)]) > 0.97


def test_any_number_of_sources_and_their_mask():
    rows = clustered(60)
    sources = [KeyedVectors(NAMES[: 60 - i], rows[: 60 - i]) for i in range(20)]
    made = meta.average(sources)
    known = meta.coverage(made)
    assert known.shape == (60, 20)
    assert known.sum(axis=0).tolist() == [60 - i for i in range(20)]


def test_it_is_kept_in_the_file(tmp_path):
    sources = [KeyedVectors(["a", "b", "c"], np.eye(3)), KeyedVectors(["b", "c", "d"], np.eye(3))]
    made = meta.average(sources)
    made.save(tmp_path / "meta.safetensors")
    again = wordvec.load(tmp_path / "meta.safetensors")
    assert (meta.coverage(again) == meta.coverage(made)).all()
    with pytest.raises(OptionError, match="meta-embedding"):
        meta.coverage(sources[0])


def test_compressed_sources_give_nearly_the_same():
    sources = [KeyedVectors(NAMES, clustered(dim=24)), KeyedVectors(NAMES, clustered(dim=24, seed=1))]
    small = [source.compress("int8") for source in sources]
    exact, rough = meta.average(sources), meta.average(small)
    assert np.einsum("nd,nd->n", exact.vectors, rough.vectors).min() > 0.99


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("average", {"oov": "guess"}, "oov must be"),
        ("average", {"map": "linear"}, "map must be"),
        ("average", {"pivot": 2}, "pivot must be the place"),
        ("average", {"neighbours": (0, 5)}, "neighbours must be"),
        ("concat", {"weights": [1]}, "weights must be a number > 0 for each of 2"),
        ("concat", {"weights": [1, -1]}, "weights must be"),
        ("svd", {"dim": 7}, "dim must be from 1 to 6"),
        ("1ton", {"dim": 0}, "dim must be an integer >= 1"),
        ("1ton", {"dim": 2, "ridge": 0}, "ridge must be"),
    ],
)
def test_bad_options_are_refused(method, options, message):
    sources = [KeyedVectors(["a", "b", "c"], np.eye(3)), KeyedVectors(["b", "c", "d"], np.eye(3))]
    with pytest.raises(OptionError, match=message):
        meta.combine(sources, method, **options)
    with pytest.raises(OptionError, match="list of vectors"):
        meta.combine([], method)
