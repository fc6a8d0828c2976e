"""Relations, synonym choice, QVEC-CCA and bias: planted structure is found, and small cases are right by hand."""

import json
from itertools import permutations

import numpy as np
import pytest

from wordvec import FormatError, KeyedVectors
from wordvec.evaluate.policy import Policy, Resolver
from wordvec.evaluate.suite import Found, Model, differences, evaluate
from wordvec.evaluate.tasks import TASKS, Place, qvec
from wordvec.evaluate.tasks.bias import effect_size, permutation_p
from wordvec.evaluate.tasks.qvec import first_correlation

RELATIONS, SYNONYMS, QVEC, BIAS = (TASKS[name] for name in ("relations", "synonyms", "qvec-cca", "bias"))


def run(task, vectors, path, policy=None):
    found = task.run(Resolver(vectors, policy or Policy()), task.read(path), 1)
    return {(outcome.measure, outcome.part): outcome for outcome in found}


# Relations

PAIRS = [("cat", "animal", "hyper"), ("dog", "animal", "hyper"), ("cat", "dog", "coord"), ("cat", "tax", "random")]


@pytest.mark.parametrize(
    "text",
    [
        ",word1,word2,relation\n" + "".join(f"{i},{a},{b},{r}\n" for i, (a, b, r) in enumerate(PAIRS)),
        "word1\tword2\tlabel\trelation\tfold\n" + "".join(f"{a}\t{b}\t{r == 'hyper'}\t{r}\tval\n" for a, b, r in PAIRS),
        "".join(f"{a}-n\tclass\t{'random-n' if r == 'random' else r}\t{b}-n\n" for a, b, r in PAIRS),
    ],
    ids=["bless table", "wbless", "bless"],
)
def test_hypernyms_are_ranked_before_other_pairs(tmp_path, text):
    path = tmp_path / "set.tsv"
    path.write_text(text)
    assert RELATIONS.recognise(Place.at(path))
    assert set(RELATIONS.read(path).items) == {(a, b, float(r == "hyper")) for a, b, r in PAIRS}
    rows = {"cat": [1, 0.1, 0], "dog": [0.1, 1, 0], "animal": [1, 1, 0], "tax": [0, 0, 1]}
    found = run(RELATIONS, KeyedVectors(list(rows), list(rows.values())), path)
    assert found["average-precision-cosine", ""].interval().score == 1
    assert found["average-precision-cosine", ""].headline


def test_degrees_are_correlated(tmp_path):
    path = tmp_path / "hyperlex.tsv"
    header = "word1\tword2\tpos\tlabel\tscore\tfold\n"
    path.write_text(
        header
        + "a\tb\tN\thyp-1\t9.5\ttrain\na\tc\tN\tno-rel\t0.5\ttest\na\td\tN\tcohyp\t4\ttest\na\tb\tN\tx\thigh\tt\n"
    )
    assert RELATIONS.recognise(Place.at(path)) and RELATIONS.read(path).unreadable == ("a\tb\tN\tx\thigh\tt",)
    rows = [[1, 0], [1, 0.1], [0, 1], [1, 1]]
    found = run(RELATIONS, KeyedVectors(list("abcd"), rows), path)
    assert found["spearman-cosine", ""].interval().score == pytest.approx(1) and found["spearman-cosine", ""].used == 3


def test_directed_scores_tell_the_order_of_a_pair(tmp_path):
    path = tmp_path / "set.tsv"
    path.write_text("word1\tword2\tlabel\nnarrow\twide\tTrue\nwide\tnarrow\tFalse\n")
    found = run(RELATIONS, KeyedVectors(["narrow", "wide"], [[1, 0, 0], [1, 1, 1]]), path)
    assert found["average-precision-weeds", ""].interval().score == 1
    assert found["average-precision-cosine", ""].interval().score == 0.5  # both pairs are at one place


# Synonyms


def test_the_synonym_must_be_nearer_than_all_others(tmp_path):
    path = tmp_path / "esl.txt"
    path.write_text("# ESL\na | b | c | d\na | c | b | d\na | unknown | b | c\na | b | unknown | d\na | b | b | c\n")
    assert SYNONYMS.recognise(Place.at(path))
    found = run(SYNONYMS, KeyedVectors(list("abcd"), [[1, 0], [1, 0.2], [1, 1], [0, 1]]), path)["accuracy", ""]
    assert (found.used, found.total, found.known) == (4, 5, 3)
    assert found.values.sum() == 2  # a tie is no answer


# QVEC-CCA


def test_no_rotation_changes_the_correlation(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 5))
    features = np.abs(x[:, :2] + 0.3 * rng.standard_normal((60, 2)))
    path = tmp_path / "oracle.txt"
    lines = [f"w{i}\t" + json.dumps({"noun.act": a, "noun.food": b}) for i, (a, b) in enumerate(features.tolist())]
    path.write_text("\n".join([*lines, "broken\t{", "none\t{}"]))
    assert QVEC.recognise(Place.at(path)) and QVEC.read(path).unreadable == ("broken\t{",)
    x /= np.linalg.norm(x, axis=1)[:, None]
    turned = x @ np.linalg.qr(rng.standard_normal((5, 5)))[0]
    words = [f"w{i}" for i in range(60)]
    scores = [run(QVEC, KeyedVectors(words, rows.astype("f4")), path)["cca", ""] for rows in (x, turned)]
    assert (
        scores[0].score == pytest.approx(scores[1].score, abs=1e-6)
        and scores[0].low <= scores[0].score <= scores[0].high
    )
    assert first_correlation(x, features) == pytest.approx(first_correlation(turned, features), abs=1e-9)
    assert (scores[0].used, scores[0].total) == (60, 61)


def test_the_correlation_of_a_draw_is_that_of_the_drawn_words():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((50, 6)), (rng.random((50, 4)) < 0.2) * rng.random((50, 4))
    x[:, 5] = x[:, 0] + x[:, 1]
    y[0, 3] = y[1:, 3].max()  # a feature that draws may leave out
    y[1:, 3] = 0
    for _ in range(20):
        drawn = rng.integers(0, 50, 50)
        counts = np.bincount(drawn, minlength=50).astype(float)
        found = qvec._of_drawn(qvec._basis(x), qvec._basis(y), counts)
        assert found == pytest.approx(first_correlation(x[drawn], y[drawn]), abs=1e-9)


def test_models_are_compared_by_the_draws_of_the_same_words(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((80, 4))
    path = tmp_path / "oracle.txt"
    path.write_text("".join(f"w{i}\t" + json.dumps({"a": row[0], "b": row[1]}) + "\n" for i, row in enumerate(x)))
    words, noise = [f"w{i}" for i in range(80)], rng.standard_normal((80, 4))
    good, bad = KeyedVectors(words, x + 0.1 * noise), KeyedVectors(words, noise)
    found = Found(((QVEC, QVEC.read(path)),))
    (one,) = differences(evaluate([Model("good", good), Model("bad", bad)], found))
    assert one.difference > 0.3 and one.low > 0 and one.p < 0.02 and one.test == "bootstrap" and one.used == 80
    (fewer,) = differences(evaluate([Model("good", good.subset(rows=range(70))), Model("bad", bad)], found))
    assert fewer.p is None and "cover other items" in fewer.reason and fewer.first_score > fewer.second_score
    (seeds,) = differences(evaluate([Model("good", good), Model("good", good), Model("bad", bad)], found))
    assert seeds.test == "seeds" and 0 < seeds.low < seeds.difference and seeds.p < 0.02


# Bias


def test_weat_on_a_space_where_it_is_known(tmp_path):
    words = {"rose": 1, "iris": 0.9, "ant": -1, "flea": -0.8, "good": 1, "nice": 1, "bad": -1, "foul": -1}
    rows = [[value, np.sqrt(1.0001 - value**2)] for value in words.values()]
    vectors = KeyedVectors(list(words), rows)
    path = tmp_path / "weat.json"
    lists = {"flowers": ["rose", "iris"], "insects": ["ant", "flea"], "pleasant_5": ["good", "nice", "unknown"]}
    path.write_text(json.dumps({**lists, "unpleasant_5a": ["bad", "foul"], "others": ["x"]}))
    assert BIAS.recognise(Place.at(path))
    found = run(BIAS, vectors, path)
    part = "1 flowers insects"
    of = {word: np.mean([vectors.similarity(word, a) for a in ("good", "nice")]) for word in words}
    less = {word: np.mean([vectors.similarity(word, b) for b in ("bad", "foul")]) for word in words}
    s = {word: of[word] - less[word] for word in words}
    values = [s[word] for word in ("rose", "iris", "ant", "flea")]
    size = (np.mean(values[:2]) - np.mean(values[2:])) / np.std(values, ddof=1)
    assert found["weat", part].score == pytest.approx(size, abs=1e-6) and found["weat-p", part].score == pytest.approx(
        1 / 6
    )
    assert found["rnd", part].score > 0 and found["ripa", part].score > 0
    assert (found["weat", part].used, found["weat", part].total, found["weat", part].coverage) == (8, 9, 8 / 9)
    assert set(found) == {(measure, part) for measure in ("weat", "weat-p", "rnd", "ripa")}


def test_weat_gives_the_published_numbers():
    """Caliskan, Bryson and Narayanan 2017, test 7: d = 1.06, p = .018. Chan 2022 (sweater, JOSS) has d = 1.055.

    The associations with male less female terms, to four digits, are of the GloVe vectors (840B) of both.
    """
    math = np.array([-0.0108, 0.0032, 0.0317, 0.0162, 0.0031, 0.0013, 0.0032, 0.0350])
    arts = np.array([0.0055, -0.0523, -0.0168, -0.0118, -0.0369, -0.0266, 0.0003, 0.0225])
    assert effect_size(math, arts) == pytest.approx(1.055, abs=5e-4)
    assert permutation_p(math, arts) == 202 / 12870  # .0157; theirs is from random partitions


def test_the_permutation_test_counts_all_partitions():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal(3) + 0.5, rng.standard_normal(4)
    both = np.concatenate([x, y])
    own = x.mean() - y.mean()
    other = [both[list(order[:3])].mean() - both[list(order[3:])].mean() for order in permutations(range(7))]
    assert permutation_p(x, y) == pytest.approx(np.mean(np.array(other) >= own - 1e-12))
    many = permutation_p(rng.standard_normal(30) + 2, rng.standard_normal(30))
    assert 0 < many < 0.001
    assert float(effect_size(np.ones(3), np.ones(3))) == 0


def test_files_of_bias_that_are_none(tmp_path):
    path = tmp_path / "weat.json"
    for text in ('{"flowers": ["a"]}', '{"flowers": ', "[1, 2]", '{"targ1": 1, "targ2": 2, "attr1": 3, "attr2": 4}'):
        path.write_text(text)
        with pytest.raises(FormatError, match=r"weat\.json"):
            BIAS.read(path)
