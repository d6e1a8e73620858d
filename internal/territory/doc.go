// Package territory owns the one writer of a territory: a goroutine around dispatch/engine that drains its mailbox, decides
// each request on scratch state, commits the batch in one durable transaction (group commit), and only then answers and
// publishes. A single writer makes double assignment impossible by construction; the schema forbids it a second time.
//
// When a commit fails the scratch is rolled back and everybody in the batch gets the error: nothing that was acknowledged
// is lost, nothing that was refused is kept. While the disk is full writes are refused at once and a probe finds out when
// there is room again.
package territory
