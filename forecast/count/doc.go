// Package count makes counts of observations: how many events of each kind fell into each place and bucket of time. A place
// is a cell of the H3 grid or whatever a column of the file names, such as a building.
//
// Nothing is dropped in silence. What cannot be counted (no readable time or place, outside the area) and what looks odd but
// is counted all the same (times without zone, rows that repeat another) stands in the [Report] by reason.
//
// The main types are [Axis] (time cut into buckets of the wall clock), [Reader] (rows of CSV to counts, as a stream),
// [Place], and [Table] (counts in the order of time, sparse: an event costs 12 bytes).
//
// Reading order: axis.go, table.go, read.go, moment.go, report.go. A Table and an Axis may be read by many goroutines at
// once; a Reader belongs to one.
package count
