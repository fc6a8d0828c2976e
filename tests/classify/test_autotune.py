"""Autotuning: what is proposed, budgets, metrics, the size of the file, and an interruption."""

import json

import numpy as np
import pytest

from wordvec import CorpusError, KeyedVectors, OptionError
from wordvec.base.caches import bytes_of
from wordvec.classify import ClassifierOptions, TextClassifier, autotune, tuning
from wordvec.classify.compression import compressed, cutoff_within
from wordvec.classify.proposals import SCALES, Proposals, Scale
from wordvec.classify.results import Tally

RNG = np.random.default_rng(0)


def lines(count, seed):
    """Texts whose label is said by the order of two words, among others that say nothing."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for number in range(count):
        noise = " ".join(f"n{word}" for word in rng.integers(0, 300, 6))
        pair, label = (("red green", "up"), ("green red", "down"))[number % 2]
        texts.append(f"{noise} {pair}")
        labels.append(label)
    return texts, labels


TEXTS, LABELS = lines(200, 1)
VALID = dict(zip(("valid", "valid_labels"), lines(100, 2)))
SMALL = {"workers": 1, "bucket": 1000}


def test_a_search_finds_options_that_learn_what_the_defaults_cannot():
    tuned = autotune(TEXTS, LABELS, **VALID, trials=8, **SMALL)
    assert tuned.trials[0].options["word_ngrams"] == 1 and tuned.trials[0].value < 0.8
    assert tuned.best.value > 0.95 and tuned.best.options["word_ngrams"] > 1
    assert tuned.best.value == max(trial.value for trial in tuned.trials) and len(tuned.trials) == 8
    assert tuned.classifier.test(*VALID.values()).accuracy == tuned.best.value
    assert tuned.classifier.metadata["autotune"]["trials"] == 8
    assert {name: getattr(tuned.classifier.options, name) for name in tuned.best.options} == tuned.best.options
    again = TextClassifier(**SMALL, **tuned.best.options).fit(TEXTS, LABELS)
    assert (again.input == tuned.classifier.input).all() and (again.output == tuned.classifier.output).all()
    assert json.loads(json.dumps(tuned.to_dict()))["best"]["value"] == tuned.best.value


def test_the_same_trials_give_the_same_classifier():
    first, second = (autotune(TEXTS, LABELS, **VALID, trials=4, **SMALL) for _ in range(2))
    assert [trial.options for trial in first.trials] == [trial.options for trial in second.trials]
    assert (first.classifier.input == second.classifier.input).all()
    other = autotune(TEXTS, LABELS, **VALID, trials=4, seed=2, **SMALL)
    assert [trial.options for trial in other.trials] != [trial.options for trial in first.trials]


def test_given_options_stay():
    tuned = autotune(TEXTS, LABELS, **VALID, trials=4, epochs=3, max_n=3, min_n=2, vector_size=4, **SMALL)
    assert {tuple(sorted(trial.options)) for trial in tuned.trials} == {("alpha", "word_ngrams")}
    options = tuned.classifier.options
    assert (options.epochs, options.min_n, options.max_n, options.vector_size) == (3, 2, 3, 4)
    one = {"alpha": 0.1, "epochs": 1, "vector_size": 2, "word_ngrams": 1, "min_n": 0, "max_n": 0}
    assert len(autotune(TEXTS, LABELS, **VALID, trials=4, **one, **SMALL).trials) == 1  # nothing is left to tune
    for_bytes = autotune(TEXTS, LABELS, **VALID, trials=2, byte_ngrams="2", **SMALL)
    assert set(for_bytes.best.options) == {"alpha", "epochs", "vector_size"}
    vectors = KeyedVectors(["red", "green"], RNG.standard_normal((2, 5)).astype("f4"))
    assert autotune(TEXTS, LABELS, **VALID, trials=2, init=vectors, **SMALL).classifier.input.shape[1] == 5


@pytest.mark.parametrize("suffix", [".safetensors", ".ftz"])
@pytest.mark.parametrize("limit", ["60k", 150_000])
def test_the_file_is_not_larger_than_its_limit(suffix, limit, tmp_path):
    tuned = autotune(TEXTS, LABELS, **VALID, trials=4, max_size=limit, suffix=suffix, **SMALL)
    path = tmp_path / f"model{suffix}"
    tuned.classifier.save(path)
    assert path.stat().st_size <= bytes_of(limit, "max_size")
    assert abs(path.stat().st_size - tuned.best.file_bytes) < 200  # but for how it was found, in the metadata
    assert all(trial.file_bytes <= bytes_of(limit, "max_size") for trial in tuned.trials if trial.value is not None)
    opened = TextClassifier.load(path)
    assert opened.test(*VALID.values()).accuracy == pytest.approx(tuned.best.value, abs=0.02)


@pytest.mark.parametrize("suffix", [".safetensors", ".ftz"])
@pytest.mark.parametrize(
    ("options", "dsub"), [({"max_n": 3, "min_n": 2, "vector_size": 9}, 2), ({"vector_size": 6}, 4)]
)
def test_the_rows_that_fit_nearly_fill_the_file(options, dsub, suffix, tmp_path):
    texts = [" ".join(f"word{word:05}" for word in RNG.integers(0, 20_000, 60)) for _ in TEXTS]
    parts = TextClassifier(workers=1, epochs=1, **options).fit(texts, LABELS).parts
    limit = 120_000
    cutoff = cutoff_within(parts, limit, dsub, suffix)
    assert 0 < cutoff < parts.features.rows
    small = tmp_path / f"small{suffix}"
    TextClassifier.of(compressed(parts, None, cutoff, dsub)).save(small)
    assert limit - 15_000 < small.stat().st_size <= limit
    assert cutoff_within(parts, 1000, dsub, suffix) == 0


def test_all_rows_of_n_grams_that_fit_are_written_as_pruned():
    tuned = autotune(TEXTS, LABELS, **VALID, trials=1, max_size="5MB", suffix=".ftz", word_ngrams=2, workers=1)
    assert tuned.best.file_bytes < 500_000 and tuned.classifier.features.pruned


def test_a_limit_that_nothing_fits_into():
    with pytest.raises(OptionError, match="room for 4 dimensions or more; 10,000 bytes"):
        autotune(TEXTS, LABELS, **VALID, trials=2, max_size=10_000, **SMALL)
    with pytest.raises(OptionError, match="a classifier of these options does not fit into 10,000 bytes"):
        autotune(TEXTS, LABELS, **VALID, trials=2, max_size=10_000, vector_size=50, **SMALL)


def test_minutes_end_a_search_and_a_trial():
    tuned = autotune(TEXTS, LABELS, **VALID, minutes=0.5 / 60, epochs=10**6, **SMALL)
    assert tuned.trials[0].is_cut and tuned.trials[0].value is not None and len(tuned.trials) == 1
    tuned = autotune(TEXTS, LABELS, **VALID, minutes=0.3 / 60, trials=10**6, vector_size=2, epochs=1, **SMALL)
    assert 1 <= len(tuned.trials) < 10**6


def test_ctrl_c_gives_the_best_so_far():
    def stop(trial):
        if trial.number == 2:
            raise KeyboardInterrupt

    tuned = autotune(TEXTS, LABELS, **VALID, trials=9, callback=stop, **SMALL)
    assert tuned.interrupted and len(tuned.trials) == 3
    whole = autotune(TEXTS, LABELS, **VALID, trials=9, **SMALL)
    assert [trial.options for trial in whole.trials[:2]] == [trial.options for trial in tuned.trials[:2]]


def test_ctrl_c_before_the_first_trial_is_raised(monkeypatch):
    def learned(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "learned", learned)
    with pytest.raises(KeyboardInterrupt):
        autotune(TEXTS, LABELS, **VALID, trials=9, **SMALL)


def test_metrics():
    tally = Tally(["a", "b"], 1)
    for labels, found in [(["a"], "a"), (["a"], "a"), (["a", "b"], "b"), (["b"], "a"), (["c"], "b")]:
        tally.add(labels, [(found, 1.0)])
    result = tally.result()
    micro = 2 * (3 / 5) * (3 / 6) / (3 / 5 + 3 / 6)
    values = {"f1": micro, "accuracy": 3 / 5, "f1:a": 2 * 2 / (3 + 3), "f1:b": 2 * 1 / (2 + 2), "f1:z": 0.0}
    values["macro-f1"] = (values["f1:a"] + values["f1:b"] + 0) / 3
    for name, value in values.items():
        assert tuning._metric(name)(result) == pytest.approx(value), name
    with pytest.raises(OptionError, match="metric must be one of f1, macro-f1, accuracy, f1:LABEL"):
        tuning._metric("recall")


def test_a_metric_decides():
    texts = ["x a", "x b", "x b", "x b"] * 20
    labels = ["rare", "often", "often", "often"] * 20
    valid = {"valid": texts[:8], "valid_labels": labels[:8]}
    tuned = autotune(texts, labels, **valid, trials=3, metric="f1:rare", **SMALL)
    assert tuned.best.value == tuning._metric("f1:rare")(tuned.classifier.test(*valid.values()))


BAD = [
    ({"minutes": 0}, "minutes must be a number > 0"),
    ({"trials": 0}, "trials must be an integer"),
    ({"metric": "best"}, "metric must be one of"),
    ({"max_size": "big"}, "max_size must be bytes"),
    ({"max_size": 0}, "max_size must be bytes"),
    ({"suffix": ".bin", "max_size": 10**6}, "got .bin"),
    ({"suffix": ".ftz"}, "give max_size, too"),
    ({"lr": 0.5}, "did you mean 'alpha'"),
    ({"alpha": -1}, "alpha must be"),
]


@pytest.mark.parametrize(("more", "message"), BAD)
def test_what_cannot_be_is_an_error_before_any_training(more, message, monkeypatch):
    monkeypatch.setattr(tuning, "learned", None)
    with pytest.raises(OptionError, match=message):
        autotune(TEXTS, LABELS, **{**VALID, "trials": 1, **more})


def test_validation_texts_must_have_labels():
    with pytest.raises(CorpusError, match="valid must have texts with labels"):
        autotune(TEXTS, LABELS, valid=["a"], valid_labels=[[]], trials=1)


def test_scales():
    scale = Scale(2, 50)
    assert [scale.value(place) for place in (-1, 0, 0.5, 1, 2)] == [2, 2, 10, 50, 50]
    assert scale.place(10) == pytest.approx(0.5) and scale.place(1) == 0 and scale.place(99) == 1
    assert Scale(1, 4, is_log=False).value(0.34) == 2
    assert SCALES["alpha"].value(0.5) == pytest.approx(0.2)


def test_proposals_come_nearer_to_the_best():
    start = ClassifierOptions().to_dict() | {"dsub": 2}
    proposals = Proposals(start, {"dsub"}, seed=1)
    assert proposals.next(0, 0.0, None) == {name: start[name] for name in proposals.first}
    best = {**proposals.first, "alpha": 0.2, "epochs": 20}
    far = {
        progress: np.mean(
            [
                abs(SCALES["alpha"].place(proposals.next(number, progress, best)["alpha"]) - 0.5)
                for number in range(1, 200)
            ]
        )
        for progress in (0.0, 0.5, 1.0)
    }
    assert far[0.0] > 2 * far[0.5] > 2 * far[1.0]
    assert all(proposals.next(number, 1.0, best) != best for number in range(1, 50))
    assert Proposals(start, {"dsub"}, seed=1, most=20).first["vector_size"] == 20
