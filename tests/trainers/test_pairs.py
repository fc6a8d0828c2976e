"""Models that learn from pairs and graphs: the conformance suite of their own, and what each must do."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import TRAINERS, KeyedVectors
from wordvec.graphs import Graph, PairCounts
from wordvec.graphs.sampling import Sampling
from wordvec.trainers import Pairs, TextTrainer

MADE = {name: kind for name, kind in TRAINERS.items() if set(kind.takes) & {PairCounts, Graph}}
SMALL = {"vector_size": 12, "workers": 1}
FEW = {
    "pairs": {"epochs": 200, "alpha": 0.05},
    "line": {"epochs": 20},
    "deepwalk": {"walks": 30},
    "node2vec": {"walks": 30},
}
every_model = pytest.mark.parametrize("name", MADE)


def made(name, **options):
    return MADE[name](**SMALL | FEW[name] | options)


@pytest.fixture(scope="module")
def cliques():
    """Two complete graphs of eight nodes each, joined by one edge."""
    inside = [(f"{side}{i}", f"{side}{j}") for side in "ab" for i in range(8) for j in range(i)]
    return [*inside, ("a0", "b0")]


def both_ways(edges):
    return [*edges, *((right, left) for left, right in edges)]


def given_to(name, edges):
    return both_ways(edges) if name == "pairs" else edges


def gap(vectors):
    """Mean cosine within the two cliques less that between them."""
    unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    side = np.array([word[0] for word in vectors.index_to_key])
    cosine, same = unit @ unit.T, side[:, None] == side
    np.fill_diagonal(same, False)
    return cosine[same].mean() - cosine[side[:, None] != side].mean()


def test_there_are_four():
    assert list(MADE) == ["pairs", "line", "deepwalk", "node2vec"]
    assert not any(issubclass(kind, TextTrainer) for kind in MADE.values())


@every_model
@pytest.mark.parametrize("workers", [1, 3])
def test_two_cliques_separate(name, workers, cliques):
    assert gap(made(name, workers=workers).fit(given_to(name, cliques))) > 0.3


@pytest.mark.parametrize("order", [1, 2, "both"])
def test_line_separates_cliques_in_every_order(order, cliques):
    vectors = made("line", order=order).fit(cliques)
    few = made("line", order=order, vector_size=4).fit(cliques)  # in which no edge has a dimension of its own
    assert gap(few) > 0.5 and vectors.vectors.shape == (16, 12)
    if order == "both":
        halves = np.linalg.norm(vectors.vectors.reshape(16, 2, 6), axis=2)
        np.testing.assert_allclose(halves, 1, rtol=1e-5)


@every_model
def test_repeats_exactly_and_the_seed_counts(name, cliques):
    one, two, other = (made(name, seed=seed).fit(given_to(name, cliques)).vectors for seed in (1, 1, 2))
    assert np.array_equal(one, two) and not np.array_equal(one, other)


@every_model
def test_metadata_rebuilds_the_trainer(name, cliques):
    vectors = made(name).fit(given_to(name, cliques))
    metadata = json.loads(json.dumps(vectors.metadata))
    assert MADE[name](**metadata["options"], workers=1) == made(name) and metadata["trainer"] == name
    assert metadata["corpus"]["fingerprint"] and len(metadata["loss"]) == made(name).epochs
    assert "workers" not in metadata["options"]
    counts = [vectors.get_vecattr(word, "count") for word in vectors.index_to_key]
    assert counts == sorted(counts, reverse=True)
    assert vectors.vectors.dtype == np.float32 and np.isfinite(vectors.vectors).all()


@every_model
def test_saves_and_loads(name, cliques, tmp_path):
    vectors = made(name).fit(given_to(name, cliques))
    vectors.save(tmp_path / "v.safetensors")
    again = wordvec.load(tmp_path / "v.safetensors")
    assert list(again) == list(vectors) and again.metadata == vectors.metadata
    assert np.array_equal(again.vectors, vectors.vectors)


@every_model
def test_callbacks_see_every_epoch_and_can_end_training(name, cliques):
    seen = []
    made(name, epochs=3).fit(given_to(name, cliques), callbacks=seen.append)
    assert [epoch.number for epoch in seen] == [1, 2, 3]
    assert all(np.isfinite(epoch.loss) and isinstance(epoch.vectors, KeyedVectors) for epoch in seen)
    seen.clear()
    made(name, epochs=3).fit(given_to(name, cliques), callbacks=lambda epoch: seen.append(epoch) or True)
    assert len(seen) == 1


@every_model
def test_goes_on_from_a_checkpoint(name, cliques, tmp_path):
    edges, trainer = given_to(name, cliques), made(name, epochs=6)
    whole = trainer.fit(edges)
    checkpoint = wordvec.Checkpoint(tmp_path / "run", every="2epochs")

    def fail(epoch):
        if epoch.number == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.fit(edges, checkpoint=checkpoint, callbacks=fail)
    again = trainer.fit(edges, checkpoint=wordvec.Checkpoint(tmp_path / "run", resume=True))
    assert np.array_equal(again.vectors, whole.vectors)
    with pytest.raises(wordvec.OptionError, match="seed"):
        made(name, epochs=6, seed=9).fit(edges, checkpoint=wordvec.Checkpoint(tmp_path / "run", resume=True))


@every_model
@pytest.mark.parametrize(("option", "value"), [("vector_size", 0), ("workers", 0), ("seed", -1), ("epochs", 1.5)])
def test_bounds(name, option, value):
    with pytest.raises(wordvec.OptionError, match=rf"{option} must be an integer >= [01]"):
        MADE[name](**{option: value})


@every_model
def test_every_option_has_help_and_every_trainer_a_sentence(name):
    assert all(f.metadata["help"] for f in dataclasses.fields(MADE[name])) and MADE[name].__doc__


@every_model
def test_a_high_learning_rate_is_an_error(name, cliques):
    with pytest.raises(wordvec.TrainingError, match="smaller alpha"):
        made(name, alpha=1e6, epochs=3).fit(given_to(name, cliques))


@every_model
def test_starts_from_given_vectors(name, cliques):
    options = {"order": 2} if name == "line" else {}
    edges, still = given_to(name, cliques), made(name, epochs=1, alpha=1e-9, min_alpha=0.0, **options)
    init = KeyedVectors(["a0", "b3", "elsewhere"], np.random.default_rng(0).random((3, 12), np.float32))
    with pytest.warns(UserWarning, match="1 of the 3 words of init are not in the corpus"):
        vectors = still.fit(edges, init=init)
    np.testing.assert_allclose(vectors[["a0", "b3"]], init[["a0", "b3"]], rtol=1e-5)
    assert vectors.metadata["init"]["shared"] == 2
    with pytest.raises(wordvec.OptionError, match="vectors of vector_size 12; got 3"):
        still.fit(edges, init=KeyedVectors(["a0"], np.ones((1, 3), np.float32)))
    with pytest.raises(wordvec.OptionError, match="init must have words of the corpus"):
        still.fit(edges, init=KeyedVectors(["x"], np.ones((1, 12), np.float32)))
    with pytest.raises(wordvec.OptionError, match="grow"):
        wordvec.train(edges, model=name, grow=True)


def test_one_order_starts_from_given_vectors_and_contexts_too(cliques):
    with pytest.raises(wordvec.OptionError, match="give order 1 or 2"):
        made("line").fit(cliques, init=KeyedVectors(["a0"], np.ones((1, 12), np.float32)))
    still = {"epochs": 1, "alpha": 1e-9, "min_alpha": 0.0}
    first = made("pairs").fit(both_ways(cliques), keep_context=True)
    again = made("pairs", **still).fit(both_ways(cliques), init=first, keep_context=True)
    np.testing.assert_allclose(again.contexts.vectors, first.contexts.vectors, atol=1e-5)


PROCESS = """
import sys, wordvec
folder, *names = sys.argv[1:]
for name in names:
    wordvec.TRAINERS[name](vector_size=8, workers=1).fit(f"{folder}/{name}.tsv").save(f"{folder}/{name}.safetensors")
"""


@pytest.mark.slow
@pytest.mark.thorough
def test_one_worker_writes_the_same_file_in_every_process(cliques, tmp_path):
    folders = [tmp_path / seed for seed in ("1", "2")]
    for folder in folders:
        folder.mkdir()
        for name in MADE:
            (folder / f"{name}.tsv").write_text("\n".join(map("\t".join, given_to(name, cliques))))
        command = [sys.executable, "-c", PROCESS, str(folder), *MADE]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": folder.name})
    for name in MADE:
        assert len({(folder / f"{name}.safetensors").read_bytes() for folder in folders}) == 1, name


# Pairs


def test_contexts_have_a_vocabulary_of_their_own(tmp_path):
    pairs = [("cat", "purrs"), ("dog", "barks"), ("cat", "eats"), ("dog", "eats")] * 50
    vectors = Pairs(vector_size=8, workers=1).fit(pairs, keep_context=True)
    assert list(vectors) == ["cat", "dog"] and list(vectors.contexts) == ["eats", "barks", "purrs"]
    assert Pairs(vector_size=8, workers=1).fit(pairs).contexts is None
    vectors.save(tmp_path / "v.safetensors")
    again = wordvec.load(tmp_path / "v.safetensors")
    again.verify()
    assert list(again.contexts) == list(vectors.contexts)
    assert np.array_equal(again.contexts.vectors, vectors.contexts.vectors)
    assert again.contexts.vocabulary.counts.tolist() == [100, 50, 50]
    for kept in (again.subset(["dog"]), again.to_memory(), again.rename({"cat": "lion"})):
        assert list(kept.contexts) == list(vectors.contexts)
    assert again.without("context").contexts is None
    score = vectors["cat"] @ vectors.contexts["purrs"] - vectors["cat"] @ vectors.contexts["barks"]
    assert score > 1
    with pytest.warns(UserWarning, match="3 contexts of 8 numbers"):
        wordvec.formats.save(again, tmp_path / "v.txt", "word2vec-text")


def test_twins_of_second_order_are_alike_and_not_linked():
    """In a bipartite graph two nodes with the same neighbours have the same vector, as order 2 sees them."""
    edges = [(twin, f"n{i}") for twin in ("a", "b") for i in range(6)] + [(f"c{i}", f"n{i}") for i in range(6)]
    vectors = made("line", order=2, epochs=60).fit(edges)
    assert vectors.similarity("a", "b") > 0.98
    assert vectors.similarity("a", "n0") < 0.5


def test_counts_come_exactly_and_weights_in_proportion():
    indptr, indices = np.array([0, 2, 5]), np.array([0, 1, 0, 1, 2], np.int32)
    counts = Sampling(indptr, indices, np.array([3.0, 1, 2, 0, 7]), 6, 1)
    assert counts.is_exact and all(counts.numbers(epoch).tolist() == [3, 1, 2, 0, 7] for epoch in range(3))
    weights = np.array([0.5, 0.25, 1.75, 0.1, 2.4])
    drawn = Sampling(indptr, indices, weights, 6, 1)
    numbers = np.stack([drawn.numbers(epoch) for epoch in range(4000)])
    assert ((numbers == np.floor(weights)) | (numbers == np.ceil(weights))).all()
    np.testing.assert_allclose(numbers.mean(axis=0), weights, atol=0.03)
    many = Sampling(indptr, indices, weights, 6, 1, total=1000.0).numbers(0)
    assert abs(many - 200 * weights).max() <= 1 and many.sum() in (999, 1000, 1001)


def test_groups_hold_each_pair_once_and_copies_apart():
    rng = np.random.default_rng(0)
    numbers = rng.integers(1, 9, 40).astype(float)
    indptr = np.array([0, 0, 1, 25, 40])
    indices = np.concatenate([[3], np.arange(24), np.arange(15)]).astype(np.int32)
    groups = Sampling(indptr, indices, numbers, 6, 1).groups(0)
    seen = np.zeros((4, 24))
    for row, start, stride, size in zip(groups.rows, groups.starts, groups.strides, groups.sizes):
        own = groups.ids[start : start + stride * size : stride]
        assert len(own) == size <= 6
        np.add.at(seen[row], own, 1)
    expected = np.zeros((4, 24))
    expected[np.repeat(np.arange(4), np.diff(indptr)), indices] = numbers
    assert np.array_equal(seen, expected)
    assert sorted(groups.order.tolist()) == list(range(len(groups.rows)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no tokens"),
        ("# only a word\n", "line 1 has 4 columns"),
        ("cat\n", "line 1 has 1 column:"),
        ("\ncat purrs\ncat\n", "line 3 has 1 column"),
        ("cat purrs 1 2 3\n", "line 1 has 5 columns"),
        ("cat purrs\ndog barks 2\n", "line 2 has 3 columns, not as the first one, which has 2"),
        ("cat purrs often\n", "'often' in line 1"),
        ("cat purrs 1\ndog barks -2\n", "not below zero; got '-2' in line 2"),
        ("cat purrs nan\n", "finite"),
        ("cat purrs inf\n", "finite"),
        ("cat purrs 0\n", "no pair is left"),
    ],
)
def test_bad_lines_are_errors(text, message, tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text(text)
    with pytest.raises(wordvec.CorpusError, match=message):
        Pairs().fit(file)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([], "at least one item"),
        ([("cat",)], "number 0"),
        ([("cat", "purrs"), ("cat", "purrs", 2)], "number 1"),
        ([("cat", 7)], "must be str"),
        ([("cat", "purrs", -1)], "not below zero"),
        ([("cat", "purrs", "x")], "numbers"),
        (b"cat purrs", "pairs must be"),
        (7, "pairs must be"),
        ((np.array([1, 2]), np.array([1])), "one length"),
        ((np.array([1.5]), np.array([1])), "whole numbers"),
        ((np.array([1]), np.array([1]), np.array([np.nan])), "finite"),
    ],
    ids=str,
)
def test_bad_pairs_are_errors(pairs, message):
    with pytest.raises(wordvec.CorpusError, match=message):
        Pairs().fit(pairs)


def test_the_same_pairs_in_any_form(tmp_path):
    from scipy.sparse import csr_matrix

    pairs = [("0", "1"), ("0", "2"), ("1", "2"), ("0", "1")]
    file = tmp_path / "pairs.tsv"
    file.write_bytes(b"\xef\xbb\xbf0\t1\r\n0 2\r\n\r\n1   2\n0 1")
    weighted = [("0", "1", 2.0), ("0", "2", 1), ("1", "2", 1)]
    arrays = np.array([0, 0, 1, 0]), np.array([1, 2, 2, 1])
    matrix = csr_matrix((np.ones(4), arrays), (2, 3))
    expected = PairCounts.of(pairs)
    assert list(expected.vocabulary) == ["0", "1"] and list(expected.contexts) == ["1", "2"]
    assert expected.to_scipy().toarray().tolist() == [[2, 1], [0, 1]]
    for source in (file, [str(file)], weighted, arrays, matrix, iter(pairs), expected):
        assert PairCounts.of(source).fingerprint == expected.fingerprint


def test_rare_words_and_contexts_are_left_out():
    pairs = [("a", "x")] * 3 + [("a", "y"), ("b", "x")]
    counts = PairCounts.of(pairs, min_count=2, context_min_count=2)
    assert list(counts.vocabulary) == ["a"] and list(counts.contexts) == ["x"]
    assert counts.stats.weight_read == 5 and counts.stats.weight_kept == 3
    with pytest.raises(wordvec.CorpusError, match="no pair is left"):
        PairCounts.of(pairs, min_count=9)


def test_counts_of_a_text_are_pairs():
    counts = wordvec.count([["a", "b", "c"]] * 4, window=1, min_count=1)
    pairs = PairCounts.of(counts)
    assert pairs.weights.sum() == counts.data.sum() and list(pairs.vocabulary) == list(pairs.contexts)


def test_subsampling_leaves_out_frequent_pairs():
    pairs = [("the", f"x{i % 5}") for i in range(3000)] + [(f"w{i}", "y") for i in range(10)]
    loss = Pairs(**SMALL, sample=1e-3, epochs=1).fit(pairs).metadata
    assert loss["options"]["sample"] == 1e-3
    before, after = (Pairs(**SMALL, sample=sample, epochs=20, seed=3).fit(pairs) for sample in (0, 1e-4))
    moved = [np.linalg.norm(vectors["the"]) for vectors in (before, after)]
    assert moved[1] < moved[0] / 2


def test_nodes_that_no_arc_leaves_are_zero_in_second_order_and_told():
    with pytest.warns(UserWarning, match=r"1 of 3 nodes have no arc to another node, such as 'c'"):
        vectors = made("line", order=2, directed=True).fit([("a", "b"), ("b", "c"), ("a", "c")])
    assert not vectors["c"].any() and vectors["a"].any() and vectors["b"].any()


def test_the_pairs_of_a_window_teach_what_skipgram_learns():
    """Pairs of the same window, without sampling: neighbours of frequent words are those that skip-gram finds."""
    text = Path(__file__).parents[2] / "corpora" / "sample.txt"
    lines = [line.split() for line in text.read_text().splitlines()[:1500]]
    pairs = [
        (word, other)
        for line in lines
        for i, word in enumerate(line)
        for other in line[max(i - 3, 0) : i] + line[i + 1 : i + 4]
    ]
    how = {"vector_size": 24, "epochs": 5, "alpha": 0.05, "workers": 1}
    given = Pairs(**how).fit(pairs)
    window = wordvec.SkipGram(**how, window=3, shrink_windows=False, sample=0.0, min_count=1).fit(lines)
    words = window.index_to_key[:60]
    cosines = [_cosines(vectors, words) for vectors in (given, window)]
    assert np.corrcoef(*cosines)[0, 1] > 0.9


def _cosines(vectors, words):
    """[pairs of different words] the cosines of all."""
    unit = vectors[words] / np.linalg.norm(vectors[words], axis=1, keepdims=True)
    return (unit @ unit.T)[np.triu_indices(len(words), 1)]
