"""What every task owes: order does not matter, unknown words are no error, results survive JSON.

Each task of TASKS has a small set in SAMPLES of a file in the folder `samples`.
"""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from task_sample import VECTORS, WORDS

from wordvec import FormatError, KeyedVectors
from wordvec.evaluate.policy import PRESETS, Policy, Resolver
from wordvec.evaluate.results import Outcome
from wordvec.evaluate.suite import Model, differences, evaluate, find
from wordvec.evaluate.suite.discovery import Found
from wordvec.evaluate.tasks import TASKS, Place

OTHERS = KeyedVectors(["other"], [[1.0, 2.0]])
FILES = sorted(path.stem for path in (Path(__file__).parent / "samples").glob("*_samples.py"))
SAMPLES = {name: sample for file in FILES for name, sample in import_module(file).SAMPLES.items()}
LEARNED = ("text-classification", "text-probes", "tags")  # by scikit-learn
every_task = pytest.mark.parametrize("name", TASKS)


def needs(name):
    """Skip where the library that a task learns with is not installed."""
    if name in LEARNED:
        pytest.importorskip("sklearn", reason="probes need scikit-learn")


def results(name, path, vectors=VECTORS, policy=None, workers=None):
    needs(name)
    task = TASKS[name]
    chosen = policy or Policy()
    outcomes = task.run(Resolver(vectors, chosen, others=[Resolver(vectors, chosen)]), task.read(path), 1, workers)
    return [(outcome, outcome.interval(seed=1)) for outcome in outcomes]


def model(name, vectors):
    """A model with the same vectors on the other side, for tasks between languages or times."""
    return Model(name, vectors, (vectors,))


def shown(some):
    return [(one.measure, one.part, one.used, one.total, one.known, interval) for one, interval in some]


def test_every_task_has_a_sample_and_every_sample_a_task():
    assert set(SAMPLES) == set(TASKS), "a task needs a line in SAMPLES of a file in tests/evaluate/samples"


@every_task
def test_its_published_form_is_recognised_by_it_alone(name, tmp_path):
    place = Place.at(SAMPLES[name].write(tmp_path))
    assert [task.name for task in TASKS.values() if task.recognise(place)] == [name]


@every_task
def test_the_order_of_items_changes_nothing(name, tmp_path):
    once = shown(results(name, SAMPLES[name].write(tmp_path)))
    again = shown(results(name, SAMPLES[name].write(tmp_path, lambda lines: lines[::-1])))
    assert once == again and once[0][-1].score is not None


@every_task
def test_bom_and_crlf_change_nothing(name, tmp_path):
    once = TASKS[name].read(SAMPLES[name].write(tmp_path))
    again = TASKS[name].read(SAMPLES[name].write(tmp_path, encoding="utf-8-sig", newline="\r\n"))
    assert once.items == again.items and once.fingerprint == again.fingerprint


@every_task
@pytest.mark.parametrize("policy", PRESETS)
def test_unknown_words_are_no_error_under_any_policy(name, policy, tmp_path):
    for outcome, interval in results(name, SAMPLES[name].write(tmp_path), policy=PRESETS[policy]):
        assert outcome.used <= outcome.total and 0 <= outcome.coverage < 1
        assert interval.score is None or np.isfinite(interval.score)


@every_task
@pytest.mark.parametrize("oov", ["skip", "subword"])
def test_a_set_of_unknown_words_has_no_score_and_a_reason(name, oov, tmp_path):
    for outcome, interval in results(name, SAMPLES[name].write(tmp_path), OTHERS, Policy(oov=oov)):
        assert interval == (None, None, None) and outcome.reason and outcome.used == 0 and outcome.coverage == 0


@every_task
def test_zero_vectors_are_no_error_and_give_no_nan(name, tmp_path):
    zeros = KeyedVectors(WORDS, np.zeros((36, 6), "f4"))
    for outcome, interval in results(name, SAMPLES[name].write(tmp_path), zeros):
        assert interval.score is None or np.isfinite(interval.score)
        assert interval.score is not None or outcome.reason


@every_task
def test_results_survive_json(name, tmp_path):
    for outcome, interval in results(name, SAMPLES[name].write(tmp_path)):
        text = json.dumps(outcome.to_dict(), allow_nan=False)
        assert Outcome.from_dict(json.loads(text)).interval(seed=1) == interval


@every_task
def test_the_same_seed_gives_the_same_result_for_any_number_of_workers(name, tmp_path):
    path = SAMPLES[name].write(tmp_path)
    found = Found(((TASKS[name], TASKS[name].read(path)),))
    one, three = (evaluate([model("m", VECTORS)], found, workers=workers).scores for workers in (1, 3))
    assert one == three and one[0].seed == 1
    assert shown(results(name, path, workers=1)) == shown(results(name, path, workers=3))


@every_task
def test_seeds_and_differences_have_numbers_or_a_reason(name, tmp_path):
    """Of models with seeds, with fewer words, and with none of the words of the set."""
    needs(name)
    found = Found(((TASKS[name], TASKS[name].read(SAMPLES[name].write(tmp_path))),))
    noise = np.random.default_rng(1).standard_normal((36, 6)).astype("f4")
    models = [model("m", VECTORS), model("m", KeyedVectors(WORDS, VECTORS.vectors + noise)), model("none", OTHERS)]
    report = evaluate([*models, model("few", VECTORS.subset(rows=range(20)))], found)
    for score in report.scores:
        assert (score.score is None) == bool(score.reason)
        assert score.seeds == 1 + (score.model == "m") and (score.low is None or score.low <= score.score <= score.high)
    some = differences(report)
    json.dumps([one.to_dict() for one in some] + report.to_dict()["results"], allow_nan=False)
    assert all((one.p is None) == bool(one.reason) and 0 <= (one.p or 0) <= 1 for one in some)
    # Of bias no model is better for a higher number.
    assert some or name == "bias"
    twice = differences(evaluate([model("m", VECTORS), model("again", VECTORS)], found))
    assert all((one.difference, one.p) == (0, 1) for one in twice) and bool(twice) == bool(some)


@every_task
def test_repeated_items_count_once(name, tmp_path):
    once = shown(results(name, SAMPLES[name].write(tmp_path)))
    assert once == shown(
        results(name, SAMPLES[name].write(tmp_path, lambda lines: [*lines, *lines[: len(lines) // 2]]))
    )


@every_task
def test_bad_lines_are_counted(name, tmp_path):
    junk = SAMPLES[name].junk
    whole = TASKS[name].read(SAMPLES[name].write(tmp_path))
    more = [junk] if junk else []
    bad = TASKS[name].read(SAMPLES[name].write(tmp_path, lambda lines: [*lines[:-1], *more, lines[-1]]))
    assert len(bad.unreadable) == len(whole.unreadable) + len(more) and len(bad.items) == len(whole.items)


@every_task
def test_an_empty_file_and_bytes_are_errors_that_name_it(name, tmp_path):
    path = SAMPLES[name].write(tmp_path)
    file = tmp_path / SAMPLES[name].file
    for content in (b"", b"\n\n", bytes(range(256)) * 9):
        file.write_bytes(content)
        with pytest.raises(FormatError, match=path.name):
            TASKS[name].read(path)


@every_task
def test_text_in_another_encoding_is_read_or_an_error(name, tmp_path):
    path = SAMPLES[name].write(tmp_path)
    file = tmp_path / SAMPLES[name].file
    file.write_bytes(file.read_bytes().replace(b"missing", b"caf\xe9"))
    assert results(name, path)[0][0].total > 0


def test_a_header_is_neither_an_item_nor_unreadable(tmp_path):
    path = SAMPLES["similarity"].write(tmp_path, lambda lines: ["word1\tword2\tscore", *lines])
    read = TASKS["similarity"].read(path)
    assert read.unreadable == () and len(read.items) == len(SAMPLES["similarity"].items())


def test_sets_of_all_tasks_in_one_folder_are_told_apart(tmp_path):
    for name in TASKS:
        SAMPLES[name].write(tmp_path)
    assert [dataset.task for _, dataset in find(TASKS.values(), [tmp_path]).sets] == list(TASKS)
