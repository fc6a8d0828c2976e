"""What KeyedVectors make of the arrays they are given: checked, copied where they are small, apart from edits."""

from __future__ import annotations

import numpy as np
import pytest

from wordvec import KeyedVectors, store
from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs import encode
from wordvec.rows import Shared
from wordvec.subwords import make_subwords

ROWS = np.random.default_rng(1).standard_normal((6, 8)).astype(np.float32)
WORDS = list("abcdef")


def toy(**options):
    return KeyedVectors(WORDS, ROWS, **options)


@pytest.mark.parametrize(
    ("row_of", "options", "said"),
    [
        ([0, 1, 2, 3, 4, 9], {}, "rows must be from 0 to 4; word 5 has 9"),
        ([0, 1, 2, 3, 4, -1], {}, "rows must be from 0 to 4; word 5 has -1"),
        ([0, 2, 1, 3, 4, 0], {}, "owned in order; word 1 has 2"),
        ([0, 1, 2, 3, 4, 0], {"context": np.ones((6, 3))}, "context must have rows of 8 numbers"),
        ([0, 1, 2, 3, 4, 0], {"attributes": {"n": [1, 2]}}, "attribute 'n' must hold a number, boolean"),
        ([0, 1, 2, 3, 4, 0], {"attributes": {"n": 1}}, "attribute 'n' must hold a number, boolean"),
        ([0, 1, 2, 3, 4, 0], {"attributes": {"n": list("abcde")}}, "attribute 'n' must hold a number"),
        ([0, 1, 2, 3, 4, 0], {"attributes": {"n": [*"abcde", 1]}}, "attribute 'n' must be .*, such as 1"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(row_of, options, said):
    with pytest.raises(OptionError, match=said):
        KeyedVectors(WORDS, Shared(ROWS[:5], row_of), **options)


def test_a_number_beyond_float32_is_named():
    with pytest.raises(OptionError, match="vectors must hold numbers that float32 can hold; row 1 has a greater one"):
        KeyedVectors(["a", "b"], [[1, np.inf], [1e300, 1]])


def test_a_file_whose_attributes_do_not_fit_is_damaged(tmp_path):
    kv = toy(attributes={"n": np.arange(6)})
    kv.save(tmp_path / "a")
    good = store.open_file(tmp_path / "a")
    tensors = {name: array for name, array in good.tensors.items() if not name.startswith("_pad")}
    tensors |= {"attr.n": np.arange(3)}
    del tensors["embeddings.norm"]  # which the writer computes
    config = {key: good.config[key] for key in ("codec", "dim", "metric", "sorted_by_count", "vocab", "metadata")}
    store.write_file(tmp_path / "b", tensors, config, [])
    with pytest.raises(FormatError, match="attribute 'n'"):
        KeyedVectors.load(tmp_path / "b")


def test_small_arrays_may_be_changed_after_they_were_given():
    counts, rows, year = np.arange(6)[::-1].copy(), np.array([0, 1, 2, 3, 4, 0], np.uint32), np.arange(6)
    kv = KeyedVectors(WORDS, Shared(ROWS[:5], rows), counts, attributes={"year": year})
    counts[:], rows[:], year[:] = 7, 7, 7
    assert kv.vocabulary.counts.tolist() == [5, 4, 3, 2, 1, 0] and kv.rows.row_of.tolist() == [0, 1, 2, 3, 4, 0]
    assert [kv.get_vecattr(word, "year") for word in WORDS] == list(range(6))
    for array in (kv.vocabulary.counts, kv.rows.row_of):
        assert not array.flags.writeable


def test_arrays_that_nobody_can_write_to_are_not_copied(tmp_path):
    toy(counts=np.arange(6)[::-1], attributes={"n": np.arange(6)}).save(tmp_path / "a")
    kv = KeyedVectors.load(tmp_path / "a")
    assert np.shares_memory(kv.vocabulary.counts, kv._stored.tensors["counts"])
    assert np.shares_memory(kv._attributes["n"], kv._stored.tensors["attr.n"])


@pytest.mark.parametrize(
    "derive", [lambda kv: kv.compress("float16"), lambda kv: kv.truncate(2), lambda kv: kv.prune(6)]
)
def test_derived_vectors_do_not_follow_later_edits(derive):
    kv = toy(counts=np.arange(6)[::-1])
    kv.set_vecattr("a", "year", 3)
    new = derive(kv)
    kv.set_vecattr("a", "year", 9)
    kv.set_vecattr("a", "count", 70)
    kv["a"] = np.full(8, 7)
    assert new.get_vecattr("a", "year") == 3 and new.get_vecattr("a", "count") == 5
    assert abs(new["a"][0] - ROWS[0, 0]) < 1e-2


def test_counts_are_numbers_of_times():
    kv = toy(counts=np.arange(6)[::-1])
    for count in (-1, 2**63):
        with pytest.raises(OptionError, match="a count must be from 0"):
            kv.set_vecattr("a", "count", count)
        with pytest.raises(OptionError, match="a count must be from 0"):
            kv.add_vectors(["z"], [np.ones(8)], {"count": [count]})
    assert kv.get_vecattr("a", "count") == 5 and "z" not in kv


def test_extras_are_all_checked_before_the_first_change():
    kv = toy()
    with pytest.raises(OptionError, match="'bad' must be numbers"):
        kv.add_vectors(["z"], [np.ones(8)], {"good": [1], "bad": [b"x"]})
    with pytest.raises(OptionError, match="attr must be the name"):
        kv.get_vecattr("a", "good")


def test_merged_attributes_have_a_type_that_holds_all():
    left, right = (
        toy(attributes={"n": np.arange(6, dtype=np.int8)}),
        KeyedVectors(["z"], ROWS[:1], attributes={"n": [1000.5]}),
    )
    for merged in (left.merge(right), left.merge(right, on_conflict="last"), right.merge(left)):
        assert merged.get_vecattr("z", "n") == 1000.5 and merged.get_vecattr("c", "n") == 2
    with pytest.raises(OptionError, match="attribute 'n' must have one shape everywhere"):
        left.merge(KeyedVectors(["z"], ROWS[:1], attributes={"n": [[1, 2]]}))


@pytest.mark.parametrize("codec", ["float32", "float16", "bfloat16", "int8", "pq", "bits"])
@pytest.mark.parametrize("options", [{}, {"rescore": None}])
def test_normed_vectors_have_length_1_whatever_the_codec(codec, options):
    rows = np.random.default_rng(2).standard_normal((300, 16)).astype(np.float32)
    rows[3] = 0
    kv = KeyedVectors([str(i) for i in range(300)], rows).compress(codec, **(options if codec == "bits" else {}))
    lengths = np.sqrt(np.square(kv.get_normed_vectors().astype(np.float64)).sum(axis=1))
    assert lengths[3] == 0
    np.testing.assert_allclose(np.delete(lengths, 3), 1, atol=1e-6)


def test_numbers_that_stand_at_odd_bytes_are_read_as_others_are():
    raw = np.zeros(ROWS.nbytes + 1, np.uint8)
    raw[1:] = ROWS.reshape(-1).view(np.uint8)
    odd = np.frombuffer(raw.data, np.float32, ROWS.size, 1).reshape(ROWS.shape)
    assert not odd.flags.aligned
    plain, given = toy(), KeyedVectors(WORDS, odd)
    assert given.vectors.flags.aligned and given.most_similar("a") == plain.most_similar("a")
    for codec in ("float16", "int8", "pq", "bits"):
        assert np.array_equal(encode(odd, codec)[:], encode(ROWS, codec)[:])
    table = make_subwords("fasttext", odd, min_n=2, max_n=3)  # mapped from a file of fastText, and not copied
    assert np.shares_memory(table.table, raw)
    copied = make_subwords("fasttext", ROWS, min_n=2, max_n=3)
    assert np.array_equal(table.compose(["abc"])[0], copied.compose(["abc"])[0])
