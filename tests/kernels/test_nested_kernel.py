"""Nested vectors: the numpy twin, the numerical gradient, every SIMD level, and prefixes that learn."""

import numpy as np
import pytest
import reference
from test_word2vec_kernel import FROZEN, LEVELS, OFF, every_variant, matrices, random_sentences, realign, run, task

import wordvec
from wordvec.base.errors import OptionError

NESTED = {"nested": np.array([16, 48])}


@every_variant
@pytest.mark.parametrize("freezes", [False, True])
def test_equals_its_twin_at_every_level(options, freezes):
    arguments = task(random_sentences(), **options) | NESTED | ({"frozen_words": FROZEN} if freezes else {})
    expected = matrices(70, np.float64)
    loss, targets = reference.word2vec(
        first=0,
        last=len(arguments["offsets"]) - 1,
        alpha=0.01,
        seed=5,
        input=expected[0],
        output=expected[1],
        **arguments,
    )
    for level, dtype, off in [(0, np.float64, 1e-12), *((level, np.float32, OFF[level]) for level in LEVELS)]:
        made = matrices(70, dtype)
        found = run(arguments, *made, 0.01, level=level)
        assert found[0] == pytest.approx(loss, rel=off) and found[1] == targets > 50
        for one, other in zip(made, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=off)
            assert not np.asarray(one.base).view(np.uint8)[-1:].any()  # padding stays zero


@pytest.mark.parametrize("options", [{}, {"pool": 19}, {"cbow": True, "exact": True}], ids=str)
def test_steps_down_the_numerical_gradient(options):
    arguments = task([[1, 3, 3, 0]], shrink=False, centres=4, **options) | {"nested": np.array([16])}
    start, checked = matrices(20, np.float64), [0, 7, 15, 16, 19]
    after = [realign(matrix) for matrix in start]
    run(arguments, *after, 1e-3)
    for which in range(2):
        for index in [(word, d) for word in (0, 1, 3) for d in checked]:
            losses = []
            for change in (1e-5, -1e-5):
                moved = [realign(matrix) for matrix in start]
                moved[which][index] += change
                losses.append(run(arguments, *moved, 0.0)[0])
            taken = (start[which][index] - after[which][index]) / 1e-3
            assert taken == pytest.approx((losses[0] - losses[1]) / 2e-5, abs=2e-5)


@pytest.mark.parametrize("options", [{}, {"cbow": True}], ids=["skipgram", "cbow"])
def test_frozen_outputs_keep_their_bytes(options):
    input, output = matrices(70, np.float32)
    before, start = output.tobytes(), input.copy()
    run(task(random_sentences(), **options) | NESTED, input, output, 0.05, frozen=True)
    assert output.tobytes() == before and (input != start).any(axis=0).all()


@pytest.mark.parametrize("nested", [[16, 16], [48, 16], [20], [80], [0]])
def test_the_kernel_refuses_sizes_that_do_not_rise(nested):
    with pytest.raises(ValueError, match="rising multiples of 16"):
        run(task(random_sentences()) | {"nested": np.array(nested)}, *matrices(70, np.float64), 0.0)


@pytest.mark.parametrize(
    ("model", "options"),
    [("skipgram", {}), ("cbow", {}), ("fasttext", {"bucket": 500}), ("skipgram", {"hs": True})],
    ids=["skipgram", "cbow", "fasttext", "hs"],
)
def test_a_prefix_learns_what_a_model_of_its_size_does(model, options):
    """Two topics; the whole is so large that its first numbers alone would know little of them."""
    rng = np.random.default_rng(0)
    texts = [[f"{'ab'[i % 2]}{j}" for j in rng.integers(0, 15, 12)] for i in range(600)]
    how = {"min_count": 1, "window": 3, "workers": 1, "sample": 0.0, "epochs": 2, **options}

    def gap(vectors):
        unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
        topic = np.array([word[0] for word in vectors.index_to_key])
        same, cosines = topic[:, None] == topic, unit @ unit.T
        return cosines[same].mean() - cosines[~same].mean()

    trainer = wordvec.TRAINERS[model]
    nested = trainer(vector_size=256, nested=(16,), **how).fit(texts)
    assert nested.metadata["options"]["nested"] == [16]
    assert gap(nested.truncate(16)) > 0.9 * gap(trainer(vector_size=16, **how).fit(texts)) > 0.1
    assert gap(nested) > 0.5


@pytest.mark.parametrize("nested", [(50,), (32, 16), (96,), (16, 16)])
def test_sizes_must_rise_in_multiples_of_16_below_the_whole(nested):
    with pytest.raises(OptionError, match=r"rising multiples of 16 below vector_size 96.*use such as \[16, 32, 64\]"):
        wordvec.SkipGram(vector_size=96, nested=nested)
    with pytest.raises(OptionError, match="leave it out"):  # nothing is below
        wordvec.SkipGram(vector_size=16, nested=nested)
