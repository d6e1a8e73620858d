package auth

import (
	"context"
	"errors"
)

// What those hear who have no credential yet.
var (
	// ErrTooOften says that an address, or a number, was used too often in a while.
	ErrTooOften = errors.New("too many attempts: wait a few minutes")
	// ErrWrongCode says that a code to sign in with is not the one that was sent last, was used, or has ended.
	ErrWrongCode = errors.New("the code is not the one that was sent last, was used, or has ended")
	// ErrNoCodes says that there is no way by which codes could be sent.
	ErrNoCodes = errors.New("no codes are sent here: start the service with --notify-url or --channels")
)

type addressKey struct{}

// WithAddress returns a context that carries the network address of a caller.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// Address is the network address of a caller, "" when it is not known.
func Address(ctx context.Context) string {
	a, _ := ctx.Value(addressKey{}).(string)
	return a
}

// Stranger is who calls without a credential.
func Stranger() *Principal { return &Principal{Name: "stranger"} }
