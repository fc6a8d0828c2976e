"""The schedule of local descent and the averaging of replicas: pure functions of corpus, options and replicas."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_averaging import moved, total

import wordvec
from wordvec.optim.averaging import Averaging, Rows, added, combine, local_rate, rest_of, subtrees
from wordvec.optim.descent import schedule
from wordvec.optim.rounds import Rounds
from wordvec.optim.shuffling import Sentences

quick = settings(max_examples=40, deadline=None)
SIZES = st.lists(st.integers(1, 30_000), min_size=1, max_size=60)


def rounds_of(sizes, replicas, sync, **options):
    tokens = np.concatenate([[0], np.cumsum(sizes)])
    options = {"epochs": 2, "alpha": 0.1, "min_alpha": 0.001, "seed": 3} | options
    return Rounds.make(tokens, replicas=replicas, sync=sync, **options)


@quick
@given(SIZES, st.integers(1, 9), st.integers(1, 300_000))
def test_every_chunk_is_trained_once_an_epoch_in_the_order_of_its_share(sizes, replicas, sync):
    if len(sizes) < replicas:
        with pytest.raises(wordvec.OptionError, match=f"replicas must be at most {len(sizes)}"):
            rounds_of(sizes, replicas, sync)
        return
    rounds = rounds_of(sizes, replicas, sync)
    for replica in range(replicas):
        chunks = [c for round in range(rounds.count) for c in range(len(sizes))[rounds.part(replica, round)]]
        assert chunks == list(range(rounds.shares[replica], rounds.shares[replica + 1]))
        assert chunks  # no replica is idle
    assert rounds.shares[0] == 0 and rounds.shares[-1] == len(sizes)


@quick
@given(st.lists(st.integers(5_000, 15_000), min_size=20, max_size=60), st.integers(1, 9))
def test_shares_and_rounds_are_balanced(sizes, replicas):
    rounds = rounds_of(sizes, replicas, 20_000)
    shares = np.diff(rounds.tokens[rounds.shares])
    assert abs(shares - sum(sizes) / replicas).max() <= 2 * max(sizes)
    parts = np.diff(rounds.tokens[rounds.marks])
    assert abs(parts - rounds.size).max() <= 3 * max(sizes)


@quick
@given(SIZES, st.integers(1, 5), st.integers(0, 2))
def test_seeds_are_those_of_chunks_and_rates_follow_the_share(sizes, replicas, epoch):
    if len(sizes) < replicas:
        return
    rounds = rounds_of(sizes, replicas, 20_000, epochs=3)
    runs = rounds.runs(epoch)
    plain = schedule(rounds.tokens[:-1], sum(sizes), epoch=epoch, epochs=3, alpha=0.1, min_alpha=0.001, seed=3)
    assert np.array_equal(runs.seeds, plain.seeds)
    if replicas == 1:
        assert np.array_equal(runs.alphas, plain.alphas)
    assert (runs.alphas[rounds.shares[:-1]] == plain.alphas[0]).all()  # each share begins the epoch
    for first, last in pairwise(rounds.shares):
        assert (np.diff(runs.alphas[first:last]) < 0).all()
    assert rounds.rate(0, 0) < 0.1 and rounds.rate(2, rounds.count - 1) > 0.001


RATES = st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=40).map(np.array)


@quick
@given(RATES, st.integers(1, 150))
def test_due_rows_are_a_prefix_that_holds_every_more_frequent_row_and_all_of_them_at_the_end(rates, count):
    averaging = Averaging.make(rates, replicas=4, size=1000.0)
    ranked = averaging.rates
    assert (np.diff(ranked) <= 0).all()
    assert np.array_equal(ranked, rates if averaging.order is None else rates[averaging.order])
    waits = np.zeros(len(rates), int)
    for done in range(1, count + 1):
        due = averaging.due(done, count)
        waits += 1
        assert (np.diff(waits[:due]) >= 0).all()  # no row waits longer than a rarer one
        waits[:due] = 0
        assert waits.max() < 64
        assert not (waits * 1000.0 * ranked > 4).any()  # updates it has waited for
    assert due == len(rates)


@quick
@given(RATES, st.integers(1, 200))
def test_factors_go_from_a_sum_of_rare_steps_to_the_mean_of_frequent_ones(rates, done):
    averaging = Averaging.make(rates, replicas=16, size=1000.0)
    factors = averaging.factors(0, len(rates), done, 0.2)
    assert factors.dtype == np.float32 and (factors >= 1).all() and (factors <= 2).all()
    parts = [averaging.factors(first, first + 1, done, 0.2) for first in range(len(rates))]
    assert np.array_equal(np.concatenate(parts), factors)  # bytes do not depend on the blocks


def test_rows_that_nothing_updates_are_never_due():
    averaging = Averaging.make(np.array([0.0, 1e-3, 0.0, 1e-2]), replicas=3, size=10.0)
    assert averaging.due(8, 8) == 2 and averaging.rows(0, 2).tolist() == [3, 1]


def test_factors_of_a_rare_and_a_frequent_row():
    averaging = Averaging.make(np.array([1.0, 1e-12]), replicas=16, size=1e5)
    np.testing.assert_allclose(averaging.factors(0, 2, 1, 0.2), [1, 2], rtol=1e-5)


@pytest.mark.parametrize(("is_steep", "rest"), [(False, 2), (True, 4)])
def test_what_the_learning_rates_leave_is_the_factor_of_rare_rows(is_steep, rest):
    assert rest_of(16, is_steep) == rest and local_rate(0.5, 16, rest) == 8 / rest
    averaging = Averaging.make(np.array([1.0, 1e-12]), replicas=16, size=1e5, rest=rest_of(16, is_steep))
    np.testing.assert_allclose(averaging.factors(0, 2, 1, 0.2), [1, rest], rtol=1e-5)


def replicas_of(count, shape, seed=0):
    rng = np.random.default_rng([seed, count])
    rows = rng.normal(size=(count + 1, *shape)) * 10.0 ** rng.integers(-6, 6, (count + 1, *shape))
    base, *tables = rows.astype(np.float32)
    return base, tables


def chosen_tables(tables, first=0):
    return {(replica, replica + 1): Rows(table) for replica, table in enumerate(tables, first)}


@quick
@given(st.integers(1, 17), st.data())
def test_sums_do_not_depend_on_where_replicas_are(replicas, data):
    base, tables = replicas_of(replicas, (3, 2))
    chosen, whole = slice(0, 3), total(tables, 0, replicas)
    cuts = sorted(data.draw(st.sets(st.integers(1, replicas), max_size=4)) | {0, replicas})
    sums = {}
    for first, last in pairwise(cuts):
        for part in subtrees(first, last, replicas):
            sum_ = added(chosen, base, chosen_tables(tables[first:last], first), part)
            assert sum_.tobytes() == total(tables, *part).tobytes()
            sums[part] = Rows(sum_, is_table=False)
    assert added(chosen, base, sums, (0, replicas)).tobytes() == whole.tobytes()


@quick
@given(
    st.integers(1, 9),
    st.sampled_from([(40,), (40, 1), (40, 5), (40, 64), (40, 131)]),
    st.sampled_from([slice(0, 40), slice(7, 30), slice(3, 3), np.array([39, 0, 5]), np.array([], np.int64)]),
)
def test_the_kernel_moves_rows_as_numpy_does_to_the_bit(replicas, shape, chosen):
    base, tables = replicas_of(replicas, shape)
    factors = np.random.default_rng(1).uniform(1, 2, len(base[chosen])).astype(np.float32)
    expected = [array.copy() for array in (base, *tables)]
    rows = moved(base[chosen], [table[chosen] for table in tables], factors)
    for array in expected:
        array[chosen] = rows
    step = (base, factors) if replicas > 1 else ()
    combine(chosen, chosen_tables(tables), (0, replicas), [Rows(array) for array in (base, *tables)], *step)
    for array, other in zip((base, *tables), expected):
        assert array.tobytes() == other.tobytes()


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("ranked", [True, False])
def test_averaging_by_blocks_of_ranks_some_replicas_of_which_are_sums(replicas, ranked, monkeypatch):
    monkeypatch.setattr("wordvec.optim.averaging._BLOCK", 4)
    rates = np.linspace(1e-2, 1e-4, 30) if ranked else np.random.default_rng(2).uniform(1e-4, 1e-2, 30)
    averaging = Averaging.make(rates, replicas=replicas, size=1000.0)
    base, tables = replicas_of(replicas, (30, 6))
    order = np.arange(30) if averaging.order is None else averaging.order
    rows = order[5:25]
    expected = [array.copy() for array in (base, tables[0])]
    for array in expected:
        array[rows] = moved(base[rows], [table[rows] for table in tables], averaging.factors(5, 25, 3, 0.1))
    chosen, sources = averaging.rows(5, 25), chosen_tables(tables)
    if replicas > 1:  # the last replica is another worker's
        sources[replicas - 1, replicas] = Rows(tables[-1][rows], is_table=False)
    kept = tables[-1].copy()
    averaging.average((5, 25), base, sources, tables[:1], 3, 0.1)
    assert base.tobytes() == expected[0].tobytes() and tables[0].tobytes() == expected[1].tobytes()
    assert replicas == 1 or tables[-1].tobytes() == kept.tobytes()
    assert len(base[chosen]) == 20


def test_the_kernel_refuses_what_it_could_not_do():
    base, tables = replicas_of(2, (4, 3))
    factors, sources, targets = np.ones(4, np.float32), chosen_tables(tables), [Rows(base)]
    fixed = base.copy()
    fixed.flags.writeable = False
    for chosen, target in [
        (np.array([4]), targets),
        (np.array([-1]), targets),
        (slice(0, 4), [Rows(fixed)]),
        (slice(0, 4), [Rows(base[:2])]),
        (slice(0, 4), [Rows(base[:, :2])]),
        (slice(0, 4), [Rows(base.astype(np.float64))]),
        (slice(0, 4), [Rows(np.asfortranarray(base))]),
    ]:
        with pytest.raises(ValueError):
            combine(chosen, sources, (0, 2), target, base, factors[: 4 if isinstance(chosen, slice) else 1])
    with pytest.raises(ValueError, match="lengths"):
        combine(slice(0, 4), sources, (0, 2), targets, base, factors[:3])


def test_a_worker_sends_few_sums():
    assert subtrees(0, 16, 16) == [(0, 16)]
    assert subtrees(8, 16, 16) == [(8, 16)]
    assert subtrees(3, 11, 16) == [(3, 4), (4, 8), (8, 10), (10, 11)]


def test_rows_move_by_the_factor_times_the_step_of_the_mean_and_those_of_one_replica_not_at_all():
    base = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    sources, factors = chosen_tables([base + 1, base + 3]), np.array([1.0, 1.5], np.float32)
    combine(slice(0, 2), sources, (0, 2), [Rows(base)], base, factors)
    assert base.tolist() == [[3.0, 4.0], [6.0, 7.0]]
    averaging = Averaging.make(np.array([1e-3]), replicas=1, size=10.0)
    odd, old = np.array([[0.1, 1e-8]], np.float32), base[:1].copy()
    averaging.average((0, 1), old, chosen_tables([odd]), [], 1, 0.1)
    assert old.tobytes() == odd.tobytes()


TEXT = st.tuples(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(1, 6), st.integers(1, 200))


def text_of(sizes, count):
    """Sentences of consecutive numbers, in about so many chunks."""
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    chunks = np.unique(np.linspace(0, len(sizes), count + 1).astype(np.int64))
    return np.arange(offsets[-1], dtype=np.int32), offsets, chunks


def trained_sentences(sentences, cuts, epoch):
    """The sentences of each chunk as lists of ids, asked for in parts."""
    chunks = []
    for first, last in pairwise(cuts):
        text = sentences.text(slice(first, last), epoch)
        ids, offsets = text["ids"], text["offsets"]
        for start, stop in pairwise(text["chunks"]):
            chunks.append([ids[offsets[i] : offsets[i + 1]].tolist() for i in range(start, stop)])
    return chunks


@quick
@given(TEXT, st.data())
def test_sentences_are_trained_once_in_an_order_of_their_window_and_epoch(text, data):
    sizes, count, window = text
    ids, offsets, chunks = text_of(sizes, count)
    count = len(chunks) - 1
    cuts = sorted(data.draw(st.sets(st.integers(0, count), max_size=3)) | {0, count})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wordvec.optim.shuffling.WINDOW", window)
        sentences = Sentences(ids, offsets, chunks, (1, 2))
        found = trained_sentences(sentences, cuts, 0)
        later = Sentences(ids, offsets, chunks, (1, 2), first=7)
        assert found == trained_sentences(later, range(7, count + 8), 0)
    whole = [ids[first:last].tolist() for first, last in pairwise(offsets)]
    numbers = offsets[chunks[:-1]] // window  # the window of each chunk
    for number in np.unique(numbers):
        ours = [sentence for i in np.flatnonzero(numbers == number) for sentence in found[i]]
        first, last = chunks[np.flatnonzero(numbers == number)[[0, -1]] + [0, 1]]
        assert sorted(ours) == whole[first:last]
        tokens = [sum(map(len, found[i])) for i in np.flatnonzero(numbers == number)]
        assert max(tokens) - min(tokens) <= 2 * max(sizes)


def test_orders_differ_by_seed_and_epoch():
    ids, offsets, chunks = text_of([3] * 100, 5)
    one, other = Sentences(ids, offsets, chunks, (1, 0)), Sentences(ids, offsets, chunks, (1, 1))
    orders = [trained_sentences(*args) for args in [(one, (0, 5), 0), (one, (0, 5), 1), (other, (0, 5), 0)]]
    assert orders[0] != orders[1] and orders[0] != orders[2]
    assert trained_sentences(Sentences(ids, offsets, chunks, (1, 0)), (0, 5), 1) == orders[1]


def test_one_replica_trains_the_text_as_it_stands_unless_it_is_asked_to_shuffle():
    assert rounds_of([100] * 6, 1, 200).order(0) is None
    assert rounds_of([100] * 6, 1, 200, shuffle=True).order(0) is not None
    orders = [rounds_of([100] * 6, 2, 200).order(replica) for replica in (0, 1)]
    assert None not in orders and orders[0] != orders[1]
    ids, offsets, chunks = text_of([3] * 10, 5)
    plain = trained_sentences(Sentences(ids, offsets, chunks, None), (0, 2, 5), 0)
    assert [sentence for chunk in plain for sentence in chunk] == [
        ids[first:last].tolist() for first, last in pairwise(offsets)
    ]
