"""Probes of texts: the tasks are what they say, and a linear classifier finds what is there and nothing else."""

from itertools import pairwise

import numpy as np
import pytest

import wordvec
from wordvec import CorpusError, KeyedVectors, OptionError
from wordvec.evaluate import (
    bigram_shift,
    hidden_layer,
    main_tense,
    probe_texts,
    subject_number,
    text_length,
    word_content,
)
from wordvec.evaluate.order import TextTask
from wordvec.texts import TextEncoder


@pytest.fixture(scope="module")
def corpus():
    """Sentences whose words rise, so that a swap can be seen, of 1 to 40 words."""
    rng = np.random.default_rng(0)
    rows = [np.sort(rng.choice(60, rng.integers(1, 41), replace=False)) for _ in range(3000)]
    return wordvec.encode_corpus([[f"w{i}" for i in row] for row in rows], min_count=1)


def test_bigram_shift_swaps_one_pair_in_half_of_the_texts(corpus):
    task = bigram_shift(corpus, 1000)
    assert len(task.texts) == 1000 and task.train == 800 and 0.4 < task.labels.mean() < 0.6
    for text, label in zip(task.texts, task.labels):
        numbers = [int(word[1:]) for word in text.split()]
        falls = sum(a > b for a, b in pairwise(numbers))
        assert 5 <= len(numbers) <= 28 and falls == label
    again, other = bigram_shift(corpus, 1000), bigram_shift(corpus, 1000, seed=2)
    assert again.texts == task.texts != other.texts


def test_word_content_has_one_word_of_all(corpus):
    task = word_content(corpus, 500, words=5)
    frequent = int((np.asarray(corpus.vocabulary.counts) >= 150).sum())
    asked = [corpus.vocabulary[frequent - 5 + i] for i in range(5)]
    for text, label in zip(task.texts, task.labels):
        assert [word for word in asked if word in text.split()] == [asked[label]]
    assert len(task.texts) <= 500 and np.bincount(task.labels).max() <= 100


def test_length(corpus):
    task = text_length(corpus, 1000)
    sizes = [len(text.split()) for text in task.texts]
    pairs = sorted(zip(sizes, task.labels.tolist()))
    assert all(a[1] <= b[1] for a, b in pairwise(pairs))
    assert set(task.labels.tolist()) == set(range(6)) and np.bincount(task.labels).min() > 80


def test_the_probe_finds_what_vectors_hold_and_nothing_else(corpus):
    pytest.importorskip("sklearn")
    bag = TextEncoder(KeyedVectors(list(corpus.vocabulary), np.eye(len(corpus.vocabulary))), "sum")
    shift, content, length = bigram_shift(corpus, 1000), word_content(corpus, 400, words=5), text_length(corpus, 1000)
    assert probe_texts(bag.encode, content).accuracy > 0.95
    assert probe_texts(bag.encode, length).accuracy > 0.5
    found = probe_texts(bag.encode, shift)
    assert found.accuracy < 0.6 and found.low < found.accuracy < found.high and found.texts == 200

    def falls(texts):
        rows = [[int(word[1:]) for word in text.split()] for text in texts]
        return np.array([[sum(a > b for a, b in pairwise(row))] for row in rows])

    sure = probe_texts(falls, shift)
    assert sure.accuracy == 1 and sure.high == 1 and sure.to_dict()["classes"] == 2


def test_a_hidden_layer_sees_what_no_line_separates():
    """Is the number near 0? A linear probe is at chance."""
    pytest.importorskip("sklearn")
    half = np.random.default_rng(1).normal(size=(500, 1)).astype(np.float32)
    points = np.concatenate([half, -half])[np.random.default_rng(2).permutation(1000)]
    task = TextTask("near 0", [str(i) for i in range(1000)], (np.abs(points[:, 0]) < 0.67).astype(np.int64), 800)
    found = [probe_texts(lambda texts: points, task, hidden=hidden, max_iter=12) for hidden in (0, 200)]
    assert found[0].accuracy < 0.65 and found[1].accuracy > 0.8
    again = probe_texts(lambda texts: points, task, hidden=50, max_iter=1)
    assert again == probe_texts(lambda texts: points, task, hidden=50, max_iter=1) and not again.converged


def test_gradients_of_the_hidden_layer_are_numerical_ones():
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in ((5, 4), (4,), (4, 3), (3,))]
    vectors, numbers, kept = rng.normal(size=(7, 5)), rng.integers(0, 3, 7), (rng.random((7, 4)) > 0.3) / 0.7

    def loss():
        scores = (1 / (1 + np.exp(-(vectors @ weights[0] + weights[1]) * kept))) @ weights[2] + weights[3]
        return (np.log(np.exp(scores).sum(1)) - scores[np.arange(7), numbers]).mean()

    for array, gradient in zip(weights, hidden_layer._gradients(weights, vectors, numbers, kept)):
        for place in np.ndindex(array.shape):
            array[place] += 1e-5
            above = loss()
            array[place] -= 2e-5
            assert gradient[place] == pytest.approx((above - loss()) / 2e-5, rel=1e-5, abs=1e-8)
            array[place] += 1e-5


def test_what_cannot_be_probed(corpus):
    pytest.importorskip("sklearn")
    task = bigram_shift(corpus, 100)
    with pytest.raises(OptionError, match="encode must give"):
        probe_texts(lambda texts: np.zeros((3, 2)), task)
    with pytest.raises(OptionError, match="encode must give"):
        probe_texts(lambda texts: np.full((len(texts), 2), np.nan), task)
    with pytest.raises(OptionError, match="C must"):
        probe_texts(lambda texts: np.zeros((len(texts), 2)), task, C=0)
    with pytest.raises(OptionError, match="count must be an integer >= 10"):
        bigram_shift(corpus, 3)
    with pytest.raises(CorpusError, match="10 sentences of 5 to 28 words"):
        text_length([["a", "b"]] * 100)
    with pytest.raises(CorpusError, match="100 words that occur"):
        word_content([["a", "b", "c", "d", "e"]] * 100)


def tree(subject, number, relation="nsubj", head="3"):
    return (
        "# text\n1-2\tThe\t_\t_\t_\t_\t_\t_\t_\t_\n"
        f"1\tThe\tthe\tDET\t_\t_\t2\tdet\t_\t_\n2\t{subject}\t_\tNOUN\t_\tCase=Nom{number}\t{head}\t{relation}\t_\t_\n"
        "3\tsing\tsing\tVERB\t_\t_\t0\troot\t_\t_\n\n"
    )


def test_subject_number_of_treebanks(tmp_path):
    one = [tree(f"Cat{i % 10}", "|Number=Sing") for i in range(60)]
    several = [tree(f"Dogs{i % 7}", "|Number=Plur") for i in range(40)]
    others = [tree("Owl", ""), tree("Owl", "|Number=Sing", "obj"), tree("Owl", "|Number=Plur", head="1")] * 20
    (tmp_path / "a.conllu").write_text("".join(one + others))
    (tmp_path / "b.conllu").write_text("".join(several).rstrip("\n"))
    task = subject_number(tmp_path / "a.conllu", tmp_path / "b.conllu")
    assert len(task.texts) == 80 and task.labels.sum() == 40 and 64 <= task.train < 80
    assert all(text.split()[1].startswith(("cat", "dogs")[label]) for text, label in zip(task.texts, task.labels))
    assert not set(task.texts[: task.train]) & set(task.texts[task.train :])  # another subject, another text
    assert subject_number(tmp_path / "a.conllu", tmp_path / "b.conllu").texts == task.texts
    assert subject_number(tmp_path / "a.conllu", tmp_path / "b.conllu", lowercase=False).texts[0].startswith("The ")
    with pytest.raises(CorpusError, match="10 texts"):
        subject_number(tmp_path / "a.conllu")


def test_main_tense_of_treebanks(tmp_path):
    kinds = [("Past", "sang"), ("Pres", "sings"), ("Pres", "sing")]
    found = []
    for tense, verb in kinds:
        for i in range(30):
            features = f"Tense={tense}|VerbForm={'Part' if verb == 'sing' else 'Fin'}"
            one = tree("Cat", "|Number=Sing").replace(
                "3\tsing\tsing\tVERB\t_\t_", f"3\t{verb}{i % 7}\t_\tVERB\t_\t{features}"
            )
            found.append(one)
    (tmp_path / "a.conllu").write_text("".join(found))
    task = main_tense(tmp_path / "a.conllu")
    assert len(task.texts) == 60 and task.labels.sum() == 30
    assert all(text.split()[2].startswith(("sang", "sings")[label]) for text, label in zip(task.texts, task.labels))
    assert not set(task.texts[: task.train]) & set(task.texts[task.train :])
