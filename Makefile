# Everything that a fresh machine needs is installed into .venv; PYTHON names the interpreter to start from.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
export LITELLM_LOCAL_MODEL_COST_MAP := True
export LITELLM_TELEMETRY := False
export MPLBACKEND := Agg

.PHONY: help setup setup-test demo test test-vscode test-slow check lab bench bench-simulate bench-read bench-routers bench-compare bench-prove bench-field bench-ui notebooks docs clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "routelab needs Python 3.11 or later: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.core: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet -e .
	$(BIN)/python -m routelab.simulation
	@touch $@

$(VENV)/.lab: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet -e '.[lab]'
	$(BIN)/python -m routelab.simulation
	@touch $@ $(VENV)/.core

$(VENV)/.test: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet -e '.[test,litellm,onnx,onnx-export,static,serve]'
	$(BIN)/python -m routelab.simulation
	@touch $@ $(VENV)/.core $(VENV)/.lab

setup: $(VENV)/.core ## Install routelab into .venv
setup-test: $(VENV)/.test ## Install routelab with everything that the tests use

demo: setup ## Run the main job on bundled data; results in out/
	$(BIN)/routelab demo --out out --force

lab: $(VENV)/.lab ## Open JupyterLab on the notebooks
	$(BIN)/routelab lab --directory notebooks

check: setup-test ## Lint, types, notebooks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tools/check_notebooks.py

# Notebooks run as in the app, where each has a session of its own.
# The kernel runs twice: interpreted, so that coverage sees its lines, and compiled. A worker has one
# thread for linear algebra: two that wait for a busy core make small fits up to a hundred times slower.
test: check ## Everything that CI runs: checks, tests with coverage, notebooks, browser
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q tests/simulation --ignore=tests/simulation/test_properties.py \
		--cov=routelab --cov-report=
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --cov=routelab --cov-append --cov-report=term --cov-fail-under=90
	ROUTELAB_APP=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --nbval --nbval-sanitize-with tests/notebooks/sanitize.cfg notebooks

# Nothing is compiled: what VS Code needs for stored outputs runs without its native modules.
CODE := build/vscode/node_modules
build/vscode/.installed:
	mkdir -p build/vscode
	npm install --prefix build/vscode node@24
	PATH="$(CURDIR)/$(CODE)/.bin:$$PATH" npm install --prefix build/vscode --ignore-scripts code-server@4.139.1
	PATH="$(CURDIR)/$(CODE)/.bin:$$PATH" npm install --prefix $(CODE)/code-server/lib/vscode --omit=dev --ignore-scripts
	@touch $@

test-vscode: setup-test build/vscode/.installed ## The notebooks in VS Code, which npm installs into build/vscode (700 MB)
	CODE_SERVER="$(CURDIR)/$(CODE)/.bin/code-server" $(BIN)/python -m pytest -q tests/browser/test_vscode.py

test-slow: setup-test ## The browser tests with a kernel whose answers arrive a second late
	ROUTELAB_KERNEL_DELAY_MS=1000 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 tests/browser

bench: bench-simulate bench-read ## Every benchmark
	$(BIN)/python benchmarks/bench_fits.py
	$(BIN)/python benchmarks/bench_off_policy.py

bench-simulate: setup-test ## Speed of the simulator and of sweeps, one JSON line per figure (LEAN=folder of lean_replay.py)
	$(BIN)/python benchmarks/bench_simulate.py $(if $(LEAN),--lean $(LEAN))
	$(BIN)/python benchmarks/bench_sweep.py

bench-read: setup-test ## Speed of reading 10 million rows beside pandas, pyarrow, polars, duckdb
	$(BIN)/python -m pip install --quiet -e '.[bench]'
	$(BIN)/python benchmarks/bench_read.py

bench-routers: setup-test ## Routers: accuracy beside scikit-learn, speed of neighbours and exports (DATA=, MODELS=; SEMANTIC_ROUTER=its python)
	$(BIN)/python benchmarks/bench_routers.py --data $(DATA) --models $(MODELS)
	$(BIN)/python benchmarks/bench_outcomes.py --model $(MODELS)/minilm-l6-onnx-int8 \
		$(DATA)/llmrouter_9models/outcomes_train.json $(DATA)/routellm/gsm8k/gsm8k_responses.csv \
		$(DATA)/routerbench/arc_challenge_train.csv $(DATA)/routerbench/mbpp_train.csv \
		$(DATA)/routerbench/winograde_train.csv
	$(BIN)/python benchmarks/bench_knn.py --data $(DATA) --models $(MODELS)
	$(BIN)/python benchmarks/bench_plugin.py --data $(DATA) --models $(MODELS)
	$(if $(SEMANTIC_ROUTER),$(BIN)/python benchmarks/bench_semantic_router.py --data $(DATA) --models $(MODELS) \
		--python $(SEMANTIC_ROUTER))

bench-compare: setup-test ## How far a comparison can be believed: verdicts, alarms, coverage, resampling, leakage (DATA=)
	$(BIN)/python benchmarks/bench_compare.py --data $(DATA)
	$(BIN)/python benchmarks/bench_leakage.py --data $(DATA)

bench-prove: setup-test ## Real LiteLLM proxies: three plans held against them, what a plugin adds (DATA=, MODELS=; PROXIES=pythons with litellm)
	$(BIN)/python benchmarks/bench_prove.py --data $(DATA) $(if $(MODELS),--models $(MODELS)) $(PROXIES:%=--python %)
	$(BIN)/python benchmarks/bench_added.py --data $(DATA) $(PROXIES:%=--python %)

bench-field: setup-test ## Published figures of the field beside ours, and the claims that the data cannot resolve (DATA=)
	$(BIN)/python benchmarks/field.py --data $(DATA)

bench-ui: setup-test ## Key press to settled picture per panel in a real browser, beside a bare echo
	$(BIN)/python benchmarks/bench_ui.py

notebooks: setup-test ## Execute the notebooks and write them in their committed form
	$(BIN)/python tools/clean_notebooks.py

docs: setup-test ## Build the documentation site into build/site; a warning is an error (`make test` builds it, too)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict -f docs/mkdocs.yml
	@echo "open build/site/index.html (to search it: $(BIN)/python -m http.server -d build/site)"

clean: ## Remove what was built
	rm -rf $(VENV) out build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
