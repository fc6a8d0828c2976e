"""A service over small models, and a client that asks it without a network."""

import shutil

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.vectors.senses import SenseVectors
from wordvec.vocabulary import Vocabulary

WORDS = ["man", "king", "woman", "queen", "tax"]
TIMEOUT = 30_000  # milliseconds, of a browser on a machine that has much else to do
ROWS = [[2, 0, 0], [2, 2, 0], [0, 0, 2], [0, 2, 2.5], [0, 0, -2]]


def toy():
    """Five words with counts and an attribute."""
    return KeyedVectors(WORDS, ROWS, counts=[9, 5, 4, 2, 1], attributes={"pos": np.array(["N", "N", "N", "N", "X"])})


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium: one for all tests, as Playwright starts once in a process."""
    sync = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'wordvec[browser]'")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    sync.expect.set_options(timeout=TIMEOUT)
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def one_page(browser):
    """A page that tests use one after the other, as a new one costs a second."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture
def opened(browser, one_page, address):
    """A function that opens an address in a page; in the end no page may have complained, nor asked elsewhere.

    The first page of a test without options but its viewport is `one_page`.
    """
    contexts, complaints, free = [], [], [one_page]

    def look(message):
        refused = "responded with a status of 40" in message.text and "/v1/" in message.location["url"]
        if message.type in ("error", "warning") and not refused:
            complaints.append(message.text)

    def failed(error):
        complaints.append(str(error))

    def asked(request):
        if not request.url.startswith((f"{address}/", "blob:", *servers)):
            complaints.append(request.url)

    servers = []

    def make(path="", server=address, viewport=None, **options):
        viewport = viewport or {"width": 1280, "height": 720}
        servers.append(f"{server}/")
        if free and not options:
            page = free.pop()
            page.set_viewport_size(viewport)
        else:
            contexts.append(browser.new_context(viewport=viewport, **options))
            page = contexts[-1].new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("console", look)
        page.on("pageerror", failed)
        page.on("request", asked)
        page.goto(f"{server}/{path}")
        return page

    yield make
    for context in contexts:
        context.close()
    if not free:
        for name, listener in (("console", look), ("pageerror", failed), ("request", asked)):
            one_page.remove_listener(name, listener)
        one_page.unroute_all()
        one_page.evaluate("() => { sessionStorage.clear(); localStorage.clear(); }")
        one_page.goto("about:blank")
    assert complaints == []


@pytest.fixture
def files(tmp_path):
    """Paths of small models by name: vectors, slices in their space, and a classifier."""
    toy().save(tmp_path / "toy.safetensors")
    later = np.array(ROWS, np.float32)[[0, 2, 1, 3, 4]]
    KeyedVectors(WORDS, later, counts=[9, 5, 4, 2, 1]).save(tmp_path / "later.safetensors")
    return {"toy": str(tmp_path / "toy.safetensors"), "later": str(tmp_path / "later.safetensors")}


@pytest.fixture
def service(files):
    """A function that makes a service of the files, with more settings, and gives a client of it."""
    pytest.importorskip("starlette", reason="the service needs starlette: pip install 'wordvec[serve]'")
    pytest.importorskip("httpx2", reason="the client of these tests needs httpx2")
    from starlette.testclient import TestClient

    from wordvec.serve.service import Service
    from wordvec.serve.settings import Limits, Settings

    clients = []

    def make(models=None, base="http://localhost", limits=None, **settings):
        own = Settings(models=models or files, limits=Limits(**limits or {}), **settings)
        client = TestClient(Service(own), base_url=base, raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        return client

    make.files = files
    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def classifier(tmp_path):
    """The path of a small classifier."""
    texts = ["good fine great", "bad poor", "great good", "poor bad awful"] * 10
    path = tmp_path / "mood.safetensors"
    wordvec.classify.TextClassifier(vector_size=4, workers=1).fit(texts, ["yes", "no"] * 20).save(path)
    return str(path)


@pytest.fixture(scope="session")
def sense_vectors(tmp_path_factory):
    """The path of `bank` and `seal` with two senses each, and contexts that tell those of `bank` apart."""
    words = Vocabulary.from_words(["bank", "seal", "money", "river"], [10, 8, 6, 4])
    vectors = np.array([[[1, 0.2], [0.2, 1]], [[0, 1], [0.9, 0]], [[1, 0], [1, 0]], [[0, 1], [0, 1]]])
    shares = np.array([[0.7, 0.3], [0.6, 0.4], [1, 0], [1, 0]])
    contexts = np.array([[1, 1], [1, 1], [1, 0], [0, 1]], np.float32)
    senses = SenseVectors.of(words, vectors, shares, rule="nearest", contexts=contexts, centres=vectors)
    path = tmp_path_factory.mktemp("senses") / "senses.safetensors"
    senses.save(path)
    return str(path)
