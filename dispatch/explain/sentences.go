package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"fettle/dispatch"
)

// Sentences puts a card into a few lines for people: where the visit is and what that costs, the next best technicians with
// what would change the choice, and who cannot. p is the problem of the card.
func (c *Card) Sentences(p *dispatch.Problem) []string {
	var out []string
	switch {
	case c.Unassigned != nil:
		out = append(out, fmt.Sprintf("%s -> nobody: %s. %s", title(visitName(p, c.Visit)), c.Unassigned.Reason, c.Unassigned.Detail))
	case c.Position == none:
		out = append(out, fmt.Sprintf("%s -> %s.", title(visitName(p, c.Visit)), shortName(p, c.Technician)))
	default:
		out = append(out, c.headline(p))
	}
	if c.Blocked.Reason != "" {
		return append(out, c.Blocked.Detail)
	}
	for i := range c.Alternatives {
		a := &c.Alternatives[i]
		lead := "Then"
		if i == 0 {
			lead = "Next best"
		}
		out = append(out, fmt.Sprintf("%s: %s%s", lead, shortName(p, a.Technician), a.text(p)))
	}
	if c.Others > 0 {
		out = append(out, fmt.Sprintf("%d more could do it, for more.", c.Others))
	}
	if c.Elsewhere != nil {
		out = append(out, fmt.Sprintf("Elsewhere on the same route: place %d%s", c.Elsewhere.Position+1, c.Elsewhere.text(p)))
	}
	return append(out, c.refusals()...)
}

// headline says where the visit is, when, why there and what it adds to the plan's cost.
func (c *Card) headline(p *dispatch.Problem) string {
	v := &p.Visits[c.Visit]
	var s strings.Builder
	fmt.Fprintf(&s, "%s -> %s at %s", title(visitName(p, c.Visit)), shortName(p, c.Technician), clock(p, c.Stop.Start))
	if len(v.Windows) > 0 {
		fmt.Fprintf(&s, " (window %s)", windowsText(p, v.Windows))
	}
	fmt.Fprintf(&s, ": %s travel, ", span(p, int64(c.Stop.Travel)))
	if c.Stop.Late > 0 {
		fmt.Fprintf(&s, "%s late, ", span(p, int64(c.Stop.Late)))
	}
	fmt.Fprintf(&s, "adds %s%s", money(p, c.Marginal.Total()), termsText(p, c.Marginal))
	if len(v.Skills) > 0 {
		var skills []string
		for _, k := range v.Skills {
			skills = append(skills, fmt.Sprintf("%s level %d", k.Skill, max(k.Level, 1)))
		}
		fmt.Fprintf(&s, "; needs %s", strings.Join(skills, ", "))
	}
	if len(c.Alternatives) > 0 && c.Alternatives[0].Difference >= 0 {
		s.WriteString("; nobody does it for less")
	}
	return s.String() + "."
}

// text says when, at what difference and what would flip it.
func (a *Alternative) text(p *dispatch.Problem) string {
	var s strings.Builder
	fmt.Fprintf(&s, " at %s, %s", clock(p, a.Stop.Start), worse(p, a.Difference))
	if a.BindingRule != "" && a.Difference > 0 {
		fmt.Fprintf(&s, " (%s)", a.BindingRule)
	}
	s.WriteString(".")
	if a.Flip != nil {
		s.WriteString(" " + a.Flip.Text)
	}
	return s.String()
}

// shown is how many refusals are told one by one; the rest is counted by rule.
const shown = 3

// refusals tells who cannot.
func (c *Card) refusals() []string {
	var out []string
	count := map[dispatch.Reason]int{}
	for i := range c.Refused {
		no := &c.Refused[i]
		if i >= shown {
			count[no.Reason]++
			continue
		}
		line := fmt.Sprintf("%s [%s]", strings.TrimSuffix(no.Detail, "."), no.Reason)
		if no.Flip != nil {
			line += ". " + strings.TrimSuffix(no.Flip.Text, ".")
		}
		out = append(out, line+".")
	}
	if len(count) == 0 {
		return out
	}
	var rules []dispatch.Reason
	for why := range count {
		rules = append(rules, why)
	}
	slices.SortFunc(rules, func(x, y dispatch.Reason) int { return cmp.Or(count[y]-count[x], cmp.Compare(x, y)) })
	parts := make([]string, 0, len(rules))
	for _, why := range rules {
		parts = append(parts, fmt.Sprintf("%s %d", why, count[why]))
	}
	return append(out, fmt.Sprintf("%d more cannot: %s.", len(c.Refused)-shown, strings.Join(parts, ", ")))
}

// termsText lists the terms of a cost that are not zero, when there are several.
func termsText(p *dispatch.Problem, c dispatch.Cost) string {
	var parts []string
	for term, x := range c {
		if x != 0 {
			parts = append(parts, fmt.Sprintf("%s %s", p.Policy.TermName(dispatch.Term(term)), money(p, x)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// windowsText shows windows as their source wrote them: up to the end, or up to the last start where that is the rounder of
// the two (sources whose windows are closed) and where time is abstract.
func windowsText(p *dispatch.Problem, windows []dispatch.TimeWindow) string {
	parts := make([]string, 0, len(windows))
	for _, w := range windows {
		end := w.End
		if p.Origin.IsZero() || p.At(end).Second() != 0 && p.At(end-1).Second() == 0 {
			end--
		}
		parts = append(parts, clock(p, w.Start)+"-"+clock(p, end))
	}
	return strings.Join(parts, ", ")
}
