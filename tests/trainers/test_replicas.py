"""Training in replicas: the same bytes for any number of threads, near what one model learns, and what users see."""

import numpy as np
import pytest

import wordvec
from wordvec.corpus.subsampling import keep_chances
from wordvec.trainers.updates import expected_updates


@pytest.fixture(scope="module")
def corpus():
    """120,000 tokens of 300 words in topics of ten: words of a topic stand together."""
    rng = np.random.default_rng(0)
    topics = np.repeat((30 * rng.random(6_000) ** 2).astype(np.int32), 20)
    ids = 10 * topics + rng.integers(0, 10, 120_000, np.int32)
    names = [f"w{i}" for i in range(300)]
    return wordvec.encode_corpus([[names[i] for i in ids[at : at + 20]] for at in range(0, 120_000, 20)], min_count=1)


MODELS = {
    "skipgram": (wordvec.SkipGram, {}),
    "cbow": (wordvec.CBOW, {}),
    "hs": (wordvec.SkipGram, {"hs": True}),
    "fasttext": (wordvec.FastText, {"bucket": 500}),
    "floret": (wordvec.Floret, {"bucket": 200}),
    "importance": (wordvec.HashEmbedding, {"scheme": "importance", "bucket": 100}),
    "concat": (wordvec.HashEmbedding, {"scheme": "qr", "operation": "concat", "bucket": 100}),
    "multiply": (wordvec.HashEmbedding, {"scheme": "residues", "bucket": 100}),
}


def model_of(name, **options):
    of, own = MODELS[name]
    return of(**{"vector_size": 8, "epochs": 2, "window": 3, "min_count": 1, "sync": 20_000, **own, **options})


def bytes_of(vectors):
    context = b"" if vectors.context is None else np.asarray(vectors.context).tobytes()
    return vectors.vectors[:].tobytes(), context, vectors.metadata["loss"]


@pytest.mark.parametrize("name", MODELS)
def test_threads_do_not_change_a_bit(corpus, name):
    keeps = name in ("skipgram", "cbow")
    for replicas in (2, 5) if name == "skipgram" else (3,):
        models = [model_of(name, replicas=replicas, workers=workers) for workers in (1, 2, 3)]
        one, *others = (bytes_of(model.fit(corpus, keep_context=keeps)) for model in models)
        assert others == [one, one]


@pytest.mark.parametrize("name", ["skipgram", "fasttext"])
def test_one_replica_is_one_worker(corpus, name):
    plain = model_of(name, sync=None, workers=1).fit(corpus)
    single = model_of(name, replicas=1, workers=2).fit(corpus)
    assert single.vectors.tobytes() == plain.vectors.tobytes()
    assert single.metadata["loss"] == pytest.approx(plain.metadata["loss"], rel=1e-12)


def test_shuffled_sentences_of_one_model_are_those_of_one_replica(corpus):
    plain, shuffled = (
        model_of("skipgram", sync=None, workers=1, shuffle=shuffle).fit(corpus) for shuffle in (False, True)
    )
    single = model_of("skipgram", replicas=1, workers=2, shuffle=True).fit(corpus)
    assert single.vectors.tobytes() == shuffled.vectors.tobytes() != plain.vectors.tobytes()
    assert topic_rank(shuffled) > topic_rank(plain) - 0.5
    assert shuffled.metadata["options"]["shuffle"] is True


def topic_rank(vectors):
    """How many of the nine nearest neighbours of a word are of its topic, on average."""
    rows = np.array([vectors[f"w{i}"] for i in range(100)])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    near = np.argsort(-(rows @ rows.T), axis=1)[:, 1:10]
    return (near // 10 == np.arange(100)[:, None] // 10).sum(1).mean()


@pytest.mark.parametrize("name", ["skipgram", "cbow", "hs", "fasttext", "importance"])
def test_replicas_learn_what_one_model_learns(corpus, name):
    options = {"epochs": 4, "vector_size": 16, "workers": 2}
    plain = model_of(name, sync=None, **options).fit(corpus)
    several = model_of(name, replicas=4, **options).fit(corpus)
    assert several.metadata["loss"][-1] == pytest.approx(plain.metadata["loss"][-1], rel=0.15)
    assert topic_rank(several) > topic_rank(plain) - 1


def test_callbacks_see_the_mean_and_end_training(corpus):
    seen = []

    def look(epoch):
        seen.append((epoch.number, epoch.loss, epoch.tokens, epoch.vectors.vectors.copy()))
        return epoch.number == 2

    vectors = model_of("skipgram", epochs=5, replicas=3, workers=2).fit(corpus, callbacks=[look])
    assert [facts[:3] for facts in seen] == [(1, vectors.metadata["loss"][0], 120_000), (2, seen[1][1], 120_000)]
    assert np.array_equal(seen[1][3], vectors.vectors) and not np.array_equal(seen[0][3], vectors.vectors)


def test_options_are_recorded_and_checked(corpus):
    options = model_of("skipgram", replicas=2, epochs=1).fit(corpus).metadata["options"]
    assert (options["replicas"], options["sync"]) == (2, 20_000) and "workers" not in options
    with pytest.raises(wordvec.OptionError, match="sync serves replicas; got sync=5 without them"):
        wordvec.SkipGram(sync=5)
    with pytest.raises(wordvec.OptionError, match=r"replicas must be at most 12 for this corpus, .* got 13"):
        model_of("skipgram", replicas=13).fit(corpus)
    with pytest.raises(wordvec.OptionError, match="replicas"):
        wordvec.Sent2Vec(replicas=2)


def test_a_run_that_diverges_is_noticed(corpus):
    with pytest.raises(wordvec.TrainingError, match="use a smaller alpha than 40"):
        model_of("skipgram", alpha=40.0, replicas=3).fit(corpus)


def test_a_frozen_output_matrix_stays(corpus):
    compass = model_of("skipgram", sync=None).fit(corpus, keep_context=True)
    inputs = model_of("skipgram", replicas=3, workers=2).fit_inputs(corpus, compass)
    assert np.array_equal(inputs.context, compass.context)
    assert not np.array_equal(inputs.vectors, compass.vectors)


@pytest.mark.parametrize("name", ["skipgram", "cbow", "fasttext"])
def test_frozen_words_stay_to_the_bit(corpus, name):
    """A mean of three equal numbers need not be that number."""
    init = model_of(name, sync=None, epochs=1).fit(corpus)
    frozen = np.arange(300) % 2 == 0
    moved = model_of(name, replicas=3, workers=2).fit(corpus, init=init, freeze=frozen)
    same = (moved.vectors[:] == init.vectors[:]).all(axis=1)
    assert np.array_equal(same, frozen)


def test_a_run_goes_on_with_other_threads(corpus, tmp_path):
    whole = model_of("skipgram", replicas=3, workers=1).fit(corpus)

    def end(epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model_of("skipgram", replicas=3, workers=1).fit(corpus, callbacks=[end], checkpoint=tmp_path)
    again = wordvec.Checkpoint(tmp_path, resume=True)
    resumed = model_of("skipgram", replicas=3, workers=3).fit(corpus, checkpoint=again)
    assert resumed.vectors.tobytes() == whole.vectors.tobytes()


@pytest.mark.parametrize("name", ["skipgram", "cbow", "hs"])
def test_expected_updates_are_those_that_happen(corpus, name):
    """Each pair of a word and a word of its window, and its noise or the inner nodes above it, counted by hand."""
    trainer, rng = model_of(name, sync=None, sample=1e-2), np.random.default_rng(1)
    counts = np.asarray(corpus.vocabulary.counts)
    arguments = trainer._tables(corpus.vocabulary) | {"input": counts, "output": counts}
    rates = expected_updates(trainer, counts, arguments)
    inputs, targets = np.zeros(len(counts)), np.zeros(len(counts))
    keep = keep_chances(counts, trainer.sample)
    for first, last in zip(corpus.offsets[:2000], corpus.offsets[1:2001]):
        words = corpus.ids[first:last]
        words = words[rng.random(len(words)) < keep[words]]
        for place, word in enumerate(words):
            reach = rng.integers(1, 4)
            window = np.r_[words[max(0, place - reach) : place], words[place + 1 : place + 1 + reach]]
            np.add.at(inputs, window, 1)
            targets[word] += 1 if trainer.cbow else len(window)
    near = targets.sum() / (rates["output"].sum() / 6 if not trainer.hs else targets.sum())
    frequent = counts > 1000
    edges = 1.35  # the windows of words near the ends of sentences are shorter
    ratio = rates["input"][frequent] * corpus.offsets[2000] / inputs[frequent]
    assert (ratio > 0.9).all() and (ratio < 1.2 * edges).all(), (ratio.min(), ratio.max())
    if not trainer.hs:
        noise = counts**0.75 / (counts**0.75).sum()
        real = targets + 5 * targets.sum() * noise
        ratio = rates["output"][frequent] * corpus.offsets[2000] / real[frequent]
        assert (ratio > 0.9).all() and (ratio < 1.2 * edges).all() and near > 0
