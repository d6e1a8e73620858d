package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// configCommand shows what a command would run with.
type configCommand struct {
	Command []string `arg:"" optional:"" help:"The command, as in \"forecast backtest\"; serve unless given."`
	Output  string   `enum:"table,json" default:"table" help:"A table with where each value comes from, or the JSON of a file for --config."`
}

// Help explains the command.
func (configCommand) Help() string {
	return `Shows the flags of a command with the values that the file of --config, the environment and the defaults give them, and which of these
it was. A flag on the command line wins over all three. Passwords in addresses are masked, in the file too.

    FETTLE_LISTEN=127.0.0.1:9000 fettle config
    fettle --config fettle.json config forecast backtest
    fettle config --output json > fettle.json`
}

// setting is a flag with the value that a command would see.
type setting struct {
	name, value, from string
}

// Run implements the command.
func (c configCommand) Run(ctx *kong.Context, all *cli, s *session) error {
	name := strings.Join(c.Command, " ")
	if name == "" {
		name = "serve"
	}
	node := leafOf(ctx.Model, name)
	if node == nil {
		return usageError("config: %q is no command that runs (see \"fettle --help\")", name)
	}
	settings := settingsOf(node, all.file)
	if c.Output == "json" {
		return writeSettings(s, node, settings)
	}
	t := columns{left: 3}
	t.add("flag", "value", "from")
	for _, x := range settings {
		t.add("--"+x.name, masked(x.value), x.from)
	}
	return t.write(s.stdout)
}

func leafOf(app *kong.Application, name string) *kong.Node {
	for _, leaf := range app.Leaves(true) {
		if words(leaf) == name {
			return leaf
		}
	}
	return nil
}

// words is a command as it is typed, without its arguments.
func words(n *kong.Node) string {
	var typed []string
	for ; n.Parent != nil; n = n.Parent {
		typed = append([]string{n.Name}, typed...)
	}
	return strings.Join(typed, " ")
}

// settingsOf finds the value of each flag: the environment before the file, the file before the default.
func settingsOf(n *kong.Node, file *config) []setting {
	var out []setting
	for _, flag := range n.Flags {
		if flag.Name == "help" || flag.Name == "config" {
			continue
		}
		out = append(out, settingOf(n, flag, file))
	}
	return out
}

func settingOf(n *kong.Node, flag *kong.Flag, file *config) setting {
	for _, env := range flag.Envs {
		if v, ok := os.LookupEnv(env); ok {
			return setting{flag.Name, v, "environment " + env}
		}
	}
	if file != nil {
		for _, key := range []string{n.Name + "." + flag.Name, flag.Name} {
			if v, ok := file.values[key]; ok {
				return setting{flag.Name, v, file.path + " " + key}
			}
		}
	}
	if flag.HasDefault {
		return setting{flag.Name, flag.Default, "default"}
	}
	return setting{flag.Name, "", "not given"}
}

// masked hides the password of an address.
func masked(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return value
	}
	return u.Redacted()
}

// writeSettings writes a file for --config: what is given, by command.
func writeSettings(s *session, n *kong.Node, settings []setting) error {
	values := map[string]string{}
	for _, x := range settings {
		if x.value != "" {
			values[x.name] = masked(x.value)
		}
	}
	enc := json.NewEncoder(s.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]map[string]string{n.Name: values}); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return nil
}
