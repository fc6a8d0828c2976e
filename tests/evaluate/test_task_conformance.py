"""What every task owes: order does not matter, unknown words are no error, results survive JSON."""

import json

import numpy as np
import pytest

from wordvec import FormatError, KeyedVectors
from wordvec.evaluate.policy import PRESETS, Policy, Resolver
from wordvec.evaluate.results import Outcome
from wordvec.evaluate.suite import Model, evaluate, find
from wordvec.evaluate.suite.discovery import Found
from wordvec.evaluate.tasks import TASKS, Place

RNG = np.random.default_rng(0)
WORDS = [f"{kind}{i}" for kind in ("a", "b", "c") for i in range(12)]
VECTORS = KeyedVectors(WORDS, RNG.standard_normal((36, 6)).astype("f4"))
OTHERS = KeyedVectors(["other"], [[1.0, 2.0]])


def pair_lines():
    return [f"a{i}\tb{(i * 5) % 12}\t{i % 7}.5" for i in range(12)] + ["a1\tmissing\t3", "c1\tc2\t4"]


def question_lines():
    return [f"a{i} b{i} a{j} b{j}" for i in range(5) for j in range(5) if i != j] + ["a1 b1 missing c1"]


def choice_blocks():
    blocks = []
    for i in range(6):
        last = "missing c4 n:v" if i == 5 else "c3 c4 n:v"
        blocks.append("\n".join([f"a{i} b{i} n:n", "a7 c2 n:n", f"a{i + 1} b{i + 1} n:n", last, "b", ""]))
    return blocks


def category_lines():
    return [f"{kind}\t{kind}{i}" for kind in "abc" for i in range(8)] + ["a\tmissing"]


def outlier_lines():
    return [f"{i},{k},\"['c{i}', 'missing']\",\"['{k}1', '{k}2', '{k}3', '{k}4']\"" for i, k in enumerate("ab")]


def relation_lines():
    return [f"a{i}\tb{i}\thyper" for i in range(8)] + [f"a{i}\tc{i}\trandom" for i in range(8)] + ["a1\tmissing\thyper"]


def synonym_lines():
    return [f"a{i} | b{i} | c{i} | c{i + 1}" for i in range(9)] + ["a1 | missing | c1 | c2"]


def feature_lines():
    return [f'a{i}\t{{"noun.act": {i / 12}, "noun.food": {(i * i) % 5}}}' for i in range(12)] + ['missing\t{"verb": 1}']


def bias_lines():
    names = ("targ1", "targ2", "attr1", "attr2")
    words = [[f"{kind}{i}" for i in range(4)] for kind in "abc"] + [["a7", "b7", "missing", "c7"]]
    return [json.dumps({name: {"category": name, "examples": some} for name, some in zip(names, words)})]


def sentence(i, kind="abc"):
    return " ".join(f"{kind[j % len(kind)]}{(i * (j + 3)) % 12}" for j in range(5))


def text_pair_lines():
    return [f"{sentence(i)}\t{sentence(i + 3)}\t{i % 5}.5" for i in range(14)] + ["a1 missing\tabsent\t3"]


def text_lines():
    return [sentence(i, "ab") for i in range(20)] + ["a1 missing"]


def probe_lines():
    parts = ["tr"] * 6 + ["va", "te"] * 2
    lines = [f"{part}\t{kind}\t{sentence(i, kind)}" for i, part in enumerate(parts * 3) for kind in "ab"]
    return [*lines, "te\ta\ta1 missing"]


def tagged_blocks():
    names = [f"a{i}\tO\nb{i}\tB-LOC\nb{(i * 5) % 12}\tI-LOC\nc{i}\tO\n" for i in range(12)]
    return [*names, "a3\tO\nmissing\tB-PER\n"]


# Of each task: the name of its file, its lines before and after the items, and the items.
SETS = {
    "similarity": ("pairs.tsv", [], pair_lines),
    "analogies": ("questions.txt", [": family"], question_lines),
    "analogy-choice": ("sat.txt", [], choice_blocks),
    "categories": ("classes.tsv", ["category\tword"], category_lines),
    "outliers": ("8-8-8.csv", [",category,outliers,words"], outlier_lines),
    "relations": ("bless.tsv", ["word1\tword2\trelation"], relation_lines),
    "synonyms": ("toefl.txt", [], synonym_lines),
    "qvec-cca": ("oracle.txt", [], feature_lines),
    "bias": ("weat.json", [], bias_lines),
    "text-similarity": ("sts-test.csv", ["sentence1\tsentence2\tscore"], text_pair_lines),
    "text-classification": ("texts.pos", [], text_lines),
    "text-probes": ("length.txt", [], probe_lines),
    "tags": ("ner-test.tsv", [], tagged_blocks),
    "evalrank": ("rank/positive_pairs.txt", [], lambda: [f"a{i} b{i}" for i in range(9)] + ["a1 missing"]),
}
LEARNED = ("text-classification", "text-probes", "tags")  # by scikit-learn
every_task = pytest.mark.parametrize("name", TASKS)


def written(folder, name, change=lambda lines: lines, encoding="utf-8", newline="\n"):
    """The path of a small set of a task, its items changed."""
    file, head, items = SETS[name]
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([*head, *change(items())]) + "\n", encoding=encoding, newline=newline)
    if name == "evalrank":
        (path.parent / "basic_vocab.txt").write_text("\n".join(WORDS), encoding=encoding, newline=newline)
        return path.parent
    if name == "text-classification":
        (folder / "texts.neg").write_text("\n".join(sentence(i, "c") for i in range(20)), "utf-8")
    if name == "tags":
        (folder / "ner-train.tsv").write_text("\n".join(tagged_blocks()), "utf-8")
    return path


def results(name, path, vectors=VECTORS, policy=None, workers=None):
    if name in LEARNED:
        pytest.importorskip("sklearn", reason="probes need scikit-learn")
    task = TASKS[name]
    outcomes = task.run(Resolver(vectors, policy or Policy()), task.read(path), 1, workers)
    return [(outcome, outcome.interval(seed=1)) for outcome in outcomes]


def shown(some):
    return [(one.measure, one.part, one.used, one.total, one.known, interval) for one, interval in some]


@every_task
def test_its_published_form_is_recognised_by_it_alone(name, tmp_path):
    place = Place.at(written(tmp_path, name))
    assert [task.name for task in TASKS.values() if task.recognise(place)] == [name]


@every_task
def test_the_order_of_items_changes_nothing(name, tmp_path):
    once = shown(results(name, written(tmp_path, name)))
    again = shown(results(name, written(tmp_path, name, lambda lines: lines[::-1])))
    assert once == again and once[0][-1].score is not None


@every_task
def test_bom_and_crlf_change_nothing(name, tmp_path):
    once = TASKS[name].read(written(tmp_path, name))
    again = TASKS[name].read(written(tmp_path, name, encoding="utf-8-sig", newline="\r\n"))
    assert once.items == again.items and once.fingerprint == again.fingerprint


@every_task
@pytest.mark.parametrize("policy", PRESETS)
def test_unknown_words_are_no_error_under_any_policy(name, policy, tmp_path):
    for outcome, interval in results(name, written(tmp_path, name), policy=PRESETS[policy]):
        assert outcome.used <= outcome.total and 0 <= outcome.coverage < 1
        assert interval.score is None or np.isfinite(interval.score)


@every_task
@pytest.mark.parametrize("oov", ["skip", "subword"])
def test_a_set_of_unknown_words_has_no_score_and_a_reason(name, oov, tmp_path):
    for outcome, interval in results(name, written(tmp_path, name), OTHERS, Policy(oov=oov)):
        assert interval == (None, None, None) and outcome.reason and outcome.used == 0 and outcome.coverage == 0


@every_task
def test_zero_vectors_are_no_error_and_give_no_nan(name, tmp_path):
    zeros = KeyedVectors(WORDS, np.zeros((36, 6), "f4"))
    for outcome, interval in results(name, written(tmp_path, name), zeros):
        assert interval.score is None or np.isfinite(interval.score)
        assert interval.score is not None or outcome.reason


@every_task
def test_results_survive_json(name, tmp_path):
    for outcome, interval in results(name, written(tmp_path, name)):
        text = json.dumps(outcome.to_dict(), allow_nan=False)
        assert Outcome.from_dict(json.loads(text)).interval(seed=1) == interval


@every_task
def test_the_same_seed_gives_the_same_result_for_any_number_of_workers(name, tmp_path):
    path = written(tmp_path, name)
    found = Found(((TASKS[name], TASKS[name].read(path)),))
    one, three = (evaluate([Model("m", VECTORS)], found, workers=workers).scores for workers in (1, 3))
    assert one == three and one[0].seed == 1
    assert shown(results(name, path, workers=1)) == shown(results(name, path, workers=3))


@every_task
def test_bad_lines_are_counted_and_repeats_counted_once(name, tmp_path):
    if name in ("analogy-choice", "bias", "text-classification"):
        return  # a line more in a block is its title; what is no JSON is an error; any line is a text
    whole = TASKS[name].read(written(tmp_path, name))
    bad = TASKS[name].read(written(tmp_path, name, lambda lines: [*lines[:-1], "junk", lines[-1]]))
    assert len(bad.unreadable) == len(whole.unreadable) + 1 and len(bad.items) == len(whole.items)


@every_task
def test_an_empty_file_and_bytes_are_errors_that_name_it(name, tmp_path):
    path = written(tmp_path, name)
    file = tmp_path / SETS[name][0]
    for content in (b"", b"\n\n", bytes(range(256)) * 9):
        file.write_bytes(content)
        with pytest.raises(FormatError, match=path.name):
            TASKS[name].read(path)


@every_task
def test_text_in_another_encoding_is_read_or_an_error(name, tmp_path):
    written(tmp_path, name)
    file = tmp_path / SETS[name][0]
    file.write_bytes(file.read_bytes().replace(b"missing", b"caf\xe9"))
    outcomes = results(name, file.parent if name == "evalrank" else file)
    assert outcomes[0][0].total > 0


@every_task
def test_a_header_is_neither_an_item_nor_unreadable(name, tmp_path):
    if SETS[name][1] or name != "similarity":
        return
    path = written(tmp_path, name, lambda lines: ["word1\tword2\tscore", *lines])
    assert TASKS[name].read(path).unreadable == () and len(TASKS[name].read(path).items) == len(pair_lines())


def test_sets_of_all_tasks_in_one_folder_are_told_apart(tmp_path):
    for name in TASKS:
        written(tmp_path, name)
    assert [dataset.task for _, dataset in find(TASKS.values(), [tmp_path]).sets] == list(TASKS)
