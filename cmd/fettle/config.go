package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// config holds the values of a configuration file by flag name, or by "command.flag" for those of one command only.
type config struct {
	path   string
	values map[string]string
}

// readConfig reads a JSON object such as {"threads": 2, "solve": {"time": "30s"}}.
func readConfig(path string) (*config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var top map[string]any
	if err := dec.Decode(&top); err != nil {
		var syntax *json.SyntaxError
		line := 1
		if errors.As(err, &syntax) {
			line += bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte{'\n'})
		}
		return nil, fmt.Errorf("%s:%d: want a JSON object of flags and values: %w", path, line, err)
	}
	c := &config{path: path, values: map[string]string{}}
	return c, c.add("", top)
}

// add flattens an object into values.
func (c *config) add(prefix string, object map[string]any) error {
	for key, value := range object {
		key = prefix + key
		switch v := value.(type) {
		case string:
			c.values[key] = v
		case bool, json.Number:
			c.values[key] = fmt.Sprint(v)
		case map[string]any:
			if prefix != "" {
				return fmt.Errorf("%s: %s: want a string, a number, true or false", c.path, key)
			}
			if err := c.add(key+".", v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: %s: want a string, a number, true or false", c.path, key)
		}
	}
	return nil
}

// Validate implements kong.Resolver: every key is a flag that exists.
func (c *config) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flag := range app.Flags {
		known[flag.Name] = true
	}
	for _, command := range app.Leaves(true) {
		for _, flag := range command.Flags {
			known[flag.Name], known[command.Name+"."+flag.Name] = true, true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.values)) {
		if !known[key] || key == "config" || strings.HasSuffix(key, "help") {
			return fmt.Errorf("%s: %s: there is no such flag", c.path, key)
		}
	}
	return nil
}

// Resolve implements kong.Resolver. It stays silent where the environment has spoken.
func (c *config) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, ok := os.LookupEnv(env); ok {
			return nil, nil
		}
	}
	if parent.Command != nil {
		if value, ok := c.values[parent.Command.Name+"."+flag.Name]; ok {
			return value, nil
		}
	}
	if value, ok := c.values[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}
