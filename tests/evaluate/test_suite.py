"""Suites: what is found under folders, models beside each other, differences, what is remembered, and reports."""

import json
import os

import numpy as np
import pytest

from wordvec import FormatError, KeyedVectors, OptionError
from wordvec.evaluate import report as reports
from wordvec.evaluate.results import Outcome, Score
from wordvec.evaluate.suite import Model, differences, evaluate, fallen, find, running, suite_of
from wordvec.evaluate.tasks import TASKS

N = 40


@pytest.fixture
def data(tmp_path):
    """A folder with two sets of pairs, one of analogies, and files of other kinds."""
    rng = np.random.default_rng(1)
    folder = tmp_path / "data"
    (folder / "similarity").mkdir(parents=True)
    angles = np.linspace(0, 3, N)
    lines = [
        f"w{i}\tw{j}\t{10 * np.cos(angles[i] - angles[j]) + 0.01 * i:.3f}"
        for i, j in rng.permutation([(i, j) for i in range(N) for j in range(i)])[:150]
    ]
    (folder / "similarity" / "one.txt").write_text("\n".join(lines[:75]))
    (folder / "similarity" / "two.csv").write_text("word1,word2,score\r\n" + "\r\n".join(lines[75:]).replace("\t", ","))
    (folder / "similarity" / "again.tsv").write_text("\n".join(reversed(lines[:75])))
    (folder / "questions.txt").write_text(": s\nw0 w1 w2 w3\nw1 w2 w3 w4\nw2 w3 w4 w9\n")
    (folder / "notes.md").write_text("no test set\nat all\n")
    (folder / "edges.txt").write_text("1 2\n2 3\n")
    (folder / "bytes.bin").write_bytes(bytes(range(256)) * 4)
    return folder


def on_circle(noise, seed=0):
    angles = np.linspace(0, 3, N)
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1) + noise * np.random.default_rng(seed).standard_normal(
        (N, 2)
    )
    return KeyedVectors([f"w{i}" for i in range(N)], rows.astype("f4"))


def test_sets_are_found_by_content_and_what_is_not_is_named(data):
    found = find(suite_of("core").tasks, [data])
    names = [(dataset.task, dataset.name) for _, dataset in found.sets]
    assert names == [
        ("similarity", "again"),
        ("similarity", "two"),
        ("analogies", "questions"),
        ("evalrank", "top-quarter-of-pairs"),
    ]  # `one` has the same items; EvalRank is made of the pairs
    assert found.refused == ("one: its items are those of again",)
    assert "similarity" not in found.missing and "analogy-choice" in found.missing
    with pytest.raises(OptionError, match="there is no"):
        find(suite_of("core").tasks, [data / "nowhere"])
    with pytest.raises(OptionError, match="suite must be one of core"):
        suite_of("best")


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_a_link_to_a_folder_above_is_passed_over(data):
    count = len(find(suite_of("core").tasks, [data]).sets)
    (data / "above").symlink_to(data.parent, target_is_directory=True)
    (data / "self").symlink_to(".", target_is_directory=True)
    assert len(find(suite_of("core").tasks, [data]).sets) == count


def test_a_suite_of_ones_own_is_a_toml_file(data, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('tasks = ["similarity"]\ndata = "data"\npolicy = "gensim"\n')
    suite = suite_of(str(path))
    assert [task.name for task in suite.tasks] == ["similarity"] and suite.options == {"policy": "gensim"}
    assert len(find(suite.tasks, suite.data).sets) == 2
    path.write_text('corpus = "text.txt"\n')
    assert suite_of(str(path)).text == [str(tmp_path / "text.txt")] and suite_of("core").text is None
    for bad in ('tasks = ["no such"]\n', "task = 1\n", "tasks = [\n", "data = 1\n", "corpus = [1]\n"):
        path.write_text(bad)
        with pytest.raises(FormatError, match=r"mine\.toml"):
            suite_of(str(path))


def test_the_text_of_a_suite_of_ones_own_is_that_of_the_command(tmp_path, capsys):
    from wordvec.cli import main

    rng, words = np.random.default_rng(1), [f"w{i}" for i in range(30)]
    KeyedVectors(words, rng.standard_normal((30, 5)).astype("f4")).save(tmp_path / "v.safetensors")
    (tmp_path / "text.txt").write_text("\n".join(" ".join(rng.choice(words, 8)) for _ in range(60)))
    (tmp_path / "nonces.txt").write_text("".join(f"w{i}\ta ___ is w{i + 1} w{i + 2} w{i + 3}\n" for i in range(20)))
    (tmp_path / "mine.toml").write_text('tasks = ["definitional-nonces"]\ndata = "nonces.txt"\ncorpus = "text.txt"\n')
    ask = ["eval", str(tmp_path / "v.safetensors"), "--json", "--suite"]

    def scores(*arguments):
        assert main([*ask, *map(str, arguments)]) == 0
        found = json.loads(capsys.readouterr().out)["results"]
        return {one["measure"]: one["score"] for one in found}

    given = scores("fewshot", "--data", tmp_path / "nonces.txt", "--corpus", tmp_path / "text.txt")
    assert scores(tmp_path / "mine.toml") == given and given["mrr-alacarte"] is not None
    assert scores("fewshot", "--data", tmp_path / "nonces.txt")["mrr-alacarte"] is None


@pytest.fixture
def report(data):
    models = [Model("good", on_circle(0.01)), Model("bad", on_circle(2))]
    return evaluate(models, find(suite_of("core").tasks, [data]))


def test_scores_carry_all_that_is_behind_them(report):
    score = next(one for one in report.scores if one.measure == "spearman" and one.model == "good")
    assert score.score > 0.95 and score.low <= score.score <= score.high
    assert (score.used, score.total, score.coverage) == (75, 75, 1.0)
    assert score.policy == "case fold, oov skip, exclude inputs+case"
    assert len(score.data) == len(score.vectors) == 32
    assert Score.from_dict(json.loads(json.dumps(score.to_dict()))) == score
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    wanted = {"model", "task", "name", "score", "low", "high", "used", "total", "coverage", "policy", "seed"}
    assert wanted <= set(document["results"][0]) and "analogy-choice" in document["not_found"]


def test_results_do_not_depend_on_workers(data):
    found = find(suite_of("core").tasks, [data])
    models = [Model("m", on_circle(0.3))]
    assert evaluate(models, found, workers=1).scores == evaluate(models, found, workers=3).scores


def test_differences_are_on_common_items_and_corrected(report, data):
    some = differences(report)
    assert [one.name for one in some] == ["again", "two", "questions", "top-quarter-of-pairs"]
    of = {one.name: one for one in some}
    assert of["again"].difference > 0.5 and of["again"].low > 0 and of["again"].test == "williams"
    assert of["again"].p < 1e-6 and of["again"].p_holm >= of["again"].p
    assert of["questions"].test == "mcnemar" and of["questions"].p == 0.5
    assert of["again"].difference == pytest.approx(of["again"].first_score - of["again"].second_score)
    fewer = evaluate(
        [Model("all", on_circle(0.3)), Model("half", on_circle(0.3).subset(rows=range(20)))],
        find(suite_of("core").tasks, [data]),
    )
    same = differences(fewer)[0]
    assert same.used < 75 and same.difference == 0 and same.p == 1
    worse = [one.name for one in fallen(differences(report, [("bad", "good")]), "good")]
    assert worse == ["again", "two", "top-quarter-of-pairs"]
    assert fallen(differences(report, [("good", "bad")]), "bad") == []


def test_seeds_of_a_model_make_one_row(data):
    found = find(suite_of("core").tasks, [data])
    seeds = [on_circle(0.4, seed) for seed in range(3)]
    whole = evaluate([Model("m", one) for one in seeds], found).scores
    parts = [evaluate([Model("m", one)], found).scores for one in seeds]
    for together, alone in zip(whole, zip(*parts)):
        scores = [one.score for one in alone]
        assert together.seeds == 3 and together.score == pytest.approx(np.mean(scores))
        assert together.deviation == pytest.approx(np.std(scores, ddof=1))
        assert together.low is None or together.low <= together.score <= together.high


def test_equal_seeds_are_as_sure_as_one_of_them(data):
    """Seeds that do not differ add nothing to the interval over items: neither the bootstrap's nor Wilson's."""
    found = find(suite_of("core").tasks, [data])
    once, twice = (evaluate([Model("m", on_circle(0.4))] * seeds, found).scores for seeds in (1, 2))
    for one, two in zip(once, twice):
        assert (two.low, two.high) == pytest.approx((one.low, one.high)) and two.deviation == pytest.approx(0)


def test_differences_of_models_with_seeds_are_over_seeds_and_items(data):
    """The score of a model is the mean over its seeds, not that of a mean of their values."""
    found = find(suite_of("core").tasks, [data])
    good, bad = ([Model(name, on_circle(noise, s)) for s in range(3)] for name, noise in (("good", 0.05), ("bad", 0.8)))
    report = evaluate([*good, *bad], found)
    one = differences(report)[0]
    scores = {score.model: score.score for score in report.scores if score.name == one.name and score.headline}
    assert one.test == "seeds" and one.difference == pytest.approx(scores["good"] - scores["bad"]) and one.used == 75
    assert 0 < one.low < one.difference < one.high and one.p < 0.05
    alone = differences(evaluate([good[0], *bad], found))[0]
    assert alone.test == "seeds" and alone.first_score != one.first_score
    fewer = [Model("good", on_circle(0.05, 3).subset(rows=range(20))), *good]
    assert differences(evaluate([*fewer, *bad], found))[0].used < 75


def test_seeds_without_a_score_have_a_reason(data):
    none = KeyedVectors(["other"], [[1.0, 0.0]])
    report = evaluate([Model("m", on_circle(0.1)), Model("m", none)], find(suite_of("core").tasks, [data]))
    assert all(score.score is None and score.reason and score.used == 0 for score in report.scores)


def test_what_was_computed_is_remembered(data, tmp_path, monkeypatch):
    found = find(suite_of("core").tasks, [data])
    models = [Model("a", on_circle(0.1))]
    first = evaluate(models, found, cache=tmp_path / "cache")

    def fail(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(running, "Resolver", fail)
    assert evaluate(models, found, cache=tmp_path / "cache").scores == first.scores
    with pytest.raises(AssertionError, match="again"):
        evaluate([Model("a", on_circle(0.2))], found, cache=tmp_path / "cache")
    for path in (tmp_path / "cache").iterdir():
        path.write_text("{")
    with pytest.raises(AssertionError, match="again"):
        evaluate(models, found, cache=tmp_path / "cache")


def test_a_model_is_a_path_or_a_name_and_a_path(tmp_path):
    assert Model.of("some/folder/a.vec") == Model("a.vec", "some/folder/a.vec")
    assert Model.of("x=b.vec") == Model("x", "b.vec")
    for name in ("y=c.vec", "a,b.vec"):
        (tmp_path / name).write_text("")
        assert Model.of(str(tmp_path / name)) == Model(name, str(tmp_path / name))
    assert Model.of("in/a.vec,in/b.vec") == Model("a.vec,b.vec", "in/a.vec", ("in/b.vec",))
    assert Model.of("x=a.vec,b.vec,c.vec") == Model("x", "a.vec", ("b.vec", "c.vec"))
    one, two = on_circle(0.1), on_circle(0.2)
    prints = [Model("x", one).fingerprint, Model("x", one, (two,)).fingerprint, Model("x", two, (one,)).fingerprint]
    assert len(set(prints)) == 3 and {len(print_) for print_ in prints} == {32}


def test_outcomes_survive_json(report):
    outcome = report.runs[0].outcomes[0][0][0]
    again = Outcome.from_dict(json.loads(json.dumps(outcome.to_dict())))
    assert again.interval() == outcome.interval() and again.items.dtype == np.int64


def test_every_form_of_the_report_has_every_model_and_the_policy(report):
    from dataclasses import replace

    full = replace(report, differences=tuple(differences(report)))
    assert full.to_dict()["differences"][0]["test"] == "williams"
    for text in (reports.aligned(full), reports.markdown(full), reports.latex(full), reports.page(full)):
        assert "good" in text and "bad" in text and "spearman" in text
    lines = reports.csv_text(full).splitlines()
    assert lines[0].startswith("model,task,name,measure,score") and len(lines) == 1 + len(full.scores)
    latex = reports.latex(full)
    row = next(line for line in latex.splitlines() if line.startswith("again & spearman"))
    assert r"\textbf" in row.split("&")[3] and r"\textbf" not in row.split("&")[4]
    assert not any(r"\textbf" in line for line in latex.splitlines() if line.startswith("questions"))
    assert r"\toprule" in latex and "http" not in reports.page(full)


def test_records_have_a_line_for_each_item(report):
    records = [one for one in report.records() if one["measure"] == "spearman" and one["name"] == "again"]
    assert len(records) == 150 and {one["model"] for one in records} == {"good", "bad"}


def test_nothing_to_do_is_an_error(data):
    with pytest.raises(OptionError, match="0 models"):
        evaluate([], find(TASKS.values(), [data]))


def test_the_command_names_all_suites():
    from wordvec.cli import suite
    from wordvec.evaluate.suite import SUITES

    assert suite._SUITES == SUITES
