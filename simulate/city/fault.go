package city

import (
	"math/rand/v2"
	"time"

	"fettle/dispatch"
)

// Fault is a kind of fault that people report.
type Fault struct {
	Code      string
	Text      Name // the report in the words of who reports it
	Skill     dispatch.SkillLevel
	OnSite    time.Duration // median of the work
	Spread    float64       // standard deviation of the logarithm of the work
	Emergency float64       // odds of being urgent
	Common    bool          // it belongs to a building, not to one unit
	Home      float64       // weight in dwellings
	Office    float64       // weight in the business park
	Season    Season
}

// Season says when a fault comes up more often; "" means all the year.
type Season string

// The seasons of faults.
const (
	Summer Season = "summer"
	Winter Season = "winter"
)

// Faults is the catalogue: shares, levels and times are the estimates of the demo, not measured anywhere.
func Faults() []Fault {
	var out []Fault
	for _, part := range [][]Fault{plumbingFaults(), electricalFaults(), hvacFaults(), homeFaults(), accessFaults(), gasNetworkFaults()} {
		out = append(out, part...)
	}
	return out
}

// fault is one row: minutes and spread of the work, odds of an emergency, weights at home and in offices.
func fault(code string, text Name, skill dispatch.Skill, level int32, n [5]float64) Fault {
	return Fault{
		Code: code, Text: text, Skill: dispatch.SkillLevel{Skill: skill, Level: level},
		OnSite: time.Duration(n[0]) * time.Minute, Spread: n[1], Emergency: n[2], Home: n[3], Office: n[4],
	}
}

// common marks a fault of a whole building.
func common(f Fault) Fault {
	f.Common = true
	return f
}

// in marks a fault of a season.
func in(s Season, f Fault) Fault {
	f.Season = s
	return f
}

func plumbingFaults() []Fault {
	p := Plumbing
	return []Fault{
		fault("tap-drips", Name{"Tap drips", "水龙头滴水"}, p, 1, [5]float64{30, 0.3, 0, 7, 6}),
		fault("drain-blocked", Name{"Floor drain is blocked", "地漏堵塞"}, p, 1, [5]float64{40, 0.4, 0.03, 7, 4}),
		fault("toilet-blocked", Name{"Toilet is blocked", "马桶堵塞"}, p, 1, [5]float64{35, 0.4, 0.08, 6, 9}),
		fault("toilet-runs", Name{"Toilet cistern keeps running", "马桶水箱一直流水"}, p, 1, [5]float64{30, 0.3, 0, 4, 5}),
		fault("pipe-leak", Name{"Pipe under the sink leaks", "水槽下水管漏水"}, p, 2, [5]float64{50, 0.35, 0.12, 5, 3}),
		fault("pipe-burst", Name{"Water pipe has burst, water on the floor", "水管爆裂，地面积水"}, p, 3, [5]float64{75, 0.4, 1, 0.9, 0.7}),
		fault("ceiling-leak", Name{"Water comes through the ceiling", "天花板渗水"}, p, 3, [5]float64{80, 0.45, 0.5, 1.5, 1.5}),
		fault("no-water", Name{"No water on the whole floor", "整层停水"}, p, 2, [5]float64{60, 0.4, 0.6, 0.8, 0.8}),
		in(Winter, fault("pipe-frozen", Name{"Water pipe is frozen", "水管冻住"}, p, 2, [5]float64{60, 0.3, 0.3, 0.5, 0.3})),
		common(fault("pump-alarm", Name{"Booster pump reports low pressure", "增压泵低压报警"}, p, 3, [5]float64{70, 0.4, 0.3, 0.5, 1})),
	}
}

func electricalFaults() []Fault {
	e := Electrical
	return []Fault{
		fault("socket-dead", Name{"Socket has no power", "插座没电"}, e, 1, [5]float64{35, 0.3, 0.01, 5, 7}),
		fault("lamp-out", Name{"Ceiling lamp does not light", "吸顶灯不亮"}, e, 1, [5]float64{25, 0.25, 0, 6, 12}),
		fault("breaker-trips", Name{"Breaker trips again and again", "空气开关反复跳闸"}, e, 2, [5]float64{55, 0.4, 0.12, 4, 5}),
		fault("power-out", Name{"No power in the whole unit", "整户停电"}, e, 2, [5]float64{50, 0.4, 0.7, 2, 2}),
		fault("burnt-smell", Name{"Burnt smell from a socket", "插座有焦糊味"}, e, 3, [5]float64{45, 0.35, 1, 0.7, 0.7}),
		fault("switch-loose", Name{"Light switch is loose", "开关面板松动"}, e, 1, [5]float64{20, 0.25, 0, 3, 4}),
		common(fault("corridor-dark", Name{"Corridor lights are out", "走廊灯不亮"}, e, 1, [5]float64{40, 0.3, 0.03, 3, 3})),
		common(fault("emergency-light", Name{"Emergency lights fail their test", "应急灯检测不合格"}, e, 2, [5]float64{45, 0.3, 0, 1, 3})),
		common(fault("charger-fault", Name{"Charging post reports a fault", "充电桩故障"}, e, 3, [5]float64{60, 0.35, 0.02, 1, 4})),
	}
}

func hvacFaults() []Fault {
	h := HVAC
	return []Fault{
		in(Summer, fault("ac-not-cold", Name{"Air conditioning does not cool", "空调不制冷"}, h, 2, [5]float64{60, 0.35, 0.02, 7, 9})),
		in(Summer, fault("ac-drips", Name{"Air conditioner drips indoors", "空调室内机滴水"}, h, 1, [5]float64{40, 0.3, 0.01, 5, 7})),
		in(Winter, fault("ac-not-warm", Name{"Air conditioning does not heat", "空调不制热"}, h, 2, [5]float64{60, 0.35, 0.02, 5, 6})),
		fault("ac-noise", Name{"Air conditioner is loud", "空调噪音大"}, h, 1, [5]float64{45, 0.3, 0, 3, 4}),
		fault("ac-control", Name{"Thermostat does not answer", "温控面板失灵"}, h, 1, [5]float64{30, 0.3, 0, 2, 7}),
		fault("fan-stuck", Name{"Bathroom fan does not turn", "浴室排风扇不转"}, h, 1, [5]float64{30, 0.3, 0, 3, 3}),
		common(in(Summer, fault("server-room-hot", Name{"Server room is too warm", "机房温度过高"}, h, 2, [5]float64{70, 0.35, 0.9, 0, 1.2}))),
		common(fault("air-handler", Name{"Fresh air unit has stopped", "新风机组停机"}, h, 3, [5]float64{85, 0.4, 0.1, 0.4, 3})),
	}
}

func homeFaults() []Fault {
	a, c := Appliance, Carpentry
	return []Fault{
		fault("washer-drain", Name{"Washing machine does not drain", "洗衣机不排水"}, a, 2, [5]float64{50, 0.35, 0.01, 5, 0}),
		fault("washer-noise", Name{"Washing machine shakes", "洗衣机抖动"}, a, 1, [5]float64{40, 0.3, 0, 3, 0}),
		fault("fridge-warm", Name{"Refrigerator is not cold", "冰箱不制冷"}, a, 3, [5]float64{60, 0.35, 0.04, 4, 2}),
		fault("heater-cold", Name{"No hot water from the electric heater", "电热水器没有热水"}, a, 2, [5]float64{55, 0.35, 0.05, 6, 1}),
		fault("hood-weak", Name{"Cooker hood draws poorly", "油烟机吸力小"}, a, 1, [5]float64{40, 0.3, 0, 3, 0}),
		fault("dispenser", Name{"Drinking water dispenser leaks", "直饮机漏水"}, a, 1, [5]float64{35, 0.3, 0.02, 0.5, 6}),
		fault("hinge-broken", Name{"Cupboard door hangs loose", "柜门铰链脱落"}, c, 1, [5]float64{30, 0.3, 0, 5, 3}),
		fault("door-sticks", Name{"Room door sticks", "房门卡住关不上"}, c, 1, [5]float64{40, 0.3, 0, 4, 4}),
		fault("window-stuck", Name{"Window does not close", "窗户关不严"}, c, 2, [5]float64{45, 0.35, 0.04, 4, 3}),
		fault("floor-loose", Name{"Floor boards have come up", "地板翘起"}, c, 2, [5]float64{75, 0.4, 0, 2, 2}),
		fault("desk-wobbles", Name{"Desk wobbles", "桌子摇晃"}, c, 1, [5]float64{25, 0.3, 0, 2, 6}),
		fault("glass-broken", Name{"Glass pane is broken", "玻璃破裂"}, c, 3, [5]float64{60, 0.35, 0.4, 0.8, 1}),
	}
}

func accessFaults() []Fault {
	l := Locks
	return []Fault{
		fault("locked-out", Name{"Locked out, key does not turn", "被锁门外，钥匙转不动"}, l, 2, [5]float64{30, 0.35, 0.85, 2.5, 0.8}),
		fault("smart-lock", Name{"Electronic lock does not open by code", "智能门锁密码打不开"}, l, 2, [5]float64{35, 0.35, 0.2, 4, 3}),
		fault("lock-battery", Name{"Door lock reports a low battery", "门锁电量低"}, l, 1, [5]float64{20, 0.25, 0, 4, 4}),
		fault("handle-loose", Name{"Door handle is loose", "门把手松动"}, l, 1, [5]float64{25, 0.25, 0, 4, 5}),
		common(fault("gate-reader", Name{"Card reader at the gate does not answer", "门禁刷卡无反应"}, l, 3, [5]float64{50, 0.35, 0.15, 1, 4})),
		common(fault("door-closer", Name{"Entrance door does not close by itself", "大门闭门器失效"}, l, 2, [5]float64{40, 0.3, 0.03, 1.2, 3})),
	}
}

func gasNetworkFaults() []Fault {
	g, n := Gas, Network
	return []Fault{
		fault("gas-smell", Name{"Smell of gas in the kitchen", "厨房有燃气味"}, g, 3, [5]float64{40, 0.35, 1, 0.8, 0.1}),
		fault("gas-alarm", Name{"Gas alarm beeps", "燃气报警器鸣响"}, g, 2, [5]float64{35, 0.3, 0.6, 1.2, 0.3}),
		fault("boiler-off", Name{"Gas boiler does not ignite", "燃气热水器打不着火"}, g, 3, [5]float64{65, 0.4, 0.05, 3, 0.2}),
		fault("hob-flame", Name{"Gas hob burns with a yellow flame", "燃气灶火焰发黄"}, g, 2, [5]float64{40, 0.3, 0.05, 2, 0.2}),
		fault("no-network", Name{"No network in the room", "房间断网"}, n, 1, [5]float64{35, 0.35, 0.01, 5, 7}),
		fault("wifi-slow", Name{"Wireless network is slow", "无线网很慢"}, n, 1, [5]float64{35, 0.35, 0, 3, 4}),
		fault("network-port", Name{"Network socket is dead", "网口不通"}, n, 1, [5]float64{30, 0.3, 0, 1, 8}),
		common(fault("camera-offline", Name{"Camera is offline", "监控摄像头离线"}, n, 2, [5]float64{45, 0.35, 0.03, 1, 4})),
		common(fault("switch-down", Name{"Floor switch is down, a whole floor offline", "楼层交换机故障，整层断网"}, n, 3, [5]float64{60, 0.4, 0.7, 0.2, 1})),
	}
}

// weight is how often the fault comes up in a kind of place in a month.
func (f *Fault) weight(kind Kind, m time.Month) float64 {
	w := f.Home
	if kind == Park {
		w = f.Office
	}
	if f.Common && kind == Flat {
		return 0
	}
	switch f.Season {
	case Summer:
		return w * [13]float64{0, 0.1, 0.1, 0.2, 0.4, 0.9, 1.7, 2.3, 2.3, 1.4, 0.5, 0.2, 0.1}[m]
	case Winter:
		return w * [13]float64{0, 2.1, 1.9, 1, 0.2, 0.05, 0, 0, 0, 0.05, 0.2, 1, 1.8}[m]
	}
	return w
}

// drawFault draws a kind of fault for a kind of place.
func drawFault(r *rand.Rand, all []Fault, kind Kind, m time.Month) *Fault {
	total := 0.0
	for i := range all {
		total += all[i].weight(kind, m)
	}
	left, last := r.Float64()*total, 0
	for i := range all {
		w := all[i].weight(kind, m)
		if w == 0 {
			continue
		}
		last = i
		if left -= w; left < 0 {
			break
		}
	}
	return &all[last]
}
