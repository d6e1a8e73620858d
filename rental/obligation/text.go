package obligation

import (
	"fmt"
	"strings"
	"time"
)

// maxListed is how many names a certificate lists; the figures count them all.
const maxListed = 50

// Text writes the certificate for a person, in English or, for "zh", in Chinese. The figures are the same.
func (c *Certificate) Text(lang string, zone *time.Location) string {
	words := english
	if lang == "zh" {
		words = chinese
	}
	verdict := words.zero
	if !c.Zero() {
		verdict = fmt.Sprintf(words.missed, len(c.Missing))
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, words.head, c.From, c.To.Add(-1), c.Asof.In(zone).Format(time.RFC3339), verdict)
	for _, row := range []struct {
		name  string
		value int
	}{
		{words.leases, c.Leases},
		{words.scheduled, c.Scheduled},
		{words.open, c.OpenEnded},
		{words.exceptions, len(c.Exceptions)},
		{words.expected, c.Expected},
		{words.inTime, c.InTime},
		{words.late, c.Late},
		{words.superseded, c.Superseded},
		{words.waived, c.Waived},
		{words.compensated, c.Compensated},
		{words.pending, c.Pending},
		{words.future, c.Future},
		{words.missing, len(c.Missing)},
	} {
		_, _ = fmt.Fprintf(&b, "%8d  %s\n", row.value, row.name)
	}
	for i, f := range c.Missing {
		if i == maxListed {
			break
		}
		_, _ = fmt.Fprintf(&b, "! %s (%s): %s\n", f.ID, f.Due, f.Why)
	}
	for i, e := range c.Exceptions {
		if i == maxListed {
			break
		}
		_, _ = fmt.Fprintf(&b, "? %s: %s\n", e.Lease, e.Why)
	}
	_, _ = fmt.Fprintf(&b, "SHA-256 %s\n", c.Hash)
	return b.String()
}

// wording is a certificate in one language.
type wording struct {
	head, zero, missed                                                              string
	leases, scheduled, open, exceptions, expected, inTime, late, superseded, waived string
	compensated, pending, future, missing                                           string
}

var english = &wording{
	head: "Lease reminders from %s to %s, as of %s: %s\nCounted from the leases, not from what was sent.\n",
	zero: "none missed", missed: "%d MISSED",
	leases: "leases", scheduled: "with a last day and its ladder", open: "open-ended, approved", exceptions: "exceptions that somebody must settle",
	expected: "reminders that the leases called for", inTime: "sent in time", late: "sent late", superseded: "superseded, with a record",
	waived: "waived, with a reason", compensated: "late and made up for", pending: "just due", future: "not due yet", missing: "unaccounted for",
}

var chinese = &wording{
	head: "租约提醒 %s 至 %s，截至 %s：%s\n由租约本身推算，不依据发送记录。\n",
	zero: "零漏报", missed: "漏报 %d 条",
	leases: "租约", scheduled: "有到期日且提醒齐备", open: "经批准的长期租约", exceptions: "待人工处理的例外",
	expected: "按租约应发提醒", inTime: "按时发送", late: "延迟发送", superseded: "已被取代（有记录）",
	waived: "已豁免（有理由）", compensated: "延迟并已补偿", pending: "刚到期", future: "未到期", missing: "无法核对",
}
