package main

import (
	"context"
	"fmt"

	"fettle/internal/app"
)

type orgCommand struct {
	Create orgCreateCommand `cmd:"" help:"Make an org; a service that runs serves it after its next start."`
	List   orgListCommand   `cmd:"" help:"List the orgs of a data directory."`
}

// Help is the long help text.
func (*orgCommand) Help() string {
	return `An org is an account whose data nobody else sees. The first start makes the org default. Each other one has a bearer token
with every role in DIR/orgs/NAME.token; the service serves the orgs whose tokens are there when it starts.

  fettle org create riverside --data ./data`
}

type orgCreateCommand struct {
	Name string `arg:"" help:"Name: small letters, digits and hyphens, a letter first."`
	Data string `default:"fettle-data" placeholder:"DIR" help:"Data directory."`
}

// Run makes an org.
func (c *orgCreateCommand) Run(_ context.Context, s *session) error {
	file, err := app.CreateOrg(c.Data, c.Name)
	if err != nil {
		return outcome{status: exitUsage, text: err.Error()}
	}
	fmt.Fprintf(s.stdout, "Org %s is there, its token is in %s.\n", c.Name, file)
	return nil
}

type orgListCommand struct {
	Data string `default:"fettle-data" placeholder:"DIR" help:"Data directory."`
}

// Run lists the orgs.
func (c *orgListCommand) Run(_ context.Context, s *session) error {
	orgs, err := app.Orgs(c.Data)
	if err != nil {
		return outcome{status: exitUsage, text: err.Error()}
	}
	for _, o := range orgs {
		fmt.Fprintln(s.stdout, o)
	}
	return nil
}
