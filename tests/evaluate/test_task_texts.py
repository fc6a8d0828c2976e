"""Tasks of texts and tags: published files as they come, figures held to formulas, encoders of all kinds."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import text_samples
from task_sample import VECTORS, WORDS

from wordvec import FormatError, KeyedVectors, OptionError, SkipGram
from wordvec.evaluate import linear, regimes
from wordvec.evaluate.encoders import Texts
from wordvec.evaluate.policy import Policy, Resolver
from wordvec.evaluate.results import MEASURES
from wordvec.evaluate.suite import Model, differences, evaluate
from wordvec.evaluate.suite.discovery import Found, find, suite_of
from wordvec.evaluate.tasks import TASKS, Place
from wordvec.evaluate.tasks.retrieval import _scores
from wordvec.evaluate.tasks.tags import _names
from wordvec.texts import TextEncoder

SHARED = Path(__file__).parents[3] / "shared" / "data"
LEARNED = ("text-classification", "text-probes", "tags")


def found_in(name, path):
    return Found(((TASKS[name], TASKS[name].read(path)),))


def sample(name, folder):
    return found_in(name, text_samples.SAMPLES[name].write(folder))


def sklearn():
    return pytest.importorskip("sklearn", reason="probes need scikit-learn")


# Files

STS = "main-captions\tMSRvid\t2012test\t0001\t{}\t{}\t{}"
SICK = "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment"
WHOLE_SICK = "pair_ID\tsentence_A\tsentence_B\tentailment_label\trelatedness_score\tSemEval_set"
FORMS = {
    "sts-test.csv": [STS.format("5.000", '"a man runs', "a man walks ."), STS.format("0", "it is\x85 so", "no one is")],
    "SICK_test_annotated.txt": [
        SICK,
        "1\ta man runs\ta man walks\t4.5\tENTAILMENT",
        "2\tit is so\tno one is\t0\tNEUTRAL",
    ],
    "SICK.txt": [
        WHOLE_SICK,
        "1\ta man runs\ta man walks\tNEUTRAL\t4.5\tTEST",
        "2\tit is so\tno one is\tNEUTRAL\t0\tTRAIN",
        "3\tno one is\tit is so\tNEUTRAL\t1\tTEST",
    ],
    "sem_text_rel_ranked.csv": [
        "PairID,Text,Score",
        'P1,"a man, he runs',
        'a man walks",0.9',
        'P2,"it is so',
        'no one is",0',
    ],
    "pairs.csv": ["sentence1,sentence2,score", '"a man, he runs",a man walks,4', "it is so,no one is,1"],
}


@pytest.mark.parametrize("form", FORMS)
def test_sets_of_rated_pairs_are_read_as_they_are_published(form, tmp_path):
    path = tmp_path / form
    path.write_text("\n".join(FORMS[form]) + "\n", newline="\r\n" if "test" in form else "\n")
    assert TASKS["text-similarity"].recognise(Place.at(path))
    read = TASKS["text-similarity"].read(path)
    assert len(read.items) == 2 and read.unreadable == ()
    assert [pair[2] for pair in read.items] == sorted([pair[2] for pair in read.items], reverse=read.items[0][0] < "b")
    path.write_text("\n".join([*FORMS[form], "broken", "\t\t", ""]))
    assert len(TASKS["text-similarity"].read(path).unreadable) == 1


def test_files_to_learn_from_are_passed_over_beside_one_to_test(tmp_path):
    lines = [STS.format(i, f"a man runs {i}", "a man walks") for i in range(5)]
    for part in ("train", "dev", "test"):
        (tmp_path / f"sts-{part}.csv").write_text("\n".join([*lines, STS.format(1, part, "it is so")]))
    assert [one.name for _, one in find(TASKS.values(), [tmp_path]).sets] == ["sts-test"]
    (tmp_path / "sts-test.csv").unlink()
    assert len(find(TASKS.values(), [tmp_path]).sets) == 2


def test_questions_are_read_in_latin_1_by_their_coarse_class(tmp_path):
    (tmp_path / "train_5500.label").write_bytes(b"DESC:def What is caf\xe9 ?\nHUM:ind Who is it ?\n" * 3)
    (tmp_path / "TREC_10.label").write_bytes("NUM:date When is Zoë ?\nHUM:ind Who ?\nno question\n".encode())
    ((_, read),) = find(TASKS.values(), [tmp_path]).sets
    assert read.name == "TREC_10" and read.unreadable == ("no question",) and len(read.items) == 8
    assert {item for item in read.items if item[0] == "train"} == {
        ("train", "DESC", "What is café ?"),
        ("train", "HUM", "Who is it ?"),
    }
    assert read.items[:2] == (("test", "HUM", "Who ?"), ("test", "NUM", "When is Zoë ?"))


@pytest.mark.parametrize("kind", ["binary", "fine"])
def test_sst_is_read_in_senteval_s_form(kind, tmp_path):
    text = "it is a {} film , isn't it ?"
    count = 2 if kind == "binary" else 5
    for part in ("train", "dev", "test"):
        pairs = [(text.format(f"{part}{i}"), i % count) for i in range(2 * count)]
        lines = [f"{one}\t{label}" if kind == "binary" else f"{label} {one}" for one, label in pairs]
        broken = ["no class at all"] if part == "test" else []
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"sentiment-{part}").write_text("\n".join([*lines, *broken]) + "\n")
    ((task, read),) = find(TASKS.values(), [tmp_path]).sets
    assert (task.name, read.name) == ("text-classification", f"sentiment-{kind}")
    assert read.unreadable == ("no class at all",) and len(read.items) == 6 * count
    assert ("dev", "1", text.format("dev1")) in read.items and {item[1] for item in read.items} == set("01234"[:count])
    (tmp_path / kind / "sentiment-train").unlink()
    assert find(TASKS.values(), [tmp_path]).sets == ()


def test_sts_of_2012_to_2016_has_pairs_and_ratings_in_two_files(tmp_path):
    folder = tmp_path / "STS" / "STS14-en-test"
    folder.mkdir(parents=True)
    pairs = ["a man runs\ta man walks", "it is so\tno one is", "not rated yet\tby anyone", "broken"]
    for name in ("headlines", "ALL"):
        (folder / f"STS.input.{name}.txt").write_text("\n".join(pairs) + "\n")
        (folder / f"STS.gs.{name}.txt").write_text("4.5\n0\n\n1\n")
    (folder / "STS2016.input.plagiarism.txt").write_text("\ufeffa man runs\tit is so\r\n", encoding="utf-8", newline="")
    (folder / "STS2016.gs.plagiarism.txt").write_text("3\r\n", newline="")
    sets = {one.name: one for _, one in find(TASKS.values(), [tmp_path]).sets}
    assert set(sets) == {"STS14-headlines", "STS14-plagiarism"}
    assert sets["STS14-headlines"].items == (("a man runs", "a man walks", 4.5), ("it is so", "no one is", 0.0))
    assert len(sets["STS14-headlines"].unreadable) == 1 and sets["STS14-plagiarism"].items[0][2] == 3
    (folder / "STS.gs.headlines.txt").write_text("1\n")
    with pytest.raises(FormatError, match=r"STS\.gs\.headlines\.txt: there must be a line for each pair"):
        TASKS["text-similarity"].read(folder / "STS.input.headlines.txt")


def test_a_class_without_texts_is_an_error(tmp_path):
    (tmp_path / "rt.pos").write_text("a good film\n")
    (tmp_path / "rt.neg").write_text("\n")
    with pytest.raises(FormatError, match=r"rt\.neg"):
        TASKS["text-classification"].read(tmp_path / "rt.pos")
    (tmp_path / "rt.neg").unlink()
    assert not TASKS["text-classification"].recognise(Place.at(tmp_path / "rt.pos"))


def test_mteb_has_a_part_a_line(tmp_path):
    path = tmp_path / "test.jsonl"
    lines = [{"sentences": ["a1 a2", "b1 b2", " "], "labels": ["x", "y", "y"]}, {"sentences": ["a1"], "labels": []}]
    path.write_text("\n".join(map(json.dumps, [*lines, {"sentences": ["a3 a4", "b3 b4"], "labels": [0, 1]}])))
    read = TASKS["text-clustering"].read(path)
    assert read.items == ((0, "x", "a1 a2"), (0, "y", "b1 b2"), (2, "0", "a3 a4"), (2, "1", "b3 b4"))
    score = evaluate([Model("m", VECTORS)], found_in("text-clustering", path)).scores[0]
    assert score.score == 1 and (score.used, score.total) == (4, 4)


def test_answers_to_test_on_are_those_named_so(tmp_path):
    path = text_samples.SAMPLES["retrieval"].write(tmp_path)
    (path / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td9\t1\n")
    items = {name: answers for name, _, answers in TASKS["retrieval"].read(path).items}
    assert items["q1"] == (("d2", 1.0), ("d3", 2.0))
    (path / "qrels" / "test.tsv").unlink()
    read = TASKS["retrieval"].read(path)
    assert [item[0] for item in read.items] == ["q1"] and read.items[0][2] == (("d9", 1.0),)


# Figures


def test_the_figure_of_similarity_is_that_of_the_cosines_of_means(tmp_path):
    from scipy.stats import spearmanr

    found = sample("text-similarity", tmp_path)
    score = evaluate([Model("m", VECTORS)], found).scores[0]

    def mean(text):
        return np.mean([VECTORS[word] for word in text.split() if word in VECTORS], axis=0)

    pairs = [(mean(a), mean(b), rating) for a, b, rating in found.sets[0][1].items]
    cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b, _ in pairs]
    assert score.score == pytest.approx(spearmanr(cosines, [rating for _, _, rating in pairs])[0], abs=1e-9)
    tokens = sum(len(text.split()) for text in {text for pair in found.sets[0][1].items for text in pair[:2]})
    assert score.used == 13 and score.coverage == pytest.approx(1 - 3 / tokens)


def test_gains_are_those_of_the_formula():
    degrees = {1: 3.0, 2: 1.0, 3: 2.0}
    gain = 2 / np.log2(2) + 3 / np.log2(4)
    best = 3 / np.log2(2) + 2 / np.log2(3) + 1 / np.log2(4)
    assert _scores([3, 9, 1], degrees) == pytest.approx((gain / best, 2 / 3))
    assert _scores([1, 3, 2], degrees) == pytest.approx((1, 1)) and _scores([], degrees) == (0, 0)


def test_the_nearest_documents_are_found_and_a_query_is_not_its_own_answer(tmp_path):
    documents = [{"_id": f"d{i}", "text": f"a{i}"} for i in range(12)]
    queries = [{"_id": "q0", "text": "a0"}, {"_id": "d1", "text": "a1"}, {"_id": "q2", "text": "unknown"}]
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("q\td\ts\nq0\td0\t1\nd1\td1\t1\nq2\td2\t1\n")
    for name, lines in (("corpus", documents), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = found_in("retrieval", tmp_path)
    skipped, zeros = (evaluate([Model("m", VECTORS)], found, Policy(oov=oov)).scores[0] for oov in ("skip", "zero"))
    assert (skipped.score, skipped.used, skipped.total) == (0.5, 2, 3)
    assert zeros.score == pytest.approx(1 / 3) and zeros.used == 3


def test_names_are_whole_names():
    """A worked example of conlleval: of three names two are right, one is cut short and one is found where none is."""
    gold = np.array(["B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG", "I-ORG", "O", "O"])
    found = np.array(["B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG", "O", "O", "I-LOC"])
    one, other = set(_names(gold)), set(_names(found))
    assert one == {(0, 2, "PER"), (3, 4, "LOC"), (5, 7, "ORG")} and (8, 9, "LOC") in other
    f1 = MEASURES["f1"](np.array([3.0]), np.array([[2.0, 4.0]]), np.ones((1, 1)))
    assert len(one & other) == 2 and f1[0] == pytest.approx(2 * 2 / (3 + 4))
    assert list(_names(np.array(["S-LOC", "S-LOC", "X", "X"]))) == [(0, 1, "LOC"), (1, 2, "LOC"), (2, 4, "X")]


def test_parts_are_stratified_and_each_text_is_tested_once():
    classes = np.repeat([0, 1], [70, 30])
    splits = linear.cross_validation(classes, 1)
    assert sorted(np.concatenate([split.test for split in splits]).tolist()) == list(range(100))
    assert all(np.bincount(classes[split.test]).tolist() == [7, 3] for split in splits)
    assert all(not set(split.train) & set(split.test) for split in splits)
    held = linear.held_out(classes, np.random.default_rng(0))
    assert np.bincount(classes[held]).tolist() == [14, 6] and len(linear.held_out(classes[:6], np.random)) == 0


def test_what_can_be_learned_is_learned_and_what_cannot_is_not(tmp_path):
    sklearn()
    found = sample("text-classification", tmp_path)
    apart = VECTORS.vectors + np.float32([9, 0, 0, 0, 0, 0]) * np.array([word[0] == "c" for word in WORDS])[:, None]
    good, same = KeyedVectors(WORDS, apart), KeyedVectors(WORDS, np.ones((36, 1), "f4"))
    report = evaluate([Model("good", good), Model("same", same)], found)
    accuracy = {score.model: score.score for score in report.scores if score.measure == "accuracy"}
    majority = next(score.score for score in report.scores if score.measure == "majority")
    assert accuracy["good"] > 0.95 and accuracy["same"] < 0.6
    assert majority == pytest.approx(accuracy["same"], abs=0.1)
    (one,) = differences(report)
    assert one.test == "mcnemar" and one.p < 1e-3 and one.used == 41


def test_the_window_and_the_strength_are_chosen_on_other_text(tmp_path):
    sklearn()
    lines = "".join(f"a{i % 12}\tA\nb{i % 7}\tB\n\na{i % 12}\tC\nc{i % 5}\tB\n\n" for i in range(60))
    for part in ("train", "dev", "test"):
        (tmp_path / f"x-{part}.tsv").write_text(lines)
    report = evaluate([Model("m", VECTORS)], found_in("tags", tmp_path / "x-test.tsv"), Policy(repeats="keep"))
    accuracy, majority = report.scores
    assert accuracy.score > 0.99 and majority.score == 0.5  # only the neighbours tell A from C
    assert (accuracy.used, accuracy.total, accuracy.coverage) == (120, 120, 1)


# Regimes


def test_the_loss_of_trained_vectors_has_its_numerical_gradient(monkeypatch):
    from scipy import optimize, sparse

    rng = np.random.default_rng(0)
    places = [sparse.csr_matrix(rng.random((7, 4)) * (rng.random((7, 4)) > 0.4)) for _ in range(2)]
    words = regimes.Words(places, rng.standard_normal((4, 3)))
    seen = {}

    def check(loss, start, **_):
        point = rng.standard_normal(len(start)) * 0.3
        gradient = loss(point)[1]
        numeric = optimize.approx_fprime(point, lambda x: loss(x)[0], 1e-6)
        seen["error"] = np.abs(gradient - numeric).max() / np.abs(numeric).max()
        return optimize.OptimizeResult(x=start)

    monkeypatch.setattr(optimize, "minimize", check)
    regimes._tuned(words, np.arange(7), np.array([0, 1, 2, 0, 1, 2, 0]), 0.7)
    assert seen["error"] < 1e-4


@pytest.mark.parametrize("name", LEARNED)
def test_every_regime_has_a_score_its_change_and_the_share_of_it(name, tmp_path, monkeypatch):
    sklearn()
    monkeypatch.setattr(regimes, "SHOTS", (3, 1000))
    found = sample(name, tmp_path)
    scores = {one.measure: one for one in evaluate([Model("m", VECTORS)], found, Policy(regimes=True)).scores}
    main = next(one for one in scores.values() if one.headline)
    few, tuned = (scores[f"{main.measure}-{regime}"] for regime in ("few-shot-3", "fine-tuned"))
    assert few.deviation is not None and few.score < main.score <= tuned.score + 0.1
    assert not any("1000" in measure for measure in scores)
    change = scores[f"{few.measure}-change"]
    assert change.score == pytest.approx(few.score - main.score) and change.low <= change.score <= change.high
    assert scores[f"{few.measure}-relative-change"].score == pytest.approx(change.score / main.score)
    assert "regimes true" in main.policy


def test_only_means_of_words_are_trained_further(tmp_path, monkeypatch):
    sklearn()
    monkeypatch.setattr(regimes, "SHOTS", ())
    found = sample("text-probes", tmp_path)
    policy = Policy(regimes=True, encoder="max")
    tuned = next(one for one in evaluate([Model("m", VECTORS)], found, policy).scores if "tuned" in one.measure)
    assert tuned.score is None and "only means" in tuned.reason


# Encoders


def encoded(texts, policy=None, vectors=VECTORS, encoder=None):
    return Texts(Resolver(vectors, policy or Policy(), encoder=encoder)).encode(texts)


def test_tokens_are_found_in_other_cases_and_without_punctuation():
    plain, other = encoded(["a1 b2 c3", "a1"]), encoded(['A1 "B2" (c3).', "zzz, a1!"])
    np.testing.assert_array_equal(plain.vectors, other.vectors)
    assert plain.coverage == 1 and other.coverage == pytest.approx(4 / 12)
    exact = encoded(["A1 b2"], Policy(case="as-is"))
    np.testing.assert_array_equal(exact.vectors[0], VECTORS["b2"])
    first = encoded(["a1 c9"], Policy(restrict=12))
    np.testing.assert_array_equal(first.vectors[0], VECTORS["a1"])


def test_unknown_words_are_what_the_policy_says():
    known = VECTORS["a1"]
    units = VECTORS.vectors / np.linalg.norm(VECTORS.vectors, axis=1, keepdims=True)
    for oov, wanted in (("skip", known), ("zero", known / 2), ("mean", (known + units.mean(axis=0)) / 2)):
        np.testing.assert_allclose(encoded(["a1 unknown"], Policy(oov=oov)).vectors[0], wanted, rtol=1e-5)
    composed = encoded(["a1 unknown"], Policy(oov="subword"), VECTORS.with_oov(lambda word: np.ones(6)))
    np.testing.assert_allclose(composed.vectors[0], (known + 1) / 2, rtol=1e-6)
    assert composed.coverage == 1


@pytest.mark.parametrize("agg", ["sif", "usif", "tfidf", "max", "fasttext"])
def test_the_encoders_of_texts_are_those_of_the_package(agg):
    texts = [text_samples.text(i) for i in range(9)]
    ours, made = encoded(texts, Policy(encoder=agg)).vectors, TextEncoder(VECTORS, agg)
    if made.needs_fit:
        made.fit(texts)
    np.testing.assert_allclose(ours, made.encode(texts), rtol=1e-5, atol=1e-6)


def test_a_function_is_a_model_and_is_remembered_only_under_a_version(tmp_path):
    found, calls = sample("text-similarity", tmp_path), []

    def letters(texts):
        calls.append(len(texts))
        return np.array([[text.count(letter) for letter in "abc123"] for text in texts])

    for version, expected in ((None, 2), ("letters-1", 3)):
        for _ in range(2):
            model = Model("letters", letters, version=version)
            score = evaluate([model], found, cache=tmp_path / "cache").scores[0]
        assert len(calls) == expected and score.coverage == 1 and score.score is not None
    words = evaluate([Model("letters", letters)], Found(((TASKS["synonyms"], _synonyms(tmp_path)),))).scores[0]
    assert words.score is None and words.reason


def _synonyms(folder):
    (folder / "toefl.txt").write_text("a1 | b1 | c1 | c2\n")
    return TASKS["synonyms"].read(folder / "toefl.txt")


@pytest.mark.parametrize("bad", [lambda texts: np.zeros(3), lambda texts: np.full((len(texts), 2), np.nan), 7])
def test_what_is_no_encoder_is_an_error(bad, tmp_path):
    with pytest.raises(OptionError, match=r"must (give a finite vector|be vectors)"):
        evaluate([Model("bad", bad)], sample("text-similarity", tmp_path))


def test_saved_encoders_and_models_of_documents_encode_as_they_do(tmp_path):
    texts = [text_samples.text(i) for i in range(9)]
    TextEncoder(VECTORS, "sif").fit(texts).save(tmp_path / "sif.safetensors")
    VECTORS.save(tmp_path / "words.st")
    found = sample("text-similarity", tmp_path / "set")
    models = [Model.of(str(tmp_path / name)) for name in ("sif.safetensors", "words.st")]
    sif, mean = (score.score for score in evaluate(models, found).scores if score.headline)
    assert sif != mean
    assert evaluate([Model("m", TextEncoder.load(tmp_path / "sif.safetensors"))], found).scores[0].score == sif
    assert models[0].fingerprint != models[1].fingerprint != ""
    from wordvec import PVDBOW

    trained = PVDBOW(vector_size=8, min_count=1, sample=0.0, workers=1, dbow_words=True).fit(texts * 5)
    trained.save(tmp_path / "documents")
    folder = Model.of(str(tmp_path / "documents"))
    assert evaluate([folder], found).scores[0].score is not None and folder.fingerprint
    assert Model("object", trained).fingerprint == ""


@pytest.mark.parametrize("name", LEARNED)
def test_without_scikit_learn_there_is_a_reason(name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for score in evaluate([Model("m", VECTORS)], sample(name, tmp_path)).scores:
        if score.measure != "v-measure":
            assert score.score is None and 'pip install "wordvec[sklearn]"' in score.reason


# Shared data


def test_published_files_are_found_by_content():
    if not (SHARED / "texts").is_dir():
        pytest.skip("the shared data is not here")
    found = find([*suite_of("texts").tasks, *suite_of("probes").tasks], [SHARED / "texts", SHARED / "labelled"])
    assert found.refused == ()
    assert {dataset.name: len(dataset.items) for _, dataset in found.sets} == {
        "SICK_test_annotated": 4927,
        "sts-test": 1129,
        "custrev": 3771,
        "subj": 10_000,
        "TREC_10": 5952,
        "ner-wikiann-en-test": 10_000,
        "pos-en_lines-test": 1121,
    }
    assert not any(dataset.unreadable for _, dataset in found.sets)


def test_vectors_of_a_corpus_go_through_the_suite(tmp_path):
    vectors = SkipGram(vector_size=8, min_count=1, epochs=1, workers=1).fit(
        [text_samples.text(i).split() for i in range(99)]
    )
    report = evaluate([Model("a", vectors), Model("b", VECTORS)], sample("text-similarity", tmp_path))
    (one,) = differences(report)
    assert one.test == "williams" and one.used == 13
