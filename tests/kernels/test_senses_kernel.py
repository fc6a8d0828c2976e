"""The kernel of words with several senses: its twin, its numerical gradient, one sense, and the levels of SIMD."""

import numpy as np
import pytest
from reference_senses import Twin
from scipy.special import digamma

from wordvec._kernels import senses as kernel
from wordvec._kernels import simd
from wordvec._kernels import word2vec as one_sense
from wordvec.corpus.subsampling import keep_thresholds
from wordvec.optim.descent import aligned_matrix
from wordvec.trainers.word2vec import noise_table
from wordvec.vocabulary.huffman import huffman

WORDS, SENSES, DIM = 9, 3, 5
COUNTS = np.array([20, 15, 12, 9, 7, 5, 4, 3, 2])
NONE = np.zeros(1, np.int64), np.zeros(1, np.int32), np.zeros(1, np.uint8)
VARIANTS = {
    "adagram": {"choice": kernel.ADAGRAM},
    "adagram fixed window": {"choice": kernel.ADAGRAM, "shrink": False},
    "pitman-yor": {"choice": kernel.ADAGRAM, "concentration": 0.7, "discount": 0.3},
    "subsampled": {"choice": kernel.ADAGRAM, "keep": keep_thresholds(COUNTS, 0.05)},
    "mssg": {"choice": kernel.MSSG},
    "np-mssg": {"choice": kernel.MSSG, "threshold": 0.2},
    "mssg burn-in": {"choice": kernel.MSSG, "single": True},
    "disambiguated": {"choice": kernel.DISAMBIGUATED, "temperature": 0.7},
    "disambiguated entropy": {"choice": kernel.DISAMBIGUATED, "temperature": 2.0, "entropy": 0.5},
}
every_variant = pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS.keys())


def task(options, sentences):
    hs = options["choice"] == kernel.ADAGRAM
    offsets, path, code = huffman(COUNTS) if hs else NONE
    return {
        "ids": np.array([word for sentence in sentences for word in sentence], np.int32),
        "offsets": np.cumsum([0, *map(len, sentences)]),
        "keep": keep_thresholds(COUNTS, 0.0),
        "counts": COUNTS.astype(float),
        "noise": np.empty((0, 2), np.uint32) if hs else noise_table(COUNTS, 0.75),
        "path_offsets": offsets,
        "path": path,
        "code": code,
        "window": 3,
        "shrink": True,
        "pool": 0 if hs else 6,
        "noise_weight": 0.0 if hs else 5 / 6,
    } | options


def arrays(options, dtype=np.float64, senses=SENSES):
    rng = np.random.default_rng(1)
    hs, made = options["choice"] == kernel.ADAGRAM, {}
    for name, rows in (("input", WORDS * senses), ("output", WORDS - hs), ("centres", WORDS * senses)):
        made[name] = aligned_matrix(rows, DIM, dtype)
        made[name][:] = rng.standard_normal((rows, DIM))
    made["expected"] = COUNTS[:, None] * np.array([0.6, 0.4, 0.0])[:senses]
    if options["choice"] == kernel.MSSG:
        made["expected"][:], made["centres"][:] = 0, 0
    if hs:
        del made["centres"]
    return made


def run(arguments, made, alpha, seed=5, level=0):
    losses, targets = np.zeros(1), np.zeros(1, np.int64)
    kernel.train(
        chunks=np.array([0, len(arguments["offsets"]) - 1]),
        alphas=np.array([alpha]),
        seeds=np.array([seed], np.uint64),
        losses=losses,
        targets=targets,
        stop=np.zeros(1, np.int32),
        level=level,
        **arguments,
        **made,
    )
    return losses[0], targets[0]


def some_sentences():
    rng = np.random.default_rng(0)
    return [list(rng.integers(0, WORDS, n)) for n in [5, 1, 2, 0, 13, 3, 30]]


@every_variant
def test_equals_its_twin(options):
    arguments, made, twins = task(options, some_sentences()), arrays(options), arrays(options)
    loss, targets = run(arguments, made, 0.05)
    twin = Twin(arguments, twins)
    twin.train(kernel, 0.05, 5)
    assert targets == twin.targets > 30
    assert loss == pytest.approx(twin.loss, rel=1e-8)
    for name, array in made.items():
        np.testing.assert_allclose(array, twins[name], rtol=0, atol=1e-8)


@every_variant
@pytest.mark.parametrize("level", range(len(simd.NAMES)))
def test_all_levels_agree(options, level):
    arguments, exact, made = task(options, some_sentences()), arrays(options), arrays(options, np.float32)
    run(arguments, exact, 0.02)
    run(arguments, made, 0.02, level=level)
    for name, array in made.items():
        np.testing.assert_allclose(array, exact[name], rtol=0, atol=2e-4)


@pytest.mark.parametrize("name", ["adagram", "mssg burn-in", "disambiguated", "disambiguated entropy"])
def test_steps_down_the_numerical_gradient(name):
    """Two words, of which the second has no step: with the shares of one sense, and with fixed Gumbel noise."""
    options = VARIANTS[name] | {"shrink": False}
    senses = SENSES if name.startswith("disambiguated") else 1
    arguments = task(options, [[4, 1]])
    tiny = 1e-6

    def loss_at(array, index, change):
        made = arrays(options, senses=senses)
        made[array][index] += change
        twin = Twin(arguments | {"offsets": np.array([0, 0])}, made)  # the first occurrence alone
        twin.kernel, twin.alpha, twin.stream = kernel, 0.0, stream(arguments)
        twin.occurrence([4, 1], 0)
        return twin.loss

    start, after = arrays(options, senses=senses), arrays(options, senses=senses)
    twin = Twin(arguments, after)
    twin.kernel, twin.alpha, twin.stream = kernel, 1e-3, stream(arguments)
    twin.occurrence([4, 1], 0)
    for array in {"input", "output", "centres"} & start.keys() - ({"centres"} if name == "mssg burn-in" else set()):
        # every other number of the rows that move
        rows = range(WORDS) if array == "output" else range(4 * senses, 5 * senses)
        for index in [(row, d) for row in rows if row < len(start[array]) for d in range(0, DIM, 2)]:
            slope = (loss_at(array, index, tiny) - loss_at(array, index, -tiny)) / (2 * tiny)
            moved = (after[array][index] - start[array][index]) / 1e-3
            assert moved == pytest.approx(-slope, abs=2e-5), (array, index)


def stream(arguments):
    from reference import Stream

    made = Stream(5)
    for _ in arguments["ids"]:
        made.draw()
    return made


def test_one_sense_is_skipgram_whose_centre_predicts_its_window():
    """The library's skip-gram predicts the centre from a word beside it: of two words both make one pair."""
    options = {"choice": kernel.ADAGRAM, "shrink": False}
    arguments, made = task(options, [[4, 1]]), arrays(options, senses=1)
    other = arrays(options, senses=1)
    losses, targets = np.zeros(1), np.zeros(1, np.int64)
    one_sense.train(
        **{name: arguments[name] for name in ("ids", "offsets", "keep", "path_offsets", "path", "code")},
        **{name: other[name] for name in ("input", "output")},
        noise=np.empty(0, np.int32),
        chunks=np.array([0, 1]),
        alphas=np.array([0.0]),
        seeds=np.array([5], np.uint64),
        losses=losses,
        targets=targets,
        stop=np.zeros(1, np.int32),
        window=3,
        shrink=False,
        cbow=False,
        exact=False,
        centres=1,
        pool=0,
        noise_weight=0.0,
    )
    assert run(arguments, made, 0.0) == (pytest.approx(losses[0]), targets[0])


def test_digamma():
    points = np.concatenate([np.geomspace(1e-4, 6, 50), [7, 100, 1e7]])
    np.testing.assert_allclose([kernel.digamma(x) for x in points], digamma(points), rtol=1e-9, atol=1e-9)


def test_near_temperature_zero_a_sense_is_drawn():
    options = {"choice": kernel.DISAMBIGUATED, "temperature": 1e-3, "shrink": False}
    arguments, made, start = task(options, [[4, 1]]), arrays(options), arrays(options)
    run(arguments, made, 0.01)
    moved = np.abs(made["input"] - start["input"]).max(axis=1).reshape(WORDS, SENSES)
    assert ((moved[[4, 1]] > 1e-9).sum(axis=1) == 1).all()


def test_the_counts_of_senses_stay_those_of_words():
    options = VARIANTS["adagram"]
    made = arrays(options)
    run(task(options, some_sentences()), made, 0.05)
    np.testing.assert_allclose(made["expected"].sum(axis=1), COUNTS, rtol=1e-12)
    assert (made["expected"] >= 0).all()
