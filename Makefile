# Architecto: every command of the project. `make help` lists them.

# ---- variables: the comment after ## is what `make help` prints -----------------------------------

SPACE ?=#                   ## search space: a name in racket/networks/spaces, or a .rkt file (empty: one that fits the data)
DATASET ?= digits#          ## data set: digits, fashion-mnist, csv:FILE, folder:PATH, … (README.md)
SCORER ?= transformer#      ## who picks: transformer, bag, ensemble, random, uniform, or FILE.py:Class
TRIALS ?= 24#               ## networks to train
SEED ?= 0#                  ## the same seed gives the same run
MAX_PARAMS ?=#              ## parameter budget of a network (empty: the space's own)
MAX_MACS ?=#                ## multiply-adds of a network for one input (empty: the space's own)
MAX_ACTIVATIONS ?=#         ## numbers that all layers give for one input (empty: the space's own)
MAX_DEPTH ?=#               ## layers of a network (empty: the space's own)
RUN ?=#                     ## name of the run under runs/ (empty: SPACE-DATASET-NUMBER)
DEVICE ?= cpu#              ## where networks are trained: cpu, cuda, cuda:1, mps
EPOCHS ?=#                  ## epochs a trial (empty: the data set's own number)
WARM_START ?=#              ## earlier run whose trials the scorer learns from first, also of another space
OPTIONS ?=#                 ## more options of `python -m architecto run --help`
TABLE ?=#                   ## bench-search: CSV file of results (empty: ../shared/nas-bench-201/cifar10.csv)
SEARCH_METRIC ?=#           ## bench-search: column that the search sees (empty: test_200_epochs; of fc-net score)
REPORT_METRIC ?=#           ## bench-search: column that is reported (empty: the one that the search sees)
SEEDS ?=#                   ## bench-search: seeds from 0 on (empty: 10)
EVALUATIONS ?=#             ## bench-search: evaluations of a seed (empty: 200)
RUNS ?=#                    ## bench-search: folder to keep the runs in (empty: none)
KILLS ?=#                   ## bench-faults: SIGKILLs (empty: 100)
INTERRUPTS ?=#              ## bench-faults: Ctrl-C (empty: 20)
TESTS ?= tests#             ## what `make test` runs: a folder, a file, or FILE::TEST
JOBS ?= 2#                  ## test processes side by side
PYTHON ?=#                  ## Python for .venv (empty: the first of 3.11 or newer on PATH)
TORCH ?=#                   ## pip options for torch, e.g. --index-url https://download.pytorch.org/whl/cpu

python := .venv/bin/python
in_python := ../$(python)
quote = '$(subst ','\'',$(strip $(1)))'
option = $(if $(strip $(2)),$(1) $(call quote,$(2)))

# ---- set-up: files under .venv say what is done ---------------------------------------------------

racket_files := $(shell find racket -name '*.rkt' 2>/dev/null)
tables := $(wildcard protocol/*.json)
benches := $(addprefix bench-,$(basename $(notdir $(wildcard tests/bench/*.py tests/bench/*.rkt))))
racket_tests := $(shell find tests -name '*.rkt' 2>/dev/null)
installed := .venv/installed
compiled := .venv/compiled
compiled_tests := .venv/compiled-tests

# Another Racket than the one last seen, a .venv that lost its Python, or other options for torch:
# look again.
racket_seen := $(shell [ -x $(python) ] && ls -liL "$$(command -v racket)" 2>/dev/null \
	| cmp -s - .venv/racket-seen && echo yes)
torch_seen := $(if $(strip $(TORCH)),$(shell printf '%s\n' $(call quote,$(TORCH)) \
	| cmp -s - .venv/torch-seen && echo yes),yes)
ifneq ($(racket_seen) $(torch_seen),yes yes)
$(installed): always
endif

$(installed): python/pyproject.toml .make/set-up
	@PYTHON=$(call quote,$(PYTHON)) TORCH=$(call quote,$(TORCH)) .make/set-up
	@ls -liL "$$(command -v racket)" > .venv/racket-seen
	@$(if $(strip $(TORCH)),printf '%s\n' $(call quote,$(TORCH)) > .venv/torch-seen,:)
	@touch $@

# Compiled code without its source would hide that a file is gone.
orphans = find $(1) -path '*/compiled/*_rkt.zo' 2>/dev/null | while read -r zo; do \
	folder=$${zo%/compiled/*}; name=$${zo\#\#*/}; \
	[ -e "$$folder/$${name%_rkt.zo}.rkt" ] || rm -f "$$zo" "$${zo%.zo}.dep"; done

# raco's message without the lines of its own call stack.
raco_make = errors=$$(raco make -j 2 $(1) 2>&1) || { \
	printf '%s\n' "$$errors" | sed '/^ *\(compilation \)\{0,1\}context\.\.\.:$$/,$$d' >&2; exit 1; }

$(compiled): $(racket_files) $(tables) $(installed)
	@$(call orphans,racket tests .make)
	@$(if $(racket_files),echo 'compiling racket/'; $(call raco_make,$(racket_files)))
	@touch $@

$(compiled_tests): $(racket_tests) .make/lint-racket.rkt $(compiled)
	@$(call raco_make,.make/lint-racket.rkt $(racket_tests))
	@touch $@

# ---- targets --------------------------------------------------------------------------------------

.DEFAULT_GOAL := help
.PHONY: help setup run-search repl test lint format clean always

help: ## this list
	@printf 'make TARGET [VARIABLE=value …]\n\nTargets\n'
	@sed -n 's/^\([a-z-]*\):[^#=]*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@for bench in $(benches); do printf '  %-20s measures, and prints figures with the machine\n' $$bench; done
	@printf '\nVariables (default)\n'
	@sed -n 's/^\([A-Z_]*\) ?=[ ]*\([^#]*\)# *## \(.*\)/  \1|\2|\3/p' Makefile \
		| awk -F'|' '{ printf "%-17s %-12s %s\n", $$1, ($$2 == "" ? "-" : $$2), $$3 }'

setup: $(installed) $(compiled) ## sets up what is missing: Python packages in .venv, Racket, compiled code
	@echo 'Everything is set up: try make run-search.'

run-search: $(installed) $(compiled) ## searches: finds networks, trains them, and learns to guide the search
	@exec $(python) -m architecto run $(call option,--space,$(SPACE)) \
		$(call option,--dataset,$(DATASET)) $(call option,--scorer,$(SCORER)) \
		$(call option,--trials,$(TRIALS)) $(call option,--seed,$(SEED)) \
		$(call option,--max-params,$(MAX_PARAMS)) $(call option,--max-macs,$(MAX_MACS)) \
		$(call option,--max-activations,$(MAX_ACTIVATIONS)) \
		$(call option,--max-depth,$(MAX_DEPTH)) $(call option,--run,$(RUN)) \
		$(call option,--device,$(DEVICE)) $(call option,--epochs,$(EPOCHS)) \
		$(call option,--warm-start,$(WARM_START)) $(OPTIONS)

repl: $(installed) $(compiled) ## Racket with the engine and the search spaces loaded
	@exec racket -i -t racket/main.rkt

test: $(installed) $(compiled) $(compiled_tests) ## runs every test, Python's and Racket's
	@$(python) -m pytest -n $(JOBS) --dist worksteal $(TESTS)

lint: $(installed) $(compiled) $(compiled_tests) ## checks style, types, unused requires, widths and the borders of rooms
	@cd python && $(in_python) -m ruff check --config pyproject.toml --quiet --output-format concise . ../tests
	@cd python && $(in_python) -m ruff format --config pyproject.toml --check --quiet . ../tests
	@cd python && $(in_python) -m mypy architecto
	@cd python && ../.venv/bin/lint-imports --no-logo pyproject.toml > ../.venv/borders 2>&1 \
		|| { cat ../.venv/borders; exit 1; }
	@racket .make/lint-racket.rkt .make/lint-racket.rkt $(racket_files) $(racket_tests)

# One target for each program in tests/bench, Python's or Racket's.
bench-%: tests/bench/%.py $(compiled_tests)
	@exec $(python) $<

bench-%: tests/bench/%.rkt $(compiled_tests)
	@exec racket $<

format: $(installed) ## formats the Python code and sorts its imports
	@cd python && $(in_python) -m ruff check --config pyproject.toml --fix --quiet . ../tests
	@cd python && $(in_python) -m ruff format --config pyproject.toml . ../tests

clean: ## removes compiled code and caches; keeps .venv and runs/
	@find racket tests .make -type d \( -name compiled -o -name __pycache__ \) -prune -exec rm -rf {} +
	@find python -type d \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +
	@rm -rf python/build
	@for cache in .pytest_cache .mypy_cache .ruff_cache .hypothesis; do rm -rf $$cache */$$cache; done
	@rm -f $(compiled) $(compiled_tests)
