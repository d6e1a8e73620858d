package signing

import (
	"fmt"
	"strings"
	"time"

	"fettle/rental/lease"
)

// Line is a label and what stands beside it.
type Line struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// Document is what is signed: lines, and the file that holds them.
type Document struct {
	Title string `json:"title"`
	Lines []Line `json:"lines"`
	// File is the PDF; its hash is what is signed.
	File FileRef `json:"file"`
}

// FileRef names the file of a document.
type FileRef struct {
	ID     string `json:"id"`
	Parts  int    `json:"parts"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// SHA256 is the hash of the file, in hex.
func (d *Document) SHA256() string { return d.File.SHA256 }

// Parties are whom and what a contract names, as they are called.
type Parties struct {
	Landlord, Tenant string // names
	Dwelling         string // address and number
}

// Contract states the terms of a lease, in both languages.
func Contract(l *lease.Lease, p *Parties) Document {
	t := l.Current()
	title := "房屋租赁合同 / Residential lease"
	if l.Previous != "" {
		title = "房屋租赁合同（续租） / Residential lease (renewal)"
	}
	lines := []Line{
		{"合同编号 / Contract", number(l)},
		{"出租人 / Landlord", p.Landlord},
		{"承租人 / Tenant", p.Tenant},
		{"房屋 / Dwelling", p.Dwelling},
		{"租期 / Term", term(t)},
		{"月租金 / Rent a month", yuan(t.Rent)},
		{"押金 / Deposit", yuan(t.Deposit)},
		{"付款周期 / Payment", cycles[t.Cycle]},
	}
	if l.Previous != "" {
		lines = append(lines, Line{"续签自 / Renews", string(l.Previous)})
	}
	lines = append(lines, Line{
		"约定 / Agreement",
		"出租人将上述房屋出租给承租人，承租人按上述条款承租并按期支付租金。 The landlord lets the dwelling named above to the tenant, who rents it on the terms above and pays the rent when it is due.",
	})
	var kept []Line
	for _, x := range lines {
		if x.Text != "" {
			kept = append(kept, x)
		}
	}
	return Document{Title: title, Lines: kept}
}

var cycles = map[lease.Cycle]string{
	lease.Monthly: "每月 / monthly", lease.Quarterly: "每季 / quarterly", lease.HalfYearly: "每半年 / half-yearly", lease.Yearly: "每年 / yearly",
}

func number(l *lease.Lease) string {
	if l.Number == "" {
		return string(l.ID)
	}
	return l.Number + " (" + string(l.ID) + ")"
}

func term(t *lease.Terms) string {
	if t.End.IsZero() {
		return t.Start.String() + " 起 / from that day on"
	}
	return t.Start.String() + " – " + t.End.String()
}

// yuan writes fen for people.
func yuan(fen int64) string { return fmt.Sprintf("¥%d.%02d", fen/100, fen%100) }

// Account states how an envelope was signed.
func (e *Envelope) Account(id string, zone *time.Location) Document {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("2006-01-02 15:04:05 -07:00")
	}
	p := &e.Proof
	stamp := "无 / none"
	if !p.StampedAt.IsZero() {
		stamp = at(p.StampedAt) + " " + p.Authority
	}
	lines := []Line{
		{"签署编号 / Envelope", id},
		{"租约 / Lease", string(e.Lease)},
		{"文件 / Document", e.Document.Title},
		{"文件哈希 / SHA-256 of the document", e.Document.SHA256()},
		{"签署人 / Signer", e.Name},
		{"签名 / Typed as", e.Typed},
		{"链接凭证 / Credential", e.By},
		{"身份核验 / Check of identity", checks[e.Check] + ", " + at(e.CheckedAt)},
		{"签署时间 / Signed at", at(e.EndedAt)},
		{"签名服务 / Provider", p.Provider},
		{"证书 / Certificate", p.Subject},
		{"证书哈希 / SHA-256 of the certificate", p.Certificate},
		{"时间戳 / Time stamp (RFC 3161)", stamp},
	}
	if p.Demo {
		lines = append(lines, Line{"注意 / Note", Warning})
	}
	return Document{Title: "签署证据 / Evidence of a signature", Lines: lines}
}

// Warning is what every page says that the demo signer has a hand in.
const Warning = "演示签名，不具有法律上的可靠电子签名效力。 DEMO – no reliable signature in law."

var checks = map[Check]string{
	IDLastFour: "证件号码后四位 / last four characters of the ID", PhoneCode: "手机验证码 / code by telephone",
}

// Matches compares an answer with the last four characters of an identity number.
func Matches(nationalID, answer string) bool {
	const n = 4
	answer = strings.ToUpper(strings.TrimSpace(answer))
	return len(nationalID) >= n && len(answer) == n && strings.ToUpper(nationalID[len(nationalID)-n:]) == answer
}
