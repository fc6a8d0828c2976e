"""The slow twin of the classifier: rows of a line one by one, losses and steps in float64; and texts to learn from."""

import numpy as np

from wordvec.classify import TextClassifier

KINDS = {
    "words": {},
    "ova": {"loss": "ova"},
    "hs": {"loss": "hs"},
    "characters": {"min_n": 2, "max_n": 4, "bucket": 5000},
    "word n-grams": {"word_ngrams": 3, "bucket": 5000},
    "bytes": {"byte_ngrams": "2,3,5", "bucket": 5000},
}


def texts_of(count, seed=0):
    """(texts, labels): half of the words of a text tell its label, the others nothing."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(["sport", "music", "politics", "art"], count, p=[0.4, 0.3, 0.2, 0.1]).tolist()
    texts = []
    for label in labels:
        own = [f"{label[:2]}{n}é" for n in rng.integers(0, 40, 5)]
        texts.append(" ".join(rng.permutation([*own, *(f"w{n}" for n in rng.zipf(1.5, 5) % 500)]).tolist()))
    return texts, labels


TRAIN, TEST = texts_of(1500), texts_of(300, 1)


def small(**how):
    return TextClassifier(**{"vector_size": 12, "workers": 1, "epochs": 8, "alpha": 0.5, **how})


def fnv32(data):
    """The hash of fastText: bytes are sign-extended."""
    h = 2166136261
    for byte in data:
        h = ((h ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return h


def signed(h):
    return h - 2**32 if h >= 2**31 else h


def word_bag(tokens, words, *, min_n=0, max_n=0, word_ngrams=1, bucket=0):
    """The rows of fastText: ids of known words, then words + bucket numbers of n-grams."""
    tokens = [*tokens, "</s>"]
    rows = []
    for token in tokens:
        if token in words:
            rows.append(words.index(token))
        if max_n and token != "</s>":
            padded = f"<{token}>"
            for i in range(len(padded)):
                for n in range(max(1, min_n), max_n + 1):
                    gram = padded[i : i + n]
                    if len(gram) == n and not (n == 1 and i in (0, len(padded) - 1)):
                        rows.append(len(words) + fnv32(gram.encode()) % bucket)
    hashes = [signed(fnv32(token.encode("utf-8", "surrogateescape"))) for token in tokens]
    for i in range(len(hashes)):
        h = hashes[i] % 2**64
        for j in range(i + 1, min(i + word_ngrams, len(hashes))):
            h = (h * 116049371 + hashes[j]) % 2**64
            rows.append(len(words) + h % bucket)
    return rows


def byte_bag(data, lengths, bucket):
    """The rows of byteSteady: FNV-1a of 64 bits."""
    rows = []
    for i in range(len(data)):
        for n in lengths:
            if i + n <= len(data):
                h = 0xCBF29CE484222325
                for byte in data[i : i + n]:
                    h = ((h ^ byte) * 0x100000001B3) % 2**64
                rows.append(h % bucket)
    return rows


def loss_of(input, output, bag, labels, kind, paths=None):
    """The loss of one line."""
    h = input[bag].mean(axis=0)
    z = output @ h
    if kind == "softmax":
        return np.log(np.exp(z - z.max()).sum()) + z.max() - np.mean(z[labels])
    if kind == "ova":
        return np.logaddexp(0, z).sum() - z[labels].sum()
    total = 0.0
    for label in labels:
        nodes, bits = paths[label]
        total += sum(np.logaddexp(0, z[n]) - bit * z[n] for n, bit in zip(nodes, bits)) / len(labels)
    return total


def step(input, output, bag, labels, kind, alpha, paths=None):
    """One step of one line, in place, and its loss: from the old values; of "hs" one label after another."""
    h, loss = input[bag].mean(axis=0), 0.0
    error = np.zeros_like(h)
    if kind == "hs":
        for label in labels:
            loss += loss_of(input, output, bag, [label], kind, paths) / len(labels)
            for node, bit in zip(*paths[label]):
                g = alpha / len(labels) * (bit - 1 / (1 + np.exp(-output[node] @ h)))
                error += g * output[node]
                output[node] += g * h
    else:
        z, loss = output @ h, loss_of(input, output, bag, labels, kind)
        g = -np.exp(z - z.max()) / np.exp(z - z.max()).sum() if kind == "softmax" else -1 / (1 + np.exp(-z))
        g[labels] += 1 / len(labels) if kind == "softmax" else 1
        error = alpha * g @ output
        output += alpha * np.outer(g, h)
    np.add.at(input, bag, error / len(bag))
    return loss
