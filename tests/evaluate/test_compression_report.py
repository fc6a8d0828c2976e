"""The report on compression: each figure by hand or by another way, and what words that are gone do to it."""

import json
import tracemalloc

import numpy as np
import pytest
from scipy.stats import skew, spearmanr

from wordvec import KeyedVectors
from wordvec.base.errors import OptionError
from wordvec.evaluate import analogies, compression_report, frequency, task_deltas, word_pairs
from wordvec.evaluate.compression import _agreement, _skewness

V, D = 3_000, 24
TIMES = {"query_ms", "decode_us"}


@pytest.fixture(scope="module")
def kv():
    rng = np.random.default_rng(11)
    rows = rng.normal(size=(60, D))[np.arange(V) % 60] + 0.7 * rng.normal(size=(V, D))
    return KeyedVectors([f"w{i}" for i in range(V)], rows.astype(np.float32), np.arange(V, 0, -1))


@pytest.fixture
def tests_of(kv, tmp_path):
    """Files of word pairs and of analogies, with words that are not in the vectors."""
    rng = np.random.default_rng(1)
    lines = [
        f"w{a}\tw{b}\t{kv.similarity(f'w{a}', f'w{b}') + rng.normal() / 4}" for a, b in rng.integers(0, V, (80, 2))
    ]
    (tmp_path / "pairs.tsv").write_text("\n".join([*lines, "w1\tnothing\t3"]))
    questions = [f"w{a} w{a + 60} w{b} w{b + 60}" for a, b in rng.integers(0, V - 60, (60, 2)) if (a - b) % 60]
    (tmp_path / "questions.txt").write_text("\n".join([": near", *questions, "w1 w2 w3 nothing"]))
    return tmp_path / "pairs.tsv", tmp_path / "questions.txt"


def figures(report):
    return {name: value for name, value in report.to_dict().items() if name not in TIMES}


# Nothing lost, something lost, all lost


def test_vectors_beside_themselves_lose_nothing(kv, tests_of):
    report = compression_report(kv, kv, [tests_of[0]], [tests_of[1]], queries=100)
    assert report.random_pairs.rms == report.neighbour_pairs.percentile_99 == 0 and report.ratio == 1
    assert all(o.at_10 == o.at_100 == 1 and o.rank_biased == pytest.approx(1) for o in report.overlaps)
    assert all(task.delta == task.low == task.high == 0 for task in report.tasks)
    assert report.hubness[0] == report.hubness[1] > 0


def test_coarser_codecs_lose_more(kv):
    reports = [
        compression_report(kv, kv.compress(codec, **o), queries=200)
        for codec, o in [("float16", {}), ("int8", {}), ("pq", {"m": "d/2"}), ("pq", {"m": "d/4"})]
    ]
    errors = [report.random_pairs.rms for report in reports]
    overlaps = [report.overlaps[-1].at_10 for report in reports]
    assert errors == sorted(errors) and errors[0] > 0 and overlaps == sorted(overlaps, reverse=True)
    assert errors[1] < 0.005 and overlaps[1] > 0.95
    rows = [report.compressed.row_bytes for report in reports]
    assert rows[:2] == [2 * D + 4, D + 8] and rows == sorted(rows, reverse=True)


def test_other_vectors_share_nothing(kv):
    other = KeyedVectors(kv.vocabulary, np.random.default_rng(0).normal(size=(V, D)))
    report = compression_report(kv, other, queries=100)
    assert report.overlaps[-1].at_10 < 0.05 and report.random_pairs.rms > 0.1


# Each figure


def test_sizes_are_those_of_the_arrays(kv):
    small = kv.rotate_pca().truncate(6).compress("int8")
    size = compression_report(kv, small, queries=10).compressed
    assert (size.codec, size.rows, size.words, size.vector_size) == ("int8", V, V, 6)
    assert size.matrix_bytes == V * (6 + 8) and size.row_bytes == 14
    words = kv.vocabulary
    beside = words.data.nbytes + words.offsets.nbytes + words.hash.nbytes + words.counts.nbytes
    assert size.total_bytes == V * 14 + beside + 4 * D * D


def test_cosine_errors_are_those_of_all_pairs(kv):
    small = kv.compress("pq", m="d/4")
    report = compression_report(kv, small, queries=400)
    units = [m / np.linalg.norm(m, axis=1, keepdims=True) for m in (kv.vectors, small.vectors[:])]
    differences = (units[1] @ units[1].T - units[0] @ units[0].T)[np.triu_indices(V, 1)]
    assert 99_000 < report.random_pairs.pairs <= 100_000
    assert report.random_pairs.rms == pytest.approx(np.sqrt(np.square(differences).mean()), rel=0.02)
    assert report.random_pairs.percentile_99 == pytest.approx(np.percentile(np.abs(differences), 99), rel=0.03)
    assert report.neighbour_pairs.pairs == 4_000


@pytest.mark.parametrize(("codec", "options"), [("pq", {"m": "d/4"}), ("bits", {"candidates": 15})])
def test_overlap_is_that_of_most_similar(kv, codec, options):
    small = kv.compress(codec, **options)  # bits choose more candidates for 100 words than for 10
    report = compression_report(kv, small, queries=2 * V)  # all words
    shared = [
        len({w for w, _ in kv.most_similar(word)} & {w for w, _ in small.most_similar(word)}) / 10
        for word in kv.index_to_key[:1_000]
    ]
    assert report.overlaps[0].stratum == "top 1k" and report.overlaps[0].queries == 1_000
    assert report.overlaps[0].at_10 == pytest.approx(np.mean(shared), abs=1e-9)
    assert [o.stratum for o in report.overlaps] == ["top 1k", "1k-10k", "all"]
    assert [o.queries for o in report.overlaps] == [1_000, 2_000, V]


def test_strata_go_by_counts_where_there_are_counts(kv, monkeypatch):
    monkeypatch.setattr(frequency, "BANDS", (("common", 0, 10), ("rest", 10, None)))
    counts = np.arange(V)
    rows = kv.vectors.copy()
    rows[-10:] += 1e-3
    rare_first = KeyedVectors(kv.vocabulary, kv.vectors, counts)
    changed = KeyedVectors(kv.vocabulary, np.vstack([kv.vectors[:-10], -kv.vectors[-10:]]), counts)
    report = compression_report(rare_first, changed, queries=40)
    assert report.overlaps[0].queries == 10 and report.overlaps[0].at_10 < 0.2 < 0.9 < report.overlaps[1].at_10


def test_rank_biased_overlap_by_hand():
    p = 0.9
    # agreement at depths 1, 2, 3 of (1 2 3) and (2 1 4): 0, 1, 2/3
    expected = 2 / 3 * p**3 + (1 - p) / p * (1 * p**2 + 2 / 3 * p**3)
    assert _agreement(np.array([1, 2, 3]), np.array([2, 1, 4])) == pytest.approx((2 / 3, 2 / 3, expected))
    assert _agreement(np.arange(100), np.arange(100)) == pytest.approx((1, 1, 1))
    assert _agreement(np.arange(100), np.arange(100, 200)) == (0, 0, 0)
    assert _agreement(np.array([5, 6]), np.array([-1, 6]))[0] == 0.5  # a word that is gone is missed
    early = _agreement(np.arange(20), np.r_[np.arange(10), np.arange(50, 60)])[2]
    late = _agreement(np.arange(20), np.r_[np.arange(50, 60), np.arange(10, 20)])[2]
    assert early > late


def test_hubness_is_the_skewness_of_occurrences():
    near = np.random.default_rng(0).zipf(1.6, (500, 12)) % 80
    assert _skewness(near, 80) == pytest.approx(skew(np.bincount(near[:, :10].ravel(), minlength=80)))
    assert _skewness(np.array([[0], [1]]), 2) is None


# Test sets


def test_deltas_are_those_of_the_scores(kv, tests_of):
    small = kv.compress("pq", m="d/4")
    pairs, questions = task_deltas(kv, small, [tests_of[0]], [tests_of[1]])
    before, after = word_pairs(kv, tests_of[0]), word_pairs(small, tests_of[0])
    assert (pairs.original, pairs.compressed) == pytest.approx((before.spearman, after.spearman), abs=1e-6)
    assert (pairs.used, pairs.total) == (before.used, before.total) == (80, 81)
    before, after = analogies(kv, tests_of[1]), analogies(small, tests_of[1])
    assert (questions.original, questions.compressed) == pytest.approx((before.accuracy, after.accuracy))
    assert (questions.used, questions.total) == (before.used, before.total)
    assert pairs.delta == pairs.compressed - pairs.original and pairs.low < pairs.delta < pairs.high
    assert questions.low <= questions.delta <= questions.high


@pytest.mark.thorough
def test_the_interval_is_that_of_the_paired_bootstrap(tmp_path):
    rng = np.random.default_rng(4)
    gold = rng.normal(size=60)
    x, y = gold + rng.normal(size=60), gold + 2 * rng.normal(size=60)
    angle = [np.arccos(np.tanh(values)) for values in (x, y)]
    words = ["axis", *(f"w{i}" for i in range(60))]
    both = [KeyedVectors(words, np.vstack([[[1, 0]], np.c_[np.cos(a), np.sin(a)]])) for a in angle]
    (tmp_path / "pairs.tsv").write_text("\n".join(f"axis\tw{i}\t{score}" for i, score in enumerate(gold)))
    (delta,) = task_deltas(*both, [tmp_path / "pairs.tsv"], draws=2_000)
    drawn = [rng.integers(0, 60, 60) for _ in range(2_000)]
    low, high = np.percentile(
        [spearmanr(gold[d], y[d]).statistic - spearmanr(gold[d], x[d]).statistic for d in drawn], [2.5, 97.5]
    )
    assert (delta.low, delta.high) == pytest.approx((low, high), abs=0.03)


def test_what_cannot_be_scored_has_a_reason(kv, tmp_path):
    (tmp_path / "two.tsv").write_text("w1\tw2\t3\nw3\tw4\t5\n")
    (tmp_path / "unknown.txt").write_text("a b c d\n")
    pairs, questions = task_deltas(kv, kv, [tmp_path / "two.tsv"], [tmp_path / "unknown.txt"])
    assert pairs.delta is None and "3 pairs or more" in pairs.reason and (pairs.used, pairs.total) == (2, 2)
    assert questions.original is None and "no question" in questions.reason


# Fewer rows, fewer words


def test_words_that_share_rows_are_compared_by_their_owners(kv):
    report = compression_report(kv, kv.prune(1_500), queries=200)
    assert report.compressed.rows == 1_500 and report.compressed.words == V
    assert report.overlaps[0].at_10 > report.overlaps[1].at_10 > 0
    assert report.neighbour_pairs.rms > 0
    assert report.compressed.total_bytes < report.original.total_bytes


def test_scores_of_words_that_share_rows_are_those_of_their_owners(kv, tests_of):
    small = kv.prune(1_500)
    spread = KeyedVectors(kv.vocabulary, small[list(kv.index_to_key)])
    for deltas in zip(task_deltas(kv, small, [tests_of[0]]), task_deltas(kv, spread, [tests_of[0]])):
        assert deltas[0] == deltas[1] and deltas[0].used == 80
    assert word_pairs(small, tests_of[0]).spearman == word_pairs(spread, tests_of[0]).spearman
    (questions,) = task_deltas(kv, small, [], [tests_of[1]])
    assert analogies(small, tests_of[1]).accuracy == questions.compressed and questions.used == questions.total - 1


def test_words_that_are_gone_are_missed_not_asked(kv):
    report = compression_report(kv, kv.prune(1_500, remap="drop"), queries=10_000)
    assert report.overlaps[-1].queries == 1_500
    assert 0.4 < report.overlaps[-1].at_10 < 0.6  # half of the neighbours of any word
    assert report.random_pairs.rms == 0


def test_words_of_zeros_are_not_asked(kv):
    rows = kv.vectors.copy()
    rows[::3] = 0
    holes = KeyedVectors(kv.vocabulary, rows)
    report = compression_report(holes, holes.compress("int8"), queries=10_000)
    assert report.overlaps[-1].queries == V - V // 3
    with pytest.raises(OptionError, match="must have a word in common"):
        compression_report(kv, KeyedVectors(["other"], [[1, 2]]))
    with pytest.raises(OptionError, match="queries must be an integer"):
        compression_report(kv, kv, queries=0)


def test_the_smallest_vectors():
    one, two = KeyedVectors(["a"], [[2]]), KeyedVectors(["a", "b"], [[1, 0], [1, 1]])
    report = compression_report(one, one.compress())
    assert report.random_pairs.pairs == 0 and report.overlaps[-1].at_10 is None
    assert compression_report(two, two.compress()).overlaps[-1].at_10 == 1


# The report


def test_the_seed_decides(kv, tests_of):
    small = kv.compress("pq", m="d/4")
    first, again, other = (compression_report(kv, small, [tests_of[0]], queries=50, seed=seed) for seed in (1, 1, 2))
    assert figures(first) == figures(again) != figures(other)


def test_the_report_is_ready_for_json(kv, tests_of):
    report = compression_report(kv, kv.compress(), [tests_of[0]], [tests_of[1]], queries=50)
    facts = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert facts["compressed"]["codec"] == "int8" and facts["query_ms"]["original"] > 0
    assert [task["measure"] for task in facts["tasks"]] == ["spearman", "accuracy"]
    assert facts["overlaps"][-1]["at_10"] == report.overlaps[-1].at_10 and facts["ratio"] == report.ratio


def test_memory_does_not_grow_with_the_matrix():
    rows = np.random.default_rng(0).normal(size=(60_000, 200)).astype(np.float32)  # 48 MB
    kv = KeyedVectors([f"w{i}" for i in range(len(rows))], rows)
    small = kv.compress("int8")
    assert len(kv.norms) == len(small.norms)
    tracemalloc.start()
    compression_report(kv, small, queries=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6
