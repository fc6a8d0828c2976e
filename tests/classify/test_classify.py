"""Text classifiers: they learn, repeat, are tested, and refuse what is no text or no label."""

import gzip

import numpy as np
import pytest
from reference_classify import KINDS, TEST, TRAIN, small

from wordvec.base.errors import CorpusError, OptionError, TrainingError
from wordvec.classify import TextClassifier


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """The training texts as a file, every label before, between or after the words."""
    path = tmp_path_factory.mktemp("lines") / "train.txt"
    written = []
    for number, (text, label) in enumerate(zip(*TRAIN)):
        words = text.split(" ")
        words.insert((0, len(words), 3)[number % 3], f"__label__{label}")
        written.append(" ".join(words) + "\n")
    path.write_text("".join(written), encoding="utf-8")
    return path


def test_it_learns_what_labels_mean(kind):
    classifier = small(**kind).fit(*TRAIN)
    losses = classifier.metadata["loss"]
    assert losses[-1] < losses[0] / 3
    result = classifier.test(*TEST)
    assert result.accuracy > 0.97 and result.texts == 300 and result.unknown == []
    assert classifier.labels == ["sport", "music", "politics", "art"]  # by falling count
    values = classifier.predict_proba(TEST[0])
    assert values.shape == (300, 4) and values.dtype == np.float32
    if kind.get("loss") != "ova":
        np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-5)


def test_one_worker_repeats_bit_for_bit_and_two_do_as_well(kind):
    first, second = (small(**kind).fit(*TRAIN) for _ in range(2))
    assert np.array_equal(first.input, second.input) and np.array_equal(first.output, second.output)
    other = small(**kind, seed=2).fit(*TRAIN)
    assert not np.array_equal(first.input, other.input)
    assert small(**{**kind, "workers": 2}).fit(*TRAIN).test(*TEST).accuracy > 0.97


def test_files_and_texts_give_the_same(lines, tmp_path):
    from_texts = small().fit(*TRAIN)
    packed = tmp_path / "train.txt.gz"
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    for source in (lines, str(lines), [str(lines)], packed):
        from_file = small().fit(source)
        assert from_file.words == from_texts.words and from_file.labels == from_texts.labels
        assert np.array_equal(from_file.input, from_texts.input)
    assert from_texts.test(lines).to_dict() == from_texts.test(*TRAIN).to_dict()


def test_bytes_of_a_file_are_those_after_the_labels(file):
    path = file(b"__label__a  __label__b\tx y\n__label__c z __label__a\n\n__label__b x y\n")
    how = {"byte_ngrams": "1,3", "bucket": 300, "min_count": 1}
    texts, labels = ["x y", "z __label__a", "x y"], [["a", "b"], ["c", "a"], "b"]
    assert np.array_equal(small(**how).fit(path).input, small(**how).fit(texts, labels).input)


def test_only_rows_that_occur_take_memory():
    classifier = small(word_ngrams=2, bucket=2_000_000).fit(["a b c", "b c d", "a b"], ["x", "y", "x"])
    assert len(classifier.words) == 5  # with </s>
    # a b, b c, c </s>, c d, d </s>, b </s>, and a row of zeros for what did not occur
    assert classifier.input.shape == (5 + 6 + 1, 12)
    assert not classifier.input[-1].any()
    assert not np.array_equal(classifier.transform(["d a"]), classifier.transform(["d c a b"]))


def test_rare_words_have_no_row_but_are_part_of_word_ngrams():
    texts = ["a a b", "a a c"] * 3 + ["rare a"]
    classifier = small(min_count=2, word_ngrams=2, bucket=1000).fit(texts, ["x", "y"] * 3 + ["x"])
    assert "rare" not in classifier.words and "a" in classifier.words
    assert not np.array_equal(classifier.transform(["rare a"]), classifier.transform(["other a"]))


def test_a_text_may_have_several_labels():
    texts = ["red", "blue", "red blue", "green"] * 60
    labels = [["r"], ["b"], ["r", "b", "r"], []] * 60
    classifier = small(loss="ova", epochs=30).fit(texts, labels)
    assert classifier.metadata["corpus"] == {"texts": 180, "unlabelled": 60, "units": 180 + 240}
    found = classifier.predict("blue red", k=2, threshold=0.5)
    assert sorted(name for name, _ in found) == ["b", "r"]
    assert [name for name, _ in classifier.predict("red", k=5, threshold=0.5)] == ["r"]
    result = classifier.test(texts, labels, k=2, threshold=0.5)
    assert result.precision == result.recall == result.accuracy == 1
    assert (result.texts, result.unlabelled) == (180, 60)


def test_predictions_are_the_best_in_order():
    classifier = small().fit(*TRAIN)
    names, values = classifier.labels, classifier.predict_proba(TEST[0][:50])
    for k in (1, 2, 4, 9):
        for own, row in zip(classifier.predict(TEST[0][:50], k=k), values):
            order = np.argsort(-row)[:k]
            assert [name for name, _ in own] == [names[i] for i in order]
            assert [value for _, value in own] == row[order].tolist()
    text = TEST[0][0]
    assert classifier.predict(text) == classifier.predict([text])[0]
    np.testing.assert_allclose(classifier.predict_proba(text), values[0], atol=1e-6)  # BLAS sums by the shape
    assert classifier.predict(text, threshold=1.1) == []
    many = TEST[0] * 5  # more than a batch
    assert classifier.predict(many) == classifier.predict(TEST[0]) * 5
    assert classifier.predict(iter(many)) == classifier.predict(many)


def test_the_best_of_many_labels():
    texts, labels = [f"w{n % 40}" for n in range(800)], [str(n % 40) for n in range(800)]
    classifier = small(epochs=40, alpha=1.0, vector_size=32).fit(texts, labels)
    values = classifier.predict_proba(texts[:40])
    for own, row in zip(classifier.predict(texts[:40], k=3), values):
        assert [value for _, value in own] == sorted(row.tolist(), reverse=True)[:3]
    assert classifier.test(texts, labels).accuracy > 0.95


def test_scores_by_hand():
    classifier = small(epochs=30).fit(["red", "blue"] * 50, ["r", "b"] * 50)
    result = classifier.test(["red", "red", "blue", "blue", "red"], ["r", "r", "b", "r", "new"])
    assert (result.texts, result.accuracy, result.precision, result.recall) == (5, 0.6, 0.6, 0.6)
    r, b, new = (result.labels[name] for name in ("r", "b", "new"))
    assert (r.precision, r.recall, r.f1, r.texts) == (2 / 3, 2 / 3, 2 / 3, 3)
    assert (b.precision, b.recall, b.f1, b.texts) == (1 / 2, 1, 2 / 3, 1)
    assert (new.precision, new.recall, new.f1, new.texts) == (None, 0, 0, 1)
    assert result.unknown == ["new"]
    nothing = classifier.test(["red"], [[]])
    assert (nothing.texts, nothing.unlabelled, nothing.accuracy, nothing.recall) == (0, 1, None, None)


def test_a_text_of_which_nothing_is_known_is_as_an_empty_one():
    classifier = small().fit(*TRAIN)
    values = classifier.predict_proba(["", "never seen", " \t", "__label__sport"])
    assert (values == values[0]).all()
    of_bytes = small(byte_ngrams="4", bucket=100).fit(["abcd", "efgh"], ["x", "y"])
    assert not of_bytes.transform(["", "abc"]).any()  # shorter than any n-gram
    np.testing.assert_allclose(of_bytes.predict_proba(""), [0.5, 0.5])


def test_lines_of_any_length_and_a_word_that_is_the_end_of_lines(file):
    long = b"a " * 25_000
    path = file(b"__label__x " + long + b"__label__y\n__label__y b </s> c\n__label__x\n")
    classifier = small().fit(path)
    assert classifier.metadata["corpus"] == {"texts": 3, "unlabelled": 0, "units": 25_001 + 4 + 1}
    assert list(classifier.words) == ["</s>", "a", "b", "c"]
    assert classifier.predict_proba([long.decode(), ""]).shape == (2, 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"min_n": 3, "max_n": 2}, "min_n must be at most max_n; got 3 and 2"),
        ({"max_n": 3, "bucket": 0}, "bucket must be at least 1"),
        ({"word_ngrams": 2, "bucket": 0}, "bucket must be at least 1"),
        ({"word_ngrams": 0}, "word_ngrams must be an integer >= 1"),
        ({"byte_ngrams": "2,x"}, "byte_ngrams must be numbers from 1"),
        ({"byte_ngrams": "0"}, "byte_ngrams must be numbers from 1"),
        ({"byte_ngrams": "2", "max_n": 3}, "byte_ngrams must be given alone"),
        ({"byte_ngrams": "2", "min_count": 2}, "byte_ngrams must be given alone"),
        ({"label_prefix": ""}, "label_prefix must be one token"),
        ({"label_prefix": "a b"}, "label_prefix must be one token"),
        ({"loss": "hinge"}, "loss must be one of softmax, ova, hs"),
        ({"dim": 10}, "an option must be one of vector_size"),
    ],
)
def test_options_that_do_not_fit(options, said):
    with pytest.raises(OptionError, match=said):
        TextClassifier(**options)


def test_bucket_may_be_0_where_nothing_is_hashed():
    assert small(bucket=0).fit(*TRAIN).test(*TEST).accuracy > 0.97


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (["a", "b"], ["x", "x"], "two labels at least.*all have 'x'"),
        (["a", "b"], [[], []], "none has a label"),
        ([], [], "no tokens"),
        (["", " "], ["x", "x"], "two labels at least"),
        (["a", 5], ["x", "y"], "text 1 is a int"),
        ([b"a", "b"], ["x", "y"], "text 0 is a bytes"),
        (["a", "b"], ["x"], "labels must be as many as texts; there are 1, and more texts"),
        (["a"], ["x", "y"], "labels must be as many as texts; there are 1 texts, and more labels"),
        (["a", "b"], ["x", None], "a label must be a str or a number; text 1 has None"),
        ("a b", ["x", "y"], "texts must be a list"),
        (["a", "b"], "xy", "labels must be a list"),
        (["a \ud800", "b"], ["x", "y"], "half of a surrogate pair"),
    ],
)
@pytest.mark.parametrize("how", [{}, {"byte_ngrams": "2", "bucket": 10}], ids=["words", "bytes"])
def test_texts_and_labels_that_are_none(texts, labels, said, how):
    said = said.replace("no tokens", "no texts") if how else said
    with pytest.raises((CorpusError, OptionError), match=said):
        small(**how).fit(texts, labels)


@pytest.mark.parametrize("how", [{}, {"byte_ngrams": "2", "bucket": 10}], ids=["words", "bytes"])
def test_files_that_teach_nothing(file, how):
    with pytest.raises(CorpusError, match=r"no tokens|no texts"):
        small(**how).fit(file(b""))
    with pytest.raises(CorpusError, match=r"two labels at least.*of 0 labelled and 2 other lines none has a label"):
        small(**how).fit(file(b"a b\nc\n"))
    with pytest.raises(CorpusError, match="of 1 labelled and 1 other lines all have 'x'"):
        small(**how).fit(file(b"__label__x b\nc\n"))
    with pytest.raises(CorpusError, match="there is no file"):
        small(**how).fit("missing.txt")
    with pytest.raises(CorpusError, match="labels="):
        small(**how).fit([["a", "b"]])
    with pytest.raises(CorpusError, match="labels="):
        small(**how).fit(["a b", "c d"])


def test_bytes_of_texts_that_are_too_short_teach_nothing():
    with pytest.raises(CorpusError, match="something to learn from"):
        small(byte_ngrams="9", bucket=10).fit(["", ""], ["x", "y"])


def test_what_is_asked_of_it_wrongly():
    with pytest.raises(OptionError, match="must be fitted or loaded"):
        small().predict("a")
    classifier = small().fit(["a", "b"], ["x", "y"])
    for wrong in (5, b"a", None):
        with pytest.raises(OptionError, match="texts must be a list of str"):
            classifier.predict(wrong)
    with pytest.raises(OptionError, match="text 1 is a int"):
        classifier.predict(["a", 7])
    for k in (0, -1, 1.5, True):
        with pytest.raises(OptionError, match="k must be an integer >= 1"):
            classifier.predict("a", k=k)
    with pytest.raises(OptionError, match="threshold must be a number"):
        classifier.predict("a", threshold="x")
    assert classifier.predict([]) == [] and classifier.predict_proba([]).shape == (0, 2)


def test_a_learning_rate_that_is_far_too_high_is_an_error():
    with pytest.raises(TrainingError, match="use a smaller alpha"), np.errstate(all="ignore"):
        small(alpha=1e30).fit(*TRAIN)
