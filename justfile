# Every command of the project; `just` lists them. Each works in a bare clone: see README.md.
set shell := ["bash", "-euo", "pipefail", "-c"]

export PATH := justfile_directory() / ".venv/bin" + ":" + env("PATH")

just := quote(just_executable())

# Declared by the macro of `adapters/mod.rs`, where cargo fmt does not look.

adapter_folders := "rust_core/src/adapters/*/mod.rs tests/fixtures/new_exchange/rust_core/src/adapters/*/mod.rs"

# List the recipes
default:
    @{{ just }} --list --unsorted

# Make .venv with every tool, the release build of the extension and the `tapeline` command
setup:
    @[ -x .venv/bin/python ] || python3 -m venv .venv
    @command -v uv > /dev/null || { .venv/bin/python -m ensurepip > /dev/null && .venv/bin/python -m pip install --quiet uv; }
    @echo "setup: packages and the release extension (the first Rust build takes 2 to 4 minutes)"
    UV_PYTHON_DOWNLOADS=never uv sync --locked --inexact
    @web/run build
    @tapeline version

# Build the extension again after a change in rust_core (release: a debug build makes every figure lie)
build:
    maturin develop --release --uv --skip-install

# Build the dashboard of web/ into the package (needs Node 20.19+ or 22.12+; without it a line says so)
web:
    web/run build

# Everything a change must pass before the tests: format, lints, types, layers, generated code, docs
check: setup fmt-check lint gen-check docs doc-examples

# Format Rust, Python, the dashboard and this file
fmt:
    cargo fmt --all
    rustfmt --edition 2024 {{ adapter_folders }}
    ruff format .
    ruff check --fix-only --quiet .
    web/run fmt
    {{ just }} --fmt --unstable

# Fail when something is not formatted
fmt-check:
    cargo fmt --all --check
    rustfmt --edition 2024 --check {{ adapter_folders }}
    ruff format --check .

# Lints (those of web/ too), types, layers, and the stub of the extension against the built module
lint:
    web/run check
    ruff check .
    mypy
    lint-imports
    cargo clippy --workspace --all-targets --features python --locked -- -D warnings
    python -m mypy.stubtest tapeline._core --concise

# Make the generated code of proto/ again, Rust and Python
gen:
    TAPELINE_GEN=1 cargo test --quiet --locked --test generated_code
    python proto/gen.py
    python docs/gen_capabilities.py
    tapeline serve --openapi > web/openapi.json
    web/run gen
    python docs/gen_metrics.py
    python deploy/grafana/make_dashboards.py
    python -m tests.vectors.make_live_frames

# Fail when generated code is out of date, or proto/ would break readers of a released version
gen-check:
    cargo test --quiet --locked --test generated_code
    python proto/gen.py --check
    python docs/gen_capabilities.py --check
    tapeline serve --openapi | diff -u web/openapi.json - || { echo "web/openapi.json is out of date: run just gen"; exit 1; }
    web/run gen-check
    python docs/gen_metrics.py --check
    python -m tests.vectors.make_live_frames --check
    pytest -q tests/python/contract/test_wire_history.py

# Write new golden files of the wire format; a released one never changes. Read the difference before committing
golden-update:
    python -m tests.fixtures.wire.make_golden

# Run all tests but the slow ones, Kafka included (without Java 17 and Maven those are named skips)
test: setup test-web test-rust test-python

# The dashboard's unit tests: decoder, exact numbers, buffers
test-web:
    web/run test

# The Rust tests: units, properties, layers, the counting allocator
test-rust:
    cargo test --workspace --locked

# The Python tests, two workers a core because most of them wait; arguments go to pytest, e.g. `just test-python -k gaps`
test-python *arguments:
    pytest -m "not slow" --numprocesses 4 --dist loadfile {{ arguments }}

# The tests that run for minutes: 1,000,000 generated frames against the reference, and more
test-slow: setup
    HYPOTHESIS_PROFILE=slow pytest -m slow --timeout 3600

# The tests that need a real service: Kafka is started from Maven Central on free ports
test-integration: setup
    pytest -m integration

# Generate a faulty tape, run simulator, collector, local transport and decoder, and account for every frame
demo seconds=(if env("CI", "") == "" { "" } else { "15" }): setup
    tapeline demo
    tapeline up --demo {{ if seconds == "" { "" } else { "--seconds " + seconds } }}

# Measure the hot path and the whole chain; prints a table and writes bench-results.json
bench: setup
    tapeline --version > /dev/null
    python -m benches.python.run --out bench-results.json

# The instruction-count gate alone (callgrind, +5 % against benches/baselines)
bench-gate:
    python -m benches.python.run --only instructions --out bench-gate.json

# Count instructions anew and write them to benches/baselines, for a commit that says why they rose
bench-baseline: setup
    python -m benches.python.run --save-baseline

# Compare the hot path with this machine's saved run (saved the first time), then gate the instruction counts
bench-compare: setup && bench-gate
    if compgen -G '.benchmarks/*/*.json' > /dev/null; then \
        pytest benches/python --benchmark-enable --benchmark-compare --benchmark-compare-fail=min:25%; \
    else {{ just }} bench-save; fi

# Save a run of the hot path for `just bench-compare`
bench-save: setup
    pytest benches/python --benchmark-enable --benchmark-save=hot_path

# Fuzz every entry for so many seconds each (needs cargo-fuzz: cargo install cargo-fuzz)
fuzz seconds="60":
    for target in $(cargo fuzz list); do RUSTC_BOOTSTRAP=1 cargo fuzz run "$target" -- -max_total_time={{ seconds }}; done

# Start a Kafka broker for development on 127.0.0.1, in the background (needs Java 17 and Maven)
up port="9092":
    @mkdir -p .cache/kafka
    @! kill -0 "$(cat .cache/kafka/dev.pid 2> /dev/null)" 2> /dev/null || { echo "it runs already"; exit 1; }
    @nohup python -m tests.services.kafka --port {{ port }} --dir .cache/kafka/dev > .cache/kafka/dev.log 2>&1 & echo $! > .cache/kafka/dev.pid
    @until grep -q answers .cache/kafka/dev.log; do kill -0 "$(cat .cache/kafka/dev.pid)" || { cat .cache/kafka/dev.log; exit 1; }; sleep 0.2; done
    @cat .cache/kafka/dev.log

# Stop the development broker; its data stays in .cache/kafka/dev
down:
    @kill "$(cat .cache/kafka/dev.pid)" && rm .cache/kafka/dev.pid

# Check deploy/ with promtool, amtool, the Compose loader, hadolint, ansible-lint, systemd-analyze and Grafana's types
deploy-check *arguments:
    python deploy/check/run.py {{ arguments }}

# Build the documentation into site/, strictly (not quietly: --quiet would hide warnings from --strict)
docs:
    NO_MKDOCS_2_WARNING=1 mkdocs build --strict

# Run the examples of README.md and docs/
doc-examples:
    pytest -q tests/python/contract/test_docs_examples.py
