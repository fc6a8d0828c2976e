"""Vectors that grow with new text, and words that are frozen: for every trainer that starts from vectors."""

import warnings
from itertools import pairwise

import numpy as np
import pytest

import wordvec
from wordvec import TRAINERS, Checkpoint, CorpusError, HashEmbedding, KeyedVectors, OptionError, encode_corpus
from wordvec.trainers import WordTrainer
from wordvec.trainers.growth import Growth, neighbours_kept
from wordvec.trainers.output_matrices import grafted
from wordvec.vocabulary.huffman import huffman

SIZE = {"cmow": 16}  # a square number
# every model of words that starts from vectors, with its options; rows of qr and residues follow from ranks
STARTING = {
    name: (trainer, {"vector_size": SIZE.get(name, 12)})
    for name, trainer in TRAINERS.items()
    if issubclass(trainer, WordTrainer) and trainer.iterative
} | {f"hash-{name}": (HashEmbedding, {"scheme": name}) for name in ("importance", "unified", "multi", "bytes")}
FREEZING = [name for name, (trainer, _) in STARTING.items() if trainer.freezes]
starting = pytest.mark.parametrize("name", STARTING)
freezing = pytest.mark.parametrize("name", FREEZING)


def text(seed, first, last):
    """Sentences of words w<first> .. w<last - 1>, each of neighbouring numbers, around one of w20 .. w39."""
    rng = np.random.default_rng(seed)
    near = [[f"w{(start + step) % (last - first) + first}" for step in rng.integers(0, 6, 10)] for start in range(400)]
    return [[*words[:5], f"w{20 + start % 20}", *words[5:]] for start, words in enumerate(near)]


OLD, NEW = text(0, 0, 40), text(1, 20, 60)


def make(name, **options):
    trainer, own = STARTING[name]
    return trainer(**{"vector_size": 12, "window": 3, "min_count": 1, "workers": 1, "epochs": 2} | own | options)


@pytest.fixture(scope="module")
def grown_from():
    """The vectors of a trainer on the old text, trained once."""
    trained = {}

    def vectors(name):
        if name not in trained:
            trained[name] = make(name).fit(OLD, keep_context=True)
        return trained[name]

    return vectors


def rows(vectors, words):
    return np.array([vectors[word] for word in words])


@starting
def test_the_result_has_the_words_and_counts_of_both(name, grown_from):
    old = grown_from(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grown = make(name).fit(NEW, init=old, grow=True)
    assert sorted(grown) == sorted({f"w{i}" for i in range(60)})
    counts = {word: sum(sentence.count(word) for sentence in OLD + NEW) for word in grown}
    assert {word: grown.get_vecattr(word, "count") for word in grown} == counts
    assert list(grown.vocabulary.counts) == sorted(counts.values(), reverse=True)
    assert grown.context is not None and len(grown.context) == 60
    assert np.isfinite(grown.vectors[np.arange(60)]).all()


@starting
def test_old_words_that_do_not_occur_keep_their_vectors_and_new_ones_learn(name, grown_from):
    old = grown_from(name)
    grown = make(name).fit(NEW, init=old, grow=True)
    told = grown.metadata["init"]
    assert (told["words"], told["shared"], told["added"]) == (40, 20, 20)
    assert told["neighbours"]["sample"] == 40 and 0.3 < told["neighbours"]["kept"] <= 1
    assert told["neighbours"]["cosine"] > 0.5
    only_old, only_new = [f"w{i}" for i in range(20)], [f"w{i}" for i in range(40, 60)]
    if STARTING[name][0].inverts:  # else they share rows with words that occur
        ngrams = name == "fasttext"
        assert told["started"]["ngrams" if ngrams else "contexts"] == 20
        if not ngrams:
            np.testing.assert_allclose(rows(grown, only_old), rows(old, only_old), atol=1e-6)
    assert (np.linalg.norm(rows(grown, only_new), axis=1) > 0.01).all()


@freezing
@pytest.mark.parametrize("workers", [1, 2])
def test_known_words_that_are_frozen_keep_their_bytes(name, workers, grown_from):
    old = grown_from(name)
    grown = make(name, workers=workers).fit(NEW, init=old, grow=True, freeze="known")
    words = list(old)
    assert rows(grown, words).tobytes() == rows(old, words).tobytes()
    assert grown.metadata["init"]["neighbours"]["kept"] == 1
    new = [f"w{i}" for i in range(40, 60)]
    started = make(name, epochs=1, alpha=1e-12).fit(NEW, init=old, grow=True, freeze="known")
    if STARTING[name][0].inverts:  # in tables that all words share, frozen words may freeze all rows
        assert np.abs(rows(grown, new) - rows(started, new)).max() > 1e-4


@freezing
def test_some_frozen_words_keep_their_bytes_and_others_move(name, grown_from):
    old, frozen = grown_from(name), ["w21", "w30", "w5"]
    mask = np.isin(list(old), frozen)
    by_words, by_mask = (make(name).fit(NEW, init=old, grow=True, freeze=freeze) for freeze in (frozen, mask))
    assert rows(by_words, frozen).tobytes() == rows(old, frozen).tobytes()
    assert rows(by_words, list(by_words)).tobytes() == rows(by_mask, list(by_words)).tobytes()
    moving = [f"w{i}" for i in range(22, 30)]
    assert (np.abs(rows(by_words, moving) - rows(old, moving)).max(axis=1) > 0).any()


@freezing
def test_words_are_frozen_without_growth_as_well(name, grown_from):
    old = grown_from(name)
    with pytest.warns(UserWarning, match=r"20 of the 40 words of init .* keep all words with grow=True"):
        tuned = make(name).fit(NEW, init=old, freeze="known")
    kept = [f"w{i}" for i in range(20, 40)]
    assert len(tuned) == 40 and rows(tuned, kept).tobytes() == rows(old, kept).tobytes()


def test_frozen_words_are_frozen_under_hierarchical_softmax(grown_from):
    for name in ("skipgram", "cbow", "fasttext"):
        old = grown_from(name)
        grown = make(name, hs=True).fit(NEW, init=old, grow=True, freeze="known")
        assert rows(grown, list(old)).tobytes() == rows(old, list(old)).tobytes()
        assert grown.context is None


@pytest.mark.parametrize("name", ["skipgram", "fasttext", "glove", "cmow"])
def test_callbacks_see_the_frozen_words_as_they_are(name, grown_from):
    seen = []
    old = grown_from(name)
    make(name).fit(NEW, init=old, freeze="known", grow=True, callbacks=lambda e: seen.append(rows(e.vectors, old)))
    assert len(seen) == 2 and all((part == rows(old, old)).all() for part in seen)


def test_a_solver_freezes_nothing_and_says_so(grown_from):
    with pytest.raises(OptionError, match="freeze serves models that learn by gradient descent; pu solves"):
        make("pu").fit(NEW, init=grown_from("pu"), freeze="known")


def test_rows_that_follow_from_ranks_cannot_grow():
    trainer = HashEmbedding(scheme="qr", vector_size=12, min_count=1, epochs=1)
    old = trainer.fit(OLD)
    with pytest.raises(OptionError, match=r"where rows follow from ranks \(qr, residues\), on the same words"):
        trainer.fit(NEW, init=old, grow=True)


def test_new_words_start_from_contexts_or_at_random(grown_from):
    old, starts = grown_from("skipgram"), {}
    for new_words in ("auto", "random"):
        still = make("skipgram", alpha=1e-12, min_alpha=1e-12)
        starts[new_words] = still.fit(NEW, init=old, grow=Growth(new_words=new_words))
    expected = wordvec.induce(old, NEW, window=3, fit_min_count=100)
    new = [f"w{i}" for i in range(40, 60)]
    np.testing.assert_allclose(rows(starts["auto"], new), rows(expected, new), atol=1e-5)
    assert np.abs(rows(starts["random"], new) - rows(expected, new)).max() > 0.01
    assert starts["random"].metadata["init"]["started"] == {"ngrams": 0, "contexts": 0, "random": 20}


def test_new_words_start_from_the_ngrams_of_init(grown_from):
    old = grown_from("fasttext")
    for name in ("fasttext", "skipgram"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            grown = make(name, alpha=1e-12, min_alpha=1e-12).fit(NEW, init=old, grow=True)
        np.testing.assert_allclose(grown["w55"], old["w55"], atol=1e-5)


def test_new_words_may_begin_at_the_rate_at_which_the_old_training_ended(grown_from):
    old, rates = grown_from("skipgram"), []
    trainer = make("skipgram")
    grown = trainer.fit(
        NEW, init=old, grow=Growth(growth_alpha="end"), callbacks=lambda epoch: rates.append(epoch.alpha)
    )
    assert rates == [1e-4, 1e-4] and grown.metadata["options"]["alpha"] == 1e-4
    bare = KeyedVectors(list(old), old.vectors)
    with pytest.raises(OptionError, match="needs init to tell at which min_alpha it ended"):
        trainer.fit(NEW, init=bare, grow=Growth(growth_alpha="end"))
    with pytest.raises(OptionError, match="serves models whose alpha falls to min_alpha; glove has none"):
        make("glove").fit(NEW, init=grown_from("glove"), grow=Growth(growth_alpha="end"))


@pytest.mark.parametrize("encoded", [False, True])
def test_rare_new_words_are_left_out_and_old_ones_are_not(encoded, grown_from):
    corpus = [*NEW, ["once", "w1", "w1"]]
    given = encode_corpus(corpus, min_count=2) if encoded else corpus
    grown = make("skipgram", min_count=2).fit(given, init=grown_from("skipgram"), grow=True)
    assert "once" not in grown and "w0" in grown and len(grown) == 60
    old = sum(sentence.count("w1") for sentence in OLD)
    assert grown.get_vecattr("w1", "count") == old + 2


def test_an_encoded_corpus_grows_as_its_text_does(grown_from):
    old = grown_from("skipgram")
    plain, encoded = (
        make("skipgram").fit(corpus, init=old, grow=True) for corpus in (NEW, encode_corpus(NEW, min_count=1))
    )
    assert list(plain) == list(encoded)
    assert plain.vectors.tobytes() == encoded.vectors.tobytes()


def test_growth_by_one_worker_repeats_bit_for_bit(grown_from):
    old = grown_from("skipgram")
    one, other = (make("skipgram").fit(NEW, init=old, grow=True) for _ in range(2))
    assert one.vectors.tobytes() == other.vectors.tobytes() and one.metadata == other.metadata


def test_attributes_metadata_and_policy_are_carried():
    old = make("skipgram").fit(OLD, keep_context=True)
    old.set_vecattr("w3", "year", 1999)
    old.set_vecattr("w3", "pos", "NOUN")
    old.metadata["source"] = "first half"
    grown = make("skipgram").fit(NEW, init=old.with_oov("zero"), grow=True)
    assert grown.get_vecattr("w3", "year") == 1999 and grown.get_vecattr("w55", "year") == 0
    assert grown.get_vecattr("w3", "pos") == "NOUN" and grown.get_vecattr("w55", "pos") == ""
    assert grown.metadata["source"] == "first half" and grown.metadata["trainer"] == "skipgram"
    assert grown.oov == "zero"


def test_what_cannot_be_carried_is_named(grown_from):
    with pytest.warns(UserWarning, match="its n-grams would not fit vectors that skipgram has trained on"):
        make("skipgram").fit(NEW, init=grown_from("fasttext"), grow=True)
    turned = grown_from("skipgram").rotate_pca()
    with pytest.warns(UserWarning, match="the list of its transforms would not fit"):
        make("skipgram").fit(NEW, init=turned, grow=True)


def test_ngrams_are_carried_and_compose_words_that_neither_text_has(grown_from):
    grown = make("fasttext").fit(NEW, init=grown_from("fasttext"), grow=True)
    assert grown.subwords is not None and np.abs(grown["w555"]).max() > 0


def test_vectors_without_counts_context_or_float32_rows_grow_as_well(grown_from):
    old = grown_from("skipgram")
    for init in (KeyedVectors(list(old), old.vectors), old.compress("float16")):
        grown = make("skipgram").fit(NEW, init=init, grow=True, freeze=["w2"])
        assert len(grown) == 60 and (grown["w2"] == init["w2"]).all()
    counts = make("skipgram").fit(NEW, init=KeyedVectors(list(old), old.vectors), grow=True)
    assert counts.get_vecattr("w2", "count") == 0
    assert counts.context is None


def test_text_without_new_words_moves_the_old_ones(grown_from):
    old = grown_from("skipgram")
    grown = make("skipgram").fit(OLD[:50], init=old, grow=True)
    assert sorted(grown) == sorted(old) and grown.metadata["init"]["added"] == 0
    assert np.abs(rows(grown, old) - rows(old, old)).max() > 0


def test_vectors_that_share_no_word_with_the_text_grow_with_a_warning():
    old = make("skipgram").fit([["a", "b", "c"]] * 50)
    with pytest.warns(UserWarning, match="none of the 3 words of init is in the corpus"):
        grown = make("skipgram").fit(NEW, init=old, grow=True)
    assert len(grown) == 43 and grown.metadata["init"]["started"]["random"] == 40
    with pytest.raises(OptionError, match="or keep the words of both with grow=True"):
        make("skipgram").fit(NEW, init=old)


def test_growth_twice_tells_of_the_last_time(grown_from):
    first = make("skipgram").fit(NEW, init=grown_from("skipgram"), grow=True)
    second = make("skipgram").fit(text(3, 50, 70), init=first, grow=True)
    assert second.metadata["init"]["words"] == 60 and len(second) == 70


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grow": True}, "grow needs init"),
        ({"freeze": "known"}, "freeze needs init"),
        ({"freeze": ["w1"]}, "freeze needs init"),
        ({"init": True, "freeze": "all"}, 'freeze must be "known", a list of words, or a mask'),
        ({"init": True, "freeze": ["w1", "nowhere"]}, "1 of 2 are not, such as 'nowhere'"),
        ({"init": True, "freeze": np.ones(7, bool)}, r"of shape \(40,\), as init; got \(7,\)"),
        ({"init": True, "freeze": 5}, "freeze must be a list of words"),
        ({"init": True, "grow": "yes"}, "grow must be True, False, or Growth"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message, grown_from):
    if arguments.get("init"):
        arguments = arguments | {"init": grown_from("skipgram")}
    with pytest.raises(OptionError, match=message):
        make("skipgram").fit(NEW, **arguments)


def test_another_vector_size_and_an_empty_text_are_refused(grown_from):
    with pytest.raises(OptionError, match="train with vector_size=12"):
        make("skipgram", vector_size=20).fit(NEW, init=grown_from("skipgram"), grow=True)
    with pytest.raises(CorpusError, match="no tokens"):
        make("skipgram").fit([[]], init=grown_from("skipgram"), grow=True)


def test_counts_do_not_grow(grown_from):
    with pytest.raises(OptionError, match="corpus must be a text where vectors grow"):
        make("glove").fit(wordvec.count(NEW, min_count=1), init=grown_from("glove"), grow=True)


def test_neighbours_that_are_kept_are_counted():
    rng = np.random.default_rng(0)
    old = KeyedVectors([f"w{i}" for i in range(30)], rng.normal(size=(30, 5)))
    same = neighbours_kept(old, old)
    assert same == {"sample": 30, "nearest": 10, "kept": 1.0, "cosine": pytest.approx(1.0)}
    other = KeyedVectors([*old, "x"], rng.normal(size=(31, 5)))
    cosines = [
        vectors.vectors[:30] @ vectors.vectors[:30].T / np.outer(vectors.norms[:30], vectors.norms[:30])
        for vectors in (old, other)
    ]
    for matrix in cosines:
        np.fill_diagonal(matrix, -2)
    best = [np.argsort(-matrix, axis=1)[:, :10] for matrix in cosines]
    expected = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(*best, strict=True)])
    assert neighbours_kept(old, other)["kept"] == pytest.approx(expected)
    assert neighbours_kept(KeyedVectors(["a"], [[1.0]]), other) == {}


@pytest.mark.parametrize("name", ["skipgram", "glove"])
def test_growth_that_was_ended_goes_on_from_its_checkpoint(name, grown_from, tmp_path):
    old = grown_from(name)
    how = {"init": old, "grow": True, "freeze": ["w22"]}
    whole = make(name, epochs=3).fit(NEW, **how)

    def end(epoch):
        if epoch.number == 2:
            raise KeyboardInterrupt

    kept = Checkpoint(tmp_path / "state", every="1epochs", resume=True)
    with pytest.raises(KeyboardInterrupt), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is nothing to resume yet
        make(name, epochs=3).fit(NEW, **how, checkpoint=kept, callbacks=end)
    resumed = make(name, epochs=3).fit(NEW, **how, checkpoint=kept)
    assert resumed.vectors.tobytes() == whole.vectors.tobytes()
    assert resumed.metadata["init"] == whole.metadata["init"]
    with pytest.raises(OptionError, match="grow"):
        make(name, epochs=3).fit(NEW, **how | {"grow": Growth(new_words="random")}, checkpoint=kept)


@pytest.mark.parametrize("old", [1, 2, 7])
@pytest.mark.parametrize("new", [0, 1, 2, 5])
def test_a_tree_for_hierarchical_softmax_grows_beside_its_old_nodes(old, new):
    before = huffman(np.arange(old, 0, -1))
    offsets, path, code = grafted(before, np.arange(new, 0, -1))
    words = ["".join(map(str, code[a:b][::-1])) for a, b in pairwise(offsets)]
    assert len(words) == old + new
    if old + new > 1:
        assert sum(2.0 ** -len(word) for word in words) == 1  # a full prefix code
        assert not any(a != b and b.startswith(a) for a in words for b in words)
        assert sorted(set(path.tolist())) == list(range(old + new - 1))
    for word in range(old):
        own = before[1][before[0][word] : before[0][word + 1]].tolist()
        assert path[offsets[word] : offsets[word + 1]].tolist() == own + [old + new - 2] * (new > 0)
