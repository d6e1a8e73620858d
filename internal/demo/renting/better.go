package renting

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/org/calendar"
)

// midnight is when a day begins.
func midnight() calendar.Clock { return calendar.Clock{} }

// tellTrial tells the two texts of article B, which 160 households are shown.
func (b *Book) tellTrial(ctx context.Context) {
	made, err := ask(ctx, b, "trial", b.trials.CreateExperiment, &renewalv1.CreateExperimentRequest{Experiment: &renewalv1.Experiment{
		DisplayName: "Which text · 哪种文案", Variants: []*renewalv1.Variant{
			{Name: "residents", Text: "For those who live here · 老住户专享"}, {Name: "neighbours", Text: "Your neighbours are staying · 邻居都在续"},
		},
	}})
	if err != nil {
		return
	}
	if _, err = ask(ctx, b, "trial-start", b.trials.StartExperiment, &renewalv1.ChangeExperimentRequest{Id: made.GetId()}); err != nil {
		return
	}
	const households = 160
	homes := b.running()
	homes = homes[:min(len(homes), households)]
	each(ctx, len(homes), func(ctx context.Context, n int) {
		who := b.lease(homes[n])
		shown, err := ask(ctx, b, fmt.Sprint("expose-", n), b.trials.ExposeExperiment, &renewalv1.ExposeExperimentRequest{Id: made.GetId(), HouseholdId: who})
		rate := map[string]int{"residents": 12, "neighbours": 6}[shown.GetVariant()] // one in so many clicks
		if err == nil && rate > 0 && n%rate == 0 {
			_, _ = ask(ctx, b, fmt.Sprint("click-", n), b.trials.RecordExperiment, &renewalv1.RecordExperimentRequest{
				Id: made.GetId(), HouseholdId: who, Metric: renewalv1.RecordExperimentRequest_CLICK,
			})
		}
	})
}

// settleIn is how long the demo has to run before a plan can be measured: time of the city.
const settleIn = 45 * time.Minute

// acceptance is the indicator that the plan is about.
const acceptance = "MINUTES_TO_ACCEPT"

// tellBetter tells an idea, the plan that it belongs to, and a pilot in two buildings. The plan is measured by what has happened, so it
// waits until something has.
func (b *Book) tellBetter(ctx context.Context) {
	for i, idea := range []*steeringv1.Idea{
		{Title: "Ask the nearest first · 先问最近的师傅", Text: "Offers should not wait five minutes when somebody is next door. · 附近就有人时，派单不该等五分钟。"},
		{Title: "Spare taps in each house · 每栋备水龙头", Text: "Half of the second visits are for a part. · 一半的二次上门是因为缺配件。"},
		{Title: "A note at the lift · 电梯口贴二维码", Text: "People report where they stand. · 人在哪里就在哪里报修。"},
	} {
		made, err := ask(ctx, b, fmt.Sprint("idea-", i), b.better.CreateIdea, &steeringv1.CreateIdeaRequest{Idea: idea})
		if err == nil && i == 0 {
			_, _ = ask(ctx, b, "vote", b.better.VoteIdea, &steeringv1.VoteIdeaRequest{Id: made.GetId()})
		}
	}
	for begun := b.cfg.Now(); b.cfg.Now().Sub(begun) < settleIn; {
		if sleep(ctx, time.Second/4) != nil {
			return
		}
	}
	policy, err := ask(ctx, b, "policy", b.policies.CreatePolicy, &steeringv1.CreatePolicyRequest{Policy: &steeringv1.Policy{
		DisplayName: "Answer within two minutes · 两分钟内应答", Note: "simulated: the idea of the technicians · 模拟：师傅们的金点子", Rule: &steeringv1.DispatchRule{OfferTimeout: durationpb.New(2 * time.Minute)},
	}})
	if err != nil {
		return
	}
	plan, err := ask(ctx, b, "plan", b.better.CreateImprovementPlan, &steeringv1.CreateImprovementPlanRequest{ImprovementPlan: &steeringv1.ImprovementPlan{
		DisplayName: "From report to acceptance in ten minutes · 报修十分钟内接单", Kpi: acceptance, Target: 10, Owner: "Operations · 运营部", DeadlineDate: b.plan.Today.Add(120).String(),
	}})
	if err != nil {
		return
	}
	var buildings []string
	for i := range b.cfg.City.Buildings {
		if id := b.properties[b.cfg.City.Buildings[i].ID]; id != "" {
			buildings = append(buildings, id)
		}
	}
	_, _ = ask(ctx, b, "pilot", b.better.CreatePilot, &steeringv1.CreatePilotRequest{Pilot: &steeringv1.Pilot{
		DisplayName: "Two buildings first · 两个楼栋先行", ImprovementPlanId: plan.GetId(), PolicyId: policy.GetId(), Kpi: acceptance, Effect: -5,
		Kind: steeringv1.Pilot_BUILDINGS, BuildingIds: buildings, Treated: 2,
	}})
}
