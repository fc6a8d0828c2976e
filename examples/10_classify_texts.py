"""Which topic a line is about: train a classifier, test it, make it small, and use it from a mapped file."""

import json
import os
from collections import Counter
from pathlib import Path

from wordvec.classify import TextClassifier

CORPORA = Path(__file__).parent.parent / "corpora"


def labelled_lines():
    """The lines of the sample that have two words of one topic, and that topic."""
    topics = json.loads((CORPORA / "sample-topics.json").read_text(encoding="utf-8"))
    topic_of = {word: topic for topic, words in topics.items() for word in words}
    for line in (CORPORA / "sample.txt").read_text(encoding="utf-8").splitlines():
        found = Counter(topic_of[word] for word in line.split() if word in topic_of).most_common(1)
        if found and found[0][1] >= 2:
            yield line, found[0][0]


def main():
    lines = list(labelled_lines())
    test, train = lines[::10], [line for number, line in enumerate(lines) if number % 10]
    texts, labels = zip(*train)
    classifier = TextClassifier(vector_size=20, word_ngrams=2, alpha=0.5).fit(texts, labels)
    print(classifier)

    result = classifier.test(*zip(*test))
    print(f"{result.accuracy:.1%} of {result.texts} held-out lines")
    for label, probability in classifier.predict("the violin and a guitar", k=2):
        print(f"  {label} {probability:.3f}")

    small = classifier.compress(texts, labels, cutoff=1000)
    for name, one in (("whole", classifier), ("small", small)):
        one.save(f"{name}.safetensors")
        opened = TextClassifier.load(f"{name}.safetensors")  # mapped
        size = os.path.getsize(f"{name}.safetensors") / 1000
        print(f"{name}: {size:.0f} kB, {opened.test(*zip(*test)).accuracy:.1%}")


if __name__ == "__main__":
    main()
