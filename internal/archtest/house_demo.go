package archtest

// demoRows are the simulated operator's: who lives where, and how it is told.
func demoRows() []Row {
	return []Row{
		{
			Package: "simulate/residents", Own: []string{"org/calendar", "simulate/city"},
			Why: "who lives in the demo's city, by a seed and a day: a plan, no calls",
		},
		{
			Package: "internal/demo/renting",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/renewal/v1", "api/gen/fettle/rental/v1", "api/gen/fettle/steering/v1",
				"api/gen/fettle/tenancy/v1", "org/calendar", "simulate/city", "simulate/residents",
			},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf"},
			Std:     []string{"log/slog"},
			Why:     "tells a running service who lives where: a client of the public contract, one file a subject",
		},
	}
}
