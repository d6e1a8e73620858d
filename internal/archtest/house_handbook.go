package archtest

// handbookRows are the pages that people type from.
func handbookRows() []Row {
	return []Row{{
		Package: "internal/handbook", Outside: []string{"github.com/golang-jwt/jwt/v5"},
		Why: "tests alone: every command of the tutorial and the how-tos, run in an empty folder; its identity provider signs tokens",
	}}
}
