package archtest

// paperRows are documents for people, and reports that belong together.
func paperRows() []Row {
	const (
		grpc     = "google.golang.org/grpc"
		protobuf = "google.golang.org/protobuf"
		gateway  = "github.com/grpc-ecosystem/grpc-gateway/v2"
	)
	return []Row{
		{
			Package: "internal/adapter/pdf", Outside: []string{"codeberg.org/go-pdf/fpdf", "golang.org/x/image"},
			Why: "documents as PDF: the only package that knows the format, and the font",
		},
		{
			Package: "intake/incident", Own: []string{"dispatch", "dispatch/engine", "invalid"},
			Why: "one cause of many reports: what becomes of their orders, and what looks like one",
		},
		{
			Package: "kpi/breach", Own: []string{"dispatch", "dispatch/engine", "dispatch/promise"},
			Why: "how likely orders break their promise, and what such forecasts are worth",
		},
		{
			Package: "api/gen/fettle/breach/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of forecasts of promises, generated",
		},
		{
			Package: "internal/breachserver",
			Own: []string{
				"api/gen/fettle/breach/v1", "dispatch", "kpi/breach", "dispatch/engine", "internal/auth", "internal/call", "internal/territory",
				"internal/wire", "ledger", "org",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 10},
			Why:     "tells supervisors before promises break: joins the live plan with what became of earlier forecasts, hence wider",
		},
		{
			Package: "intake/arrival", Own: []string{"geo"},
			Why: "who seems to have arrived, from positions in any order",
		},
		{
			Package: "api/gen/fettle/arrival/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of suggested arrivals, generated",
		},
		{
			Package: "intake/task", Own: []string{"dispatch", "dispatch/engine", "invalid"},
			Why: "work that is no repair: whose it is, by when, what became of it",
		},
		{
			Package: "api/gen/fettle/task/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of tasks, generated",
		},
		{
			Package: "internal/taskserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1", "api/gen/fettle/task/v1", "dispatch", "dispatch/engine", "intake/task",
				"internal/auth", "internal/call", "internal/registry", "internal/wire", "invalid", "ledger", "org",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 13},
			Why:     "the methods of tasks: each is somebody's, hence wider",
		},
		{
			Package: "api/gen/fettle/incident/v1", Own: []string{"api/gen/fettle/dispatch/v1", "api/gen/fettle/policy/v1"},
			Outside: []string{protobuf, grpc, "google.golang.org/genproto/googleapis/api", gateway, "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go"},
			Why:     "the contract of incidents, generated",
		},
		{
			Package: "internal/incidentserver",
			Own: []string{
				"api/gen/fettle/dispatch/v1", "api/gen/fettle/incident/v1", "dispatch", "dispatch/engine", "intake/incident", "internal/auth", "internal/call",
				"internal/registry", "internal/wire", "invalid", "ledger", "org",
			},
			Outside: []string{grpc, protobuf, gateway},
			Limits:  Limits{FanOut: 12},
			Why:     "the methods of incidents: they join records with orders, hence wider",
		},
	}
}
