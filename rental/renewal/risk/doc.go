// Package risk estimates how likely a lease is renewed, and says how far the estimate can be believed.
//
// The model is a logistic regression with a ridge penalty (Fit), whose weights can be read. Values that are not known are said
// to be missing by a column of their own and are never made up. Validate judges it on leases that it has not seen: how sharply
// it ranks (AUC), what its probabilities are worth (log loss, Brier), and whether a 0.7 means seven of ten (reliability,
// calibration error). What it finds are associations: only where something was varied by chance is a weight an effect.
//
// Queue lets the risk influence who is served next, and keeps the promise that nobody waits more than some minutes longer
// because of it. Start with fit.go.
package risk
