"""The slow twin of the kernel of words with several senses, in Python and float64."""

import numpy as np
from reference import Stream, draw_noise, sigmoid
from scipy.special import digamma


def log_sigmoid(z):
    return -np.logaddexp(0, -z)


def softmax(scores):
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def priors(n, concentration, discount):
    """E log pi of all senses of a word."""
    rest = n[::-1].cumsum()[::-1] - n
    a, b = 1 + n - discount, concentration + discount * np.arange(1, len(n) + 1) + rest
    left = digamma(b) - digamma(a + b)
    return digamma(a) - digamma(a + b) + np.concatenate([[0], left.cumsum()[:-1]])


def considered(n, prior, least):
    """The senses that are used, the first unused one, and those that are not much less probable than it."""
    unused = np.flatnonzero(n < 1)
    return [k for k in range(len(n)) if n[k] >= 1 or prior[k] >= prior[unused[0]] + np.log(least)]


class Twin:
    """Arguments of the kernel, and its arrays, which change in place."""

    def __init__(self, arguments, arrays):
        self.__dict__.update({"single": False, "threshold": -2, "least": 1e-3, "discount": 0.0, "entropy": 0.0})
        self.__dict__.update({"pool": 0, "concentration": 0.1} | arguments | arrays)
        self.senses, self.loss, self.targets = self.expected.shape[1], 0.0, 0

    def train(self, kernel, alpha, seed):
        self.kernel, self.alpha, self.stream = kernel, alpha, Stream(seed)
        for first, last in zip(self.offsets, self.offsets[1:]):
            sentence = [w for w in self.ids[first:last] if (self.stream.draw() >> 32) <= self.keep[w]]
            for i in range(len(sentence)):
                self.occurrence(sentence, i)

    def occurrence(self, s, i):
        reach = 1 + self.stream.below(self.window) if self.shrink else self.window
        context = [s[j] for j in range(max(0, i - reach), min(len(s), i + reach + 1)) if j != i]
        noise = draw_noise(self.stream, self.noise, self.pool) if context else []
        if not context:
            return
        pairs = self.weighted(context, noise)
        self.targets += len(context)
        word, old = s[i], self.output.copy()
        if self.choice == self.kernel.DISAMBIGUATED:
            self.mixture(word, context, pairs, old)
            return
        senses, prior = [0], np.zeros(1)
        if self.choice == self.kernel.ADAGRAM:
            every = priors(self.expected[word], self.concentration, self.discount)
            senses = considered(self.expected[word], every, self.least)
            prior = every[senses]
        elif not self.single:
            senses = [self.nearest(word, context)]
        rows = [word * self.senses + k for k in senses]
        fits = np.array([self.fit(self.input[row], pairs) for row in rows])
        share = softmax(prior + fits)
        self.loss -= share @ fits
        for row, part in zip(rows, share):
            if part >= self.least:
                change = self.step(self.input[row], pairs, old, part)
                self.input[row] += change
        if self.choice == self.kernel.ADAGRAM:
            self.count(word, senses, share)

    def weighted(self, context, noise):
        """(output row, weight, label) of all that an occurrence predicts."""
        pairs = []
        for word in context:
            if len(self.noise):
                pairs.append((word, 1.0, 1))
                pairs += [(other, self.noise_weight, 0) for other in noise if other != word]
            else:
                at = slice(self.path_offsets[word], self.path_offsets[word + 1])
                pairs += [(row, 1.0, 1 - int(code)) for row, code in zip(self.path[at], self.code[at])]
        return pairs

    def fit(self, vector, pairs):
        return sum(w * log_sigmoid((1 if label else -1) * (vector @ self.output[row])) for row, w, label in pairs)

    def step(self, vector, pairs, old, part):
        change, vector = np.zeros_like(vector), vector.copy()
        for row, weight, label in pairs:
            g = self.alpha * part * weight * (label - sigmoid(vector @ old[row]))
            change += g * old[row]
            self.output[row] += g * vector
        return change

    def count(self, word, senses, share):
        seen = np.zeros(self.senses)
        seen[senses] = share
        self.expected[word] += self.alpha * (seen * self.counts[word] - self.expected[word])

    def nearest(self, word, context):
        c, n = self.output[context].mean(axis=0), self.expected[word]
        rows = np.arange(self.senses) + word * self.senses
        used = int((n > 0).sum())
        lengths = np.linalg.norm(self.centres[rows[:used]], axis=1) * np.linalg.norm(c)
        cosines = self.centres[rows[:used]] @ c / lengths
        best = int(cosines.argmax()) if used else 0
        if used < self.senses:
            founds = used == 0 or cosines[best] < self.threshold
            if used and self.threshold < -1:
                chance = 10 * self.senses * (1 - cosines[best]) / self.counts[word]
                founds = (self.stream.draw() >> 11) / 2**53 < chance
            if founds:
                if used:
                    self.input[rows[used]] = self.input[rows[best]]
                self.centres[rows[used]], best = 0, used
        n[best] += 1
        self.centres[rows[best]] += (c - self.centres[rows[best]]) / n[best]
        return best

    def mixture(self, word, context, pairs, old):
        rows, c = np.arange(self.senses) + word * self.senses, old[context].mean(axis=0)
        input, weights = self.input[rows].copy(), self.centres[rows].copy()
        scores = weights @ c
        drawn = (np.array([self.stream.draw() >> 12 for _ in rows]) + 0.5) / 2**52
        q, z = softmax(scores), softmax((scores - np.log(-np.log(drawn))) / self.temperature)
        mixed = z @ input
        entropy = -(q * np.log(q)).sum()
        self.loss += self.entropy * entropy - self.fit(mixed, pairs)
        change = self.step(mixed, pairs, old, 1.0)
        gain = input @ change
        steps = z * (gain - z @ gain) / self.temperature + self.alpha * self.entropy * q * (np.log(q) + entropy)
        self.input[rows] += z[:, None] * change
        self.centres[rows] += steps[:, None] * c
        for other in context:
            self.output[other] += steps @ weights / len(context)
        self.count(word, list(range(self.senses)), q)
