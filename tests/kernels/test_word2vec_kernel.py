"""The block kernel: its numpy twin, its numerical gradient, its closed form, and the samples that it draws."""

import numpy as np
import pytest
import reference

from wordvec._kernels import simd
from wordvec._kernels import word2vec as kernel
from wordvec.corpus.subsampling import keep_thresholds
from wordvec.optim.descent import aligned_matrix
from wordvec.trainers.word2vec import noise_words, until_all_are_kept
from wordvec.vocabulary.huffman import huffman

LEVELS = range(len(simd.NAMES))
OFF = [1e-5, 1e-5, 1e-5, 2e-3]  # how far float32 is from float64 at each level: the last rounds factors to 8 bits
WORDS = 7


def matrices(dim, dtype, words=WORDS, seed=0):
    """Input and output rows [words, dim], not small, so that no logistic function is near its middle only."""
    rng = np.random.default_rng(seed)
    made = [aligned_matrix(words, dim, dtype) for _ in range(2)]
    for matrix in made:
        matrix[:] = rng.standard_normal((words, dim)) / dim**0.5
    return made


def task(sentences, *, hs=False, words=WORDS, pool=6, sample=0.0, noise=5.0, **options):
    """Arguments of the kernel for a corpus given as lists of ids."""
    ids = np.array([word for sentence in sentences for word in sentence], np.int32)
    counts = np.maximum(np.bincount(ids, minlength=words), 1)
    counts = np.arange(words, 0, -1) * counts.sum()
    offsets, path, code = (
        huffman(counts) if hs else (np.zeros(1, np.int64), np.zeros(1, np.int32), np.zeros(1, np.uint8))
    )
    return {
        "ids": ids,
        "offsets": np.cumsum([0, *map(len, sentences)]),
        "keep": keep_thresholds(counts, sample),
        "noise": np.empty(0, np.int32) if hs else noise_words(counts, 0.75, 0),
        "path_offsets": offsets,
        "path": path,
        "code": code,
        "window": 3,
        "shrink": True,
        "cbow": False,
        "exact": False,
        "centres": 1 if hs else 2,
        "pool": 0 if hs else pool,
        "noise_weight": 0.0 if hs else noise / pool,
        **options,
    }


def run(arguments, input, output, alpha, seed=5, level=0, frozen=False):
    """Train on all sentences as one chunk; (loss, targets)."""
    losses, targets = np.zeros(1), np.zeros(1, np.int64)
    kernel.train(
        chunks=np.array([0, len(arguments["offsets"]) - 1]),
        alphas=np.array([alpha]),
        seeds=np.array([seed], np.uint64),
        input=input,
        output=output,
        losses=losses,
        targets=targets,
        stop=np.zeros(1, np.int32),
        level=level,
        frozen=frozen,
        **arguments,
    )
    return losses[0], targets[0]


def random_sentences(seed=0, words=WORDS):
    """Sentences of all lengths from none, with many repeated words."""
    rng = np.random.default_rng(seed)
    return [list(rng.integers(0, words, n)) for n in [5, 1, 2, 0, 13, 3, 4, 8, 1, 30]]


VARIANTS = {
    "skipgram": {},
    "one centre": {"centres": 1, "pool": 7},
    "three centres": {"centres": 3, "pool": 5},
    "eight centres": {"centres": 8, "pool": 16},
    "many noise rows": {"pool": 19},
    "fixed window": {"shrink": False},
    "wide window": {"shrink": False, "window": 50, "noise": 1.0},
    "subsampled": {"sample": 0.05},
    "hierarchical softmax": {"hs": True},
    "cbow": {"cbow": True},
    "cbow exact": {"cbow": True, "exact": True},
    "cbow one centre": {"cbow": True, "centres": 1, "pool": 7},
    "cbow three centres": {"cbow": True, "centres": 3, "pool": 13},
    "cbow many noise rows": {"cbow": True, "pool": 19},
    "cbow eight centres": {"cbow": True, "centres": 8, "pool": 8, "window": 5},
    "cbow fixed window": {"cbow": True, "shrink": False, "window": 9},
    "cbow shared noise": {"cbow": True, "centres": 1, "pool": 7, "noise_uses": 2},
    "cbow hierarchical softmax": {"cbow": True, "hs": True},
}
every_variant = pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS.keys())


FROZEN = np.array([1, 0, 0, 1, 0, 1, 0], np.uint8)  # words


@every_variant
@pytest.mark.parametrize("freezes", [False, True])
def test_equals_its_twin(options, freezes):
    arguments = task(random_sentences(), **options) | ({"frozen_words": FROZEN} if freezes else {})
    input, output = matrices(5, np.float64)
    expected_input, expected_output = input.copy(), output.copy()
    loss, targets = run(arguments, input, output, 0.05)
    expected = reference.word2vec(
        first=0,
        last=len(arguments["offsets"]) - 1,
        alpha=0.05,
        seed=5,
        input=expected_input,
        output=expected_output,
        **arguments,
    )
    assert targets == expected[1] > 50
    assert loss == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(input, expected_input, rtol=0, atol=1e-12)
    np.testing.assert_allclose(output, expected_output, rtol=0, atol=1e-12)


def check_against_twin(sentences, words, **options):
    """Train on sentences as the twin does."""
    arguments = task(sentences, words=words, **options)
    made = matrices(5, np.float64, words=words)
    expected = [matrix.copy() for matrix in made]
    loss, targets = run(arguments, *made, 0.05)
    rows = {"input": expected[0], "output": expected[1]}
    twin = reference.word2vec(first=0, last=len(sentences), alpha=0.05, seed=5, **rows, **arguments)
    assert (loss, targets) == (pytest.approx(twin[0], rel=1e-12), twin[1])
    for matrix, other in zip(made, expected, strict=True):
        np.testing.assert_allclose(matrix, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("centres", [1, 2, 4])
def test_words_of_one_hash_are_told_apart(centres):
    """Ids that differ by multiples of 256 are linked when repeated words are looked for (look_back)."""
    rng = np.random.default_rng(3)
    sentences = [list(map(int, 256 * rng.integers(0, 3, 40) + rng.integers(0, 3, 40))) for _ in range(4)]
    check_against_twin(sentences, 600, centres=centres)


@pytest.mark.parametrize("words", [20, 80])
@pytest.mark.parametrize(("centres", "pool"), [(2, 6), (3, 5), (1, 7), (2, 14)])
def test_groups_with_and_without_repeated_words(words, centres, pool):
    """Where no word stands twice in its windows, or among its outputs, a group takes a shorter way."""
    rng = np.random.default_rng(words)
    sentences = [list(map(int, rng.integers(0, words, n))) for n in (40, 1, 2, 25)]
    sentences.append(list(range(words)))
    check_against_twin(sentences, words, centres=centres, pool=pool)


@pytest.mark.parametrize("noise", [[3], [0, 5, 2, 2, 6, 1, 4, 0, 1]])
def test_noise_begins_again_at_its_end(noise):
    arguments = task(random_sentences()) | {"noise": np.array(noise, np.int32)}
    made = matrices(5, np.float64)
    expected = [matrix.copy() for matrix in made]
    run(arguments, *made, 0.05)
    reference.word2vec(first=0, last=10, alpha=0.05, seed=5, input=expected[0], output=expected[1], **arguments)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="needs noise words"):
        run(arguments | {"noise": np.empty(0, np.int32)}, *made, 0.05)


@pytest.mark.parametrize(
    ("options", "factor"),
    [
        ({}, 1),
        ({"hs": True}, 1),
        ({"cbow": True, "exact": True}, 1),
        ({"cbow": True}, 3),
        ({"cbow": True, "hs": True, "exact": True}, 1),
    ],
    ids=["skipgram", "skipgram hs", "cbow exact", "cbow word2vec", "cbow hs exact"],
)
def test_steps_down_the_numerical_gradient(options, factor):
    """One group; word2vec's CBOW step is the gradient times the size of the window, for the input rows."""
    arguments = task([[1, 3, 3, 0]], **{"shrink": False, "centres": 1 if options.get("hs") else 4, **options})
    if options.get("hs"):  # a group is one centre: look at the first one only
        arguments = task([[1, 3, 3, 0]], **{"shrink": False, **options})
    start = matrices(4, np.float64)

    def loss_at(which, index, change):
        moved = [matrix.copy() for matrix in start]
        moved = [realign(matrix) for matrix in moved]
        moved[which][index] += change
        return run(arguments, *moved, 0.0)[0]

    after = [realign(matrix) for matrix in start]
    step = 1e-6 if options.get("hs") else 1e-3
    run(arguments, *after, step)
    for which in range(2):
        numeric = np.empty_like(start[which])
        for index in np.ndindex(numeric.shape):
            numeric[index] = (loss_at(which, index, 1e-5) - loss_at(which, index, -1e-5)) / 2e-5
        taken = (start[which] - after[which]) / step
        np.testing.assert_allclose(taken, numeric * (factor if which == 0 else 1), rtol=0, atol=2e-5)
        assert np.abs(numeric).max() > 0.1


def realign(matrix):
    """A copy whose rows are aligned as the kernel wants them."""
    copy = aligned_matrix(*matrix.shape, matrix.dtype)
    copy[:] = matrix
    return copy


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dim", [1, 3, 16, 17, 100, 300])
@pytest.mark.parametrize("cbow", [False, True], ids=["skipgram", "cbow"])
def test_every_instruction_set_agrees_with_double_precision(level, dim, cbow):
    arguments = task(random_sentences(), cbow=cbow)
    exact, single = matrices(dim, np.float64), matrices(dim, np.float32)
    expected, _ = run(arguments, *exact, 0.05)
    loss, _ = run(arguments, *single, 0.05, level=level)
    assert loss == pytest.approx(expected, rel=OFF[level])
    for one, other in zip(single, exact, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=OFF[level])
        assert not np.asarray(one.base).view(np.uint8)[-1:].any()  # padding stays zero


@pytest.mark.parametrize("level", LEVELS)
def test_extreme_scores_saturate_and_nan_stays_nan(level):
    arguments = task([[0, 1]])
    for size in (1e2, 1e4, 1e18):
        input, output = matrices(16, np.float32)
        input[:], output[:] = size, size
        loss, _ = run(arguments, input, output, 0.0, level=level)
        assert np.isfinite(loss) and loss >= 0.9 * 16 * size**2
    input[0, 0] = np.nan
    assert np.isnan(run(arguments, input, output, 0.0, level=level)[0])


@every_variant
@pytest.mark.parametrize(("level", "dtype"), [(0, np.float64), *((level, np.float32) for level in LEVELS)])
def test_frozen_outputs_keep_their_bytes_and_inputs_their_gradients(options, level, dtype):
    """A run of groups is one step at a time: the two differ only once outputs that have moved are read again."""
    group = {**options, "window": min(options.get("window", 3), 7)}
    sentence = [[1, 3, 3, 0]] if options.get("hs") else [[1, 3, 3, 0, 5, 2, 6, 4][: group.get("centres", 2)]]
    first = task(sentence, **group)
    (free, moved), (input, output) = matrices(19, dtype), matrices(19, dtype)
    if not options.get("hs"):
        assert run(first, free, moved, 0.05, level=level) == run(first, input, output, 0.05, level=level, frozen=True)
        np.testing.assert_allclose(input, free, rtol=0, atol=0 if dtype is np.float64 else 1e-7)
        assert (moved != output).any() or first["centres"] == 1
    before, start = output.tobytes(), input.copy()
    losses = [run(task(random_sentences(), **options), input, output, 0.05, level=level, frozen=True) for _ in range(9)]
    assert output.tobytes() == before
    assert (input != start).any()
    assert losses[-1] < losses[0]


@every_variant
@pytest.mark.parametrize(("level", "dtype"), [(0, np.float64), *((level, np.float32) for level in LEVELS)])
def test_frozen_words_keep_their_bytes_and_the_others_learn(options, level, dtype):
    input, output = matrices(19, dtype)
    input[0, :3] = -0.0, 1e-42, np.finfo(dtype).tiny  # which adding zero or a rounded step would change
    start, other_start = input.copy(), output.copy()
    for seed in range(4):
        run(task(random_sentences(seed), **options) | {"frozen_words": FROZEN}, input, output, 0.05, seed, level)
    stays = FROZEN.astype(bool)
    assert input[stays].tobytes() == start[stays].tobytes()
    assert (input[~stays] != start[~stays]).any(axis=1).all()
    assert (output != other_start).any()
    assert not np.asarray(input.base).view(np.uint8)[-1:].any()


@every_variant
def test_no_frozen_word_is_the_same_as_no_mask(options):
    arguments = task(random_sentences(), **options)
    plain, masked = matrices(19, np.float32), matrices(19, np.float32)
    none = arguments | {"frozen_words": np.zeros(WORDS, np.uint8)}
    assert run(arguments, *plain, 0.05) == run(none, *masked, 0.05)
    assert plain[0].tobytes() == masked[0].tobytes() and plain[1].tobytes() == masked[1].tobytes()


@pytest.mark.parametrize("options", [{}, {"cbow": True, "exact": True}, {"pool": 19}], ids=str)
def test_words_that_move_step_down_the_numerical_gradient_beside_frozen_ones(options):
    arguments = task([[1, 3, 4, 0]], shrink=False, centres=4, **options) | {"frozen_words": FROZEN}
    start = matrices(4, np.float64)
    after = [realign(matrix) for matrix in start]
    run(arguments, *after, 1e-3)
    numeric = np.zeros_like(start[0])
    for index in np.ndindex(numeric.shape):
        moved = [[realign(matrix) for matrix in start] for _ in range(2)]
        moved[0][0][index] += 1e-5
        moved[1][0][index] -= 1e-5
        numeric[index] = (run(arguments, *moved[0], 0.0)[0] - run(arguments, *moved[1], 0.0)[0]) / 2e-5
    assert np.abs(numeric[[0, 3]]).max() > 0.1
    numeric[FROZEN.astype(bool)] = 0
    np.testing.assert_allclose((start[0] - after[0]) / 1e-3, numeric, rtol=0, atol=2e-5)


def test_cbow_with_one_word_in_the_window_is_skipgram_of_that_pair():
    input, output = matrices(6, np.float64)
    other_input, other_output = matrices(6, np.float64)
    options = {"window": 1, "centres": 1, "pool": 7}
    assert run(task([[2, 5]], **options), input, output, 0.1) == run(
        task([[2, 5]], cbow=True, **options), other_input, other_output, 0.1
    )
    np.testing.assert_allclose(input, other_input, atol=1e-15)
    np.testing.assert_allclose(output, other_output, atol=1e-15)


def test_a_word_is_never_its_own_noise():
    """With one word there is nothing but the pair itself: its score can only rise."""
    input, output = matrices(3, np.float64, words=1)
    input[:], output[:] = 0.1, 0.1
    arguments = task([[0, 0]], words=1)
    run(arguments, input, output, 0.1)
    assert (input > 0.1).all() and (output > 0.1).all()
    assert run(arguments, *matrices(3, np.float64, words=1), 0.0)[0] > 0


def test_converges_to_the_closed_form():
    """Input . output tends to log(#(a, c) / (K q(c) (#(a) - #(a, c)))) (Levy & Goldberg 2014, but noise skips c)."""
    rng = np.random.default_rng(1)
    chance = rng.dirichlet(np.full(5, 2.0), 5)
    pairs = [(a, rng.choice(5, p=chance[a])) for a in rng.integers(0, 5, 20000)]
    sentences = [list(map(int, pair)) for pair in pairs]
    arguments = task(sentences, words=5, window=1, pool=6, noise=3.0)
    joint = np.zeros((5, 5))
    for a, c in sentences:
        joint[a, c] += 1
        joint[c, a] += 1
    q = np.arange(5, 0, -1) ** 0.75
    q /= q.sum()
    expected = np.log(joint / (3 * q * (joint.sum(1, keepdims=True) - joint)))
    input, output = matrices(16, np.float64, words=5)
    for epoch in range(60):
        run(arguments, input, output, 0.03 * (1 - epoch / 60) ** 2, seed=epoch)
    np.testing.assert_allclose(input @ output.T, expected, atol=0.05)
    assert np.ptp(expected) > 1.5


def test_the_last_threshold_serves_later_words():
    arguments = task(random_sentences(), sample=0.05)
    whole = arguments["keep"]
    short = until_all_are_kept(whole)
    assert 1 < len(short) < len(whole)
    one, other = matrices(5, np.float64), matrices(5, np.float64)
    assert run(arguments, *one, 0.05) == run(arguments | {"keep": short}, *other, 0.05)
    np.testing.assert_array_equal(one, other)


def test_subsampling_keeps_each_word_at_its_rate():
    """Counted by the targets of pairs of one word: both must be kept, with the chance sqrt(s / f) + s / f each."""
    keep = keep_thresholds(np.array([10_000, 100]), 1e-2)
    frequency = 10_000 / 10_100
    rate = np.sqrt(1e-2 / frequency) + 1e-2 / frequency
    assert keep[0] == pytest.approx(rate * 2**32, rel=1e-6)
    assert keep[1] == 2**32 - 1
    arguments = task([[0, 0]] * 20_000)
    arguments["keep"][:] = keep[0]
    _, targets = run(arguments, *matrices(3, np.float64), 0.0)
    chance = rate**2
    assert abs(targets / 2 - 20_000 * chance) < 4 * np.sqrt(20_000 * chance)


def test_windows_reach_each_distance_as_often_as_they_should():
    """A middle word among strangers: a neighbour at distance k is in the window with the chance (w - k + 1) / w."""
    sentences = [[1, 2, 3, 0, 4, 5, 6]] * 8000
    arguments = task(sentences, window=3, centres=1, pool=7)
    _, targets = run(arguments, *matrices(3, np.float64), 0.0)
    left = [min(i, r) for i in range(7) for r in (1, 2, 3)]
    right = [min(6 - i, r) for i in range(7) for r in (1, 2, 3)]
    assert targets / 8000 == pytest.approx(sum(left + right) / 3, abs=0.1)


@pytest.mark.parametrize("counts", [[1], [3, 1], [5, 5, 5, 5], [40, 21, 13, 8, 5, 3, 2, 1, 1], list(range(300, 0, -1))])
def test_huffman_codes_are_optimal(counts):
    counts = np.array(counts)
    offsets, path, code = huffman(counts)
    words = ["".join(map(str, code[offsets[i] : offsets[i + 1]][::-1])) for i in range(len(counts))]
    if len(counts) > 1:
        assert sum(2.0 ** -len(word) for word in words) == 1  # a full prefix code
        assert not any(a != b and b.startswith(a) for a in words for b in words)
        assert (np.diff(offsets) * counts).sum() == inner_sum(counts)
    assert len(path) == max(offsets[-1], 1)


def inner_sum(counts):
    """The sum of the inner nodes of a Huffman tree, by a heap."""
    import heapq

    heap, total = counts.tolist(), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        made = heapq.heappop(heap) + heapq.heappop(heap)
        total += made
        heapq.heappush(heap, made)
    return total


def test_hierarchical_softmax_is_a_distribution():
    """The chances of all words, each the product over its path, sum up to one."""
    counts = np.array([40, 21, 13, 8, 5, 3, 2, 1])
    offsets, path, code = huffman(counts)
    rng = np.random.default_rng(0)
    score = reference.sigmoid(rng.standard_normal(len(counts) - 1))
    chance = [
        np.prod(
            np.where(
                code[offsets[i] : offsets[i + 1]] == 0,
                score[path[offsets[i] : offsets[i + 1]]],
                1 - score[path[offsets[i] : offsets[i + 1]]],
            )
        )
        for i in range(len(counts))
    ]
    assert sum(chance) == pytest.approx(1)
