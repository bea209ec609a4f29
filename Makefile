# What you can ask of this repository; `make help` lists it.
# Everything a target needs beyond cargo, Node with npm, python3 and make is fetched into FOREBOND_CACHE and tools/node_modules.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

FOREBOND_CACHE ?= $(HOME)/.cache/forebond
export CARGO_TARGET_DIR ?= $(FOREBOND_CACHE)/target

CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(FOREBOND_CACHE)/tools/bin/cargo-deny
CARGO_DENY_STAMP := $(FOREBOND_CACHE)/tools/cargo-deny-$(CARGO_DENY_VERSION).stamp
PROMTOOL := $(FOREBOND_CACHE)/tools/promtool
NODE_STAMP := tools/node_modules/.installed
EELS_VENV := $(FOREBOND_CACHE)/eels
EELS_STAMP := $(EELS_VENV)/requirements.stamp
BEACON_VENV := $(FOREBOND_CACHE)/beacon
BEACON_STAMP := $(BEACON_VENV)/requirements.stamp
L1_STAMP := tools/l1/node_modules/.installed
ANALYSIS_VENV := $(FOREBOND_CACHE)/analysis
ANALYSIS_STAMP := $(ANALYSIS_VENV)/requirements.stamp
FORGE_BIN := $(CURDIR)/tools/node_modules/@foundry-rs/forge-linux-amd64/bin
FORGE := $(FORGE_BIN)/forge

# `make devnet DATA_DIR=/tmp/x ARGS="--spam 100 --kill gateway-2@20 --exit-after 60"`, `make gateway HTTP=127.0.0.1:9000`
DATA_DIR ?= .forebond/$@
HTTP ?= 127.0.0.1:9545
ARGS ?=

## ---- Run ----

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^## ---- / { gsub(/## ---- | ----/, ""); printf "\n%s\n", $$0 } /^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: devnet
devnet: ## An L1 with validators, two gateways, batchers, a follower and users (DATA_DIR=, ARGS= override)
	cargo build --release --locked --bin forebond
	exec "$(CARGO_TARGET_DIR)/release/forebond" devnet --data-dir "$(DATA_DIR)" $(ARGS)

.PHONY: gateway
gateway: ## A gateway alone, without L1, with ten funded accounts at http://127.0.0.1:9545 (DATA_DIR=, HTTP=, ARGS=)
	cargo build --release --locked --bin forebond
	@mkdir -p "$(DATA_DIR)"
	exec "$(CARGO_TARGET_DIR)/release/forebond" gateway --dev --http "$(HTTP)" --data-dir "$(DATA_DIR)" $(ARGS)

.PHONY: l1-npm
l1-npm: $(L1_STAMP) ## An L1 of published clients: EthereumJS and Lodestar's state transition (ARGS=)
	@mkdir -p .forebond/l1
	exec node tools/l1/main.mjs --data-dir .forebond/l1 $(ARGS)

.PHONY: bench
bench: $(NODE_STAMP) ## Stage benchmarks, then ours beside anvil under the same load
	cargo bench --locked -p forebond-exec -p forebond-gateway -p forebond-embedded-l1
	@if [ -x tools/bench.sh ]; then tools/bench.sh; fi
	$(MAKE) bench-settlement

.PHONY: bench-settlement
bench-settlement: $(NODE_STAMP) ## From promises to L1 and back on a devnet: lag, derivation, hand-overs, bytes (SECONDS_LOADED=, PARTS=)
	cargo build --release --locked --bin forebond
	cargo bench --locked -p forebond-rollup -p forebond-ledger
	FOREBOND_BIN="$(CARGO_TARGET_DIR)/release/forebond" node tools/bench-settlement.mjs

## ---- Check ----

# Cargo deletes nothing: each change of a crate leaves its tests' binaries behind, gigabytes a day.
.PHONY: prune
prune: ## Delete incremental state, and our own crates' artifacts that are older than half a day, from the target directory
	@rm -rf "$(CARGO_TARGET_DIR)"/*/incremental
	@for deps in "$(CARGO_TARGET_DIR)"/*/deps; do if [ -d "$$deps" ]; then \
		find "$$deps" -maxdepth 1 -type f -mmin +720 \( -name '*forebond*' -o \( -executable ! -name '*.so' \) \) -delete; fi; done
	@df -h "$(CARGO_TARGET_DIR)" 2>/dev/null | tail -n 1 || true

.PHONY: test
test: test-contracts test-monitoring test-rust test-l1-npm test-e2e test-justice ## All tests

.PHONY: test-rust
test-rust: $(NODE_STAMP) ## Unit, property and vector tests of every crate
	cargo test --locked --workspace

# Analysis and proofs come first, so that the last line is forge's summary.
.PHONY: test-contracts
test-contracts: slither prove-contracts $(NODE_STAMP) ## Contracts: static analysis, symbolic proofs, then unit, fuzz and invariant tests
	cd contracts && FORGE_SNAPSHOT_CHECK=true "$(FORGE)" test

.PHONY: prove-contracts
prove-contracts: $(ANALYSIS_STAMP) $(NODE_STAMP) ## Contracts: properties proven for all inputs (halmos)
	cd contracts && rm -rf out/symbolic && FOUNDRY_SRC=test/symbolic FOUNDRY_TEST=test/symbolic FOUNDRY_OUT=out/symbolic FOUNDRY_CACHE_PATH=cache/symbolic \
		PATH="$(ANALYSIS_VENV)/bin:$(FORGE_BIN):$$PATH" halmos

.PHONY: slither
slither: $(ANALYSIS_STAMP) $(NODE_STAMP) ## Contracts: static analysis; findings are fixed, or answered in docs/slither.md
	cd contracts && FOUNDRY_OUT=out/slither FOUNDRY_CACHE_PATH=cache/slither PATH="$(ANALYSIS_VENV)/bin:$(FORGE_BIN):$$PATH" slither .

.PHONY: test-l1-npm
test-l1-npm: $(L1_STAMP) $(NODE_STAMP) ## The L1 of published clients: itself, our beacon fixtures, and the settlement scenario on it
	node tools/l1/check.mjs
	node tools/l1/state.mjs --chain fixtures/beacon/minimal > /dev/null
	cargo test --locked -p forebond-harness --test npm -- --ignored --nocapture

.PHONY: test-monitoring
test-monitoring: $(PROMTOOL) ## Alert rules: each figure goes bad once, and exactly its alert fires; the dashboard's queries parse (promtool)
	cd deploy/monitoring && "$(PROMTOOL)" check config prometheus.yml && "$(PROMTOOL)" test rules alerts_test.yml
	@rules=$$(mktemp); trap 'rm -f "$$rules"' EXIT; node tools/dashboard-rules.mjs > "$$rules"; "$(PROMTOOL)" check rules "$$rules"

.PHONY: test-e2e
test-e2e: $(NODE_STAMP) ## cast, viem and ethers against a running gateway (FOREBOND_BIN= tests another binary)
	@if [ -z "$${FOREBOND_BIN:-}" ]; then cargo build --locked --bin forebond; fi
	FOREBOND_BIN="$${FOREBOND_BIN:-$(CARGO_TARGET_DIR)/debug/forebond}" node --test --test-reporter=spec --test-concurrency=1 tests/e2e/*.test.mjs

# A quarter of an hour of real slots. Best on a machine that has nothing else to do: a gateway that is late because the machine is busy pays for it, too.
.PHONY: test-justice
test-justice: $(NODE_STAMP) ## Each fault from misbehaviour to money, and an honest run without an accusation (FOREBOND_BIN= another binary, FOREBOND_L1=npm)
	@if [ -z "$${FOREBOND_BIN:-}" ]; then cargo build --locked --bin forebond; fi
	FOREBOND_BIN="$${FOREBOND_BIN:-$(CARGO_TARGET_DIR)/debug/forebond}" node --test --test-reporter=spec --test-concurrency=1 tests/justice/*.test.mjs

# Advisories are left out: their database comes from the network at every run, and the answer changes under an unchanged tree.
.PHONY: lint
lint: $(CARGO_DENY_STAMP) $(NODE_STAMP) ## Format, clippy with warnings denied, licences and sources of dependencies, artifacts, message fixtures
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	"$(CARGO_DENY)" --locked check licenses bans sources
	cd contracts && "$(FORGE)" fmt --check
	node tools/artifacts.mjs --check
	node tools/contracts.mjs --check
	node tools/oracles/messages.mjs
	node tools/oracles/fault_ids.mjs

.PHONY: fixtures-check
fixtures-check: $(NODE_STAMP) ## Every hash, digest and signature in fixtures/messages, and every fault id, is what viem computes
	node tools/oracles/messages.mjs
	node tools/oracles/fault_ids.mjs

.PHONY: simulate
simulate: ## A thousand random worlds in a box; FOREBOND_SEED=N replays one
	cargo test --locked -p forebond-harness --test simulation -- --ignored --nocapture $(if $(FOREBOND_SEED),replay,thousand)

.PHONY: oracle-kona
oracle-kona: ## Our blobs read by the OP Stack's own derivation crates, and theirs by ours (fixtures/derivation)
	cargo run --locked --manifest-path tools/kona/Cargo.toml -- check

.PHONY: fmt
fmt: $(NODE_STAMP) ## Format Rust and Solidity
	cargo fmt --all
	cd contracts && "$(FORGE)" fmt

## ---- Make again what is committed ----

.PHONY: artifacts
artifacts: $(NODE_STAMP) ## Compile examples/contracts and contracts/
	node tools/artifacts.mjs
	node tools/contracts.mjs

.PHONY: predeploys
predeploys: $(NODE_STAMP) ## Take the OP Stack predeploys' runtime code from its published sources
	node tools/predeploys/make.mjs

.PHONY: oracles
oracles: $(EELS_STAMP) $(BEACON_STAMP) $(NODE_STAMP) ## Fixtures from the executable specifications: EELS and eth-consensus-specs
	"$(EELS_VENV)/bin/python" tools/oracles/eels.py fixtures/eels
	"$(BEACON_VENV)/bin/python" tools/oracles/beacon.py fixtures

.PHONY: oracles-check
oracles-check: $(EELS_STAMP) $(BEACON_STAMP) $(NODE_STAMP) ## The committed fixtures are what the specifications say today
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	"$(EELS_VENV)/bin/python" tools/oracles/eels.py "$$fresh/eels"; \
	"$(BEACON_VENV)/bin/python" tools/oracles/beacon.py "$$fresh"; \
	for folder in eels beacon blobs; do diff -r --exclude README.md "$$fresh/$$folder" "fixtures/$$folder"; done && echo "oracles: fixtures match"

## ---- Install ----

.PHONY: tools
tools: $(NODE_STAMP) $(L1_STAMP) $(CARGO_DENY_STAMP) $(EELS_STAMP) $(ANALYSIS_STAMP) $(PROMTOOL) ## Everything the targets above would fetch when first needed

# Foundry's programs are whole in their platform packages; nobody's install scripts are needed.
$(NODE_STAMP): tools/package.json tools/package-lock.json tools/.npmrc
	npm ci --prefix tools --ignore-scripts
	@touch $@

$(L1_STAMP): tools/l1/package.json tools/l1/package-lock.json tools/l1/.npmrc
	npm ci --prefix tools/l1 --ignore-scripts
	@touch $@

$(CARGO_DENY_STAMP):
	@mkdir -p $(@D)
	@if ! "$(CARGO_DENY)" --version 2>/dev/null | grep -qF " $(CARGO_DENY_VERSION)"; then \
		cargo install --locked --root "$(FOREBOND_CACHE)/tools" cargo-deny@$(CARGO_DENY_VERSION); fi
	@touch $@

# Prometheus's own checker: the machine's, or out of the distribution's package, which is not installed.
$(PROMTOOL):
	@mkdir -p "$(@D)"; if found=$$(command -v promtool); then ln -sf "$$found" "$@"; exit 0; fi; \
	if ! command -v apt-get >/dev/null; then echo "promtool was not found; install Prometheus and run make again" >&2; exit 1; fi; \
	scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; cd "$$scratch"; \
	apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; \
	dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool; mv usr/bin/promtool "$@"

# Debian ships python3 without ensurepip; as root the missing package is installed, otherwise the error names it.
# $(call venv,FOLDER,REQUIREMENTS)
define venv
	@rm -rf "$(1)"; mkdir -p "$(FOREBOND_CACHE)"
	@if ! python3 -m venv "$(1)" >/dev/null 2>&1; then \
		if [ "$$(id -u)" != 0 ]; then echo "python3 -m venv does not work; install the package python3-venv and run make again" >&2; exit 1; fi; \
		apt-get update -q && apt-get install -y -q python3-venv; rm -rf "$(1)"; python3 -m venv "$(1)"; fi
	"$(1)/bin/pip" install --quiet --disable-pip-version-check --requirement "$(2)"
endef

$(EELS_STAMP): tools/oracles/requirements.txt
	$(call venv,$(EELS_VENV),$<)
	@touch $@

# eth-consensus-specs needs Python 3.12 or later.
$(BEACON_STAMP): tools/oracles/beacon_requirements.txt
	@newer=; for python in python3.13 python3.12 python3 "$$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then newer=$$python; break; fi; done; \
	if [ -z "$$newer" ]; then echo "the beacon oracle needs Python 3.12 or later, none was found; install python3.12 and run make again" >&2; exit 1; fi; \
	rm -rf "$(BEACON_VENV)"; mkdir -p "$(FOREBOND_CACHE)"; "$$newer" -m venv "$(BEACON_VENV)"
	"$(BEACON_VENV)/bin/pip" install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(ANALYSIS_STAMP): tools/analysis/requirements.txt
	$(call venv,$(ANALYSIS_VENV),$<)
	@touch $@
