"""Drift against gold lists, and analogies between slices: planted changes are found, published forms are read."""

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.align.temporal.slices import Slices
from wordvec.evaluate.policy import Policy, Resolver
from wordvec.evaluate.results import MEASURES
from wordvec.evaluate.suite import Model, evaluate, find
from wordvec.evaluate.tasks import TASKS, Place

DRIFT, ANALOGIES = TASKS["drift"], TASKS["temporal-analogies"]
WORDS = [f"w{i}" for i in range(40)]
NAMES = ("1970", "1990", "2010")


@pytest.fixture
def slices():
    """Three slices; w1 and w3 take each other's place from 1990 on, and w0 to w9 move by their number until 2010."""
    rng = np.random.default_rng(0)
    first = rng.standard_normal((40, 8))
    second = first.copy()
    second[[1, 3]] = first[[3, 1]]
    third = second + np.where(np.arange(40) < 10, np.arange(40) * 0.15, 0.02)[:, None] * rng.standard_normal((40, 8))
    return [KeyedVectors(WORDS, rows.astype("f4")) for rows in (first, second, third)]


def run(task, slices, path, policy=None, names=NAMES):
    chosen = policy or Policy()
    first, *others = [Resolver(one, chosen, name=name) for one, name in zip(slices, names)]
    resolver = Resolver(first.vectors, chosen, others=others, name=names[0])
    return {(outcome.measure, outcome.part): outcome for outcome in task.run(resolver, task.read(path), 1)}


def test_degrees_are_correlated_with_the_drift_from_first_to_last(slices, tmp_path):
    path = tmp_path / "graded.txt"
    drift = {one.word: one.drift for one in Slices(dict(zip(NAMES, slices))).drift("1970", "2010", topn=None)}
    path.write_text("".join(f"{word}\t{drift[word] / 2:.6f}\n" for word in WORDS) + "unknown\t0.5\nbroken\n")
    assert DRIFT.recognise(Place.at(path)) and DRIFT.read(path).unreadable == ("broken",)
    found = run(DRIFT, slices, path)["spearman", ""]
    assert found.interval().score == pytest.approx(1, abs=1e-3) and (found.used, found.total) == (40, 41)
    assert found.values == pytest.approx([drift[word] for word in sorted(WORDS)], abs=1e-6)
    near = run(DRIFT, slices[:2], path)["spearman", ""]
    assert near.interval().score < 0.9


def test_changed_words_are_told_from_others(slices, tmp_path):
    path = tmp_path / "binary.txt"
    path.write_text("".join(f"w{i}_nn\t{int(i in (1, 3))}\n" for i in range(0, 40)))
    found = run(DRIFT, slices[:2], path)
    assert found["auc", ""].interval().score == 1 and found["accuracy", ""].interval().score == 1
    assert found["auc", ""].headline and found["accuracy", ""].used == 40
    path.write_text("w1\t1\nw3\t1\n")
    assert "of one kind" in run(DRIFT, slices, path)["auc", ""].reason


def test_auc_is_that_of_its_definition():
    rng = np.random.default_rng(2)
    gold, values = rng.integers(0, 2, 60).astype(float), rng.integers(0, 9, 60).astype(float)
    weights = rng.integers(0, 3, (5, 60)).astype(float)
    for score, times in zip(MEASURES["auc"](gold, values, weights), weights.astype(int)):
        all_gold, all_values = np.repeat(gold, times), np.repeat(values, times)
        more, less = all_values[all_gold == 1], all_values[all_gold == 0]
        expected = np.mean((more[:, None] > less) + 0.5 * (more[:, None] == less))
        assert score == pytest.approx(expected)
    assert np.isnan(MEASURES["auc"](np.ones(4), np.arange(4.0), np.ones((1, 4)))).all()


@pytest.mark.parametrize("line", ["{}-{},{}-{}", "{}:{} {}:{}", "{}-{}\t{}-{}"])
def test_analogies_are_those_of_the_slices(slices, tmp_path, line):
    """Static and dynamic questions, of all pairs of slices, give the numbers of `Slices.evaluate`."""
    path = tmp_path / "testset.csv"
    static, dynamic = [(f"w{i}", f"w{i}") for i in range(12)], [("w1", "w3"), ("w3", "w1"), ("w5", "w6")]
    lines = [line.format(one, "1970", other, "2010") for one, other in [*static, *dynamic]]
    more = [line.format("w1", "1990", "w1", "1970"), line.format("w20", "2010", "w20", "1984")]
    path.write_text("\n".join([*lines, *more, line.format("unknown", "1970", "w1", "2010"), "no question", ""]))
    assert ANALOGIES.recognise(Place.at(path)) and ANALOGIES.read(path).unreadable == ("no question",)
    found = run(ANALOGIES, slices, path)
    theirs = Slices(dict(zip(NAMES, slices))).evaluate([*static, *dynamic], "1970", "2010")
    back = Slices(dict(zip(NAMES, slices))).evaluate([("w1", "w1")], "1990", "1970")["all"]
    assert (found["mrr", ""].used, found["mrr", ""].total) == (16, 18)
    assert found["mrr", ""].interval().score == pytest.approx((15 * theirs["all"].mrr + back.mrr) / 16)
    assert found["p@1", ""].interval().score == pytest.approx((15 * theirs["all"].p1 + back.p1) / 16)
    assert found["p@10", ""].interval().score == pytest.approx((15 * theirs["all"].p10 + back.p10) / 16)
    assert found["mrr", "dynamic"].interval().score == pytest.approx(theirs["dynamic"].mrr)
    assert found["mrr", "static"].used == 13 and found["mrr", "static"].total == 14
    zero = run(ANALOGIES, slices, path, Policy(oov="zero"))["mrr", ""]
    assert zero.used == 18 and zero.interval().score == pytest.approx(found["mrr", ""].interval().score * 16 / 18)


def test_a_folder_of_slices_and_a_list_of_files_are_one_model(slices, tmp_path):
    folder, data = tmp_path / "slices", tmp_path / "data"
    folder.mkdir()
    data.mkdir()
    for name, vectors in [*zip(NAMES, slices), ("compass", slices[0])]:
        vectors.save(folder / f"{name}.safetensors")
    (data / "graded.txt").write_text("".join(f"w{i}\t{i / 100:.2f}\n" for i in range(20)))
    (data / "testset.csv").write_text("w1-1970,w3-2010\nw3-1970,w1-1990\nw2-2010,w2-1970\n")
    found = find(TASKS.values(), [data])
    assert [dataset.task for _, dataset in found.sets] == ["drift", "temporal-analogies"]
    named = Model.of("m=" + ",".join(f"{folder}/{name}.safetensors" for name in NAMES))
    whole, files = (evaluate([one], found).scores for one in (Model.of(f"m={folder}"), named))
    assert whole == files and whole[0].score is not None and {one.used for one in whole[1:3]} == {3}
    alone = evaluate([Model.of(f"{folder}/1970.safetensors")], found).scores
    assert all(one.score is None and "slices of time in one space" in one.reason for one in alone)
    other = KeyedVectors(WORDS, np.ones((40, 3), "f4"))
    assert "dimensions" in evaluate([Model("m", slices[0], (other,))], found).scores[0].reason
