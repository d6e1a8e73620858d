package archtest

// rentalRows are the records of rented dwellings and what they owe to whom.
func rentalRows() []Row {
	return []Row{
		{Package: "rental/fault", Own: []string{"invalid"}, Why: "how rental packages refuse values and verbs: a leaf"},
		{
			Package: "rental/lease", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "contracts as fields, and which change of state is legal",
		},
		{
			Package: "rental/obligation", Own: []string{"invalid", "org/calendar", "rental/fault", "rental/lease"},
			Why: "the reminders that a lease calls for, and the account of them",
		},
		{
			Package: "rental/deposit", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "deposits against the books of finance",
		},
		{
			Package: "rental/meter", Own: []string{"rental/fault"},
			Why: "what is not normal in the readings of a meter",
		},
		{
			Package: "rental/campaign", Own: []string{"invalid", "org/calendar", "rental/fault"},
			Why: "coupons, each redeemed once",
		},
		{
			Package: "rental/comparable", Own: []string{"geo", "org/calendar", "rental/fault"},
			Why: "what like dwellings nearby cost; who finds them by place is an interface",
		},
		{
			Package: "rental/vacancy", Own: []string{"org/calendar"},
			Why: "what empty dwellings cost",
		},
	}
}
