"""Vectors that were changed in place are as vectors newly made."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wordvec.base.errors import OptionError, WordTypeError
from wordvec.vectors import KeyedVectors

DIM = 6
WORDS = st.sampled_from(["a", "b", "c", "naïve", "\udcff", "a b", "", *(f"w{i}" for i in range(8))])
VECTORS = st.lists(st.integers(-3, 3), min_size=DIM, max_size=DIM)


def toy(words=("a", "b", "c", "d"), counts=(4, 9, 9, 1), seed=1, **options):
    matrix = np.random.default_rng(seed).standard_normal((len(words), DIM)).astype(np.float32)
    return KeyedVectors(list(words), matrix, counts=counts, metadata={"k": 1}, **options)


class Model:
    """What the vectors must be, kept in lists and dicts."""

    def __init__(self):
        self.rows, self.counts, self.years = {}, {}, {}

    def add(self, key, vector, replace=False):
        if replace or key not in self.rows:
            self.rows[key] = np.array(vector, np.float32)
        self.counts.setdefault(key, 0)
        self.years.setdefault(key, 0)

    def sort(self):
        order = sorted(self.rows, key=lambda key: -self.counts[key])
        self.rows = {key: self.rows[key] for key in order}

    def normalise(self):
        for key, row in self.rows.items():
            length = np.float32(np.sqrt(np.square(row.astype(float)).sum()))
            self.rows[key] = row / length if length else row

    def fresh(self):
        words = list(self.rows)
        matrix = np.array(list(self.rows.values()), np.float32).reshape(len(words), DIM)
        counts = [self.counts[word] for word in words]
        years = np.array([self.years[word] for word in words], np.int64)
        return KeyedVectors(words, matrix, counts=np.array(counts, np.int64), attributes={"year": years})


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add_vector"), WORDS, VECTORS),
        st.tuples(st.just("set"), WORDS, VECTORS),
        st.tuples(st.just("add_vectors"), st.lists(st.tuples(WORDS, VECTORS), max_size=5), st.booleans()),
        st.tuples(st.just("count"), WORDS, st.integers(0, 9)),
        st.tuples(st.just("year"), WORDS, st.integers(0, 9)),
        st.sampled_from([("sort",), ("normalise",), ("ask",), ("clone",), ("freeze",)]),
    ),
    max_size=12,
)


class Pair:
    """Vectors and their model, changed alike; and what was held on to, with what it must go on to be."""

    def __init__(self):
        self.kv = KeyedVectors([], np.empty((0, DIM)), counts=[], attributes={"year": np.empty(0, np.int64)})
        self.model, self.held = Model(), []

    def add_vector(self, key, vector):
        row = self.kv.add_vector(key, vector)
        self.model.add(key, vector)
        assert self.kv.index_to_key[row] == key

    def set(self, key, vector):
        self.kv[key] = np.array(vector)
        self.model.add(key, vector, replace=True)

    def add_vectors(self, pairs, replace):
        self.kv.add_vectors([key for key, _ in pairs], [vector for _, vector in pairs], replace=replace)
        known = set(self.model.rows)
        for key, vector in pairs:  # of a new word given twice the last counts
            self.model.add(key, vector, replace=replace or key not in known)

    def count(self, key, value):
        if key in self.kv:
            self.kv.set_vecattr(key, "count", value)
            self.model.counts[key] = value

    def year(self, key, value):
        if key in self.kv:
            self.kv.set_vecattr(key, "year", value)
            self.model.years[key] = value

    def sort(self):
        self.kv.sort_by_descending_frequency()
        self.model.sort()

    def normalise(self):
        self.kv.unit_normalize_all()
        self.model.normalise()

    def ask(self):
        _ = self.kv.norms, self.kv.with_oov("similar")["wx"]

    def clone(self):  # shares the rows: what is changed in one must not show in the other
        self.held.append((self.kv, self.model.fresh()))
        self.kv = self.kv.with_oov("raise")

    def freeze(self):
        self.held.append((self.kv.vectors, self.kv.vectors.copy(), self.kv.vocabulary, list(self.kv)))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_changes_give_what_a_new_object_gives(steps, tmp_path):
    pair = Pair()
    for name, *arguments in steps:
        getattr(pair, name)(*arguments)
    kv, fresh = pair.kv, pair.model.fresh()
    same(kv, fresh)
    if len(kv):
        kv.save(tmp_path / "kv")
        same(KeyedVectors.load(tmp_path / "kv"), fresh)
        same(pickle.loads(pickle.dumps(kv)), fresh)
    for held in pair.held:
        if len(held) == 2:
            same(*held)
        else:
            view, rows, vocabulary, words = held
            assert np.array_equal(view, rows) and list(vocabulary) == words


def same(kv, fresh):
    assert len(kv) == len(fresh) == len(kv.vectors) == len(kv.index_to_key) == len(kv.vocabulary)
    assert list(kv) == list(fresh) == list(kv.index_to_key) == list(kv.vocabulary)
    assert dict(kv.key_to_index) == dict(fresh.key_to_index)
    assert kv.vectors.tobytes() == fresh.vectors.tobytes() and kv.norms.tobytes() == fresh.norms.tobytes()
    for array in (kv.vectors, kv.norms):
        assert not array.flags.writeable
    if fresh.vocabulary.counts is not None:
        assert kv.vocabulary.counts.tolist() == fresh.vocabulary.counts.tolist()
    assert kv._attributes["year"].tolist() == fresh._attributes["year"].tolist()
    for row, word in enumerate(fresh):
        assert kv.get_index(word) == row and word in kv and kv[word].tolist() == fresh[word].tolist()
        assert kv.get_vecattr(word, "count") == fresh.get_vecattr(word, "count")
        if fresh.norms[row] > 0:
            assert kv.most_similar(word, topn=5) == fresh.most_similar(word, topn=5)
    assert "not there" not in kv and kv.index_to_key[-1:] == fresh.index_to_key[-1:]
    for place in (len(kv), -len(kv) - 1):
        with pytest.raises(IndexError):
            kv.index_to_key[place]


def test_a_million_single_additions_take_few_copies(monkeypatch):
    from wordvec.vectors.append_buffer import AppendBuffer

    copies = []
    grow = AppendBuffer._grow
    monkeypatch.setattr(AppendBuffer, "_grow", lambda self, more: (copies.append(self.size), grow(self, more)))
    kv = KeyedVectors(["a"], np.ones((1, 2)), counts=[1])
    vector = np.ones(2, np.float32)
    for i in range(20_000):
        kv.add_vector(f"w{i}", vector)
    assert len(kv) == 20_001 and sum(copies) < 8 * 20_000  # rows and counts
    assert kv.get_index("w19999") == 20_000


def test_what_was_given_is_not_changed():
    matrix = np.ones((2, 3), np.float32)
    before = matrix.copy()
    kv = KeyedVectors(["a", "b"], matrix)
    kv["a"] = np.array([5, 6, 7])
    kv.unit_normalize_all()
    assert np.array_equal(matrix, before) and kv["a"].tolist() != [1, 1, 1]


def test_replaced_vectors_are_found_at_once():
    kv = toy()
    assert kv.most_similar("a", topn=1)
    kv["d"] = kv["a"] * 2
    assert kv.most_similar("a", topn=1)[0] == ("d", pytest.approx(1))
    kv[["b", "new"]] = np.stack([kv["a"], -kv["a"]])
    assert kv.similarity("b", "a") == pytest.approx(1) and kv.similarity("new", "a") == pytest.approx(-1)


def test_words_given_twice_leave_no_ghost_row():
    kv = toy()
    kv.add_vectors(["x", "y", "x"], np.arange(3 * DIM).reshape(3, DIM))
    assert list(kv) == ["a", "b", "c", "d", "x", "y"] and len(kv.vectors) == 6
    assert kv["x"].tolist() == list(range(2 * DIM, 3 * DIM))


def test_extras():
    kv = toy()
    kv.add_vectors(["x", "a"], np.ones((2, DIM)), extras={"count": np.array([7, 8]), "odd": np.array([True, True])})
    assert kv.get_vecattr("x", "count") == 7 and kv.get_vecattr("a", "count") == 4
    assert kv.get_vecattr("x", "odd") is True and kv.get_vecattr("a", "odd") is False
    kv.add_vectors(["a"], np.ones((1, DIM)), extras={"count": np.array([8])}, replace=True)
    assert kv.get_vecattr("a", "count") == 8
    kv.add_vectors("single", np.ones(DIM), extras={"count": 3})
    assert kv.get_vecattr("single", "count") == 3 and kv.get_vecattr("single", "odd") is False


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda kv: kv.add_vector("x", [1, 2]), "6 numbers for each of 1 keys; got int64 of shape"),
        (lambda kv: kv.add_vector("x", "abcdef"), "6 numbers for each"),
        (lambda kv: kv.add_vectors(["x"], np.ones((2, DIM))), "6 numbers for each of 1 keys"),
        (lambda kv: kv.add_vectors(["x", "y"], [[1], [1, 2]]), "6 numbers for each of 2 keys"),
        (lambda kv: kv.add_vector("x", [np.nan] * DIM), "that of 'x' holds NaN"),
        (lambda kv: kv.add_vector("x", np.full(DIM, np.inf, np.float32)), "that of 'x' holds NaN"),
        (
            lambda kv: kv.add_vectors(["y", "x"], [[0.0] * DIM, [1e300] * DIM]),
            "that of 'x' holds NaN or a number beyond",
        ),
        (lambda kv: kv.add_vectors(["x"], np.ones((1, DIM)), extras={"n": np.ones(3)}), "one value for each of 1 keys"),
        (lambda kv: kv.add_vectors(["x"], np.ones((1, DIM)), extras={"n": np.array([b"a"])}), "'n' must be numbers"),
        (lambda kv: kv.add_vectors(["x"], np.ones((1, DIM)), extras={"count": np.array([1.5])}), "must hold int64"),
        (lambda kv: kv.add_vector("\ud800", np.ones(DIM)), "half of a surrogate pair"),
        (lambda kv: kv.set_vecattr("a", "count", "red"), "'count' must hold int64, as it does; got text"),
        (lambda kv: kv.set_vecattr("a", "colour", b"red"), "must hold numbers, booleans or text"),
        (lambda kv: kv.set_vecattr("a", "n", [1, 2]), "val must be one number"),
        (lambda kv: kv.set_vecattr("a", "count", 1.5), "'count' must hold int64"),
        (lambda kv: kv.get_vecattr("a", "colour"), "attribute that has been set"),
    ],
)
def test_changes_that_are_refused_change_nothing(change, problem):
    kv = toy()
    before = kv.vectors.copy()
    with pytest.raises(OptionError, match=problem):
        change(kv)
    assert list(kv) == ["a", "b", "c", "d"] and np.array_equal(kv.vectors, before)
    assert kv.vocabulary.counts.tolist() == [4, 9, 9, 1]


@pytest.mark.parametrize("key", [3, None, b"w", np.int64(2), 2.5])
def test_keys_are_words(key):
    for kv in (toy(), KeyedVectors([], np.empty((0, DIM)))):
        for change in (
            lambda: kv.add_vector(key, np.ones(DIM, np.float32)),  # noqa: B023
            lambda: kv.add_vectors([key], np.ones((1, DIM))),  # noqa: B023
            lambda: kv.__setitem__([key], np.ones((1, DIM))),  # noqa: B023
            lambda: kv.set_vecattr(key, "n", 1),  # noqa: B023
            lambda: kv.subset([key]),  # noqa: B023
        ):
            with pytest.raises(WordTypeError):
                change()
        assert kv.most_similar_batch([]) == [] and len(kv) in (0, 4)


def test_numpy_strings_are_words():
    kv = toy()
    kv.add_vector(np.str_("x"), np.ones(DIM))
    kv.add_vectors(np.array(["y", "z"]), np.ones((2, DIM)))
    assert list(kv)[4:] == ["x", "y", "z"] and np.str_("y") in kv and kv[np.str_("x")].tolist() == [1] * DIM


def test_sorting():
    kv = toy()
    kv.set_vecattr("d", "n", 5)
    context = np.arange(4 * DIM, dtype=np.float32).reshape(4, DIM)
    kv._context = context
    rows = {word: kv[word].tolist() for word in kv}
    kv.sort_by_descending_frequency()
    assert list(kv) == ["b", "c", "a", "d"] and kv.vocabulary.counts.tolist() == [9, 9, 4, 1]
    assert {word: kv[word].tolist() for word in kv} == rows and kv.get_vecattr("d", "n") == 5
    assert kv.context.tolist() == context[[1, 2, 0, 3]].tolist()
    with pytest.raises(OptionError, match="these have none"):
        KeyedVectors(["a"], [[1]]).sort_by_descending_frequency()


def test_attributes_without_a_copy_of_the_rows():
    kv = toy()
    before = kv._rows
    kv.set_vecattr("b", "weight", np.float32(0.5))
    kv.allocate_vecattrs(["flag", "weight"], [bool, np.float32])
    kv.allocate_vecattrs()
    assert kv._rows is before and kv.get_vecattr("b", "weight") == 0.5 and kv.get_vecattr("a", "flag") is False
    assert kv._attributes["weight"].dtype == np.float32 and kv._attributes["flag"].tolist() == [False] * 4
    with pytest.raises(OptionError, match="'flag' must hold bool"):
        kv.set_vecattr("a", "flag", 2)
    plain = KeyedVectors(["a", "b"], [[1], [2]])
    plain.set_vecattr("b", "count", 7)
    assert plain.vocabulary.counts.tolist() == [0, 7]


def test_mapped_vectors_are_read_only_until_copied(tmp_path):
    toy().save(tmp_path / "x")
    mapped = KeyedVectors.load(tmp_path / "x")
    for change in (
        lambda kv: kv.add_vector("x", np.ones(DIM)),
        lambda kv: kv.add_vectors(["x"], np.ones((1, DIM))),
        lambda kv: kv.__setitem__("a", np.ones(DIM)),
        lambda kv: kv.set_vecattr("a", "n", 1),
        lambda kv: kv.allocate_vecattrs(["n"], [int]),
        lambda kv: kv.sort_by_descending_frequency(),
        lambda kv: kv.unit_normalize_all(),
    ):
        with pytest.raises(OptionError, match=r"mapped from .*x: change a copy, vectors.to_memory\(\)"):
            change(mapped)
        for copy in (mapped.to_memory(), mapped.copy(), KeyedVectors.load(tmp_path / "x", mmap=False)):
            change(copy)
    copy = mapped.copy()
    (tmp_path / "x").unlink()
    copy.add_vector("x", np.ones(DIM))
    assert list(mapped) == ["a", "b", "c", "d"] and "x" in copy and copy.metadata == {"k": 1}
    with pytest.raises(OptionError, match="must come from a native file"):
        copy.verify()


def test_compressed_vectors_are_changed_as_copies():
    small = toy().compress("int8")
    with pytest.raises(OptionError, match=r"these are int8: change a copy, vectors.to_memory\(\)"):
        small.add_vector("x", np.ones(DIM))
    copy = small.to_memory()
    copy.add_vector("x", np.ones(DIM))
    assert np.array_equal(copy["a"], small["a"]) and isinstance(copy.vectors, np.ndarray)
    part = small.subset(["c"])
    assert np.array_equal(part["c"], small["c"]) and small.drop(["a"])["b"].tolist() == small["b"].tolist()
    changed = toy()
    changed.add_vector("x", np.ones(DIM))
    cut = changed.truncate(2)
    changed["x"] = np.zeros(DIM)
    changed.add_vector("y", np.ones(DIM))
    assert cut["x"].tolist() == [1, 1] and len(cut) == 5 and changed["x"].tolist() == [0] * DIM


def test_no_op_names():
    kv = toy()
    kv.resize_vectors(seed=3)
    norms = kv.norms.tolist()
    kv.fill_norms()
    kv.fill_norms(force=True)
    assert kv.norms.tolist() == norms and len(kv) == 4


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kv = KeyedVectors([], np.empty((0, 3)))
        kv.add_vector("a", np.array([1e30, 1e30, 0], np.float32))  # its square is beyond float32
        kv.add_vector("b", np.zeros(3))
        kv.unit_normalize_all()
        assert kv["b"].tolist() == [0, 0, 0] and kv["a"].tolist() == pytest.approx([0.5**0.5, 0.5**0.5, 0])
