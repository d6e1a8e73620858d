package archtest

// dueRows are the rules of what is due: calendars and catching up, before anything is swept.
func dueRows() []Row {
	return []Row{
		{
			Package: "org/calendar",
			Why:     "dates, times of day and periodic runs in a zone: a leaf",
		},
		{
			Package: "org/catchup",
			Why:     "what becomes of obligations that were missed: a leaf",
		},
	}
}
