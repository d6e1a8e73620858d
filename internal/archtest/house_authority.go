package archtest

// authorityRows are who a caller is and what is theirs.
func authorityRows() []Row {
	const protobuf = "google.golang.org/protobuf"
	return []Row{
		{
			Package: "internal/guard",
			Own: []string{
				"api/gen/fettle/policy/v1", "dispatch", "dispatch/engine", "internal/auth", "internal/policy", "internal/wire", "org",
			},
			Outside: []string{protobuf},
			Why:     "the one place that decides what is a caller's: the policy says where it is asked, rows say whose they are",
		},
	}
}
