"""Selective training: the closed form and the gradient of a step, its twin over passes, and what it depends on."""

import numpy as np
import pytest
from reference_induction import logistic, selective

from wordvec import KeyedVectors, OptionError, Selective, SkipGram, induce
from wordvec.induction import SelectiveOptions

RNG = np.random.default_rng(7)
# One word that has a count is the only noise word, so that nothing is random.
KV = KeyedVectors(
    ["a", "b", "c", "noise"],
    RNG.normal(size=(4, 5)).astype("f4"),
    counts=[0, 0, 0, 9],
    context=RNG.normal(size=(4, 5)).astype("f4"),
)
OUTPUT = np.asarray(KV.context, np.float64)
PLAIN = {"method": "selective", "window": 1, "workers": 1}


@pytest.fixture
def exact(monkeypatch):
    """No factors of bfloat16, which are too coarse for a twin in float64."""
    monkeypatch.setenv("WORDVEC_SIMD", "baseline")


def test_a_step_for_one_context_is_the_gradient_of_the_loss(exact):
    start, alpha = KV["a"].astype(np.float64), 0.01
    new = induce(KV, contexts={"new": [["a", "new"]]}, epochs=1, alpha=alpha, negative=3, **PLAIN)["new"]

    def loss(row):
        return -np.log(logistic(row @ OUTPUT[0])) - 3 * np.log(logistic(-row @ OUTPUT[3]))

    step = 1e-5 * np.eye(5)
    slope = np.array([(loss(start + one) - loss(start - one)) / 2e-5 for one in step])
    np.testing.assert_allclose((new - start) / alpha, -slope, atol=1e-3)


def test_passes_are_those_of_the_twin(exact):
    sentences = [["a", "b", "new", "c", "noise"], ["new", "a"], ["c", "b", "a", "new", "b"]]
    new = induce(KV, contexts={"new": sentences}, method="selective", window=3, epochs=4, alpha=0.5, workers=2)["new"]
    place = {word: row for row, word in enumerate(KV)}
    passes = []
    for reach in (3, 2, 1, 3):  # the window of each pass
        near = [
            place[word]
            for sentence in sentences
            for i, word in enumerate(sentence)
            if word != "new" and abs(i - sentence.index("new")) <= reach
        ]
        passes.append(near)
    start = np.mean([KV[word] for s in sentences for i, word in enumerate(s) if 0 < abs(i - s.index("new")) <= 3], 0)
    alphas = [0.5 - (0.5 - 1e-4) * epoch / 4 for epoch in range(4)]
    np.testing.assert_allclose(new, selective(start, passes, 3, OUTPUT, alphas, 5), rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def trained():
    words = [[f"{topic}{i}" for i in range(8)] for topic in "xy"]
    text = [[words[i % 2][j] for j in RNG.permutation(8)[:6]] for i in range(300)]
    return SkipGram(vector_size=12, epochs=5, sample=0.0, min_count=1, workers=1).fit(text, keep_context=True)


def contexts_of(count):
    return {
        f"new{i}": [[f"{'xy'[i % 2]}{j}" for j in RNG.permutation(8)[:3]] + [f"new{i}"] for _ in range(3)]
        for i in range(count)
    }


def test_new_words_come_near_the_words_of_their_topic(trained):
    before = trained.vectors.copy(), trained.context.copy()
    new = induce(trained, contexts=contexts_of(6), method="selective")
    for word in new:
        nearest = [other for other, _ in trained.most_similar(new[word], topn=5)]
        assert all(other[0] == "xy"[int(word[3:]) % 2] for other in nearest)
    assert (trained.vectors == before[0]).all() and (trained.context == before[1]).all()
    assert new.metadata["induced"]["options"]["epochs"] == SelectiveOptions().epochs


def test_a_word_depends_neither_on_other_words_nor_on_threads(trained):
    contexts = contexts_of(600)  # several tasks of a thread
    many, one = (induce(trained, contexts=contexts, method="selective", workers=workers) for workers in (3, 1))
    assert many.vectors.tobytes() == one.vectors.tobytes()
    alone = induce(trained, contexts={"new5": contexts["new5"]}, method="selective")
    assert (alone["new5"] == many["new5"]).all()
    other = induce(trained, contexts=contexts, method="selective", seed=2)
    assert not (other.vectors == many.vectors).all()


def test_a_corpus_gives_what_its_sentences_give(trained):
    text = [["x1", "x2", "new", "x3"], ["y1", "other", "new"], ["x4", "x5"]]
    scanned = induce(trained, text, method="selective", window=2, workers=1)
    given = {word: [s for s in text if word in s] for word in ("new", "other")}
    listed = induce(trained, contexts=given, method="selective", window=2)
    for word in given:  # "other" has no vector in the contexts of "new", in both
        np.testing.assert_allclose(scanned[word], listed[word], rtol=1e-5)


def test_a_whole_sentence_may_be_the_context_and_a_word_may_have_none(trained):
    contexts = {"new": [["x1"] * 3 + ["x2", "unknown"]], "none": [["unknown"]]}
    with pytest.warns(UserWarning, match="1 of 2 words have no context word"):
        new = induce(trained, contexts=contexts, method="selective", window=1, no_word="use")
    assert list(new) == ["new"] and new["new"] @ trained["x1"] > 0


def test_vectors_without_contexts_are_refused(trained):
    for bad in (KeyedVectors(["a"], [[1.0, 2.0]]), KeyedVectors(["a", "b"], [[1.0], [2.0]], context=[[1.0]])):
        with pytest.raises(OptionError, match="must have a context matrix with a row for each word"):
            induce(bad, contexts={"new": [["a", "new"]]}, method="selective")
    with pytest.raises(OptionError, match="epochs must be an integer >= 1; got 0"):
        Selective(trained, SelectiveOptions(epochs=0))
    with pytest.raises(OptionError, match="epochs must be an option of additive"):
        induce(trained, contexts={}, method="additive", epochs=3)
