// Package backtest plays history to a model: at each origin the model has seen what was known then, says what it expects of
// the buckets to come, and is judged by what came (rolling origin: Tashman 2000, International Journal of Forecasting 16).
//
// [Run] does it and gives a [Result]: every forecast goes to a function of the caller, and what remains is the scores and the
// figures behind the charts (reliability, gain curve, hit rate by share of places, histogram of the PIT). [Result.Charts] are
// these as tables and as SVG.
//
// Reading order: run.go, judge.go, chart.go. A run belongs to one goroutine.
package backtest
