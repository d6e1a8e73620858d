// Package improvement is what should get better and how that is shown: plans with a metric and a deadline, pilots of policies with
// their drawing and their one record, ideas with votes. The arithmetic of pilots is that of simulate/pilot.
//
// The package knows no storage and no clock. Read in this order: plan.go, pilot.go, idea.go.
package improvement
