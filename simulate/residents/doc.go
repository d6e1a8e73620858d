// Package residents is who lives in the rental buildings of the demo's city: households, their contracts of the last fifteen
// months and those that run, and how they feel about living there. It tells the story of an operator like the one of article B:
// 1,042 rooms of which 927 are let, 47 % of the households thinking of leaving a year ago, and a renewal rate that has risen from
// 57 % to 78 %. Everything is invented, and follows from a city, a seed and a day.
//
// It is not the simulation of days (internal/demo posts what is planned here) and no model of why people stay: the rate is laid
// down (Share), and who renews follows from it.
//
// Reading order: Book and New (book.go), contracts (contract.go), people (people.go).
package residents
