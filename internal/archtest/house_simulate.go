package archtest

// simulateRows are days that nobody lives: the proof of a policy before it touches anyone.
func simulateRows() []Row {
	return []Row{
		{
			Package: "simulate/city", Own: []string{"dispatch", "geo"},
			Why: "the demo's city: streets, operator and demand from a seed; skills, urgencies and channels are dispatch's words",
		},
		{
			Package: "simulate/day", Own: []string{"dispatch", "dispatch/cover", "dispatch/engine", "geo"},
			Why: "an operator's days on a virtual clock: the same Decide and Evolve as the live service",
		},
		{
			Package: "simulate/scenario", Own: []string{"dispatch", "dispatch/cover", "dispatch/engine", "geo", "geo/h3cell", "simulate/city", "simulate/day"},
			Why: "days from a file, or of the demo's operator",
		},
		{
			Package: "simulate/pilot", Own: []string{"dispatch"},
			Why: "plans and judges pilots from figures alone; errors name their field as everywhere",
		},
		{
			Package: "simulate/replay", Own: []string{"dispatch", "dispatch/engine", "geo", "simulate/day"},
			Why: "a recorded log read again: exactly, and as days for other policies",
		},
		{
			Package: "internal/torture",
			Why:     "tests alone: the writer of an org in virtual time, by scripts that a seed draws",
		},
		{
			Package: "simulate/trial", Own: []string{"simulate/day"}, Outside: []string{"gonum.org/v1/gonum"},
			Why: "policies on the same days, and what they differ by; Student's t and means are gonum's",
		},
	}
}
