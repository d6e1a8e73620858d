// Package rules compiles the CEL expressions of a policy and evaluates them into tables of visit x technician before a
// search: user terms (dispatch.UserTerm), which cost, and eligibility rules (dispatch.EligibilityRule), which forbid. It
// knows no routes: an expression sees one visit and one technician.
//
// Attach does what a problem needs; Compile gives the Rules themselves, with their options and their Report. Expressions
// are typed: a name or a type that does not fit is an InvalidError that says in which column and what there is instead.
//
// The variables:
//
//	visit.id, visit.workOrder, visit.place, visit.building    string; place is its name
//	visit.territory, visit.usual, visit.urgency, visit.tier   string
//	visit.skills                                              map(string, int): required skill -> level
//	visit.tools                                               list(string)
//	visit.priority, visit.onSite, visit.due                   int; times in ticks, due -1 when there is none
//	visit.attributes                                          map(string, string)
//	technician.id, technician.name, technician.kind           string
//	technician.skills                                         map(string, int): held skill -> level
//	technician.tools, technician.territories                  list(string)
//	technician.history, technician.maxVisits                  int
//	technician.attributes                                     map(string, string)
//	travel                                                    int: ticks from where the technician's first shift starts to
//	                                                          the visit; 0 when it starts anywhere
//
// Beside CEL's standard functions there are optional values (visit.attributes[?"vip"].orValue("no")) and math.greatest and
// its like. An expression that asks an attribute that is not there fails, and with it the planning: ask with "in", has() or
// an optional value.
//
// Visits that are alike in the fields that an expression reads share a row of its table, technicians a column, and each
// cell is evaluated once. The cost of an expression is estimated when it is compiled, from the sizes that the problem's own
// lists and texts have, so that one which could run away is refused before it runs.
package rules
