package archtest

// rentalRows are the records of rented dwellings and what they owe to whom.
func rentalRows() []Row {
	return []Row{
		{Package: "rental/fault", Own: []string{"invalid"}, Why: "how rental packages refuse values and verbs: a leaf"},
		{
			Package: "rental/lease", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "contracts as fields, and which change of state is legal",
		},
		{
			Package: "rental/obligation", Own: []string{"invalid", "org/calendar", "rental/fault", "rental/lease"},
			Why: "the reminders that a lease calls for, and the account of them",
		},
		{
			Package: "rental/deposit", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "deposits against the books of finance",
		},
		{
			Package: "rental/meter", Own: []string{"rental/fault"},
			Why: "what is not normal in the readings of a meter",
		},
		{
			Package: "rental/campaign", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "coupons, each redeemed once",
		},
		{
			Package: "rental/comparable", Own: []string{"geo", "org/calendar", "rental/fault"},
			Why: "what like dwellings nearby cost; who finds them by place is an interface",
		},
		{
			Package: "rental/vacancy", Own: []string{"org/calendar"},
			Why: "what empty dwellings cost",
		},
		{
			Package: "internal/leasing",
			Own: []string{
				"internal/clock", "invalid", "ledger", "org", "org/calendar", "rental/lease", "rental/obligation",
			},
			Why: "leases with their obligations over a store, a clock and a sink",
		},
		{
			Package: "internal/rentalserver",
			Own: []string{
				"api/gen/fettle/rental/v1", "internal/auth", "internal/clock", "internal/leasing", "internal/policy", "internal/territory",
				"internal/wire", "invalid", "ledger", "org", "org/calendar", "rental/lease", "rental/obligation",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Limits:  Limits{FanOut: 13},
			Why:     "the methods of the rental API: decode, ask the desk, encode; as wide as the messages are, hence wider than the general ceiling",
		},
		{
			Package: "rental/sheet", Own: []string{"invalid"},
			Why: "the merge of an edited spreadsheet with what has changed meanwhile",
		},
		{
			Package: "internal/adapter/spreadsheet", Own: []string{"internal/csvtable", "invalid", "rental/sheet"},
			Outside: []string{"github.com/xuri/excelize/v2"},
			Why:     "spreadsheets as files: the only package that knows their format",
		},
		{
			Package: "internal/export", Own: []string{"internal/adapter/spreadsheet", "rental/sheet"}, Std: []string{"net/http", "net/url"},
			Why: "leases as a spreadsheet: a client of the public contract that knows nothing of the service behind it",
		},
	}
}

// rentalServiceRows are the services of what is let.
func rentalServiceRows() []Row {
	return []Row{
		{
			Package: "benchmarks/sheet", Std: []string{"net", "net/http"},
			Why: "measures spreadsheets of leases on a service that it starts: knows its contract only",
		},
		{
			Package: "internal/folder", Own: []string{"internal/clock", "internal/export"}, Std: []string{"net/http"},
			Why: "a sheet in a folder kept in step: a client of the public contract",
		},
		{
			Package: "internal/sheetserver",
			Own: []string{
				"api/gen/fettle/sheet/v1", "internal/adapter/spreadsheet", "internal/export", "internal/leasing", "internal/registry", "internal/wire",
				"invalid", "ledger", "org/calendar", "rental/fault", "rental/lease", "rental/sheet",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Limits:  Limits{FanOut: 12},
			Why:     "edited spreadsheets merged with leases: between files, domain and registry, hence wider than the general ceiling",
		},
		{
			Package: "api/gen/fettle/sheet/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{
				"google.golang.org/protobuf", "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of edited spreadsheets",
		},
		{
			Package: "api/gen/fettle/rental/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{
				"google.golang.org/protobuf", "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC services and the REST gateway of the rental API",
		},
	}
}

// renewalRows are why tenants stay: experiments and models over facts of the rental records, and their methods.
func renewalRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
		gonum    = "gonum.org/v1/gonum"
	)
	return []Row{
		{
			Package: "rental/renewal/experiment", Own: []string{"rental/fault"}, Outside: []string{gonum},
			Why: "which text is better, by a test that may be looked at any time",
		},
		{
			Package: "rental/renewal/risk", Own: []string{"rental/fault"}, Outside: []string{gonum},
			Why: "how likely a lease is renewed, and how far that may decide who is served first",
		},
		{Package: "benchmarks/churn", Own: []string{"rental/renewal/risk"}, Why: "measures the model of renewals on a public set"},
		{
			Package: "api/gen/fettle/renewal/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of renewals, generated",
		},
		{
			Package: "internal/renewalserver",
			Own: []string{
				"api/gen/fettle/renewal/v1", "internal/auth", "internal/call", "internal/registry", "internal/wire", "ledger", "org",
				"rental/renewal/experiment", "rental/renewal/risk",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 9},
			Why:     "the methods of renewals: decode, let the domain decide on records of the registry, encode",
		},
	}
}

// estateRows are buildings and dwellings.
func estateRows() []Row {
	return []Row{
		{
			Package: "rental/estate", Own: []string{"geo", "invalid"},
			Why: "buildings and dwellings: values and their rules",
		},
		{
			Package: "internal/estateserver",
			Own: []string{
				"api/gen/fettle/rental/v1", "internal/call", "internal/registry", "internal/wire", "invalid", "ledger", "rental/estate", "rental/fault",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Why:     "buildings and dwellings as resources of the registry: the example of docs/resources.md",
		},
	}
}
