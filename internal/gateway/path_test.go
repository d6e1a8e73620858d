package gateway

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A parameter of a path that is no number is named as any other field is, and a refusal without a reason is an invalid argument.
func TestPathsThatAreNoNumbers(t *testing.T) {
	t.Parallel()
	err := status.Errorf(codes.InvalidArgument, "type mismatch, parameter: z, error: %v", `strconv.ParseInt: parsing "a": invalid syntax`)
	if fault, ok := faultIn(status.Convert(err).Message()); !ok || fault.Field != "z" {
		t.Errorf("%v %v, want a fault of z", fault, ok)
	}
	if r := ruleOf(status.Convert(err)); r.reason != "INVALID_ARGUMENT" || r.http != 400 {
		t.Errorf("%+v", r)
	}
}
