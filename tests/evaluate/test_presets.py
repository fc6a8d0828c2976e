"""Presets give the numbers of the tools that they are named after: gensim's own, and the formulas of the others."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from wordvec import KeyedVectors
from wordvec.evaluate.policy import PRESETS, Resolver
from wordvec.evaluate.tasks import TASKS


def model(seed, size=6):
    """Words, some of them in several cases, and vectors in which some analogies hold."""
    rng = np.random.default_rng(seed)
    base, steps = rng.standard_normal((14, size)), rng.standard_normal((2, size))
    words, rows = [], []
    for i in range(14):
        for kind, step in zip("abc", (np.zeros(size), *steps)):
            words.append(f"{kind}{i}")
            rows.append(base[i] + step + 0.35 * rng.standard_normal(size))
    for i in rng.choice(len(words), 12, replace=False):
        words.append(words[i].upper())
        rows.append(rows[i] + 0.2 * rng.standard_normal(size))
    return words, np.array(rows, "f4")


@pytest.fixture(params=[1, 2])
def both(request, tmp_path):
    """Vectors, a file of pairs with repeats and unknown words, and a file of questions."""
    words, rows = model(request.param)
    rng = np.random.default_rng(request.param)
    lower = [word for word in words if word.islower()]
    pairs = [(*rng.choice([*lower, "unknown", "B3"], 2), round(float(rng.random()), 2)) for _ in range(80)]
    pairs = [(a, b, s) for a, b, s in pairs if a.lower() != b.lower()]
    pairs += [pairs[0], ("a1", "a1", 1.0)]
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{a}\t{b}\t{s}\n" for a, b, s in pairs))
    asked = [(f"a{i}", f"{k}{i}", f"a{j}", f"{k}{j}") for k in "bc" for i in range(14) for j in range(14) if i != j]
    asked += [("a1", "b1", "unknown", "b2"), ("a1", "b1", "a1", "b2"), ("a2", "b2", "b3", "a2")]
    questions = tmp_path / "questions.txt"
    questions.write_text(": family\n" + "".join(" ".join(words) + "\n" for words in asked))
    return words, rows, path, pairs, questions, asked


def outcomes(task, words, rows, path, preset):
    resolver = Resolver(KeyedVectors(words, rows), PRESETS[preset])
    found = TASKS[task].run(resolver, TASKS[task].read(path), 1)
    return {outcome.measure: outcome for outcome in reversed(found)}


def test_gensim(both):
    gensim = pytest.importorskip("gensim.models")
    words, rows, pairs_path, _, questions_path, _ = both
    theirs = gensim.KeyedVectors(rows.shape[1])
    theirs.add_vectors(words, rows)
    linear, rank, oov = theirs.evaluate_word_pairs(str(pairs_path))
    ours = outcomes("similarity", words, rows, pairs_path, "gensim")
    assert ours["spearman"].interval().score == pytest.approx(rank.statistic, abs=1e-12)
    assert ours["pearson"].interval().score == pytest.approx(linear.statistic, abs=1e-6)
    assert 100 * (1 - ours["spearman"].coverage) == pytest.approx(oov)
    accuracy, sections = theirs.evaluate_word_analogies(str(questions_path))
    answered = outcomes("analogies", words, rows, questions_path, "gensim")["3cosadd"]
    assert answered.interval().score == accuracy and 0.1 < accuracy < 0.95
    assert answered.values.sum() == len(sections[-1]["correct"]) and answered.used < answered.total


def unit(rows):
    return rows.astype(float) / np.linalg.norm(rows.astype(float), axis=1)[:, None]


def test_web(both):
    """Unknown words are the mean of the unit vectors, which is not scaled; every item counts."""
    words, rows, pairs_path, pairs, questions_path, asked = both
    units = unit(rows)
    vector = dict(zip(words, units))
    mean = units.mean(axis=0)
    scores = [vector.get(a, mean) @ vector.get(b, mean) for a, b, _ in pairs]
    expected = spearmanr(scores, [s for _, _, s in pairs]).statistic
    ours = outcomes("similarity", words, rows, pairs_path, "web")["spearman"]
    assert ours.interval().score == pytest.approx(expected, abs=1e-9) and ours.used == len(pairs)
    right = 0
    for a, b, c, d in asked:
        products = units @ (vector.get(b, mean) - vector.get(a, mean) + vector.get(c, mean))
        products[[words.index(word) for word in (a, b, c) if word in vector]] = -np.inf
        right += words[int(products.argmax())] == d
    answered = outcomes("analogies", words, rows, questions_path, "web")["3cosadd"]
    assert (answered.values.sum(), answered.used) == (right, len(asked))


def test_muse(both):
    """Pairs with an unknown word are dropped; of a b c d the third word is asked for, from a - b + d."""
    words, rows, pairs_path, pairs, questions_path, asked = both
    units = unit(rows)

    def row(word):
        forms = (word.lower(), word.lower().capitalize(), word.lower().title())
        return next((words.index(form) for form in forms if form in words), None)

    known = [(row(a), row(b), s) for a, b, s in pairs if row(a) is not None and row(b) is not None]
    expected = spearmanr([units[i] @ units[j] for i, j, _ in known], [s for _, _, s in known]).statistic
    ours = outcomes("similarity", words, rows, pairs_path, "muse")["spearman"]
    assert ours.interval().score == pytest.approx(expected, abs=1e-9) and ours.used == len(known)
    right = []
    for question in asked:
        a, b, c, d = map(row, question)
        if None not in (a, b, c, d):
            products = units @ (units[a] - units[b] + units[d])
            products[[a, b, d]] = -1e9
            right.append(int(products.argmax()) == c)
    answered = outcomes("analogies", words, rows, questions_path, "muse")["3cosadd"]
    assert (answered.values.sum(), answered.used) == (sum(right), len(right))


def test_word2vec_c(both):
    """Vocabulary and questions in upper case, the first row of a word; only the three rows are no answers."""
    words, rows, _, _, questions_path, asked = both
    units, upper = unit(rows), [word.upper() for word in words]
    right = []
    for question in asked:
        if all(word.upper() in upper for word in question):
            a, b, c = (upper.index(word.upper()) for word in question[:3])
            products = units @ (units[b] - units[a] + units[c])
            products[[a, b, c]] = -np.inf
            right.append(upper[int(products.argmax())] == question[3].upper())
    answered = outcomes("analogies", words, rows, questions_path, "c-tool")["3cosadd"]
    assert (answered.values.sum(), answered.used) == (sum(right), len(right))
