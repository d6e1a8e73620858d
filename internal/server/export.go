package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/wire"
)

// maxExported is how many entries of an order are exported.
const maxExported = 5000

// ExportTimeline implements the method of the same name.
func (s *workOrders) ExportTimeline(ctx context.Context, r *dispatchv1.ExportTimelineRequest) (*dispatchv1.TimelineExport, error) {
	return s.export(ctx, dispatch.WorkOrderID(r.GetId()), english())
}

// export is the timeline of an order in one document. The digest is the same in all languages.
func (s *Server) export(ctx context.Context, id dispatch.WorkOrderID, l *language) (*dispatchv1.TimelineExport, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	o, err := s.cfg.Store.Order(ctx, c.org, id)
	if err != nil {
		return nil, err
	}
	events, err := s.cfg.Store.OrderEvents(ctx, c.org, id, 0, maxExported)
	if err != nil {
		return nil, err
	}
	order := wire.WorkOrder(o, c.Name)
	out := &dispatchv1.TimelineExport{
		WorkOrderId: string(id), State: order.GetState(), Channel: order.GetChannel(), MadeTime: wire.Timestamp(s.cfg.Clock.Now()),
		MadeBy: c.principal.Name, TimeZone: s.cfg.Zone.String(),
	}
	sum, cell := sha256.New(), ""
	for i := range events {
		e := &events[i]
		if e.Wish != nil {
			cell = wire.Cell(e.Wish.Location)
		}
		entry := s.exported(e, c.Name, cell)
		entry.Entry.Text = s.say(e, c.Name, l)
		out.Entries = append(out.Entries, entry)
		sum.Write([]byte(entry.GetLine() + "\n"))
	}
	out.Sha256 = hex.EncodeToString(sum.Sum(nil))
	return out, nil
}

// exported is an entry that can be read alone.
func (s *Server) exported(e *engine.Event, name wire.Namer, cell string) *dispatchv1.ExportedEntry {
	entry := s.entry(e, name)
	out := &dispatchv1.ExportedEntry{Entry: entry, LocalTime: e.Time.In(s.cfg.Zone).Format(time.DateTime), Cell: cell}
	if e.Technician != "" {
		out.TechnicianName = name(e.Technician)
	}
	if e.Due != nil && !e.Due.OnSite.IsZero() {
		out.PromisedOnSite = e.Due.OnSite.In(s.cfg.Zone).Format(time.DateTime)
	}
	out.Line = line(e, s.sentence(e, nameless), cell)
	return out
}

// nameless knows nobody's name, so that sentences have ids: who is renamed does not change what happened.
func nameless(dispatch.TechnicianID) string { return "" }

// line is an entry as it counts in the digest. What people wrote cannot make two fields of one, nor two entries.
func line(e *engine.Event, text, cell string) string {
	fields := []string{
		strconv.FormatInt(e.Sequence, 10), e.Time.UTC().Format(time.RFC3339Nano), string(e.Type), string(e.State), e.Actor, string(e.Technician), cell, text,
	}
	for i, f := range fields {
		fields[i] = oneLine.Replace(f)
	}
	return strings.Join(fields, "\t")
}

var oneLine = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
