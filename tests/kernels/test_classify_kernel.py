"""The kernel of the classifier: rows as fastText has them, gradients, the twin, instruction sets."""

from itertools import pairwise

import numpy as np
import pytest
import reference_classify as reference

from wordvec._kernels import classify as kernel
from wordvec.classify.features import Features
from wordvec.optim.descent import aligned_matrix
from wordvec.vocabulary import Vocabulary, offsets_of
from wordvec.vocabulary.huffman import huffman

WORDS = ["</s>", "the", "naïve", "日本", "king", "a"]
TEXTS = ["the king", "", "naïve\t日本 \n unknown the", "__label__x a \x85é\xa0 \udcff", "a a a a"]
LOSSES = ["softmax", "ova", "hs"]
LABELS = [[0], [3, 1], [2], [1], [4, 0, 2]]
PATHS = huffman(np.array([9, 5, 4, 2, 1]))


def tokens(text):
    return [t for t in text.replace("\n", " ").replace("\t", " ").split(" ") if t and not t.startswith("__label__")]


def bags(features, texts):
    starts, rows = features.rows_of(texts)
    return [rows[a:b].tolist() for a, b in pairwise(starts)]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"min_n": 1, "max_n": 3, "bucket": 50},
        {"word_ngrams": 3, "bucket": 70},
        {"min_n": 2, "max_n": 2, "word_ngrams": 2, "bucket": 1},
    ],
    ids=str,
)
def test_rows_are_those_of_fasttext(how):
    features = Features(Vocabulary.from_words(WORDS), **how)
    utf8 = [text for text in TEXTS if "\udcff" not in text] if "max_n" in how else TEXTS
    assert bags(features, utf8) == [reference.word_bag(tokens(text), WORDS, **how) for text in utf8]


def test_only_some_buckets_have_rows():
    how = {"min_n": 2, "max_n": 3, "word_ngrams": 2, "bucket": 500}
    whole = [reference.word_bag(tokens(text), WORDS, **how) for text in TEXTS[:3]]
    kept = sorted({row - len(WORDS) for bag in whole for row in bag if row >= len(WORDS)})[::2]
    assert 70 < max(kept)  # more than a word of bits
    place = {bucket: len(WORDS) + i for i, bucket in enumerate(kept)}
    for pruned in (False, True):
        features = Features(Vocabulary.from_words(WORDS), **how, kept=np.array(kept, np.int32), pruned=pruned)
        missing = None if pruned else len(WORDS) + len(kept)
        wanted = [[row if row < len(WORDS) else place.get(row - len(WORDS), missing) for row in bag] for bag in whole]
        assert features.rows == len(WORDS) + len(kept) + (not pruned)
        assert bags(features, TEXTS[:3]) == [[row for row in bag if row is not None] for bag in wanted]


def test_rows_of_bytes_are_those_of_bytesteady():
    features = Features(Vocabulary.from_words([]), bucket=97, byte_lengths=(1, 2, 4))
    texts = ["abc", "", "é日", "x"]
    assert bags(features, texts) == [reference.byte_bag(text.encode(), (1, 2, 4), 97) for text in texts]


def problem(dtype, dim=20, seed=1):
    """Lines whose rows repeat, five labels, and matrices with values."""
    rng = np.random.default_rng(seed)
    lines = [rng.integers(0, 12, size).tolist() for size in (3, 1, 7, 12, 5)]
    lines[2][:3] = [4, 4, 4]
    input, output = aligned_matrix(12, dim, dtype), aligned_matrix(5, dim, dtype)
    input[:], output[:] = rng.normal(size=(12, dim)), rng.normal(size=(5, dim))
    return lines, input, output


def train(lines, input, output, kind, alphas, level=2, first=0):
    """The kernel on lines, each a chunk of its own."""
    ids = np.concatenate(lines).astype(np.int32)
    types = np.arange(13, dtype=np.int64), np.arange(12, dtype=np.int32), np.zeros(12, np.int32)
    starts, rows, hashes = types
    bag = kernel.Bags(offsets_of(np.array([*map(len, lines)])), ids=ids, starts=starts, rows=rows, hashes=hashes)
    some = LABELS[first : first + len(lines)]
    count = len(lines)
    losses, targets = np.zeros(count), np.zeros(count, np.int64)
    kernel.train(
        bag,
        offsets_of(np.array([*map(len, some)])),
        np.concatenate(some).astype(np.int32),
        *PATHS,
        np.arange(count + 1),
        np.array(alphas, float),
        losses,
        targets,
        np.zeros(1, np.int32),
        input,
        output[:4] if kind == "hs" else output,
        loss=kernel.LOSSES[kind],
        room=bag.room()[0],
        level=level,
    )
    return losses, targets


def paths():
    offsets, path, code = PATHS
    return [(path[a:b], code[a:b]) for a, b in pairwise(offsets)]


@pytest.mark.parametrize("kind", LOSSES)
def test_a_step_is_the_negative_gradient(kind):
    lines, input, output = problem(np.float64)
    for number in [0, 2, 3] if kind == "hs" else range(5):  # several labels of "hs" are several steps
        bag, labels = lines[number], LABELS[number]
        new_input, new_output = aligned_matrix(12, 20, np.float64), aligned_matrix(5, 20, np.float64)
        new_input[:], new_output[:] = input, output
        losses, targets = train([bag], new_input, new_output, kind, [1.0], first=number)
        assert losses[0] == pytest.approx(reference.loss_of(input, output, bag, labels, kind, paths()), rel=1e-12)
        assert targets[0] == 1
        for matrix, stepped in ((input, new_input), (output, new_output)):
            for place in [*np.ndindex(matrix.shape)][::7]:
                old, sides = matrix[place], []
                for delta in (1e-6, -1e-6):
                    matrix[place] = old + delta
                    sides.append(reference.loss_of(input, output, bag, labels, kind, paths()))
                matrix[place] = old
                assert old - stepped[place] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=2e-8)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("dim", [1, 16, 20, 100])
@pytest.mark.parametrize("kind", LOSSES)
def test_the_kernel_is_its_twin(kind, dim, level):
    lines, input, output = problem(np.float32, dim)
    twin = [input.astype(np.float64), output.astype(np.float64)]
    alphas = [0.5, 0.1, 0.2, 0.05, 0.3]
    losses, _ = train(lines, input, output, kind, alphas, level)
    for number, (bag, labels, alpha) in enumerate(zip(lines, LABELS, alphas)):
        loss = reference.step(*twin, bag, labels, kind, alpha, paths())
        assert losses[number] == pytest.approx(loss, rel=1e-4, abs=1e-5)
    np.testing.assert_allclose(input, twin[0], atol=3e-5)
    np.testing.assert_allclose(output, twin[1], atol=3e-5)


def test_scores_beyond_the_range_of_exp_stay_finite():
    for kind in LOSSES:
        lines, input, output = problem(np.float32)
        output *= 1e4
        losses, _ = train(lines, input, output, kind, [1e-9] * 5)
        assert np.isfinite(losses).all() and np.isfinite(input).all() and losses.max() > 1000


def test_a_stop_ends_at_once():
    lines, input, output = problem(np.float32)
    before = input.copy()
    ids = np.concatenate(lines).astype(np.int32)
    bag = kernel.Bags(
        offsets_of(np.array([*map(len, lines)])),
        ids=ids,
        starts=np.arange(13),
        rows=np.arange(12, dtype=np.int32),
        hashes=np.zeros(12, np.int32),
    )
    targets = np.zeros(1, np.int64)
    kernel.train(
        bag,
        np.arange(6),
        np.zeros(5, np.int32),
        *PATHS,
        np.array([0, 5]),
        np.ones(1),
        np.zeros(1),
        targets,
        np.ones(1, np.int32),
        input,
        output,
        loss=0,
        room=20,
    )
    assert targets[0] == 0 and np.array_equal(input, before)
