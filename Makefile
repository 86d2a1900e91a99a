# The doors of goodinit. It needs Python 3.11 or 3.12 and, for the PDF, TeX; the rest is installed into .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install paper quick status verify reference test test-report check test-promise test-slow test-faults \
	test-slurm test-conda test-container lint bench growth format lock clean tex chromium slurm podman

PYTHON ?= python3
CORES ?= all
PAPER := .venv/requirements.lock
DEV := .venv/requirements-dev.lock
UNLOCK := python -m goodinit unlock
SNAKEMAKE := $(UNLOCK) && snakemake
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help:  ## these lines
	@awk -F ':.*## +' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(PAPER) tex  ## what the report needs: packages into .venv, TeX with apt

paper: install  ## the published study, from raw tables to results/report.pdf
	$(SNAKEMAKE) --cores $(CORES)
	@echo "The report: $(CURDIR)/results/report.pdf; to explore: $(CURDIR)/results/report.html"

quick: install  ## the same in a few minutes, smaller and marked as a draft: results/quick/report.pdf
	$(SNAKEMAKE) --cores $(CORES) --configfile config/quick.yaml
	@echo "The report: $(CURDIR)/results/quick/report.pdf; to explore: $(CURDIR)/results/quick/report.html"

status: $(PAPER)  ## by stage: what is done of the published study, what is missing, and why something would run
	python -m goodinit status

# What verify trains again and holds against paper/reference.json: the quick study, and a handful of the published runs
# that the date chooses, so that over time all have their turn; FULL=1: all. Both from nothing, in results/quick, where
# make quick goes on from these runs, and results/full.
DATE := $(if $(FULL),all,$(shell date +%F))
STUDY := $(if $(FULL),full,quick)
CONFIG_quick := --configfile config/quick.yaml
TRAIN = $(SNAKEMAKE) $(2) --cores $(CORES) --quiet all $(CONFIG_$(1)) --config results=results/$(1)

verify: $(PAPER)  ## does training again give the published runs? FULL=1: all; DATE=2026-01-31: the handful of that day
	$(UNLOCK)
	rm -rf results/quick results/full
	python -m goodinit choose-runs --reference paper/reference.json --date $(DATE) --output results/chosen
	$(call TRAIN,quick,$$(grep /quick/runs/ results/chosen))
	$(call TRAIN,full,$$(grep /full/runs/ results/chosen))
	python -m goodinit verify --reference paper/reference.json --runs $$(cat results/chosen)

reference: $(PAPER)  ## what verify compares with, from a fresh run of the quick study; FULL=1: of the published one
	$(UNLOCK)
	rm -rf results/$(STUDY)
	$(call TRAIN,$(STUDY),runs)
	python -m goodinit refer --reference paper/reference.json --runs $$(find results/$(STUDY) -name '*.nc')

# First what compiles most, for copies of the project to take along; then workflows; last what is short, to fill gaps.
TESTS := tests/unit/model tests/unit/training tests/workflow tests/oracles tests/unit -m 'not gpu and not promise'

test: lint tex  ## lint, types, units, second implementations and small workflows
	pytest $(TESTS)

test-report: quick chromium $(DEV)  ## what the quick study gives its readers; whole reports on other tables
	pytest tests/report

check: $(DEV) tex chromium  ## both, and make verify
	$(MAKE) --jobs 2 --output-sync lint verify
	$(MAKE) quick
	pytest tests/report $(TESTS)

test-promise: $(DEV) tex  ## what documents promise: every command, every recipe, a study's bytes from another processor
	pytest tests/workflow -m promise

test-slow: paper chromium $(DEV)  ## test-report of the published study, and its claims computed a second time
	pytest tests/report tests/published --study full

test-faults: $(DEV) tex  ## a build struck by 24 signals at random moments, killed jobs, full disks
	pytest tests/workflow/test_faults.py --moments 24

test-slurm: $(DEV) tex slurm  ## a study through a Slurm of two nodes on this machine, a job of it cancelled
	$(INSTALL) --no-build-isolation --editable '.[slurm]' --constraint requirements.lock
	pytest tests/slurm --numprocesses 0

test-conda: $(DEV) tex  ## a small study in an environment made from environment.yml and a local channel
	$(INSTALL) --no-build-isolation --editable '.[conda]' --constraint requirements.lock
	pytest tests/conda --numprocesses 0

test-container: $(DEV) tex podman  ## a small study in a container, which the README's commands build and run
	pytest tests/container --numprocesses 0

lint: $(DEV)  ## lint, format and types
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint

bench: $(PAPER)  ## speed against the thread's way and the machine; the last line is JSON
	python benchmarks/bench.py

growth: $(PAPER)  ## time and memory by rows, features, nets, steps and seeds: ten minutes
	python benchmarks/growth.py

docs/loss-curves.png: results/figures/loss-curves.pdf
	pdftoppm -r 130 -png -singlefile $< $(basename $@)

format: $(DEV)  ## the formatters' changes
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

clean:  ## a fresh start: everything generated goes, .venv stays
	$(UNLOCK)
	rm -rf results .snakemake

# The environment: what the paper needs, and on top of it what tests and lint need. Copies of the locks say what is there.

INSTALL := .venv/bin/python -m pip install --quiet --disable-pip-version-check

$(PAPER): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
		|| { echo "goodinit needs Python 3.11 or 3.12; name one with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(INSTALL) --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	cp requirements.lock $@

$(DEV): requirements-dev.lock $(PAPER)
	$(INSTALL) --requirement requirements-dev.lock
	cp requirements-dev.lock $@

RANGES = .venv-lock/bin/python -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb")); print(*$(1), sep="\n")'
FREEZE = .venv-lock/bin/python -m pip freeze --all --exclude pip | sed 's/+cpu$$//'

lock:  ## both locks afresh from the ranges in pyproject.toml; look at the difference before committing it
	$(PYTHON) -m venv --clear .venv-lock
	$(call RANGES,p["build-system"]["requires"] + p["project"]["dependencies"]) > .venv-lock/paper
	$(call RANGES,p["dependency-groups"]["dev"]) > .venv-lock/dev
	.venv-lock/bin/python -m pip install --quiet --requirement .venv-lock/paper
	{ head -n 1 requirements.lock; $(FREEZE); } > .venv-lock/requirements.lock
	.venv-lock/bin/python -m pip install --quiet --requirement .venv-lock/dev --constraint .venv-lock/requirements.lock
	{ head -n 1 requirements-dev.lock; $(FREEZE) | grep -vxFf .venv-lock/requirements.lock; } \
		> .venv-lock/requirements-dev.lock
	mv .venv-lock/requirements.lock .venv-lock/requirements-dev.lock .
	rm -r .venv-lock

# What apt has to offer, installed where we may.

tex: PACKAGES := latexmk texlive-latex-recommended texlive-latex-extra texlive-science texlive-pictures lmodern
tex: FOUND := command -v latexmk && kpsewhich eso-pic.sty lmodern.sty
chromium: PACKAGES := chromium
chromium: FOUND := command -v chromium
slurm: PACKAGES := slurmctld slurmd slurm-client munge
slurm: FOUND := command -v slurmctld && command -v slurmd && command -v sbatch && command -v munged
podman: PACKAGES := podman netavark
podman: FOUND := command -v podman

tex chromium slurm podman:
	@{ $(FOUND); } > /dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends $(PACKAGES) > /dev/null; \
	else \
		echo "make $(MAKECMDGOALS) needs $@; install it with: sudo apt-get install $(PACKAGES)" >&2; exit 1; \
	fi
