# One word each. `make setup` once, `make check` before every commit; CI runs the same through .ci/run.
PYTHON ?= python
export MIEN_THREADS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: setup check lint test fast bundles figures

setup:            ## install everything for development; torch's CPU build first, the default one is several GB
	$(PYTHON) -m pip install torch==2.13.0
	$(PYTHON) -m pip install -e '.[dev]'

check: lint test  ## all that CI checks

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	lint-imports --no-cache

test:             ## all tests, slow ones too
	$(PYTHON) -m pytest -q

fast:             ## the fast suite
	$(PYTHON) -m pytest -q -m 'not slow'

bundles:          ## train and ship both bundles from ../shared/data: about 4 hours on 2 cores; goes on where it was broken off
	for part in text face voice-research voice-open; do mien train $$part --seeds 0,1,2 --resume || exit 1; done
	for name in research open; do mien train $$name --seeds 0,1,2 --resume && $(PYTHON) -m mien.ship runs/$$name/seed0/bundle || exit 1; done

figures:          ## write the measured figures into README.md
	$(PYTHON) docs/figures.py
