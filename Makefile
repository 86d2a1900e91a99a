# The doors of goodinit. `make paper` needs Python 3.11 or 3.12 and, for the PDF, TeX; the rest is installed into .venv.

PYTHON ?= python3
CORES ?= all
READY := .venv/requirements.lock
export PATH := $(CURDIR)/.venv/bin:$(PATH)
TEX_PACKAGES := latexmk texlive-latex-recommended texlive-latex-extra texlive-science texlive-pictures lmodern

.PHONY: paper quick verify reference test test-slow lint bench format lock tex chromium clean
.DELETE_ON_ERROR:

paper: $(READY) tex  ## the published study, from raw tables to results/report.pdf
	snakemake --cores $(CORES)
	@echo "The report: $(CURDIR)/results/report.pdf"

quick: $(READY) tex  ## the same in a minute, smaller and marked as a draft
	snakemake --cores $(CORES) --configfile config/quick.yaml
	@echo "The report: $(CURDIR)/results/quick/report.pdf"

# What verify runs and holds against paper/reference.json: the quick study, or with FULL=1 the published one.
STUDY := $(if $(FULL),full,quick)
RERUN = rm -rf results/$@ && snakemake runs --cores $(CORES) --quiet all $(if $(FULL),,--configfile config/quick.yaml) \
	--config results=results/$@ && PYTHONPATH=src python -m goodinit

verify: $(READY)  ## a fresh run against the published numbers; FULL=1 for the whole study
	$(RERUN) verify --study $(STUDY) --reference paper/reference.json --runs $$(find results/$@ -name '*.nc' | sort)

reference: $(READY)  ## the numbers that verify compares with, from a fresh run
	$(RERUN) refer --study $(STUDY) --reference paper/reference.json --runs $$(find results/$@ -name '*.nc' | sort)

test: $(READY) tex lint
	pytest

test-slow: paper chromium  ## the published study, held against its claims; whole workflows; the HTML report in a browser
	pytest -m slow

lint: $(READY)
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint

bench: $(READY)  ## speed against the thread's way and the machine; the last line is JSON
	PYTHONPATH=src python benchmarks/bench.py

docs/loss-curves.png: results/figures/loss-curves.pdf
	pdftoppm -r 130 -png -singlefile $< $(basename $@)

format: $(READY)
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
		|| { echo "goodinit needs Python 3.11 or 3.12; name one with: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	cp requirements.lock $@

# A fresh resolution of pyproject.toml's ranges; look at the difference before committing it.
lock:
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb")); \
		print("\n".join(p["project"]["dependencies"] + p["dependency-groups"]["dev"]))' > .venv-lock/ranges.txt
	.venv-lock/bin/python -m pip install --quiet --requirement .venv-lock/ranges.txt
	{ head -n 1 requirements.lock; .venv-lock/bin/python -m pip freeze | sed 's/+cpu$$//'; } > .venv-lock/lock
	mv .venv-lock/lock requirements.lock
	rm -r .venv-lock

tex:
	@if ! command -v latexmk > /dev/null || ! kpsewhich eso-pic.sty lmodern.sty > /dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
				apt-get install -y -qq --no-install-recommends $(TEX_PACKAGES) > /dev/null; \
		else \
			echo "The PDF needs TeX; install it with: sudo apt-get install $(TEX_PACKAGES)" >&2; exit 1; \
		fi; \
	fi

chromium:
	@if ! command -v chromium > /dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
				apt-get install -y -qq --no-install-recommends chromium > /dev/null; \
		else \
			echo "The test of the HTML report needs Chromium; install it with: sudo apt-get install chromium" >&2; exit 1; \
		fi; \
	fi

clean:  ## a fresh start: everything generated goes, .venv stays
	rm -rf results .snakemake
