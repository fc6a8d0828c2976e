"""What a lexicon knows brought into vectors: retrofitting, counter-fitting, a graph joined, features with baselines."""

import json
from itertools import combinations
from pathlib import Path

import wordvec
from wordvec import KeyedVectors
from wordvec.align import counterfit, fit_features, graph_vectors, join_graph, relative, retrofit

CORPORA = Path(__file__).parent.parent / "corpora"


def main():
    vectors = wordvec.SkipGram(vector_size=40, epochs=2).fit(CORPORA / "sample.txt")
    topics = json.loads((CORPORA / "sample-topics.json").read_text())
    known = {topic: [word for word in words if word in vectors][:24] for topic, words in topics.items()}
    pairs = [pair for words in known.values() for pair in combinations(words, 2)]
    print(f"{len(pairs)} pairs of words of one topic; {pairs[0]}: {vectors.similarity(*pairs[0]):.2f}", end=" before, ")

    made = retrofit(vectors, pairs)
    print(f"{made.similarity(*pairs[0]):.2f} retrofitted: {made.metadata['retrofit']['moved']} words moved")
    first, second = known["food"][:2]
    apart = counterfit(vectors, None, [(first, second)])
    cosines = [f"{kv.similarity(first, second):.2f}" for kv in (vectors, apart)]
    print(f"{first} and {second} taken for antonyms: {' before, '.join(cosines)} after")

    graph = graph_vectors(pairs, vector_size=20)
    topic_of = {word: topic for topic, words in topics.items() for word in words if word in vectors}
    others = [word for word in topic_of if word not in graph]
    joined = {f"joined with it, power {power}": join_graph(vectors, graph, power=power) for power in (0.0, 1.0)}
    for name, kv in {"before": vectors, **joined}.items():
        near = kv.most_similar_batch(others, topn=10)
        own = [
            topic_of.get(found) == topic_of[word] for word, line in zip(others, near, strict=True) for found, _ in line
        ]
        print(f"words that the graph lacks, {name}: {sum(own) / len(own):.1%} of their neighbours are of their topic")

    names = [word for words in topics.values() for word in words if word in vectors]
    kinds = [[float(word in words) for words in topics.values()] for word in names]
    found = fit_features(vectors, KeyedVectors(names, kinds))
    for name, scores in found.report.items():
        print(f"topics of words held out, by {name:6} cosine {scores.cosine:.2f}  mean squared error {scores.mse:.4f}")

    again = wordvec.SkipGram(vector_size=60, epochs=2, seed=3).fit(CORPORA / "sample.txt")
    anchors = vectors.index_to_key[:300]
    left, right = relative(vectors, anchors), relative(again, anchors)
    print("guitar by its cosines with 300 anchors, found in another training:", end=" ")
    print([word for word, _ in right.most_similar([left["guitar"]], topn=3)])


if __name__ == "__main__":
    main()
