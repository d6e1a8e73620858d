// Package calendar is dates and times of day as people of one zone mean them: the day that is n days before another, the
// instant of nine in the morning on a day whose clocks change, the next business day, the next run of something periodic.
//
// A zone is an argument of every function that needs one; the zone of the machine is never used. A time of day that a zone
// skips is the first instant after the gap, one that comes twice is the first of the two: whatever is due once a day is due
// once, also on the day on which clocks change, and on a day that a zone leaves out of its calendar it is due when the next
// day begins.
package calendar
