"""What training says: the log, warnings where little or nothing was learned, callbacks, starting points, bars."""

import json
import logging
import warnings

import numpy as np
import pytest

import wordvec
from wordvec import PVDBOW, Sent2Vec
from wordvec.classify import TextClassifier
from wordvec.cli import main
from wordvec.trainers import TRAINERS, TextTrainer, WordTrainer

PETS = [["cat", "dog", "mouse"]] * 10
TEXT = [[f"{'ab'[i % 2]}{j}" for j in np.random.default_rng(i).integers(0, 20, 12)] for i in range(200)]
OF_TEXT = [name for name, kind in TRAINERS.items() if issubclass(kind, TextTrainer)]
SMALL = {"vector_size": 16, "min_count": 1, "workers": 1}


@pytest.fixture
def lines(caplog):
    """What the log was told."""
    caplog.set_level(logging.INFO, "wordvec")
    return lambda: [record.getMessage() for record in caplog.records]


def small(name):
    return SMALL | ({"epochs": 2} if TRAINERS[name].iterative else {})


# the log


@pytest.mark.parametrize("name", OF_TEXT)
def test_every_trainer_ends_with_one_line_of_what_was_used(name, lines):
    trained = TRAINERS[name](**small(name)).fit(TEXT)
    *before, last = lines()
    assert last.startswith(f"{name}: 2,400 of 2,400 tokens kept (min_count 1)")
    stats = getattr(trained, "words", trained).metadata["corpus"]
    sampled = "sampled" in stats
    assert (f"about {stats['sampled']:,} an epoch after subsampling" in last) if sampled else "subsampling" not in last
    assert all(line.startswith("epoch ") for line in before)
    assert len(before) == (2 if TRAINERS[name].iterative else 0)


def test_an_epoch_is_one_line_with_loss_alpha_and_speed(lines):
    loss = wordvec.SkipGram(**SMALL, epochs=3).fit(TEXT).metadata["loss"]
    first, _, third, _ = lines()
    assert first.startswith(f"epoch 1/3: loss {loss[0]:.4f}, alpha 0.0") and first.endswith(" words/s")
    assert third.startswith(f"epoch 3/3: loss {loss[2]:.4f}")


def test_other_things_that_learn_say_it_too(lines):
    texts = [" ".join(words) for words in TEXT]
    for model in (PVDBOW, Sent2Vec):
        model(**SMALL).fit(texts)
        assert lines()[-1].startswith(f"{model.name}: 2,400 of 2,400 tokens kept")
    wordvec.count(TEXT, min_count=1)
    assert lines()[-1].startswith("count: 2,400 of 2,400 tokens kept")
    TextClassifier(vector_size=4, workers=1).fit(texts, ["a", "b"] * 100)
    assert lines()[-1].startswith("classifier: 200 texts")
    wordvec.align.train_compass({"old": TEXT[:100], "new": TEXT[100:]}, **SMALL)
    assert lines()[-1].startswith("compass: old ")


def test_bytes_cuts_and_nul_are_counted(lines, file):
    path = file(b"cat dog \xff\xfe cat\n" * 3 + b"cat do\0g " * 20 + b"a b\n" * 9_000)
    wordvec.CBOW(**SMALL, epochs=1).fit(path)
    assert "; not UTF-8: 3 tokens; with a NUL byte: 20 tokens" in lines()[-1]


def test_the_library_configures_no_logging(lines):
    handlers = logging.getLogger("wordvec").handlers
    wordvec.SkipGram(**SMALL, epochs=1).fit(TEXT)
    assert [type(handler) for handler in handlers] == [logging.NullHandler]
    assert not logging.getLogger("wordvec").propagate or logging.getLogger("wordvec").level in (0, logging.INFO)


def test_the_command_says_it_on_stderr_and_draws_no_bar_into_a_file(in_folder, capsys):
    (in_folder / "text.txt").write_text("".join(" ".join(words) + "\n" for words in TEXT))
    flags = ["--min-count", "1", "--vector-size", "8", "--workers", "1"]
    assert main(["train", "text.txt", *flags, "--epochs", "2"]) == 0
    out, err = capsys.readouterr()
    assert out == "text.safetensors\n" and "\r" not in err
    said = err.splitlines()
    assert [line.split(":")[0] for line in said[:3]] == ["epoch 1/2", "epoch 2/2", "skipgram"]
    assert "2,400 of 2,400 tokens kept" in said[2] and said[3].startswith("40 vectors of 8 dimensions; loss ")
    for verb in (["count", "text.txt", "--min-count", "1"], ["train", "text.txt", "--model", "pv-dbow", *flags]):
        assert main(verb) == 0
        assert "2,400 of 2,400 tokens kept" in capsys.readouterr().err
        assert main([*verb, "--quiet", "--force"]) == 0
        assert capsys.readouterr().err == ""
    assert [type(handler) for handler in logging.getLogger("wordvec").handlers] == [logging.NullHandler]


# little or nothing


def test_a_training_without_targets_has_no_loss_and_says_so():
    """Subsampling leaves nothing of a small corpus: the loss was 0, as of a perfect model."""
    seen = []
    with pytest.warns(UserWarning, match=r"nothing was learned.*sample=0") as caught:
        vectors = wordvec.SkipGram(min_count=1, workers=1).fit(PETS, callbacks=seen.append)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert vectors.metadata["loss"] == [None] * 5 and [epoch.loss for epoch in seen] == [None] * 5


def test_no_loss_is_null_in_a_file(tmp_path, in_folder, capsys):
    (in_folder / "pets.txt").write_text("cat dog mouse\n" * 10)
    assert main(["train", "pets.txt", "--min-count", "1", "--json", "--workers", "1", "--epochs", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"] == [None, None]
    assert wordvec.load("pets.safetensors").metadata["loss"] == [None, None]
    assert main(["train", "pets.txt", "--min-count", "1", "--workers", "1", "--force"]) == 0
    assert "nothing was learned" in capsys.readouterr().err


def test_little_of_a_corpus_is_a_warning():
    with pytest.warns(UserWarning, match=r"less than a tenth .* leaves about \d+ an epoch \(sample=0.001\)"):
        wordvec.CBOW(**SMALL).fit([["cat", "dog"] * 3] * 100)
    rare = [["the", "of"] + [f"w{i}", f"w{i}x"] * 10 for i in range(50)]
    with pytest.warns(UserWarning, match=r"less than a tenth .* of words that were kept \(min_count=11"):
        wordvec.SkipGram(vector_size=4, min_count=11, sample=0.0, workers=1).fit(rare)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wordvec.SkipGram(**SMALL).fit(TEXT)
        wordvec.SkipGram(**SMALL, sample=0.0).fit(PETS)


def test_text_of_another_encoding_is_a_warning(file):
    for model in (lambda path: wordvec.encode_corpus(path, min_count=1), PVDBOW(**SMALL, sample=0.0).fit):
        with pytest.warns(UserWarning, match=r"another encoding than UTF-8: 20 of 60 tokens.*iconv"):
            model(file("das M\xe4dchen lacht\n".encode("latin1") * 20))
        with pytest.warns(UserWarning, match="may be no text: 1 of 60 tokens hold a NUL"):
            model(file(b"a b c\n" * 19 + b"a b\0 c\n"))


# callbacks


@pytest.mark.parametrize("name", [name for name in OF_TEXT if TRAINERS[name].iterative])
@pytest.mark.parametrize("answer", [True, np.True_, 1, np.int64(1)])
def test_what_is_true_ends_training(name, answer):
    seen = []
    TRAINERS[name](**SMALL | {"epochs": 4}).fit(TEXT, callbacks=lambda epoch: seen.append(epoch) or answer)
    assert len(seen) == 1


@pytest.mark.parametrize("answer", [None, False, np.False_, 0])
def test_what_is_false_does_not(answer):
    seen = []
    wordvec.SkipGram(**SMALL, epochs=3).fit(TEXT, callbacks=[lambda epoch: seen.append(epoch) or answer, print_nothing])
    assert len(seen) == 3


def print_nothing(epoch):
    """A callback."""


@pytest.mark.parametrize("name", OF_TEXT)
@pytest.mark.parametrize("answer", [0.25, "stop", 2, []])
def test_other_answers_are_refused(name, answer):
    with pytest.raises(wordvec.OptionError, match="must return True, to end training"):
        TRAINERS[name](**small(name)).fit(TEXT, callbacks=lambda epoch: answer)


class OfGensim:
    """As gensim's callbacks are."""

    def on_epoch_end(self, model):
        raise AssertionError("never called")


@pytest.mark.parametrize("callbacks", [OfGensim(), [OfGensim()], 3, "print", [None]])
def test_callbacks_that_cannot_be_called_are_refused_before_the_training(callbacks):
    class Unread:
        def __iter__(self):
            raise AssertionError("the corpus was read")

    for trainer in (wordvec.SkipGram(**SMALL), wordvec.PPMISVD(**SMALL), PVDBOW(**SMALL), Sent2Vec(**SMALL)):
        with pytest.raises(wordvec.OptionError, match="callbacks must be functions of an Epoch"):
            trainer.fit(Unread(), callbacks=callbacks)


# starting points


def test_words_of_init_that_are_lost_are_said():
    old = wordvec.SkipGram(**SMALL).fit(TEXT)
    new = [["a1", "a2", "fresh"]] * 50
    with pytest.warns(UserWarning, match="38 of the 40 words of init are not in the corpus") as caught:
        vectors = wordvec.SkipGram(**SMALL, sample=0.0).fit(new, init=old)
    assert len(vectors) == 3 and caught[0].filename == __file__
    told = vectors.metadata["init"]
    assert (told["words"], told["shared"]) == (40, 2) and len(told["fingerprint"]) == 32
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert wordvec.SkipGram(**SMALL).fit(TEXT, init=old).metadata["init"]["shared"] == 40


OF_INIT = [name for name, kind in TRAINERS.items() if kind.iterative and issubclass(kind, WordTrainer)]


@pytest.mark.parametrize("name", OF_INIT)
def test_init_that_shares_no_word_is_refused(name):
    other = wordvec.SkipGram(**SMALL).fit([["x", "y"]] * 99)
    with pytest.raises(wordvec.OptionError, match="init must have words of the corpus; none of its 2 words"):
        TRAINERS[name](**SMALL).fit(TEXT, init=other)


def test_the_command_does_not_shrink_the_file_that_it_starts_from(in_folder, capsys):
    (in_folder / "all.txt").write_text("".join(" ".join(words) + "\n" for words in TEXT))
    (in_folder / "new.txt").write_text("a1 a2 fresh\n" * 50)
    flags = ["--min-count", "1", "--vector-size", "8", "--quiet", "--sample", "0"]
    assert main(["train", "all.txt", "-o", "old.safetensors", *flags]) == 0
    before = (in_folder / "old.safetensors").read_bytes()
    again = ["--init", "old.safetensors", "-o", "./old.safetensors", "--force", *flags]
    assert main(["train", "new.txt", *again]) == 2
    assert "38 of its 40 words are not among the 3" in capsys.readouterr().err
    assert (in_folder / "old.safetensors").read_bytes() == before
    assert main(["train", "all.txt", *again]) == 0
    assert wordvec.load("old.safetensors").metadata["init"]["shared"] == 40


def test_unknown_options_name_the_near_one():
    for name, near in (("size", "vector_size"), ("vector_sizes", "vector_size"), ("callback", "callbacks")):
        with pytest.raises(wordvec.OptionError, match=rf"{name} must be an option .* did you mean {near}\?"):
            wordvec.train(TEXT, **{name: 3})
    with pytest.raises(wordvec.OptionError, match=r"nonsense must be an option of skipgram or of fit\. The options"):
        wordvec.train(TEXT, nonsense=3)
