"""CMOW and the hybrid: the kernel against a twin and its numerical gradient, the order of words, and edges."""

from dataclasses import replace

import numpy as np
import pytest
from reference import Stream
from reference_cmow import cmow, embedded, windows

import wordvec
from wordvec import CMOW, HybridCBOWCMOW, KeyedVectors, OptionError
from wordvec._kernels import cmow as kernel
from wordvec._kernels import word2vec as sampling
from wordvec.optim.descent import aligned_matrix

WORDS = 9


def setting(vector, dim, dtype=np.float64, reach=2, pool=5, sizes=(7, 1, 3, 2, 12, 5), first=1e-2, seed=0, **means):
    """A small problem: what the kernel and the twin are told; running means, where their decay is given."""
    rng = np.random.default_rng(seed)
    offsets = np.cumsum([0, *sizes])
    noise = np.empty((WORDS, 2), np.uint32)
    sampling.alias_table(np.arange(1.0, WORDS + 1), noise)
    told = {"vector": vector, "dim": dim, "reach": reach, "pool": pool, "noise_weight": 5 / pool, "noise": noise}
    for name, scale in (("input", 0.3), ("output", 0.5)):
        told[name] = aligned_matrix(WORDS, vector + dim * dim, dtype)
        told[name][:] = scale * rng.standard_normal(told[name].shape)
        told[name + "_sums"] = np.full((WORDS, 2), 1 if means else first, dtype)
        if means:
            told[name + "_means"] = aligned_matrix(WORDS, vector + dim * dim, dtype)
            told |= means
    ids = rng.integers(0, WORDS, offsets[-1]).astype(np.int32)
    return ids, offsets.astype(np.int64), told


def run(ids, offsets, told, alpha=0.1, seed=7, level=2):
    losses, targets = np.zeros(1), np.zeros(1, np.int64)
    chunks, stop = np.array([0, len(offsets) - 1]), np.zeros(1, np.int32)
    kernel.train(
        ids,
        offsets,
        chunks,
        np.array([alpha]),
        np.array([seed], np.uint64),
        losses=losses,
        targets=targets,
        stop=stop,
        level=level,
        **told,
    )
    return losses[0], targets[0]


SIZES = [(5, 3), (0, 4), (6, 0), (3, 1), (0, 16), (7, 20), (0, 24), (4, 28), (2, 17)]


@pytest.mark.parametrize("means", [{}, {"decay": 0.9}], ids=["adagrad", "rmsprop"])
@pytest.mark.parametrize(("vector", "dim"), SIZES, ids=str)
def test_the_kernel_is_its_twin(vector, dim, means):
    ids, offsets, told = setting(vector, dim, **means)
    told["input"][:, vector:] *= min(1, 3 / max(dim, 1))
    expected = {name: np.array(value) for name, value in told.items() if isinstance(value, np.ndarray)}
    loss, targets = cmow(ids, offsets, 0, len(offsets) - 1, 0.1, 7, **{**told, **expected})
    found = run(ids, offsets, told)
    assert targets == found[1] == 29 and loss == pytest.approx(found[0], rel=1e-9)
    for name in (name for name in expected if name.startswith(("input", "output"))):
        np.testing.assert_allclose(told[name], expected[name], rtol=1e-7, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize(("vector", "dim"), SIZES, ids=str)
def test_float32_at_every_level_of_instructions(vector, dim, level):
    ids, offsets, told = setting(vector, dim, np.float32)
    told["input"][:, vector:] *= min(1, 3 / max(dim, 1))
    exact = {name: aligned_matrix(WORDS, vector + dim * dim, np.float64) for name in ("input", "output")}
    for name in exact:
        exact[name][:] = told[name]
    sums = {name: told[name].astype(float) for name in ("input_sums", "output_sums")}
    expected = run(ids, offsets, {**told, **exact, **sums})
    found = run(ids, offsets, told, level=level)
    assert found == pytest.approx(expected, rel=1e-5)
    for name in exact:
        np.testing.assert_allclose(told[name], exact[name], rtol=1e-3, atol=2e-5, err_msg=name)


@pytest.mark.parametrize(("vector", "dim"), [(3, 3), (0, 4), (4, 0)], ids=str)
def test_steps_go_down_the_numerical_gradient(vector, dim):
    """With sums so large that the rate is the same for all rows; words occur more than once in the window."""
    big, alpha, nudge = 1e12, 1e-2, 1e-5

    def problem():
        ids, offsets, told = setting(vector, dim, reach=3, sizes=(7,), first=big)
        ids[:] = [1, 4, 1, 0, 4, 4, 2]
        return ids, offsets, told

    ids, offsets, told = problem()
    before = {name: told[name].copy() for name in ("input", "output")}
    run(ids, offsets, told, alpha)
    rng = np.random.default_rng(1)
    for name in before:
        stepped = (before[name] - told[name]) * np.sqrt(big) / alpha
        for _ in range(40):
            word, i = rng.integers(0, WORDS), rng.integers(0, vector + dim * dim)
            losses = []
            for sign in (1, -1):
                ids, offsets, other = problem()
                other[name][word, i] += sign * nudge
                losses.append(run(ids, offsets, other, 1e-30)[0])
            assert stepped[word, i] == pytest.approx((losses[0] - losses[1]) / (2 * nudge), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize(("vector", "dim"), [(5, 3), (7, 20), (0, 16)], ids=str)
def test_running_means_in_float32_at_every_level(vector, dim, level):
    """Steps before the first gradient of a number are as long as later ones, so that small ones are not compared."""
    ids, offsets, told = setting(vector, dim, np.float32, decay=0.9)
    told["input"][:, vector:] *= min(1, 3 / max(dim, 1))
    exact = {name: aligned_matrix(WORDS, vector + dim * dim, np.float64) for name in told if name[-5:] == "means"}
    exact |= {name: aligned_matrix(WORDS, vector + dim * dim, np.float64) for name in ("input", "output")}
    for name in exact:
        exact[name][:] = told[name]
    sums = {name: told[name].astype(float) for name in ("input_sums", "output_sums")}
    expected = run(ids, offsets, {**told, **exact, **sums}, alpha=0.001)
    assert run(ids, offsets, told, alpha=0.001, level=level) == pytest.approx(expected, rel=1e-4)
    for name in ("input", "output"):
        assert np.mean(np.abs(told[name] - exact[name]) > 1e-5) < 0.01, name


def test_the_first_step_of_running_means_has_the_length_of_alpha_and_the_sign_of_the_gradient():
    """By definition: the mean of one squared gradient, unbiased, is its square; a fixed part does not move."""
    alpha, (ids, offsets, told) = 1e-3, setting(3, 3, reach=3, sizes=(5,), decay=0.99)
    ids[:] = [0, 1, 2, 3, 4]
    told["input_sums"][1] = 1e38
    before = told["input"].copy()
    run(ids, offsets, told, alpha)
    moved = told["input"] - before
    assert not moved[[1, 5, 6, 7, 8]].any() and np.allclose(np.abs(moved[[0, 2, 3, 4]]), alpha, rtol=1e-4)
    assert np.allclose(told["input_sums"][[0, 2, 3, 4]], 0.99) and told["input_sums"][1, 0] == 1e38
    plain = setting(3, 3, reach=3, sizes=(5,), first=1e12)[2]
    run(ids, offsets, plain, alpha)
    down = plain["input"] - before
    assert (np.sign(down[[0, 2, 3, 4]]) == np.sign(moved[[0, 2, 3, 4]])).all()


def test_every_word_is_predicted_once_from_a_window_with_its_middle_in_the_sentence():
    for size in range(2, 60):
        for seed in range(20):
            found = windows(size, 5, Stream(seed))
            assert [i for _, stop, first in found for i in range(first, stop)] == list(range(size))
            assert all(min(size, 6) <= stop - start <= 11 and start >= 0 for start, stop, _ in found)


def test_the_place_that_is_left_out_is_uniform():
    places = np.zeros(11, int)
    for seed in range(3000):
        for start, stop, first in windows(500, 5, Stream(seed))[1:-1]:
            places[np.arange(first, stop) - start] += 1
    assert len(set(places.tolist())) == 1
    cuts = [windows(500, 5, Stream(seed))[0][1] for seed in range(3000)]
    assert np.bincount(cuts)[6:].min() > 0.8 * 3000 / 6


RUNNING = {"optimizer": "rmsprop", "alpha": 0.003}
MODELS = [CMOW(vector_size=16), HybridCBOWCMOW(vector_size=32), CMOW(vector_size=16, **RUNNING)]


@pytest.mark.parametrize("model", MODELS, ids=["cmow", "cbow-cmow", "rmsprop"])
def test_learns_order(model):
    """What follows "a b" and "b a" differs, and nothing but their order tells which: a sum cannot know."""
    rng = np.random.default_rng(0)
    sentences = [["a", "b", "x"] if rng.random() < 0.5 else ["b", "a", "y"] for _ in range(3000)]
    made = replace(model, min_count=1, window=2, epochs=5, seed=3, workers=1)
    vectors = made.fit(sentences, keep_context=True)
    first, dim = vectors.metadata["matrices"].values()
    x, y = (vectors.context[vectors.get_index(word)] for word in "xy")

    def preference(words):
        return float(embedded(vectors[words].astype(float), first, dim) @ (x - y))

    assert preference(["a", "b"]) > 2 and preference(["b", "a"]) < -2


def test_sizes():
    assert CMOW().dim == 20 and HybridCBOWCMOW().dim == 20
    assert HybridCBOWCMOW(vector_size=2).dim == 1 and HybridCBOWCMOW(vector_size=100).dim == 7
    for bad in (2, 399, 50):
        with pytest.raises(OptionError, match="vector_size must be a square number"):
            CMOW(vector_size=bad)
    with pytest.raises(OptionError, match="window must be an integer"):
        CMOW(window=32)


@pytest.mark.parametrize("model", [CMOW, HybridCBOWCMOW])
@pytest.mark.parametrize("size", [1, 4, 25, 256, 400])
def test_any_size_learns(model, size):
    sentences = [[f"{'ab'[i % 2]}{j}" for j in np.random.default_rng(i).integers(0, 15, 12)] for i in range(300)]
    vectors = model(vector_size=size, min_count=1).fit(sentences)
    losses = vectors.metadata["loss"]
    lines = int((size // (2 if model is HybridCBOWCMOW else 1)) ** 0.5)
    assert losses[-1] < losses[0] and vectors.metadata["matrices"]["dim"] == lines


VARIANTS = [{"window": 1}, {"window": 31}, {"pool": 1}, {"pool": 64}, {"negative": 1}, RUNNING | {"decay": 0.9}]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_every_variant_learns(options):
    rng = np.random.default_rng(0)
    sentences = [[f"{'ab'[i % 2]}{j}" for j in rng.integers(0, 15, 80)] for i in range(100)]
    losses = CMOW(vector_size=16, min_count=1, **options).fit(sentences).metadata["loss"]
    assert losses[-1] < losses[0]


def test_divergence_is_an_error():
    sentences = [[str(j) for j in np.random.default_rng(i).integers(0, 15, 12)] for i in range(300)]
    with pytest.raises(wordvec.TrainingError):
        CMOW(vector_size=16, min_count=1, alpha=1e6).fit(sentences)


def test_kept_rows_are_differences_from_the_identity():
    vectors = CMOW(vector_size=16, min_count=1, epochs=1, alpha=1e-9, min_alpha=0).fit([["a", "b"]] * 50)
    assert np.abs(vectors.vectors).max() < 0.6  # noise of deviation 0.1
    assert isinstance(vectors, KeyedVectors) and vectors.metadata["matrices"] == {"first": 0, "dim": 4}


def test_running_means_freeze_and_go_on_from_a_checkpoint(tmp_path):
    sentences = [[f"{'ab'[i % 2]}{j}" for j in np.random.default_rng(i).integers(0, 15, 12)] for i in range(100)]
    model = HybridCBOWCMOW(vector_size=18, min_count=1, epochs=3, workers=1, **RUNNING)
    one = replace(model, epochs=1).fit(sentences)
    frozen = model.fit(sentences, init=one, freeze=["a3", "b4"])
    assert (frozen["a3"] == one["a3"]).all() and (frozen["b4"] == one["b4"]).all() and (frozen["a4"] != one["a4"]).any()
    whole, ended = model.fit(sentences), []

    def stop(epoch):
        ended.append(epoch.number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(sentences, checkpoint=wordvec.Checkpoint(tmp_path / "state"), callbacks=stop)
    again = model.fit(sentences, checkpoint=wordvec.Checkpoint(tmp_path / "state", resume=True))
    assert ended == [1] and (again.vectors == whole.vectors).all()
    assert whole.metadata["options"]["optimizer"] == "rmsprop" and whole.metadata["options"]["decay"] == 0.999


def test_running_means_must_lie_as_the_rows_do():
    ids, offsets, told = setting(3, 3, decay=0.9)
    with pytest.raises(ValueError, match="running means of one side"):
        run(ids, offsets, {**told, "input_means": None})
    with pytest.raises(ValueError, match="laid out as the rows"):
        run(ids, offsets, {**told, "input_means": np.zeros((WORDS, 12))})
