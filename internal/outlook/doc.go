// Package outlook forecasts, for a running service, where repairs will be reported: it counts the orders of the log, and a
// history from before the log where there is one, fits the model of forecast/model to them and answers for the hours behind
// and ahead. It is one place where the forecast meets the service; what is forecast, and how well, is decided in forecast.
//
// Only what people reported counts: an order that was merged into another is the same fault once more, which is demand once
// (Demand keeps such repeats apart: how soon a fault is reported again says how readily people report there).
//
// A View is made for a resolution and a trade when somebody asks, and made anew when a bucket of time has passed. It is
// immutable but for its own memory of answers. Read in this order: demand.go, view.go, outlook.go.
package outlook
