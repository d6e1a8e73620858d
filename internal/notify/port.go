package notify

import "fettle/internal/notify/channel"

// The words of the port are ours too.
type (
	// Channel carries letters to people.
	Channel = channel.Channel
	// Capabilities are what a channel needs of a letter and promises about it.
	Capabilities = channel.Capabilities
	// Letter is one message as a channel gets it.
	Letter = channel.Letter
	// Outcome is what a channel says of an attempt.
	Outcome = channel.Outcome
	// Receipt is what a provider tells of a letter after it was sent.
	Receipt = channel.Receipt
	// Message is what is told.
	Message = channel.Message
	// Role is who a message is for.
	Role = channel.Role
	// Result is what became of an attempt.
	Result = channel.Result
)

// The roles, and the results of an attempt.
const (
	Tenant     = channel.Tenant
	Technician = channel.Technician
	Supervisor = channel.Supervisor

	Sent      = channel.Sent
	Retry     = channel.Retry
	Permanent = channel.Permanent
	Unknown   = channel.Unknown
)

// Errors of channels.
var (
	ErrBusy    = channel.ErrBusy
	ErrRefused = channel.ErrRefused
)
