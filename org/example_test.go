package org_test

import (
	"context"
	"fmt"

	"fettle/org"
)

// The edge puts the org of a credential into the context; stores read it from there.
func ExampleNewContext() {
	ctx := org.NewContext(context.Background(), "acme")
	id, ok := org.FromContext(ctx)
	fmt.Println(id, ok)
	_, ok = org.FromContext(context.Background())
	fmt.Println(ok)
	// Output:
	// acme true
	// false
}
