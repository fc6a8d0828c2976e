"""The slow numpy twin of the kernel of Poincare embeddings, by the formulas of the papers."""

import numpy as np
from reference import Stream


def distance(u, v):
    """Nickel & Kiela 2017, equation 1."""
    return np.arccosh(1 + 2 * ((u - v) ** 2).sum() / ((1 - u @ u) * (1 - v @ v)))


def loss(points, child, targets, regularization=0.0):
    """The loss of one pair, the first target being the parent; gensim's regularisation of the parent beside it."""
    distances = np.array([distance(points[child], points[target]) for target in targets])
    return distances[0] + np.log(np.exp(-distances).sum()) + regularization * points[targets[0]] @ points[targets[0]]


def distance_gradient(u, v):
    """Of the distance by u, in the Euclidean metric."""
    a, b = 1 - u @ u, 1 - v @ v
    g = 1 + 2 * ((u - v) ** 2).sum() / (a * b)
    return 4 / (b * np.sqrt(g**2 - 1)) * ((v @ v - 2 * u @ v + 1) / a**2 * u - v / a)


def step(points, child, targets, alpha, reach, regularization=0.0):
    """One step of Riemannian descent for all points of one pair, in place, from the points as they are before it."""
    distances = np.array([distance(points[child], points[target]) for target in targets])
    share = np.exp(-distances) / np.exp(-distances).sum()
    slopes = (np.arange(len(targets)) == 0) - share
    gradients = {child: np.zeros(points.shape[1])}
    for target, slope in zip(targets, slopes, strict=True):
        gradients[child] += slope * distance_gradient(points[child], points[target])
        gradients[target] = slope * distance_gradient(points[target], points[child])
    gradients[targets[0]] += 2 * regularization * points[targets[0]]
    for node, gradient in gradients.items():
        x = points[node]
        x -= alpha * (1 - x @ x) ** 2 / 4 * gradient
        if (length := np.linalg.norm(x)) > reach:
            x *= reach / length


def lorentz_step(points, child, targets, alpha, reach):
    """The same on the hyperboloid (Nickel & Kiela 2018, algorithm 1), with ambient coordinates; points are spatial."""
    full = {node: np.append(np.sqrt(1 + points[node] @ points[node]), points[node]) for node in (child, *targets)}
    metric = np.ones(points.shape[1] + 1)
    metric[0] = -1
    inner = {target: (metric * full[child]) @ full[target] for target in targets}
    distances = np.array([np.arccosh(-inner[target]) for target in targets])
    share = np.exp(-distances) / np.exp(-distances).sum()
    ambient = {node: np.zeros(len(metric)) for node in full}
    for place, target in enumerate(targets):
        slope = ((place == 0) - share[place]) * -1 / np.sqrt(inner[target] ** 2 - 1)
        ambient[child] += slope * metric * full[target]
        ambient[target] = slope * metric * full[child]
    for node, gradient in ambient.items():
        x, direction = full[node], metric * gradient
        tangent = -alpha * (direction + ((metric * x) @ direction) * x)
        length = np.sqrt((metric * tangent) @ tangent)
        moved = np.cosh(length) * x + np.sinh(length) / length * tangent
        points[node] = moved[1:] * min(1, reach / np.linalg.norm(moved[1:]))


def negatives(stream, noise, child, parents, negative):
    """The nodes that the kernel draws: distinct, no parents of the child, at most 20 draws for each."""
    drawn = []
    for _ in range(negative):
        for _ in range(20):
            bits = stream.draw()
            slot = ((bits >> 32) * len(noise)) >> 32
            node = slot if (bits & 0xFFFFFFFF) < noise[slot, 0] else int(noise[slot, 1])
            if node != child and node not in parents and node not in drawn:
                drawn.append(node)
                break
    return drawn


def train(points, pairs, order, noise, alpha, seed, negative, reach, regularization=0.0, lorentz=False):
    """One pass over all pairs in an order, in place; the sum of the losses before each step."""
    stream, total = Stream(int(seed)), 0.0
    parents = {}
    for child, parent in pairs.tolist():
        parents.setdefault(child, set()).add(parent)
    for place in order:
        child, parent = pairs[place].tolist()
        targets = [parent, *negatives(stream, noise, child, parents[child], negative)]
        if lorentz:
            ball = {node: points[node] / (1 + np.sqrt(1 + points[node] @ points[node])) for node in (child, *targets)}
            total += loss(ball, child, targets)
            lorentz_step(points, child, targets, alpha, reach)
        else:
            total += loss(points, child, targets)
            step(points, child, targets, alpha, reach, regularization)
    return total
