package fault

// Kind names what is broken, or wanted. The values are stable: they are in the API.
type Kind string

// The kinds.
const (
	Leak        Kind = "LEAK"
	Blocked     Kind = "BLOCKED_DRAIN"
	HotWater    Kind = "NO_HOT_WATER"
	NoWater     Kind = "NO_WATER"
	Toilet      Kind = "TOILET"
	Tap         Kind = "TAP"
	Power       Kind = "POWER"
	Light       Kind = "LIGHT"
	Socket      Kind = "SOCKET"
	AirCon      Kind = "AIR_CONDITIONING"
	Heating     Kind = "HEATING"
	Gas         Kind = "GAS"
	Lock        Kind = "LOCK"
	Door        Kind = "DOOR"
	Window      Kind = "WINDOW"
	Washer      Kind = "WASHING_MACHINE"
	Fridge      Kind = "FRIDGE"
	Hood        Kind = "COOKER"
	Network     Kind = "NETWORK"
	Furniture   Kind = "FURNITURE"
	Wall        Kind = "WALL"
	Pests       Kind = "PESTS"
	Lift        Kind = "LIFT"
	Cleaning    Kind = "CLEANING"
	Parcel      Kind = "PARCEL"
	Roommate    Kind = "ROOMMATE"
	Noise       Kind = "NOISE"
	FireOrSmoke Kind = "FIRE"
)

// entry says by which words a kind is known, and whose work it is.
type entry struct {
	kind  Kind
	trade string // the skill of a technician; "" when it is not a technician's work
	role  string // whose work it is otherwise
	// always says that the kind is an emergency whatever else is said.
	always bool
	// strong phrases name the kind; weak ones do so only when nothing stronger is there. A phrase of several parts, joined by
	// "+", matches when all parts are there.
	strong, weak []string
}

// table is read from top to bottom: of two kinds that are known by equally strong words, the upper one is named first.
func table() []entry {
	return []entry{
		{kind: FireOrSmoke, trade: "electrical", always: true, strong: []string{"着火了", "着火啦", "起火", "冒烟", "火花", "烧焦", "焦味", "糊味", "on fire", "smoke", "smoking", "sparks", "sparking", "burning smell", "burnt smell", "smells burnt"}},
		{kind: Gas, trade: "gas", strong: []string{"燃气", "煤气", "天然气", "瓦斯", "gas leak", "smell gas", "smells of gas", "gas smell", "gas"}},
		{kind: Lift, role: "FRONT_DESK", strong: []string{"电梯", "elevator", "lift"}},
		{kind: Parcel, role: "FRONT_DESK", strong: []string{"快递", "包裹", "快递柜", "parcel", "package", "delivery locker"}},
		{kind: Roommate, role: "FRONT_DESK", strong: []string{"室友", "合租", "roommate", "room-mate", "room mate", "flatmate"}},
		{kind: HotWater, trade: "plumbing", strong: []string{"没有热水", "没热水", "无热水", "不出热水", "热水器", "热水+没", "热水+不", "水不热", "洗澡+冷", "洗澡+凉", "no hot water", "hot water", "water heater", "boiler", "shower+cold", "water+not hot", "cold water only"}},
		{kind: Toilet, trade: "plumbing", strong: []string{"马桶", "坐便", "抽水", "冲水", "toilet", "flush", "cistern"}},
		{kind: Blocked, trade: "plumbing", strong: []string{"堵了", "堵住", "堵塞", "下水道", "下水慢", "不下水", "地漏", "反水", "返水", "blocked", "clogged", "clog", "drain", "overflows", "backing up", "won't drain"}, weak: []string{"堵", "smell+sink"}},
		{kind: AirCon, trade: "hvac", strong: []string{"空调", "制冷", "不制冷", "冷气", "air con", "aircon", "air conditioner", "air conditioning", "ac unit", "a/c", "the ac"}},
		{kind: Heating, trade: "hvac", strong: []string{"暖气", "地暖", "供暖", "暖气片", "radiator", "heating", "no heat", "underfloor"}},
		{kind: Washer, trade: "appliance", strong: []string{"洗衣机", "烘干机", "washing machine", "washer", "dryer"}},
		{kind: Fridge, trade: "appliance", strong: []string{"冰箱", "冷冻", "fridge", "refrigerator", "freezer"}},
		{kind: Hood, trade: "appliance", strong: []string{"油烟机", "灶台", "燃气灶", "电磁炉", "微波炉", "烤箱", "cooker", "stove", "oven", "microwave", "extractor hood", "range hood", "hob"}},
		{kind: Network, trade: "network", strong: []string{"网络", "宽带", "wifi", "无线网", "路由器", "断网", "上不了网", "wi-fi", "internet", "router", "broadband"}},
		{kind: Lock, trade: "locksmith", strong: []string{"门锁", "密码锁", "锁坏", "锁打不开", "钥匙", "开不了锁", "指纹锁", "反锁", "进不去门", "进不了门", "门卡", "locked out", "lock", "key", "keys", "keypad", "fingerprint", "key card"}},
		{kind: Light, trade: "electrical", strong: []string{"灯不亮", "灯坏", "灯泡", "灯管", "吸顶灯", "灯闪", "灯一直闪", "灯+不亮", "灯+闪", "light", "lights", "lamp", "bulb"}},
		{kind: Socket, trade: "electrical", strong: []string{"插座", "插头", "开关", "socket", "outlet", "plug", "switch"}},
		{kind: Power, trade: "electrical", strong: []string{"停电", "没电", "跳闸", "断电", "漏电", "触电", "电闸", "短路", "no power", "no electricity", "power cut", "power is out", "power out", "power went out", "power outage", "tripped", "trips", "breaker", "fuse", "an electric shock", "electric shock", "short circuit"}},
		{kind: Leak, trade: "plumbing", strong: []string{"漏水", "渗水", "滴水", "爆管", "水管爆", "水管裂", "淹", "积水", "喷水", "水漏", "leak", "leaks", "leaking", "leakage", "dripping", "drips", "burst", "flood", "flooding", "flooded", "water everywhere", "water+ceiling", "puddle"}, weak: []string{"漏", "水管", "pipe", "water"}},
		{kind: NoWater, trade: "plumbing", strong: []string{"停水", "滴水都没", "没水", "没有水", "不出水", "水压", "水流小", "水很小", "no water", "water pressure", "no running water", "low pressure"}},
		{kind: Tap, trade: "plumbing", strong: []string{"水龙头", "龙头", "花洒", "淋浴头", "tap", "faucet", "shower head", "showerhead", "shower"}},
		{kind: Window, trade: "carpentry", strong: []string{"窗户", "窗子", "玻璃", "纱窗", "窗帘", "window", "glass", "blind", "curtain"}},
		{kind: Door, trade: "carpentry", strong: []string{"房门", "门把手", "门关不上", "门打不开", "门铰链", "柜门", "door", "hinge", "handle"}, weak: []string{"门"}},
		{kind: Furniture, trade: "carpentry", strong: []string{"床", "衣柜", "桌子", "椅子", "沙发", "抽屉", "床板", "bed", "wardrobe", "drawer", "table", "chair", "sofa", "shelf", "cupboard"}},
		{kind: Wall, trade: "painting", strong: []string{"墙皮", "墙面", "发霉", "霉", "掉漆", "瓷砖", "地板", "mould", "mold", "paint", "plaster", "tile", "tiles", "floorboard", "wall"}},
		{kind: Pests, trade: "pest_control", strong: []string{"蟑螂", "老鼠", "白蚁", "虫子", "蚂蚁", "cockroach", "cockroaches", "a mouse", "mouse", "mice", "rat", "rats", "ants", "bed bugs", "bedbugs", "pest", "insects"}},
		{kind: Noise, role: "FRONT_DESK", strong: []string{"噪音", "太吵", "很吵", "扰民", "noise", "noisy", "loud music"}},
		{kind: Cleaning, role: "FRONT_DESK", strong: []string{"保洁", "打扫", "清洁", "垃圾", "卫生", "cleaning", "rubbish", "garbage", "trash", "dirty"}},
	}
}

// Phrases that make an emergency of what is broken: danger to people, or damage that grows by the minute.
func emergencies() []string {
	return []string{
		"着火了", "着火啦", "起火", "冒烟", "火花", "触电", "漏电", "爆管", "水管爆", "淹", "喷水", "止不住", "关不掉", "大量漏水", "漏得很大", "漏到楼下", "楼下漏",
		"天花板+漏", "燃气泄漏", "煤气泄漏", "燃气味", "煤气味", "燃气+味", "煤气+味", "天然气+味", "被困", "困在", "反锁", "锁在", "进不去", "进不了", "紧急", "急救",
		"on fire", "smoke", "sparks", "sparking", "burning smell", "electric shock", "burst", "flood", "flooding", "flooded", "pouring", "gushing", "water everywhere",
		"can't stop", "cannot stop", "won't stop", "gas leak", "smell gas", "smells of gas", "gas smell", "smell of gas", "trapped", "stuck in the lift", "stuck in the elevator",
		"locked out", "through the ceiling", "from the ceiling", "emergency", "urgent",
	}
}

// Phrases that take an emergency back: it is over, or it is asked about.
func calm() []string {
	return []string{"不急", "不着急", "有空", "已经关", "已关闭", "关了总阀", "not urgent", "no rush", "no hurry", "when you have time", "turned off the main", "shut off the main", "not an emergency"}
}
