package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/estateserver"
	"fettle/internal/marketserver"
	"fettle/internal/meterserver"
	"fettle/internal/territory"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/meter"
)

// metering makes the service of meters, for every org.
func (a *App) metering() *meterserver.Server {
	return meterserver.New(meterserver.Config{Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone})
}

// market makes the service of comparables and vacancy, for every org.
func (a *App) market() *marketserver.Server {
	return marketserver.New(marketserver.Config{Registry: a.registry(), Store: a.store, Clock: a.cfg.Clock, Zone: a.cfg.Engine.Zone})
}

// openMeterOrder does the due work of findings that need a hand.
func (a *App) openMeterOrder(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	p := &meterserver.Opener{Registry: a.registry(), Open: a.openOrder}
	return func(ctx context.Context, w ledger.DueWork) error { return p.Handle(ctx, o, w) }
}

// trades are who mends what a meter has found.
var trades = map[meter.Utility]dispatch.Skill{meter.Water: "plumbing", meter.Power: "electrical", meter.Gas: "gas"}

// inChinese is what follows in Chinese what a meter has found, for pages to show the one or the other.
var inChinese = map[any]string{
	meter.Water: "水表", meter.Power: "电表", meter.Gas: "燃气表", meter.Leak: "漏损", meter.Spike: "用量突增", meter.Stuck: "停走", meter.Negative: "倒走",
}

// meterVisit is how long it takes to find out.
const meterVisit = 45 * time.Minute

// openOrder opens the order of a finding in its dwelling, under an id that follows from the finding. A leak of gas is an
// emergency.
func (a *App) openOrder(ctx context.Context, o org.ID, f *meterserver.Order) (string, error) {
	id := dispatch.WorkOrderID("wo_" + strings.TrimPrefix(f.Finding, meterserver.Findings().Prefix))
	if _, err := a.store.Order(ctx, o, id); !errors.Is(err, ledger.ErrNotFound) {
		return string(id), err
	}
	unit, err := estateserver.Units().Read(ctx, a.store, o, f.Unit)
	if err != nil {
		return "", fmt.Errorf("dwelling of finding %s: %w", f.Finding, err)
	}
	building, err := estateserver.Properties().Read(ctx, a.store, o, unit.Value.Property)
	if err != nil {
		return "", fmt.Errorf("building of finding %s: %w", f.Finding, err)
	}
	w := engine.Wish{
		Location: building.Value.Location, UnitID: f.Unit, Channel: dispatch.ChannelIOT, Urgency: dispatch.UrgencyNormal, OnSite: meterVisit,
		Description: fmt.Sprintf("%s meter, %s: %s · %s", strings.ToLower(string(f.Utility)), strings.ToLower(string(f.Kind)), f.Text, inChinese[f.Utility]+inChinese[f.Kind]),
		Skills:      []dispatch.SkillLevel{{Skill: trades[f.Utility], Level: 1}},
	}
	if f.Utility == meter.Gas && f.Kind == meter.Leak {
		w.Urgency = dispatch.UrgencyEmergency
	}
	run := a.orgs[o]
	if run == nil || run.territory == nil {
		return "", fmt.Errorf("org %s: %w", o, engine.ErrNotFound)
	}
	_, err = run.territory.Do(ctx, territory.Request{Actor: "service", Method: meterserver.DueOrder, Command: engine.CreateOrder{ID: id, Wish: w}})
	return string(id), err
}
