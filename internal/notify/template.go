package notify

import (
	"strings"

	"fettle/dispatch/engine"
)

// template is how an event is told.
type template struct {
	kind   string
	to     Role
	en, zh string // {order}, {technician}, {reason} and {clock} are filled in
}

// templates are by the event that they tell of. Events that are not listed are told to nobody.
var templates = map[engine.EventType]*template{
	engine.OrderCreated: {
		"work_order.acknowledged", Tenant,
		"We have received your report {order} and are finding a technician.", "已收到您的报修 {order}，正在安排维修人员。",
	},
	engine.OrderAssigned: {
		"work_order.offered", Technician,
		"Order {order} is offered to you: please accept or decline.", "工单 {order} 已派给您，请接单或拒单。",
	},
	engine.OrderAccepted: {
		"work_order.accepted", Tenant,
		"A technician has taken your report {order}.", "维修人员已接单，报修号 {order}。",
	},
	engine.OrderDeparted: {
		"work_order.on_the_way", Tenant,
		"The technician for {order} is on the way.", "维修人员已出发，报修号 {order}。",
	},
	engine.OrderCompleted: {
		"work_order.completed", Tenant,
		"The work on {order} is done. How was it?", "报修 {order} 已完成，请评价。",
	},
	engine.OrderCanceled: {
		"work_order.canceled", Tenant,
		"Your report {order} was canceled: {reason}.", "报修 {order} 已取消：{reason}。",
	},
	engine.DueBreached: {
		"work_order.escalated", Supervisor,
		"Order {order} has missed its promise ({clock}).", "工单 {order} 已超时（{clock}）。",
	},
	engine.OrderEscalated: {
		"work_order.escalated", Supervisor,
		"Order {order} was escalated: {reason}.", "工单 {order} 已升级：{reason}。",
	},
}

// stage is the clock or the state that an event is about.
func (t *template) stage(e *engine.Event) string {
	if e.Clock != "" {
		return string(e.Clock)
	}
	return string(e.State)
}

// text fills the template in every language.
func (t *template) text(e *engine.Event) map[string]string {
	fill := strings.NewReplacer("{order}", string(e.Order), "{technician}", string(e.Technician), "{reason}", e.Reason, "{clock}", string(e.Clock))
	return map[string]string{"en": fill.Replace(t.en), "zh": fill.Replace(t.zh)}
}
