package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"fettle/simulate/pilot"
)

// pilotCommand plans and judges pilots.
type pilotCommand struct {
	Plan   pilotPlanCommand   `cmd:"" help:"Say beforehand what a pilot can show, and how many units it would take."`
	Draw   pilotDrawCommand   `cmd:"" help:"Draw which units get the new policy."`
	Judge  pilotJudgeCommand  `cmd:"" help:"Say what the figures of a pilot show."`
	Decide pilotDecideCommand `cmd:"" help:"Make the record of the decision, with a hash of the figures."`
}

type pilotFile struct {
	File string `arg:"" help:"JSON file (docs/formats/pilot.md), - for the standard input."`
}

// load reads the file into a value, and refuses fields that are not known.
func (c *pilotFile) load(s *session, into any) error {
	name, data, err := s.read(c.File)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return usageError("%s: %v", name, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return usageError("%s: want nothing after the object", name)
	}
	return nil
}

// fault is an error of the file.
func (c *pilotFile) fault(err error) error { return usageError("%s: %v", c.File, err) }

func (s *session) answer(v any) error {
	out := json.NewEncoder(s.stdout)
	out.SetIndent("", "  ")
	return out.Encode(v)
}

type pilotPlanCommand struct{ pilotFile }

// Help is the long help text.
func (*pilotPlanCommand) Help() string {
	return `Plays the pilot two thousand times with figures of the past and prints the least p-value that the design can give, the
probability that the effect is found, the least effect that would be, and how many units it takes. Exit status 1: the design
cannot show it.`
}

// Run implements the command.
func (c *pilotPlanCommand) Run(s *session) error {
	var q pilot.Question
	if err := c.load(s, &q); err != nil {
		return err
	}
	f, err := pilot.Plan(&q)
	if err != nil {
		return c.fault(err)
	}
	if err := s.answer(f); err != nil {
		return err
	}
	if !f.CanShow {
		return errNo
	}
	return nil
}

type pilotDrawCommand struct {
	pilotFile
	Seed uint64 `required:"" help:"Seed of the drawing; write it down with the pilot."`
}

// Run implements the command.
func (c *pilotDrawCommand) Run(s *session) error {
	var in struct {
		Design pilot.Design `json:"design"`
		Units  []string     `json:"units"`
	}
	if err := c.load(s, &in); err != nil {
		return err
	}
	if err := in.Design.Check(); err != nil {
		return c.fault(err)
	}
	if len(in.Units) != in.Design.Units {
		return usageError("%s: units is %d names: want %d, as the design says", c.File, len(in.Units), in.Design.Units)
	}
	type drawn struct {
		Unit    string `json:"unit"`
		Treated bool   `json:"treated"`
	}
	out := make([]drawn, len(in.Units))
	for i, treated := range in.Design.Draw(c.Seed) {
		out[i] = drawn{in.Units[i], treated}
	}
	return s.answer(map[string]any{"design": in.Design, "seed": c.Seed, "units": out})
}

// pilotFigures is what came out of a pilot.
type pilotFigures struct {
	Design  pilot.Design   `json:"design"`
	Figures []pilot.Figure `json:"figures"`
	Record  *pilot.Record  `json:"record,omitempty"`
}

type pilotJudgeCommand struct{ pilotFile }

// Run implements the command.
func (c *pilotJudgeCommand) Run(s *session) error {
	var in pilotFigures
	if err := c.load(s, &in); err != nil {
		return err
	}
	f, err := pilot.Judge(&in.Design, in.Figures)
	if err != nil {
		return c.fault(err)
	}
	return s.answer(f)
}

type pilotDecideCommand struct{ pilotFile }

// Run implements the command.
func (c *pilotDecideCommand) Run(s *session) error {
	var in pilotFigures
	if err := c.load(s, &in); err != nil {
		return err
	}
	if in.Record == nil {
		return usageError("%s: record: want pilot, policy, against and decision", c.File)
	}
	r, err := pilot.Decide(*in.Record, &in.Design, in.Figures)
	if err != nil {
		return c.fault(err)
	}
	return s.answer(r)
}
