package app

import (
	"fmt"
	"os"

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
	var err error
	a.outlook, err = outlook.New(outlook.Config{
		Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone, History: map[org.ID][]outlook.Report{org.Default: history},
	})
	return err
}
