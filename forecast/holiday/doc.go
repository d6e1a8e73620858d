// Package holiday says how unlike an ordinary day of its weekday a day is: holidays, days between them and the weekend, eves,
// and the weekend days that are worked in exchange. It states only how much of a holiday each day is; what a holiday does to
// demand is learned by those who forecast.
//
// The main type is [Calendar]. [China] holds the yearly notices of the State Council, [UnitedStates] and [UnitedKingdom] are
// rules, [Read] takes a file of your own, and [Named] finds a calendar by name.
//
// Days are civil days counted from 1970-01-01. Everything is pure and safe for concurrent use.
package holiday
