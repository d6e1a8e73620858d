// Package guard keeps forecasts honest where data come from people and from the crews that forecasts send out.
//
// [Loop] watches for feedback: crews find faults where they are sent, found faults raise the forecast there, and more crews are
// sent (Ensign, Friedler, Neville, Scheidegger and Venkatasubramanian 2018, "Runaway Feedback Loops in Predictive
// Policing"). [Weight] is the remedy, what a fault counts for in training.
//
// [ReportingRates] and [Corrected] undo under-reporting: where people report a fault twice within hours they report fast, and
// where nobody repeats a report many faults are never reported at all (after Liu, Bhandaram and Garg 2024, "Quantifying
// spatial under-reporting disparities in resident crowdsourcing").
//
// [Monitor] says when a forecast may no longer be trusted: its intervals stopped covering, it is biased, or it is too old.
//
// Everything is pure and deterministic.
package guard
