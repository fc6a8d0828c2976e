"""What the service adds to a scan, and requests a second of look-ups and an index, beside a plain uvicorn.

    python benchmarks/serving.py FOLDER [--rows 1000000] [--dim 300] [--seconds 5] [--gensim]

A file of ROWS x DIM int8 rows is made in FOLDER, unless it is there, and an index of the first INDEX_ROWS. All servers
run on this machine, and so does the load, which shares its cores: by `wrk` where it is installed, else by a loader in
Python, whose own time then is most of what is measured. Every request asks for another word. Measured are:

- a plain application of uvicorn that answers "hello", and vectors by word: requests a second;
- the ten nearest words by scan, one request at a time, against the same call of the library; and 16 at a time, against
  a batch of 16 of the library: the share that the service adds;
- the ten nearest words by an index of usearch, 4 at a time: the median latency, requests a second;
- anonymous memory of each of two workers (Linux), after all of that;
- with `--gensim`, its most_similar on the same server, from the same rows as float32, 16 requests at a time.
"""

import argparse
import asyncio
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from recording import record

HELLO = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})
"""
GENSIM = """
import json
from urllib.parse import parse_qs
from gensim.models import KeyedVectors
import numpy, wordvec
ours = wordvec.load({path!r})
theirs = KeyedVectors(ours.vector_size)
theirs.add_vectors(list(ours.index_to_key), numpy.asarray(ours.vectors[:], numpy.float32))
theirs.fill_norms()
async def app(scope, receive, send):
    (word,) = parse_qs(scope["query_string"].decode())["positive"]
    body = json.dumps(theirs.most_similar(word)).encode()
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}})
    await send({{"type": "http.response.body", "body": body}})
"""
UVICORN = """
import sys, uvicorn
sys.path.insert(0, sys.argv[1])
from served import app
config = uvicorn.Config(app, port=0, log_level="warning", access_log=False, lifespan="off")
sock = config.bind_socket()
sock.listen(2048)
print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
uvicorn.Server(config).run([sock])
"""
LIBRARY = """
import sys, time, json, wordvec
vectors, rows, batch = wordvec.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
times = []
while len(times) < 5 or sum(times) < float(sys.argv[4]):
    words = [f"w{(7919 * (len(times) * batch + i)) % rows}" for i in range(batch)]
    start = time.perf_counter()
    vectors.most_similar(words[0]) if batch == 1 else vectors.most_similar_batch(words)
    times.append(time.perf_counter() - start)
print(json.dumps(sorted(times)[len(times) // 2]))
"""
LUA = """
local n = {rows}
math.randomseed({seed})
request = function() return wrk.format("GET", "{path}" .. math.random(0, n - 1)) end
"""


def make(path, rows, dim):
    """Random int8 rows in a native file."""
    import wordvec

    matrix = np.random.default_rng(1).standard_normal((rows, dim), np.float32)
    vectors = wordvec.KeyedVectors((f"w{i}" for i in range(rows)), matrix, range(rows, 0, -1))
    vectors.compress("int8").save(path)


@contextmanager
def server(*command):
    """A process that prints its address: (address, its number)."""
    process = subprocess.Popen([sys.executable, *map(str, command)], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.terminate()
        process.wait()


def load(address, path, rows, clients, seconds):
    """Requests a second, and the median latency in seconds, of some clients that ask without a pause."""
    if shutil.which("wrk") is None:
        return asyncio.run(loaded(address, path, rows, clients, seconds))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA.format(rows=rows, seed=random.randrange(1 << 30), path=path))
        script.flush()
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", script.name]
        text = subprocess.run([*command, address], check=True, capture_output=True, text=True).stdout
    if re.search(r"Non-2xx|Socket errors", text):
        print(text, file=sys.stderr)
    number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", text).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1}[
        unit
    ]


async def loaded(address, path, rows, clients, seconds):
    """The same by Python, where there is no wrk."""
    host, port = address.removeprefix("http://").split(":")
    times, end = [], time.perf_counter() + seconds

    async def client():
        reader, writer = await asyncio.open_connection(host, int(port))
        while (start := time.perf_counter()) < end:
            word = random.randrange(rows)
            writer.write(f"GET {path}{word} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head.lower())[1]))
            times.append(time.perf_counter() - start)
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return len(times) / seconds, sorted(times)[len(times) // 2]


def library(path, rows, batch, seconds):
    """The median time of a query, or of a batch, in seconds."""
    done = subprocess.run(
        [sys.executable, "-c", LIBRARY, path, str(rows), str(batch), str(seconds)], check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


def anonymous(process):
    """Anonymous memory of the workers of a process, in MB; nothing where the system does not tell."""
    sizes = []
    children = Path(f"/proc/{process}/task/{process}/children")
    for child in children.read_text().split() if children.exists() else ():
        if "resource_tracker" not in Path(f"/proc/{child}/cmdline").read_text():
            sizes.append(anonymous_of(child))
    return sizes


def anonymous_of(process):
    """Anonymous memory of a process, in MB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous")) / 1e3


def python_server(folder, name, code):
    """The command of a plain uvicorn with an application."""
    place = Path(folder, name)
    place.mkdir(exist_ok=True)
    (place / "served.py").write_text(code)
    return "-c", UVICORN, place


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--index-rows", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--gensim", action="store_true")
    options = parser.parse_args()
    rows, seconds = options.rows, options.seconds
    path = options.folder / f"serving-{rows}x{options.dim}.safetensors"
    few = options.folder / f"serving-{options.index_rows}x{options.dim}.safetensors"
    index = few.with_suffix(".usearch")
    for file, size in ((path, rows), (few, options.index_rows)):
        if not file.exists():
            make(file, size, options.dim)
    if not index.exists():
        command = [sys.executable, "-m", "wordvec", "index", few, "-o", index, "--measure", "100"]
        subprocess.run(command, check=True, stdout=sys.stderr)

    lookup, similar = "/v1/models/m/vectors/w", "/v1/models/m/most_similar?positive=w"
    serve = "-m", "wordvec", "serve", "--port", "0", "--timeout", "30"
    table = []
    with server(*python_server(options.folder, "hello", HELLO)) as (hello, _), server(*serve, f"m={path}") as (ours, _):
        plain, _ = load(hello, "/w", rows, 16, seconds)
        load(ours, similar, rows, 1, 1)  # the pages are read
        looked, _ = load(ours, lookup, rows, 16, seconds)
        table.append(("hello of a plain uvicorn, 16 clients", f"{plain:.0f} requests/s", ""))
        table.append(("vector of a word, 16 clients", f"{looked:.0f} requests/s", f"{looked / plain:.2f} of the hello"))
        for clients in (1, 16):
            alone = library(path, rows, clients, seconds / 2)
            rate, median = load(ours, similar, rows, clients, seconds)
            alone = (alone + library(path, rows, clients, seconds / 2)) / 2
            ratio = (median if clients == 1 else clients / rate) / alone - 1
            told = f"{1e3 * median:.1f} ms median, {rate:.0f} requests/s"
            table.append(
                (f"ten nearest by scan, clients: {clients}", told, f"the library {1e3 * alone:.1f} ms, {ratio:+.0%}")
            )
    with server(*serve, f"m={few}", "--index", index) as (ours, _):
        load(ours, similar, options.index_rows, 4, 1)
        rate, median = load(ours, similar, options.index_rows, 4, seconds)
        table.append(
            (
                f"by usearch, {options.index_rows} rows, 4 clients",
                f"{1e3 * median:.2f} ms median, {rate:.0f} requests/s",
                "",
            )
        )
    with server(*serve, f"m={path}", "--workers", "2") as (ours, process):
        time.sleep(3)
        for address in (lookup, similar):
            load(ours, address, rows, 16, 2)
        sizes = anonymous(process)
        table.append(("anonymous memory of each of 2 workers", ", ".join(f"{size:.1f} MB" for size in sizes), ""))
    if options.gensim:
        with server(*python_server(options.folder, "gensim", GENSIM.format(path=str(path)))) as (theirs, _):
            rate, median = load(theirs, "/?positive=w", rows, 16, seconds)
            table.append(("gensim, 16 clients", f"{1e3 * median:.1f} ms median, {rate:.0f} requests/s", ""))
    print(f"{rows} x {options.dim} int8 rows; load by {'wrk' if shutil.which('wrk') else 'Python'}\n")
    print("| | measured | against |\n|---|---|---|")
    for row in table:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    record(main)
