"""fastText's own Python names over wordvec: `from wordvec import fasttext` is the only line of a script to change."""

from wordvec.fasttext import FastText, util
from wordvec.fasttext.FastText import _FastText, load_model, train_supervised, train_unsupervised
from wordvec.fasttext.options import loss_name, model_name
from wordvec.fasttext.tokens import BOW, EOS, EOW, tokenize

__all__ = [
    "BOW",
    "EOS",
    "EOW",
    "FastText",
    "_FastText",
    "load_model",
    "loss_name",
    "model_name",
    "tokenize",
    "train_supervised",
    "train_unsupervised",
    "util",
]
