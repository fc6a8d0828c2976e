"""X2Static: a closed form, what is learned, and teachers that answer otherwise."""

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, OptionError, X2Static
from wordvec.interop import from_contextual

SMALL = {"min_count": 1, "sample": 0.0, "workers": 1}
TOPICS = [[f"{'ab'[i % 2]}{j}" for j in np.random.default_rng(i).integers(0, 15, 8)] for i in range(400)]


def teacher(batch):
    """A model that knows the topic of a text and something of its own about it, beside what all texts share."""
    rng = [np.random.default_rng(sum(map(ord, "".join(text).replace(" ", "")))) for text in batch]
    topic = [[9, 1, 0] if text[0][0] == "a" else [9, 0, 1] for text in batch]
    return np.hstack([np.array(topic, float), 0.2 * np.array([r.standard_normal(4) for r in rng])])


def gap(kv):
    unit = kv.vectors / np.linalg.norm(kv.vectors, axis=1, keepdims=True)
    topic = np.array([word[0] for word in kv.index_to_key])
    same, cosines = topic[:, None] == topic, unit @ unit.T
    return cosines[same].mean() - cosines[~same].mean()


def test_learns_topics_and_only_from_the_teacher():
    made = X2Static(**SMALL, epochs=10).fit(TOPICS, teacher=teacher)
    assert made.vectors.shape == (30, 7) and gap(made) > 1.0
    assert made.metadata["loss"][-1] < made.metadata["loss"][0]
    shuffled = np.random.default_rng(1).permutation(teacher(TOPICS))
    assert gap(X2Static(**SMALL, epochs=10).fit(TOPICS, teacher=shuffled)) < 0.5
    assert gap(X2Static(**SMALL | {"workers": 3}, epochs=10).fit(TOPICS, teacher=teacher)) > 1.0


def test_the_optimum_is_that_of_logistic_regression():
    """The logit of a word in a text is log(P / (4 (1 - P) P(noise))), as a word is no noise of itself.

    y is a fourth of the words of texts in one direction, and half of those in the other; so is z.
    """
    texts = [["x", "y"], ["x", "z"], ["y", "z"]] * 400
    given = np.tile([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]], (400, 1))
    made = X2Static(**SMALL, epochs=30, alpha=0.5, negative=4, centre=False, ns_exponent=0).fit(texts, teacher=given)
    slope = (np.log(0.25 / (4 * 0.75 / 3)) - np.log(0.5 / (4 * 0.5 / 3))) / 2
    np.testing.assert_allclose([made["y"], made["z"]], [[slope, 0], [slope, 0]], atol=0.05)
    assert made["x"][0] > 1


def test_repeats_and_the_form_of_texts_does_not_matter(tmp_path):
    texts = [" ".join(text) for text in TOPICS]
    (tmp_path / "texts.txt").write_text("\n".join(texts) + "\n")
    forms = [texts, tmp_path / "texts.txt", str(tmp_path / "texts.txt"), iter(texts), [tmp_path / "texts.txt"]]
    first, *others = [X2Static(**SMALL).fit(form, teacher=teacher) for form in forms]
    array = X2Static(**SMALL).fit(TOPICS, teacher=teacher(texts).astype(np.float32))
    assert all(np.array_equal(first.vectors, other.vectors) for other in [*others, array])
    by_name = wordvec.train(texts, model="x2static", teacher=teacher, **SMALL)
    assert np.array_equal(by_name.vectors, first.vectors)
    first.save(tmp_path / "x.safetensors")
    assert wordvec.load(tmp_path / "x.safetensors").metadata["trainer"] == "x2static"
    assert not np.array_equal(X2Static(**SMALL, seed=2).fit(texts, teacher=teacher).vectors, first.vectors)


def test_empty_and_long_texts_keep_their_places():
    texts = [[], *TOPICS, ["a1", "a2"] * 9000, []]
    array = np.vstack([np.full(7, 50.0), teacher(TOPICS), [9, 1, 0, 0, 0, 0, 0], np.zeros(7)])
    made = X2Static(**SMALL, epochs=10, centre=False).fit(texts, teacher=array - [9, 0, 0, 0, 0, 0, 0])
    assert gap(made) > 0.8
    with pytest.raises(OptionError, match="a row for each of 403 texts"):
        X2Static(**SMALL).fit(texts, teacher=array[1:])


def test_words_start_from_given_vectors():
    start = from_contextual(lambda batch: [teacher([[word]])[0] for word in batch], [f"a{i}" for i in range(15)])
    made = X2Static(**SMALL, epochs=1, alpha=1e-9, min_alpha=0).fit(TOPICS, teacher=teacher, init=start)
    centred = start.vectors - start.vectors.mean(axis=0)
    wanted = 10 * centred / np.linalg.norm(centred, axis=1, keepdims=True)
    np.testing.assert_allclose([made[word] for word in start], wanted, atol=1e-4)
    np.testing.assert_allclose(made["b0"], 0, atol=1e-4)
    assert made.metadata["init"]["shared"] == 15
    with pytest.raises(OptionError, match="7 dimensions, as the teacher"):
        X2Static(**SMALL).fit(TOPICS, teacher=teacher, init=KeyedVectors(["a0"], [[1, 2]]))


def test_the_teacher_is_asked_once_and_kept(tmp_path):
    asked = []

    def spy(batch):
        asked.append(len(batch))
        return teacher(batch)

    made = [X2Static(**SMALL, batch_size=150).fit(TOPICS, teacher=spy, cache=tmp_path / "t.npy") for _ in range(2)]
    assert asked == [150, 150, 100, 150] and np.array_equal(made[0].vectors, made[1].vectors)
    assert np.load(tmp_path / "t.npy", mmap_mode="r").shape == (400, 7)


def test_goes_on_from_a_checkpoint(tmp_path):
    def stop(epoch):
        if epoch.number == 2:
            raise KeyboardInterrupt

    whole = X2Static(**SMALL).fit(TOPICS, teacher=teacher)
    how = {"teacher": teacher, "checkpoint": wordvec.Checkpoint(tmp_path / "run", every="1epoch")}
    with pytest.raises(KeyboardInterrupt):
        X2Static(**SMALL).fit(TOPICS, **how, callbacks=stop)
    again = wordvec.Checkpoint(tmp_path / "run", every="1epoch", resume=True)
    assert np.array_equal(X2Static(**SMALL).fit(TOPICS, **how | {"checkpoint": again}).vectors, whole.vectors)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "teacher must be given"),
        (lambda batch: np.full((len(batch), 7), np.nan), "finite"),
        (lambda batch: np.ones((len(batch), 7 + (len(batch) < 32))), "always give 7 numbers; got 8"),
        (lambda batch: np.ones((len(batch) - 1, 7)), "an answer for each text"),
        (lambda batch: [], "got 0 for 32"),
        (lambda batch: 3, "a list or array"),
        (np.ones((400, 0)), "a row for each of 400 texts"),
        (np.full((400, 2), np.nan), "row 0 holds NaN"),
    ],
)
def test_teachers_that_answer_otherwise(wrong, said):
    with pytest.raises(OptionError, match=said):
        X2Static(**SMALL).fit(TOPICS, teacher=wrong)


def test_texts_that_are_none():
    with pytest.raises(wordvec.CorpusError, match=r"no token|empty|min_count"):
        X2Static(**SMALL).fit([], teacher=teacher)
    with pytest.raises(wordvec.WordTypeError, match="token"):
        X2Static(**SMALL).fit([["a", 1]], teacher=teacher)
    with pytest.raises(wordvec.CorpusError, match="there is no file"):
        X2Static(**SMALL).fit("no/such/file.txt", teacher=teacher)
    with pytest.raises(wordvec.TrainingError, match="diverged"):
        X2Static(**SMALL, alpha=1e30).fit(TOPICS, teacher=teacher)
