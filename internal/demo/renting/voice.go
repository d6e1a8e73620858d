package renting

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/org/calendar"
	"fettle/simulate/residents"
)

// tellVoices tells what tenants have said: two surveys a year apart, and the moods beside the last three bills.
func (b *Book) tellVoices(ctx context.Context) {
	homes := b.running()
	today := b.plan.Today
	b.survey(ctx, homes, today.AddMonths(-12), "A year ago, before the change (simulated) · 一年前，改变之前（模拟）", func(p *residents.Person) int { return p.Before })
	b.survey(ctx, homes, today, "This quarter (simulated) · 本季度（模拟）", func(p *residents.Person) int { return p.Now })
	each(ctx, len(homes), func(ctx context.Context, n int) {
		for i, mood := range b.person(homes[n]).Moods {
			month := today.AddMonths(i - 2).String()[:len("2026-03")]
			if mood == residents.Silent {
				continue
			}
			_, _ = ask(ctx, b, fmt.Sprintf("mood-%d-%d", homes[n], i), b.voices.TapMood, &renewalv1.TapMoodRequest{
				LeaseId: b.lease(homes[n]), Month: month, Mood: renewalv1.Mood(mood),
			})
		}
	})
}

// survey tells a survey with its answers. Those of a year ago are entered now, by the same people.
func (b *Book) survey(ctx context.Context, homes []int, day calendar.Date, name string, score func(*residents.Person) int) {
	quarter := fmt.Sprintf("%d-Q%d", day.Year, (int(day.Month)+2)/3)
	made, err := ask(ctx, b, "survey-"+quarter, b.voices.CreateSurvey, &renewalv1.CreateSurveyRequest{Survey: &renewalv1.Survey{
		DisplayName: name, Quarter: quarter, CloseTime: timestamppb.New(b.cfg.Now().Add(90 * 24 * time.Hour)),
		Question: "Would you recommend living here to a friend? 0 to 10. Who gives 6 or less is thinking of leaving. · 您愿意向朋友推荐这里吗？0 到 10 分；6 分及以下视为有离开的想法。",
	}})
	if err != nil {
		return
	}
	each(ctx, len(homes), func(ctx context.Context, n int) {
		if s := score(b.person(homes[n])); s >= 0 {
			_, _ = ask(ctx, b, fmt.Sprintf("answer-%s-%d", quarter, homes[n]), b.voices.RespondSurvey, &renewalv1.RespondSurveyRequest{
				Id: made.GetId(), LeaseId: b.lease(homes[n]), Score: int32(s),
			})
		}
	})
}
