package notify

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"fettle/dispatch/engine"
	"fettle/invalid"
)

// Template is how an event is told to one kind of people. It has versions; the approved one is in use, whichever is written
// meanwhile.
type Template struct {
	ID       string            `json:"id"`
	Event    engine.EventType  `json:"event"`
	Kind     string            `json:"kind"` // of the messages
	To       Role              `json:"to"`
	Versions []TemplateVersion `json:"versions"` // by rising number
}

// TemplateState is whether a version may be sent.
type TemplateState string

// The states of a version.
const (
	Draft    TemplateState = "DRAFT"    // being written: it is sent to nobody
	Approved TemplateState = "APPROVED" // in use
	Retired  TemplateState = "RETIRED"  // was in use, and does not change any more
)

// TemplateVersion is one wording of a template.
type TemplateVersion struct {
	Number    int64              `json:"number"`
	State     TemplateState      `json:"state"`
	Variables []string           `json:"variables"`          // that its texts may name
	Texts     map[string]Text    `json:"texts"`              // by language
	Channels  map[string]Variant `json:"channels,omitempty"` // what differs in a channel
}

// Text is a wording in one language. {order} and the like are filled in.
type Text struct {
	Title string `json:"title,omitempty"`
	Text  string `json:"text"`
}

// Variant is what a channel has of its own.
type Variant struct {
	Texts map[string]Text `json:"texts,omitempty"` // by language, instead of those of the version
	// ProviderIDs are the ids of the template at the provider, by language.
	ProviderIDs map[string]string `json:"providerIds,omitempty"`
	// Fields are what the provider fills in, by its names; the variables under their own names unless given.
	Fields map[string]string `json:"fields,omitempty"`
}

// Limits of templates, in characters unless they say otherwise.
const (
	maxID        = 64
	maxTitle     = 200
	maxText      = 2000
	maxVersions  = 50 // of a template
	maxLanguages = 20
)

// Of orders, of leases, of codes and of addresses: what events can fill in.
var (
	ofOrders = []string{"order", "technician", "reason", "clock", "state", "promised_by"}
	ofLeases = []string{"lease", "unit", "end", "note"}
	ofCodes  = []string{"code", "minutes"}
	ofLinks  = []string{"link"}
	// Of incidents and tasks.
	ofHouse = []string{"note", "incident", "task"}
)

// variables are what a text about an event can name.
func variables(t engine.EventType) []string {
	if t == SignInCode || t == SignatureCode {
		return ofCodes
	}
	if t == IncidentNote || t == TaskLate || t == UnusualReading {
		return ofHouse
	}
	if t == RenewalLink {
		return ofLinks
	}
	if strings.HasPrefix(string(t), leaseEvents) {
		return ofLeases
	}
	return ofOrders
}

// IncidentNote is the event and the template of what all are told who are affected by an incident.
const IncidentNote engine.EventType = "incident.note"

// The events and the templates of what people are told who have a note to read, or to answer.
const (
	NoteTenant     engine.EventType = "note.tenant"
	NoteTechnician engine.EventType = "note.technician"
	NoteWaits      engine.EventType = "note.waits"
)

// TaskLate is the event and the template of what supervisors are told of tasks.
const TaskLate engine.EventType = "task.late"

// UnusualReading is the event and the template of what supervisors are told of who reads more tenants than one person does.
const UnusualReading engine.EventType = "tenants.unusual_reading"

// leaseEvents is how the names of reminders begin: lease.intent_survey, lease.renewal_proposal, lease.formal_notice,
// lease.review, lease.touch.
const leaseEvents = "lease."

var (
	placeholder  = regexp.MustCompile(`\{[^{}]*\}`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$`)
	idForm       = regexp.MustCompile(`^[a-z][a-z0-9_.]*$`)
)

// events are those that can be told: of orders, and reminders of leases.
func tellable(t engine.EventType) bool {
	if name, ok := strings.CutPrefix(string(t), leaseEvents); ok {
		return idForm.MatchString(name)
	}
	return slices.Contains([]engine.EventType{SignInCode, SignatureCode, IncidentNote, TaskLate, RenewalLink, NoteTenant, NoteTechnician, NoteWaits, UnusualReading}, t) ||
		strings.HasPrefix(string(t), "work_order.") && t != engine.OrderRescheduled
}

// Check refuses a template that cannot be sent, with an *invalid.Error.
func (t *Template) Check() error {
	switch {
	case !idForm.MatchString(t.ID) || len(t.ID) > maxID:
		return &invalid.Error{Field: "id", Value: fmt.Sprintf("%.80q", t.ID), Want: "up to 64 of a-z, 0-9, _ and ., a letter first"}
	case !tellable(t.Event):
		return &invalid.Error{Field: "event", Value: fmt.Sprintf("%.80q", t.Event), Want: "an event of an order, such as work_order.created, a reminder of a lease, such as lease.formal_notice, sign_in.code, signature.code, link.renewal, incident.note, task.late, note.tenant, note.technician or note.waits"}
	case !idForm.MatchString(t.Kind) || len(t.Kind) > maxID:
		return &invalid.Error{Field: "kind", Value: fmt.Sprintf("%.80q", t.Kind), Want: "up to 64 of a-z, 0-9, _ and ., a letter first"}
	case t.To != Tenant && t.To != Technician && t.To != Supervisor:
		return &invalid.Error{Field: "to", Value: fmt.Sprintf("%.80q", t.To), Want: "TENANT, TECHNICIAN or SUPERVISOR"}
	case len(t.Versions) == 0 || len(t.Versions) > maxVersions:
		return &invalid.Error{Field: "versions", Value: fmt.Sprint(len(t.Versions)), Want: fmt.Sprintf("1 to %d", maxVersions)}
	}
	for i := range t.Versions {
		if err := t.Versions[i].check(fmt.Sprintf("versions[%d]", i), variables(t.Event)); err != nil {
			return err
		}
	}
	return nil
}

func (v *TemplateVersion) check(at string, variables []string) error {
	for i, name := range v.Variables {
		if !slices.Contains(variables, name) {
			return &invalid.Error{
				Field: fmt.Sprintf("%s.variables[%d]", at, i), Value: fmt.Sprintf("%.80q", name), Want: "one of " + strings.Join(variables, ", "),
			}
		}
	}
	if len(v.Texts) == 0 || len(v.Texts) > maxLanguages {
		return &invalid.Error{Field: at + ".texts", Value: fmt.Sprint(len(v.Texts)), Want: "a text in 1 to 20 languages"}
	}
	if err := v.checkTexts(at+".texts", v.Texts); err != nil {
		return err
	}
	for _, channel := range slices.Sorted(maps.Keys(v.Channels)) {
		c, at := v.Channels[channel], at+".channels."+channel
		if err := v.checkTexts(at+".texts", c.Texts); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
			if err := v.checkText(at+".fields."+name, c.Fields[name], maxText); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *TemplateVersion) checkTexts(at string, texts map[string]Text) error {
	for _, language := range slices.Sorted(maps.Keys(texts)) {
		t, at := texts[language], at+"."+language
		if !languageForm.MatchString(language) {
			return &invalid.Error{Field: at, Value: fmt.Sprintf("%.80q", language), Want: "a language such as zh, en or pt-BR"}
		}
		if t.Text == "" {
			return &invalid.Error{Field: at + ".text", Want: "a text"}
		}
		if err := v.checkText(at+".title", t.Title, maxTitle); err != nil {
			return err
		}
		if err := v.checkText(at+".text", t.Text, maxText); err != nil {
			return err
		}
	}
	return nil
}

// checkText wants each variable that a text names to be one that the version declares.
func (v *TemplateVersion) checkText(at, text string, limit int) error {
	if n := len([]rune(text)); n > limit {
		return &invalid.Error{Field: at, Value: fmt.Sprintf("%d characters long", n), Want: fmt.Sprintf("at most %d", limit)}
	}
	for _, found := range placeholder.FindAllString(text, -1) {
		if !slices.Contains(v.Variables, strings.Trim(found, "{}")) {
			return &invalid.Error{Field: at, Value: "names " + found, Want: "only variables that the version declares: " + strings.Join(v.Variables, ", ")}
		}
	}
	if rest := placeholder.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
		return &invalid.Error{Field: at, Value: "a lone brace", Want: "variables as {order}"}
	}
	return nil
}

// InUse returns the approved version, nil when there is none.
func (t *Template) InUse() *TemplateVersion {
	for i := range t.Versions {
		if t.Versions[i].State == Approved {
			return &t.Versions[i]
		}
	}
	return nil
}

// Version returns a version by its number, nil when there is none.
func (t *Template) Version(number int64) *TemplateVersion {
	for i := range t.Versions {
		if t.Versions[i].Number == number {
			return &t.Versions[i]
		}
	}
	return nil
}

// filler fills variables in.
func filler(vars map[string]string) *strings.Replacer {
	pairs := make([]string, 0, 2*len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		pairs = append(pairs, "{"+name+"}", vars[name])
	}
	return strings.NewReplacer(pairs...)
}

// wording is the text of a version in a channel: in the language that is preferred, or else in the first of fallback that
// there is, or else in any.
func (v *TemplateVersion) wording(channel string, languages ...string) (Text, string) {
	texts := v.Texts
	if own := v.Channels[channel].Texts; len(own) > 0 {
		texts = own
	}
	for _, l := range languages {
		if t, ok := texts[l]; ok {
			return t, l
		}
		base, _, _ := strings.Cut(l, "-")
		if t, ok := texts[base]; ok {
			return t, base
		}
	}
	any := slices.Min(slices.Collect(maps.Keys(texts)))
	return texts[any], any
}
