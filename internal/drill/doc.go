// Package drill re-creates the five failures of an incident in which the reminders of leases stopped for two weeks and nobody
// knew: an export that took all memory, an index that was missing, a timer that was dead, an alarm that nobody could hear, and leases
// whose state kept them out of the rule. Each is done to a service of its own in a directory that is thrown away, and each must be
// caught by its defence. With a defence switched off its drill fails, and no other: a drill that cannot fail shows nothing.
//
// What starts services, processes and databases is given by whoever runs the drills (House); the drills speak to them as the world does.
package drill
