# The commands for working on this tree; `make` lists them.
#
# `make check` is exactly what CI runs. Tools are pinned in tools/go.mod and
# built on first use (docs/decisions/0002-tools-apart.md); nothing is installed.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

# Follow the toolchain line of go.mod, so that everything is built, checked and
# tested with a standard library without known, fixed faults. Some distributions
# set GOTOOLCHAIN=local, which would keep an older toolchain. Use make
# GOTOOLCHAIN=local to do that on purpose, without a network.
export GOTOOLCHAIN := auto

# Compile everything as the programs are built: without C, and without paths of
# this machine. Then building, checking, testing, packaging and cross-compiling
# share their compiled packages. Only the race detector needs C.
export CGO_ENABLED := 0
export GOFLAGS     ?= -trimpath

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOL     := go tool -modfile=tools/go.mod
FUZZTIME ?= 20s
PKG      ?= ./...
MODULE   := github.com/tcpvitals/tcpvitals

# The systems of a release, and the systems that must build: operating
# system/architecture.
DIST  := linux/amd64 linux/arm64
SYSTEMS ?= $(DIST) darwin/amd64 darwin/arm64 windows/amd64
CROSS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
# For tcpvitalsd, systems without a history, which take a second; make soak
# includes linux/arm64, which takes two minutes of processor time.
CROSS_DAEMON ?= linux/amd64 darwin/arm64 windows/amd64
# Only vetted, including the tests: 32 bits reveal wrong assumptions about
# sizes.
CROSS_VET := linux/386 darwin/arm64 windows/amd64

LDFLAGS := -s -w -X main.version=$(VERSION)

# The programs that people install, each in cmd/. tcpvitalsd is for Linux only.
PROGRAMS := tcpvitals tcpvitalsd

# How a program is built into a file, here and for a release. The same source
# and version give the same bytes on every machine, whatever processor options
# the environment sets. Each program is built from its own directory, which may
# be a module of its own.
compile = CGO_ENABLED=0 GOAMD64=v1 GOARM64=v8.0 GOFLAGS= go -C 'cmd/$(1)' build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o "$(2)" .

# tcpvitalsd is a module of its own: it links a database, and tools that follow
# imports would take minutes with it (docs/decisions/0019). Everything uses the
# same build flags, so that its 703 packages are compiled once.
DAEMON    := cmd/tcpvitalsd
IN_DAEMON := go -C $(DAEMON)

# Packages whose tests make network namespaces, recognized by their imports.
KERNEL_PKGS = $(shell go list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... | \
	awk '/internal\/testnet( |$$)/ {print $$1}') ./internal/testnet

# The lab's scenarios measure milliseconds, so they run alone. make soak runs each of
# them 20 times: a scenario whose verdict varies proves nothing.
SCENARIOS  := internal/lab/scenario$$
LAB_REPEAT ?= 1

# Tests that are not run under the race detector, because it makes them slow or
# disturbs what they measure:
# - allocation budgets: the detector allocates;
# - 1,200 starts and kills of the program: 5 minutes instead of 20 s;
# - comparing 100,000 sockets one by one, or making 200,000: 25 s instead of
#   8 s;
# - the time limit of a command with a small input or a packed trace, and the growth
#   of time with the input;
# - 323 starts of the program with one right less: 340 s;
# - hundreds of thousands of damaged texts and snapshots, read by one goroutine
#   each: 340 s instead of 30 s;
# - TestHealthy and TestSick, which start the doctor 300 times beside 120
#   programs; the tests of cli, collect and engine run its code under the
#   detector.
#
# Those of SMALL compute for three minutes on one processor, so make budgets runs them
# beside the others.
#
# Both sets are run without vet, because make vet and make lint do that.
#
# Both sets are always run anew (-count=1), because a cached result does not
# depend on the kernel or on what else the machine has.
SMALL := SmallInputs|PackedTraces|DistinctSockets
PLAIN := Alloc|EveryCallKilled|HundredThousand|Fallback|SmallInputs|DistinctSockets|PackedTraces|TestRights|Reproducible|Shipped|SpoiledShapes|DamageIsNeverSilent|EverythingEnds|ExplainLongWords|TimeGrows|TestHealthy|TestSick|TestCut|TestFlipped|DenseFiles|TestScrambler|TestRedact

# Packages without concurrency, also in their tests. The detector can find
# nothing in them and takes five times as long. internal/archtest checks that
# they start no goroutine.
SINGLE := alert|archtest|command|dashboard|diagnose|docgen|explain|kept|kernel/rawfile|kernel/sysctl|knowledge|lab/mixture|lab/script|lab/segment|listing|metrics|metrics/metricstest|problem|query|render|report|site|socket|tcp|testfile|testsum|tune/audit|tune/plan|visible

# How long make soak does what the tests do for a moment: seconds of 20,000
# connections a second, walks in a row, loads of the eBPF program.
SOAK_SECONDS ?= 60
SOAK_WALKS   ?= 10000
SOAK_CYCLES  ?= 200
SOAK_QUESTIONS ?= 1000
SOAK_EVERY   ?= 3600
SOAK_WATCH   ?= 3600
# How often kill is tried while connections with the same addresses keep coming
# back.
KILL_TRIALS  ?= 10000
# How many connections each of two programs closes during a trace.
TRACE_CLOSES ?= 1500000

# A digest of all differences from the last commit; it shows whether a step
# changed any file.
TREE_STATE = { git diff HEAD --binary; git ls-files -o --exclude-standard -z | xargs -0r sha256sum; } | sha256sum

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/tcpvitals and bin/tcpvitalsd
	$(call compile,tcpvitals,$(CURDIR)/bin/)
	$(call compile,tcpvitalsd,$(CURDIR)/bin/)

.PHONY: test
test: ## run all tests that this machine can run (PKG=./internal/tcp for one package)
	go test $(PKG)
	[ '$(PKG)' != ./... ] || $(IN_DAEMON) test ./...

# Packages tested at once under the race detector, and parallel tests of each. Most of
# their time they wait, for instance for timers of the kernel: beside others cli took
# 346 s with 38 s of processor time, the tests of tcpvitalsd wait for 400 s and compute
# for 32 s.
AT_ONCE  ?= 4
PARALLEL ?= 8

# Time limit for tests that hang: on a busy machine cli, which waits most of the
# time, came near the ten minutes that go test allows by default.
HANGS := 30m

# How tests are run whose events go to testsum, which fails if one of them has failed.
# make check keeps the counts in COUNTS.
TESTS  := -vet=off -timeout=$(HANGS) -count=1 -json
SUM     = go run ./internal/testsum | tee $(if $(COUNTS),-a '$(COUNTS)')
EVENTS := events=$$(mktemp -d); trap 'rm -rf "$$events"' EXIT

.PHONY: race
race: ## the same under the race detector, without the budgets and the scenarios, ending with the count of tests
	@$(EVENTS); all=$$(go list $(PKG)); \
	tests() { local how=$$1; shift; (($$# == 0)) || go test $$how $(TESTS) -parallel=$(PARALLEL) -skip '$(PLAIN)' "$$@" || true; }; \
	{ { [ '$(PKG)' != ./... ] || $(IN_DAEMON) test $(TESTS) -parallel=$(PARALLEL) ./... || true; \
	    tests '' $$(grep -E '/internal/($(SINGLE))$$' <<< "$$all"); } >"$$events/plain" & \
	  CGO_ENABLED=1 tests '-race -p=$(AT_ONCE)' $$(grep -vE '/internal/($(SINGLE))$$|$(SCENARIOS)' <<< "$$all"); \
	  wait; cat "$$events/plain"; } | $(SUM)

.PHONY: scenarios
scenarios: ## the scenarios of the lab under the race detector, alone (LAB_REPEAT=1)
	@CGO_ENABLED=1 LAB_REPEAT=$(LAB_REPEAT) go test -race $(TESTS) -parallel=$(AT_ONCE) $$(go list ./... | grep $(SCENARIOS)) | $(SUM)

.PHONY: budgets
budgets: ## what is not for the race detector: allocation budgets, processes killed at every call, many sockets, packages
	@$(EVENTS); all=$$(go list $(PKG)); \
	of() { grep -xFf <(grep -rlE --include='*_test.go' "^func [A-Za-z0-9_]*($$1)" cmd internal | xargs -n1 dirname | sort -u | sed 's,^,$(MODULE)/,') <<< "$$all" || true; }; \
	some=$$(of '$(PLAIN)'); [ -n "$$some" ] || { echo 'no budgets in $(PKG)'; exit 1; }; \
	small=$$(of '$(SMALL)'); \
	{ { [ -z "$$small" ] || go test $(TESTS) -run '$(SMALL)' $$small || true; } >"$$events/small" & \
	  go test $(TESTS) -run '$(PLAIN)' -skip '$(SMALL)' $$some || true; \
	  go -C tools/release test $(TESTS) ./... || true; \
	  wait; cat "$$events/small"; } | $(SUM)

.PHONY: soak
soak: ## before a release: every scenario and the park 20 times, the walk and kill under churn, leaks, an hour of --every and one of watch, whole on other kernels (SOAK_SECONDS=60 SOAK_WALKS=10000 SOAK_CYCLES=200 SOAK_QUESTIONS=1000 SOAK_EVERY=3600 SOAK_WATCH=3600 KILL_TRIALS=10000 TRACE_CLOSES=1500000)
	LAB_REPEAT=20 go test -count=1 -timeout 30m $$(go list ./... | grep $(SCENARIOS))
	CI_REQUIRE=root,netns PARK_ROUNDS=20 go test -count=1 -v -timeout 60m ./internal/park
	CI_REQUIRE=root,netns,bpf SOAK_SECONDS=$(SOAK_SECONDS) SOAK_WALKS=$(SOAK_WALKS) SOAK_CYCLES=$(SOAK_CYCLES) \
	go test -count=1 -v -timeout 30m -run '^(TestChurn|TestBoundAmongChurn|TestBoundSlotAmongChurn|TestNothingIsLeftBehind|TestOpenAndClose|TestHundredThousandSockets)$$' ./internal/kernel/hashwalk
	CI_REQUIRE=root,netns,bpf SOAK_QUESTIONS=$(SOAK_QUESTIONS) SOAK_EVERY=$(SOAK_EVERY) \
	go test -count=1 -v -timeout 2h -run '^(TestQuestionsLeaveNothing|TestEverySoak)$$' ./internal/engine ./cmd/tcpvitals
	CI_REQUIRE=root,netns SOAK_WATCH=$(SOAK_WATCH) go test -count=1 -v -timeout 2h -run '^TestTroublesComeAndGo$$' ./internal/watch
	CI_REQUIRE=root,netns,bpf TRACE_SECONDS=$(SOAK_SECONDS) go test -count=1 -v -timeout 30m -run '^TestRate$$' ./internal/kernel/tracer
	CI_REQUIRE=root,netns,bpf TRACE_CLOSES=$(TRACE_CLOSES) go test -count=1 -v -timeout 30m -run '^TestTwoOwners$$' ./internal/kernel/tracer
	CI_REQUIRE=root,netns KILL_TRIALS=$(KILL_TRIALS) go test -count=1 -v -timeout 60m -run '^TestChurn$$' ./internal/kill
	HISTORY_WEEK=1 HISTORY_KILLS=100 CI_REQUIRE=root,netns $(IN_DAEMON) test -count=1 -v -timeout 30m -run '^(TestWeek|TestKilledWriterLosesNothing)$$' ./internal/history
	ALERTS_TRUE_TIMES=1 CI_REQUIRE=root,netns $(IN_DAEMON) test -count=1 -v -timeout 2h -run '^TestAlertsFire$$' .
	CI_REQUIRE=root,netns,packagers CGO_ENABLED=1 go -C $(DAEMON) test -race -count=1 -timeout 30m ./...
	$(MAKE) cross CROSS_DAEMON=linux/arm64
	$(MAKE) test-kernels ON='6.1 6.12 7.1 arm64'

.PHONY: scripts
scripts: ## the command line, by its scripts (testscript)
	go test -run '^TestScript' $(PKG)

.PHONY: test-root
test-root: test-kernel ## another name for test-kernel

.PHONY: test-kernel
test-kernel: ## the tests that make network namespaces; needs root, skips nothing
	CI_REQUIRE=root,netns go test -count=1 $(sort $(KERNEL_PKGS))
	CI_REQUIRE=root,netns $(IN_DAEMON) test -count=1 ./...

# Other kernels than this machine's. KERNELS=dir keeps them, ON chooses them,
# RUN, SKIP and COUNT are as in go test -run, -skip and -count. Packages that import
# internal/testnet or the lab are tested. SHORT=1 is go test -short: an emulated
# processor takes 20 times as long.
ON      ?= 6.1 6.12 host
GUESTPKG = $(if $(filter-out ./...,$(PKG)),$(PKG),$(sort $(KERNEL_PKGS)) ./internal/lab/...)
BUILD_GUEST = mkdir -p bin; go build -o bin/guest ./internal/guest
guest       = bin/guest $(1) $(2) | go run ./internal/testsum

.PHONY: test-kernels
test-kernels: ## the kernel tests on Debian's 6.1 and 6.12 in QEMU and on this kernel (ON='6.1 6.12 7.1 arm64', PKG=..., RUN=..., SKIP=..., COUNT=20, SHORT=1)
	@$(BUILD_GUEST); $(call guest,$(if $(SHORT),-short) $(if $(COUNT),-count $(COUNT)) -on '$(ON)' -boots '$(BOOTS)' -run '$(RUN)' -skip '$(SKIP)',$(GUESTPKG))

# What CI runs on other kernels; make soak runs the whole on each. The older one
# differs most from this machine's: it runs all but REPEATS, which do the same for long
# or with many, as they do on this machine's kernel. On the newer one, which is between
# them, LAYOUT depends on the layout of the kernel's structures and on the answers of
# its sockets.
REPEATS := ^(TestNamespacesOfUsers|TestCensusAgreesWithPeers|TestChurn|TestBoundAmongChurn|TestBoundSlotAmongChurn|TestNothingIsLeftBehind|TestHundredThousandSockets|TestRate|TestTwoOwners|TestCrowd|TestKilled)$$
LAYOUT  := TestLayout|TestEveryTable|TestEveryKey|TestTrap|TestWrongAnswers|TestOpen|TestOwners|TestKTLS|TestNFS|TestMPTCP|TestRaw|TestStays|TestRowsOfBothEngines|TestEnginesCountAlike|TestCensusEqualsWhatWasMade|TestDump|TestTCPInfo|TestAttributes|TestShowsBound|TestKernelFilter|TestDestroy|TestCgroup|TestRing
INSIDE  := ./internal/kernel/... ./internal/engine ./internal/owner

.PHONY: guests
guests: ## the kernel tests on 6.1 and 6.12 as in CI, without those that make soak repeats there
	@$(BUILD_GUEST); \
	.ci/beside "$(call guest,-short -on 6.1 -boots plain -skip '$(REPEATS)',$(INSIDE))" \
	  "$(call guest,-short -on 6.12 -run '$(LAYOUT)',$(INSIDE)); $(call guest,-on '6.1 6.12' -boots 'no-tcp-diag lockdown',./internal/cli)"

.PHONY: fuzz
fuzz: ## every fuzz target, one after the other, FUZZTIME each (20s)
	@grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal | \
	while IFS=: read -r file func; do \
		name="$${func#func }"; \
		echo "fuzz $$name in $$(dirname "$$file") for $(FUZZTIME)"; \
		go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" < /dev/null; \
	done

.PHONY: bench
bench: build ## measure against ss, netstat and awk, side by side
	go run ./internal/bench $(BENCHFLAGS)
	CI_REQUIRE=root,netns,bpf go test -count=1 -timeout 10m -run '^$$' -bench . -benchtime 1x ./internal/kernel/tracer
	go test -count=1 -timeout 10m -run '^$$' -bench KeyToFrame ./internal/watch
	CI_REQUIRE=root,netns WATCH_PROGRAM='$(CURDIR)/bin/tcpvitals' WATCH_SOCKETS=$(WATCH_SOCKETS) go test -count=1 -timeout 30m -run '^$$' -bench Million -benchtime 1x ./internal/watch

# Number of sockets with which make bench measures the live view; 0 means the
# existing ones.
WATCH_SOCKETS ?= 1000000

# The sockets beside which make bench-agent measures (states of lab hold), and for how
# many seconds processor time is measured.
AGENT_LOADS   ?= established=250000 time-wait=1000000
AGENT_SECONDS ?= 60

.PHONY: bench-agent
bench-agent: build ## measure tcpvitalsd with a week of history beside node_exporter with tcpstat (AGENT_LOADS='time-wait=1000000' AGENT_SECONDS=60)
	CI_REQUIRE=root,netns,bpf,packagers AGENT_PROGRAM='$(CURDIR)/bin/tcpvitalsd' AGENT_LAB='$(CURDIR)/bin/tcpvitals' AGENT_LOADS='$(AGENT_LOADS)' AGENT_SECONDS=$(AGENT_SECONDS) \
	$(IN_DAEMON) test -count=1 -timeout 30m -run '^$$' -bench '^BenchmarkAgent$$' -benchtime 1x .

# A session of the live view, and how long each of its steps is shown.
SESSION ?= leak_path$$
SLOW    ?= 1s

.PHONY: demo
demo: ## play a session of watch on this terminal, slowly (SESSION=drill SLOW=2s; ls internal/watch/testdata/session)
	cd internal/watch && go test -count=1 -run 'TestSessions/$(SESSION)' -slow $(SLOW)

.PHONY: pictures
pictures: ## draw the pictures of README and docs anew, from the sessions of watch
	go test -count=1 ./internal/watch -run '^(TestPictures|TestPagesShowTheScreens)$$' -update

.PHONY: lint
lint: ## golangci-lint, as configured in .golangci.yml
	$(TOOL) golangci-lint run
	cd tools/release && go tool -modfile=../go.mod golangci-lint run --config ../../.golangci.yml
	cd $(DAEMON) && go tool -modfile=../../tools/go.mod golangci-lint run --config ../../.golangci.yml

# The database is a module; in a clone without a network it comes from the
# module cache. VULNDB=DIR uses another one, such as a newer one.
VULNDB ?= $(shell go -C tools/vulndb mod download -json golang.org/x/vulndb | sed -n 's/^.*"Dir": "\(.*\)",$$/\1/p')/data/osv

.PHONY: vuln
vuln: ## fail when known vulnerabilities are reached; first look whether it would find any
	@db='$(VULNDB)'; [ -n "$$(ls "$$db"/GO-*.json 2>/dev/null | head -1)" ] || { echo "vuln: no database in $$db"; exit 1; }; \
	scan() { $(TOOL) govulncheck -db "file://$$db" "$$@"; }; \
	found=$$(GOVERSION=go1.26.8 scan ./internal/archtest/testdata/reaches) && rc=0 || rc=$$?; \
	[ "$$rc" = 3 ] && grep -q 'GO-2026-6599' <<< "$$found" || { echo "vuln: what is vulnerable is not found (exit code $$rc): the check is worth nothing"; echo "$$found"; exit 1; }; \
	scan ./...; \
	scan -C $(DAEMON) ./...

.PHONY: fmt
fmt: ## format all Go files
	$(TOOL) golangci-lint fmt

.PHONY: fmt-check
fmt-check: ## fail, with the difference, when a Go file is not formatted
	$(TOOL) golangci-lint fmt --diff

.PHONY: vet
vet: ## go vet
	go vet ./...
	go -C tools/release vet ./...
	$(IN_DAEMON) vet ./...

.PHONY: generate
generate: docs ## regenerate everything that is generated
	go generate ./...

.PHONY: docs
docs: ## regenerate the manual pages, shell completions and pages of reference
	@if [ -d internal/docgen ]; then go run ./internal/docgen docs; fi

# Where make site puts the documentation site. It needs no server.
SITE ?= bin/site

.PHONY: site
site: ## build the documentation site from docs/, and check its links (SITE=bin/site)
	@rm -rf '$(SITE)'; go run ./internal/site '$(SITE)'

.PHONY: fresh
fresh: ## fail when a generated file is not what its generator writes
	@before=$$($(TREE_STATE)); $(MAKE) generate; after=$$($(TREE_STATE)); \
	[ "$$before" = "$$after" ] || { echo 'generated files are stale: run make generate and commit'; git status --short; exit 1; }

.PHONY: golden
golden: ## rewrite the golden files of every test that has an -update flag
	@for dir in $$(grep -rlE --include='*_test.go' 'flag\.Bool\("update"' cmd internal | xargs -r -n1 dirname | sort -u); do \
		echo "go test ./$$dir -update"; go test "./$$dir" -update; \
	done
	@git status --short

.PHONY: cross
cross: ## build for every system we support; vet, tests included, for 32 bits and others
	@for target in $(CROSS); do \
		echo "build $$target"; \
		GOOS=$${target%/*} GOARCH=$${target#*/} go build ./...; \
	done
	@for target in $(CROSS_DAEMON); do \
		echo "build $$target $(DAEMON)"; \
		GOOS=$${target%/*} GOARCH=$${target#*/} $(IN_DAEMON) build -o /dev/null .; \
	done
	@for target in $(CROSS_VET); do \
		echo "vet $$target"; \
		GOOS=$${target%/*} GOARCH=$${target#*/} go vet ./...; \
	done

.PHONY: dist
dist: ## static binaries and their checksums in dist/
	@rm -rf dist; mkdir -p dist
	@for target in $(DIST); do \
		name=tcpvitals-$(VERSION)-$${target%/*}-$${target#*/}; echo "dist/$$name"; \
		GOOS=$${target%/*} GOARCH=$${target#*/} $(call compile,tcpvitals,$(CURDIR)/dist/$$name); \
	done
	@cd dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

# Where make install puts files. DESTDIR is for makers of packages, RUNS is the
# prefix under which the programs will run.
PREFIX     ?= /usr/local
DESTDIR    ?=
SYSCONFDIR ?= /etc
RUNS       ?= $(PREFIX)
BINARY     ?= bin/tcpvitals
SERVICE    ?= bin/tcpvitalsd
SHARE       = $(DESTDIR)$(PREFIX)/share
UNITS       = $(DESTDIR)$(PREFIX)/lib/systemd/system

.PHONY: install
install: build install-tcpvitals install-tcpvitalsd ## build, and install both programs below PREFIX (/usr/local), with pages, completions, docs, unit and settings

# Only these two targets list the installed files; packages and archives are
# made of what they write.
.PHONY: install-tcpvitals
install-tcpvitals:
	@install -d '$(DESTDIR)$(PREFIX)/bin' '$(SHARE)'/{man/man1,man/zh_CN/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d} '$(SHARE)'/doc/tcpvitals/{docs/{img,decisions,guides,reference},examples}
	@install -m 755 '$(BINARY)' '$(DESTDIR)$(PREFIX)/bin/'
	@install -m 644 docs/man/tcpvitals.1 docs/man/tcpvitals-*.1 '$(SHARE)/man/man1/'
	@install -m 644 docs/man/zh_CN/tcpvitals.1 docs/man/zh_CN/tcpvitals-*.1 '$(SHARE)/man/zh_CN/man1/'
	@install -m 644 docs/completion/tcpvitals.bash '$(SHARE)/bash-completion/completions/tcpvitals'
	@install -m 644 docs/completion/_tcpvitals '$(SHARE)/zsh/site-functions/'
	@install -m 644 docs/completion/tcpvitals.fish '$(SHARE)/fish/vendor_completions.d/'
	@install -m 644 README.md README.zh-CN.md CONTRIBUTING.md SECURITY.md LICENSE '$(SHARE)/doc/tcpvitals/'
	@install -m 644 docs/*.md '$(SHARE)/doc/tcpvitals/docs/'
	@install -m 644 docs/guides/*.md '$(SHARE)/doc/tcpvitals/docs/guides/'
	@install -m 644 docs/reference/*.md '$(SHARE)/doc/tcpvitals/docs/reference/'
	@install -m 644 docs/img/* '$(SHARE)/doc/tcpvitals/docs/img/'
	@install -m 644 docs/decisions/*.md '$(SHARE)/doc/tcpvitals/docs/decisions/'
	@install -m 644 packaging/examples/* '$(SHARE)/doc/tcpvitals/examples/'

# Existing settings are not overwritten.
.PHONY: install-tcpvitalsd
install-tcpvitalsd:
	@install -d '$(DESTDIR)$(PREFIX)/bin' '$(SHARE)'/{man/man1,man/zh_CN/man1,doc/tcpvitalsd/examples} '$(UNITS)' '$(DESTDIR)$(SYSCONFDIR)/tcpvitals'
	@install -m 755 '$(SERVICE)' '$(DESTDIR)$(PREFIX)/bin/'
	@install -m 644 docs/man/tcpvitalsd.1 docs/man/tcpvitalsd-*.1 '$(SHARE)/man/man1/'
	@install -m 644 docs/man/zh_CN/tcpvitalsd.1 docs/man/zh_CN/tcpvitalsd-*.1 '$(SHARE)/man/zh_CN/man1/'
	@install -m 644 LICENSE '$(SHARE)/doc/tcpvitalsd/'
	@install -m 644 packaging/prometheus/rules.yml packaging/prometheus/recording.yml packaging/grafana/dashboard.json packaging/grafana/dashboard.zh.json '$(SHARE)/doc/tcpvitalsd/examples/'
	@for unit in packaging/tcpvitalsd/tcpvitalsd.service packaging/tcpvitalsd/namespaces.conf; do \
		to='$(UNITS)'; [[ $$unit != *.conf ]] || to='$(SHARE)/doc/tcpvitalsd/examples'; \
		sed 's,/usr/bin/tcpvitalsd,$(RUNS)/bin/tcpvitalsd,; s,/etc/tcpvitals/,$(SYSCONFDIR)/tcpvitals/,' "$$unit" > "$$to/$${unit##*/}"; chmod 644 "$$to/$${unit##*/}"; \
	done
	@[ -e '$(DESTDIR)$(SYSCONFDIR)/tcpvitals/tcpvitalsd.yaml' ] || install -m 644 packaging/tcpvitalsd/tcpvitalsd.yaml '$(DESTDIR)$(SYSCONFDIR)/tcpvitals/'

# The time stamp in everything of a release is that of the commit. OUT is the
# directory of the results.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
OUT ?= dist
RELEASE = bin/release

.PHONY: release-tool
release-tool:
	@mkdir -p bin; GOFLAGS= go -C tools/release build -o '$(CURDIR)/$(RELEASE)' .

.PHONY: packages
packages: release-tool ## deb, rpm, apk, tar (zip for Windows), container image and SBOM of every system in OUT (SYSTEMS='linux/amd64 ...' OUT=dist)
	@rm -rf '$(OUT)'; mkdir -p '$(OUT)'; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	for target in $(SYSTEMS); do \
		echo "packages $$target"; \
		trees=$$work/$${target/\//-}; for program in $(PROGRAMS); do \
			[[ $$program = tcpvitals || $$target = linux/* ]] || continue; \
			name=$$program; [[ $$target != windows/* ]] || name=$$program.exe; \
			GOOS=$${target%/*} GOARCH=$${target#*/} $(call compile,'$$program',$$work/$$name); \
			$(MAKE) "install-$$program" DESTDIR="$$trees/$$program" PREFIX= RUNS=/usr BINARY="$$work/$$name" SERVICE="$$work/$$name"; \
		done; \
		$(RELEASE) pack -system "$$target" -trees "$$trees" -source . -version '$(VERSION)' -epoch '$(SOURCE_DATE_EPOCH)' -out '$(OUT)'; \
	done
	@$(RELEASE) chart -source . -version '$(VERSION)' -epoch '$(SOURCE_DATE_EPOCH)' -out '$(OUT)'
	@cd '$(OUT)' && sha256sum -- * > SHA256SUMS && cat SHA256SUMS

.PHONY: chart
chart: ## render, lint and decode the Helm chart with every values file, and compare the plain manifests
	go -C tools/chart mod tidy -diff
	go -C tools/chart test -count=1 ./...

.PHONY: manifests
manifests: ## write the plain manifests anew, from the chart
	go -C tools/chart test -count=1 -run '^TestPlainManifests$$' . -update

A_TAG := ^v[0-9]+\.[0-9]+\.[0-9]+(-(alpha|beta|rc)\.[0-9]+)?$$

.PHONY: changelog
changelog: ## the fragments become those of a version, to be committed and tagged (VERSION=v1.2.3)
	@[[ '$(VERSION)' =~ $(A_TAG) ]] || { echo 'changelog: make changelog VERSION=v1.2.3'; exit 1; }
	git mv changelog/unreleased 'changelog/$(VERSION)_'"$$(date -u +%F)"
	@mkdir changelog/unreleased; touch changelog/unreleased/.gitkeep; git add changelog/unreleased/.gitkeep

# Nothing is published: the output says at the end what remains to be done
# (docs/release.md).
.PHONY: release
release: ## what a tag is released with, in OUT; made twice, the second time in a clone elsewhere
	@[[ '$(VERSION)' =~ $(A_TAG) ]] || { echo 'release: no tag of this very state: git describe says $(VERSION)'; exit 1; }
	@[ -z "$$(git status --porcelain)" ] || { echo 'release: there are files that are not committed:'; git status --short; exit 1; }
	@compgen -G 'changelog/$(VERSION)_*/*.md' >/dev/null && ! compgen -G 'changelog/unreleased/*.md' >/dev/null || \
		{ echo 'release: the fragments are not those of $(VERSION) yet: make changelog VERSION=$(VERSION), before the tag'; exit 1; }
	@$(MAKE) packages VERSION='$(VERSION)'
	@twin=$$(mktemp -d); trap 'rm -rf "$$twin"' EXIT; git clone -q --no-local . "$$twin/source"; git -C "$$twin/source" checkout -q '$(VERSION)'; \
	echo 'once more in a clone'; $(MAKE) -C "$$twin/source" packages VERSION='$(VERSION)' SOURCE_DATE_EPOCH='$(SOURCE_DATE_EPOCH)' OUT="$$twin/dist" >/dev/null; \
	diff '$(OUT)/SHA256SUMS' "$$twin/dist/SHA256SUMS" || { echo 'release: the clone gives other files'; exit 1; }
	@echo; echo 'Made twice, the same both times. Nothing has left this machine. What is left to do:'; \
	echo "  gpg --armor --detach-sign $(OUT)/SHA256SUMS"; echo "  git push origin $(VERSION)"; echo "  put everything in $(OUT) where $(VERSION) is published"

.PHONY: tidy
tidy: ## fail when a go.mod is not tidy
	go mod tidy -diff
	go -C tools mod tidy -diff
	go -C tools/release mod tidy -diff
	$(IN_DAEMON) mod tidy -diff

.PHONY: score
score: ## how much explain knows, and how often it leads to the right page
	@go test -count=1 -v -run '^(TestQueries|TestHowto|TestNumbers)$$' ./internal/knowledge | grep -E ' queries, | sentences | statements: |^FAIL|^ok'

.PHONY: static
static: fmt-check vet lint vuln tidy cross score ## what runs no test and writes no file

# What else runs beside the tests, as a command: in CI the tests on other kernels.
BESIDE ?=

# Generated files are written anew first, as everything reads them. Then what compiles
# runs beside the tests that wait, and gives way to them. What measures times comes
# after that, with nothing beside it.
#
# The race run includes the unit tests, the scripts and the kernel tests; running them
# without the detector too would show nothing more, except for the budgets.
.PHONY: check
check: fresh ## exactly what CI runs, ending with the count of tests
	@mkdir -p bin; rm -f bin/counts
	@.ci/beside 'nice $(MAKE) static' '$(MAKE) race COUNTS=bin/counts' $(if $(BESIDE),'$(BESIDE)')
	@$(MAKE) budgets scenarios COUNTS=bin/counts
	@awk '/^[0-9]+ passed, / {p += $$1; f += $$3; s += $$5} END {print p " passed, " f " failed, " s " skipped"}' bin/counts
