"""A slow and obvious twin of the kernel of CMOW: every product computed anew, every gradient by its definition."""

import numpy as np
from reference import Stream, draw_noise, sigmoid


def windows(size, reach, stream):
    """(first word, one past the last, first that is predicted) of the windows of a sentence."""
    most = 2 * reach + 1
    if size < 2:
        return []
    if size <= most:
        return [(0, size, 0)]
    found, start, n = [], 0, reach + 1 + stream.below(reach + 1)
    while start < size:
        found.append((min(start, start + n - reach - 1), start + n, start))
        start, n = start + n, min(most, size - start - n)
    return found


def embedded(rows, vector, dim):
    """The sum of the vectors, and the product of the matrices, of some rows."""
    product = np.eye(dim)
    for row in rows:
        product = product @ (np.eye(dim) + row[vector:].reshape(dim, dim))
    return np.concatenate([np.sum([row[:vector] for row in rows], axis=0), product.ravel()])


def gradients(rows, upstream, vector, dim):
    """The gradient of each row, given that of what they make together."""
    matrices = [np.eye(dim) + row[vector:].reshape(dim, dim) for row in rows]
    found = []
    for k in range(len(rows)):
        before, after = np.eye(dim), np.eye(dim)
        for m in matrices[:k]:
            before = before @ m
        for m in matrices[k + 1 :]:
            after = after @ m
        of_matrix = before.T @ upstream[vector:].reshape(dim, dim) @ after.T
        found.append(np.concatenate([upstream[:vector], of_matrix.ravel()]))
    return np.array(found)


def descend(side, word, gradient, parts, alpha, decay):
    rows, sums, means = side
    for part, i in zip(parts, range(2)):
        g = gradient[part]
        if means is not None and g.size:
            sums[word, i] *= decay
            means[word, part] = decay * means[word, part] + (1 - decay) * g**2
            rows[word, part] -= alpha * g / (np.sqrt(means[word, part] / (1 - sums[word, i])) + 1e-8)
        elif g.any():
            sums[word, i] += np.mean(g**2)
            rows[word, part] -= alpha * g / np.sqrt(sums[word, i])


def cmow(
    ids,
    offsets,
    first,
    last,
    alpha,
    seed,
    *,
    noise,
    input,
    output,
    input_sums,
    output_sums,
    vector,
    dim,
    reach,
    pool,
    noise_weight,
    input_means=None,
    output_means=None,
    decay=0.999,
):
    """The kernel `cmow.train` on one chunk; (loss, targets)."""
    stream, total, targets = Stream(seed), 0.0, 0
    parts = slice(0, vector), slice(vector, None)
    inputs, outputs = (input, input_sums, input_means), (output, output_sums, output_means)
    for sentence in (ids[offsets[i] : offsets[i + 1]] for i in range(first, last)):
        for start, stop, predicted in windows(len(sentence), reach, stream):
            words, drawn = sentence[start:stop], draw_noise(stream, noise, pool)
            on_input, on_output = np.zeros((len(words), input.shape[1])), {}
            positives = []
            for p in range(predicted - start, len(words)):
                others = [k for k in range(len(words)) if k != p]
                h = embedded(input[words[others]], vector, dim)
                upstream = np.zeros_like(h)
                pairs = [(words[p], 1.0, 1)] + [(n, noise_weight, 0) for n in drawn if n != words[p]]
                for word, weight, label in pairs:
                    z = h @ output[word]
                    s = sigmoid(z)
                    total += weight * np.logaddexp(0, -z if label else z)
                    upstream += weight * (s - label) * output[word]
                    if label:
                        positives.append((word, (s - label) * h))
                    else:
                        on_output[word] = on_output.get(word, 0) + weight * (s - label) * h
                on_input[others] += gradients(input[words[others]], upstream, vector, dim)
                targets += 1
            for word in dict.fromkeys(drawn):
                if word in on_output:
                    descend(outputs, word, on_output[word], parts, alpha, decay)
            for word, gradient in positives:
                descend(outputs, word, gradient, parts, alpha, decay)
            for word, gradient in zip(words, on_input):
                descend(inputs, word, gradient, parts, alpha, decay)
    return total, targets
