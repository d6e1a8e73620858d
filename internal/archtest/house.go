package archtest

import "slices"

// House returns the rules of this repository. A package or an edge that is
// missing here is added here, with its reason, in the commit that needs it.
func House() *Rules {
	return &Rules{
		Rows:   houseRows(),
		Never:  houseBans(),
		Domain: domainFolders(),
		DomainStd: []string{
			"database", "embed", "expvar", "flag", "log", "net", "os", "plugin", "syscall", "unsafe",
		},
		TestOutside: []string{
			"github.com/anishathalye/porcupine",        // linearizable or not
			"github.com/google/go-cmp",                 // readable differences
			"pgregory.net/rapid",                       // properties
			"github.com/santhosh-tekuri/jsonschema/v6", // answers against their schemas
			"github.com/xuri/excelize/v2",              // sheets as people edit them
			"go.uber.org/goleak",                       // goroutines that outlive their test
			"gonum.org/v1/gonum",                       // linear programs as an oracle
		},
		Limits: Limits{FanOut: 8, MainLines: 60, FileLines: 800, PackageLines: 4000, PackageFiles: 20},
		// Counted in imports that follow one another: a change at the bottom
		// must not travel far to be felt.
		Chains: []Chain{{From: "dispatch", Max: 6}, {From: "geo", Max: 3}, {From: "internal", Max: 12}, {From: "cmd", Max: 13}},
		Words:  houseWords(),
		Examples: []string{
			"geo", "geo/index", "geo/travel", "dispatch/assign", "dispatch/route",
			"dispatch/check", "dispatch/explain", "dispatch/plan", "dispatch/problem", "dispatch/replan", "simulate/city",
		},
		Dependencies: "docs/dependencies.md",
	}
}

// domainFolders are the folders of pure code: values in, values out.
func domainFolders() []string {
	return []string{"geo", "dispatch", "intake", "kpi", "forecast", "rental", "simulate", "org", "ledger", "invalid"}
}

// houseRows is the table of allowed imports, from the leaves up.
func houseRows() []Row {
	return slices.Concat(
		ledgerRows(),
		operationRows(),
		geoRows(),
		dispatchRows(),
		measureRows(), paperRows(),
		formatRows(),
		apiRows(),
		storageRows(),
		dueRows(),
		auditRows(),
		edgeRows(),
		pageRows(), signInRows(), privacyRows(),
		rentalRows(),
		rentalServiceRows(),
		estateRows(),
		renewalRows(),
		tenancyRows(),
		complianceRows(),
		signingRows(),
		touchRows(),
		lowCodeRows(),
		stayRows(),
		stayServiceRows(),
		secretRows(),
		simulateRows(), demoRows(),
		forecastRows(),
		notifyRows(),
		outlookRows(),
		handbookRows(),
		steeringRows(),
		topRows(),
	)
}

// geoRows are places and the way between them.
func geoRows() []Row {
	return []Row{
		{
			Package: "org",
			Why:     "whose data it is: the id and how a context carries it, a leaf",
		},
		{
			Package: "geo",
			Outside: []string{"github.com/paulmach/orb"},
			Why:     "points, distances and the matrix type: a leaf that everything may use; orb for geometry values",
		},
		{
			Package: "geo/h3cell", Own: []string{"geo"},
			Outside: []string{"github.com/uber/h3-go/v4"},
			Why:     "the only importer of h3-go: the fence around cgo",
		},
		{
			Package: "geo/index", Own: []string{"geo", "geo/h3cell"},
			Outside: []string{"github.com/tidwall/rtree"},
			Why:     "spatial indexes of points; objects keep their cell",
		},
		{
			Package: "geo/travel", Own: []string{"geo", "geo/h3cell"},
			Outside: []string{"github.com/paulmach/osm"},
			Std:     []string{"net/http", "net/url"},
			Why:     "travel times by straight line, road network or a routing server: the only domain package that may speak HTTP, as a client",
		},
	}
}

// dispatchRows are the nouns of the domain, the solver and its checker.
func dispatchRows() []Row {
	return []Row{
		{Package: "dispatch", Own: []string{"geo", "invalid"}, Why: "the nouns of the domain; places are geo values"},
		{
			Package: "dispatch/cost", Own: []string{"dispatch", "geo"},
			Why: "objective terms over domain values and travel matrices",
		},
		{
			Package: "dispatch/rules", Own: []string{"dispatch"}, Outside: []string{"cel.dev/cel-go"},
			Why: "the only package that evaluates expressions: policy texts in, tables out; everybody else reads the tables",
		},
		{
			Package: "dispatch/constraint", Own: []string{"dispatch", "geo", "dispatch/cost"},
			Limits: Limits{PackageFiles: 32}, // one rule, one file
			Why:    "rules; a soft rule is priced by cost",
		},
		{
			Package: "dispatch/assign", Own: []string{"dispatch", "geo", "dispatch/cost", "dispatch/constraint"},
			Why: "matching of visits to technicians: prices pairs that the rules allow; knows no routes",
		},
		{
			Package: "dispatch/crew", Own: []string{"dispatch", "geo", "dispatch/cost", "dispatch/constraint"},
			Why: "the search for plans whose routes depend on one another: needs rules and prices",
		},
		{
			Package: "dispatch/route",
			Own:     []string{"dispatch", "geo", "dispatch/cost", "dispatch/constraint"},
			// One search: operators, gauges and lists are one concept each, in a file each, over one state.
			Limits: Limits{PackageLines: 5600, PackageFiles: 30},
			Why:    "route optimiser: needs rules and prices, but not the matching",
		},
		{
			Package: "dispatch/check", Own: []string{"dispatch", "geo"},
			Limits: Limits{PackageFiles: 32}, // one rule, one file
			Why:    "independent checker: shares no code with the solver, so that one mistake cannot hide in both",
		},
		{
			Package: "dispatch/bound", Own: []string{"dispatch", "geo", "dispatch/constraint", "dispatch/assign"},
			Why: "lower bounds of plans: a relaxation of the rules' own model, solved as a matching",
		},
		{
			Package: "dispatch/explain",
			Own:     []string{"dispatch", "geo", "dispatch/cost", "dispatch/constraint", "dispatch/assign", "dispatch/route"},
			Why:     "asks the same rules and prices that the solver used",
		},
		{
			Package: "dispatch/plan",
			Own: []string{
				"dispatch", "geo", "geo/index", "dispatch/cost", "dispatch/constraint",
				"dispatch/assign", "dispatch/bound", "dispatch/route", "dispatch/crew", "dispatch/check", "dispatch/explain",
			},
			Limits: Limits{FanOut: 9},
			Why:    "the pipeline: candidates from the index, matching, routes by one of two searches, bound, check, explanation; hence wider",
		},
		{
			Package: "dispatch/promise", Own: []string{"dispatch", "geo"},
			Why: "how likely a planned visit begins in its window: reads a route and its times, knows neither rules nor prices",
		},
		{
			Package: "dispatch/replan",
			Own:     []string{"dispatch", "geo", "dispatch/constraint", "dispatch/check"},
			Why:     "a committed plan changed around what has happened: routes by the walker's rules and prices, judged by the checker",
		},
		{
			Package: "dispatch/engine",
			Own: []string{
				"org", "ledger", "dispatch", "geo", "dispatch/constraint", "dispatch/cover", "dispatch/promise", "dispatch/route", "dispatch/explain", "dispatch/plan",
				"intake/fault",
			},
			// One state machine: commands, events, their fold and the board behind them are one concept each, in a file each.
			Limits: Limits{FanOut: 11, PackageLines: 6000, PackageFiles: 34},
			Why:    "live dispatch as a pure state machine: the board decides, routes are improved on a copy, explanations read it",
		},
		{
			Package: "dispatch/waves", Own: []string{"dispatch", "geo", "dispatch/route"},
			Why: "what leaves now and what waits: plans sampled futures with the route optimiser",
		},
		{
			Package: "dispatch/dynamic", Own: []string{"dispatch", "geo", "dispatch/route"},
			Why: "days whose visits become known on the way: plays them, and plans what is left with the route optimiser",
		},
	}
}

// formatRows are the file formats.
func formatRows() []Row {
	return []Row{
		{
			Package: "dispatch/problem/fleetlib", Own: []string{"dispatch", "geo"},
			Why: "the VRPLIB dialect with a fleet vehicle by vehicle: text in, problem out",
		},
		{
			Package: "dispatch/problem/homecare", Own: []string{"dispatch", "geo"},
			Why: "home health care instances and solutions: JSON in, problem out",
		},
		{
			Package: "dispatch/problem",
			Own:     []string{"dispatch", "geo", "geo/travel", "dispatch/check", "dispatch/rules", "dispatch/problem/fleetlib", "dispatch/problem/homecare"},
			// Ten formats that share a decoder and little else: wider than the
			// general ceiling. The next format starts a package of its own below.
			Limits: Limits{PackageLines: 7500, PackageFiles: 40},
			Why:    "file formats, a few files each; straight-line matrices where a file has coordinates only; an answer read from a file is checked",
		},
	}
}

// apiRows are what scripts/generate makes of api/proto.
func apiRows() []Row {
	protobuf := "google.golang.org/protobuf"
	return []Row{
		{
			Package: "api/gen/fettle/policy/v1",
			Outside: []string{protobuf},
			Why:     "generated: the policy that stands beside each method",
		},
		{
			Package: "api/gen/fettle/dispatch/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{
				protobuf, "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC services and the REST gateway of the dispatch API",
		},
		{
			Package: "api/openapi",
			Outside: []string{protobuf, "google.golang.org/genproto/googleapis/api"},
			Why:     "the OpenAPI document as a file in the binary; its tests hold the document and the policies to the protos",
		},
	}
}

// storageRows are the stores, and what runs beside them without knowing them.
func storageRows() []Row {
	return []Row{
		{
			Package: "storage/internal/row", Own: []string{"org", "geo", "ledger", "ledger/chain", "dispatch", "dispatch/engine"},
			Std:    []string{"database/sql"},
			Limits: Limits{PackageFiles: 24},
			Why:    "what the stores share: columns, values as rows and back, statements that both databases take",
		},
		{
			Package: "storage/whole",
			Why:     "whether a file is still what was written, by a sum beside it: a leaf",
		},
		{
			Package: "storage/archive",
			Why:     "the file of a backup, the same for every store: a leaf",
		},
		{
			Package: "storage/postgres", Own: []string{"org", "ledger", "ledger/chain", "dispatch", "dispatch/engine", "storage/archive", "storage/internal/row"},
			Outside: []string{"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"},
			Why:     "the store for many: implements the contract that dispatch/engine declares",
		},
		{
			Package: "internal/pgtest", Outside: []string{"github.com/jackc/pgx/v5"},
			Why: "a PostgreSQL for tests: starts one where none is given",
		},
		{
			Package: "storage/sqlite", Own: []string{"org", "ledger", "ledger/chain", "dispatch", "dispatch/engine", "storage/archive", "storage/whole", "storage/internal/row"},
			Outside: []string{"modernc.org/sqlite", "github.com/pressly/goose/v3"},
			Why:     "the default store: implements the contract that dispatch/engine declares",
		},
		{
			Package: "storage/storagetest", Own: []string{"org", "geo", "invalid", "ledger", "ledger/chain", "ledger/ledgertest", "dispatch", "dispatch/engine"},
			Outside: []string{"github.com/google/go-cmp", "pgregory.net/rapid"},
			Why:     "the promises of the contract, for the tests of every store",
		},
		{
			Package: "internal/clock",
			Why:     "the only place that reads the time: a leaf",
		},
		{
			Package: "internal/bus", Own: []string{"org", "dispatch", "dispatch/engine", "internal/clock"},
			Why: "carries committed events and positions; the clock paces positions",
		},
		{
			Package: "internal/territory", Own: []string{"org", "geo", "geo/index", "ledger", "dispatch", "dispatch/cover", "dispatch/engine", "dispatch/promise", "internal/clock"},
			Limits: Limits{FanOut: 9},
			Why:    "the one writer of a territory: the store and the bus are interfaces that it declares; the index of places makes it one wider than the general ceiling",
		},
		{
			Package: "internal/obs", Outside: []string{"github.com/prometheus/client_golang"}, Std: []string{"net/http"},
			Why: "counters for Prometheus: told by others, knows nobody",
		},
		{
			Package: "internal/watchdog", Own: []string{"internal/clock"}, Std: []string{"net/http"},
			Why: "heartbeats and who misses them: speaks HTTP to addresses that it is given",
		},
		{
			Package: "internal/due", Own: []string{"org", "ledger", "internal/clock"},
			Why: "sweeps due work, which it reads through the store's contract",
		},
	}
}

// topRows are the command and what only it uses.
func topRows() []Row {
	return []Row{
		{
			Package: "internal/archtest",
			Limits:  Limits{PackageFiles: 40}, // one area of the house, one file
			Why:     "these rules; reads source text with the standard library",
		},
		{
			Package: "internal/draw", Own: []string{"dispatch", "geo"},
			Why: "picture of a plan: needs plans and places only",
		},
		{
			Package: "internal/benchfamily",
			Own:     []string{"dispatch/...", "geo", "geo/index", "geo/travel", "benchmarks/assignment/instance"},
			Limits:  Limits{FanOut: 13},
			Why:     "runs families of published and made instances through the library as a user would: routing, matching, insertion and the indexes, hence wider than the general ceiling",
		},
		{
			Package: "console",
			Why:     "the web application as files in the binary: serves them over HTTP and knows nothing of the service",
		},
		{
			Package: "internal/demo",
			Own:     []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/identity/v1", "api/gen/fettle/policy/v1", "dispatch", "geo", "simulate/city"},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf"},
			Std:     []string{"net", "net/http", "net/netip", "net/url", "log/slog"},
			Why:     "the simulated operator of the demo: a client of the public contract that knows nothing of the service behind it",
		},
		{
			Package: "internal/app",
			Own: []string{
				"internal/operation", "internal/operationserver", "org", "dispatch", "dispatch/engine", "geo", "ledger",
				"storage/archive", "storage/postgres", "storage/sqlite", "internal/auth", "internal/bus", "internal/clock",
				"internal/due", "internal/fair", "internal/feed", "internal/forecastserver", "internal/gateway",
				"internal/guard", "ledger/chain", "internal/identity", "internal/keyserver", "internal/secret",
				"internal/obs", "internal/outlook", "internal/post", "internal/server", "internal/territory",
				"internal/incidentserver", "internal/taskserver", "internal/breachserver",
				"internal/trace", "internal/watchdog", "api/openapi", "console", "internal/leasing", "internal/registry",
				"internal/renewalserver", "internal/rentalserver", "rental/obligation", "internal/dueserver",
				"internal/auditserver", "internal/estateserver", "internal/policy", "internal/reconcile",
				"internal/tenantserver", "org/calendar", "internal/steeringserver", "internal/replayserver",
				"internal/improveserver", "steering", "internal/profileserver", "internal/proposalserver",
				"internal/rateserver", "internal/residence", "internal/voiceserver", "rental/renewal/proposal",
				"internal/signin", "internal/notify", "internal/whereabouts", "internal/privacyserver",
				"internal/triggerserver", "rental/renewal/trigger", "internal/photoserver", "internal/visitserver",
				"internal/moneyserver", "internal/tenancyserver", "internal/wire", "internal/campaignserver",
				"internal/marketserver", "internal/meterserver", "rental/meter", "internal/recurringserver",
				"internal/sheetserver", "internal/folder", "internal/subjectserver",
				"internal/signserver", "internal/esign", "rental/lease", "internal/cleaningserver", "internal/idimageserver",
				"internal/touchserver", "internal/agreementserver",
				"internal/lowcode",
				"internal/lowcodeserver",
				"rental/estate",
			},
			Limits:  Limits{FanOut: 85, PackageFiles: 45}, // one subsystem, one file
			Outside: []string{"google.golang.org/grpc"},
			Std:     []string{"crypto/tls", "log/slog", "net", "net/http", "net/http/pprof"},
			Why:     "wiring: knows everybody and decides nothing, hence wider than the general ceiling",
		},
		{
			Package: "benchmarks/live",
			Own:     []string{"api/gen/fettle/dispatch/v1"},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf"},
			Std:     []string{"net", "net/http"},
			Why:     "measures a running service from outside: knows its contract only, as JSON and by its generated client",
		},
		{
			Package: "internal/outside",
			Outside: []string{"github.com/jackc/pgx/v5", "modernc.org/sqlite"},
			Why:     "tests of the running binary by kill, power cut, full disk and bad input: imports nothing of ours but what starts a PostgreSQL, so that it shares no mistake with what it judges; the drivers are those of who holds a lock",
		},
		{
			Package: "cmd/fettle",
			Own: []string{
				"dispatch/...", "forecast/...", "geo/...", "internal/app", "internal/benchfamily", "internal/clock", "internal/demo/...", "internal/outlook",
				"internal/draw", "internal/fair", "internal/obs", "ledger/chain",
				"internal/watchdog", "org", "simulate/...",
				"internal/drill", "internal/export",
			},
			Outside: []string{"github.com/alecthomas/kong"},
			Limits:  Limits{FanOut: 49, PackageFiles: 44, PackageLines: 4600}, // one command, one file
			Why:     "the binary: each file command calls the one library it is for, which makes it wider than the general ceiling",
		},
	}
}

// houseBans are imports that no row may allow: they hold for packages to come.
func houseBans() []Ban {
	bans := []Ban{
		{From: "*", To: "cmd", Why: "a command is the top of the house"},
		{From: "*", To: "internal/app", Except: []string{"cmd"}, Why: "wiring knows everybody, nobody knows it"},
		{From: "dispatch/check", To: "dispatch/cost", Why: "the checker shares no code with the solver"},
		{From: "dispatch/check", To: "dispatch/constraint", Why: "the checker shares no code with the solver"},
		{From: "dispatch/check", To: "dispatch/assign", Why: "the checker shares no code with the solver"},
		{From: "dispatch/check", To: "dispatch/route", Why: "the checker shares no code with the solver"},
		{From: "dispatch/check", To: "dispatch/plan", Why: "the checker shares no code with the solver"},
		{From: "*", To: "github.com/uber/h3-go/v4", Except: []string{"geo/h3cell"}, Why: "cgo is fenced in geo/h3cell"},
		{From: "*", To: "github.com/tidwall/rtree", Except: []string{"geo/index"}, Why: "geo/index owns the R-tree"},
		{From: "storage", To: "api", Why: "storage and transport meet in app"},
		{From: "api", To: "storage", Why: "storage and transport meet in app"},
		{From: "internal/gateway", To: "internal/server", Why: "the gateway speaks to the service through its contract"},
		{From: "dispatch", To: "forecast", Why: "forecast cover reaches dispatch as a table"},
		{From: "forecast", To: "dispatch", Why: "a forecast is made from observations"},
		{From: "dispatch", To: "rental", Why: "a visit carries IDs; app joins them"},
		{From: "rental", To: "dispatch", Why: "a visit carries IDs; app joins them"},
	}
	for _, from := range domainFolders() {
		for _, to := range []string{
			"storage", "api", "internal", "database/sql", "log/slog",
			"github.com/jackc/pgx/v5", "modernc.org/sqlite", "google.golang.org", "github.com/prometheus", "go.opentelemetry.io",
		} {
			bans = append(bans, Ban{From: from, To: to, Why: "domain code knows no infrastructure"})
		}
	}
	return bans
}

// houseWords are words that stand for a confusion the glossary has settled.
func houseWords() []Word {
	quoted := []string{"internal/archtest", "docs/style.md", "docs/glossary.md"}
	return []Word{
		{
			Pattern: `(?i)multi[-_ ]?tenan(t|cy)`, Except: quoted,
			Why: "a tenant is who rents a dwelling; write org isolation",
		},
		{
			Pattern: `(?i)\btenant_?id\b`, Except: append(theirTenants(), quoted...),
			Why: "a tenant is who rents a dwelling; the customer of the service is an org",
		},
		{
			Pattern: `\b(TODO|FIXME|XXX)\b([^(]|\([^#]|$)`, Except: append([]string{".golangci.yml"}, quoted...),
			Why: "write TODO(#issue): or do it now",
		},
	}
}

// theirTenants is where a tenant is who rents: one name a line.
func theirTenants() []string {
	return []string{
		"internal/outside",
		"internal/app/matrix_test.go",
		"internal/notify/channel",
		"rental",
		"storage",
		"api",
		"console",
		"clients",
		"internal/adapter",
		"internal/leasing",
		"internal/rentalserver",
		"internal/proposalserver",
		"internal/signserver",
		"internal/app/signing_test.go",
		"internal/app/touch_test.go",
		"internal/export",
		"internal/app/leasing_test.go",
		"internal/app/renewals_test.go",
		"docs/leases.md",
		"internal/tenancyserver",
		"internal/taskserver",
		"intake/task",
		"internal/app/tasks_test.go",
		"internal/subjectserver",
		"internal/moneyserver",
		"internal/campaignserver",
		"internal/app/campaigns_test.go",
		"internal/app/market_test.go",
		"internal/marketserver",
		"docs/campaigns.md",
		"internal/app/tenancy_test.go",
		"internal/app/slides_test.go",
		"internal/app/imports_test.go",
		"internal/app/subjects_test.go",
		"internal/app/words_test.go",
		"internal/app/cleaning_test.go",
		"internal/app/idimages_test.go",
		"internal/idimageserver",
		"internal/app/money_test.go",
		"docs/tenants.md",
		"internal/demo/renting",
		"docs/money.md",
		"internal/drill",
		"internal/sheetserver",
		"internal/app/sheet_test.go",
		"benchmarks/sheet",
		"internal/rateserver",
		"internal/app/queue_test.go",
	}
}
