"""Classifiers and trainers in scikit-learn's searches: parameters, clones, scores."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from wordvec import PVDBOW, TRAINERS, CorpusError, OptionError, Sent2Vec, SkipGram
from wordvec.classify import ClassifierOptions, TextClassifier

TEXTS = ["good fine great", "bad poor", "great good", "poor bad awful"] * 20
LABELS = ["yes", "no"] * 40
SENTENCES = [["a", "b", "c"], ["b", "c", "d"], ["a", "d"]] * 10
SMALL = {"vector_size": 4, "min_count": 1, "workers": 1}


@pytest.mark.parametrize("trainer", TRAINERS.values(), ids=list(TRAINERS))
def test_parameters_of_every_trainer_are_its_options(trainer):
    one = trainer(seed=7)
    params = one.get_params()
    assert params == one.to_dict() | {name: value for name, value in params.items() if isinstance(value, tuple)}
    same = type(one)(**params)
    assert same == one and same.get_params(deep=False) == params
    name = "vector_size" if "vector_size" in params else "epochs"  # a teacher says how long its vectors are
    assert one.set_params(**{name: 16}, seed=8) is one
    assert one == replace(same, **{name: 16}, seed=8)
    with pytest.raises(OptionError, match=f"did you mean {name}"):
        one.set_params(**{name[:-1]: 3})
    with pytest.raises(OptionError, match=f"{name} must be"):
        one.set_params(seed=9, **{name: 0})
    assert one.seed == 8  # nothing has changed


def test_parameters_of_a_classifier_are_its_options():
    classifier = TextClassifier(vector_size=4, word_ngrams=2)
    assert classifier.get_params() == ClassifierOptions(vector_size=4, word_ngrams=2).to_dict()
    classifier.fit(TEXTS, LABELS)
    assert classifier.set_params(alpha=0.5) is classifier and classifier.options.alpha == 0.5
    assert classifier.predict("good")[0][0] == "yes"  # what was learned stays
    with pytest.raises(OptionError, match="did you mean alpha"):
        classifier.set_params(lr=0.5)
    with pytest.raises(OptionError, match="min_n must be at most max_n"):
        classifier.set_params(min_n=3)


def test_the_score_of_a_classifier_is_its_accuracy():
    classifier = TextClassifier(vector_size=4, alpha=0.5, epochs=20, workers=1).fit(TEXTS, LABELS)
    assert classifier.score(["good", "bad", "great"], ["yes", "yes", "yes"]) == pytest.approx(2 / 3)
    assert classifier.score(["good", "bad", "x"], ["yes", "yes", []], sample_weight=[3, 1, 9]) == pytest.approx(0.75)
    with pytest.raises(CorpusError, match="none has"):
        classifier.score(["good"], [[]])
    with pytest.raises(CorpusError, match="none has"):
        classifier.score(["good"], ["yes"], sample_weight=[0])


def test_a_trainer_is_scored_by_a_function_of_what_it_has_fitted():
    trainer = SkipGram(**SMALL)
    plain = trainer.fit(SENTENCES)
    with pytest.raises(OptionError, match=r"scored_by\(function\)"):
        trainer.scored_by(None).score()
    scored = trainer.scored_by(lambda vectors: vectors.vectors[0, 0])
    assert scored.set_params(window=3).trainer.window == 3 and trainer.window == 5
    scored.set_params(window=5)
    with pytest.raises(OptionError, match="must be fitted"):
        scored.score()
    scored.fit(SENTENCES)
    assert scored.score(SENTENCES, None) == plain.vectors[0, 0]


@pytest.mark.parametrize("model", [PVDBOW, Sent2Vec])
def test_models_of_documents_are_scored_as_well(model):
    scored = model(**SMALL, sample=0).scored_by(lambda fitted: len(fitted.words))
    scored.fit(["a b c", "b c d"] * 10)
    assert scored.score() == 4


sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.base import clone, is_classifier  # noqa: E402
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import Pipeline  # noqa: E402


def test_clones_are_equal_and_new():
    classifier = TextClassifier(vector_size=4).fit(TEXTS, LABELS)
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params() and repr(copy) == "<TextClassifier, not fitted>"
    assert is_classifier(classifier) and not is_classifier(SkipGram())
    trainer = SkipGram(vector_size=4).scored_by(len)
    copy = clone(trainer.fit(SENTENCES * 5))
    assert copy.trainer == trainer.trainer and copy.judge is len and not hasattr(copy, "learned_")


def test_cross_validation_of_a_classifier():
    classifier = TextClassifier(vector_size=4, alpha=0.5, epochs=20, workers=1)
    assert cross_val_score(classifier, TEXTS, LABELS, cv=4).tolist() == [1.0] * 4
    shuffled = np.random.default_rng(1).permutation(LABELS)
    assert cross_val_score(classifier, np.array(TEXTS), shuffled, cv=4).mean() < 0.8


def test_a_grid_search_finds_the_options_that_learn():
    grid = {"alpha": [0.5], "word_ngrams": [1, 2]}
    # which word stands first says the label: without n-grams of words there is nothing to learn
    texts, labels = ["x y", "y x"] * 40, ["yes", "no"] * 40
    search = GridSearchCV(TextClassifier(vector_size=4, epochs=20, bucket=100, workers=1), grid, cv=2)
    search.fit(texts, labels)
    assert search.best_params_ == {"alpha": 0.5, "word_ngrams": 2} and search.best_score_ == 1
    assert search.best_estimator_.predict("y x")[0][0] == "no"
    weighted = search.fit(texts, labels, sample_weight=np.ones(len(texts)))
    assert weighted.best_score_ == 1


def test_a_pipeline_passes_options_on():
    pipeline = Pipeline([("classify", TextClassifier(vector_size=4, alpha=0.5, epochs=20, workers=1))])
    search = GridSearchCV(pipeline, {"classify__vector_size": [2, 4]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_score_ == 1 and "classify__alpha" in pipeline.get_params()


def rows(vectors):
    return vectors.vector_size


def test_a_randomised_search_over_a_trainer():
    everything = [(np.arange(len(SENTENCES)), np.arange(len(SENTENCES)))]
    search = RandomizedSearchCV(
        SkipGram(**SMALL).scored_by(rows),
        {"vector_size": [2, 3, 5], "window": [1, 2]},
        n_iter=6,
        cv=everything,
        random_state=1,
    ).fit(SENTENCES)
    assert search.best_params_["vector_size"] == 5 and search.best_score_ == 5
    best = search.best_estimator_
    direct = SkipGram(**SMALL | search.best_params_).fit(SENTENCES)
    assert (best.learned_.vectors == direct.vectors).all()


def test_a_scoring_function_sees_the_vectors_of_a_trainer():
    def scoring(trainer, corpus, y=None):
        return -trainer.learned_.vector_size + 0 * len(corpus)

    search = GridSearchCV(SkipGram(**SMALL), {"vector_size": [2, 4]}, scoring=scoring, cv=2).fit(SENTENCES)
    assert search.best_params_ == {"vector_size": 2}


def test_estimators_can_be_pickled():
    scored = clone(SkipGram(**SMALL).scored_by(rows))
    again = pickle.loads(pickle.dumps(scored))
    again.fit(SENTENCES)
    assert again.score() == 4
    classifier = pickle.loads(pickle.dumps(TextClassifier(vector_size=4)))
    assert classifier.get_params()["vector_size"] == 4
