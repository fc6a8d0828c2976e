"""Word similarity in the suite: the published forms of files, repeats, pairs of a word with itself, policies."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from wordvec import FormatError, KeyedVectors
from wordvec.evaluate.policy import PRESETS, Policy, Resolver
from wordvec.evaluate.tasks import TASKS, Place

TASK = TASKS["similarity"]
WORDS = ["cat", "dog", "car", "bus", "sun"]


@pytest.fixture
def vectors():
    return KeyedVectors(WORDS, np.random.default_rng(2).standard_normal((5, 4)).astype("f4"))


def outcome(vectors, path, policy=None, measure="spearman"):
    found = TASK.run(Resolver(vectors, policy or Policy()), TASK.read(path), 1)
    return next(one for one in found if one.measure == measure)


PAIRS = [("bus", "sun", 1.0), ("cat", "dog", 9.0), ("cat", "sun", 2.5)]


@pytest.mark.parametrize(
    "text",
    [
        "cat\tdog\t9\nbus\tsun\t1\ncat\tsun\t2.5\n",
        "\ufeffWord 1,Word 2,Human (mean)\r\ncat,dog,9\r\nbus,sun,1\r\ncat,sun,2.5\r\n",
        "word1\tword2\tPOS\tSimLex999\tconc(w1)\ncat\tdog\tN\t9\t4\nbus\tsun\tN\t1\t4\ncat\tsun\tN\t2.5\t4\n",
        "cat\tdog\tV\t9\tSYNONYMS\nbus\tsun\tV\t1\tNONE\ncat\tsun\tV\t2.5\tNONE\n",
        "cat dog 9 10 8 9\nbus sun 1 1 1 1\ncat sun 2.5 2 3 2\n",
        "cat-n dog-n 9\nbus-n sun-n 1\ncat-n sun-n 2.5\n",
        "cat;dog;9\nbus;sun;1\ncat;sun;2.5",
    ],
    ids=["ws-353", "header", "simlex", "simverb", "rare words", "men lemmas", "semicolon"],
)
def test_published_forms_are_recognised_and_read(tmp_path, text):
    path = tmp_path / "set.txt"
    path.write_text(text, newline="")
    assert TASK.recognise(Place.at(path))
    assert TASK.read(path).items == tuple(PAIRS) and TASK.read(path).unreadable == ()


@pytest.mark.parametrize(
    "text",
    [
        "1 2\n2 3\n",
        "12 1 0.5\n13 2 0.6\n",
        "cat 0.1 0.2 0.3\ndog 0.2 0.1 0.4\n",
        "main\tMSRvid\t2012\t0001\t5.0\ta plane takes off\tone plane\n",
        "word1\tword2\trelation\tlabel\ncat\tanimal\thyper\t1\n",
        "a b c d\n",
        "",
    ],
    ids=["edges", "weighted edges", "vectors", "sentences", "relations", "analogies", "empty"],
)
def test_other_files_are_not_taken_for_pairs(tmp_path, text):
    path = tmp_path / "set.txt"
    path.write_text(text)
    assert not TASK.recognise(Place.at(path))


def test_the_correlations_are_scipys_on_the_pairs_that_have_vectors(tmp_path, vectors):
    path = tmp_path / "set.txt"
    lines = [(a, b, i % 5) for i, a in enumerate(WORDS) for b in WORDS[i + 1 :]] + [("cat", "moon", 3)]
    path.write_text("\n".join(f"{a}\t{b}\t{s}" for a, b, s in lines))
    cosines = [vectors.similarity(a, b) for a, b, _ in lines[:-1]]
    ratings = [s for _, _, s in lines[:-1]]
    found = outcome(vectors, path)
    score, low, high = found.interval()
    assert score == pytest.approx(spearmanr(ratings, cosines).statistic, abs=1e-9) and low <= score <= high
    assert (found.used, found.total) == (10, 11) and found.coverage == pytest.approx(10 / 11)
    linear = outcome(vectors, path, measure="pearson")
    assert linear.interval().score == pytest.approx(pearsonr(ratings, cosines).statistic, abs=1e-6)
    zero = outcome(vectors, path, Policy(oov="zero"))
    assert zero.used == 11 and zero.coverage == pytest.approx(10 / 11)
    assert zero.interval().score == pytest.approx(spearmanr([*ratings, 3], [*cosines, 0]).statistic, abs=1e-9)
    by_words = found.interval(by_words=True)
    assert by_words.score == score and by_words != (score, low, high)


def test_repeats_are_averaged_and_self_pairs_dropped_unless_the_policy_keeps_them(tmp_path, vectors):
    path = tmp_path / "set.txt"
    path.write_text("cat dog 9\ndog cat 7\nsun sun 10\nbus sun 1\ncar bus 6\nbroken\n")
    found = outcome(vectors, path)
    assert found.total == 3 and sorted(found.gold) == [1, 6, 8]
    assert outcome(vectors, path, PRESETS["gensim"]).total == 5
    assert TASK.read(path).unreadable == ("broken",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("moon star 1\nmoon mars 2\n", "no item has a vector"),
        ("cat dog 1\ncat sun 2\n", "3 items or more; 2 could"),
        ("cat dog 1\ncat sun 1\ncat car 1\n", "all given values are the same"),
    ],
)
def test_no_score_comes_with_a_reason(tmp_path, vectors, text, reason):
    path = tmp_path / "set.txt"
    path.write_text(text)
    found = outcome(vectors, path)
    assert found.interval() == (None, None, None) and reason in found.reason


def test_files_that_hold_no_pair(tmp_path):
    path = tmp_path / "set.txt"
    for text in ("", "only words here\n"):
        path.write_text(text)
        with pytest.raises(FormatError, match="two words and a rating"):
            TASK.read(path)
