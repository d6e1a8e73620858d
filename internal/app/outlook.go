package app

import (
	"fmt"
	"os"

	"fettle/dispatch"
	"fettle/geo"
	"fettle/internal/forecastserver"
	"fettle/internal/outlook"
	"fettle/org"
)

// openOutlook makes what forecasts are asked of. A history from before the log is that of the default org.
func (a *App) openOutlook() error {
	history := a.cfg.Reports
	if a.cfg.History != "" {
		f, err := os.Open(a.cfg.History)
		if err != nil {
			return fmt.Errorf("--history: %w", err)
		}
		history, err = outlook.ReadHistory(f, a.cfg.Clock.Now())
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return fmt.Errorf("--history: %s: %w", a.cfg.History, err)
		}
	}
	var sky *outlook.Sky
	var err error
	if a.cfg.Weather != "" {
		failed := func(err error) { a.cfg.Log.Warn("the weather is as it was read before", "error", err) }
		if sky, err = outlook.OpenSky(a.cfg.Weather, failed); err != nil {
			return fmt.Errorf("--weather: %w", err)
		}
	}
	a.outlook, err = outlook.New(outlook.Config{
		Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, History: map[org.ID][]outlook.Report{org.Default: history}, Sky: sky,
	})
	return err
}

// forecasts answers what is asked of them.
func (a *App) forecasts() *forecastserver.Server {
	return forecastserver.New(forecastserver.Config{
		Outlook: a.outlook, Clock: a.cfg.Clock, Technicians: a.store, Zone: a.cfg.Engine.Zone,
		Position: func(o org.ID, id dispatch.TechnicianID) (geo.Point, bool) {
			if run := a.orgs[o]; run != nil && run.territory != nil {
				p, _, ok := run.territory.Position(id)
				return p.Point, ok
			}
			return geo.Point{}, false
		},
	})
}
