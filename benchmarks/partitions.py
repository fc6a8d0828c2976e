"""Tables whose rows words share, trained as the bags of words of a classifier, for claims.py."""

from __future__ import annotations

import statistics

import numpy as np

import wordvec
from wordvec import search
from wordvec.evaluate import word_pairs
from wordvec.trainers.hashed import digits, residues

TABLES = {  # name: options of HashEmbedding, rows of a word, how they are composed
    "hashing trick": {"hash_count": 1},
    "quotient-remainder, multiply": {"scheme": "qr"},
    "quotient-remainder, add": {"scheme": "qr", "operation": "add"},
    "residues, multiply": {"scheme": "residues"},
    "residues, add": {"scheme": "residues", "operation": "add"},
}


@np.errstate(over="ignore", invalid="ignore")  # too high a rate: accuracy is then that of chance
def bag_accuracy(bags, labels, rows, multiply, adagrad, alpha, seed, size=16, epochs=8):
    """(validation, test) accuracy of a softmax over the mean vector of a text; words have `rows` [V, parts]."""
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(seed)
    words, parts = rows.shape
    spread = [csr_matrix((np.ones(words, np.float32), (np.arange(words), part))) for part in rows.T]
    tables = [rng.normal(0, 0.1, (part.shape[1], size)).astype(np.float32) for part in spread]
    if multiply:
        tables[1:] = [1 + some for some in tables[1:]]
    parameters = [
        *tables,
        np.zeros((size, labels.max() + 1), np.float32) + rng.normal(0, 0.1, (size, labels.max() + 1)),
    ]
    squares = [np.full(some.shape, 1e-8) for some in parameters]
    order = np.random.default_rng(0).permutation(len(labels))
    train, valid, test = np.split(order, [int(0.7 * len(order)), int(0.8 * len(order))])

    def composed():
        each = [part @ some for part, some in zip(spread, parameters[:parts], strict=True)]
        return each, (each[0] * each[1] if multiply else sum(each))

    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(train), len(train) // 128):
            each, vectors = composed()
            hidden = bags[batch] @ vectors
            wrong = hidden @ parameters[-1]
            wrong = np.exp(wrong - wrong.max(axis=1, keepdims=True))
            wrong /= wrong.sum(axis=1, keepdims=True)
            wrong[np.arange(len(batch)), labels[batch]] -= 1
            wrong /= len(batch)
            of_words = bags[batch].T @ (wrong @ parameters[-1].T)
            gradients = [part.T @ (of_words * each[1 - i] if multiply else of_words) for i, part in enumerate(spread)]
            gradients.append(hidden.T @ wrong)
            for some, square, gradient in zip(parameters, squares, gradients, strict=True):
                if adagrad:
                    square += gradient**2
                    gradient = gradient / np.sqrt(square)
                some -= (alpha * gradient).astype(some.dtype)
    vectors = composed()[1]
    right = (bags @ vectors @ parameters[-1]).argmax(axis=1) == labels
    return float(right[valid].mean()), float(right[test].mean())


def rows_of(scheme, words, bucket):
    """[V, parts] the rows of each rank, by the functions of the package, or at random for hashes."""
    if scheme.startswith("quotient"):
        rows = digits(words, bucket, 2)
    elif scheme.startswith("residues"):
        rows = residues(words, bucket, 2)
    else:
        rows = np.random.default_rng(7).integers(0, bucket, (words, 1)).astype(np.int32)
    return np.unique(rows, return_inverse=True)[1].reshape(rows.shape)


def classified(texts, labels):
    """Test accuracies with each table, share of a full one by share: by AdaGrad, and by plain descent."""
    from sklearn.feature_extraction.text import CountVectorizer

    counts = CountVectorizer(token_pattern=r"\S+", min_df=2).fit_transform(texts).astype(np.float32).tocsr()
    counts = counts[:, np.argsort(-np.asarray(counts.sum(axis=0)).ravel(), kind="stable")]
    bags = counts.multiply(1 / np.maximum(counts.sum(axis=1), 1)).tocsr().astype(np.float32)
    words = bags.shape[1]
    for share in (1, 0.25, 0.05):
        for scheme in ["a row for each word"] if share == 1 else list(TABLES):
            rows = np.arange(words)[:, None] if share == 1 else rows_of(scheme, words, int(share * words))
            cells = []
            for adagrad, rates in ((True, (0.03, 0.1, 0.3)), (False, (1.0, 4.0, 16.0))):
                how = bags, labels, rows, "multiply" in scheme, adagrad
                (_, first), rate = max((bag_accuracy(*how, rate, 1), rate) for rate in rates)  # by validation texts
                cells.append(statistics.mean([first, *(bag_accuracy(*how, rate, seed)[1] for seed in (2, 3))]))
            yield share, scheme, *cells


def fitted(target, rows, multiply, steps=200, alpha=0.05):
    """[V, D] what tables of these rows can hold of vectors [V, D]: fitted to them by AdaGrad, all words in a step."""
    from scipy.sparse import csr_matrix

    words, parts = rows.shape
    spread = [csr_matrix((np.ones(words, np.float32), (np.arange(words), part))) for part in rows.T]
    rng = np.random.default_rng(1)
    tables = [rng.normal(0, 0.02, (part.shape[1], target.shape[1])).astype(np.float32) for part in spread]
    if multiply:
        tables[1:] = [1 + 5 * some for some in tables[1:]]
    squares = [np.full(some.shape, 1e-8, np.float32) for some in tables]
    for step in range(steps):
        each = [part @ some for part, some in zip(spread, tables, strict=True)]
        wrong = (np.prod(each, axis=0) if multiply else np.sum(each, axis=0)) - target
        for i, part in enumerate(spread):
            gradient = part.T @ (wrong * each[1 - i] if multiply and parts == 2 else wrong)
            squares[i] += gradient**2
            tables[i] -= alpha * gradient / np.sqrt(squares[i]) * (1 - step / steps)
    each = [part @ some for part, some in zip(spread, tables, strict=True)]
    return np.prod(each, axis=0) if multiply else np.sum(each, axis=0)


def sharing(matrix, rows):
    """Of how many of 1,000 of the 4,000 most frequent words the nearest word has the same first, and second, row."""
    asked = np.arange(0, 4000, 4)
    near = search.nearest(matrix, matrix[asked], 1, exclude=[[i] for i in asked])[0][:, 0]
    same = (rows[near] == rows[asked]).mean(axis=0)
    return float(same[0]), float(same[1]) if len(same) > 1 else "-"


def held(vectors, files, share, words=10_000):
    """What each table can hold of the vectors of the most frequent words: mean cosine, sharing, correlations."""
    target = np.array(vectors.vectors[:words])
    target /= np.linalg.norm(target, axis=1, keepdims=True)
    for name in TABLES:
        rows = rows_of(name, words, int(share * words))
        made = fitted(target, rows, "multiply" in name)
        cosines = (target * made).sum(axis=1) / np.maximum(np.linalg.norm(made, axis=1), 1e-12)
        found = wordvec.KeyedVectors(vectors.index_to_key[:words], made)
        yield name, float(cosines.mean()), *sharing(made, rows), *(float(word_pairs(found, f).spearman) for f in files)
