# One place for every command of the project. A comment after ## is the help
# text that `make help` prints.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

LINT := .cache/bin/golangci-lint
BENCHSTAT := .cache/bin/benchstat
GOTEST := .cache/bin/gotest
BUF := .cache/npm/node_modules/.bin/buf
PLUGINS := $(addprefix .cache/bin/,protoc-gen-go protoc-gen-go-grpc protoc-gen-grpc-gateway protoc-gen-openapiv3 openapiv3-merge apidoc)

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 14

.PHONY: build
build: ## build bin/fettle, with the console where npm is there
	@scripts/doctor go cc
	@scripts/console
	go build -o bin/fettle ./cmd/fettle

.PHONY: demo
demo: build ## run a simulated city and show it at http://127.0.0.1:8080
	@scripts/demo

# The web sources become files that the binary embeds; git ignores them.
CONSOLE := $(addprefix console/,index.html t/index.html r/index.html package.json package-lock.json tsconfig.json vite.config.js) \
	$(shell find console/src console/public -type f)

.PHONY: console
console: console/dist/built/index.html ## build the web console, which bin/fettle embeds

console/dist/built/index.html: $(CONSOLE) console/node_modules/.package-lock.json
	@scripts/doctor node
	cd console && npm run --silent build
	@touch $@

console/node_modules/.package-lock.json: console/package.json console/package-lock.json
	@scripts/doctor node
	cd console && npm ci --no-audit --no-fund
	@touch $@

.PHONY: console-test
console-test: console ## drive the web console in Chromium: against a mock, or a server with FETTLE_URL=http://...
	@scripts/doctor node chromium
	cd console && npm run --silent test

.PHONY: demo-test
demo-test: build console ## run the demo city and drive its page in Chromium
	@scripts/doctor chromium
	scripts/demo-test

.PHONY: pages-test
pages-test: build console ## drive the pages of technicians and tenants in Chromium, against a service that is cut off and restarted
	@scripts/doctor node chromium
	cd console && FETTLE_BIN=../bin/fettle npm run --silent test-pages

# Its types and methods are made from the contract each time, so they cannot drift.
.PHONY: client
client: console/node_modules/.package-lock.json ## build the TypeScript client into clients/typescript/dist
	@scripts/doctor node
	cd clients/typescript && npm run --silent generate && ../../console/node_modules/.bin/tsc -p .

.PHONY: client-test
client-test: build client ## drive the TypeScript client against a service of its own
	cd clients/typescript && FETTLE_BIN=../../bin/fettle npm run --silent test

.PHONY: test
test: ## run all tests
	@scripts/doctor go cc
	FETTLE_POSTGRES_BIN=$$(scripts/postgres) go test -timeout 15m ./...

# The detector watches our code and all that we call but the C of SQLite in Go, which has its own memory and costs much of the time
# where a store is used (TestLists, TestTenants and TestSubjects: 9.2 s of processor with it, 5.1 s without). make torture watches it too.
RACE := -race $(foreach p,sqlite/lib libc memory,-gcflags=modernc.org/$(p)=-race=false)

# The tests of internal/outside drive processes, which the detector cannot see into.
OUTSIDE := /internal/outside

.PHONY: test-race
test-race: $(GOTEST) ## run all tests under the race detector
	@scripts/doctor go cc
	FETTLE_POSTGRES_BIN=$$(scripts/postgres) $(GOTEST) $(RACE) -count=1 -shuffle=on -timeout 25m $$(go list ./... | grep -v '$(OUTSIDE)$$')

.PHONY: check
check: ## everything that must pass before a change lands; what CI runs
	@scripts/doctor go cc git node chromium
	$(MAKE) console
	$(MAKE) lint
	$(MAKE) test-strict
	$(MAKE) fuzz-short
	$(MAKE) verify
	$(MAKE) console-test
	$(MAKE) demo-test
	$(MAKE) pages-test
	$(MAKE) client-test
	scripts/smoke

# These compute and start no goroutine, and under the detector they take ten times as long.
COMPUTING := internal/archtest|kpi/breach|rental/obligation|rental/renewal/experiment|simulate/(city|pilot|trial)

# All tests and the rules of the house (internal/archtest) as CI wants them: each once, in another order each time, nothing from the
# cache, nothing skipped, and under the race detector what starts goroutines.
.PHONY: test-strict
test-strict: $(GOTEST)
	FETTLE_POSTGRES_BIN=$$(scripts/postgres) $(GOTEST) $(RACE) -vet=off -count=1 -shuffle=on -timeout 20m $$(go list ./... | grep -vE '($(OUTSIDE)|/($(COMPUTING)))$$')
	FETTLE_POSTGRES_BIN=$$(scripts/postgres) $(GOTEST) -vet=off -count=1 -shuffle=on -timeout 15m $$(go list ./... | grep -E '($(OUTSIDE)|/($(COMPUTING)))$$')
	cd tools && go test -count=1 ./gotest ./apidoc

.PHONY: lint
lint: $(LINT) ## run golangci-lint on the module and on its own tools
	$(LINT) run ./...
	cd tools && ../$(LINT) run --config ../.golangci.yml ./gotest/... ./apidoc/...

.PHONY: fmt
fmt: $(LINT) ## format all Go files (gofumpt, gci)
	$(LINT) fmt

.PHONY: fuzz-short
fuzz-short: ## run every fuzz target for 4 s, at most 2 minutes together
	@scripts/doctor go cc
	scripts/fuzz 4 120

.PHONY: torture
torture: ## the long tests: race detector three times over, 1,000 crashes and the like, 60 s of each fuzz target
	@scripts/doctor go cc
	scripts/torture

.PHONY: bench
bench: build $(BENCHSTAT) ## measure into out/bench: micro benchmarks, and published instances with BENCH_DIR=folder
	scripts/bench $(BENCHSTAT) "$(BENCH_DIR)"

# Our rows are those of the file that was measured last, else named last.
.PHONY: charts
charts: ## draw docs/images/gaps.svg from benchmarks/results: quality against time, ours and the peers'
	@scripts/doctor go
	go run ./benchmarks/chart -out docs/images/gaps.svg benchmarks/results/plans.jsonl \
		$(filter-out benchmarks/results/plans.jsonl,$(sort $(wildcard benchmarks/results/plans*.jsonl)))

.PHONY: generate
generate: $(BUF) $(PLUGINS) ## write everything that is generated and committed
	scripts/generate
	go test -count=1 -run '^TestImportTable$$' ./internal/archtest -update
	go test -count=1 -run '^TestTheTableOfTheDocs$$' ./internal/gateway -update

.PHONY: verify
verify: $(LINT) $(BUF) $(PLUGINS) build ## check module files, format, API, generated files, commands, links
	scripts/verify $(LINT) bin/fettle

# A change of the API that breaks its users fails make verify until its new
# state is committed on purpose, with a line in CHANGELOG.md.
.PHONY: api-baseline
api-baseline: $(BUF) $(PLUGINS) ## take the API as it is now for what must not break
	scripts/generate
	$(BUF) build api/proto --exclude-source-info --output api/baseline.binpb.gz

.PHONY: sbom
sbom: build ## write out/sbom.json: what is in bin/fettle, as CycloneDX
	@mkdir -p out
	bin/fettle version --sbom >out/sbom.json

# The database is not carried: no registry that a build may ask has it.
.PHONY: vuln
vuln: ## look for known holes that the program can reach, with a copy of the Go vulnerability database: VULNDB=folder
	@scripts/doctor go
	scripts/vuln "$(or $(VULNDB),selftest)"

.PHONY: drill
drill: build ## re-create the five failures of an incident, and show what catches each
	bin/fettle drill

.PHONY: cover
cover: ## run the tests and write their coverage to out/cover.html
	@scripts/doctor go cc
	@mkdir -p out
	go test -coverpkg=./... -coverprofile=out/cover.out ./...
	go tool cover -html=out/cover.out -o out/cover.html
	go tool cover -func=out/cover.out | tail -n 1

.PHONY: clean
clean: ## remove what make has built
	rm -rf bin out .cache console/dist/built console/node_modules

# The tools come as source through the module proxy and have their own module,
# so that they add nothing to what Fettle itself requires.
.cache/bin/%: tools/go.mod tools/go.sum
	@scripts/doctor go
	@echo "building $* from source, once (golangci-lint takes a few minutes)"
	@mkdir -p .cache/bin
	cd tools && GOWORK=off go build -o ../$@ $(TOOL_$*)

TOOL_golangci-lint := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
TOOL_benchstat := golang.org/x/perf/cmd/benchstat
TOOL_gotest := ./gotest
TOOL_apidoc := ./apidoc
TOOL_protoc-gen-go := google.golang.org/protobuf/cmd/protoc-gen-go
TOOL_protoc-gen-go-grpc := google.golang.org/grpc/cmd/protoc-gen-go-grpc
TOOL_protoc-gen-grpc-gateway := github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway
TOOL_protoc-gen-openapiv3 := github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv3
TOOL_openapiv3-merge := github.com/grpc-ecosystem/grpc-gateway/v2/openapiv3-merge

$(GOTEST): $(wildcard tools/gotest/*.go)
.cache/bin/apidoc: $(wildcard tools/apidoc/*)

# buf comes through npm. Not by npm ci: that wants the programs of all systems
# in the lock file, and a registry need not have them all. What the lock file
# names is checked against it all the same.
$(BUF): tools/package.json tools/package-lock.json
	@scripts/doctor node
	@mkdir -p .cache/npm
	cp tools/package.json tools/package-lock.json .cache/npm/
	cd .cache/npm && npm install --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
