// Package kpi measures live dispatch from its log: how long each order waited in which hands, which promises were kept, how
// the days of technicians were spent. It reads events and nothing else, so every figure can be traced to the entries of the
// log behind it, and the same log gives the same figures.
//
// Waterfall cuts the life of one order into spans that touch each other: their sum is the whole, to the microsecond. Book
// folds the log of an org into one fact an order, and answers a Query with the indicators that Definitions lists, by group
// and period, with the orders behind each.
//
// Read in this order: hop.go (the spans), fact.go (what is kept of an order), indicator.go (the definitions), book.go.
package kpi
