package archtest

// tenancyRows are who rents and what goes between them and the operator: numbers, money, meters, coupons.
func tenancyRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "rental/tenant", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "who rents: values and the rules of their numbers",
		},
		{
			Package: "api/gen/fettle/tenancy/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of tenants, their money, meters and coupons, generated",
		},
		{
			Package: "internal/tenancyserver",
			Own: []string{
				"api/gen/fettle/tenancy/v1", "internal/auth", "internal/call", "internal/leasing", "internal/policy", "internal/registry", "internal/wire", "invalid",
				"internal/vault", "ledger", "org", "org/calendar", "rental/fault", "rental/lease", "rental/tenant",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 15},
			Why:     "who rents as resources of the registry, found by keyed hashes; whom to call about an order is read from leases, hence wider",
		},
		{
			Package: "rental/payment", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "what was paid, and what a lease calls for",
		},
		{
			Package: "internal/csvtable", Own: []string{"invalid"},
			Why: "tables as CSV, in and out: a leaf",
		},
		{
			Package: "internal/moneyserver",
			Own: []string{
				"api/gen/fettle/tenancy/v1", "internal/auth", "internal/call", "internal/csvtable", "internal/leasing", "internal/registry", "internal/wire",
				"invalid", "ledger", "org", "org/calendar", "rental/deposit", "rental/fault", "rental/lease", "rental/payment",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 15},
			Why:     "payments and deposits as resources of the registry: both read leases, hence wider",
		},
		{
			Package: "internal/campaignserver",
			Own: []string{
				"api/gen/fettle/tenancy/v1", "internal/auth", "internal/call", "internal/registry", "internal/wire", "invalid", "ledger", "org/calendar",
				"rental/campaign", "rental/fault",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 10},
			Why:     "campaigns and coupons as resources of the registry",
		},
		{
			Package: "internal/marketserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/tenancy/v1", "geo", "geo/index", "internal/auth", "internal/call", "internal/csvtable",
				"internal/leasing", "internal/registry", "internal/wire", "invalid", "ledger", "org", "org/calendar",
				"rental/comparable", "rental/estate", "rental/lease", "rental/vacancy",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 18},
			Why:     "what dwellings cost nearby, and empty: reads offers, units and leases, hence wider",
		},
		{
			Package: "internal/meterserver",
			Own: []string{
				"api/gen/fettle/tenancy/v1", "internal/auth", "internal/call", "internal/csvtable", "internal/registry", "internal/wire", "invalid", "ledger",
				"org", "org/calendar", "rental/meter",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 11},
			Why:     "meters, readings and findings as records of the registry; who opens the order is a function",
		},
	}
}
