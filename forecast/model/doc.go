// Package model forecasts counts of events by place: distributions, not points. Every model sees buckets one after another
// ([Model.Observe]) and says what it expects of later ones ([Model.Predict]); it has no other way to the data, so it cannot
// look ahead, in a back-test as little as in service.
//
// [New] makes a model by name. The plain ones, a file each: naive.go, average.go, exponential.go, kde.go, glm.go. They give
// means; calibrate.go gives them a dispersion learned from their own errors. Ours is hierarchical.go: the level of the city
// (level.go with profile.go and holidays.go) times the map of each kind (share.go), with a dispersion for each kind.
//
// The main types are [Setup] (what is forecast, made by [NewSetup]), [Model] and [Forecast]. A Model belongs to one goroutine.
// Nothing is tuned to a city: what differs between cities is fitted to what was observed.
package model
