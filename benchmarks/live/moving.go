package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

// moving is what was found of positions.
type moving struct {
	StreamSeconds   float64 `json:"streamSeconds"`
	Accepted        int     `json:"acceptedPositions"`
	Rejected        int     `json:"rejectedPositions"`
	PerSecond       float64 `json:"positionsPerSecond"`
	MapWatchers     int     `json:"mapWatchers"`
	Shown           int     `json:"shownPositions"` // to all of them together
	ShownMillis     summary `json:"shownMillis"`    // from the report on
	Questions       int     `json:"nearestQuestions"`
	NearestPerSec   float64 `json:"nearestPerSecond"`
	NearestMillis   summary `json:"nearestMillis"`
	NearestAnswered int     `json:"nearestTechnicians"` // of all answers together
}

// fleet is where the technicians of the service are, who walk a little from report to report.
type fleet struct {
	rng  *rand.Rand
	ids  []string
	at   []*dispatchv1.LatLng
	seq  int64
	conn *grpc.ClientConn
}

// measureMoving reports positions and asks who is near.
func measureMoving(ctx context.Context, s *server, o options, m *moving) error {
	if o.stream == 0 && o.mapWatchers == 0 && o.nearest == 0 {
		return nil
	}
	f, err := s.fleet(ctx)
	if err != nil {
		return err
	}
	defer f.conn.Close() //nolint:errcheck // nothing is sent any more
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.token)
	if o.stream > 0 {
		if err := f.measureStream(ctx, o.stream, m); err != nil {
			return err
		}
	}
	if o.mapWatchers > 0 {
		if err := f.measureMap(ctx, s, o.mapWatchers, m); err != nil {
			return err
		}
	}
	return f.measureNearest(ctx, o.nearest, m)
}

// fleet lists the technicians and connects by gRPC.
func (s *server) fleet(ctx context.Context) (*fleet, error) {
	conn, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	f := &fleet{conn: conn, rng: rand.New(rand.NewPCG(4, 4)), seq: 1}
	people := dispatchv1.NewTechnicianServiceClient(conn)
	asking := metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.token)
	for page := ""; ; {
		list, err := people.ListTechnicians(asking, &dispatchv1.ListTechniciansRequest{PageSize: 1000, PageToken: page})
		if err != nil {
			return nil, err
		}
		for _, t := range list.GetTechnicians() {
			f.ids, f.at = append(f.ids, t.GetId()), append(f.at, t.GetPosition().GetLocation())
		}
		if page = list.GetNextPageToken(); page == "" {
			return f, nil
		}
	}
}

// report is a position of each technician now, some centimetres from the one before.
func (f *fleet) report() *dispatchv1.ReportPositionsRequest {
	f.seq++
	out := &dispatchv1.ReportPositionsRequest{Positions: make([]*dispatchv1.PositionReport, len(f.ids))}
	now := timestamppb.Now()
	for i, id := range f.ids {
		f.at[i].Latitude += (f.rng.Float64() - 0.5) * 1e-6
		f.at[i].Longitude += (f.rng.Float64() - 0.5) * 1e-6
		out.Positions[i] = &dispatchv1.PositionReport{TechnicianId: id, Location: f.at[i], Time: now, AccuracyMeters: 8, Sequence: f.seq}
	}
	return out
}

// measureStream sends as fast as the service reads.
func (f *fleet) measureStream(ctx context.Context, seconds float64, m *moving) error {
	stream, err := dispatchv1.NewPositionServiceClient(f.conn).StreamPositions(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	for time.Since(began).Seconds() < seconds {
		if err := stream.Send(f.report()); err != nil {
			return err
		}
	}
	sum, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	m.StreamSeconds, m.Accepted, m.Rejected = time.Since(began).Seconds(), int(sum.GetAccepted()), len(sum.GetRejected())
	m.PerSecond = float64(m.Accepted) / m.StreamSeconds
	return nil
}

// measureMap reports each technician once a second for ten seconds and notes when each watcher sees it.
func (f *fleet) measureMap(ctx context.Context, s *server, watchers int, m *moving) error {
	watching, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	begin := time.Now()
	err := s.streams(watching, watchers, "?positions=true&types=technician.position", &done, func(body io.Reader) {
		mine := readPositions(body, begin)
		mu.Lock()
		defer mu.Unlock()
		took = append(took, mine...)
	})
	defer done.Wait()
	defer stop()
	if err != nil {
		return err
	}
	begin = begin.Add(time.Since(begin))
	client := dispatchv1.NewPositionServiceClient(f.conn)
	for range 10 {
		next := time.Now().Add(time.Second)
		if _, err := client.ReportPositions(ctx, f.report()); err != nil {
			return err
		}
		time.Sleep(time.Until(next)) // phones report once a second
	}
	time.Sleep(2 * time.Second) // what takes longer than that counts as not shown
	stop()
	done.Wait()
	m.MapWatchers, m.Shown, m.ShownMillis = watchers, len(took), summarise(took)
	return nil
}

// readPositions tells how long positions of a stream took from their time on, of those measured after an instant.
func readPositions(body io.Reader, after time.Time) (took []time.Duration) {
	lines := bufio.NewReaderSize(body, 1<<16)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return took
		}
		_, rest, found := bytes.Cut(line, []byte(`"time":`))
		if !found {
			continue
		}
		text, _, _ := strings.Cut(strings.TrimLeft(string(rest[:min(len(rest), 40)]), ` "`), `"`)
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil && at.After(after) {
			took = append(took, time.Since(at))
		}
	}
}

// measureNearest asks by eight callers for the ten nearest technicians with a skill.
func (f *fleet) measureNearest(ctx context.Context, n int, m *moving) error {
	client := dispatchv1.NewTechnicianServiceClient(f.conn)
	took := make([]time.Duration, n)
	var next, found atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	began := time.Now()
	for w := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(5, uint64(w)))
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				asked := time.Now()
				out, err := client.NearbyTechnicians(ctx, &dispatchv1.NearbyTechniciansRequest{
					Latitude: south + rng.Float64()*(north-south), Longitude: west + rng.Float64()*(east-west),
					Skill: trades[rng.IntN(len(trades))], Level: 2, Limit: 10,
				})
				if err != nil {
					errs <- fmt.Errorf("nearest: %w", err)
					return
				}
				took[i] = time.Since(asked)
				found.Add(int64(len(out.GetTechnicians())))
			}
		})
	}
	wg.Wait()
	close(errs)
	m.Questions, m.NearestAnswered = n, int(found.Load())
	m.NearestPerSec, m.NearestMillis = float64(n)/time.Since(began).Seconds(), summarise(took)
	return <-errs
}
