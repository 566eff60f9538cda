# One word each. `make setup` once, `make check` before every commit; CI runs the same through .ci/run.
PYTHON ?= python
export MIEN_THREADS ?= $(shell nproc 2>/dev/null || echo 2)
# Answers out of corpus that each bundle is calibrated on, too.
OF_RESEARCH = --more runs/voice.npz --more runs/face.npz
OF_OPEN = $(OF_RESEARCH) --more runs/text-open.npz
# Tests run side by side, a module on one worker; each worker computes with one thread.
WORKERS = -n auto --maxprocesses 4 --dist loadscope

# What `make debian` tests.
MISSING ?= 3.14

.PHONY: answers debian help setup lock check lint audit format test fast pythons pipecat wheel bundles trust figures picture docs rooms

help:             ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*##/\t/' | expand -t 12

setup:            ## install everything for development, in the versions of constraints.txt
	$(PYTHON) -m pip install -c constraints.txt -e '.[dev]'

lock:             ## the newest versions that pyproject.toml allows into constraints.txt; torch stays at the one with a CPU build here
	echo torch==2.13.0 | $(PYTHON) -m uv pip compile pyproject.toml - --all-extras --universal --python-version 3.11 --upgrade \
		--no-annotate --custom-compile-command 'make lock' --quiet --output-file constraints.txt

check: lint docs audit test  ## all that CI checks on this Python

lint:             ## style, types, and who may import whom
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command as check; check()' --no-cache

audit:            ## known faults in the libraries, from the database OSV where it can be reached
	$(PYTHON) -m tools.audit

format:           ## put the style right
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

test:             ## all tests, slow ones too
	MIEN_THREADS=1 $(PYTHON) -m pytest -q $(WORKERS)

fast:             ## the fast tests
	MIEN_THREADS=1 $(PYTHON) -m pytest -q $(WORKERS) -m 'not slow'

pythons:          ## the fast tests that need no torch on each Python, with the newest and the lowest libraries: about 6 minutes
	$(PYTHON) tools/each_python.py

debian:           ## the same on the Python that CI could not have otherwise, in a tree of Debian's next release: about 6 minutes, as root
	tools/debian_pythons.sh $(MISSING)

pipecat:          ## the agent of Pipecat, in an environment of its own, because it needs an older protobuf: some minutes
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder" && \
		"$$folder/bin/python" -m pip install -q -e . 'pipecat-ai>=1.14,<2' 'pytest>=8.3,<10' && \
		MIEN_THREADS=1 "$$folder/bin/python" -m pytest -q -rs tests/turns/test_agents.py tests/test_examples.py -k pipecat

wheel:            ## what users install, in dist/
	$(PYTHON) -m pip wheel --no-deps -w dist .

bundles:          ## train and ship both bundles from ../shared/data: about 5 hours on 2 cores; goes on where it was broken off
	for part in text-open text-research face voice-research voice-open; do $(PYTHON) -m mien train $$part --seeds 0,1,2 --resume || exit 1; done
	$(MAKE) answers
	$(PYTHON) -m mien train research --seeds 0,1,2 --resume $(OF_RESEARCH) && $(PYTHON) -m tools.ship_bundle runs/research/seed0/bundle
	$(PYTHON) -m mien train open --seeds 0,1,2 --resume $(OF_OPEN) && $(PYTHON) -m tools.ship_bundle runs/open/seed0/bundle

answers:          ## what the parts answer about data sets that they were trained without, in runs/: half an hour
	[ -f runs/voice.npz ] || $(PYTHON) benchmarks/transfer.py voice-research --out runs/voice.npz
	[ -f runs/face.npz ] || $(PYTHON) benchmarks/answers.py runs/face/seed0/bundle benchmarks/facial_expressions.toml --most 400 --out runs/face.npz
	[ -f runs/text-open.npz ] || $(PYTHON) benchmarks/answers.py runs/text-open/seed0/bundle text-research --split valid --out runs/text-open.npz

trust:            ## fit anew what the shipped bundles know of their own errors, also on data that a part was trained without: 20 minutes
	$(MAKE) answers
	$(PYTHON) -m mien calibrate research $(OF_RESEARCH)
	$(PYTHON) -m mien calibrate open $(OF_OPEN)

figures:          ## write the measured figures of the shipped bundles into README.md
	$(PYTHON) -m tools.figures

picture:          ## draw docs/demo.svg and docs/report.webp from what the shipped bundle answers
	$(PYTHON) -m tools.demo_picture
	$(PYTHON) -m tools.report_picture

docs:             ## the documents as a site, in site/; a broken link or reference ends the build
	$(PYTHON) -m tools.site

rooms:            ## draw the picture of the rooms in CONTRIBUTING.md anew
	$(PYTHON) -m tools.rooms
