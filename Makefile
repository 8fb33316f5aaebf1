# Two commands: `make run` sets everything up and traces; `make test` sets everything up and runs all tests.

PYTHON ?= python3
PREFIX ?= /usr/local
SHARE := $(PREFIX)/share
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_READY := $(VENV)/.test-ready
VM_READY := $(VENV)/.vm-ready
VM_TESTS := $(shell grep -l booted tests/kernel/test_*.py) -m booted
PROGRAM ?= kretprobe:SyS_read { @["bytes read"].quantize(retval()) }

.PHONY: run test check lint types unit fuzz kernel vm bench docs goldens install uninstall clean

run: $(READY)
	$(BIN)/ply -c '$(PROGRAM)' -- dd if=/dev/zero of=/dev/null bs=4096 count=1000

test: check fuzz kernel vm

# Lint, types, and the tests that need no root.
check: lint types unit

lint: $(TEST_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Through a link of the package's name, so that the folder of the checkout may have any name.
types: $(TEST_READY)
	mkdir -p $(VENV)/types && ln -sfn "$(CURDIR)" $(VENV)/types/plytrace
	cd $(VENV)/types && ../bin/mypy --config-file plytrace/pyproject.toml \
	    -p plytrace.grammar -p plytrace.compiler -p plytrace.runtime

unit: $(TEST_READY)
	$(BIN)/pytest -q -n 2 tests/unit tests/golden tests/errors

# A minute of mutated scripts: only diagnostics may come out.
fuzz: $(TEST_READY)
	$(BIN)/pytest -q tests/fuzz

kernel: $(TEST_READY)
	PLY_NO_SKIP=1 $(BIN)/pytest -q tests/kernel

# In booted kernels 6.1 and 6.12, which have kprobes: emulated, so only tests marked `booted`: what can differ there.
vm: $(VM_READY)
	$(BIN)/python tests/vm/run.py -- $(VM_TESTS)

docs: $(TEST_READY)
	$(BIN)/python -m plytrace.runtime.reference > docs/reference.md

# Side by side with bpftrace and clang, as root: docs/performance.md. SECTIONS="start events" measures only those.
bench: $(TEST_READY)
	$(BIN)/python tests/bench/run.py --write $(SECTIONS)

goldens: $(TEST_READY)
	$(BIN)/pytest -q tests/golden --update-goldens

# As root: a virtual environment of its own, the command, its manual page, and what Tab offers in bash and zsh.
install:
	install -d $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(PREFIX)/bin
	$(PYTHON) -m venv $(PREFIX)/lib/plytrace
	$(PREFIX)/lib/plytrace/bin/pip install --quiet .
	ln -sfn $(PREFIX)/lib/plytrace/bin/ply $(PREFIX)/bin/ply
	$(PREFIX)/bin/ply --man > $(SHARE)/man/man1/ply.1
	$(PREFIX)/bin/ply --completion bash > $(SHARE)/bash-completion/completions/ply
	$(PREFIX)/bin/ply --completion zsh > $(SHARE)/zsh/site-functions/_ply

uninstall:
	rm -f $(PREFIX)/bin/ply $(SHARE)/man/man1/ply.1 $(SHARE)/bash-completion/completions/ply
	rm -f $(SHARE)/zsh/site-functions/_ply
	rm -rf $(PREFIX)/lib/plytrace

$(READY): pyproject.toml tests/setup.sh
	sh tests/setup.sh run
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	touch $@

$(TEST_READY): $(READY) tests/setup.sh
	sh tests/setup.sh tests
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@

$(VM_READY): $(TEST_READY) tests/vm/setup.sh
	$(BIN)/pip install --quiet --editable '.[test,vm]'
	bash tests/vm/setup.sh
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
