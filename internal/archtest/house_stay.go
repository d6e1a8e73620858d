package archtest

// stayRows are what is done so that tenants stay: offers, surveys, profiles, and their methods.
func stayRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "rental/renewal/proposal", Own: []string{"org/calendar", "rental/fault", "rental/lease"},
			Why: "what a tenant is offered, and the one formula from a choice to the terms of the contract",
		},
		{
			Package: "internal/residence",
			Own: []string{
				"dispatch", "dispatch/engine", "geo", "internal/leasing", "ledger", "org", "org/calendar", "rental/estate", "rental/lease",
			},
			Limits: Limits{FanOut: 9},
			Why:    "joins leases, dwellings and repairs for what follows from all three: reads alone",
		},
		{
			Package: "internal/proposalserver",
			Own: []string{
				"api/gen/fettle/renewal/v1", "internal/auth", "internal/call", "internal/leasing", "internal/registry", "internal/residence",
				"internal/wire", "invalid", "ledger", "org", "org/calendar", "rental/lease", "rental/renewal/proposal",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 13},
			Why:     "offers and proposals: an acceptance joins the registry with the desk of leases in one transaction, hence wider than the general ceiling",
		},
		{
			Package: "rental/renewal/rate", Own: []string{"org/calendar", "rental/lease"},
			Why: "how many stay, as of a day, and which leases that is of",
		},
		{
			Package: "rental/renewal/voice", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "what tenants say: surveys and moods, and when somebody calls",
		},
		{
			Package: "rental/renewal/profile", Own: []string{"org/calendar", "rental/fault"},
			Why: "what is known of those who rent, from whom and why, and the tags that follow; reads files of sources",
		},
		{
			Package: "rental/renewal/segment", Own: []string{"rental/fault"}, Outside: []string{"gonum.org/v1/gonum"},
			Why: "what draws whom: groups that a person can check",
		},
		{
			Package: "internal/profileserver",
			Own: []string{
				"api/gen/fettle/renewal/v1", "internal/auth", "internal/call", "internal/registry", "internal/residence", "internal/wire", "invalid",
				"ledger", "org", "org/calendar", "rental/fault", "rental/lease", "rental/renewal/profile", "rental/renewal/proposal", "rental/renewal/segment",
			},
			Outside: []string{grpc, gateway},
			Limits:  Limits{FanOut: 15},
			Why:     "profiles and segments: joins what was imported with leases and repairs, hence wider than the general ceiling",
		},
	}
}

// stayServiceRows are the services of those who stay.
func stayServiceRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "rental/renewal/trigger", Own: []string{"org/calendar", "rental/fault"},
			Why: "who is told what before a lease ends: rules as data, one function for the dry run and the day",
		},
		{
			Package: "rental/renewal/roadmap", Own: []string{"org/calendar", "rental/fault"},
			Why: "what tenants are entitled to the longer they stay",
		},
		{
			Package: "internal/triggerserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/renewal/v1", "internal/auth", "internal/call", "internal/registry", "internal/residence",
				"internal/wire", "invalid", "ledger", "org", "org/calendar", "rental/lease", "rental/renewal/roadmap", "rental/renewal/trigger",
			},
			Outside: []string{grpc, gateway},
			Limits:  Limits{FanOut: 14},
			Why:     "rules of messages and road maps, and the morning that does both: joins profiles, letters and leases, hence wider than the general ceiling",
		},
		{
			Package: "internal/voiceserver",
			Own: []string{
				"api/gen/fettle/renewal/v1", "internal/auth", "internal/call", "internal/registry", "internal/residence", "internal/wire", "invalid",
				"ledger", "org", "org/calendar", "rental/fault", "rental/lease", "rental/renewal/rate", "rental/renewal/voice",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 14},
			Why:     "surveys, moods and care tasks: joins what was said with what became of the lease, hence wider than the general ceiling",
		},
		{
			Package: "rental/renewal/queue", Own: []string{"invalid", "org/calendar", "rental/lease"},
			Why: "whom to call first about a lease that ends",
		},
		{
			Package: "internal/rateserver",
			Own: []string{
				"api/gen/fettle/renewal/v1", "internal/auth", "internal/call", "internal/notify", "internal/residence",
				"internal/wire", "invalid", "ledger", "org", "org/calendar", "rental/lease", "rental/renewal/proposal", "rental/renewal/queue",
				"rental/renewal/rate",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 14},
			Why:     "figures of renewals over leases, messages and proposals: reads alone, hence as wide as what it reads",
		},
	}
}
