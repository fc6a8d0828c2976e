"""wordvec.fasttext beside the real one: the same answers from the same files, in both directions."""

import math

import numpy as np
import pytest
from reference_classify import TEST, TRAIN

from wordvec import fasttext
from wordvec.base.errors import FormatError, LibraryError, OptionError

QUIET = {"thread": 1, "verbose": 0}
SUPERVISED = {
    "softmax": {},
    "hs": {"loss": "hs"},
    "ova": {"loss": "ova"},
    "ns": {"loss": "ns"},
    "characters": {"minn": 2, "maxn": 4, "bucket": 3000},
    "word n-grams": {"wordNgrams": 3, "bucket": 3000},
}
WORDS = {
    "skipgram": {"minn": 2, "maxn": 4, "bucket": 2000},
    "cbow": {"model": "cbow", "minn": 3, "maxn": 3, "bucket": 500},
    "words only": {"minn": 0, "maxn": 0, "bucket": 0},
    "tree": {"loss": "hs", "bucket": 500},
}
LINES = [*TEST[0][:60], "", "never seen", "sp1é  sp2é\tw1\0w2", "__label__sport w1", "naïve 日本 </s> w3"]
LINES.append("__label__new w2")
NAMES = ["guitar", "violin", "ottawa", "unseen", "naïve", "</s>", "日本語", "a", ""]


@pytest.fixture(scope="module")
def real():
    module = pytest.importorskip("fasttext", reason="fasttext is not installed")
    module.FastText.eprint = lambda *text: None
    return module


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """(train, test) files; one line has two labels, one a label that no other has, one none."""
    folder = tmp_path_factory.mktemp("labelled")
    for name, (texts, labels) in (("train", TRAIN), ("test", TEST)):
        lines = [f"__label__{y} {x}\n" for x, y in zip(texts, labels)]
        lines += ["__label__sport __label__music w1 sp1é mu1é\n", "__label__odd w2\n", "no label\n", "\n"]
        (folder / f"{name}.txt").write_text("".join(lines if name == "train" else lines[:-3]), encoding="utf-8")
    with open(folder / "test.txt", "a", encoding="utf-8") as file:
        file.write("__label__unknown w1\n__label__unknown __label__art ar1é ar2é\nno label\n\n")
    return str(folder / "train.txt"), str(folder / "test.txt")


@pytest.fixture(scope="module", params=SUPERVISED)
def pair(request, real, labelled, tmp_path_factory):
    """(the real model, ours opened from its file)."""
    model = real.train_supervised(labelled[0], dim=10, epoch=3, lr=0.5, **SUPERVISED[request.param], **QUIET)
    path = str(tmp_path_factory.mktemp("models") / "m.bin")
    model.save_model(path)
    return model, fasttext.load_model(path)


@pytest.fixture(scope="module", params=WORDS)
def words(request, real, sample, tmp_path_factory):
    """The same of models of words."""
    model = real.train_unsupervised(str(sample), dim=8, epoch=1, minCount=30, **WORDS[request.param], **QUIET)
    path = str(tmp_path_factory.mktemp("models") / "m.bin")
    model.save_model(path)
    return model, fasttext.load_model(path)


def predicted(model, text, k=1, threshold=0.0):
    """What the real model says of one line; its own `predict` fails beside numpy 2."""
    return model.f.predict(text + "\n", k, threshold, "strict")


def same_predictions(model, ours, atol=2e-6):
    for text in LINES:
        for k, threshold in ((1, 0.0), (3, 0.0), (-1, 0.0), (5, 0.2), (1, 0.999)):
            wanted = predicted(model, text, k, threshold)
            labels, values = ours.predict(text, k=k, threshold=threshold)
            assert isinstance(labels, tuple) and values.dtype == np.float64 and len(labels) == len(wanted)
            np.testing.assert_allclose(values, [value for value, _ in wanted], rtol=0, atol=atol)
            all_of = {label: value for value, label in predicted(model, text, -1)}
            np.testing.assert_allclose(values, [all_of[label] for label in labels], rtol=0, atol=atol)  # but for ties


def test_predictions_are_those_of_fasttext(pair):
    model, ours = pair
    same_predictions(model, ours)
    names, values = ours.predict(LINES, k=2)
    assert isinstance(names, list) and isinstance(names[0], list) and values[0].dtype == np.float32
    for text, labels, own in zip(LINES, names, values):
        one = ours.predict(text, k=2)
        assert tuple(labels) == one[0] and np.allclose(own, one[1], atol=1e-6)
    assert ours.predict([]) == ([], [])


def test_tests_are_those_of_fasttext(pair, labelled):
    model, ours = pair
    for k, threshold in ((1, 0.0), (2, 0.0), (3, 0.3)):
        np.testing.assert_allclose(ours.test(labelled[1], k, threshold), model.test(labelled[1], k, threshold))
    wanted, found = model.test_label(labelled[1]), ours.test_label(labelled[1])
    assert wanted.keys() == found.keys()
    for label, scores in wanted.items():
        assert found[label]["precision"] == pytest.approx(scores["precision"], nan_ok=True), label
    assert found["__label__art"]["recall"] > 0.8 and 0.8 < found["__label__art"]["f1score"] <= 1  # nan and 2 in 0.9.2


def test_meters_are_those_of_fasttext(pair, labelled):
    model, ours = pair
    theirs, own = model.f.getMeter(labelled[1], -1), ours.get_meter(labelled[1])
    for number, label in enumerate(model.get_labels()):
        np.testing.assert_allclose(own.score_vs_true(label), np.array(theirs.scoreVsTrue(number)).T, atol=2e-6)
    for recall in (0.1, 0.5, 0.9, 2):
        assert own.precision_at_recall(recall) == pytest.approx(theirs.precisionAtRecall(recall), abs=1e-9)
        assert own.recall_at_precision(recall) == pytest.approx(theirs.recallAtPrecision(recall), abs=1e-9)
    wanted, found = np.array(theirs.precisionRecallCurve()), np.array(own.precision_recall_curve()).T
    assert abs(len(found) - len(wanted)) <= 3 and found[-1].tolist() == wanted[-1].tolist() == [1, 0]  # but for ties


def same_words(model, ours, atol=1e-7):
    assert ours.get_dimension() == model.get_dimension() and ours.words == model.words
    assert ours.get_words(include_freq=True)[1].tolist() == model.get_words(include_freq=True)[1].tolist()
    assert ours.get_labels() == model.get_labels() and ours.labels == model.labels
    assert ours.get_labels(include_freq=True)[1].tolist() == model.get_labels(include_freq=True)[1].tolist()
    for word in [*NAMES, *model.words[:50]]:
        np.testing.assert_allclose(ours.get_word_vector(word), model.get_word_vector(word), rtol=0, atol=atol)
        np.testing.assert_array_equal(ours[word], ours.get_word_vector(word))
        assert (word in ours) == (word in model) and ours.get_word_id(word) == model.get_word_id(word)
        for own, wanted in zip(ours.get_subwords(word), model.get_subwords(word), strict=True):
            assert list(own) == list(wanted)
        if ours.bucket:
            assert ours.get_subword_id(word) == model.get_subword_id(word)
    for number in (0, 1, len(model.words) - 1):
        np.testing.assert_array_equal(ours.get_input_vector(number), model.get_input_vector(number))


def test_words_of_a_classifier(pair):
    model, ours = pair
    same_words(model, ours)
    for label in ("__label__sport", "__label__none"):
        assert ours.get_label_id(label) == model.get_label_id(label)
    assert ours.get_label_id("sport") == ours.get_label_id("__label__sport") >= 0
    for text in LINES:
        np.testing.assert_allclose(ours.get_sentence_vector(text), model.get_sentence_vector(text), atol=1e-7)
        assert tuple(ours.get_line(text)) == tuple(model.get_line(text))
    assert tuple(ours.get_line(LINES)) == tuple(model.get_line(LINES))
    np.testing.assert_array_equal(ours.get_input_matrix(), model.get_input_matrix())
    np.testing.assert_array_equal(ours.get_output_matrix(), model.get_output_matrix())


def test_words_of_a_model_of_words(words):
    model, ours = words
    same_words(model, ours)
    np.testing.assert_array_equal(ours.get_input_matrix(), model.get_input_matrix())
    np.testing.assert_array_equal(ours.get_output_matrix(), model.get_output_matrix())
    for text in ("the guitar and the violin", "unseen 日本語", "", " \t", "the  </s>\0of"):
        np.testing.assert_allclose(ours.get_sentence_vector(text), model.get_sentence_vector(text), atol=1e-6)
        assert tuple(ours.get_line(text)) == tuple(model.get_line(text))
    for ask, *given in [("get_nearest_neighbors", w, k) for w in NAMES[:5] for k in (1, 9)] + [
        ("get_analogies", "the", "of", "and", 10),
        ("get_analogies", "guitar", "unseen", "the", 3),
    ]:
        wanted, found = getattr(model, ask)(*given), getattr(ours, ask)(*given)
        all_of = {word: score for score, word in getattr(model, ask)(*given[:-1], 10**6)}
        np.testing.assert_allclose([s for s, _ in found], [s for s, _ in wanted], atol=2e-6)
        np.testing.assert_allclose([s for s, _ in found], [all_of[w] for _, w in found], atol=2e-6)  # but for ties
    assert len(ours.get_nearest_neighbors("the", k=10**6)) == len(model.words) - 1
    for question in (lambda: ours.predict("a"), lambda: ours.test("x"), lambda: ours.quantize()):
        with pytest.raises(ValueError, match="supervised"):
            question()


def same_file_and_options(model, ours, folder):
    for name in ("dim", "ws", "epoch", "minn", "maxn", "neg", "wordNgrams", "bucket", "lrUpdateRate", "t", "minCount"):
        assert getattr(ours, name) == getattr(model, name), name
    assert ours.loss.name == str(model.loss).rpartition(".")[2] and int(ours.loss) == int(model.loss)
    model.save_model(str(folder / "a.bin"))
    ours.save_model(folder / "b.bin")
    assert (folder / "a.bin").read_bytes() == (folder / "b.bin").read_bytes()


def test_a_file_of_words_tells_its_options_and_is_written_the_same(words, tmp_path):
    same_file_and_options(*words, tmp_path)


def test_a_file_of_labels_tells_its_options_and_is_written_the_same(pair, tmp_path):
    same_file_and_options(*pair, tmp_path)


@pytest.mark.parametrize("how", [{}, {"cutoff": 300}, {"cutoff": 300, "retrain": True}], ids=str)
def test_what_fasttext_quantized_answers_alike(real, labelled, how, tmp_path):
    model = real.train_supervised(labelled[0], dim=10, epoch=3, lr=0.5, wordNgrams=2, bucket=800, **QUIET)
    model.quantize(labelled[0], qnorm=True, thread=1, verbose=0, **how)
    model.save_model(str(tmp_path / "m.ftz"))
    ours = fasttext.load_model(tmp_path / "m.ftz")
    assert ours.is_quantized() and model.is_quantized()
    same_predictions(model, ours)
    for word in ("w1", "sp1é", "unseen"):
        np.testing.assert_allclose(ours.get_word_vector(word), model.get_word_vector(word), atol=1e-7)
    with pytest.raises(ValueError, match="quantized"):
        ours.get_input_matrix()
    ours.save_model(tmp_path / "again.ftz")
    same_predictions(real.load_model(str(tmp_path / "again.ftz")), ours)


@pytest.mark.parametrize("name", SUPERVISED)
def test_fasttext_answers_from_our_classifiers(real, labelled, name, tmp_path):
    ours = fasttext.train_supervised(labelled[0], dim=10, epoch=5, lr=0.5, **SUPERVISED[name], **QUIET)
    assert ours.test(labelled[1])[1] > 0.9
    ours.save_model(tmp_path / "m.bin")
    same_predictions(real.load_model(str(tmp_path / "m.bin")), ours)
    same_words(real.load_model(str(tmp_path / "m.bin")), ours)
    ours.quantize(labelled[0], cutoff=150, retrain=True, qnorm=True)
    assert ours.is_quantized() and ours.test(labelled[1])[1] > 0.85
    ours.save_model(tmp_path / "m.ftz")
    assert (tmp_path / "m.ftz").stat().st_size < (tmp_path / "m.bin").stat().st_size
    model = real.load_model(str(tmp_path / "m.ftz"))
    small = fasttext.load_model(tmp_path / "m.bin")
    small.quantize(qout=True)
    small.save_model(tmp_path / "q.ftz")
    same_predictions(real.load_model(str(tmp_path / "q.ftz")), small)
    same_predictions(real.load_model(str(tmp_path / "q.ftz")), fasttext.load_model(tmp_path / "q.ftz"))
    assert model.is_quantized() and model.test(labelled[1]) == pytest.approx(ours.test(labelled[1]))
    same_predictions(model, ours)


@pytest.mark.parametrize("name", WORDS)
def test_fasttext_answers_from_our_words(real, sample, name, tmp_path):
    ours = fasttext.train_unsupervised(str(sample), dim=8, epoch=2, minCount=30, t=0.1, **WORDS[name], **QUIET)
    ours.save_model(tmp_path / "m.bin")
    model = real.load_model(str(tmp_path / "m.bin"))
    same_words(model, ours)
    assert "</s>" in ours and ours.get_word_vector("</s>").any()
    again = fasttext.load_model(tmp_path / "m.bin")
    np.testing.assert_array_equal(again.get_input_matrix(), ours.get_input_matrix())
    np.testing.assert_array_equal(again.get_output_matrix(), ours.get_output_matrix())
    assert (again.loss, again.model, again.ws, again.epoch) == (ours.loss, ours.model, 5, 2)
    assert ours.get_output_matrix().any() == (name != "tree")  # of a tree the nodes have no words


def test_reducing_keeps_what_is_near(sample):
    ours = fasttext.train_unsupervised(str(sample), dim=20, epoch=3, minCount=20, bucket=2000, t=0.1, **QUIET)
    before = {word for _, word in ours.get_nearest_neighbors("guitar", 5)}
    assert fasttext.util.reduce_model(ours, 12) is ours and ours.get_dimension() == 12
    assert len(before & {word for _, word in ours.get_nearest_neighbors("guitar", 10)}) >= 3
    ours.set_matrices(ours.get_input_matrix() * 2, ours.get_output_matrix())
    assert {word for _, word in ours.get_nearest_neighbors("guitar", 10)} & before
    with pytest.raises(OptionError, match="target_dim must be"):
        fasttext.util.reduce_model(ours, 13)
    with pytest.raises(OptionError, match="matrices must have"):
        ours.set_matrices(np.zeros((3, 12)), ours.get_output_matrix())


def test_names_that_scripts_use(labelled, tmp_path):
    """Positions, aliases, and where the model class is looked for."""
    ours = fasttext.train_supervised(labelled[0], 0.5, 6, 5, 2, label_prefix="__label__", min_count=2, **QUIET)
    assert (ours.lr, ours.dim, ours.epoch, ours.minCount, ours.loss) == (0.5, 6, 2, 2, fasttext.loss_name.softmax)
    assert isinstance(ours, fasttext.FastText._FastText)
    fasttext.FastText.eprint = lambda *text: None
    ours.save_model(tmp_path / "m.bin")
    assert fasttext.FastText._FastText(model_path=str(tmp_path / "m.bin")).labels == ours.labels
    few = fasttext.train_supervised(input=labelled[0], minCountLabel=2, epoch=1, **QUIET)
    assert "__label__odd" in ours.labels and "__label__odd" not in few.labels
    assert fasttext.tokenize("asdf asdb\n\0 x") == ["asdf", "asdb", "</s>", "x"] and fasttext.tokenize(" ") == []
    assert (fasttext.EOS, fasttext.BOW, fasttext.EOW) == ("</s>", "<", ">")
    assert "supervised" in repr(ours) and len(ours.keyed_vectors()) == len(ours.words)
    with pytest.raises(LibraryError, match="downloads nothing"):
        fasttext.util.download_model("en")


def test_pretrained_vectors_are_where_training_starts(labelled, sample, tmp_path):
    (tmp_path / "p.vec").write_text("3 4\nw1 9 9 9 9\nnowhere 1 2 3 4\nguitar 5 5 5 5\n", encoding="utf-8")
    given = {"pretrainedVectors": str(tmp_path / "p.vec"), "dim": 4, "epoch": 1}
    ours = fasttext.train_supervised(labelled[0], lr=1e-9, **given, **QUIET)
    np.testing.assert_allclose(ours["w1"], [9, 9, 9, 9], atol=1e-4)
    assert ours["nowhere"].tolist() == [1, 2, 3, 4]
    ours = fasttext.train_unsupervised(str(sample), lr=1e-9, bucket=100, t=0.1, **given, **QUIET)
    np.testing.assert_allclose(ours["guitar"], [5, 5, 5, 5], atol=1e-3)
    assert "nowhere" in ours
    with pytest.raises(OptionError, match="vector_size"):
        fasttext.train_supervised(labelled[0], **{**given, "dim": 5}, **QUIET)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"autotuneValidationFile": "x"}, "there is no autotuning"),
        ({"vector_size": 3}, "got 'vector_size': did you mean 'dim'"),
        ({"wordNgram": 3}, "did you mean 'wordNgrams'"),
        ({"loss": "hinge"}, "loss must be one of hs, ns, softmax, ova"),
        ({"dim": "3"}, "dim must be a int"),
        ({"lr": -1.0}, "alpha must be a number > 0"),
        ({"input": ["a b"]}, "must be the path of a file"),
        ({"input": "nowhere.txt"}, "there is no file"),
    ],
)
@pytest.mark.parametrize("supervised", [True, False])
def test_what_is_asked_wrongly(sample, given, said, supervised):
    train = fasttext.train_supervised if supervised else fasttext.train_unsupervised
    with pytest.raises(ValueError, match=said):
        train(**{"input": str(sample), **QUIET, **given})
    if "input" not in given:
        with pytest.raises(ValueError, match=r"input must be given once|must be the path"):
            train(str(sample), input=str(sample), **given) if supervised else train()


def test_questions_that_have_no_answer(labelled, tmp_path):
    ours = fasttext.train_supervised(labelled[0], dim=4, epoch=1, **QUIET)
    for question, said in (
        (lambda: ours.predict("a\nb"), "one line at a time"),
        (lambda: ours.predict(["a", "b\n"]), "one line at a time"),
        (lambda: ours.get_sentence_vector("a\n"), "one line at a time"),
        (lambda: ours.predict(5), "a str or a list of str"),
        (lambda: ours.predict(["a", None]), "a str or a list of str"),
        (lambda: ours.predict("a", k=0), "k must be"),
        (lambda: ours.get_word_vector(b"a"), "a word must be a str"),
        (lambda: ours.get_input_vector(10**9), "must be a number from 0"),
        (lambda: ours.get_subword_id("abc"), "without any"),
        (lambda: ours.quantize(retrain=True), "input must be given"),
        (lambda: ours.save_model(tmp_path / "m.safetensors"), r"name\.bin or name\.ftz"),
        (lambda: fasttext.FastText._FastText().words, "trained or loaded"),
        (lambda: fasttext.train_unsupervised(labelled[0], loss="softmax"), "loss ns or hs"),
        (lambda: fasttext.train_unsupervised(labelled[0], "cbow", model="cbow"), "model must be given once"),
    ):
        with pytest.raises(ValueError, match=said):
            question()
    (tmp_path / "junk.bin").write_bytes(b"junk" * 100)
    with pytest.raises(FormatError, match="must be a model of fastText"):
        fasttext.load_model(tmp_path / "junk.bin")


def test_words_that_are_no_valid_text(file, tmp_path):
    path = file(b"__label__a cut\xc3 x\n__label__b y z\n" * 5)
    ours = fasttext.train_supervised(str(path), dim=4, epoch=1, **QUIET)
    with pytest.raises(ValueError, match="on_unicode_error"):
        ours.get_words()
    assert "cut\ufffd" in ours.get_words(on_unicode_error="replace")
    with pytest.raises(OptionError, match="on_unicode_error must be"):
        ours.get_words(on_unicode_error="nonsense")
    assert math.isnan(ours.test(str(file(b"no label\n")))[1])
