package archtest

// handbookRows are the pages that people type from.
func handbookRows() []Row {
	return []Row{
		{
			Package: "examples/day", Own: []string{"dispatch/plan", "dispatch/problem", "dispatch/route"},
			Why: "the program that README.md shows: what a user of the library would write",
		},
		{
			Package: "internal/handbook", Outside: []string{"github.com/golang-jwt/jwt/v5"},
			Why: "tests alone: every command of the tutorial and the how-tos, run in an empty folder; its identity provider signs tokens",
		},
	}
}
