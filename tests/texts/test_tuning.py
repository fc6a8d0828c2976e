"""Tuned text encoders: numerical gradients, what is learned and what stays, teachers and pairs that are none."""

import numpy as np
import pytest

from wordvec import FastText, KeyedVectors, OptionError, WordTypeError
from wordvec.texts import TextEncoder, tune
from wordvec.texts.losses import distances, ranking

RNG = np.random.default_rng(0)
WORDS = [f"w{i}" for i in range(40)]
ONE = {"workers": 1}


@pytest.fixture(scope="module")
def vectors():
    return KeyedVectors(WORDS, np.random.default_rng(1).standard_normal((40, 6)), counts=range(40, 0, -1))


def numeric(loss, at, step=1e-6):
    slope = np.empty_like(at)
    for index in np.ndindex(at.shape):
        values = []
        for change in (step, -step):
            moved = at.copy()
            moved[index] += change
            values.append(loss(moved))
        slope[index] = (values[0] - values[1]) / (2 * step)
    return slope


@pytest.mark.parametrize("repeated", [False, True])
def test_ranking_steps_down_its_numerical_gradient(repeated):
    a, b = RNG.standard_normal((2, 5, 3))
    keys = np.array([[0, 1, 2, 3, 0], [5, 6, 7, 6, 9]]) if repeated else np.arange(10).reshape(2, 5)
    loss, (of_a, of_b) = ranking(a, b, 7.0, keys)
    np.testing.assert_allclose(of_a, numeric(lambda x: ranking(x, b, 7.0, keys)[0] / 5, a), atol=1e-5)
    np.testing.assert_allclose(of_b, numeric(lambda x: ranking(a, x, 7.0, keys)[0] / 5, b), atol=1e-5)
    units = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
    scores = 7 * units[0] @ units[1].T
    if repeated:
        scores[[0, 4, 1, 3], [4, 0, 3, 1]] = -np.inf  # the same first text, or the same second one
    rows = [np.log(np.exp(s).sum(axis=1)) - np.diag(s) for s in (scores, scores.T)]
    assert loss == pytest.approx(np.sum(rows) / 2)


@pytest.mark.parametrize("kind", ["cosine", "mse"])
def test_distances_step_down_their_numerical_gradient(kind):
    means, goals = RNG.standard_normal((2, 5, 3))
    loss, slope = distances(means, goals, kind)
    np.testing.assert_allclose(slope, numeric(lambda x: distances(x, goals, kind)[0] / 5, means), atol=1e-5)
    assert loss > 0 and distances(goals, goals, kind)[0] == pytest.approx(0, abs=1e-9)
    assert np.isfinite(distances(np.zeros((2, 3)), goals[:2], kind)[1]).all()


def texts_of(count, seed=0, least=2):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS[:30], rng.integers(least, 8))) for _ in range(count)]


def test_a_teacher_of_other_static_vectors_is_learned(vectors):
    """The teacher's texts are means of hidden rows, which the means of tuned rows can be exactly."""
    hidden = KeyedVectors(WORDS, np.random.default_rng(5).standard_normal((40, 6)))
    teacher, texts = TextEncoder(hidden, "mean").encode, texts_of(400)
    for loss in ("cosine", "mse"):
        tuned = tune(vectors, texts, teacher=teacher, epochs=60, alpha=0.2, batch_size=32, loss=loss, **ONE)
        told = tuned.metadata["tuned"]["loss"]
        assert told[-1] < 0.05 * told[0]
        unseen = texts_of(50, seed=9)
        found, wanted = TextEncoder(tuned, "mean").encode(unseen), teacher(unseen)
        assert np.mean([f @ w / np.linalg.norm(f) / np.linalg.norm(w) for f, w in zip(found, wanted)]) > 0.97
    assert np.array_equal(tuned.vectors[30:], vectors.vectors[30:])  # words that no text has
    assert list(tuned) == WORDS and tuned.vocabulary.counts.tolist() == list(range(40, 0, -1))
    again = tune(vectors, texts, teacher=teacher(texts), epochs=60, alpha=0.2, batch_size=32, loss="mse", **ONE)
    assert np.array_equal(again.vectors, tuned.vectors)
    several = tune(vectors, texts, teacher=teacher, epochs=60, alpha=0.2, batch_size=32, workers=3)
    assert several.metadata["tuned"]["loss"][-1] < 0.05 * told[0]


def test_pairs_come_together_and_leave_the_others(vectors):
    """Text i of w0 .. w14 belongs to text i of w15 .. w29, word by word."""
    rng = np.random.default_rng(2)
    drawn = [rng.choice(15, 4, replace=False) for _ in range(300)]
    pairs = [(" ".join(WORDS[i] for i in some), [WORDS[15 + i] for i in some]) for some in drawn]

    def found(kv):
        first, second = (
            TextEncoder(kv, "mean", norm="l2").encode([pair[side] for pair in pairs[:50]]) for side in (0, 1)
        )
        return np.mean((first @ second.T).argmax(axis=1) == np.arange(50))

    tuned = tune(vectors, pairs, epochs=30, alpha=0.1, batch_size=32, **ONE)
    assert found(vectors) < 0.2 and found(tuned) > 0.9
    assert np.array_equal(tune(vectors, pairs, epochs=30, alpha=0.1, batch_size=32, **ONE).vectors, tuned.vectors)


def test_a_wider_teacher_gives_its_principal_components(vectors):
    texts = texts_of(60)
    wide = np.random.default_rng(3).standard_normal((60, 9))
    assert tune(vectors, texts, teacher=wide, **ONE).vector_size == 6
    with pytest.raises(OptionError, match="at least 6 numbers"):
        tune(vectors, texts, teacher=wide[:, :5])


def test_the_teacher_is_kept_in_a_file(vectors, tmp_path):
    texts, asked = texts_of(70), []

    def teacher(batch):
        asked.append(len(batch))
        return np.array([[len(text), *map(ord, text[:5])] for text in batch], float)

    made = [tune(vectors, texts, teacher=teacher, cache=tmp_path / "t.npy", **ONE) for _ in range(2)]
    assert np.array_equal(made[0].vectors, made[1].vectors) and asked == [32, 32, 6, 32]
    from wordvec import FormatError

    with pytest.raises(FormatError, match="vectors of this teacher for these texts"):
        tune(vectors, texts[::-1], teacher=teacher, cache=tmp_path / "t.npy")
    (tmp_path / "bad.npy").write_bytes(b"x")
    with pytest.raises(FormatError, match=r"must be a \.npy file"):
        tune(vectors, texts, teacher=teacher, cache=tmp_path / "bad.npy")


@pytest.mark.parametrize(
    ("teacher", "said"),
    [
        (lambda batch: np.full((len(batch), 6), np.nan), "finite"),
        (lambda batch: np.ones((len(batch) - 1, 6)), "an answer for each text; got 31 for 32"),
        (lambda batch: np.ones((len(batch), 6 + (len(batch) < 32))), "always give 6 numbers; got 7"),
        (lambda batch: np.ones((len(batch), 2, 6)), "one vector for each text"),
        (np.ones((3, 6)), "a row for each of 40 texts"),
        (np.full((40, 6), np.inf), "row 0 holds NaN"),
        ("model", "a row for each of 40 texts"),
    ],
)
def test_teachers_that_answer_otherwise(vectors, teacher, said):
    with pytest.raises(OptionError, match=said):
        tune(vectors, texts_of(40), teacher=teacher)


def test_texts_and_options_that_are_none(vectors):
    for texts in (["a text"], [("a", "b", "c")], [3]):
        with pytest.raises(WordTypeError, match="pairs of texts, or texts with teacher="):
            tune(vectors, texts)
    with pytest.raises(WordTypeError, match="token"):
        tune(vectors, [(["w0", 3], "w1")])
    with pytest.raises(WordTypeError, match="token"):
        tune(vectors, [("w0", "w1")] * 3, tokenizer=lambda text: [1, 2])
    for texts in ([], [("w0", "w1")], [("w0", "unknown"), ("", "w1")]):
        with pytest.raises(OptionError, match="2 pairs or more with known words"):
            tune(vectors, texts)
    with pytest.raises(OptionError, match="put it in a list"):
        tune(vectors, "a text")
    with pytest.raises(OptionError, match="batch_size"):
        tune(vectors, [("w0", "w1")] * 3, batch_size=1)
    with pytest.raises(OptionError, match="epoch"):
        tune(vectors, [("w0", "w1")] * 3, epoch=1)
    with pytest.warns(UserWarning, match="1 of 4 pairs have a text without a known word"):
        tune(vectors, [("w0", "w1")] * 3 + [("w0", "x")], **ONE)


def test_ngrams_are_left_out_with_a_warning():
    made = FastText(vector_size=8, min_count=1, epochs=1, bucket=100, workers=1).fit([["red", "green"]] * 20)
    with pytest.warns(UserWarning, match="no n-grams"):
        tuned = tune(made, [("red", "green")] * 4, **ONE)
    assert tuned.subwords is None and list(tuned) == list(made)
