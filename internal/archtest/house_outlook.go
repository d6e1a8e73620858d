package archtest

// outlookRows are where the forecast meets the service.
func outlookRows() []Row {
	return []Row{
		{
			Package: "dispatch/cover", Own: []string{"dispatch", "geo"},
			Why: "what a visit takes away from those who may need help next; forecasts and engine are joined by it and know nothing of each other",
		},
		{
			Package: "internal/outlook",
			Own: []string{
				"org", "geo", "geo/h3cell", "dispatch", "dispatch/cover", "dispatch/engine", "forecast/backtest", "forecast/count", "forecast/holiday",
				"forecast/model", "forecast/weather",
			},
			Limits: Limits{FanOut: 11},
			Why:    "forecasts of a running service: counts its log, fits, keeps what it has fitted, and tells dispatch what to expect",
		},
		{
			Package: "api/gen/fettle/forecast/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{
				"google.golang.org/protobuf", "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of forecasts",
		},
		{
			Package: "internal/vectortile", Own: []string{"geo"}, Outside: []string{"google.golang.org/protobuf"},
			Why: "vector tiles of convex areas, written field by field",
		},
		{
			Package: "internal/forecastserver",
			Own: []string{
				"api/gen/fettle/forecast/v1", "dispatch", "dispatch/engine", "forecast/backtest", "forecast/posts", "geo", "geo/h3cell",
				"internal/outlook", "internal/vectortile", "internal/wire", "org",
			},
			Outside: []string{
				"google.golang.org/grpc", "google.golang.org/protobuf", "github.com/grpc-ecosystem/grpc-gateway/v2",
				"google.golang.org/genproto/googleapis/api",
			},
			Limits: Limits{FanOut: 11},
			Why:    "the methods of forecasts: questions to views, views to messages, GeoJSON and tiles; standby joins views with who is on shift, hence wider than the general ceiling",
		},
	}
}
