"""Vectors of the nodes of a graph, and of words by pairs: what stands together in the sentences of a text."""

from itertools import combinations, pairwise
from pathlib import Path

import wordvec
from wordvec.graphs import Graph

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"

# A graph: an edge for two neighbouring words, as often as they stand together.
sentences = [line.split() for line in SAMPLE.read_text("utf-8").splitlines()[:8000]]
edges = [(left, right, 1) for words in sentences for left, right in pairwise(words)]
graph = Graph.of(edges)
print(graph)

nodes = wordvec.Node2Vec(vector_size=32, walks=5, walk_length=40, q=0.5).fit(graph)
print("node2vec:", [word for word, _ in nodes.most_similar("king", topn=3)])

# Attributes: here the last two letters of a word. A node is learned from those of the nodes that it meets.
endings = {word: [word[-2:]] for word in graph.vocabulary}
attributed = wordvec.DeepWalk(vector_size=32, walks=5, window=3, scales="multi").fit(graph, attributes=endings)
print("DeepWalk on endings:", [word for word, _ in attributed.most_similar("king", topn=3)])

second = wordvec.LINE(vector_size=32, order=2, epochs=30).fit(graph)
print("LINE, second order:", [word for word, _ in second.most_similar("king", topn=3)])

# Pairs: every two words of a sentence, each a context of the other.
pairs = [pair for words in sentences for one, two in combinations(words, 2) for pair in ((one, two), (two, one))]
words = wordvec.Pairs(vector_size=32, min_count=5, context_min_count=5).fit(pairs, keep_context=True)
print("pairs:", [word for word, _ in words.most_similar("king", topn=3)])
print("contexts of king:", [word for word, _ in words.contexts.similar_by_vector(words["king"], topn=3)])
