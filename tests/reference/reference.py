"""Slow and obvious twins of the kernels, in Python and float64."""

import itertools

import numpy as np

MASK = 2**64 - 1


class Stream:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def draw(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return ((self.draw() >> 32) * n) >> 32


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def next_noise(stream, noise, count):
    """Noise words from a random place on."""
    at = stream.below(len(noise)) if count else 0
    return [int(noise[(at + k) % len(noise)]) for k in range(count)]


def draw_noise(stream, noise, count):
    """Noise words from an alias table."""
    drawn = []
    for _ in range(count):
        r = stream.draw()
        i = ((r >> 32) * len(noise)) >> 32
        drawn.append(i if (r & 0xFFFFFFFF) < noise[i][0] else int(noise[i][1]))
    return drawn


def noise_of(group, uses):
    """Which of the noise of a chunk a group has: the noise of 16 groups is used again by those that follow."""
    return group // (16 * uses) * 16 + group % 16


def update(inputs, output, pairs, alpha, nested=None):
    """One step of descent for weighted, labelled pairs (input, output row, weight, label): gradients, loss before it.

    `output` changes in place; the gradients of the inputs come back. All is taken from the values before the step. The
    loss is the sum of those of the prefixes of the sizes `nested`, and of the whole.
    """
    grad_inputs, grad_output, loss = np.zeros_like(inputs), np.zeros_like(output), 0.0
    sizes = [*(() if nested is None else nested), inputs.shape[1]]
    for (p, row, weight, label), size in itertools.product(pairs, sizes):
        score = sigmoid(inputs[p, :size] @ output[row, :size])
        loss -= weight * np.log(score if label else 1 - score)
        step = alpha * weight * (label - score)
        grad_inputs[p, :size] += step * output[row, :size]
        grad_output[row, :size] += step * inputs[p, :size]
    output += grad_output
    return grad_inputs, loss


class Bags:
    """Which rows of a table each word has, and how they make its vector: the twin of `bags.h`."""

    def __init__(self, rows, how, importance=None):
        self.rows, self.how, self.importance = rows, how, importance
        self.frozen_words, self.frozen_rows = (), ()

    def compose(self, table, word):
        parts = table[self.rows[word]]
        if self.how == "weighted":
            return self.importance[word] @ parts
        return {"mean": np.mean, "multiply": np.prod, "concat": lambda p, axis: p.ravel()}[self.how](parts, axis=0)

    def settle(self, table, word, change):
        if word in self.frozen_words:
            return
        frozen = {row: table[row].copy() for row in self.frozen_rows}
        self.move(table, word, change)
        for row, old in frozen.items():
            table[row] = old

    def move(self, table, word, change):
        rows = self.rows[word]
        if self.how == "mean":
            step = len(rows) / sum(rows.count(row) for row in rows)
            for row in rows:  # a row that stands there twice moves twice
                table[row] += step * change
        elif self.how == "concat":
            for row, part in zip(rows, np.split(change, len(rows)), strict=True):
                table[row] += part
        elif self.how == "multiply":
            others = np.array([np.delete(table[rows], i, axis=0).prod(axis=0) for i in range(len(rows))])
            for row, other in zip(rows, others, strict=True):
                table[row] += change * other / np.maximum(1, (others**2).sum(axis=0))
        else:
            p, old = self.importance[word].copy(), table[rows]
            squares = sum(a * b for a, i in zip(p, rows, strict=True) for b, j in zip(p, rows, strict=True) if i == j)
            for i, row in enumerate(rows):
                table[row] += p[i] * change / max(1, squares)
                self.importance[word][i] += old[i] @ change / max(1, (old**2).sum())


class Ring:
    """The composed vectors of a sentence: each is made when a window may reach it, and settled when none will.

    A word that stands there already has one vector for all its places.
    """

    def __init__(self, bags, table, sentence):
        self.bags, self.table, self.sentence = bags, table, sentence
        self.now, self.start, self.left, self.seen = [], [], 0, {}

    def view(self, group, reach, window, shape):
        """A matrix of the vectors of the words that the group reaches, each as at its first place there."""
        s = self.sentence
        for word in s[len(self.now) : group[-1] + 1 + window]:
            there = [j for j in range(self.left, len(self.now)) if s[j] == word]
            self.now.append(self.now[there[-1]] if there else self.bags.compose(self.table, word))
            self.start.append(self.start[there[-1]] if there else self.now[-1].copy())
        first = max(0, min(i - r for i, r in zip(group, reach, strict=True)))
        last = min(len(s) - 1, max(i + r for i, r in zip(group, reach, strict=True)))
        self.seen, matrix = {}, np.zeros(shape)
        for j in range(first, last + 1):
            if len(group) > 1 or j != group[0]:
                self.seen.setdefault(s[j], j)
        for word, j in self.seen.items():
            matrix[word] = self.now[j]
        return matrix

    def leave(self, matrix, to):
        """Take what became of the matrix, and settle the positions before `to`."""
        for word, j in self.seen.items() if matrix is not None else ():
            self.now[j][:] = matrix[word]
        for j in range(self.left, min(to, len(self.now))):
            if not any(later is self.now[j] for later in self.now[j + 1 :]):
                self.bags.settle(self.table, self.sentence[j], self.now[j] - self.start[j])
        self.left = max(self.left, to)


def word2vec(
    ids,
    offsets,
    first,
    last,
    alpha,
    seed,
    *,
    keep,
    noise,
    path_offsets,
    path,
    code,
    input,
    output,
    window,
    shrink,
    cbow,
    exact,
    centres,
    pool,
    noise_weight,
    noise_uses=1,
    bags=None,
    frozen_words=None,
    frozen_rows=None,
    nested=None,
):
    """The kernel `word2vec.train` on one chunk; (loss, targets). `bags`, of `Bags`, make an input of several rows."""
    table = input
    frozen = [] if frozen_words is None else np.flatnonzero(frozen_words)
    if bags is not None:
        bags.frozen_words, bags.frozen_rows = frozen, [] if frozen_rows is None else np.flatnonzero(frozen_rows)
    stream, total, targets, hs = Stream(seed), 0.0, 0, len(path_offsets) > 1
    sentences = [
        [w for w in ids[offsets[i] : offsets[i + 1]] if stream.draw() >> 32 <= keep[w]] for i in range(first, last)
    ]
    groups = 1 + sum(-(-len(s) // centres) for s in sentences)
    drawn = next_noise(stream, noise, pool * (1 + max(noise_of(g, noise_uses) for g in range(groups))))
    numbers = itertools.count()
    for s in sentences:
        ring = None if bags is None else Ring(bags, table, s)
        for at in range(0, len(s) if len(s) > 1 else 0, centres):
            group, number = range(at, min(at + centres, len(s))), noise_of(next(numbers), noise_uses)
            pool_words = drawn[number * pool : (number + 1) * pool]
            reach = [1 + stream.below(window) if shrink else window for _ in group]
            windows = [
                [s[j] for j in range(max(0, i - r), min(len(s), i + r + 1)) if j != i]
                for i, r in zip(group, reach, strict=True)
            ]

            if ring is not None:
                input = ring.view(group, reach, window, (len(keep), output.shape[1]))

            def outputs(word, noise_words):
                if hs:
                    some = slice(path_offsets[word], path_offsets[word + 1])
                    return [(node, 1.0, 1 - bit) for node, bit in zip(path[some], code[some], strict=True)]
                return [(word, 1.0, 1)] + [(n, noise_weight, 0) for n in noise_words if n != word]

            if cbow:
                means = np.array([np.mean(input[w], axis=0) if w else np.zeros(input.shape[1]) for w in windows])
                pairs = [(q, *rest) for q, i in enumerate(group) if windows[q] for rest in outputs(s[i], pool_words)]
                back, loss = update(means, output, pairs, alpha, nested)
                for q, words in enumerate(windows):
                    for word in (word for word in words if word not in frozen):
                        input[word] += back[q] / (len(words) if exact else 1)
                targets += sum(bool(words) for words in windows)
            else:
                pairs = [
                    (word, *rest)
                    for q, i in enumerate(group)
                    for word in windows[q]
                    for rest in outputs(s[i], pool_words)
                ]
                back, loss = update(input, output, pairs, alpha, nested)
                back[frozen] = 0
                input += back
                targets += sum(map(len, windows))
            total += loss
            if ring is not None:
                ring.leave(input, at + len(group) - window)
        if ring is not None:
            ring.leave(None, len(s))
    return total, targets
