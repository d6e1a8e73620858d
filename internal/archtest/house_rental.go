package archtest

// rentalRows are the records of rented dwellings and what they owe to whom.
func rentalRows() []Row {
	return []Row{
		{Package: "rental/fault", Why: "how rental packages refuse a value: a leaf"},
		{Package: "rental/calendar", Why: "days as contracts name them, and the instant of a day in a zone: a leaf"},
		{
			Package: "rental/lease", Own: []string{"rental/calendar", "rental/fault"},
			Why: "contracts as fields, and which change of state is legal",
		},
		{
			Package: "rental/obligation", Own: []string{"rental/calendar", "rental/fault", "rental/lease"},
			Why: "the reminders that a lease calls for, and the account of them",
		},
	}
}
