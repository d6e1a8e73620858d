package main

import (
	"context"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Config string `placeholder:"FILE" help:"JSON file with values for flags, by their names; a variable of the environment wins over it, a flag over both."`
	file   *config

	Solve    solveCommand    `cmd:"" help:"Plan a file: which technician does which visit, when and in which order."`
	Serve    serveCommand    `cmd:"" help:"Run the service: live dispatch by REST, gRPC and the console."`
	Demo     demoCommand     `cmd:"" help:"Run the service with a simulated operator, and watch a city being repaired."`
	Assign   assignCommand   `cmd:"" help:"Match rows to columns at the least cost, with a proof that there is no cheaper way."`
	Check    checkCommand    `cmd:"" help:"Judge a plan with code that shares nothing with the solver."`
	Rules    rulesCommand    `cmd:"" help:"Report what the expressions of a policy cost and find."`
	Forecast forecastCommand `cmd:"" help:"Forecast where and when orders will come, and judge forecasts by history."`
	Bench    benchCommand    `cmd:"" help:"Measure a family of published instances; one JSON line for each run."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the schema of a data directory or database up to date."`
	Backup   backupCommand   `cmd:"" help:"Write all that a service keeps to a file, while it runs."`
	Restore  restoreCommand  `cmd:"" help:"Fill an empty data directory or database from a backup."`
	Doctor   doctorCommand   `cmd:"" help:"Say whether a service could start safely on a data directory or database."`
	Audit    auditCommand    `cmd:"" help:"Check the chains of audit entries."`
	Keys     keysCommand     `cmd:"" help:"Show, rotate, wrap or destroy the keys of what is at rest."`
	Simulate simulateCommand `cmd:"" help:"Compare dispatch policies on simulated days."`
	Pilot    pilotCommand    `cmd:"" help:"Plan, draw, judge and decide pilots of a policy."`
	Replay   replayCommand   `cmd:"" help:"Replay recorded days exactly, or under other policies."`
	Watchdog watchdogCommand `cmd:"" help:"Raise an alarm when a service falls silent or leaves due work undone."`
	Drill    drillCommand    `cmd:"" help:"Re-create the failures of an incident in a sandbox, and show what catches each."`
	Work     workCommand     `cmd:"" help:"Export leases as a spreadsheet or as slides, in a process of its own."`
	LowCode  lowcodeCommand  `cmd:"" name:"lowcode" help:"Write fields, rules and tiles of people as one text file, and take such a file in."`
	Org      orgCommand      `cmd:"" help:"Make orgs, whose data are kept apart, and list them."`
	Settings configCommand   `cmd:"" name:"config" help:"Show what a command would run with, and where each value comes from."`
	Version  versionCommand  `cmd:"" help:"Say which build this is."`
}

const description = `Fettle plans the days of repair technicians.

Exit status: 0 done; 1 the answer is no (infeasible, check failed); 2 bad usage or input, with one line on stderr that
names file, line and field; 3 interrupted, the best result so far is written.

Every flag is also a variable of the environment, --time is FETTLE_TIME, and a key of the file that --config names.`

// run parses the arguments, runs the command and returns the exit status.
func (s *session) run(args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("fettle"), kong.Description(description), kong.DefaultEnvars("FETTLE"),
		kong.Writers(s.stdout, s.stderr), kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 110, NoExpandSubcommands: true}))
	if err != nil {
		return s.report(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return s.report(err)
	}
	ctx, stop := s.untilInterrupted()
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(&c)
	return s.report(parsed.Run(s))
}

// BeforeResolve reads the configuration file once the command line and the environment have said which.
func (c *cli) BeforeResolve(ctx *kong.Context) error {
	for _, flag := range ctx.Model.Flags {
		if path, ok := ctx.FlagValue(flag).(string); flag.Name == "config" && ok && path != "" {
			values, err := readConfig(path)
			if err != nil {
				return err
			}
			c.file = values
			ctx.AddResolver(values)
		}
	}
	return nil
}
