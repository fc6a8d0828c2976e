"""Words with few contexts: chimeras, definitional nonces and rare words, by each method of induction."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from wordvec import ALaCarte, KeyedVectors, induce
from wordvec.corpus import encode_corpus
from wordvec.evaluate.policy import Policy, Resolver
from wordvec.evaluate.statistics.measures import median
from wordvec.evaluate.suite import Model, evaluate, find
from wordvec.evaluate.tasks import TASKS
from wordvec.evaluate.tasks.induced import METHODS, SLOT, induced
from wordvec.evaluate.tasks.nonces import own_ranks

RNG = np.random.default_rng(3)
WORDS = [f"w{i}" for i in range(40)]
KV = KeyedVectors(WORDS, RNG.standard_normal((40, 4)).astype("f4"), counts=range(400, 0, -10))
TEXT = [[WORDS[int(i)] for i in RNG.integers(0, 40, 12)] for _ in range(80)]


@pytest.fixture(scope="module")
def corpus():
    return encode_corpus(TEXT, min_count=1)


def run(name, path, vectors=KV, corpus=None, **policy):
    task = TASKS[name]
    outcomes = task.run(Resolver(vectors, Policy(**policy), corpus=corpus), task.read(path), 1)
    return {outcome.measure: outcome for outcome in outcomes}


def test_each_method_is_that_of_wordvec_induce(corpus):
    sentences = [["w1", SLOT, "w2", "unknown", "w3"], [SLOT, "w4", "W5"]]
    made = {one.method: one for one in induced(Resolver(KV, Policy(), corpus=corpus), [("new", sentences)], None)}
    contexts = {"new": [["w1", "new", "w2", "unknown", "w3"], ["new", "w4", "w5"]]}
    matrix = ALaCarte.fit(KV, corpus)
    for method, options in {
        "additive": {},
        "window": {"sample": 1e-5},
        "alacarte": {"matrix": matrix},
    }.items():
        expected = induce(KV, contexts=contexts, method=method, **options)["new"]
        np.testing.assert_allclose(made[method].vectors[0], expected, rtol=1e-5, atol=1e-6)
        assert made[method].known.tolist() == [True]


def test_a_word_is_no_context_of_itself_and_a_sentence_without_slot_counts_as_a_whole():
    words = Resolver(KV, Policy())
    passages = [("w1", [["w1", "w2", "W1"]]), ("w1", [[SLOT, "w2"]]), ("", [["w2", "w3", "x"]]), ("", [["x", SLOT]])]
    made = induced(words, passages, None)[0]
    np.testing.assert_allclose(made.vectors[:3], [KV["w2"], KV["w2"], (KV["w2"] + KV["w3"]) / 2], rtol=1e-6)
    assert made.known.tolist() == [True, True, True, False]


def test_chimeras_have_the_mean_of_the_correlations_of_passages(tmp_path):
    rows = [
        ("1", f"w1 {SLOT} w2 @@ w3 {SLOT}", "w4,w5,w6,w7,nowhere", "1,2,3.5,2,7"),
        ("2", f"w8 {SLOT}", "w9,w10,w11", "5,1,2"),
        ("3", "w1 w2", "w3,nowhere", "1,2"),  # one probe
        ("4", f"nowhere {SLOT}", "w3,w4", "1,2"),  # no context
    ]
    path = tmp_path / "chimeras.txt"
    path.write_text("".join("\t".join(row) + "\n" for row in rows) + "5\tw1 ___\tw2,w3\t1\n")
    outcome = run("chimeras", path)["spearman-additive"]
    means = [(KV["w1"] + KV["w2"] + KV["w3"]) / 3, KV["w8"]]
    expected = []
    for mean, (probes, ratings) in zip(means, [(["w4", "w5", "w6", "w7"], [1, 2, 3.5, 2]), (rows[1][2], [5, 1, 2])]):
        some = probes if isinstance(probes, list) else probes.split(",")
        cosines = [KV[word] @ mean / np.linalg.norm(KV[word]) for word in some]
        expected.append(spearmanr(cosines, ratings)[0])
    np.testing.assert_allclose(outcome.values, expected)
    assert outcome.interval().score == pytest.approx(np.mean(expected))
    assert (outcome.used, outcome.total, outcome.coverage) == (2, 4, 0.25)
    assert len(TASKS["chimeras"].read(path).unreadable) == 1


def test_without_a_text_a_la_carte_has_no_score_but_a_reason(tmp_path, corpus):
    path = tmp_path / "chimeras.txt"
    path.write_text(f"1\tw1 {SLOT}\tw4,w5,w6\t1,3,2\n")
    alone, fitted = run("chimeras", path)["spearman-alacarte"], run("chimeras", path, corpus=corpus)
    assert alone.interval().score is None and "--corpus" in alone.reason and alone.used == 0
    assert fitted["spearman-alacarte"].interval().score is not None
    strange = encode_corpus([["x", "y"]], min_count=1)
    other = run("chimeras", path, corpus=strange)["spearman-alacarte"]
    assert other.interval().score is None and "next to each other" in other.reason


def test_what_is_remembered_depends_on_the_text(tmp_path):
    (tmp_path / "chimeras.txt").write_text(f"1\tw1 {SLOT}\tw4,w5,w6\t1,3,2\n2\tw9 {SLOT}\tw4,w5,w6\t3,1,2\n")
    found = find([TASKS["chimeras"]], [tmp_path])
    text = tmp_path / "corpus.txt"
    text.write_text("\n".join(map(" ".join, TEXT)))

    def score(corpus=None):
        report = evaluate([Model("m", KV)], found, corpus=corpus, cache=tmp_path / "cache")
        return {one.measure: one.score for one in report.scores}["spearman-alacarte"]

    assert score() is None and score(text) is not None and score() is None and score(TEXT) == score(text)


def test_nonces_are_ranked_among_all_rows(tmp_path):
    path = tmp_path / "nonces.txt"
    lines = [f"W1\t{SLOT} is w2 or w3", "w4\tw4 : w5", f"nowhere\t{SLOT} is w2", f"w6\t{SLOT} is strange"]
    path.write_text("\n".join(lines))
    outcomes = run("definitional-nonces", path)
    units = KV.vectors / np.linalg.norm(KV.vectors, axis=1, keepdims=True)
    expected = []
    for row, mean in ((1, KV["w2"] + KV["w3"]), (4, KV["w5"])):
        cosines = units @ mean
        expected.append(1 + (cosines > cosines[row]).sum())
    assert outcomes["median-rank-additive"].values.tolist() == expected
    assert outcomes["mrr-additive"].interval().score == pytest.approx(np.mean(1 / np.array(expected)))
    assert outcomes["median-rank-additive"].interval().score == np.median(expected)
    assert outcomes["mrr-window"].headline and outcomes["mrr-window"].total == 4


def test_a_vector_that_is_the_words_own_has_rank_1():
    words = Resolver(KV, Policy())
    rows = np.arange(40)
    assert own_ranks(words, np.asarray(KV.vectors, float) * 3, rows).tolist() == [1] * 40
    assert own_ranks(words, np.asarray(KV.vectors[::-1], float), rows).max() > 1


def test_the_median_counts_weights():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values, weights = rng.integers(0, 9, 7).astype(float), rng.integers(0, 3, (3, 7)).astype(float)
        expected = [np.median(np.repeat(values, row.astype(int))) if row.any() else np.nan for row in weights]
        np.testing.assert_allclose(median(values, values, weights), expected)


def test_rare_words_are_compared_from_growing_numbers_of_contexts(tmp_path):
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "rare.txt").write_text("\n".join(f"w{i} rare w{i + 1}" for i in range(20)))
    (tmp_path / "context" / "few.txt").write_text("few w1 w2\n")
    (tmp_path / "context" / "other.txt").write_text("other w3\n")
    pairs = ["w30 rare 3", "rare w31 1.5", "w32 few 9", "w33 few 8", "w1 w2 3", "rare w31"]
    (tmp_path / "CRW-562.txt").write_text("\n".join(pairs))
    read = TASKS["rare-words"].read(tmp_path)
    assert (
        read.items[0] == ("few", "w32", 9.0)
        and len(read.unreadable) == 2
        and set(read.more["contexts"])
        == {
            "rare",
            "few",
        }
    )
    outcomes = run("rare-words", tmp_path)
    assert list(outcomes) == [f"spearman-{method}-{count}" for count in (1, 8, 64) for method in METHODS]
    whole = outcomes["spearman-additive-64"]  # all 20 contexts
    mean = np.mean([KV[f"w{i}"] for i in range(20)] + [KV[f"w{i + 1}"] for i in range(20)], axis=0)
    assert whole.values[2] == pytest.approx(KV["w30"] @ mean / np.linalg.norm(mean) / np.linalg.norm(KV["w30"]))
    assert whole.headline is False and outcomes["spearman-window-64"].headline
    assert outcomes["spearman-additive-1"].values[0] == whole.values[0]  # a word with one context
    assert outcomes["spearman-additive-8"].values[2] != whole.values[2]
