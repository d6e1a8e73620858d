// Package dispatch holds the types of field service as Fettle sees it, and the rules that belong to one of them alone:
// work orders and the reports behind them, visits, technicians with skills and shifts, routes, plans, policies and cost
// by term. It does no planning, no I/O and has no clock; the packages below it do: constraint (what is allowed), cost
// (what it costs), assign and route (matching and routing), check (an independent judge), explain and plan.
//
// There are two views of the same work. WorkOrder and Report are what people see, in wall time. Problem is what an
// optimiser sees: an immutable snapshot in dense indices and integer ticks, built by a file reader (dispatch/problem) or
// by the live service, and answered by a Plan. A Visit is the one thing both speak of: one planned trip of a technician
// to a work order.
//
// Read in this order: tick.go (units), visit.go, technician.go, problem.go, policy.go, plan.go, workorder.go.
package dispatch
