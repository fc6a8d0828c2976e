"""Counts that are added, and counts in several files."""

import os
from dataclasses import replace

import numpy as np
import pytest

import wordvec
from wordvec import Cooccurrence, FormatError, OptionError, Vocabulary
from wordvec.cooccurrence import merging
from wordvec.corpus import encode_corpus, merged_vocabulary


def text(seed, sentences=60):
    rng = np.random.default_rng(seed)
    return [[f"w{n}" for n in np.minimum(rng.zipf(1.5, 12), 30)] for _ in range(sentences)]


WORDS = [f"w{n}" for n in range(1, 31)]


def counted(lines, **options):
    return wordvec.count(encode_corpus(lines, vocabulary=WORDS), window=3, workers=1, **options)


def same(left, right):
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(left, name), getattr(right, name)), name
    assert left.vocabulary == right.vocabulary
    assert np.array_equal(left.vocabulary.counts, right.vocabulary.counts)
    assert left.options == right.options


@pytest.mark.parametrize("options", [{}, {"side": "left"}, {"per_offset": True}, {"distance_weight": "linear"}])
def test_the_sum_of_two_halves_is_the_whole(options, monkeypatch):
    monkeypatch.setattr(merging, "STEP", 50)
    first, second, whole = counted(text(1), **options), counted(text(2), **options), text(1) + text(2)
    total = first + second
    expected = counted(whole, **options)
    if "distance_weight" in options:  # thirds are rounded before they are added
        assert np.allclose(total.data, expected.data, rtol=2e-7)
        total = replace(total, data=expected.data)
    same(total, expected)
    assert replace(total.stats, types_read=0) == replace(expected.stats, types_read=0)
    assert total.fingerprint == (second + first).fingerprint != first.fingerprint


def test_many_counts_are_rounded_once():
    counts = [counted(text(seed), distance_weight="harmonic") for seed in range(5)]
    total = Cooccurrence.merged(iter(counts))
    dense = sum(each.to_scipy().toarray().astype(np.float64) for each in counts)
    assert np.array_equal(total.to_scipy().toarray(), dense.astype(np.float32))
    same(Cooccurrence.merged(counts[:1]), counts[0])


def test_counts_that_do_not_fit_together_are_named():
    first = counted(text(1))
    with pytest.raises(OptionError, match="window is 3 in the first and 2 in number 2"):
        first + wordvec.count(encode_corpus(text(2), vocabulary=WORDS), window=2)
    with pytest.raises(OptionError, match=r"those of number 3 differ.*vocabulary=words"):
        Cooccurrence.merged([first, first, wordvec.count(text(2), window=3, min_count=1)])
    with pytest.raises(OptionError, match="offsets is None in the first"):
        first + counted(text(1), per_offset=True)
    with pytest.raises(OptionError, match="must be Cooccurrence"):
        Cooccurrence.merged([])
    with pytest.raises(TypeError):
        first + 1


def test_subsampled_counts_need_the_same_counts_of_words():
    with pytest.raises(OptionError, match="subsampled alike"):
        counted(text(1), sample=0.01) + counted(text(2), sample=0.01)
    given = Vocabulary.from_words(WORDS, np.arange(30, 0, -1))

    def part(lines):
        return wordvec.count(encode_corpus(lines, vocabulary=given), sample=0.01, workers=1)

    total = part(text(1)) + part(text(2))
    assert np.allclose(total.data, part(text(1) + text(2)).data, rtol=1e-6)


def test_a_sum_beyond_float32_is_refused():
    vast = replace(counted(text(1)), data=np.full_like(counted(text(1)).data, 3e38))
    with pytest.raises(FormatError, match="what float32 can hold"):
        vast + vast


@pytest.mark.parametrize("parts", [1, 3, 50])
def test_counts_in_parts(tmp_path, parts):
    counts = wordvec.count(text(3), min_count=1, window=2)
    path = tmp_path / "counts"
    counts.save(path, parts=parts)
    assert len(os.listdir(path)) == parts
    opened = Cooccurrence.load(path)
    same(opened, counts)
    assert opened.stats == counts.stats and opened.fingerprint == counts.fingerprint
    opened.check()
    counts.save(path, parts=2)  # replaces what it wrote
    same(Cooccurrence.load(path), counts)
    assert wordvec.train(path, model="ppmi-svd", vector_size=4).vector_size == 4


def test_a_part_can_be_opened_alone(tmp_path):
    counts = wordvec.count(text(3), min_count=1)
    counts.save(tmp_path / "counts", parts=2)
    halves = [Cooccurrence.load(path).check() for path in sorted((tmp_path / "counts").iterdir())]
    assert all(len(half.data) < 0.7 * len(counts.data) for half in halves)
    whole = Cooccurrence.merged(halves)
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(whole, name), getattr(counts, name)), name


def test_parts_that_are_missing_or_of_other_counts(tmp_path):
    path = tmp_path / "counts"
    counts = wordvec.count(text(3), min_count=1)
    counts.save(path, parts=3)
    wordvec.count(text(4), min_count=1).save(tmp_path / "other", parts=3)
    name = "counts-2-of-3.safetensors"
    os.replace(tmp_path / "other" / name, path / name)
    with pytest.raises(FormatError, match="must be a part of the same counts"):
        Cooccurrence.load(path)
    os.replace(path / "counts-1-of-3.safetensors", path / name)
    with pytest.raises(FormatError, match=r"counts-1-of-N.*it has counts-2-of-3"):
        Cooccurrence.load(path)
    (path / "notes.txt").write_text("mine")
    with pytest.raises(wordvec.OutputError, match="it holds other things"):
        counts.save(path, parts=3)
    for parts in (0, 1.5, "2"):
        with pytest.raises(OptionError, match="parts must be"):
            counts.save(path, parts=parts)


def test_vocabularies_are_merged():
    rng = np.random.default_rng(0)
    several = []
    for _ in range(4):
        words = [f"word-{n}" for n in rng.permutation(300)[:200]]
        several.append(Vocabulary.from_words(words, rng.integers(0, 9, 200)))
    total = {}
    for vocabulary in several:
        for word, count in zip(vocabulary, vocabulary.counts.tolist(), strict=True):
            total[word] = total.get(word, 0) + count
    merged = merged_vocabulary(several)
    assert list(merged) == sorted(total, key=lambda word: (-total[word], word))
    assert merged.counts.tolist() == [total[word] for word in merged]
    with pytest.raises(OptionError, match="must have counts to be merged"):
        merged_vocabulary([several[0], Vocabulary.from_words(["a"])])


def test_models_are_averaged_with_their_context_by_weights():
    kinds = [wordvec.KeyedVectors(["a", "b"], np.full((2, 3), value, np.float32)) for value in (1, 4, 10)]
    rows = [np.full((2, 3), value, np.float32) for value in (2, 5, 8)]
    kinds = [wordvec.KeyedVectors(kind.vocabulary, kind.vectors, context=row) for kind, row in zip(kinds, rows)]
    mean = kinds[0].merge(*kinds[1:], on_conflict="mean", weights=[1, 2, 3])
    assert np.allclose(mean.vectors, 39 / 6) and np.allclose(mean.context, 36 / 6)
    plain = kinds[0].merge(*kinds[1:], on_conflict="mean")
    assert np.allclose(plain.vectors, 5) and np.allclose(plain.context, 5)
    for weights, message in (([1, 2], "must be 3 finite"), ([1, 0, 1], "above 0"), ("abc", "weights")):
        with pytest.raises(OptionError, match=message):
            kinds[0].merge(*kinds[1:], on_conflict="mean", weights=weights)
    with pytest.raises(OptionError, match="weights serve on_conflict='mean'"):
        kinds[0].merge(kinds[1], weights=[1, 2])
