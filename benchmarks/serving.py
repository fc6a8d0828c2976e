"""What the service adds to a scan, and requests a second of look-ups and an index, beside a plain uvicorn.

    python benchmarks/serving.py FOLDER [--rows 1000000] [--dim 300] [--index-rows 100000] [--seconds 4] [--gensim]

A file of ROWS x DIM int8 rows is made in FOLDER, unless it is there; its dimensions weigh ever less, as in vectors of
words; and an index of bfloat16 of the first INDEX_ROWS. All servers run on this machine, and so does the load, which
shares its cores: by `wrk` where it is installed, else by a loader in Python, whose own time then is most of what is
measured. Every request asks for another word. Measured are:

- a plain application of uvicorn that answers "hello", and vectors by word, in alternating pairs: requests a second;
- the ten nearest words by scan, in alternating pairs: one request at a time, against the same call of the library; and
  16 at a time, against a batch of 16 of the library: the share that the service adds;
- the ten nearest words by an index of usearch, 4 at a time, by one worker and by two: the median latency, requests a
  second;
- anonymous memory of each of two workers (Linux), after all of that;
- with `--gensim`, its most_similar on the same server, from the same rows as float32.
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
from statistics import median
from urllib.request import urlopen

import numpy as np
from common import pairs
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
vectors.most_similar_batch(["w0", "w1"])  # the pages are read
times = []
while len(times) < 5 or sum(times) < float(sys.argv[4]):
    words = [f"w{(7919 * (len(times) * batch + i)) % rows}" for i in range(batch)]
    start = time.perf_counter()
    vectors.most_similar(words[0]) if batch == 1 else vectors.most_similar_batch(words)
    times.append(time.perf_counter() - start)
print(json.dumps([sum(times) / len(times), sorted(times)[len(times) // 2]]))
"""
LUA = """
local n = {rows}
math.randomseed({seed})
request = function() return wrk.format("GET", "{path}" .. math.random(0, n - 1)) end
"""


def make(path, rows, dim):
    """Random int8 rows in a native file, of dimensions that weigh ever less."""
    import wordvec

    matrix = np.random.default_rng(1).standard_normal((rows, dim), np.float32)
    matrix *= (1 + np.arange(dim, dtype=np.float32)) ** -0.5
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


@contextmanager
def served(*words, workers=1):
    """`wordvec serve` with all its workers ready: (address, its number)."""
    command = "-m", "wordvec", "serve", "--port", "0", "--timeout", "30", "--workers", workers, *words
    with server(*command) as (address, process):
        while f"wordvec_workers {workers}\n" not in urlopen(f"{address}/metrics").read().decode():
            time.sleep(0.1)
        yield address, process


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
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    return rate, float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]


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
    """The mean and the median time of a query, or of a batch, in seconds."""
    done = subprocess.run(
        [sys.executable, "-c", LIBRARY, path, str(rows), str(batch), str(seconds)], check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


def anonymous(process):
    """Anonymous memory of a process in MB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous")) / 1e3


def workers_of(process):
    """The numbers of the workers of a process; none where the system does not tell."""
    children = Path(f"/proc/{process}/task/{process}/children")
    for child in children.read_text().split() if children.exists() else ():
        if "resource_tracker" not in Path(f"/proc/{child}/cmdline").read_text():
            yield int(child)


def python_server(folder, name, code):
    """The command of a plain uvicorn with an application."""
    place = Path(folder, name)
    place.mkdir(exist_ok=True)
    (place / "served.py").write_text(code)
    return "-c", UVICORN, place


LOOKUP, SIMILAR = "/v1/models/m/vectors/w", "/v1/models/m/most_similar?positive=w"


def lookups(folder, ours, rows, seconds):
    """Rows of the table: vectors by word beside a hello of uvicorn."""
    with server(*python_server(folder, "hello", HELLO)) as (hello, _):
        load(ours, LOOKUP, rows, 16, 1)  # the pages are read
        rates = list(
            pairs(
                5,
                lambda i: load(ours, LOOKUP, rows, 16, seconds)[0],
                lambda i: load(hello, "/w", rows, 16, seconds)[0],
            )
        )
    ratios = sorted(own / plain for own, plain in rates)
    yield "hello of a plain uvicorn, 16 clients", f"{median(plain for _, plain in rates):.0f} requests/s", ""
    told = f"{median(ratios):.2f} of the hello ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    yield "vector of a word, 16 clients", f"{median(own for own, _ in rates):.0f} requests/s", told


def scans(path, ours, rows, seconds):
    """Rows of the table: what the service adds to a scan. Of one client by medians; of several by all that they take
    together, as of the batches, slow moments included on both sides.
    """
    for clients in (1, 16):

        def served(_, clients=clients):
            rate, middle = load(ours, SIMILAR, rows, clients, seconds)
            return middle if clients == 1 else clients / rate

        def alone(_, clients=clients):
            return library(path, rows, clients, seconds)[clients == 1]

        load(ours, SIMILAR, rows, clients, 1)
        times = list(pairs(5, served, alone))
        took, batch = (median(column) for column in zip(*times))
        ratios = sorted(own / plain - 1 for own, plain in times)
        told = f"the library {1e3 * batch:.1f} ms, {median(ratios):+.0%} ({ratios[0]:+.0%} to {ratios[-1]:+.0%})"
        yield f"ten nearest by scan, clients: {clients}", f"{1e3 * took:.1f} ms, {clients / took:.0f} requests/s", told


def by_index(folder, rows, dim, seconds):
    """Rows of the table: an index."""
    path = made(folder, rows, dim)
    index = path.with_suffix(".usearch")
    if not index.exists():
        command = [sys.executable, "-m", "wordvec", "index", path, "-o", index, "--dtype", "bf16", "--measure", "200"]
        subprocess.run(command, check=True, stdout=sys.stderr)
    recall = json.loads(Path(f"{index}.json").read_text())["measured"]["recall"]
    for workers in (1, 2):
        with served(f"m={path}", "--index", index, workers=workers) as (ours, _):
            load(ours, SIMILAR, rows, 4, 1)
            rate, middle = load(ours, SIMILAR, rows, 4, seconds)
        told = f"{1e3 * middle:.2f} ms median, {rate:.0f} requests/s"
        yield f"by usearch, {rows} rows, 4 clients, workers: {workers}", told, f"recall at 10: {recall:.2f}"


def by_gensim(folder, path, rows, seconds):
    """Rows of the table: the same server around gensim."""
    with server(*python_server(folder, "gensim", GENSIM.format(path=str(path)))) as (theirs, _):
        for clients in (1, 16):
            rate, middle = load(theirs, "/?positive=w", rows, clients, seconds)
            yield f"gensim, clients: {clients}", f"{1e3 * middle:.1f} ms median, {rate:.0f} requests/s", ""


def made(folder, rows, dim):
    """The path of the file of so many rows, which is made where it is not there."""
    path = folder / f"served-{rows}x{dim}.safetensors"
    if not path.exists():
        make(path, rows, dim)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--index-rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--gensim", action="store_true")
    options = parser.parse_args()
    folder, rows, seconds = options.folder, options.rows, options.seconds
    path = made(folder, rows, options.dim)
    with served(f"m={path}") as (ours, _):
        table = [*lookups(folder, ours, rows, seconds), *scans(path, ours, rows, seconds)]
    table += by_index(folder, options.index_rows, options.dim, seconds)
    with served(f"m={path}", workers=2) as (ours, process):
        for address in (LOOKUP, SIMILAR):
            load(ours, address, rows, 16, 2)
        sizes = ", ".join(f"{anonymous(worker):.1f} MB" for worker in workers_of(process))
        table.append(("anonymous memory of each of 2 workers", sizes, ""))
    if options.gensim:
        table += by_gensim(folder, path, rows, seconds)
    print(f"{rows} x {options.dim} int8 rows; load by {'wrk' if shutil.which('wrk') else 'Python'}\n")
    print("| | measured | against |\n|---|---|---|")
    for row in table:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    record(main)
