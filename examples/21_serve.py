"""A service in a process of its own, asked over HTTP: neighbours, an analogy, and what it says of a mistake."""

import json
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np

import wordvec


def ask(address, body=None):
    """The JSON of an answer, also where it says what is wrong."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(address, data, {"Content-Type": "application/json"}), timeout=30) as answer:
            return json.load(answer)
    except HTTPError as problem:
        return json.load(problem)


rows = np.array([[2, 0, 0], [2, 2, 0], [0, 0, 2], [0, 2, 2.5], [-1, 0, -2]], np.float32)
wordvec.KeyedVectors(["man", "king", "woman", "queen", "tax"], rows, counts=[9, 5, 4, 2, 1]).save("toy.safetensors")
command = [sys.executable, "-m", "wordvec", "serve", "toy.safetensors", "--port", "0"]
with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as service:
    address = service.stdout.readline().strip()
    if not address:
        print(service.stderr.read().strip())  # how to install what is missing
    else:
        model = f"{address}/v1/models/toy"
        print(ask(f"{model}/most_similar?positive=king&topn=2")["neighbours"])
        print(ask(f"{model}/analogy", {"a": "man", "b": "king", "c": "woman", "topn": 1})["neighbours"])
        print(ask(f"{model}/vectors/kng")["detail"])
        service.terminate()
