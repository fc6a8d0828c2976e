"""What a classifier takes for texts, labels, names and weights, and what it refuses."""

import csv
from importlib.util import find_spec

import numpy as np
import pytest
from reference_classify import TEST, TRAIN, small
from scipy.sparse import csr_matrix

from wordvec.base.errors import CorpusError, OptionError
from wordvec.classify import TextClassifier
from wordvec.classify.lines import unlabelled
from wordvec.vectors import KeyedVectors

ROWS = [{"text": "the cat", "label": "a"}, {"text": "a dog", "label": "b"}]
TEXTS, LABELS = ["the cat", "a dog"] * 9, ["x", "y"] * 9
how_many = pytest.mark.parametrize("how", [{}, {"byte_ngrams": "2", "bucket": 99}], ids=["words", "bytes"])


@how_many
@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (ROWS, r"text 0 is a dict.*give one field of each row, as \[row\['text'\] for row in rows\]"),
        ({"text": ["a"], "label": ["b"]}, r"got a dict: give list\(texts\.values\(\)\)"),
        ({"the cat", "a dog"}, "got a set, whose order changes from run to run"),
        (frozenset(TEXTS), "got a frozenset"),
        (dict.fromkeys(TEXTS).keys(), "whose order changes from run to run"),
        (np.array("abc"), "got an array of 0 dimensions"),
        (np.array([TEXTS]), "got an array of 2 dimensions"),
        (bytearray(b"abc"), "got one bytearray"),
        (memoryview(b"abc"), "got one memoryview"),
        (5, "got a int"),
        (None, "got a NoneType"),
        (str, "got a type"),
        (["the cat", None], "text 1 is a NoneType.*a text is missing; leave out such rows"),
        (["the cat", float("nan")], "text 1 is a float.*a text is missing"),
        (["the cat", b"a dog"], r"text 1 is a bytes.*decode it"),
        (["the cat", bytearray(b"a dog")], "text 1 is a bytearray.*decode it"),
        (["the cat", ["a", "dog"]], "text 1 is a list.*join its tokens"),
        (np.array([b"the cat", b"a dog"]), "text 0 is a bytes_.*decode it"),
    ],
)
def test_what_is_no_list_of_texts(texts, said, how):
    """To learn from and to predict: nothing is taken for letters, numbers or keys."""
    with pytest.raises((CorpusError, OptionError), match=said):
        small(**how).fit(texts, ["x", "y"])
    known = small(**how).fit(TEXTS, LABELS)
    with pytest.raises(OptionError, match=said):
        known.predict(texts)


@pytest.mark.parametrize("what", ["texts", "labels"])
def test_rows_of_a_csv_reader_are_no_texts(what, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\nthe cat,a\na dog,b\n")
    with open(path, newline="") as file:
        given = {"texts": ["the cat", "a dog"], "labels": ["x", "y"], what: csv.DictReader(file)}
        with pytest.raises((CorpusError, OptionError), match="give one field of each row"):
            small().fit(given["texts"], given["labels"])


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (ROWS, r"text 0 has .*give one field of each row, as \[row\['label'\]"),
        ({"x": 1}, "labels must be a list.*got a dict"),
        ({"x", "y"}, "labels must be a list.*whose order changes"),
        (np.array("xy"), "of 0 dimensions"),
        (bytearray(b"xy"), "labels must be a list"),
        (["x", float("nan")], "a label is missing"),
        (["x", [None]], "a label is missing"),
        (["x", b"y"], "text 1 has b'y': decode it"),
        (["x", True], "text 1 has True"),
        ([[1, 0, 0], [0, 1, 1]], "a table of 0 and 1 with 3 columns: give label_names"),
        ([[1, 0], [0, 1]], "a table of 0 and 1 with 2 columns"),
        (np.array([[1, 0], [0, 1]]), "a table of 0 and 1"),
        (np.array([[True, False], [False, True]]), "a table of 0 and 1"),
        (np.array([[1.0, 0.0], [0.0, 1.0]]), "a table of 0 and 1"),
    ],
)
def test_what_is_no_list_of_labels(labels, said):
    with pytest.raises((CorpusError, OptionError), match=said):
        small().fit(["the cat", "a dog"], labels)


def test_a_table_of_labels_with_names():
    """It teaches what the same labels as lists do; columns of a data frame have names."""
    table = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]] * 6)
    lists = [["a"], ["b", "c"], []] * 6
    texts = ["the cat", "a dog", "none"] * 6
    wanted = small(loss="ova").fit(texts, lists)
    names = ["a", "b", "c"]
    given = [(table, names), (table.tolist(), ["__label__a", "b", "c"]), (table.astype(bool), names)]
    given.append((csr_matrix(table), names))
    with pytest.raises(CorpusError, match="a table of 0 and 1 with 3 columns"):
        small().fit(texts, csr_matrix(table))
    if find_spec("pandas"):
        import pandas

        given.append((pandas.DataFrame(table, columns=names), None))
    for labels, names in given:
        made = small(loss="ova").fit(texts, labels, label_names=names)
        assert np.array_equal(made.output, wanted.output) and made.labels == wanted.labels
        assert made.test(texts, labels, label_names=names).to_dict() == wanted.test(texts, lists).to_dict()
    wrong = (["a", "b"], "a row of 2 numbers 0 or 1"), (["a", "b", "b"], "distinct"), ("abc", "list of str")
    for names, said in wrong:
        with pytest.raises(CorpusError, match=said):
            small().fit(texts, table, label_names=names)
    with pytest.raises(CorpusError, match="a row of 3 numbers 0 or 1"):
        small().fit(texts, table * 2, label_names=["a", "b", "c"])
    assert small().fit(["a", "b"] * 5, [[1], [0]] * 5).labels == ["0", "1"]  # one label each


def test_columns_of_tables_are_texts():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pandas.DataFrame({"text": TEXTS, "label": LABELS})
    wanted = small().fit(TEXTS, LABELS)
    made = small().fit(table["text"], table["label"])
    assert np.array_equal(made.input, wanted.input)
    assert made.predict(table["text"]) == made.predict(TEXTS) == made.predict(np.array(TEXTS))
    with pytest.raises(CorpusError, match=r"got a table .DataFrame.*give one column"):
        small().fit(table, table["label"])
    with pytest.raises(OptionError, match=r"text 1 is a .*a text is missing"):
        made.predict(pandas.Series(["the cat", None]))
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    assert np.array_equal(small().fit(arrow.array(TEXTS), arrow.array(LABELS)).input, wanted.input)


def test_sets_of_labels_for_each_text_come_in_one_order():
    made = [small(loss="ova").fit(TEXTS, [kind(["b", "a", "c"]), "d"] * 9) for kind in (set, frozenset, sorted)]
    assert all(np.array_equal(made[0].output, other.output) for other in made)


@how_many
def test_labels_with_and_without_their_prefix_are_the_same(how, file):
    given = [f"__label__{label}" for label in LABELS]
    with_prefix, without = small(**how).fit(TEXTS, given), small(**how).fit(TEXTS, LABELS)
    assert with_prefix.labels == without.labels == ["x", "y"]
    assert np.array_equal(with_prefix.output, without.output)
    assert with_prefix.test(TEXTS, LABELS).to_dict() == without.test(TEXTS, given).to_dict()
    assert without.test(TEXTS, given).accuracy == 1 and without.test(TEXTS, given).unknown == []


def test_bytes_of_a_line_have_no_labels_wherever_they_stand(file):
    """A label at the end of a line is no part of its text: else what is to be told would be read there."""
    ends = [f"{text} __label__{label}\n" for text, label in zip(*TRAIN)]
    starts = [f"__label__{label} {text}\n" for text, label in zip(*TRAIN)]
    how = {"byte_ngrams": "3", "bucket": 5000}
    at_the_end = small(**how).fit(file("".join(ends).encode()))
    at_the_start = small(**how).fit(file("".join(starts).encode()))
    assert np.array_equal(at_the_end.input, at_the_start.input)
    result = at_the_end.test(file("".join(f"{x} __label__{y}\n" for x, y in zip(*TEST)).encode()))
    assert result.to_dict() == at_the_end.test(*TEST).to_dict() and result.accuracy > 0.9
    marked = [f"{text} __label__art" for text in TEST[0]]
    assert at_the_end.predict(marked) == at_the_end.predict(TEST[0])
    assert unlabelled(" __label__a __label__b x  y __label__c\tz__label__d", "__label__") == "x  y\tz__label__d"


def test_rare_labels_are_left_out(file):
    for source in ((["a b", "c d", "e f", "a b"], ["x", "y", ["z", "x"], "w"]),):
        for how in ({}, {"byte_ngrams": "2", "bucket": 50}):
            texts, labels = source[0] * 3, source[1] * 3
            labels[-1] = "rare"
            made = small(min_count_label=3, **how).fit(texts, labels)
            assert made.labels == ["x", "y", "z"] and made.metadata["corpus"]["unlabelled"] == 3
            with pytest.raises(CorpusError, match="none has a label that 9 lines have"):
                small(min_count_label=9, **how).fit(texts, labels)


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs"])
def test_a_weight_of_two_is_a_step_twice_as_long(loss):
    """And a weight of 0 is as if the text were not there, but for its words."""
    how = {"loss": loss, "epochs": 1, "min_alpha": 0.5}
    texts, labels = ["a b", "c d"], ["x", "y"]
    start = small(**{**how, "alpha": 1e-12, "min_alpha": 1e-12}).fit(texts, labels)
    once = small(**how).fit(texts, labels, sample_weight=[1, 0])
    twice = small(**how).fit(texts, labels, sample_weight=np.array([2.0, 0.0]))
    step, double = once.output - start.output, twice.output - start.output
    assert np.abs(step).max() > 1e-4
    if loss != "hs":
        np.testing.assert_allclose(double, 2 * step, rtol=1e-4, atol=1e-7)
    same = small(**how).fit(texts, labels, sample_weight=[1, 1])
    assert np.array_equal(same.input, small(**how).fit(texts, labels).input)


def test_balanced_classes_find_what_is_rare():
    texts, labels = ["w a", "w b", "w b", "w b", "w b", "w b", "w b", "w b"] * 10, ["x", *["y"] * 7] * 10
    plain, balanced = (small(epochs=2, alpha=0.2).fit(texts, labels, class_weight=w) for w in (None, "balanced"))
    rare = [made.predict_proba("w")[made.labels.index("x")] for made in (plain, balanced)]
    assert rare[1] > rare[0] + 0.1
    explicit = small(epochs=2, alpha=0.2).fit(texts, labels, class_weight={"__label__x": 4, "y": 4 / 7})
    np.testing.assert_allclose(explicit.input, balanced.input, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"sample_weight": [1]}, CorpusError, "as many as texts"),
        ({"sample_weight": [1] * 19}, CorpusError, "as many as texts"),
        ({"sample_weight": [-1] * 18}, OptionError, "at least 0"),
        ({"sample_weight": ["1"] * 18}, OptionError, "at least 0"),
        ({"class_weight": "equal"}, OptionError, "'balanced' or a dict"),
        ({"class_weight": {"z": 1}}, OptionError, "none has 'z'"),
        ({"class_weights": {"x": 1}}, OptionError, "got 'class_weights': did you mean 'class_weight'"),
        ({"epoch": 3}, OptionError, "an argument of fit must be one of"),
        ({"init": "x.vec"}, OptionError, "init must be KeyedVectors"),
        ({"init": KeyedVectors(["Cat"], np.ones((1, 12)))}, OptionError, "init must have words of the texts"),
        ({"init": KeyedVectors(["cat"], np.ones((1, 3)))}, OptionError, "init must have vectors of vector_size 12"),
    ],
)
def test_arguments_of_fit_that_cannot_be(given, error, said):
    with pytest.raises(error, match=said):
        small().fit(TEXTS, LABELS, **given)


def test_names_that_there_are_not_are_refused(file):
    for name, meant in (("lr", "alpha"), ("epoch", "epochs"), ("wordNgrams", "word_ngrams"), ("min_cnt", "min_count")):
        with pytest.raises(OptionError, match=f"got '{name}': did you mean '{meant}'"):
            TextClassifier(**{name: 1})
    with pytest.raises(OptionError, match="an argument of compress must be one of"):
        small().fit(TEXTS, LABELS).compress(qnorm=True)
    with pytest.raises(OptionError, match="go with texts and their labels"):
        small().fit(file(b"__label__x a\n__label__y b\n"), sample_weight=[1, 2])
