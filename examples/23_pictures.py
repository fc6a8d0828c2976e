"""Pictures: a map of words by topic, their cosines, an analogy, the loss, and a tree; each is written to a file."""

import tempfile
from pathlib import Path

import wordvec

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
TOPICS = {
    "music": ["guitar", "violin", "piano", "drums"],
    "food": ["bread", "cheese", "cake", "soup"],
    "places": ["france", "paris", "japan", "tokyo"],
}
TREE = [("dog", "mammal"), ("cat", "mammal"), ("owl", "bird"), ("mammal", "animal"), ("bird", "animal")]


def main():
    try:
        from wordvec import plot

        vectors = wordvec.SkipGram(vector_size=40, epochs=5, min_count=5, workers=1).fit(SAMPLE)
        topics = {name: [word for word in words if word in vectors] for name, words in TOPICS.items()}
        words = [word for group in topics.values() for word in group]
        tree = wordvec.Poincare(vector_size=2, epochs=100, workers=1).fit(TREE)
        figures = {
            "map.svg": vectors.plot(topics),
            "cosines.png": plot.similarity(vectors, words),
            "analogy.pdf": plot.analogy(vectors, "france", "paris", "japan"),
            "loss.svg": plot.loss(vectors),
            "tree.svg": tree.plot(edges=TREE),
        }
    except wordvec.LibraryError as error:
        print("skipped:", error)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in figures.items():
            plot.save(figure, Path(folder, name))
            print(f"{name:12}", Path(folder, name).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
