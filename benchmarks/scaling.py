"""How training by replicas scales: a model of the time of a round, checked by a simulation, round by round.

    python benchmarks/scaling.py [--rate 250000] [--spread 0.05] [--latency 0.0005] [--sync 1000000]
        [--words 10000000] [--size 300] [--tokens 1e12] [--workers 8 16 64 256 1024] [--gbit 10 100]

--rate     tokens a second of one core, as benchmarks/cluster.py measures them at this size
--spread   standard deviation of the time of a round, as a share of it, from worker to worker and round to round
--latency  seconds for a message between two workers
--sync     tokens that each replica trains between averagings

One replica a worker of one core. Word counts fall as 1/rank. Which rows are averaged in which round is not modelled:
it comes from the code that trains (wordvec.optim.averaging). A worker sends to all others its copies of their ranges of
the due rows, and gets from them its own range; averaged, its range goes to all others: every worker sends and receives
2 (W - 1) / W times the bytes of the due rows. The model multiplies the mean; the simulation draws the time of every
worker in every round, waits for the slowest, and adds what that round moves.
"""

from __future__ import annotations

import argparse
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray
from recording import record

import wordvec
from wordvec.optim.averaging import LONGEST, Averaging
from wordvec.trainers.updates import expected_updates

ROUNDS = 512  # simulated; all rows are due in every 64th


def due_rows(averagings: list[Averaging], rounds: int) -> NDArray[np.int64]:
    """[rounds] the rows of all tables that are averaged after each round of a long epoch."""
    return np.array([sum(one.due(done, 1 << 62) for one in averagings) for done in range(1, rounds + 1)])


def slowest(workers: int) -> float:
    """The expected largest of some normal draws, in standard deviations (Blom 1958)."""
    from scipy.special import ndtri

    return float(ndtri((workers - 0.375) / (workers + 0.25))) if workers > 1 else 0.0


def moved(rows: float, row: int, workers: int) -> float:
    """The bytes that a worker sends in a round, and receives."""
    return 2 * (workers - 1) / workers * rows * row


def main() -> None:
    """Print a table of the model and of the simulation for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=250_000)
    parser.add_argument("--spread", type=float, default=0.05)
    parser.add_argument("--latency", type=float, default=5e-4)
    parser.add_argument("--sync", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, default=10_000_000)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--tokens", type=float, default=1e12)
    parser.add_argument("--workers", type=int, nargs="+", default=[8, 16, 64, 256, 1024])
    parser.add_argument("--gbit", type=float, nargs="+", default=[10, 100])
    chosen = parser.parse_args()
    counts = np.maximum(1, chosen.tokens / np.log(chosen.words) / np.arange(1, chosen.words + 1)).astype(np.int64)
    rates = expected_updates(wordvec.SkipGram(vector_size=chosen.size), counts, {})
    row, compute = 4 * chosen.size, chosen.sync / chosen.rate
    table = 2 * chosen.words * row
    print(f"Tables of {table / 1e9:.1f} GB on each worker; a round is {compute:.1f} s of training on each.\n")
    print(
        "| Gbit/s | workers | mean GB sent by a worker a round | all rows, GB | training, s | waiting, s | network, s "
        "| efficiency, model | simulated | days, simulated | speed against one |\n|---|" + "---|" * 10
    )
    for gbit in chosen.gbit:
        for workers in chosen.workers:
            averagings = [Averaging.make(rate, replicas=workers, size=chosen.sync) for rate in rates.values()]
            due = due_rows(averagings, ROUNDS)
            bandwidth, messages = gbit * 1e9 / 8, 2 * ceil(log2(workers)) * chosen.latency
            sent = moved(float(due.mean()), row, workers)
            waiting = compute * chosen.spread * slowest(workers)
            network = sent / bandwidth + messages
            efficiency = compute / (compute + waiting + network)
            times = moved(1, row, workers) / bandwidth * due
            measured = compute / (simulated(times, workers, compute, chosen.spread) + messages)
            days = chosen.tokens / workers / chosen.rate / measured / 86400
            print(
                f"| {gbit:g} | {workers} | {sent / 1e9:.2f} | {moved(2 * chosen.words, row, workers) / 1e9:.1f} "
                f"| {compute:.1f} | {waiting:.2f} | {network:.2f} | {efficiency:.2f} | {measured:.2f} | {days:.1f} "
                f"| {workers * measured:.0f} |",
                flush=True,
            )
    print(f"\nAll rows are averaged in every {1 << LONGEST}th round at the least.")


def simulated(network: NDArray[np.float64], workers: int, compute: float, spread: float) -> float:
    """The mean seconds of a round: the slowest of all workers, then what this round moves."""
    rng = np.random.default_rng([workers, len(network)])
    training = [compute * max(0.1, float(rng.normal(1, spread, workers).max())) for _ in network]
    return float(np.mean(training) + network.mean())


if __name__ == "__main__":
    record(main)
