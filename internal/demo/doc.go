// Package demo is the simulated operator of "fettle demo": the technicians and tenants of the invented city of
// simulate/city, who use a running service through its public interface only, on a clock that runs faster than the wall.
//
// It is not part of the service: it sees nothing that another client could not see, and the service takes no notice of it.
// What people do follows from a seed and from what the service answers; only the moment at which an answer arrives does not.
//
// Reading order: Config and Operator (operator.go), the agenda of what is to be done when (agenda.go), what is reported
// (demand.go), how a technician's day goes (technician.go, offer.go, trip.go), tenants after the work (tenant.go), how calls
// are made and what their errors mean (call.go). Site serves what the web page needs in demo mode (site.go).
//
// One goroutine decides and makes all calls, one after the other; a second one reads the stream of events and only tells the
// first which technicians to look at again. So agents never race, and a service that is slow slows them down.
package demo
