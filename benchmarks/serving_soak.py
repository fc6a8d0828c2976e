"""Many mixed requests to a service, with reloads, slow and broken clients: errors that are not theirs, and its memory.

    python benchmarks/serving_soak.py FOLDER [--requests 200000] [--rows 20000] [--dim 100] [--clients 16]

Vectors of ROWS x DIM are made in FOLDER and served. Clients ask for vectors, neighbours, batches, analogies and texts,
and make mistakes of which each has its status. Meanwhile the file is replaced by a copy every two seconds, one in five
times by half of one; and other clients send half a header or half a body, and stay or go. Reported are the answers
whose status is not the expected one, and anonymous memory (Linux) after a tenth of the requests, its largest value, and
at the end.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
from collections import Counter
from pathlib import Path

from recording import record
from serving import anonymous, make, served

MODEL = "/v1/models/m"


def some(rows):
    """(expected status, path, body) of one request."""
    a, b, c = (f"w{random.randrange(rows)}" for _ in range(3))
    return random.choice(
        [
            (200, f"{MODEL}/vectors/{a}", None),
            (200, f"{MODEL}/most_similar?positive={a}&topn=5", None),
            (200, f"{MODEL}/most_similar", {"positive": [a, b], "negative": [c], "prefix": "w1"}),
            (200, f"{MODEL}/neighbours", {"queries": [a, b, c], "topn": 3}),
            (200, f"{MODEL}/analogy", {"a": a, "b": b, "c": c}),
            (200, f"{MODEL}/encode", {"texts": [f"{a} {b}", c]}),
            (200, "/v1/models", None),
            (404, f"{MODEL}/vectors/no-{a}", None),
            (404, "/nowhere", None),
            (422, f"{MODEL}/most_similar", {"positive": [a], "topn": 0}),
            (422, f"{MODEL}/projection", {"word": a}),
        ]
    )


async def client(port, left, seen, rows):
    reader = writer = None
    while left:
        left.pop()
        expected, path, body = some(rows)
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        try:
            writer.write(head.encode() + data)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(answer.partition(b"content-length: ")[2].partition(b"\r")[0])
            await reader.readexactly(size)
            status = int(answer.split()[1])
        except (OSError, asyncio.IncompleteReadError) as error:
            status, writer = type(error).__name__, None
        seen["as expected" if status == expected else f"{status} in the place of {expected}"] += 1


async def broken(port, left):
    """Half a header, half a body or nothing, from clients that stay or go."""
    kept = []
    while left:
        for data in (
            b"GET / HT",
            b"POST /v1/models/m/encode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
            b"\0",
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            kept.append(writer)
        while len(kept) > 60:
            kept.pop(random.randrange(len(kept))).close()
        await asyncio.sleep(0.05)


async def replaced(path, left):
    """The file is replaced, now and then by a damaged one."""
    whole, new, number = path.with_suffix(".whole"), path.with_suffix(".new"), 0
    shutil.copy(path, whole)
    while left:
        await asyncio.sleep(2)
        number += 1
        data = whole.read_bytes()
        new.write_bytes(data[: len(data) // 2] if number % 5 == 0 else data)
        os.replace(new, path)
    return number


async def watched(process, left, total, sizes):
    while left:
        if len(left) < 0.9 * total:
            sizes.append(anonymous(process))
        await asyncio.sleep(0.5)


async def soak(options, path, address, process):
    port, left, seen, sizes = int(address.rpartition(":")[2]), [None] * options.requests, Counter(), []
    others = (broken(port, left), replaced(path, left), watched(process, left, options.requests, sizes))
    clients = (client(port, left, seen, options.rows) for _ in range(options.clients))
    replacements = (await asyncio.gather(*others, *clients))[1]
    await asyncio.sleep(1)
    return seen, [*sizes, anonymous(process)], replacements


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    path = options.folder / "soak.safetensors"
    make(path, options.rows, options.dim)
    with served(f"m={path}") as (address, process):
        seen, sizes, replacements = asyncio.run(soak(options, path, address, process))
    print(f"{options.requests} requests, {replacements} replacements of the file\n\n| answers | |\n|---|---|")
    for what, count in seen.most_common():
        print(f"| {what} | {count} |")
    print(f"| anonymous MB: after a tenth, largest, at the end | {sizes[0]:.1f}, {max(sizes):.1f}, {sizes[-1]:.1f} |")
    if set(seen) != {"as expected"}:
        sys.exit(1)


if __name__ == "__main__":
    record(main)
