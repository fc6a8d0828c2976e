"""Windows a second of CMOW: ours, and its reference form in PyTorch (batched products) on the same cores.

    python benchmarks/cmow_vs_torch.py CORPUS --torch PYTHON [--pairs 3] [--threads 2]

PYTHON is an interpreter with torch and numpy. The reference form is that of the paper: for every window one word is
left out, the matrices of the others are gathered and multiplied by a tree of batched products, 20 noise words are drawn
for every sample, and Adam steps on the rows that were touched (sparse gradients). Ours is the trainer `cmow` with the
same window and size, on the same numbered corpus; the time to read it counts for neither.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import pairs, run, spread
from recording import record

OURS = """
import json, sys, time, wordvec
corpus = wordvec.encode_corpus(sys.argv[1], min_count=5, cache=sys.argv[2])
trainer = wordvec.CMOW(vector_size=int(sys.argv[3]) ** 2, window=5, epochs=1, workers=int(sys.argv[4]))
started = time.perf_counter()
trainer.fit(corpus)
print(json.dumps({"windows": len(corpus.ids) / (time.perf_counter() - started)}))
"""
THEIRS = """
import json, sys, time, numpy, torch
ids = torch.from_numpy(numpy.load(sys.argv[1]).astype("int64"))
d, c, negative, batch = int(sys.argv[2]), 5, 20, int(sys.argv[5])
torch.set_num_threads(int(sys.argv[3]))
torch.manual_seed(1)
words = int(ids.max()) + 1
matrices = torch.nn.Embedding(words, d * d, sparse=True)
output = torch.nn.Embedding(words, d * d, sparse=True)
with torch.no_grad():
    matrices.weight.normal_(0, 0.1).add_(torch.eye(d).reshape(1, -1))
    output.weight.zero_()
optimiser = torch.optim.SparseAdam([*matrices.parameters(), *output.parameters()], lr=3e-4)
noise = torch.bincount(ids).double() ** 0.75
reach = torch.arange(-c, c + 1)
done, started, seconds = 0, time.perf_counter(), float(sys.argv[4])
while done < 2 * batch or time.perf_counter() - started < seconds:
    if done == batch:
        started = time.perf_counter()  # the first batch warms up
    centre = torch.randint(c, len(ids) - c, (batch,))
    window = ids[centre[:, None] + reach]
    left_out = torch.randint(0, 2 * c + 1, (batch, 1))
    target = window.gather(1, left_out)
    context = window[torch.arange(2 * c + 1) != left_out].reshape(batch, 2 * c)
    m = matrices(context).reshape(batch, 2 * c, d, d)
    while m.shape[1] > 1:
        even = m.shape[1] // 2 * 2
        product = torch.matmul(m[:, 0:even:2], m[:, 1:even:2])
        m = torch.cat([product, m[:, even:]], 1) if even < m.shape[1] else product
    drawn = torch.multinomial(noise, batch * negative, replacement=True).reshape(batch, negative)
    scores = torch.bmm(output(torch.cat([target, drawn], 1)), m.reshape(batch, d * d, 1)).squeeze(2)
    loss = -(torch.log(torch.sigmoid(scores[:, 0]) + 1e-5)
             + torch.log(torch.sigmoid(-scores[:, 1:]) + 1e-5).mean(1)).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    done += batch
print(json.dumps({"windows": (done - batch) / (time.perf_counter() - started), "loss": loss.item()}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--torch", required=True, metavar="PYTHON")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dim", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--batch", type=int, default=4096)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        import wordvec

        corpus = wordvec.encode_corpus(asked.corpus, min_count=5, cache=folder)
        np.save(Path(folder, "ids.npy"), np.asarray(corpus.ids))

        def ours(_: int) -> float:
            return run(sys.executable, OURS, asked.corpus, folder, asked.dim, asked.threads)["windows"]

        def theirs(_: int) -> float:
            told = (Path(folder, "ids.npy"), asked.dim, asked.threads, asked.seconds, asked.batch)
            return run(asked.torch, THEIRS, *told)["windows"]

        found = list(pairs(asked.pairs, ours, theirs))
    print(f"{len(corpus.ids):,} tokens, {asked.dim} x {asked.dim}, window 5, {asked.threads} threads; windows a second")
    print("wordvec  ", spread([pair[0] for pair in found]))
    print("torch    ", spread([pair[1] for pair in found]))
    print("ratio    ", spread([pair[0] / pair[1] for pair in found]))


if __name__ == "__main__":
    record(main)
