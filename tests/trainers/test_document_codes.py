"""Binary PV-DBOW: the straight-through step, codes that find documents of a topic, their files, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from reference_documents import documents_of_bits
from test_word2vec_kernel import LEVELS, OFF, matrices, random_sentences, realign, run, task

import wordvec
from wordvec import PVDBOW, PVDM, BinaryPVDBOW, Documents, load_documents
from wordvec.optim.descent import aligned_matrix
from wordvec.texts import Topics

DIM, TOPICS = 5, 16
SMALL = {"vector_size": 16, "min_count": 1, "workers": 1, "sample": 0.0}


def rows_of(count, dtype=np.float64):
    rows = aligned_matrix(count, DIM, dtype)
    rows[:] = np.random.default_rng(7).standard_normal((count, DIM))
    return rows


def bits_task(sentences, dtype=np.float64, **options):
    """Arguments for sentences of three documents, in turn."""
    arguments = task(sentences, centres=1 if options.get("hs") else 3, **options)
    documents = np.arange(len(sentences), dtype=np.int32) % 3
    return arguments | {"documents": documents, "document_rows": rows_of(3, dtype), "with_words": False, "bit": 0.4}


@pytest.mark.parametrize("options", [{}, {"hs": True}, {"pool": 19, "sample": 0.05}], ids=str)
def test_equals_its_twin(options):
    arguments = bits_task(random_sentences(), **options)
    input, output = matrices(DIM, np.float64)
    before, rows, expected = input.copy(), realign(arguments["document_rows"]), output.copy()
    loss, targets = run(arguments, input, output, 0.3)
    twin = documents_of_bits(**{**arguments, "document_rows": rows}, alpha=0.3, seed=5, output=expected)
    assert targets == twin[1] > 20 and loss == pytest.approx(twin[0], rel=1e-12)
    np.testing.assert_allclose(arguments["document_rows"], rows, rtol=0, atol=1e-12)
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-12)
    assert np.array_equal(input, before) and np.abs(rows - rows_of(3)).min() > 0


def test_without_rounding_the_twin_steps_down_the_numerical_gradient():
    arguments = bits_task([[1, 3, 2]])
    given = {name: value for name, value in arguments.items() if name not in ("document_rows", "output")}

    def call(rows, output, alpha=0.0):
        rows, output = rows.copy(), output.copy()
        loss = documents_of_bits(**given, alpha=alpha, seed=5, rounded=False, document_rows=rows, output=output)[0]
        return loss, rows, output

    start = (arguments["document_rows"], matrices(DIM, np.float64)[1])
    after = call(*start, alpha=1e-6)[1:]
    for which in (0, 1):
        numeric = np.empty_like(start[which])
        for index in np.ndindex(numeric.shape):
            losses = []
            for change in (1e-5, -1e-5):
                moved = [part.copy() for part in start]
                moved[which][index] += change
                losses.append(call(*moved)[0])
            numeric[index] = (losses[0] - losses[1]) / 2e-5
        np.testing.assert_allclose((start[which] - after[which]) / 1e-6, numeric, rtol=1e-5, atol=2e-5)
        assert np.abs(numeric).max() > 0.05


@pytest.mark.parametrize("options", [{}, {"with_words": True}, {"cbow": True, "exact": True}], ids=str)
def test_the_step_is_that_of_real_numbers_at_the_bits_times_the_slope(options):
    """One group, whose gradient for real documents is checked by differences: the rest is the same, to the words."""
    arguments = bits_task([[1, 3, 2]], shrink=False) | options
    share = 1 / (1 + np.exp(-arguments["document_rows"]))
    real = aligned_matrix(3, DIM, np.float64)
    real[:] = 0.4 * (share > 0.5)
    start, tables = real.copy(), [matrices(DIM, np.float64) for _ in range(2)]
    losses = [
        run(arguments | changed, *made, 0.3)[0]
        for changed, made in zip(({}, {"document_rows": real, "bit": 0.0}), tables, strict=True)
    ]
    assert losses[0] == losses[1] and all(np.array_equal(*pair) for pair in zip(*tables, strict=True))
    step = arguments["document_rows"] - rows_of(3)
    np.testing.assert_allclose(step, (real - start) * 0.4 * share * (1 - share), rtol=1e-10, atol=1e-15)
    assert np.abs(step[0]).min() > 0
    frozen = bits_task([[1, 3, 2]], shrink=False) | options | {"frozen_documents": True}
    run(frozen, *matrices(DIM, np.float64), 0.3)
    assert np.array_equal(frozen["document_rows"], rows_of(3))


@pytest.mark.parametrize("level", LEVELS)
def test_instruction_sets_agree(level):
    found = []
    for dtype in (np.float64, np.float32):
        arguments = bits_task(random_sentences(3), dtype)
        input, output = matrices(DIM, dtype)
        found.append((run(arguments, input, output, 0.05, level=level)[0], output, arguments["document_rows"]))
    for exact, single in zip(*found, strict=True):
        np.testing.assert_allclose(single, exact, rtol=OFF[level], atol=2 * OFF[level])


@pytest.fixture(scope="module")
def texts():
    """Half of the words of a text are of its topic, by Zipf's law; texts take their topics in turn."""
    rng = np.random.default_rng(0)
    rank = 1 / np.arange(1, 301)
    words = rng.choice(300, (960, 25), p=rank / rank.sum())
    order = np.array([rng.permutation(300) for _ in range(TOPICS)])
    own = rng.random(words.shape) < 0.5
    made = np.where(own, order[np.arange(960) % TOPICS][np.arange(960)[:, None], words], words)
    return [" ".join(f"w{word}" for word in row) for row in made]


@pytest.fixture(scope="module")
def model(texts):
    return BinaryPVDBOW(**SMALL).fit(texts)


def precision(vectors, k=10):
    """The share of the k nearest by cosine, ties in order, that have the same topic."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.round(unit @ unit.T, 5)
    np.fill_diagonal(cosines, -2)
    near, topic = np.argsort(-cosines, axis=1, kind="stable")[:, :k], np.arange(len(vectors)) % TOPICS
    return (topic[near] == topic[:, None]).mean()


def test_learned_codes_find_more_of_a_topic_than_signs_do(model, texts):
    """At the same number of bits, also of signs about the mean, with the learning rate that suits these best."""
    codes = np.array(model.documents.vectors)
    np.testing.assert_allclose(np.abs(codes), 1, rtol=1e-6)
    assert 0.35 < (codes > 0).mean() < 0.65
    real = PVDBOW(**SMALL, alpha=0.05).fit(texts).documents.vectors
    signs = max(precision(np.sign(real)), precision(np.sign(real - real.mean(axis=0))))  # .46, by chance .06
    assert precision(codes) > signs + 0.06 and precision(model.encode(texts[:480])) > signs + 0.05  # .61, .57


def test_documents_are_kept_as_bits_and_searched_by_hamming_distance(model):
    codes = np.array(model.documents.vectors)
    assert model.documents.rows.name == "bits" and model.documents.vectors.nbytes < codes.nbytes / 4
    distance = ((codes > 0) != (codes[3] > 0)).sum(axis=1)
    found = model.documents.most_similar("3", topn=10)
    for key, cosine in found:
        assert cosine == pytest.approx(1 - 2 * distance[int(key)] / 16, abs=1e-6)
    assert sorted(distance)[1:11] == [distance[int(key)] for key, _ in found]


@pytest.mark.parametrize("keep_real", [False, True])
def test_repeats_and_is_saved_and_loaded(keep_real, texts, tmp_path):
    some, trainer = texts[:80], BinaryPVDBOW(**SMALL, epochs=2, keep_real=keep_real)
    made, again = trainer.fit(some), trainer.fit(some)
    made.save(tmp_path / "model")
    loaded = load_documents(tmp_path / "model")
    assert isinstance(loaded, Documents) and loaded.trainer == replace(trainer, workers=None)
    assert loaded.documents.rows.name == "bits"
    for other in (again, loaded):
        assert np.array_equal(made.documents.vectors, other.documents.vectors)
        assert np.array_equal(made.output, other.output)
        assert np.array_equal(made.encode(some[:3]), other.encode(some[:3]))


def test_real_numbers_are_kept_on_request(model, texts):
    real = BinaryPVDBOW(**SMALL, keep_real=True).fit(texts)
    rows, codes = np.array(real.documents.vectors), np.array(model.documents.vectors)
    assert np.array_equal(rows > 0, codes > 0) and len(np.unique(rows)) > 10_000
    assert np.array_equal(real.encode(texts[:9]) > 0, model.encode(texts[:9]) > 0)
    key, cosine = real.documents.most_similar("3", topn=1)[0]
    pair = rows[[3, int(key)]]
    assert cosine == pytest.approx(pair[0] @ pair[1] / np.prod(np.linalg.norm(pair, axis=1)), abs=1e-5)


def test_equal_texts_have_equal_codes_and_unknown_ones_none(model, texts):
    codes = model.encode([texts[0], "", "nothing known", texts[0]])
    assert np.array_equal(codes[0], codes[3]) and codes[0].all() and not codes[1:3].any()
    made = BinaryPVDBOW(**SMALL, epochs=1).fit(["", "a b", ""])
    assert not made.documents.vectors[[0, 2]].any() and made.documents.vectors[[1]].all()


def test_refuses(model, texts):
    for kind in (PVDBOW, PVDM):
        with pytest.raises(wordvec.OptionError, match="BinaryPVDBOW learns codes of documents"):
            kind(binary=True)
    with pytest.raises(wordvec.OptionError, match="only PVDBOW trains words by skip-gram"):
        BinaryPVDBOW(dbow_words=True)
    with pytest.raises(wordvec.OptionError, match="words must be trained"):
        Topics(model, {"x": ["w1"]})
    with pytest.raises(wordvec.TrainingError, match="smaller alpha"):
        BinaryPVDBOW(**SMALL | {"alpha": 1e30}).fit(texts[:50])
