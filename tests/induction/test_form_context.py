"""The form-context model: its gradient, its twin, planted forms and contexts, files, and unknown words."""

import warnings

import numpy as np
import pytest
from reference_induction import form_context

import wordvec
from wordvec import CorpusError, FormatError, FormContext, KeyedVectors, OptionError, induce
from wordvec.contexts.means import Text, of_corpus
from wordvec.corpus import encode_corpus
from wordvec.induction import FormContextOptions
from wordvec.induction.mimicking import Gated, pools_of

RNG = np.random.default_rng(11)
QUICK = {"fit_min_count": 5, "epochs": 60, "batch": 16, "alpha": 0.1, "workers": 1, "min_n": 3, "max_n": 3}


@pytest.fixture(scope="module")
def planted():
    """Words of a stem and an ending: the vector is the sum of both, and the context words tell of the stem alone."""
    stems = {"".join(letters): RNG.normal(size=8) for letters in RNG.choice(list("bcdfgklm"), (20, 3))}
    endings = {"ova": RNG.normal(size=8), "iti": RNG.normal(size=8), "une": RNG.normal(size=8)}
    near = {f"near_{stem}": vector + 0.1 * RNG.normal(size=8) for stem, vector in stems.items()}
    words = {s + e: stems[s] + endings[e] for s in stems for e in endings}
    names = list(words)
    kept = {name: words[name] for name in names[:-6]} | near
    vectors = KeyedVectors(list(kept), np.array(list(kept.values()), np.float32))
    text = [[f"near_{name[:-3]}", name, f"near_{name[:-3]}"] for name in names for _ in range(12)]
    model = FormContext.fit(vectors, text, **QUICK)
    return vectors, text, words, names, model


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_form_and_context_are_learned_and_together_they_are_best(planted):
    vectors, text, words, names, model = planted
    assert model.loss[-1] < 0.5 * model.loss[0] and len(model.loss) == 60
    new = model.induce(text, names[-6:])
    unseen = model.vectors.vocabulary.ids(names[-6:])
    assert (unseen < 0).all()
    forms, has = model.form_vectors(names[-6:])
    assert has.all()
    both, form = ([cosine(rows, words[name]) for name, rows in pairs] for pairs in (
        [(name, new[name]) for name in names[-6:]], list(zip(names[-6:], forms))))  # fmt: skip
    assert np.mean(both) > 0.85 and np.mean(form) > 0.6
    context = induce(vectors, text, names[-6:], method="additive")
    assert np.mean(both) > np.mean([cosine(context[name], words[name]) for name in names[-6:]])


def test_vectors_are_those_of_the_twin(planted):
    model = planted[-1]
    contexts = {"bcdova": [["near_x", "bcdova", list(model.vectors)[-1]]], "zzz": [["zzz", list(model.vectors)[-1]]]}
    contexts["gklune"] = [["gklune", "unknown"]]
    new = model.induce(contexts=contexts)
    forms, has = model.form_vectors(list(contexts))
    assert has.tolist() == [True, False, True]
    mean = model.vectors[list(model.vectors)[-1]]
    means = np.array([mean, mean, np.zeros(8)])
    expected = form_context(forms, has, means, [True, True, False], model.matrix, model.gate[:-1], model.gate[-1])
    for word, vector in zip(contexts, expected):
        np.testing.assert_allclose(new[word], vector, rtol=1e-4, atol=1e-5)


def test_the_order_of_contexts_does_not_matter(planted):
    vectors, _, _, _, model = planted
    sentences = [[word, "bcdova"] for word in list(vectors)[-5:]]
    one, other = (model.induce(contexts={"bcdova": some})["bcdova"] for some in (sentences, sentences[::-1]))
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("single", [False, True])
def test_gradients_are_those_of_the_loss(single):
    size, words = 3, 5
    gated = Gated(np.zeros((0, size)), *(RNG.normal(size=shape) for shape in ((size, size), 2 * size, ())))
    if single:
        gated.weights[:] = 0
    forms, means, gold = (RNG.normal(size=(words, size)) for _ in range(3))
    has_form, known = np.array([1, 1, 1, 0, 1], bool), np.array([1, 1, 0, 1, 1], bool)
    forms[~has_form], means[~known] = 0, 0

    def loss():
        return float(((gated.forward(forms, has_form, means, known).vectors - gold) ** 2).sum())

    made = gated.forward(forms, has_form, means, known)
    found = gated.gradients(forms, has_form, means, known, made, 2 * (made.vectors - gold), single)
    gated.bias = np.atleast_1d(gated.bias)
    for array, gradient in zip((forms, gated.matrix, gated.weights, gated.bias), found):
        if array is gated.weights and single:
            continue  # they stay zero
        for place in np.ndindex(array.shape):
            if array is forms and not has_form[place[0]]:
                continue
            old, values = array[place], []
            for step in (1e-6, -1e-6):
                array[place] = old + step
                values.append(loss())
            array[place] = old
            assert np.atleast_1d(gradient)[place] == pytest.approx((values[0] - values[1]) / 2e-6, abs=1e-4)


def test_contexts_are_drawn_from_those_of_the_word(planted):
    vectors, text, *_ = planted
    options = FormContextOptions(most_contexts=3, workers=1)
    corpus = encode_corpus(text, min_count=1)
    sentences = of_corpus(vectors, corpus, options)
    ids = np.flatnonzero(sentences.rows >= 0)
    target = np.full(len(sentences.rows), -1, np.int32)
    target[ids] = np.arange(len(ids))
    pools = pools_of(Text(sentences, target, False), sentences.counts[ids], len(vectors), options)
    drawn = pools.drawn(np.arange(len(ids)), 3, np.random.default_rng(1))
    assert drawn.sizes.max() <= 6 and (drawn.sizes > 0).any()
    for number, identity in enumerate(ids):
        rows = drawn.rows[drawn.starts[number] : drawn.starts[number] + drawn.sizes[number]]
        word = corpus.vocabulary[int(identity)]
        if not word.startswith("near_"):
            assert {vectors.index_to_key[row] for row in rows.tolist()} <= {f"near_{word[:-3]}"}


def test_one_seed_gives_the_same_bytes_for_any_number_of_workers(planted):
    vectors, text, _, _, model = planted
    again = FormContext.fit(vectors, text, **(QUICK | {"workers": 3}))
    assert again.subwords.table.tobytes() == model.subwords.table.tobytes()
    assert again.matrix.tobytes() == model.matrix.tobytes() and again.loss == model.loss


def test_the_form_alone_needs_no_text_and_serves_unknown_words(planted, tmp_path):
    vectors, _, words, names, _ = planted
    model = FormContext.fit(vectors, gate="single", **(QUICK | {"fit_min_count": 1}))
    assert not model.gate[:-1].any()
    forms = model.with_forms()
    assert forms.oov == "subword" and names[-1] not in forms
    assert np.mean([cosine(forms[name], words[name]) for name in names[-6:]]) > 0.6
    forms.save(tmp_path / "forms.safetensors")
    assert (wordvec.load(tmp_path / "forms.safetensors")[names[-1]] == forms[names[-1]]).all()
    with pytest.warns(UserWarning, match="1 of 2 words"):
        new = model.induce(contexts={names[-1]: [], "x": []})  # without a context the form is left
    assert list(new) == [names[-1]] and (new[names[-1]] == forms[names[-1]]).all()


def test_models_are_saved_and_loaded(planted, tmp_path):
    vectors, text, _, names, model = planted
    path = tmp_path / "model.safetensors"
    model.save(path)
    loaded = FormContext.load(path, vectors)
    assert loaded.options == FormContextOptions(**(model.options.to_dict() | {"workers": None}))
    one, other = (some.induce(text, names[-6:]) for some in (model, loaded))
    np.testing.assert_allclose(one.vectors, other.vectors, rtol=1e-4, atol=1e-6)
    again = induce(vectors, text, names[-6:], method="form-context", model=loaded, window=1)
    assert again.metadata["induced"]["options"]["fit_min_count"] == 5  # as in the fit, where not given
    assert again.metadata["induced"]["options"]["window"] == 1
    with pytest.raises(OptionError, match="vectors must have 8 dimensions, as the model"):
        FormContext.load(path, KeyedVectors(["a"], [[1.0]]))
    vectors.save(tmp_path / "vectors.safetensors")
    with pytest.raises(FormatError, match="must hold a form-context model"):
        FormContext.load(tmp_path / "vectors.safetensors", vectors)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"contexts": {"new": [["a", "new"]]}}, "model must be given with contexts"),
        ({"corpus": [["a", "new"]], "min_n": 4, "max_n": 3}, "min_n and max_n must be"),
        ({"corpus": [["a", "new"]], "gate": "open"}, "gate must be one of gated, single"),
        ({"corpus": [["a", "new"]], "alone": 0.6}, "alone must be a number >= 0, <= 0.5|alone must be"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    kv = KeyedVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(OptionError, match=message):
        induce(kv, method="form-context", **arguments)


def test_words_without_common_ngrams_have_contexts_alone():
    kv = KeyedVectors(["aaa", "bbb"], [[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(CorpusError, match="4 words or more must share an n-gram"):
        FormContext.fit(kv)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        new = induce(kv, [["aaa", "bbb", "new"]] * 5, method="form-context", window=1, epochs=1)
    assert list(new) == ["new"] and np.isfinite(new.vectors).all()
