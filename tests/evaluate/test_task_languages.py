"""Vectors of two languages: translations by a lexicon, and the similarity of words of both."""

from pathlib import Path

import numpy as np
import pytest

from wordvec import KeyedVectors
from wordvec.align import Aligned, evaluate_lexicon
from wordvec.evaluate.policy import Policy, Resolver
from wordvec.evaluate.suite import Model, differences, evaluate, find
from wordvec.evaluate.tasks import TASKS, Place
from wordvec.evaluate.tasks.base import languages

RNG = np.random.default_rng(5)
SPACE = RNG.standard_normal((60, 8)).astype("f4")
EN = KeyedVectors([f"w{i}" for i in range(60)], SPACE)
NOISY = SPACE + RNG.standard_normal((60, 8)).astype("f4")
DE = KeyedVectors([f"V{i}" for i in range(60)], NOISY)
LINES = [f"W{i}\tv{i}" for i in range(50)] + ["w1\tv2", "w51\tnirgends", "nowhere\tv3", "w0\tnirgends"]


def run(name, path, others=(DE,), **policy):
    chosen, task = Policy(**policy), TASKS[name]
    resolver = Resolver(EN, chosen, others=[Resolver(one, chosen) for one in others])
    return {outcome.measure: outcome for outcome in task.run(resolver, task.read(path), 1)}


@pytest.fixture
def lexicon(tmp_path):
    path = tmp_path / "en-de.5000-6500.txt"
    path.write_text("\n".join(LINES))
    return path


@pytest.mark.parametrize("method", ["csls", "nn"])
def test_the_figures_are_those_of_align(lexicon, method):
    outcomes = run("bilingual-lexicon", lexicon)
    every = run("bilingual-lexicon", lexicon, oov="zero")
    expected = evaluate_lexicon(EN, DE, lexicon, method=method)
    for figure, measure in (("p1", "p@1"), ("p5", "p@5"), ("p10", "p@10"), ("mrr", "mrr")):
        score = outcomes[f"{measure}-{method}"].interval().score
        assert score == pytest.approx(getattr(expected.known, figure)) and 0 < score < 1
        assert every[f"{measure}-{method}"].interval().score == pytest.approx(getattr(expected.every, figure))
    one = outcomes[f"p@1-{method}"]
    assert (one.used, one.total, one.coverage) == (expected.used, expected.total, pytest.approx(expected.coverage))
    assert every[f"p@1-{method}"].used == expected.total and every[f"p@1-{method}"].coverage == one.coverage
    assert [name for name, outcome in outcomes.items() if outcome.headline] == ["p@1-csls"]


def test_restrict_leaves_out_translations_beyond_the_first_rows(tmp_path):
    path = tmp_path / "en-de.txt"
    path.write_text("".join(f"w{i}\tv{(i * 7) % 40}\n" for i in range(40)))
    few = run("bilingual-lexicon", path, restrict=20)["p@5-nn"]
    expected = Aligned(EN.subset(rows=range(20)), DE.subset(rows=range(20))).evaluate(path, method="nn")
    assert few.used == expected.used < 20 and few.interval().score == pytest.approx(expected.known.p5)


def test_languages_are_told_by_the_name_of_a_file():
    names = {
        "en-de.test.freq.2k.tsv": ("en", "de"),
        "EN_DE_SEMEVAL17.txt": ("en", "de"),
        "OPUS_en_it_europarl_test.txt": ("en", "it"),
        "rg65_EN-FR.txt": ("en", "fr"),
        "en-rw.txt": ("en", "rw"),
        "EN_RW-STANFORD.txt": None,
        "EN-RW-STANFORD.txt": None,
        "EN_MEN-TR-3k.txt": None,
        "ws353-rel.txt": None,
        "un-de.txt": None,
        "en-en.txt": None,
        "golden-delicious.txt": None,
    }
    assert {name: languages(Path(name)) for name in names} == names


def test_lexicons_for_training_are_no_test_sets(tmp_path):
    for name in ("en-de.train.freq.5k.tsv", "en-de.0-5000.txt", "en-de.5000-6500.txt", "words.txt"):
        (tmp_path / name).write_text("\n".join(LINES))
    found = find([TASKS["bilingual-lexicon"]], [tmp_path])
    assert [dataset.name for _, dataset in found.sets] == ["en-de.5000-6500"]
    assert not any(task.recognise(Place.at(tmp_path / "words.txt")) for task in TASKS.values())


def test_a_model_without_a_second_language_has_no_score_but_a_reason(lexicon):
    smaller = KeyedVectors(["v1"], [[1.0, 2.0]])
    for others, reason in (((), "SOURCE,TARGET"), ((smaller,), "8 and 2 dimensions")):
        outcomes = run("bilingual-lexicon", lexicon, others)
        assert len(outcomes) == 8 and all(reason in one.reason for one in outcomes.values())
        assert {one.interval().score for one in outcomes.values()} == {None}
    report = evaluate([Model("two", EN, (DE,)), Model("one", EN)], find([TASKS["bilingual-lexicon"]], [lexicon]))
    (difference,) = differences(report)
    assert difference.difference is None and difference.used == 0


def test_two_maps_are_compared_by_mcnemar(lexicon):
    better = KeyedVectors(DE.index_to_key, SPACE + (NOISY - SPACE) / 4)
    report = evaluate([Model("a", EN, (better,)), Model("b", EN, (DE,))], find([TASKS["bilingual-lexicon"]], [lexicon]))
    (difference,) = differences(report)
    assert difference.test == "mcnemar" and difference.p < 0.01 and difference.low > 0 and difference.used == 51


@pytest.mark.parametrize("form", ["one file", "two files", "keys"])
def test_similarity_of_words_of_two_languages(tmp_path, form):
    pairs = [(f"w{i}", f"v{(7 * i) % 60}", i % 11) for i in range(40)] + [("w1", "nirgends", 3)]
    (tmp_path / "data").mkdir()
    (tmp_path / "keys").mkdir()
    if form == "one file":
        path = tmp_path / "data" / "EN_DE_SEMEVAL17.txt"
        path.write_text("english\tgerman\tscore\n" + "".join(f"{a}\t{b}\t{rating}\n" for a, b, rating in pairs))
    else:
        path = tmp_path / "data" / "en-de.test.data.txt"
        path.write_text("".join(f"{a}\t{b}\n" for a, b, _ in pairs))
        gold = tmp_path / ("keys" if form == "keys" else "data") / "en-de.test.gold.txt"
        gold.write_text("".join(f"{rating}\n" for _, _, rating in pairs))
    assert [task.name for task in TASKS.values() if task.recognise(Place.at(path))] == ["cross-lingual-similarity"]
    outcome = run("cross-lingual-similarity", path)["spearman"]
    expected = sorted(pairs)
    assert not TASKS["cross-lingual-similarity"].read(path).unreadable
    assert outcome.used == 40 and outcome.total == 41 and outcome.headline
    cosines = [
        EN.vectors[int(a[1:])] @ DE.vectors[int(b[1:])] / EN.norms[int(a[1:])] / DE.norms[int(b[1:])]
        for a, b, _ in expected
        if b != "nirgends"
    ]
    np.testing.assert_allclose(outcome.values, cosines, atol=1e-6)
    alone = run("cross-lingual-similarity", path, others=())["spearman"]
    assert alone.interval().score is None and "SOURCE,TARGET" in alone.reason
