"""Names of options in other tools, and the known name that an unknown one stands for."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from wordvec.base.errors import UnknownOptionError

# What peers call an option, and what it is here, the first that a class has.
_CALLED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "size",
            "dim",
            "dims",
            "dimension",
            "dimensions",
            "vector_dim",
            "vec_size",
            "emb_dim",
            "embedding_dim",
            "embedding_size",
            "num_features",
            "no_components",
            "n_components",
        ),
        ("vector_size", "components"),
    ),
    **dict.fromkeys(("iter", "iters", "iterations", "n_iter", "epoch", "num_epochs", "n_epochs", "niter"), ("epochs",)),
    **dict.fromkeys(("lr", "learning_rate", "start_alpha", "eta", "initial_lr"), ("alpha",)),
    **dict.fromkeys(("end_alpha", "min_lr", "min_learning_rate"), ("min_alpha",)),
    **dict.fromkeys(("ws", "window_size", "context_size", "context_window"), ("window",)),
    **dict.fromkeys(("neg", "negatives", "negative_samples", "num_negatives", "neg_samples"), ("negative",)),
    **dict.fromkeys(("subsample", "t", "threshold", "downsample"), ("sample",)),
    **dict.fromkeys(("threads", "thread", "n_jobs", "num_workers", "n_threads", "no_threads"), ("workers",)),
    **dict.fromkeys(("random_state", "random_seed", "rng"), ("seed",)),
    **dict.fromkeys(("min_freq", "mincount", "minCount", "min_word_count", "vocab_min"), ("min_count",)),
    **dict.fromkeys(("max_final_vocab", "max_vocab_size", "vocab_size"), ("max_vocab",)),
    **dict.fromkeys(("minn", "min_ngram"), ("min_n",)),
    **dict.fromkeys(("maxn", "max_ngram"), ("max_n",)),
    **dict.fromkeys(("wordNgrams", "wordngrams"), ("word_ngrams",)),
    **dict.fromkeys(("buckets", "num_buckets"), ("bucket",)),
    **dict.fromkeys(("lower", "lower_case"), ("lowercase",)),
    "xmax": ("x_max",),
    "label": ("label_prefix",),
    "minCountLabel": ("min_count_label",),
    **dict.fromkeys(("pretrainedVectors", "pretrained_vectors"), ("init",)),
    "weights": ("sample_weight",),
    "classes": ("label_names",),
}
# What peers have as an option, where the class has none that does it.
_INSTEAD = {
    "sg": "SkipGram is sg=1 and CBOW is sg=0: the class says it",
    "dm": "PVDM is dm=1 and PVDBOW is dm=0: the class says it",
    "binary": "BinaryPVDBOW learns codes of documents: the class says it",
    "dbow_words": "only PVDBOW trains words by skip-gram beside documents",
    "hs": "hierarchical softmax is an option of SkipGram, CBOW and FastText",
    "cbow_mean": "CBOW takes the mean; cbow_grad of CBOW says what each word of the window gets",
    "compute_loss": "the losses of all epochs are in metadata['loss'] of the result",
    "corpus_file": "give the path to fit(path)",
    "model": "the class says which model it is; wordvec.train takes its name",
    **dict.fromkeys(
        ("sentences", "corpus", "corpus_iterable", "documents", "texts", "data", "input"),
        "give the corpus to fit(corpus)",
    ),
    **dict.fromkeys(
        ("sorted_vocab", "batch_words", "null_word", "hashfxn", "trim_rule", "comment", "verbose"),
        "leave it out, nothing here needs it",
    ),
}

_OF_FIT = ("init", "keep_context", "callbacks", "progress", "tokenizer", "cache")


def nearest_name(name: str, known: Sequence[str]) -> str:
    """What to write in place of an unknown name: ": did you mean ...?", or nothing where none is near.

    >>> nearest_name("vector_sizes", ["window", "vector_size"]), nearest_name("iter", ["epochs"])
    (': did you mean vector_size?', ': did you mean epochs?')
    """
    meant = meant_by(name, known)
    return f": did you mean {meant}?" if meant else ""


def meant_by(name: str, known: Sequence[str]) -> str | None:
    """The known name that an unknown one stands for elsewhere, else the nearest one; None where there is none."""
    called = [other for other in _CALLED.get(name, ()) if other in known]
    return next(iter(called or get_close_matches(name, known, 1)), None)


def unknown_option(name: str, of: str, known: Sequence[str]) -> UnknownOptionError:
    """The error for an option that there is not: what is near, else what does the same, and what there is."""
    instead = _INSTEAD.get(name, "")
    if name in _OF_FIT:  # of classes; where the options of fit are known as well, there is no such option in them
        instead = "" if "callbacks" in known else "give it to fit"
    near = f": {instead}." if instead else nearest_name(name, known)
    there = f"The options of {of} are {', '.join(known)}" if known else f"{of} has no options"
    return UnknownOptionError(f"{name} must be an option of {of}{near or '.'} {there}")
