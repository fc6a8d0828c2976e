"""The slow and obvious twin of the kernel for documents that predict words by bits."""

from itertools import pairwise

import numpy as np
from reference import Stream, next_noise, sigmoid, update


def documents_of_bits(
    ids,
    offsets,
    documents,
    alpha,
    seed,
    *,
    keep,
    noise,
    path_offsets,
    path,
    code,
    output,
    document_rows,
    centres,
    pool,
    noise_weight,
    bit,
    rounded=True,
    **_,
):
    """The kernel `word2vec.train` with `bit`, without words, on all sentences; (loss, targets).

    Not `rounded`, it is an ordinary network with a layer of sigmoids, whose gradient can be checked by differences.
    """
    stream, total, targets = Stream(seed), 0.0, 0
    sentences = [[w for w in ids[a:b] if stream.draw() >> 32 <= keep[w]] for a, b in pairwise(offsets)]
    drawn = next_noise(stream, noise, pool * (1 + sum(-(-len(s) // centres) for s in sentences)))
    for sentence, document in zip(sentences, documents, strict=True):
        for at in range(0, len(sentence), centres):
            group, pool_words, drawn = sentence[at : at + centres], drawn[:pool], drawn[pool:]
            share = sigmoid(document_rows[document])
            layer = bit * (np.where(share > 0.5, 1.0, 0.0) if rounded else share)
            pairs = []
            for word in group:
                if pool:
                    pairs += [(0, word, 1.0, 1)] + [(0, n, noise_weight, 0) for n in pool_words if n != word]
                else:
                    above = slice(path_offsets[word], path_offsets[word + 1])
                    pairs += [(0, node, 1.0, 1 - b) for node, b in zip(path[above], code[above], strict=True)]
            back, loss = update(layer[None], output, pairs, alpha)
            document_rows[document] += back[0] * bit * share * (1 - share)
            total, targets = total + loss, targets + len(group)
    return total, targets
