package archtest

// operationRows are what people send with their orders, and what goes on after the answer.
func operationRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		api      = "google.golang.org/genproto/googleapis/api"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return append(laterRows(), []Row{
		{
			Package: "intake/media", Outside: []string{"golang.org/x/image"},
			Why: "photos and videos made safe: bytes in, bytes out, a leaf",
		},
		{
			Package: "api/gen/fettle/media/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, api, gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "generated: messages, gRPC service and REST paths of photos",
		},
		{
			Package: "internal/photoserver",
			Own: []string{
				"api/gen/fettle/media/v1", "dispatch", "dispatch/engine", "intake/media", "internal/auth", "internal/blob", "internal/due",
				"internal/registry", "internal/wire", "invalid", "ledger", "org",
			},
			Outside: []string{grpc, protobuf, api, gateway, "google.golang.org/genproto/googleapis/rpc"},
			Limits:  Limits{FanOut: 12},
			Why:     "the methods of photos: they join what is safe, what is kept and whose order it is, hence wider",
		},
		{
			Package: "internal/visit", Own: []string{"dispatch", "dispatch/engine"},
			Why: "the visits of an order, told from its events",
		},
		{
			Package: "api/gen/fettle/visit/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, api, gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "generated: messages, gRPC service and REST path of visits",
		},
		{
			Package: "internal/visitserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/visit/v1", "dispatch", "dispatch/engine", "internal/visit", "internal/auth",
				"internal/wire", "org", "api/gen/fettle/arrival/v1", "geo", "intake/arrival", "internal/call",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 12},
			Why:     "the method of visits: reads events, lets the domain fold them, encodes",
		},
	}...)
}

// laterRows are operations and orders that come again, with the files that they read and make.
func laterRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		api      = "google.golang.org/genproto/googleapis/api"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "org/recurrence", Own: []string{"invalid", "org/calendar"}, Outside: []string{"github.com/teambition/rrule-go"},
			Why: "when something comes again: the only package that knows the rules of RFC 5545",
		},
		{
			Package: "api/gen/fettle/recurring/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, api, gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "generated: messages, gRPC service and REST paths of orders that come again",
		},
		{
			Package: "internal/recurringserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/recurring/v1", "internal/auth", "internal/call", "internal/clock", "internal/due",
				"internal/registry", "internal/wire", "invalid", "ledger", "org", "org/recurrence", "rental/fault",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 13},
			Why:     "orders that come again: records and due work that call the public contract, hence wider",
		},
		{
			Package: "internal/slides",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/renewal/v1", "api/gen/fettle/rental/v1", "api/gen/fettle/tenancy/v1", "internal/adapter/pdf",
				"internal/policy",
			},
			Outside: []string{grpc, protobuf},
			Why:     "decks of what sheets hold: a client of the public contract that draws",
		},
		{Package: "internal/blob", Own: []string{"ledger", "org"}, Why: "large bytes as records of the ledger, part by part"},
		{
			Package: "internal/operation",
			Own: []string{
				"internal/adapter/spreadsheet", "internal/auth", "internal/blob", "internal/call", "internal/clock", "internal/due",
				"internal/registry", "internal/wire", "invalid", "ledger", "org", "rental/sheet",
			},
			Outside: []string{grpc, protobuf, "google.golang.org/genproto/googleapis/rpc"},
			Limits:  Limits{FanOut: 12},
			Why:     "work in steps over records and due rows; it reads tables and calls the public contract, hence wider",
		},
		{
			Package: "api/gen/fettle/operation/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, api, gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "generated: messages, gRPC service and REST paths of operations",
		},
		{
			Package: "internal/operationserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/operation/v1", "api/gen/fettle/rental/v1", "api/gen/fettle/sheet/v1",
				"api/gen/fettle/tenancy/v1", "internal/adapter/spreadsheet",
				"internal/auth", "internal/call", "internal/export", "internal/operation", "internal/policy", "internal/registry", "internal/wire",
				"internal/slides", "invalid", "ledger", "rental/sheet",
			},
			Outside: []string{grpc, protobuf, api, gateway, "google.golang.org/genproto/googleapis/rpc"},
			Limits:  Limits{FanOut: 17},
			Why:     "the methods of operations, and the tables of the areas that are imported and exported: as wide as these are",
		},
	}
}
