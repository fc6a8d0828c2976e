"""Files of classifiers: the native one, fastText's in both directions, compressed ones, damaged ones."""

import struct
import subprocess
import sys

import numpy as np
import pytest
from reference_classify import KINDS, TEST, TRAIN, small

import wordvec
from wordvec.base.errors import CorpusError, FormatError, OptionError, OutputError
from wordvec.classify import TextClassifier
from wordvec.classify.quantised import QuantisedRows

TEXTS = [*TEST[0][:100], "", "never seen", "mu1é mu2é w1 unseen__label__ naïve", "__label__x w1", "w1  w2\tw3 </s"]


@pytest.fixture(scope="module", params=KINDS)
def classifier(request):
    return small(**KINDS[request.param]).fit(*TRAIN)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / "train.txt"
    path.write_text("".join(f"__label__{y} {x}\n" for x, y in zip(*TRAIN)), encoding="utf-8")
    return path


def same(a, b, atol=0.0):
    np.testing.assert_allclose(a.predict_proba(TEXTS), b.predict_proba(TEXTS), rtol=0, atol=atol)
    assert a.labels == b.labels


@pytest.mark.parametrize("mmap", [True, False])
def test_the_native_file_gives_back_everything(classifier, tmp_path, mmap):
    path = tmp_path / "c.safetensors"
    classifier.save(path)
    opened = TextClassifier.load(path, mmap=mmap)
    same(classifier, opened)
    assert opened.options == TextClassifier(**classifier.options.recorded()).options
    assert opened.metadata == classifier.metadata and opened.words == classifier.words
    assert opened.input.flags.writeable is False
    first = path.read_bytes()
    opened.save(path)
    assert path.read_bytes() == first
    with pytest.raises(FormatError, match=r"wordvec\.classify\.TextClassifier.load"):
        wordvec.load(path)


def test_threads_share_a_mapped_file(tmp_path):
    small(word_ngrams=2, bucket=1000).fit(*TRAIN).save(tmp_path / "c.safetensors")
    opened = TextClassifier.load(tmp_path / "c.safetensors")
    opened.options = TextClassifier(workers=4).options
    many = TEST[0] * 20
    assert opened.predict(many) == opened.predict(many[:300]) * 20


def test_a_cut_or_damaged_file_is_an_error(tmp_path):
    path = tmp_path / "c.safetensors"
    small(word_ngrams=2, bucket=50).fit(["a b", "c d"] * 9, ["x", "y"] * 9).save(path)
    whole = path.read_bytes()
    for size in [0, 7, 100, *range(1000, len(whole) - 1, 3001), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(FormatError):
            TextClassifier.load(path)
    for old, new in [
        (b'"bucket":50', b'"bucket":10'),
        (b'"bucket":50', b'"bucket":-9'),
        (b'"pruned":false', b'"pruned":true '),
        (b'"dim":12', b'"dim":13'),
        (b'"word_ngrams":2', b'"word_ngrams":0'),
        (b'"input"', b'"imput"'),
        (b'"loss":"softmax"', b'"loss":"softmin"'),
        (b'"min_n":0', b'"min_n":9'),
    ]:
        for text in (old, old.replace(b'"', b'\\"')):
            damaged = whole.replace(text, new.replace(b'"', b'\\"') if b"\\" in text else new)
            if damaged != whole:
                path.write_bytes(damaged)
                with pytest.raises(FormatError):
                    TextClassifier.load(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"word_ngrams":2', '"word_ngrams":0'), ('"min_n":2', '"min_n":9'), ('"bucket":50', '"bucket":64')],
)
def test_features_that_the_options_do_not_have(old, new, tmp_path):
    """The kernel takes room by them: with word_ngrams of 0 it would write beyond it."""
    path = tmp_path / "c.safetensors"
    small(word_ngrams=2, bucket=50, min_n=2, max_n=3).fit(["a b", "c d"] * 9, ["x", "y"] * 9).save(path)
    old, new, features = (text.replace('"', '\\"').encode() for text in (old, new, '"features":'))
    head, tail = path.read_bytes().split(features)
    path.write_bytes(head + features + tail.replace(old, new, 1))
    with pytest.raises(FormatError, match="agree with the options"):
        TextClassifier.load(path)


def test_buckets_that_seem_to_rise_as_their_differences_overflow(tmp_path):
    path = tmp_path / "c.safetensors"
    small(word_ngrams=2, bucket=50).fit(["a b", "c d"] * 9, ["x", "y"] * 9).save(path)
    kept = TextClassifier.load(path, mmap=False).features.kept
    wrong = kept.copy()
    wrong[1:] = -(2**31) + np.arange(len(kept) - 1)
    assert len(kept) > 2 and path.read_bytes().count(kept.tobytes()) == 1
    path.write_bytes(path.read_bytes().replace(kept.tobytes(), wrong.tobytes()))
    with pytest.raises(FormatError, match="buckets must rise"):
        TextClassifier.load(path)


def test_other_files_are_told_apart(tmp_path, skipgram):
    skipgram.save(tmp_path / "v.safetensors")
    with pytest.raises(FormatError, match=r"must hold a classifier.*wordvec\.load"):
        TextClassifier.load(tmp_path / "v.safetensors")
    wordvec.formats.save(skipgram, tmp_path / "v.bin", "fasttext")
    with pytest.raises(FormatError, match=r"must be a supervised model.*is a skipgram model"):
        TextClassifier.load(tmp_path / "v.bin")
    (tmp_path / "text").write_text("__label__a b\n")
    with pytest.raises(FormatError, match="must be a native file of wordvec or a supervised model of fastText"):
        TextClassifier.load(tmp_path / "text")
    with pytest.raises(FileNotFoundError):
        TextClassifier.load(tmp_path / "missing")
    with pytest.raises(OutputError):
        small().fit(["a", "b"], ["x", "y"]).save(tmp_path / "no" / "folder.safetensors")


def test_a_written_bin_reads_back_the_same(classifier, tmp_path):
    if classifier.options.byte_ngrams:
        with pytest.raises(OptionError, match="n-grams of bytes has no place"):
            classifier.save(tmp_path / "c.bin")
        return
    classifier.save(tmp_path / "c.bin")
    for mmap in (True, False):
        same(classifier, TextClassifier.load(tmp_path / "c.bin", mmap=mmap), 1e-6)
    whole = (tmp_path / "c.bin").read_bytes()
    sizes = np.linspace(8, len(whole) - 1, 40).astype(int).tolist()
    for size in sizes:
        (tmp_path / "cut.bin").write_bytes(whole[:size])
        with pytest.raises(FormatError):
            TextClassifier.load(tmp_path / "cut.bin")
    (tmp_path / "long.bin").write_bytes(whole + b"x")
    with pytest.raises(FormatError, match="must end after its output matrix"):
        TextClassifier.load(tmp_path / "long.bin")


def test_names_that_have_no_place_in_a_bin(tmp_path):
    with pytest.raises(OptionError, match="labels must have no white space"):
        small().fit(["a", "b"], ["x y", "y"]).save(tmp_path / "c.bin")
    with pytest.raises(OptionError, match="words must have no white space"):
        small().fit(["a\0", "b"], ["x", "y"]).save(tmp_path / "c.bin")


def test_an_older_model_has_no_ngrams_of_characters(tmp_path):
    """Version 11: fastText forgets max_n of supervised models; the bucket stays in the matrix."""
    made = small(min_n=2, max_n=3, bucket=300).fit(*TRAIN)
    made.save(tmp_path / "c.bin")
    whole = bytearray((tmp_path / "c.bin").read_bytes())
    whole[4:8] = struct.pack("<i", 11)
    (tmp_path / "c.bin").write_bytes(whole)
    opened = TextClassifier.load(tmp_path / "c.bin")
    assert opened.options.max_n == 0 and len(opened.input) == len(opened.words)


# ---- fastText itself ----


def theirs(model, texts, k=4):
    """(labels, probabilities) as fastText gives them, less the 1e-5 that it adds before it takes logarithms.

    Not its `predict` of lists, which repeats the first probability of each text; below a threshold of 0, as it drops
    labels of hierarchical softmax below 1e-5 at that.
    """
    found = [model.f.predict(text + "\n", k, -1.0, "strict") for text in texts]
    names = [[label.removeprefix("__label__") for _, label in row] for row in found]
    return names, np.array([[p for p, _ in row] for row in found]) - 1e-5


def table_sigmoid(p):
    """The logistic function of fastText: a table of 512 cells on -8 to 8."""
    z = np.log(p / (1 - p))
    return 1 / (1 + np.exp(-(np.floor((z + 8) * 32) / 32 - 8)))


def check_parity(model, own):
    names, values = theirs(model, TEXTS)
    mine = own.predict(TEXTS, k=4)
    ours = np.array([[value for _, value in row] for row in mine], np.float64)
    if own.options.loss == "ova":
        inside = (ours > 1e-3) & (ours < 1 - 1e-3)
        z = np.log(ours / (1 - ours), where=inside, out=np.zeros_like(ours))
        sharp = np.abs(z * 32 - np.round(z * 32)) > 1e-3  # not where a cell ends
        by_table = table_sigmoid(np.where(inside, ours, 0.5))
        assert np.abs(np.where(inside & sharp, by_table - values, 0)).max() < 1e-5
        assert (inside & sharp).sum() > 50 and np.abs(values - ours).max() < 0.01
        return
    # hierarchical softmax adds 1e-5 at every node, and ours to none
    np.testing.assert_allclose(ours, values, atol=4e-5 if own.options.loss == "hs" else 1e-6)
    clear = ours[:, 0] - ours[:, 1] > 1e-4
    assert clear.sum() > 80
    assert [n[0] for n, yes in zip(names, clear) if yes] == [row[0][0] for row, yes in zip(mine, clear) if yes]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"loss": "hs"},
        {"loss": "ova"},
        {"loss": "ns"},
        {"minn": 2, "maxn": 4},
        {"wordNgrams": 3, "minCount": 3},
        {"minn": 1, "maxn": 3, "wordNgrams": 2, "dim": 7},
    ],
    ids=str,
)
def test_models_of_fasttext_predict_the_same_here(how, labelled, tmp_path):
    fasttext = pytest.importorskip("fasttext")
    how = {"dim": 12, "epoch": 8, "lr": 0.5, "bucket": 3000, "thread": 1, "verbose": 0, **how}
    model = fasttext.train_supervised(str(labelled), **how)
    model.save_model(str(tmp_path / "m.bin"))
    check_parity(model, TextClassifier.load(tmp_path / "m.bin"))
    hashed = how.get("maxn") or how.get("wordNgrams")
    for qout, cutoff in ((False, 0), (False, 400)) if hashed else ((False, 0), (False, 300)):
        model = fasttext.load_model(str(tmp_path / "m.bin"))
        model.quantize(str(labelled), qnorm=cutoff > 0, qout=qout, cutoff=cutoff)
        model.save_model(str(tmp_path / "m.ftz"))
        opened = TextClassifier.load(tmp_path / "m.ftz")
        check_parity(model, opened)
        opened.save(tmp_path / "m.safetensors")
        same(opened, TextClassifier.load(tmp_path / "m.safetensors"))


def test_the_fasttext_program_answers_from_our_bin(classifier, tmp_path):
    fasttext = pytest.importorskip("fasttext")
    if classifier.options.byte_ngrams:
        pytest.skip("fastText has no n-grams of bytes")
    classifier.save(tmp_path / "c.bin")
    check_parity(fasttext.load_model(str(tmp_path / "c.bin")), classifier)


# ---- compression ----


def test_quantised_rows_are_near_and_their_lengths_exact_where_there_are_few():
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((600, 7)).astype(np.float32)
    rows *= rng.choice([1, 2, 5], 600)[:, None] / np.linalg.norm(rows, axis=1, keepdims=True)
    rows[9] = 0
    coded = QuantisedRows.encode(rows, 2, 1)
    assert coded.codes.shape == (600, 4) and coded.shape == (600, 7)
    assert np.linalg.norm(coded[:] - rows, axis=1).max() < 0.5 and not coded[[9]].any()
    lengths = coded.norm_book[coded.norm_codes]
    np.testing.assert_allclose(lengths, np.linalg.norm(rows, axis=1), rtol=1e-5)
    few = QuantisedRows.encode(rows[:5], 7, 1)
    np.testing.assert_allclose(few[:], rows[:5], atol=1e-6)  # a centroid for each
    assert np.array_equal(QuantisedRows.encode(rows, 2, 1).codes, coded.codes)


def test_compression_keeps_most_of_the_accuracy(classifier, tmp_path):
    whole = classifier.test(*TEST).accuracy
    coded = classifier.compress()
    assert coded.input.shape == classifier.input.shape and coded.test(*TEST).accuracy > whole - 0.02
    pruned = classifier.compress(cutoff=150)
    assert len(pruned.input) == 150 and len(pruned.words) < 150 + 1
    again = classifier.compress(*TRAIN, cutoff=150, epochs=3)
    assert again.test(*TEST).accuracy >= pruned.test(*TEST).accuracy - 0.02 and again.test(*TEST).accuracy > 0.85
    assert again.metadata["compression"]["retrain"] and len(again.metadata["compression"]["loss"]) == 3
    for made in (coded, pruned, again):
        made.save(tmp_path / "small.safetensors")
        same(made, TextClassifier.load(tmp_path / "small.safetensors"))
    if pruned.words:
        assert pruned.words[0] == "</s>"
    with pytest.raises(OptionError, match="this one is"):
        coded.compress()
    with pytest.raises(OptionError, match=r"has no place in a \.bin"):
        pruned.save(tmp_path / "small.bin")


def test_a_quantised_model_with_all_rows_may_be_a_dense_bin(tmp_path):
    coded = small(word_ngrams=2, bucket=500).fit(*TRAIN).compress()
    coded.save(tmp_path / "c.bin")
    same(coded, TextClassifier.load(tmp_path / "c.bin"), 1e-6)


def test_pruning_keeps_the_longest_rows():
    made = small(word_ngrams=2, bucket=500).fit(*TRAIN)
    kept = made.compress(cutoff=40, dsub=1)
    lengths = np.linalg.norm(made.input, axis=1)
    lengths[0] = np.inf
    rows = np.sort(np.argsort(-lengths, kind="stable")[:40])
    words = rows[rows < len(made.words)]
    assert list(kept.words) == [made.words[int(row)] for row in words]
    assert np.array_equal(kept.features.kept, made.features.kept[rows[len(words) :] - len(made.words)])


def test_what_compression_refuses(classifier):
    with pytest.raises(OptionError, match="cutoff must be an integer >= 1"):
        classifier.compress(cutoff=0)
    with pytest.raises(OptionError, match="dsub must be an integer >= 1"):
        classifier.compress(dsub=0)
    with pytest.raises(OptionError, match="give the corpus"):
        classifier.compress(epochs=3)
    with pytest.raises(CorpusError, match="must be one of the 4 of the classifier; the corpus has 'new'"):
        classifier.compress(["a", "b"], ["sport", "new"])
    with pytest.raises(OptionError, match="must be fitted"):
        small().compress()


def test_a_mapped_file_is_opened_and_asked_without_the_trainers(tmp_path):
    small().fit(*TRAIN).save(tmp_path / "c.safetensors")
    code = (
        "import sys; from wordvec.classify import TextClassifier; c = TextClassifier.load(sys.argv[1]);"
        "c.predict('mu1é'); print([m for m in ('scipy', 'numba', 'tqdm', 'smart_open') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "c.safetensors"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_many_labels_of_a_tree_in_small_batches(monkeypatch):
    texts, labels = [f"w{n % 60} w{n % 7}" for n in range(1800)], [str(n % 60) for n in range(1800)]
    made = small(loss="hs", epochs=40, alpha=0.3, vector_size=32).fit(texts, labels)
    whole = made.predict_proba(texts[:100])
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-4)
    monkeypatch.setattr("wordvec.classify.model._SCORES", 1000)
    np.testing.assert_allclose(made.predict_proba(texts[:100]), whole, atol=1e-6)
    assert made.test(texts, labels).accuracy > 0.9


@pytest.mark.parametrize("dsub", [1, 5, 7, 11, 12, 40])
def test_parts_of_any_width_are_read_again(dsub, tmp_path):
    """Also where the last part of a row is narrower than the others."""
    made = small().fit(*TRAIN).compress(dsub=dsub)
    for name in ("c.safetensors", "c.ftz"):
        made.save(tmp_path / name)
        same(made, TextClassifier.load(tmp_path / name), 1e-6)
