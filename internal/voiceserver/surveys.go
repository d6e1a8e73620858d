package voiceserver

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/renewal/voice"
)

// DueSurvey is the due work of a survey that repeats: the next quarter begins. Its key is the id of the survey.
const DueSurvey = "survey.next"

const (
	question = "How likely is it that you would recommend living here to a friend? 0 means not at all, 10 certainly."
	linkLife = 30 * 24 * time.Hour
)

// CreateSurvey implements the method of the same name.
func (s *Server) CreateSurvey(ctx context.Context, r *renewalv1.CreateSurveyRequest) (*renewalv1.Survey, error) {
	in := r.GetSurvey()
	v := survey{Survey: voice.Survey{Name: in.GetDisplayName(), Quarter: in.GetQuarter(), Question: in.GetQuestion()}, Repeat: in.GetRepeat(), Announce: in.GetAnnounce()}
	var err error
	if v.Opens, err = wire.Instant("survey.openTime", in.GetOpenTime()); err != nil {
		return nil, err
	}
	if v.Closes, err = wire.Instant("survey.closeTime", in.GetCloseTime()); err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.Survey, error) {
		item, err := s.begin(tx, v)
		if err != nil {
			return nil, wire.In("survey", err)
		}
		return s.surveys.ToMessage(item), nil
	})
}

// begin keeps a new survey, and the work of the next one.
func (s *Server) begin(tx *registry.Tx, v survey) (*registry.Item[survey], error) {
	from, to, err := voice.Bounds(v.Quarter)
	if err != nil {
		return nil, err
	}
	if v.Question == "" {
		v.Question = question
	}
	if v.Opens.IsZero() {
		v.Opens = tx.Now
		if first := from.At(calendar.Clock{}, s.Residence.Zone); first.After(tx.Now) {
			v.Opens = first
		}
	}
	if v.Closes.IsZero() {
		v.Closes = to.At(calendar.Clock{}, s.Residence.Zone)
	}
	if err := v.Check(); err != nil {
		return nil, err
	}
	if v.Announce && s.Invite == nil {
		return nil, fault.New("announce", v.Announce, "nothing: there is no way to people (serve --public-url, and --channels or --notify-url)")
	}
	if v.Invited, err = s.running(tx.Context(), tx.Org); err != nil {
		return nil, err
	}
	item, err := s.surveys.Insert(tx, v)
	if err != nil {
		return nil, err
	}
	if v.Repeat {
		tx.Due(ledger.DueWork{Kind: DueSurvey, Key: item.ID, At: to.At(calendar.Clock{}, s.Residence.Zone), Rank: ledger.CanWait})
	}
	if v.Announce {
		tx.Due(ledger.DueWork{Kind: DueInvite, Key: item.ID, At: v.Opens, Rank: ledger.CanWait})
	}
	tx.About(s.surveys.Name, item.ID)
	return item, nil
}

// Next is the handler of due work of DueSurvey in an org: it makes the survey of the quarter that has begun.
func (s *Server) Next(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		err := s.Registry.Work(ctx, o, DueSurvey, func(tx *registry.Tx) error {
			item, err := s.surveys.Load(tx, w.Key)
			if err != nil {
				return err
			}
			v := survey{Survey: voice.Survey{Name: item.Value.Name, Quarter: voice.Quarter(s.today()), Question: item.Value.Question}, Repeat: true, Announce: item.Value.Announce}
			_, err = s.begin(tx, v)
			return err
		})
		if errors.Is(err, ledger.ErrTaken) || errors.Is(err, ledger.ErrNotFound) { // somebody has made it, or taken this one away
			return nil
		}
		return err
	}
}

// GetSurvey implements the method of the same name.
func (s *Server) GetSurvey(ctx context.Context, r *renewalv1.GetSurveyRequest) (*renewalv1.Survey, error) {
	return s.surveys.Get(ctx, r.GetId())
}

// ListSurveys implements the method of the same name.
func (s *Server) ListSurveys(ctx context.Context, r *renewalv1.ListSurveysRequest) (*renewalv1.ListSurveysResponse, error) {
	list, next, err := s.surveys.List(ctx, r, s.surveys.All())
	return &renewalv1.ListSurveysResponse{Surveys: list, NextPageToken: next}, err
}

// RespondSurvey implements the method of the same name.
func (s *Server) RespondSurvey(ctx context.Context, r *renewalv1.RespondSurveyRequest) (*renewalv1.SurveyAnswer, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.SurveyAnswer, error) {
		v, err := s.surveys.Depend(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		l, err := s.lease(ctx, tx.Org, r.GetLeaseId())
		if err != nil {
			return nil, err
		}
		a := voice.Answer{Survey: v.ID, Lease: string(l.ID), Score: int(r.GetScore()), Comment: r.GetComment(), At: tx.Now}
		if err := v.Value.Take(v.ID, &a, tx.Now); err != nil {
			return nil, err
		}
		if a.Late, err = s.late(ctx, tx.Org, l.Unit, v.Value.Quarter); err != nil {
			return nil, err
		}
		if a.Building, err = s.Residence.Building(ctx, tx.Org, l.Unit); err != nil {
			return nil, err
		}
		item, err := s.answers.Insert(tx, a)
		if err != nil {
			return nil, err
		}
		tx.About(s.surveys.Name, v.ID, "answers")
		return &renewalv1.SurveyAnswer{Id: item.ID, Score: r.GetScore(), CreateTime: wire.Timestamp(tx.Now)}, nil
	})
}

// GetOpenSurvey implements the method of the same name.
func (s *Server) GetOpenSurvey(ctx context.Context, r *renewalv1.GetOpenSurveyRequest) (*renewalv1.OpenSurvey, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	l, err := s.lease(ctx, who.Org, r.GetLeaseId())
	if err != nil {
		return nil, err
	}
	const many = 1000 // one a quarter
	items, _, err := s.surveys.Kind.List(ctx, s.Residence.Store, who.Org, s.surveys.All(), many)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	for _, item := range slices.Backward(items) {
		if now.Before(item.Value.Opens) || !now.Before(item.Value.Closes) {
			continue
		}
		answers, err := all(ctx, &s.answers, s.Residence.Store, who.Org, s.answers.Where(keyOnce, ledger.Text(item.ID, string(l.ID))))
		return &renewalv1.OpenSurvey{
			SurveyId: item.ID, Question: item.Value.Question, CloseTime: wire.Timestamp(item.Value.Closes), Answered: len(answers) > 0,
		}, err
	}
	return &renewalv1.OpenSurvey{}, nil
}

// lease reads the lease that a request names.
func (s *Server) lease(ctx context.Context, o org.ID, id string) (lease.Lease, error) {
	if id == "" {
		return lease.Lease{}, &invalid.Error{Field: "leaseId", Want: "the id of a lease"}
	}
	return s.Residence.Lease(ctx, o, lease.ID(id), s.today())
}

// late reports whether a promise about a repair of the dwelling was broken in a quarter.
func (s *Server) late(ctx context.Context, o org.ID, unit, quarter string) (bool, error) {
	from, to, err := voice.Bounds(quarter)
	if err != nil {
		return false, err
	}
	repairs, err := s.Residence.Repairs(ctx, o, unit, from.At(calendar.Clock{}, s.Residence.Zone))
	for i := range repairs {
		if repairs[i].Late && repairs[i].Created.Before(to.At(calendar.Clock{}, s.Residence.Zone)) {
			return true, err
		}
	}
	return false, err
}

// GetSurveyResults implements the method of the same name.
func (s *Server) GetSurveyResults(ctx context.Context, r *renewalv1.GetSurveyResultsRequest) (*renewalv1.SurveyResults, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	v, err := s.surveys.Read(ctx, s.Residence.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	answers, err := all(ctx, &s.answers, s.Residence.Store, who.Org, s.answers.Where(keySurvey, ledger.Text(v.ID)))
	if err != nil {
		return nil, err
	}
	by := ""
	if r.GetGroupBy() != renewalv1.GetSurveyResultsRequest_DIMENSION_UNSPECIFIED {
		by = r.GetGroupBy().String()
	}
	total, groups := voice.Scores(answers, by)
	out := &renewalv1.SurveyResults{
		Definition: "promoters (9 and 10) less detractors (0 to 6), in percent of the answers; 95 % interval by Wald with three answers added " +
			"(Rocks 2016); response rate: answers of the leases that ran when the survey was made",
		Invited: int32(v.Value.Invited), Total: showScore(&total),
	}
	if v.Value.Invited > 0 {
		out.ResponseRate = float64(total.Answers) / float64(v.Value.Invited)
	}
	for i := range groups {
		out.Groups = append(out.Groups, showScore(&groups[i]))
	}
	return out, nil
}

// LinkTenant implements the method of the same name.
func (s *Server) LinkTenant(ctx context.Context, r *renewalv1.LinkTenantRequest) (*renewalv1.TenantLink, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	l, err := s.lease(ctx, who.Org, r.GetLeaseId())
	if err != nil {
		return nil, err
	}
	expires := s.Clock.Now().Add(linkLife)
	token, err := s.Link(who.Org, string(l.ID), "", expires)
	if err != nil {
		return nil, err
	}
	return &renewalv1.TenantLink{Token: token, ExpireTime: wire.Timestamp(expires.Truncate(time.Second))}, nil
}

func showSurvey(item *registry.Item[survey], now time.Time) *renewalv1.Survey {
	v := &item.Value
	state := renewalv1.Survey_OPEN
	switch {
	case now.Before(v.Opens):
		state = renewalv1.Survey_SCHEDULED
	case !now.Before(v.Closes):
		state = renewalv1.Survey_CLOSED
	}
	return &renewalv1.Survey{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: v.Name, Quarter: v.Quarter, Question: v.Question, OpenTime: wire.Timestamp(v.Opens), CloseTime: wire.Timestamp(v.Closes),
		Repeat: v.Repeat, State: state, Invited: int32(v.Invited), Announce: v.Announce, Announced: int32(v.Told),
	}
}

func showScore(v *voice.Score) *renewalv1.SurveyScore {
	out := &renewalv1.SurveyScore{
		Group: v.Group, Answers: int32(v.Answers), Promoters: int32(v.Promoters), Detractors: int32(v.Detractors), Low: v.Low, High: v.High,
	}
	if !math.IsNaN(v.NPS) {
		out.Nps = proto.Float64(v.NPS)
	}
	return out
}
