// Package torture shows that the writer of an org keeps its word whatever happens around it. It has no code of its own: its
// tests run the real territory on a store in memory, in virtual time (testing/synctest), against a script that a seed draws:
// requests one by one and in batches, sent twice, out of order and late, work that falls due, a clock that steps forwards
// and back, a store that is full, unreachable, or does not say whether it kept what it was given, and crashes at every one
// of these points.
//
// Nothing is random but the seed, so a seed that fails can be run again:
//
//	FETTLE_TORTURE_SEED=1234 go test ./internal/torture -run TestSeeds -v
//
// Seeds that have failed once stay in testdata/seeds.txt and are run each time, before the new ones. FETTLE_TORTURE_FIRST
// says with which seed the thousand begin.
//
// What is held, after each commit and at the end: store_test.go (sequence, legal transitions, one technician at one order,
// started work does not move, due work is that which the rows call for), script_test.go (what was acknowledged is in the
// log, a key acts once), and the rows are what the log leads to. Saboteurs switch one defence off each and show that the
// row turns red.
package torture
