"""Whatever is public can be copied, pickled and sent to another process after it was used, and goes on as before."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context

import numpy as np
import pytest

import wordvec
from wordvec import PVDBOW, PVDM, BinaryPVDBOW, Sent2Vec, align
from wordvec.classify import TextClassifier
from wordvec.search import indexes
from wordvec.texts import TextEncoder, Topics

TEXTS = ["the match the team won", "the song of a violin"] * 30
TOKENS = [text.split() for text in TEXTS]
SMALL = {"vector_size": 10, "min_count": 1, "workers": 1, "sample": 0.0}  # of a size whose rows are padded


def encoded(model):
    return model.encode(TEXTS[:3])


def nearest(vectors):
    return np.array([score for _, score in vectors.most_similar("match")])


def trained():
    return wordvec.SkipGram(**SMALL).fit(TOKENS, keep_context=True)


def paragraphs():
    return PVDBOW(**SMALL, dbow_words=True).fit(TEXTS)


def from_disk(model, tmp_path):
    model.save(tmp_path / "model")
    return type(model).load(tmp_path / "model")


# What is made, in a folder if it needs one, and how it is used: the same numbers must come of every copy.
PUBLIC = {
    "PVDBOW": (lambda tmp: paragraphs(), encoded),
    "PVDBOW, mapped": (lambda tmp: from_disk(paragraphs(), tmp), encoded),
    "BinaryPVDBOW, mapped": (lambda tmp: from_disk(BinaryPVDBOW(**SMALL).fit(TEXTS), tmp), encoded),
    "PVDM": (lambda tmp: PVDM(**SMALL).fit(TEXTS), encoded),
    "PVDBOW, hs": (lambda tmp: PVDBOW(**SMALL, hs=True).fit(TEXTS), encoded),
    "Sent2Vec": (lambda tmp: Sent2Vec(**SMALL).fit(TEXTS), encoded),
    "Sent2Vec, mapped": (lambda tmp: from_disk(Sent2Vec(**SMALL).fit(TEXTS), tmp), encoded),
    "Topics": (lambda tmp: Topics(paragraphs(), {"a": ["match"], "b": ["song"]}), lambda made: made.scores(TEXTS)),
    "KeyedVectors": (lambda tmp: trained(), nearest),
    "KeyedVectors, mapped": (lambda tmp: from_disk(trained(), tmp), nearest),
    "FastText": (lambda tmp: wordvec.FastText(**SMALL, bucket=99).fit(TOKENS), lambda made: made["matches"]),
    "HashEmbedding": (lambda tmp: wordvec.HashEmbedding(**SMALL, bucket=99).fit(TOKENS), nearest),
    "int8": (lambda tmp: trained().compress("int8"), nearest),
    "Concatenated": (lambda tmp: wordvec.Concatenated(trained(), trained()), lambda made: made["match"]),
    "TextEncoder": (lambda tmp: TextEncoder(trained(), agg="sif").fit(TEXTS), encoded),
    "TextClassifier": (
        lambda tmp: TextClassifier(vector_size=8, workers=1).fit(TEXTS, ["a", "b"] * 30),
        lambda made: made.predict_proba(TEXTS[:2]),
    ),
    "EncodedCorpus": (lambda tmp: wordvec.encode_corpus(TOKENS, min_count=1), lambda made: [made.check(), *made.ids]),
    "Vocabulary": (
        lambda tmp: wordvec.encode_corpus(TOKENS, min_count=1).vocabulary,
        lambda made: made.ids(["song", "x"]),
    ),
    "Cooccurrence": (lambda tmp: wordvec.count(TOKENS, min_count=1), lambda made: made.ppmi().data),
    "Cooccurrence, mapped": (
        lambda tmp: from_disk(wordvec.count(TOKENS, min_count=1), tmp),
        lambda made: made.ppmi().data,
    ),
    "trainer": (lambda tmp: wordvec.GloVe(vector_size=4, min_count=1, workers=1), lambda made: made.fit(TOKENS).norms),
    "Map": (
        lambda tmp: align.fit_map(trained(), trained(), [("match", "match"), ("song", "song")]),
        lambda made: nearest(made.apply(trained())),
    ),
    "Aligned": (lambda tmp: align.Aligned(trained(), trained()), lambda made: made.forward.penalty),
    "Cipher": (lambda tmp: wordvec.Cipher(np.arange(9, 0, -1), 8), lambda made: made.encipher()),
}


def round_trip(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.filterwarnings("ignore:.*do not determine a map")
@pytest.mark.parametrize(("make", "use"), PUBLIC.values(), ids=PUBLIC)
def test_a_copy_of_what_was_used_does_what_it_did(make, use, tmp_path):
    """A paragraph model that had encoded a text could not be used again once it was pickled."""
    thing = make(tmp_path)
    expected = np.asarray(use(thing))
    for how in (round_trip, copy.deepcopy, copy.copy):
        other = how(thing)
        np.testing.assert_array_equal(np.asarray(use(other)), expected, err_msg=how.__name__)
        np.testing.assert_array_equal(np.asarray(use(round_trip(other))), expected)
    np.testing.assert_array_equal(np.asarray(use(thing)), expected)


def test_what_a_model_remembers_is_not_in_its_pickle():
    for model in (paragraphs(), Sent2Vec(**SMALL).fit(TEXTS)):
        before = len(pickle.dumps(model))
        model.encode(TEXTS)
        assert len(pickle.dumps(model)) == before


def test_a_used_model_works_in_other_processes(tmp_path):
    model = paragraphs()
    expected = model.encode(TEXTS[:3])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        np.testing.assert_array_equal(pool.submit(model.encode, TEXTS[:3]).result(), expected)


@pytest.mark.parametrize("kind", ["usearch", "faiss"])
def test_an_index_goes_on_after_a_pickle(kind):
    """The graph of a library travels with the rows that it is of."""
    if find_spec(kind) is None:  # not imported: faiss must come before usearch
        pytest.skip(f"{kind} is not installed")
    rows = np.random.default_rng(0).standard_normal((200, 8)).astype(np.float32)
    index = indexes.build_index(rows, norms=np.linalg.norm(rows, axis=1), kind=kind)
    expected = index.search(rows[:5], 3)
    for how in (round_trip, copy.deepcopy, copy.copy):
        np.testing.assert_array_equal(how(index).search(rows[:5], 3), expected)
