package archtest

// dueRows are the rules of what is due: calendars and catching up, before anything is swept.
func dueRows() []Row {
	return []Row{
		{
			Package: "org/calendar",
			Why:     "dates, times of day and periodic runs in a zone: a leaf",
		},
		{
			Package: "org/catchup",
			Why:     "what becomes of obligations that were missed: a leaf",
		},
		{
			Package: "internal/reconcile", Own: []string{"org", "dispatch", "dispatch/engine", "ledger", "internal/clock"},
			Why: "compares the due work that there should be with the rows: asks the live state and the store through interfaces",
		},
		{
			Package: "internal/drill", Own: []string{"internal/clock"}, Outside: []string{"modernc.org/sqlite"},
			Std: []string{"database/sql", "net", "net/http", "net/http/httputil", "net/url"},
			Why: "the failures of an incident done to services that others start: knows their contract only, and goes around their store",
		},
		{
			Package: "api/gen/fettle/due/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{
				"google.golang.org/protobuf", "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of due work",
		},
		{
			Package: "benchmarks/due",
			Own: []string{
				"dispatch", "dispatch/engine", "geo", "internal/adapter", "internal/clock", "internal/due", "internal/notify", "internal/territory", "ledger", "org",
				"storage/postgres", "storage/sqlite",
			},
			Std:    []string{"net", "net/http"},
			Limits: Limits{FanOut: 12},
			Why:    "measures sweeps, storms and messages on a store in one process with it: needs all that a service wires, hence wider",
		},
		{
			Package: "internal/dueserver",
			Own:     []string{"api/gen/fettle/due/v1", "internal/clock", "internal/policy", "internal/reconcile", "invalid", "ledger", "org"},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Why:     "the methods that account for due work and revive what was laid aside",
		},
	}
}
