package archtest

// forecastRows are forecasts: from observations to distributions, judged by history, and where crews wait by them.
func forecastRows() []Row {
	gonum := "gonum.org/v1/gonum" // matrices and special functions
	return []Row{
		{
			Package: "forecast/count", Own: []string{"geo", "geo/h3cell"},
			Why: "observations to counts by place, kind and bucket of time: cells are H3's",
		},
		{Package: "forecast/holiday", Why: "calendars of holidays: a leaf"},
		{Package: "forecast/weather", Why: "the weather of days: a leaf"},
		{
			Package: "forecast/score", Outside: []string{gonum},
			Why: "distributions of counts and what they are worth: a leaf",
		},
		{
			Package: "forecast/model",
			Own:     []string{"forecast/count", "forecast/holiday", "forecast/score", "forecast/weather", "geo", "geo/h3cell"},
			Outside: []string{gonum},
			Why:     "models of counts: places have neighbours and parents in the grid",
		},
		{
			Package: "forecast/backtest",
			Own:     []string{"forecast/count", "forecast/holiday", "forecast/model", "forecast/score", "forecast/weather"},
			Why:     "plays history to a model and judges it",
		},
		{
			Package: "forecast/guard", Own: []string{"forecast/score"},
			Why: "feedback, under-reporting and lost calibration: reads counts, knows no model",
		},
		{Package: "forecast/standby", Why: "where to wait: demands, places and who reaches what, as numbers"},
		{
			Package: "forecast/posts", Own: []string{"forecast/standby", "geo", "geo/h3cell", "geo/travel"},
			Why: "the question of standby on a map: cells, people and ways, for the command and the service",
		},
	}
}
