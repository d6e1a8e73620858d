// Package gateway is the edge of the service: REST, server-sent events and gRPC on one listener. Every call, however it
// came, passes the same gate (gate.go): who are you, may you, in how long, is the message well formed. Errors of the domain
// become statuses in one table (errmap.go). REST calls reach the services in process (local.go), without a socket.
//
// Start with handler.go.
package gateway
