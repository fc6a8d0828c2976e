"""Copies of rows for each thread: with them a thread trains what it trains without, and a share of it is merged."""

from itertools import pairwise

import numpy as np
import pytest
from test_word2vec_kernel import LEVELS, OFF, WORDS, matrices, random_sentences, task

from wordvec._kernels import word2vec as kernel
from wordvec.optim.copies import Copies

ALL = np.ones(WORDS)
TOKENS = sum(map(len, random_sentences()))
every_variant = pytest.mark.parametrize(
    "options", [{}, {"cbow": True}, {"hs": True}, {"pool": 19}], ids=["skipgram", "cbow", "tree", "many"]
)
every_number = pytest.mark.parametrize(
    ("level", "dtype"), [(0, np.float64), *((level, np.float32) for level in LEVELS)]
)


def copies_of(matrix, ends, way):
    """The argument of the kernel: room for all rows, none copied yet."""
    room = Copies(matrix, visits=ALL, updates=ALL, tokens=1e9, chunks=1, workers=2).take()[0]
    return room, np.zeros(3, np.int64), None, np.array(ends), np.full(WORDS, way)


def train(options, dtype, level, chunks=1, ends=None, way=0.0, workers=1, *, seed=0, start=None, cuts=()):
    """The matrices [2, V, dim] after some chunks of the same sentences, with copies where there are `ends`.

    With `cuts` it is several calls, which leave their copies to the next one; the last one has no chunks, and merges.
    """
    made = matrices(20, dtype)
    if start is not None:
        made[0][:], made[1][:] = start
    arguments = task(random_sentences() * chunks, **options)
    if ends is not None:
        arguments |= {name: copies_of(matrix, ends, way) for name, matrix in zip(("own_input", "own_output"), made)}
    for first, last in pairwise([0, *cuts, chunks, chunks] if cuts else [0, chunks]):
        kernel.train(
            chunks=np.arange(first, last + 1) * len(random_sentences()),
            alphas=np.full(last - first, 0.1),
            seeds=np.arange(seed + first, seed + last, dtype=np.uint64),
            input=made[0],
            output=made[1],
            losses=np.zeros(last - first),
            targets=np.zeros(last - first, np.int64),
            stop=np.zeros(1, np.int32),
            level=level,
            workers=workers,
            merge_all=first == last or not cuts,
            **arguments,
        )
    return np.stack(made)


def close(dtype, level=0):
    return {"rtol": 1e-10, "atol": 1e-12} if dtype == np.float64 else {"rtol": 1e-3, "atol": OFF[level]}


@every_variant
@every_number
@pytest.mark.parametrize("ends", [[WORDS], [3], [2, 5], [0, 0, WORDS]], ids=str)
def test_one_thread_with_copies_trains_what_it_trains_without(options, level, dtype, ends):
    np.testing.assert_allclose(
        train(options, dtype, level, 3, ends), train(options, dtype, level, 3), **close(dtype, level)
    )


@every_variant
@every_number
def test_rows_that_go_far_between_two_merges_become_the_mean(options, level, dtype):
    start, alone = np.stack(matrices(20, dtype)), train(options, dtype, level)
    merged = train(options, dtype, level, ends=[WORDS], way=1e9, workers=4)
    np.testing.assert_allclose(merged, start + (alone - start) / 4, **close(dtype, level))


def test_the_share_that_is_merged_follows_from_the_way_since_the_last_merge():
    """F = min(1, 1 / (W c)), c = 1 - (1 + x / 8)^-8, where rows wait for both chunks; x is way alpha tokens."""
    start, alone = np.stack(matrices(20, float)), train({}, float, 0, 2)
    for way, workers in ((0.001, 4), (0.05, 4), (0.05, 1), (0.2, 2)):
        share = min(1, 1 / (workers * (1 - (1 + way * 0.1 * 2 * TOKENS / 8) ** -8)))
        merged = train({}, float, 0, 2, [0, WORDS], way, workers)
        np.testing.assert_allclose(merged, start + share * (alone - start), **close(float))


def test_rows_of_the_first_level_are_merged_after_each_chunk():
    far = {"options": {}, "dtype": float, "level": 0, "way": 1e9, "workers": 2}
    once = train(**far, ends=[WORDS])
    apart = train(**far, ends=[WORDS], seed=1, start=once)
    together = train(**far, ends=[WORDS], chunks=2)
    np.testing.assert_allclose(together, apart, **close(float))
    assert not np.allclose(train(**far, ends=[0, WORDS], chunks=2), together)


@every_number
def test_copies_are_left_from_call_to_call(level, dtype):
    far = {"options": {}, "dtype": dtype, "level": level, "chunks": 5, "ends": [2, 5, WORDS], "way": 0.05, "workers": 2}
    np.testing.assert_allclose(train(**far, cuts=[1, 3]), train(**far), **close(dtype, level))
    assert not np.allclose(train(**far | {"ends": [WORDS]}, cuts=[1, 3]), train(**far))


def train_a_sentence(made, **more):
    """Train matrices on the first sentence, one chunk, with more arguments of the kernel."""
    kernel.train(
        chunks=np.array([0, 1]),
        alphas=np.ones(1),
        seeds=np.ones(1, np.uint64),
        input=made[0],
        output=made[1],
        losses=np.zeros(1),
        targets=np.zeros(1, np.int64),
        stop=np.zeros(1, np.int32),
        **task(random_sentences()),
        **more,
    )


def test_copies_that_are_merged_are_copied_anew():
    table = matrices(20, float)
    kept = copies_of(table[0], [WORDS], 0.0)
    for merge_all in (False, True):
        train_a_sentence(table, own_input=kept, merge_all=merge_all)
        assert kept[1][:2].tolist() == ([0, 0] if merge_all else [WORDS, 1])


@pytest.mark.parametrize("change", ["room", "kept", "ways", "stride", "rows"])
def test_copies_that_do_not_fit_are_refused(change):
    made = matrices(20, np.float32)
    room, kept, _, ends, ways = copies_of(made[0], [WORDS], 0.0)
    wrong = {"room": (room[:, :3], kept, None, ends, ways), "ways": (room, kept, None, ends, ways[:3])}
    wrong["kept"] = (room, kept[:1], None, ends, ways)
    wrong["stride"] = (np.zeros(room.shape), kept, None, ends, ways)
    wrong["rows"] = (room, kept, np.zeros(3, np.int32), ends, ways)
    with pytest.raises(ValueError, match="copies"):
        train_a_sentence(made, own_input=wrong[change])
