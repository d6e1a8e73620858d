// Package pilot plans and judges trials of a policy on real work: pure functions of figures, no clock and no store.
//
// A pilot compares a metric of units, buildings or blocks of time, some of which work under the new policy. Who is treated
// is drawn (Design.Draw), so the test needs no assumption about how the metric is spread: it compares the effect with those
// that the same figures would show under every other drawing (a permutation test; Fisher 1935, Edgington 1995). A design
// has a floor: with two of six buildings there are 15 drawings, so no p-value below 1/15 can come out, whatever happens.
//
//   - Buildings: some of the buildings change at an instant and the rest do not. Judged by the change of each building
//     against its own time before (a difference in differences).
//   - Blocks: the whole operator changes to and fro, block by block of time (a switchback). Blocks are drawn in pairs, one
//     of each pair is treated; the first part of each block is left out, for what the block before leaves behind (Bojinov,
//     Simchi-Levi and Zhao 2023, doi:10.1287/mnsc.2022.4583).
//
// Plan says beforehand what a design can show, from figures of the past: its floor, its power, and how many units it would
// take. Judge says what came out, and Record fixes the decision with a hash of the figures it rests on.
//
// Read design.go, plan.go, judge.go, record.go.
package pilot
