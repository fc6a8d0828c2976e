"""PU-learning against a straightforward CCD++ in numba, for the same objective: the time to the same value of it.

    python benchmarks/pu_vs_ccd.py CORPUS [--tokens 5000000] [--size 300] [--workers 2] [--sweeps 2] [--inner 5]
        [--log FILE]

CORPUS    a plain text file, one sentence a line, of which the first lines are read, up to --tokens
--sweeps  how many sweeps the peer does; ours goes on until it is below the peer's last value
--inner   updates of either side of a coordinate before the peer goes to the next one, at most (libpmf's: 5)

The peer is what the authors of PU-learning use (Yu, Hsieh, Si and Dhillon 2012): a coordinate at a time, all columns,
then all rows, in parallel loops over float32 cells kept by row and by column, with their weights and residuals; what
the empty cells add comes from products of coordinates that are kept up to date. It ends a coordinate when a round wins
less than a thousandth of the best round of the sweep.

Both sides are a process of their own, start from the same counts, PPMI and weights, and have the model's defaults. The
peer's time is that of its sweeps alone; ours is that of `fit` from counts, with PPMI, the transposed matrix and a copy
of the vectors after every sweep. Printed are, after each sweep of the peer, its objective, its time, and ours when it
was first as low: wall time, and processor time, which suffers less where other work runs beside.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import numba
import numpy as np
from recording import record

import wordvec
from wordvec.optim.sparse import threads_of
from wordvec.trainers.pu import PULearning


@numba.njit(parallel=True, fastmath=True)
def add(indptr, indices, residual, own, other, sign):
    """Add sign * own * other to the residual, cell by cell."""
    for i in numba.prange(len(indptr) - 1):
        x = sign * own[i]
        for cell in range(indptr[i], indptr[i + 1]):
            residual[cell] += x * other[indices[cell]]


@numba.njit(parallel=True, fastmath=True)
def update(indptr, indices, values, excess, residual, own, other, beside, square, rho, ridge, won):
    """One coordinate of every row of a side, to the least of the objective; `residual` is without this coordinate."""
    for i in numba.prange(len(indptr) - 1):
        top = -rho * beside[i]
        bottom = rho * square + ridge * (indptr[i + 1] - indptr[i])
        for cell in range(indptr[i], indptr[i + 1]):
            x = other[indices[cell]]
            weighted = excess[cell] * x
            top += weighted * residual[cell] + rho * x * values[cell]
            bottom += weighted * x
        new = top / bottom if bottom > 0 else 0.0
        won[i] = bottom * (new - own[i]) ** 2
        own[i] = new


class CCD:
    """Coordinates [k + 2, V] of words (0) and context words (1), and the cells by row and by column."""

    def __init__(self, trainer: PULearning, counts: wordvec.Cooccurrence) -> None:
        cells = trainer._cells(counts)
        with threads_of(trainer.threads) as threads:
            self.sides = cells, cells.transposed(counts.shape[1], threads)
        self.rho, self.ridge, self.size = trainer.rho, trainer.regularization, trainer.vector_size
        start = np.random.default_rng(trainer.seed).standard_normal((counts.shape[0], self.size), np.float32)
        self.rows = [np.zeros((self.size + 2, n), np.float32) for n in counts.shape]
        self.rows[0][: self.size] = start.T / self.size**0.5
        for which in range(2):
            self.rows[which][self.size + 1 - which] = 1
        self.products = [rows @ rows.T for rows in self.rows]
        self.residuals = [side.values.copy() for side in self.sides]
        self.won = [np.zeros(n) for n in counts.shape]

    def sweep(self, inner: int) -> None:
        """All coordinates once, biases first."""
        largest = 0.0
        for t in [self.size, self.size + 1, *range(self.size)]:
            self.move(t, 1)
            for _ in range(inner):
                won = sum(self.one(which, t) for which in (1, 0) if t != self.size + 1 - which)
                if won < 1e-3 * largest:
                    break
                largest = max(largest, won)
            self.move(t, -1)

    def move(self, t: int, sign: int) -> None:
        """Take a coordinate out of the model (1), or put it back (-1)."""
        for which, (side, residual) in enumerate(zip(self.sides, self.residuals)):
            own, other = self.rows[which][t], self.rows[1 - which][t]
            if own.any() and other.any():
                add(side.indptr, side.indices, residual, own, other, np.float32(sign))

    def one(self, which: int, t: int) -> float:
        """Update a coordinate of a side; how far the objective falls."""
        side, own, other = self.sides[which], self.rows[which], self.rows[1 - which]
        weights = self.products[1 - which][t].copy()
        weights[t] = 0
        update(
            side.indptr,
            side.indices,
            side.values,
            side.excess,
            self.residuals[which],
            own[t],
            other[t],
            weights @ own,
            self.products[1 - which][t, t],
            self.rho,
            self.ridge,
            self.won[which],
        )
        self.products[which][t] = self.products[which][:, t] = own @ own[t]
        return float(self.won[which].sum())

    def objective(self) -> float:
        """As the trainer reports it."""
        side, residual = self.sides[0], self.residuals[0].astype(np.float64)
        fitted = side.values - residual
        total = float(((side.excess.astype(np.float64) + self.rho) * residual**2 - self.rho * fitted**2).sum())
        total += self.rho * float((self.products[0].astype(np.float64) * self.products[1]).sum())
        for side, rows in zip(self.sides, self.rows):
            squares = np.einsum("ij,ij->j", rows, rows, dtype=np.float64) - 1
            total += self.ridge * float(np.diff(side.indptr) @ squares)
        return total


SIDE = "--side"
Point = tuple[float, float, float]  # wall and processor time, objective


def theirs(trainer: PULearning, counts: wordvec.Cooccurrence, sweeps: int, inner: int) -> list[Point]:
    """The peer's time and objective after every sweep."""
    numba.set_num_threads(trainer.threads)
    tiny = wordvec.count([["a", "b", "c"], ["c", "d"]] * 9, min_count=1, window=2)
    CCD(PULearning(vector_size=2), tiny).sweep(1)  # compiles
    model, curve = CCD(trainer, counts), []
    wall = processor = 0.0
    for _ in range(sweeps):
        started = time.perf_counter(), time.process_time()
        model.sweep(inner)
        wall, processor = wall + time.perf_counter() - started[0], processor + time.process_time() - started[1]
        curve.append((wall, processor, model.objective()))
    return curve


def ours(trainer: PULearning, counts: wordvec.Cooccurrence, goal: float) -> list[Point]:
    """Our time and objective after every sweep, until it is below the goal."""
    started, curve = (time.perf_counter(), time.process_time()), []

    def note(epoch: wordvec.trainers.Epoch) -> bool:
        curve.append((time.perf_counter() - started[0], time.process_time() - started[1], epoch.loss))
        return epoch.loss <= goal

    trainer.fit(counts, callbacks=note)
    return curve


def first_lines(corpus: str, tokens: int) -> Any:
    """Lines until there are as many tokens."""
    with open(corpus, encoding="utf-8") as lines:
        for line in lines:
            if tokens <= 0:
                return
            words = line.split()
            tokens -= len(words)
            yield words


def side(name: str, counts: str, size: int, workers: int, how: str) -> None:
    """One side, in a process of its own: prints its curve."""
    trainer = PULearning(vector_size=size, workers=workers, epochs=200, tolerance=0.0)
    loaded = wordvec.Cooccurrence.load(counts)
    curve = theirs(trainer, loaded, *json.loads(how)) if name == "theirs" else ours(trainer, loaded, json.loads(how))
    print(json.dumps(curve))


def main() -> None:
    """Run both sides and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--tokens", type=int, default=5_000_000)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sweeps", type=int, default=2)
    parser.add_argument("--inner", type=int, default=5)
    parser.add_argument("--log")
    arguments = parser.parse_args()
    trainer = PULearning(vector_size=arguments.size, workers=arguments.workers)

    def run(name: str, counts: str, how: Any) -> list[Point]:
        told = (name, counts, arguments.size, arguments.workers, json.dumps(how))
        done = subprocess.run([sys.executable, __file__, SIDE, *map(str, told)], check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "counts.safetensors")
        how = {"window": trainer.window, "distance_weight": trainer.distance_weight, "sample": trainer.sample}
        counts = wordvec.count(list(first_lines(arguments.corpus, arguments.tokens)), **how)
        counts.save(path)
        peer = run("theirs", path, (arguments.sweeps, arguments.inner))
        mine = run("ours", path, peer[-1][2])
    if arguments.log:
        with open(arguments.log, "a") as log:
            log.write(json.dumps({"options": vars(arguments), "ccd": peer, "ours": mine}) + "\n")
    print(f"{counts.stats.kept:,} tokens, {counts!r}, {arguments.size} dimensions, {arguments.workers} workers\n")
    print("| sweep of CCD++ | objective | wall | ours | ratio | processor | ours | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for number, (wall, processor, value) in enumerate(peer, 1):
        sweeps, own_wall, own_processor = next((i, w, p) for i, (w, p, v) in enumerate(mine, 1) if v <= value)
        print(
            f"| {number} | {value:.6g} | {wall:.1f} s | {own_wall:.1f} s, {sweeps} sweeps | {wall / own_wall:.2f} | "
            f"{processor:.1f} s | {own_processor:.1f} s | {processor / own_processor:.2f} |"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == [SIDE]:
        side(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6])
    else:
        record(main)
