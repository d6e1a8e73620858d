package sheetserver

import (
	"fmt"
	"strconv"
	"strings"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/sheet"
)

// merged are the columns that a file may change.
func merged() []string {
	return []string{"number", "startDate", "endDate", "rent", "deposit", "paymentCycle", "note"}
}

// fixed are the columns that say which lease it is.
func fixed() []string { return []string{"unitId", "tenantId"} }

// cells is a lease as the export writes it.
func cells(l *lease.Lease) sheet.Row {
	t := l.Current()
	return sheet.Row{
		"id": string(l.ID), "number": l.Number, "unitId": l.Unit, "tenantId": l.Tenant, "startDate": t.Start.String(), "endDate": t.End.String(),
		"rent": yuan(t.Rent), "deposit": yuan(t.Deposit), "paymentCycle": string(t.Cycle), "note": l.Note,
	}
}

// yuan writes fen as yuan; nothing for none, as the export does.
func yuan(fen int64) string {
	if fen == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// fen reads yuan: digits with at most two after a point.
func fen(column, text string) (int64, error) {
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	for len(part) < 2 {
		part += "0"
	}
	n, err := strconv.ParseInt(whole+part, 10, 64)
	if text == "" {
		return 0, nil
	}
	if err != nil || n < 0 || len(part) > 2 || strings.Trim(text, "0123456789.") != "" {
		return 0, &invalid.Error{Field: column, Value: text, Want: "yuan, as 3500 or 3500.50"}
	}
	return n, nil
}

// same makes amounts comparable: programs drop zeros after the point.
func same(r sheet.Row) sheet.Row {
	if r == nil {
		return nil
	}
	out := make(sheet.Row, len(r))
	for name, text := range r {
		if name == "rent" || name == "deposit" {
			if n, err := fen(name, text); err == nil {
				text = yuan(n)
			}
		}
		out[name] = text
	}
	return out
}

// terms reads the terms of a line; those that it does not name stay as they are.
func terms(r sheet.Row, before lease.Terms) (lease.Terms, error) {
	t := before
	var err error
	for column, to := range map[string]*calendar.Date{"startDate": &t.Start, "endDate": &t.End} {
		text, has := r[column]
		if !has {
			continue
		}
		if *to = (calendar.Date{}); text != "" {
			if *to, err = calendar.ParseDate(text); err != nil {
				return t, &invalid.Error{Field: column, Value: text, Want: "a day that exists, as YYYY-MM-DD"}
			}
		}
	}
	for column, to := range map[string]*int64{"rent": &t.Rent, "deposit": &t.Deposit} {
		if text, has := r[column]; has {
			if *to, err = fen(column, text); err != nil {
				return t, err
			}
		}
	}
	if text, has := r["paymentCycle"]; has {
		t.Cycle = lease.Cycle(text)
	}
	return t, nil
}

// amend makes a lease of what its cells are to say.
func amend(l *lease.Lease, r sheet.Row, m lease.Moment) (lease.Lease, error) {
	t, err := terms(r, *l.Current())
	if err != nil {
		return lease.Lease{}, err
	}
	out, err := l.Amend(t, m)
	out.Number, out.Note = r["number"], r["note"]
	return out, err
}
