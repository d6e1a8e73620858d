// Package fault reads what a report says is broken, from its words, in Chinese and English. It does so by a table of
// phrases that anyone can read and correct (table.go), not by a model: each suggestion names the words that it rests on, and
// the same words always give the same suggestion.
//
// Recognize finds the faults that a text speaks of. Suggest makes of them a trade and an urgency for the one who takes the
// report. Same tells whether two reports of one dwelling are about the same fault, so that whoever reports over three
// channels gets one visit.
//
// testdata/labelled.tsv is a set of sentences with the fault and urgency that a person would give them; the tests hold the
// package to its shares of right answers on it.
package fault
