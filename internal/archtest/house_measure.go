package archtest

// measureRows are what stands before and behind live dispatch: what a report says, and how the work went.
func measureRows() []Row {
	return []Row{
		{
			Package: "benchmarks/chart",
			Why:     "draws rows of fettle bench and the peers' figures: reads files, knows nothing of the code behind them",
		},
		{
			Package: "benchmarks/assignment/instance",
			Why:     "seeded assignment problems as plain numbers, so that peers can be measured on them too",
		},
		{
			Package: "intake/fault",
			Why:     "what a report says is broken, from its words: a leaf",
		},
		{
			Package: "kpi", Own: []string{"dispatch", "dispatch/engine"},
			Why: "figures of live dispatch, folded from its log",
		},
	}
}
