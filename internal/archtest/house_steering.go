package archtest

// steeringRows are how dispatch is steered: what would change if, and by which policy it decides.
func steeringRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "simulate/whatif", Own: []string{"dispatch", "dispatch/check", "dispatch/engine"},
			Why: "what would change if: the engine decides on a copy, the checker prices both sides alike",
		},
		{
			Package: "steering", Own: []string{"dispatch", "dispatch/engine", "invalid"},
			Why: "policies as values of which one rules, and what became of suggestions: reads the log, knows no storage",
		},
		{
			Package: "api/gen/fettle/steering/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{
				protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC services and REST paths of how dispatch is steered",
		},
		{
			Package: "improvement", Own: []string{"invalid", "kpi", "rental/fault", "simulate/pilot"},
			Why: "plans, pilots and ideas as values: figures come in as a function, the arithmetic is that of pilots",
		},
		{
			Package: "internal/improveserver",
			Own: []string{
				"api/gen/fettle/steering/v1", "dispatch", "dispatch/engine", "improvement", "internal/auth", "internal/registry", "internal/wire", "invalid", "kpi",
				"ledger", "org", "rental/fault", "simulate/pilot", "steering",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 14},
			Why:     "plans, pilots and ideas as resources of the registry; measures the log, and says what a running pilot lets rule",
		},
		{
			Package: "internal/sift", Own: []string{"invalid"},
			Outside: []string{protobuf, "google.golang.org/genproto/googleapis/api", "go.einride.tech/aip"},
			Why:     "filters and orders of lists by the fields of messages: the only package that knows their language",
		},
		{
			Package: "internal/replayserver",
			Own: []string{
				"api/gen/fettle/steering/v1", "dispatch", "dispatch/engine", "internal/auth", "internal/wire", "org", "simulate/day", "simulate/replay",
				"simulate/trial", "steering",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 10},
			Why:     "recorded days played again: reads the log, lets simulated lives decide anew, shows the differences",
		},
		{
			Package: "internal/steeringserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/steering/v1", "dispatch", "dispatch/engine", "simulate/whatif", "internal/auth",
				"internal/call", "internal/registry", "internal/wire", "invalid", "ledger", "org", "rental/fault", "steering",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 14},
			Why:     "the methods by which dispatch is steered: decode, let the domain decide on a copy or on records, encode",
		},
	}
}
