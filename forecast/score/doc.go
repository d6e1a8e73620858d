// Package score judges forecasts of counts by what came. A forecast is a negative binomial distribution: a mean and a size,
// with variance mean + mean*mean/size.
//
// Of the mean: [Deviance]. Of the distribution: [LogLoss], [CRPS], [Coverage], and [PIT], whose values are uniform when
// the distributions are right ([Uniform] tests that). Of the ranking of places: [Hotspots] (hit rate, PAI, PEI) and [Gain].
// References: Gneiting and Raftery 2007 (scoring rules), Czado, Gneiting and Held 2009 (counts), Chainey, Tompson and Uhlig
// 2008 (PAI), Hunt 2016 (PEI).
//
// Everything is pure; randomness comes from the generator of the caller.
package score
