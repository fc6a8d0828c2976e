"""A small tree in hyperbolic space: parents, depth, distances, and how well the points tell who is related."""

import wordvec
from wordvec.evaluate import reconstruction

PARENTS = {
    "animal": ["mammal", "bird"],
    "mammal": ["dog", "cat", "whale"],
    "bird": ["owl", "duck"],
    "dog": ["poodle", "beagle"],
    "duck": ["mallard"],
}


def ancestors(node):
    """The parents of a node, from the nearest on."""
    for parent, children in PARENTS.items():
        if node in children:
            return [parent, *ancestors(parent)]
    return []


def main():
    nodes = ["animal", *(child for children in PARENTS.values() for child in children)]
    closure = [(node, above) for node in nodes for above in ancestors(node)]
    trained = wordvec.Poincare(vector_size=2, epochs=200, workers=1).fit(closure)
    print("above poodle:", [node for node, _ in trained.parents("poodle", topn=3)])
    print("from the root:", sorted(nodes, key=trained.depth)[:3])
    print("MAP of ancestors:", round(reconstruction(trained, closure).map, 2))

    edges = [(node, ancestors(node)[0]) for node in nodes if ancestors(node)]
    placed = wordvec.Poincare(vector_size=2, method="combinatorial").fit(edges)
    siblings, strangers = placed.distance("poodle", "beagle"), placed.distance("poodle", "mallard")
    print("distance of siblings and of strangers:", round(siblings, 1), round(strangers, 1))
    print("MAP of neighbours, without training:", reconstruction(placed, edges, directed=False).map)


if __name__ == "__main__":
    main()
