# make demo    train on the sample corpus; print neighbours and an analogy
# make test    the whole test suite           make test FROM=dist/*.tar.gz    the same, of a built package
#              EXTRAS=test,peers installs the libraries that wordvec is compared with, too: else those tests are skipped
# make lint    ruff and mypy                  make clean                      remove what these made
# make docs    the documentation as a site, in build/docs; a warning is an error
# make notebooks    JupyterLab, in the folder of the notebooks
# make bench CORPUS=corpus.txt [BENCH_ARGS="--quality SCRIPT DATA --glove FOLDER --questions FILE"]    every figure of the
#              README, in an hour or two; a second call goes on where the first was stopped
# make fuzz    damaged files for every reader, SECONDS=3600 in all; SEED=number repeats the same
# make sanitize    the tests of the kernels and of hostile files, with kernels built for AddressSanitizer and UBSan
# PYTHON=python3.12 and VENV=folder choose the interpreter and where the virtual environment goes; PYTEST_ARGS goes to pytest
# (default: a process for each core, 4 at most).

PYTHON ?= python3
VENV ?= .venv
FROM ?=
EXTRAS ?= test
PYTEST_ARGS ?= -n auto --maxprocesses 4
SECONDS ?= 3600
SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
READERS ?=
CORPUS ?= corpora/sample.txt
BENCH_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := pyproject.toml setup.py $(shell find wordvec -name '*.py' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.h' -o -path '*/serve/page/*')
PACKAGE := $(abspath $(wildcard $(FROM)))
DEMO := build/demo/sample.safetensors

.PHONY: demo test lint docs notebooks bench fuzz sanitize clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# build/lib would bring back modules that are gone.
$(VENV)/installed: $(BIN)/python $(SOURCES)
	@echo "installing wordvec and what it needs into $(VENV) (compiles the kernels: a minute or two)"
	@rm -rf build/lib*
	@$(PIP) install '.[$(EXTRAS)]'
	@touch $@

demo: $(VENV)/installed
	@mkdir -p $(dir $(DEMO))
	$(BIN)/wordvec train corpora/sample.txt -o $(DEMO) --force --vector-size 64 --epochs 10 --workers 1
	$(BIN)/wordvec similar $(DEMO) guitar -n 5
	$(BIN)/wordvec analogy $(DEMO) france paris japan -n 3
	$(BIN)/wordvec eval $(DEMO) --pairs corpora/sample-pairs.tsv --analogies corpora/sample-analogies.txt

ifeq ($(FROM),)
# From another folder, so that programs that the tests start import what is installed, not the sources here.
test: $(VENV)/installed
	cd $(VENV) && bin/pytest -c $(CURDIR)/pyproject.toml --rootdir $(CURDIR) $(PYTEST_ARGS) $(CURDIR)/tests
else
# A fresh environment, and a folder where no source of wordvec can shadow what is installed in it: a source package
# brings its own tests, a wheel is tested with those of the checkout.
test:
	@test $(words $(PACKAGE)) -eq 1 || { echo "FROM must name one file; '$(FROM)' names $(words $(PACKAGE))" >&2; exit 2; }
	rm -rf $(VENV)-from && $(PYTHON) -m venv $(VENV)-from && mkdir $(VENV)-from/src
	$(VENV)-from/bin/python -m pip --disable-pip-version-check --quiet install '$(PACKAGE)[$(EXTRAS)]'
ifneq ($(filter %.tar.gz,$(PACKAGE)),)
	tar -xzf $(PACKAGE) --strip-components=1 -C $(VENV)-from/src && rm -r $(VENV)-from/src/wordvec
else
	cp -r tests corpora examples notebooks docs README.md pyproject.toml $(VENV)-from/src
endif
	cd $(VENV)-from/src && ../bin/pytest $(PYTEST_ARGS)
endif

$(VENV)/linters: $(BIN)/python pyproject.toml
	@$(PIP) install 'ruff>=0.9' 'mypy>=1.14' 'numpy>=2' 'msgspec>=0.20' 'orjson>=3.10' \
		'starlette>=1' 'uvicorn>=0.54'
	@touch $@

lint: $(VENV)/linters
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The requirements of an extra, as the installed package lists them: nothing is compiled again for them.
extra = $(BIN)/python -c "import importlib.metadata as m; print('\n'.join(r.split(';')[0] for r in m.requires('wordvec') \
	if r.endswith('extra == \"$(1)\"')))" > $(VENV)/$(1).txt && $(PIP) install -r $(VENV)/$(1).txt

$(VENV)/site: $(VENV)/installed
	@$(call extra,docs)
	@touch $@

docs: $(VENV)/site
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs
	@echo "open build/docs/index.html"

$(VENV)/jupyter: $(VENV)/installed
	@$(call extra,notebook)
	@touch $@

notebooks: $(VENV)/jupyter
	cd notebooks && $(abspath $(BIN))/jupyter lab

# In an environment of its own, with the libraries that wordvec is compared with.
bench:
	@$(MAKE) --no-print-directory $(VENV)/installed EXTRAS=peers
	$(BIN)/python benchmarks/bench.py '$(CORPUS)' $(BENCH_ARGS)

# The time is shared by all readers, or by the READERS that are named.
fuzz: $(VENV)/installed
	cd $(VENV) && PYTHONPATH=$(CURDIR)/tests/golden:$(CURDIR)/tests/reference bin/python $(CURDIR)/tests/fuzzing/fuzzing.py $(READERS) \
		--total $(SECONDS) --seed $(SEED) --folder $(CURDIR)/build/fuzz

sanitize: $(VENV)/installed
	@$(PIP) install 'cython>=3.1' 'setuptools>=77'
	.ci/sanitize $(abspath $(BIN)/python)

clean:
	rm -rf build dist docs/_generated *.egg-info $(VENV) $(VENV)-from .pytest_cache .mypy_cache .ruff_cache
	find wordvec \( -name '*.so' -o -name '*.c' -o -name __pycache__ \) -prune -exec rm -rf {} +
