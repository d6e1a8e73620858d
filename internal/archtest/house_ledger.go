package archtest

// ledgerRows are what the service keeps: the contract, and what is built on it alone.
func ledgerRows() []Row {
	return []Row{
		{
			Package: "invalid",
			Why:     "the error of a wrong field: a leaf that everything may use",
		},
		{
			Package: "ledger", Own: []string{"invalid", "org"},
			Why: "records, changes, due work, answers and audit entries, and what is asked of a store: knows no resource",
		},
		{
			Package: "ledger/chain", Own: []string{"invalid", "ledger", "org"},
			Why: "the hashes of audit entries: pure, so that a file can be checked without a store",
		},
		{
			Package: "ledger/ledgertest", Own: []string{"invalid", "ledger", "ledger/chain", "org"},
			Why: "a store in memory for tests, and the model that stores are compared with",
		},
		{
			Package: "internal/call", Own: []string{"internal/policy", "internal/wire", "invalid", "ledger"},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf"},
			Why:     "what every method needs of a call: keys, etags, page tokens, masks, ids",
		},
		{
			Package: "internal/registry", Own: []string{"internal/auth", "internal/call", "internal/policy", "internal/sift", "internal/wire", "ledger", "org"},
			Outside: []string{"google.golang.org/grpc", "google.golang.org/protobuf"},
			Why:     "from a request to a committed change of typed resources: knows no resource",
		},
	}
}
