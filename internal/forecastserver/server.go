// Package forecastserver is ForecastService: it turns questions of planners into views of internal/outlook, and these into
// messages and GeoJSON.
package forecastserver

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	forecastv1 "fettle/api/gen/fettle/forecast/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/forecast/backtest"
	"fettle/geo"
	"fettle/internal/outlook"
	"fettle/org"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Config says what forecasts are answered from. All must be given.
type Config struct {
	Outlook     *outlook.Outlook
	Clock       Clock
	Technicians engine.TechnicianReader
	// Position is where a technician was last seen; false when that is not known.
	Position func(o org.ID, id dispatch.TechnicianID) (geo.Point, bool)
	Zone     *time.Location // of weekly shifts that name none
}

// Server implements ForecastService.
type Server struct {
	forecastv1.UnimplementedForecastServiceServer
	cfg     Config
	standby memory
}

// New makes a server.
func New(c Config) *Server {
	return &Server{cfg: c, standby: memory{choosing: make(chan struct{}, 1), kept: map[standbyKey]keptStandby{}}}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { forecastv1.RegisterForecastServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return forecastv1.RegisterForecastServiceHandlerClient(ctx, m, forecastv1.NewForecastServiceClient(conn))
}

// Defaults of questions.
const (
	defaultResolution = 8
	defaultAhead      = 24 * time.Hour
	maxBehind         = 31 * 24 * time.Hour
)

// view is the view that a question is about.
func (s *Server) view(ctx context.Context, resolution int32, trade string) (*outlook.View, error) {
	if resolution == 0 {
		resolution = defaultResolution
	}
	o, _ := org.FromContext(ctx)
	return s.cfg.Outlook.View(ctx, o, outlook.Key{Resolution: int(resolution), Trade: dispatch.Skill(trade)})
}

// GetHeatmap implements the method of the same name.
func (s *Server) GetHeatmap(ctx context.Context, r *forecastv1.GetHeatmapRequest) (*forecastv1.Heatmap, error) {
	v, h, err := s.heat(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &forecastv1.Heatmap{
		StartTime: timestamppb.New(v.Axis.Start(h.First)), EndTime: timestamppb.New(v.Axis.Start(h.End)), Ahead: h.Ahead, Forecast: h.Forecast,
		Resolution: int32(v.Resolution), Trade: string(v.Trade), Total: heatCell(&h.Total), AsOfTime: timestamppb.New(v.Axis.Start(v.End)),
		Events: int32(v.Events), Advice: v.Advice(),
	}
	for i := range h.Cells {
		out.Cells = append(out.Cells, heatCell(&h.Cells[i]))
	}
	return out, nil
}

// heat answers a question.
func (s *Server) heat(ctx context.Context, r *forecastv1.GetHeatmapRequest) (*outlook.View, *outlook.Heat, error) {
	if r.GetLive() {
		return s.live(ctx, r)
	}
	from, to := s.interval(r)
	if !from.Before(to) {
		return nil, nil, &dispatch.InvalidError{Field: "endTime", Value: to.Format(time.RFC3339), Want: "a time after startTime, " + from.Format(time.RFC3339)}
	}
	v, err := s.view(ctx, r.GetResolution(), r.GetTrade())
	if err != nil {
		return nil, nil, err
	}
	first, end := v.Buckets(from, to)
	ahead := v.Axis.Start(v.End).AddDate(0, 0, outlook.AheadDays)
	switch {
	case end <= v.End && to.Sub(from) > maxBehind:
		return nil, nil, &dispatch.InvalidError{Field: "startTime", Value: from.Format(time.RFC3339), Want: "at most 31 days before endTime"}
	case end <= v.End:
		return v, v.Behind(first, end), nil
	case first < v.End:
		at := v.Axis.Start(v.End).Format(time.RFC3339)
		return nil, nil, &dispatch.InvalidError{Field: "startTime", Value: from.Format(time.RFC3339), Want: "an interval that ends or begins at " + at + ", where the forecast begins"}
	case v.Axis.Start(end).After(ahead):
		return nil, nil, &dispatch.InvalidError{Field: "endTime", Value: to.Format(time.RFC3339), Want: fmt.Sprintf("a time within %d days, by %s", outlook.AheadDays, ahead.Format(time.RFC3339))}
	}
	return v, v.Ahead(first, end), nil
}

// live answers a question about the bucket in progress.
func (s *Server) live(ctx context.Context, r *forecastv1.GetHeatmapRequest) (*outlook.View, *outlook.Heat, error) {
	if r.GetStartTime() != nil || r.GetEndTime() != nil {
		return nil, nil, &dispatch.InvalidError{Field: "live", Value: "true", Want: "false beside startTime or endTime: a live map is of the hours that run"}
	}
	o, _ := org.FromContext(ctx)
	resolution := cmp.Or(int(r.GetResolution()), defaultResolution)
	return s.cfg.Outlook.Live(ctx, o, outlook.Key{Resolution: resolution, Trade: dispatch.Skill(r.GetTrade())})
}

// interval is what a question asks for: the next 24 hours unless it says.
func (s *Server) interval(r *forecastv1.GetHeatmapRequest) (from, to time.Time) {
	from = s.cfg.Clock.Now()
	if r.GetStartTime() != nil {
		from = r.GetStartTime().AsTime()
	} else if r.GetEndTime() != nil && r.GetEndTime().AsTime().Before(from) {
		from = r.GetEndTime().AsTime().Add(-defaultAhead)
	}
	if to = from.Add(defaultAhead); r.GetEndTime() != nil {
		to = r.GetEndTime().AsTime()
	}
	return from, to
}

func heatCell(c *outlook.CellValue) *forecastv1.HeatCell {
	out := &forecastv1.HeatCell{Mean: c.Mean, P10: int32(c.Low), P90: int32(c.High), Actual: int32(c.Actual)}
	if c.Cell != 0 {
		out.Cell = c.Cell.String()
	}
	return out
}

// GetHeatmapGeoJSON implements the method of the same name.
func (s *Server) GetHeatmapGeoJSON(ctx context.Context, r *forecastv1.GetHeatmapRequest) (*structpb.Struct, error) {
	_, h, err := s.heat(ctx, r)
	if err != nil {
		return nil, err
	}
	return featureCollection(h)
}

// GetBacktest implements the method of the same name.
func (s *Server) GetBacktest(ctx context.Context, r *forecastv1.GetBacktestRequest) (*forecastv1.Backtest, error) {
	v, err := s.view(ctx, r.GetResolution(), r.GetTrade())
	if err != nil {
		return nil, err
	}
	out := &forecastv1.Backtest{
		BucketHours: int32(outlook.Bucket / time.Hour), Resolution: int32(v.Resolution), Trade: string(v.Trade), Advice: v.Advice(),
	}
	scores := v.Scores()
	for _, result := range scores {
		out.Models = append(out.Models, modelScore(result))
	}
	if len(scores) == 0 {
		return out, nil
	}
	out.Alarm = alarm(scores)
	if sky := v.Sky(); sky != nil {
		out.Weather = &forecastv1.WeatherScore{Columns: sky.Columns, DevianceWithout: sky.Without.Deviance, LogLossWithout: sky.Without.LogLoss}
	}
	if r.GetCharts() {
		for _, c := range scores[0].Charts() {
			out.Charts = append(out.Charts, &forecastv1.Chart{Name: c.Name, Svg: c.SVG, Csv: c.CSV})
		}
	}
	return out, nil
}

func modelScore(r *backtest.Result) *forecastv1.ModelScore {
	out := &forecastv1.ModelScore{
		Model: r.Model, Buckets: int32(r.Judged), Events: int32(r.Events), Deviance: r.Deviance, LogLoss: r.LogLoss, Crps: r.CRPS, Bias: r.Bias,
		CellCoverage: r.Coverage.Places, TotalCoverage: r.Coverage.Total,
	}
	for _, h := range r.Hotspots {
		out.Hotspots = append(out.Hotspots, &forecastv1.Hotspot{PercentOfCells: h.Percent, HitRate: h.Hit, Pai: h.PAI, Pei: h.PEI})
	}
	return out
}

// Bounds of what the 80 % interval of the total may cover before a forecast is not trusted.
const minCoverage, maxCoverage = 0.6, 0.97

// alarm says why a forecast should not be trusted, "" when it may be.
func alarm(scores []*backtest.Result) string {
	ours := scores[0]
	switch covers := ours.Coverage.Total; {
	case ours.Judged == 0:
		return ""
	case covers < minCoverage || covers > maxCoverage:
		return fmt.Sprintf("the 80 %% interval covered %.0f %% of the last %d buckets", 100*covers, ours.Judged)
	case len(scores) > 1 && scores[1].Deviance < ours.Deviance:
		return fmt.Sprintf("a naive forecast was better on the last %d buckets: deviance %.3f, ours %.3f", ours.Judged, scores[1].Deviance, ours.Deviance)
	}
	return ""
}
