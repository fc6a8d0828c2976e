"""What a notebook shows of results of evaluation."""

import numpy as np
import pytest

from wordvec import evaluate
from wordvec.classify import TextClassifier
from wordvec.evaluate import suite
from wordvec.evaluate.report import page
from wordvec.evaluate.sweeps.results import Sweep, Trial


@pytest.fixture(scope="module")
def report(skipgram, sample):
    models = [suite.Model("<full>", skipgram), suite.Model("small", skipgram.rotate_pca().truncate(4))]
    tasks = [task for task in suite.suite_of("core").tasks if task.name in ("similarity", "synonyms")]
    return suite.evaluate(models, suite.find(tasks, [sample.parent / "sample-pairs.tsv"]))


def test_word_pairs_and_analogies_show_scores_and_counts(skipgram, sample):
    pairs = evaluate.word_pairs(skipgram, sample.parent / "sample-pairs.tsv")
    shown = pairs._repr_html_()
    assert f"{pairs.spearman:.4f}" in shown and str(pairs.used) in shown and "unreadable lines" not in shown
    result = evaluate.analogies(skipgram, sample.parent / "sample-analogies.txt")
    shown = result._repr_html_()
    assert f"{result.accuracy:.4f}" in shown and f"{result.semantic.accuracy:.4f}" in shown
    assert all(section.name in shown and f"{section.accuracy:.4f}" in shown for section in result.sections)


def test_compression_and_comparison_show_their_parts(skipgram, sample):
    small = skipgram.compress("int8")
    shown = evaluate.compression_report(skipgram, small, [sample.parent / "sample-pairs.tsv"], queries=50)._repr_html_()
    assert "rank biased" in shown and "spearman" in shown and "compressed: total bytes" in shown
    compared = evaluate.compare([skipgram, small], queries=50)
    assert f"{compared.bands[-1].cka.score:.4f} [" in compared._repr_html_()


def test_a_report_draws_every_set_with_intervals_as_its_page_does(report):
    shown, whole = report._repr_html_(), page(report)
    (score, *_) = report.scores
    for text in (shown, whole):
        assert "&lt;full&gt;" in text and "<full>" not in text and f"{score.score:.3f}" in text
        assert text.count("<circle") == len(report.scores) and text.count('stroke-width="2"') == len(report.scores)
    assert f"{score.low:.4f}" in whole and whole.startswith("<!doctype html>") and "<div" not in whole
    different = suite.differences(report)
    assert f"{different[0].difference:.4f}" in different._repr_html_() and "<svg" in different._repr_html_()


def test_a_sweep_shows_its_settings_the_best_first():
    trials = [Trial({"window": window}, 1, value, 0.5, 0.5) for window, value in ((2, 0.25), (5, 0.75))]
    shown = Sweep.of(trials, model="skipgram", metric="mean", fixed={"epochs": 3}, policy="p")._repr_html_()
    assert shown.index("window=5") < shown.index("window=2") and "0.7500" in shown and "epochs=3" in shown


def test_a_classifier_shows_predictions_and_scores():
    texts, labels = ["good fine", "bad poor"] * 20, ["<yes>", "no"] * 20
    classifier = TextClassifier(vector_size=8, workers=1).fit(texts, labels)
    shown = classifier.predict("good", k=2)._repr_html_()
    assert "&lt;yes&gt;" in shown and ">label<" in shown
    shown = classifier.test(texts, labels)._repr_html_()
    assert "&lt;yes&gt;" in shown and "recall" in shown and np.char.count(shown, "<table>") == 2
