"""Which options are good: a sweep of windows and sizes, judged by similarity, and a classifier that tunes itself."""

from pathlib import Path

import wordvec
from wordvec.classify import autotune

CORPORA = Path(__file__).parent.parent / "corpora"


def main():
    result = wordvec.sweep(
        CORPORA / "sample.txt",
        {"window": [2, 5], "vector_size": [16, 32]},
        data=CORPORA,
        metric="similarity",
        seeds=2,
        epochs=2,
        folder="sweep",  # a second call goes on from there
    )
    for setting in result.settings:  # the best first
        print(f"{setting}: {setting.value:.3f} +- {setting.deviation:.3f}, {setting.seconds:.2f} s")
    vectors = wordvec.load(result.best.trials[0].vectors)
    print("nearest to guitar:", [word for word, _ in vectors.most_similar("guitar", topn=3)])

    texts = ["first one then the other", "the other then first one"] * 50  # the order says the label
    labels = ["ahead", "behind"] * 50
    tuned = autotune(texts, labels, valid=texts[:10], valid_labels=labels[:10], trials=6, metric="accuracy")
    for trial in tuned.trials:
        print(trial.number, trial.options, trial.value)
    print("the best has", tuned.best.options["word_ngrams"], "words in its longest n-gram")


if __name__ == "__main__":
    main()
