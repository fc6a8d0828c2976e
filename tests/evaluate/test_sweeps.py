"""Sweeps: grids, judges, what is encoded and counted once, the folder that goes on, and tables."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import CorpusError, KeyedVectors, OptionError, SkipGram, WordvecError
from wordvec.evaluate.report.forms import FORMS
from wordvec.evaluate.results import Score
from wordvec.evaluate.sweeps import Judge, Range, Sweep, Trial, corpora, sweep
from wordvec.evaluate.sweeps.settings import checked, grid, parsed, trainer_class
from wordvec.evaluate.sweeps.table import table_of

SMALL = {"vector_size": 4, "epochs": 1, "workers": 1}
RNG = np.random.default_rng(0)
SENTENCES = [[f"w{i}" for i in RNG.integers(0, 30, 12)] for _ in range(60)]


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(map(" ".join, SENTENCES)))
    return path


@pytest.fixture
def data(tmp_path):
    """A folder with two sets of pairs and one of analogies."""
    folder = tmp_path / "data"
    folder.mkdir()
    pairs = [f"w{i}\tw{(i * 7 + 3) % 30}\t{i % 11}.5" for i in range(30) if i != (i * 7 + 3) % 30]
    (folder / "one.tsv").write_text("\n".join(pairs[:15]))
    (folder / "two.tsv").write_text("\n".join(pairs[15:]))
    (folder / "questions.txt").write_text(": s\n" + "\n".join(f"w{i} w{i + 1} w{i + 2} w{i + 3}" for i in range(20)))
    return folder


def test_a_grid_is_trained_and_sorted_by_the_metric(corpus, data):
    result = wordvec.sweep(corpus, {"window": [1, 4], "vector_size": [2, 8]}, data=data, seeds=2, epochs=1, workers=1)
    assert len(result.settings) == 4 and result.model == "skipgram" and result.metric == "all"
    values = [setting.value for setting in result.settings]
    assert values == sorted(values, reverse=True) and result.best is result.settings[0]
    judge = Judge.of(data)
    for setting in result.settings:
        direct = [judge(SkipGram(epochs=1, workers=1, seed=seed, **setting.options).fit(corpus)) for seed in (1, 2)]
        assert [trial.value for trial in setting.trials] == direct
        assert setting.value == pytest.approx(np.mean(direct))
        assert setting.deviation == pytest.approx(np.std(direct, ddof=1))
        assert {score.seeds for score in setting.scores} == {2} and setting.seconds > 0
    again = json.loads(json.dumps(result.to_dict()))
    assert again["settings"][0]["value"] == result.best.value and again["fixed"] == {"epochs": 1, "workers": 1}


def score(task, name, value, headline=True, **more):
    counts = {"used": 3, "total": 4, "coverage": 0.75, "policy": "", "seed": 1}
    return Score("m", task, name, "x", value, None, None, headline=headline, **counts, **more)


def test_the_metric_is_the_mean_over_tasks_of_the_mean_over_sets(data):
    judge = Judge.of(data)
    scores = [
        score("similarity", "one", 0.5),
        score("similarity", "two", None, reason="too few"),
        score("similarity", "one", 0.9, headline=False),
        score("analogies", "questions", 0.1),
    ]
    assert judge.value(scores) == pytest.approx((0.25 + 0.1) / 2)
    assert replace(judge, metric="similarity").value(scores) == pytest.approx(0.25)
    assert replace(judge, metric="one").value(scores) == 0.5
    assert replace(judge, metric="two").value(scores) is None
    assert replace(judge, metric="core").value(scores) == judge.value(scores)
    with pytest.raises(OptionError, match="core, all, similarity, analogies, evalrank, one, two, questions, top"):
        replace(judge, metric="bias")
    (data / "empty").mkdir()
    with pytest.raises(OptionError, match="none was found"):
        Judge.of(data / "empty")


def test_a_judge_scores_a_trainer_in_a_search(corpus, data):
    estimator = SkipGram(**SMALL).scored_by(Judge.of(data)).fit(corpus)
    assert estimator.score() == Judge.of(data)(estimator.learned_)


def counting_calls(monkeypatch, name):
    calls = []
    inner = getattr(corpora, name, None)

    def call(*values, **named):
        calls.append(named)
        return inner(*values, **named)

    monkeypatch.setattr(corpora, name, call)
    return calls


def judge_of_size(vectors):
    return float(len(vectors)) + vectors.vector_size / 100


def test_a_corpus_is_encoded_once_for_each_way_of_reading(corpus, monkeypatch):
    read, inner = [], SkipGram.ready

    def ready(self, source, **how):
        read.extend([source] if source == corpus else [])
        return inner(self, source, **how)

    monkeypatch.setattr(SkipGram, "ready", ready)
    options = {"window": [1, 2], "min_count": [1, 30], "vector_size": [2, 4]}
    result = sweep(corpus, options, judge=judge_of_size, epochs=1, workers=1)
    assert len(result.settings) == 8 and len(read) == 2


def test_counts_are_shared_where_the_options_of_counting_are_equal(corpus, monkeypatch):
    calls = counting_calls(monkeypatch, "counted")
    options = {"window": [2, 3], "epochs": [1, 2]}
    result = sweep(corpus, options, model="glove", judge=judge_of_size, seeds=2, vector_size=4, workers=1)
    assert len(calls) == 2 and len(result.settings) == 4
    calls.clear()
    options = {"subsample": ["sampled"], "epochs": [1, 2]}
    sweep(corpus, options, model="glove", judge=judge_of_size, seeds=2, vector_size=4, workers=1, sample=0.01)
    assert len(calls) == 2  # one for each seed, by which tokens are dropped


def test_shared_counts_give_the_vectors_of_a_training_alone(corpus, tmp_path):
    result = sweep(
        corpus,
        {"window": [2, 3]},
        model="glove",
        judge=judge_of_size,
        seeds=2,
        folder=tmp_path / "out",
        keep="all",
        vector_size=4,
        epochs=2,
        workers=1,
    )
    for setting in result.settings:
        for trial in setting.trials:
            alone = wordvec.GloVe(vector_size=4, epochs=2, workers=1, seed=trial.seed, **setting.options).fit(corpus)
            kept = wordvec.load(trial.vectors)
            assert (kept.vectors == alone.vectors).all() and kept.metadata["options"] == alone.metadata["options"]


def never(vectors):
    raise AssertionError("nothing is trained")


BAD = [
    ({"windw": [2]}, {}, "did you mean window"),
    ({"window": [2, 0]}, {}, "window must be an integer >= 1"),
    ({"window": 3}, {}, "a list of values or a Range"),
    ({"window": []}, {}, "the list is empty"),
    ({"window": Range(2, 5)}, {}, "needs trials=N or minutes=M"),
    ({"window": [2]}, {"window": 3}, "varied or fixed"),
    ({"seed": [1, 2]}, {}, "seed must not be varied"),
    ({"sync": [1000]}, {}, "sync serves replicas"),
    ({"window": [2]}, {"epochs": 0}, "epochs must be"),
    ({"window": [2]}, {"seeds": 0}, "seeds must be"),
    ({"window": [2]}, {"keep": "some"}, "keep must be one of best, all, none"),
    ({"window": [2]}, {"model": "pv-dm"}, "model must be a model of words"),
    ({"window": [2]}, {"metric": "core"}, "metric must be given to the judge"),
    ({"window": [2]}, {"judge": "core"}, "judge must be a Judge"),
]


@pytest.mark.parametrize(("options", "more", "message"), BAD)
def test_what_cannot_be_is_an_error_before_anything_is_trained(options, more, message, corpus, tmp_path):
    with pytest.raises(OptionError, match=message):
        sweep(corpus, options, **{"judge": never, "folder": tmp_path / "out", **more})
    assert not (tmp_path / "out").exists()


def test_a_model_that_refuses_a_value_refuses_it_at_once(corpus):
    with pytest.raises(OptionError, match="square number"):
        sweep(corpus, {"vector_size": [16, 20]}, model="cmow", judge=never)


def test_a_corpus_that_is_read_once_cannot_be_encoded_in_two_ways():
    with pytest.raises(OptionError, match="can be read several times"):
        sweep(iter(SENTENCES), {"min_count": [1, 2]}, judge=never)
    with pytest.raises(OptionError, match="can be read several times"):
        sweep("-", {"lowercase": [False, True]}, judge=never)
    assert len(sweep(iter(SENTENCES), {"window": [1, 2]}, judge=judge_of_size, **SMALL).settings) == 2
    encoded = wordvec.encode_corpus(SENTENCES)
    with pytest.raises(OptionError, match="min_count must not be varied"):
        sweep(encoded, {"min_count": [1, 2]}, judge=never)
    counts = wordvec.count(SENTENCES, window=2)
    with pytest.raises(OptionError, match="window must not be varied"):
        sweep(counts, {"window": [1, 2]}, model="glove", judge=never)
    assert sweep(counts, {"epochs": [1, 2]}, model="glove", judge=judge_of_size, vector_size=4).best.value > 0


def test_a_setting_that_fails_has_a_reason_and_comes_last(corpus):
    result = sweep(corpus, {"min_count": [1, 10**6]}, judge=judge_of_size, **SMALL)
    last = result.settings[-1]
    assert last.value is None and last.options == {"min_count": 10**6} and "min_count" in last.reason
    with pytest.raises(WordvecError, match="none has"):
        sweep(corpus, {"min_count": [10**6]}, judge=judge_of_size, **SMALL)


def test_a_model_without_chance_is_trained_once(corpus):
    with pytest.warns(UserWarning, match="draws nothing at random"):
        result = sweep(corpus, {"window": [2, 3]}, model="bitcipher", judge=judge_of_size, seeds=3, vector_size=8)
    assert {len(setting.trials) for setting in result.settings} == {1}


class Stop(KeyboardInterrupt):
    pass


def stopping(after, seen):
    def judge(vectors):
        if len(seen) == after:
            raise Stop
        seen.append(vectors.metadata["options"]["window"])
        return float(vectors.metadata["options"]["window"])

    judge.__qualname__ = "judge"
    return judge


def test_an_interrupted_sweep_goes_on(corpus, tmp_path):
    folder, seen = tmp_path / "out", []
    how = {"folder": folder, "seeds": 2, **SMALL}
    with pytest.raises(KeyboardInterrupt):
        sweep(corpus, {"window": [1, 2, 3]}, judge=stopping(3, seen), **how)
    assert len(list((folder / "trials").iterdir())) == 3
    result = sweep(corpus, {"window": [1, 2, 3]}, judge=stopping(99, seen), **how)
    assert seen == [1, 1, 2, 2, 3, 3] and [setting.value for setting in result.settings] == [3, 2, 1]
    assert json.loads((folder / "results.json").read_text())["settings"][0]["options"] == {"window": 3}
    more = sweep(corpus, {"window": [1, 2, 3, 4]}, judge=stopping(99, seen), **how | {"seeds": 3})
    assert len(seen) == 6 + 3 + 3 and more.best.options == {"window": 4}


def test_a_folder_is_of_one_corpus_one_version_and_the_same_tests(corpus, data, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    how = {"folder": folder, **SMALL}
    sweep(corpus, {"window": [1]}, data=data, **how)
    for change, message in [({"epochs": 2}, "epochs 1 .now 2"), ({"policy": "gensim"}, "case 'fold' .now 'upper'")]:
        with pytest.raises(OptionError, match=message):
            sweep(corpus, {"window": [1]}, data=data, **how | change)
    with pytest.raises(OptionError, match="model 'skipgram'"):
        sweep(corpus, {"window": [1]}, data=data, model="cbow", **how)
    corpus.write_text(corpus.read_text() + "\nw1 w2")
    with pytest.raises(OptionError, match="tokens 720"):
        sweep(corpus, {"window": [1]}, data=data, **how)
    corpus.write_text("\n".join(map(" ".join, SENTENCES)).replace("w1 ", "w2 ", 1))
    with pytest.raises(OptionError, match="text of"):
        sweep(corpus, {"window": [1]}, data=data, **how)
    corpus.write_text("\n".join(map(" ".join, SENTENCES)))
    (data / "one.tsv").write_text((data / "one.tsv").read_text() + "\nw1\tw9\t3")
    with pytest.raises(OptionError, match="similarity one"):
        sweep(corpus, {"window": [1]}, data=data, **how)
    monkeypatch.setattr("wordvec.store.checkpoints.__version__", "0.0")
    with pytest.raises(OptionError, match="version"):
        sweep(corpus, {"window": [1]}, data=data, **how)


def test_a_damaged_trial_is_made_again(corpus, tmp_path):
    folder, seen = tmp_path / "out", []
    how = {"folder": folder, "judge": stopping(99, seen), **SMALL}
    sweep(corpus, {"window": [1, 2]}, **how)
    first, second = sorted((folder / "trials").iterdir())
    first.write_text(first.read_text()[:-30])
    second.write_text("{}")
    with pytest.warns(UserWarning, match="damaged and made again"):
        sweep(corpus, {"window": [1, 2]}, **how)
    assert len(seen) == 4
    (folder / "sweep.json").write_text("?")
    with pytest.raises(OptionError, match="folder of one sweep"):
        sweep(corpus, {"window": [1, 2]}, **how)


@pytest.mark.parametrize(("keep", "files"), [("best", 2), ("all", 6), ("none", 0)])
def test_which_vectors_are_kept(keep, files, corpus, tmp_path):
    how = {"judge": stopping(99, []), "folder": tmp_path / "out", "seeds": 2, "keep": keep, **SMALL}
    result = sweep(corpus, {"window": [1, 3, 2]}, **how)
    kept = sorted((tmp_path / "out").glob("vectors/*"))
    assert len(kept) == files
    assert [trial.vectors is not None for trial in result.best.trials] == [keep != "none"] * 2
    if files:
        best = wordvec.load(result.best.trials[0].vectors)
        assert isinstance(best, KeyedVectors) and best.metadata["options"]["window"] == 3
    for path in kept:
        path.unlink()
    again = sweep(corpus, {"window": [1, 3, 2]}, **how)
    assert len(sorted((tmp_path / "out").glob("vectors/*"))) == files and again.best.value == result.best.value


def test_choices_of_the_command_line():
    found = parsed(
        SkipGram, ["window=2,5", "alpha=0.01:0.1:log", "max-vocab=none,100", "sample=0:0.1:0.05", "hs=no,yes"]
    )
    assert found == {
        "window": [2, 5],
        "alpha": Range(0.01, 0.1, log=True),
        "max_vocab": [None, 100],
        "sample": Range(0.0, 0.1, step=0.05),
        "hs": [False, True],
    }
    assert [str(found[name]) for name in ("alpha", "sample")] == ["0.01:0.1:log", "0.0:0.1:0.05"]
    for text, message in [
        ("window", "--set must be name=value"),
        ("window=", "--set must be name=value"),
        ("window=2:5:x", "--set must be name=value"),
        ("window=5:2", "from a lower to a higher"),
        ("sample=0:1:log", "above 0"),
        ("hs=perhaps", "true or false"),
        ("window=2,x", "window must be an integer"),
    ]:
        with pytest.raises(OptionError, match=message):
            parsed(SkipGram, [text])
    with pytest.raises(OptionError, match="twice"):
        parsed(SkipGram, ["window=2", "window=3"])
    assert trainer_class("glove") is wordvec.GloVe
    assert checked(SkipGram, {"alpha": Range(1, 2), "sample": [0, 0.0]}, {}, True) == {
        "alpha": Range(1.0, 2.0),
        "sample": [0.0],
    }
    assert len(grid({"window": [1, 2], "epochs": [1, 2, 3]})) == 6 and grid({}) == [{}]


def test_a_table_in_every_form():
    trials = [
        Trial({"window": 2, "max_vocab": None}, 1, 0.5, 2.0, 3.0, scores=(score("similarity", "a_b", 0.5),)),
        Trial({"window": 3, "max_vocab": None}, 1, None, 0.0, 0.0, reason="diverged"),
    ]
    table = table_of(Sweep.of(trials, model="skipgram", metric="all", fixed={"epochs": 2}, policy="p"))
    assert table.header == ("window", "max_vocab", "all", "deviation", "seeds", "seconds", "items", "a_b")
    assert table.rows[0] == ("2", "none", "0.5000", "-", "1", "2.0", "3 of 4", "0.5000")
    assert table.rows[1] == ("3", "none", "-", "-", "1", "0.0", "-", "-")
    forms = {name: form(table) for name, form in FORMS.items()}
    assert forms["csv"].splitlines()[2] == "3,none,,,1,0.0,,"
    assert r"a\_b" in forms["latex"] and "| a_b |" in forms["markdown"] and "<th>a_b" in forms["html"]
    assert forms["table"].splitlines()[1].startswith("------")
    assert all("skipgram epochs=2" in forms[name] for name in ("markdown", "latex", "html"))


def test_trials_survive_json():
    trial = Trial({"window": 2}, 1, 0.5, 2.0, 3.0, 7, (score("similarity", "a", 0.5),), "x.safetensors", None)
    assert Trial.from_dict(json.loads(json.dumps(trial.to_dict()))) == trial
    with pytest.raises(wordvec.FormatError, match="a trial must have"):
        Trial.from_dict({"seed": 1})


def test_errors_of_the_corpus_are_told():
    with pytest.raises((CorpusError, WordvecError), match="no file"):
        sweep(str(Path("nowhere") / "x.txt"), {"window": [1]}, judge=never)


def by_window(vectors):
    """The best window is 7, whatever else there is."""
    return -abs(vectors.metadata["options"]["window"] - 7.0)


RANGES = {"window": Range(2, 30), "alpha": Range(0.001, 0.1, log=True), "hs": [False, True]}


class TestSearch:
    """Searches by Optuna."""

    @pytest.fixture(autouse=True)
    def optuna(self):
        pytest.importorskip("optuna", reason="Optuna is not installed")

    def search(self, corpus, **more):
        return sweep(corpus, RANGES, **{"judge": by_window, "trials": 14, **SMALL, **more})

    def test_a_search_comes_near_the_best_and_repeats(self, corpus):
        first, second = self.search(corpus), self.search(corpus)
        assert first.to_dict()["settings"][0]["options"] == second.to_dict()["settings"][0]["options"]
        assert [setting.options for setting in first.settings] == [setting.options for setting in second.settings]
        assert first.best.value >= -2 and len(first.settings) == 14
        for setting in first.settings:
            assert 2 <= setting.options["window"] <= 30 and 0.001 <= setting.options["alpha"] <= 0.1
        other = self.search(corpus, seed=2)
        assert [setting.options for setting in other.settings] != [setting.options for setting in first.settings]

    def test_an_interrupted_search_goes_on_as_it_would_have(self, corpus, tmp_path):
        whole = self.search(corpus)

        def stop(trial, number, count):
            if number == 9:
                raise Stop

        with pytest.raises(Stop):
            self.search(corpus, folder=tmp_path / "out", callback=stop)
        assert len(list((tmp_path / "out" / "trials").iterdir())) == 9
        numbers = []
        again = self.search(
            corpus, folder=tmp_path / "out", callback=lambda trial, n, count: numbers.append((n, count))
        )
        assert [setting.options for setting in again.settings] == [setting.options for setting in whole.settings]
        assert numbers[-1] == (14, 14) and len(list((tmp_path / "out" / "trials").iterdir())) == 14

    def test_a_setting_that_is_proposed_again_is_trained_once(self, corpus):
        seen = []
        result = sweep(corpus, {"window": [1, 2]}, judge=stopping(99, seen), trials=9, seeds=2, **SMALL)
        assert len(seen) == 4 and [len(setting.trials) for setting in result.settings] == [2, 2]

    def test_steps_and_whole_numbers(self, corpus):
        options = {"vector_size": Range(4, 12, step=4), "min_count": Range(1, 3), "sample": Range(0, 0.5, step=0.25)}
        result = sweep(corpus, options, judge=judge_of_size, trials=6, epochs=1, workers=1)
        for setting in result.settings:
            assert setting.options["vector_size"] in (4, 8, 12) and setting.options["min_count"] in (1, 2, 3)
            assert setting.options["sample"] in (0.0, 0.25, 0.5)

    def test_minutes_end_a_search(self, corpus):
        result = self.search(corpus, trials=None, minutes=0.3 / 60)
        assert 1 <= sum(len(setting.trials) for setting in result.settings) < 500

    def test_a_setting_that_the_model_refuses_fails_alone(self, corpus):
        result = sweep(corpus, {"vector_size": Range(4, 9)}, model="cmow", judge=judge_of_size, trials=8, epochs=1)
        failed = [setting for setting in result.settings if setting.value is None]
        assert failed and all("square number" in setting.reason for setting in failed)
        assert result.best.options["vector_size"] == 9

    @pytest.mark.parametrize(
        ("options", "more", "message"),
        [
            ({}, {}, "must have an option to vary"),
            ({"window": Range(0, 3)}, {}, "window must be"),
            ({"window": Range(2, 3)}, {"trials": 0}, "trials must be"),
            ({"window": Range(2, 3)}, {"trials": None, "minutes": -1}, "minutes must be"),
        ],
    )
    def test_what_cannot_be(self, options, more, message, corpus):
        with pytest.raises(OptionError, match=message):
            sweep(corpus, options, **{"judge": never, "trials": 2, **more})


def test_a_search_without_optuna_says_what_to_install(corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(wordvec.LibraryError, match=r'pip install "wordvec\[optuna\]"'):
        sweep(corpus, {"window": Range(2, 3)}, judge=never, trials=2)
