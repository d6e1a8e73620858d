package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"fettle/forecast/backtest"
	"fettle/forecast/count"
	"fettle/forecast/holiday"
	"fettle/forecast/model"
	"fettle/forecast/weather"
	"fettle/geo"
)

// forecastCommand groups the commands of forecasts.
type forecastCommand struct {
	Backtest backtestCommand `cmd:"" help:"Play history to a model and judge what it said."`
	Predict  predictCommand  `cmd:"" help:"Forecast the buckets after the last event."`
	Standby  standbyCommand  `cmd:"" help:"Say where technicians should wait for what is forecast."`
}

// eventFlags are those of every command that reads events.
type eventFlags struct {
	Events         string        `required:"" placeholder:"FILE" help:"Events as CSV: time,lat,lon,kind; - reads the standard input."`
	Res            int           `default:"8" help:"Resolution of the H3 cells, 0 to 15."`
	Bucket         time.Duration `placeholder:"24h" help:"Length of a bucket, 1h to 168h."`
	Lead           int           `default:"1" help:"How many buckets ahead: 1 is the one that begins now."`
	Sum            int           `default:"1" help:"Forecast totals of so many buckets."`
	Horizon        time.Duration `placeholder:"24h" help:"The same as --bucket of this length and --lead 1."`
	Kind           []string      `help:"Count only these kinds; otherwise all kinds are summed."`
	Zone           string        `default:"UTC" help:"Zone of the wall clock that days are counted by, and of times without a zone, such as Asia/Shanghai."`
	Cells          string        `placeholder:"FILE" help:"CSV of the cells to forecast, column cell; otherwise every cell that has an event."`
	By             string        `placeholder:"COLUMN" help:"Forecast by this column of the events, such as building, instead of by cell."`
	Holidays       string        `default:"auto" placeholder:"auto" help:"Calendar of holidays: cn, us, gb, none, a CSV file (date,name,weight), or auto: the one that fits the history before --from."`
	Weather        string        `placeholder:"FILE" help:"Weather as CSV: date and up to 8 columns of numbers, of the past and of the days that are forecast."`
	DropDuplicates bool          `help:"Leave out rows that repeat another in time, place and kind; they are reported in any case."`
	Model          string        `default:"hierarchical" enum:"hierarchical,seasonal-naive,moving-average,exponential,kde,glm" help:"One of ${enum}."`
}

// backtestCommand plays history.
type backtestCommand struct {
	eventFlags
	From   string `required:"" placeholder:"YYYY-MM-DD" help:"Start of the first bucket that is forecast; all before it trains."`
	To     string `required:"" placeholder:"YYYY-MM-DD" help:"End of what is forecast, excluded."`
	Out    string `short:"o" name:"out" placeholder:"FILE" help:"Write the forecasts to FILE, whole or not at all, and the scores to the standard output."`
	Charts string `type:"path" placeholder:"DIR" help:"Write charts to DIR as SVG and CSV: reliability, gain, hit rate, PIT."`
}

// Help is the long help text.
func (backtestCommand) Help() string {
	return `Rolling origin: each forecast is made from what was known --lead buckets before it. Rows are cell,time,mean,size,p10,p50,p90:
a negative binomial distribution with variance mean + mean*mean/size, and its quantiles; time is the start of the bucket by
the wall clock of --zone. With --out, the scores come as JSON on the standard output.

What could not be counted, and what looks odd (times without zone, repeated rows), is reported on stderr by reason.

Examples:

    fettle forecast backtest --events orders.csv --res 8 --bucket 24h --from 2025-10-01 --to 2026-01-01 -o forecast.csv
    fettle forecast backtest --events orders.csv --bucket 24h --sum 7 --zone Asia/Shanghai --from 2025-10-01 --to 2026-01-01 --charts charts`
}

// Run implements the command.
func (c *backtestCommand) Run(ctx context.Context, s *session) error {
	if err := canWrite("--out", c.Out); err != nil {
		return err
	}
	in, err := c.load(s)
	if err != nil {
		return err
	}
	from, err := in.bucket("--from", c.From)
	if err != nil {
		return err
	}
	to, err := in.bucket("--to", c.To)
	if err != nil {
		return err
	}
	calendar, err := c.calendar(in, from)
	if err != nil {
		return err
	}
	skies, err := c.weather()
	if err != nil {
		return err
	}
	var rows bytes.Buffer
	w := &forecastWriter{out: bufio.NewWriter(&rows), table: in.table}
	w.heading()
	options := backtest.Options{
		Model: c.Model, Horizon: in.horizon, Step: in.step, From: from, To: to, Holidays: calendar, Weather: skies, Seed: 1,
	}
	result, err := backtest.Run(ctx, in.table, options, w.write)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	if err != nil {
		return fmt.Errorf("forecast backtest: %w", err)
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	if err := s.writeOut(c.Out, func(to io.Writer) error { _, err := rows.WriteTo(to); return err }); err != nil {
		return err
	}
	if err := writeCharts(c.Charts, result.Charts()); err != nil {
		return err
	}
	if c.Out == "" || c.Out == "-" {
		return nil
	}
	gain, err := weatherGain(ctx, in.table, options)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(s.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		*backtest.Result
		Holidays string        `json:"holidays"`
		Weather  *gained       `json:"weather,omitempty"`
		Rows     *count.Report `json:"rows"`
		Seconds  float64       `json:"seconds"`
	}{result, calendar.Name(), gain, in.report, s.elapsed().Seconds()})
}

// gained says what weather did to a back-test: the same without it.
type gained struct {
	Columns         []string `json:"columns"`
	DevianceWithout float64  `json:"devianceWithout"`
	LogLossWithout  float64  `json:"logLossWithout"`
}

// weatherGain plays the history again without weather; nil when there is none.
func weatherGain(ctx context.Context, t *count.Table, o backtest.Options) (*gained, error) {
	columns := o.Weather.Columns()
	if len(columns) == 0 {
		return nil, nil
	}
	o.Weather = nil
	without, err := backtest.Run(ctx, t, o, nil)
	if err != nil {
		return nil, fmt.Errorf("forecast backtest without weather: %w", err)
	}
	return &gained{columns, without.Deviance, without.LogLoss}, nil
}

// weather reads the weather; nil when there is none.
func (c *eventFlags) weather() (*weather.Table, error) {
	if c.Weather == "" {
		return nil, nil
	}
	file, err := os.Open(c.Weather)
	if err != nil {
		return nil, usageError("--weather: %v", err)
	}
	table, err := weather.Read(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, usageError("--weather %s: %v", c.Weather, err)
	}
	return table, nil
}

// writeCharts writes each chart as a picture and a table.
func writeCharts(dir string, charts []backtest.Chart) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, chart := range charts {
		for ending, text := range map[string]string{".svg": chart.SVG, ".csv": chart.CSV} {
			path := filepath.Join(dir, chart.Name+ending)
			err := replaceFile(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// observations is a file of events, counted.
type observations struct {
	table   *count.Table
	report  *count.Report
	horizon model.Horizon // in buckets of the table
	step    int
}

// load reads and counts the events, and reports what was odd.
func (c *eventFlags) load(s *session) (*observations, error) {
	if c.Horizon != 0 {
		if c.Bucket != 0 && c.Bucket != c.Horizon || c.Lead != 1 {
			return nil, usageError("--horizon stands for --bucket and --lead 1: give one or the other")
		}
		c.Bucket = c.Horizon
	}
	if c.Bucket == 0 {
		c.Bucket = 24 * time.Hour
	}
	if c.Lead < 1 || c.Sum < 1 {
		return nil, usageError("--lead is %d and --sum is %d, want both at least 1", c.Lead, c.Sum)
	}
	base, times, err := count.Split(c.Bucket)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "Local" {
		return nil, usageError("--zone is %q, want a name such as UTC or Asia/Shanghai", c.Zone)
	}
	axis, err := count.NewAxis(base, zone)
	if err != nil {
		return nil, err
	}
	cells, err := c.cells()
	if err != nil {
		return nil, err
	}
	file, err := c.open(s)
	if err != nil {
		return nil, err
	}
	table, report, err := count.Read(bufio.NewReaderSize(file, 1<<20), count.Options{
		Axis: axis, Resolution: c.Res, Places: cells, Only: c.Kind, KeyColumn: c.By, DropRepeat: c.DropDuplicates,
	})
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Events, err)
	}
	fmt.Fprintln(s.stderr, "fettle: "+c.Events+": "+report.String())
	return &observations{
		table: table, report: report, step: times * c.Sum,
		horizon: model.Horizon{Lead: (c.Lead-1)*times + 1, Span: times * c.Sum},
	}, nil
}

func (c *eventFlags) open(s *session) (io.ReadCloser, error) {
	if c.Events == "-" {
		return io.NopCloser(s.stdin), nil
	}
	return os.Open(c.Events)
}

// cells reads the list of cells, nil without one.
func (c *eventFlags) cells() ([]geo.Cell, error) {
	if c.Cells == "" {
		return nil, nil
	}
	data, err := os.ReadFile(c.Cells)
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(bytes.NewReader(data))
	rows.FieldsPerRecord = -1
	column := 0
	var cells []geo.Cell
	for line := 1; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Cells, err)
		}
		if line == 1 {
			if at := position(row, "cell"); at >= 0 {
				column = at
				continue
			}
		}
		if column >= len(row) {
			return nil, fmt.Errorf("%s: line %d has no cell", c.Cells, line)
		}
		cell, err := geo.ParseCell(strings.TrimSpace(row[column]))
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", c.Cells, line, err)
		}
		cells = append(cells, cell)
	}
	if len(cells) == 0 {
		return nil, fmt.Errorf("%s: holds no cell", c.Cells)
	}
	return cells, nil
}

func position(row []string, name string) int {
	for i, s := range row {
		if strings.EqualFold(strings.TrimSpace(s), name) {
			return i
		}
	}
	return -1
}

// bucket finds the bucket that begins at a time by the wall clock.
func (o *observations) bucket(flag, text string) (int, error) {
	axis := o.table.Axis
	for _, form := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		t, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		b := axis.Civil(t)
		if label, _, _ := strings.Cut(axis.Label(b), " "); axis.Label(b) != t.Format("2006-01-02 15:04") && (label != text || form != time.DateOnly) {
			return 0, usageError("%s is %q, want the start of a bucket, such as %q", flag, text, axis.Label(b))
		}
		return b, nil
	}
	return 0, usageError("%s is %q, want YYYY-MM-DD or YYYY-MM-DD HH:MM", flag, text)
}

// calendar finds the holidays, by the history before a bucket where none is named.
func (c *eventFlags) calendar(in *observations, from int) (*holiday.Calendar, error) {
	if c.Holidays == "auto" {
		return model.ChooseHolidays(in.table, from)
	}
	if calendar, err := holiday.Named(c.Holidays); err == nil {
		return calendar, nil
	}
	file, err := os.Open(c.Holidays)
	if err != nil {
		return nil, usageError("--holidays is %q, want auto, cn, us, gb, none or a file", c.Holidays)
	}
	calendar, err := holiday.Read(c.Holidays, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Holidays, err)
	}
	return calendar, nil
}

// forecastWriter writes forecasts as rows.
type forecastWriter struct {
	out   *bufio.Writer
	table *count.Table
}

func (w *forecastWriter) heading() {
	name := "cell"
	if w.table.Named {
		name = "place"
	}
	fmt.Fprintf(w.out, "%s,time,mean,size,p10,p50,p90\n", name)
}

// write writes one forecast. Errors of the writer wait for Flush.
func (w *forecastWriter) write(f *model.Forecast) error {
	label := w.table.Axis.Label(f.First)
	var line []byte
	for i, d := range f.Places {
		p10, p50, p90 := d.Quantiles()
		line = append(line[:0], w.table.Places[i].Name...)
		line = append(line, ',')
		line = append(line, label...)
		for _, v := range []float64{d.Mean, d.Size} {
			line = append(line, ',')
			line = strconv.AppendFloat(line, v, 'g', 6, 64)
		}
		for _, v := range []int{p10, p50, p90} {
			line = append(line, ',')
			line = strconv.AppendInt(line, int64(v), 10)
		}
		line = append(line, '\n')
		if _, err := w.out.Write(line); err != nil {
			return err
		}
	}
	return nil
}
