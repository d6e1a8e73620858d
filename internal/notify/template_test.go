package notify_test

import (
	"errors"
	"strings"
	"testing"

	"fettle/dispatch/engine"
	"fettle/internal/notify"
	"fettle/invalid"
)

func TestTemplatesAreChecked(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(t *notify.Template, v *notify.TemplateVersion){
		"id":                       func(x *notify.Template, _ *notify.TemplateVersion) { x.ID = "A b" },
		"event":                    func(x *notify.Template, _ *notify.TemplateVersion) { x.Event = "technician.created" },
		"kind":                     func(x *notify.Template, _ *notify.TemplateVersion) { x.Kind = strings.Repeat("k", 65) },
		"to":                       func(x *notify.Template, _ *notify.TemplateVersion) { x.To = "MAYOR" },
		"versions":                 func(x *notify.Template, _ *notify.TemplateVersion) { x.Versions = nil },
		"versions[0].variables[1]": func(_ *notify.Template, v *notify.TemplateVersion) { v.Variables = append(v.Variables, "phone") },
		"versions[0].texts":        func(_ *notify.Template, v *notify.TemplateVersion) { v.Texts = nil },
		"versions[0].texts.english": func(_ *notify.Template, v *notify.TemplateVersion) {
			v.Texts["english"] = notify.Text{Text: "x"}
		},
		"versions[0].texts.en.text": func(_ *notify.Template, v *notify.TemplateVersion) { v.Texts["en"] = notify.Text{Text: "{reason}"} },
		"versions[0].texts.zh.text": func(_ *notify.Template, v *notify.TemplateVersion) { v.Texts["zh"] = notify.Text{} },
		"versions[0].texts.en.title": func(_ *notify.Template, v *notify.TemplateVersion) {
			v.Texts["en"] = notify.Text{Title: "}", Text: "x"}
		},
		"versions[0].channels.sms.texts.en.text": func(_ *notify.Template, v *notify.TemplateVersion) {
			v.Channels = map[string]notify.Variant{"sms": {Texts: map[string]notify.Text{"en": {Text: strings.Repeat("长", 2001)}}}}
		},
		"versions[0].channels.wechat.fields.thing1": func(_ *notify.Template, v *notify.TemplateVersion) {
			v.Channels = map[string]notify.Variant{"wechat": {Fields: map[string]string{"thing1": "{clock}"}}}
		},
	} {
		x := &notify.Template{ID: "a.b", Event: engine.OrderCreated, Kind: "a.b", To: notify.Tenant, Versions: []notify.TemplateVersion{
			{Number: 1, State: notify.Draft, Variables: []string{"order"}, Texts: map[string]notify.Text{"en": {Text: "{order}"}}},
		}}
		if err := x.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(x, &x.Versions[0])
		var wrong *invalid.Error
		if err := x.Check(); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestRecipientsAreChecked(t *testing.T) {
	t.Parallel()
	for field, r := range map[string]notify.Recipient{
		"":              {ID: "technician.t1", Language: "zh-Hans", Addresses: map[string]string{"sms": "+86 138"}, Credits: map[string]int64{"w/x": 3}},
		"id":            {ID: "t1"},
		"language":      {ID: "unit.u1", Language: "Chinese"},
		"addresses.sms": {ID: "unit.u1", Addresses: map[string]string{"sms": "1\r\nBcc: all"}},
		"optOuts":       {ID: "unit.u1", OptOuts: make([]string, 101)},
		"credits.w/x":   {ID: "unit.u1", Credits: map[string]int64{"w/x": -1}},
	} {
		var wrong *invalid.Error
		err := r.Check()
		if errors.As(err, &wrong) != (field != "") || field != "" && wrong.Field != field {
			t.Errorf("%q: got %v", field, err)
		}
		if err != nil && strings.Contains(err.Error(), "Bcc") {
			t.Errorf("the error shows an address: %v", err)
		}
	}
}
