# Fondaco: the commands of a working day. `make` lists them.
GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FOLDERS = cmd core internal migrations plugins pricing syndication web
DATA ?= .demo
LISTEN ?= 127.0.0.1:8420
PLUGINS ?= kong openstack vcloud example

.DEFAULT_GOAL := help
.PHONY: help demo test test-services test-openstack lint bench build conformance frontend fmt-check

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## run the whole business on this machine; Ctrl-C ends it
	bin/fondaco demo --listen $(LISTEN) --data $(DATA)

build: frontend ## build bin/fondaco
	$(GO) build -o bin/fondaco ./cmd/fondaco

test: frontend fmt-check ## check and test everything with SQLite; needs Go only
	$(GO) vet ./...
	$(GO) run ./internal/testreport -timeout 8m ./...

test-services: ## test again with PostgreSQL, Redis, Chromium and the race detector
	scripts/services scripts/test-with-services

test-openstack: ## test the OpenStack plugin on the cloud that OS_* names, or on one of this machine's own
	scripts/test-openstack

lint: fmt-check ## gofmt, go vet, the rules of the code, staticcheck
	$(GO) vet ./...
	$(GO) test ./internal/arch
	$(GO) run $(STATICCHECK) ./...

conformance: build ## try the bundled plugins on their sandboxes and print the tables
	@for p in $(PLUGINS); do bin/fondaco plugin test $$p --sandbox 2>/dev/null || exit 1; echo; done

bench: frontend ## measure what people wait for, on this machine
	$(GO) run ./internal/bench

fmt-check:
	@files=$$(gofmt -l $(FOLDERS)) || exit 1; if [ -n "$$files" ]; then echo "not formatted, run gofmt -w on:"; echo "$$files"; exit 1; fi

frontend:
	@scripts/frontend
