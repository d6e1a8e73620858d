package city

import "math/rand/v2"

// Name is what something is called in the two languages of the demo.
type Name struct{ En, Zh string }

// syllable is a character with its sound.
type syllable struct{ en, zh string }

// Characters that stand in street names of water towns; their pairs are drawn, not taken from a map.
var (
	nameHeads = []syllable{
		{"Jiang", "江"},
		{"Lan", "澜"},
		{"Yun", "云"},
		{"Chun", "春"},
		{"Qiu", "秋"},
		{"Feng", "枫"},
		{"Zhu", "竹"},
		{"Song", "松"},
		{"Mei", "梅"},
		{"He", "荷"},
		{"Liu", "柳"},
		{"Gui", "桂"},
		{"Bi", "碧"},
		{"Qing", "清"},
		{"Ming", "明"},
		{"Yong", "永"},
		{"Wen", "文"},
		{"Xin", "新"},
		{"Hong", "虹"},
		{"Xia", "霞"},
		{"Chao", "潮"},
		{"Hai", "海"},
		{"Hu", "湖"},
		{"Tian", "天"},
		{"Jin", "锦"},
		{"Yin", "银"},
		{"Ping", "平"},
		{"An", "安"},
		{"Chang", "长"},
		{"Bai", "白"},
		{"Dong", "东"},
		{"Bei", "北"},
		{"Lian", "莲"},
		{"Rui", "瑞"},
		{"Jing", "景"},
		{"Shu", "书"},
		{"Mo", "墨"},
		{"Yu", "玉"},
		{"Hui", "惠"},
		{"Fu", "福"},
	}
	nameTails = []syllable{
		{"yuan", "源"},
		{"xi", "溪"},
		{"he", "禾"},
		{"lin", "林"},
		{"yue", "月"},
		{"xing", "星"},
		{"guang", "光"},
		{"tang", "塘"},
		{"pu", "浦"},
		{"wan", "湾"},
		{"ting", "汀"},
		{"sha", "沙"},
		{"dai", "黛"},
		{"hua", "华"},
		{"shan", "杉"},
		{"zhou", "舟"},
		{"qiao", "桥"},
		{"lu", "鹭"},
		{"yan", "雁"},
		{"fan", "帆"},
		{"feng", "丰"},
		{"he", "和"},
		{"ning", "宁"},
		{"kang", "康"},
		{"ya", "雅"},
		{"yi", "逸"},
		{"lan", "岚"},
		{"zhen", "臻"},
		{"ze", "泽"},
		{"quan", "泉"},
		{"du", "渡"},
		{"ming", "鸣"},
	}
)

// namer gives names of which none comes twice, as long as there are pairs left.
type namer struct {
	r    *rand.Rand
	deck []Name
	used map[string]bool
}

// newNamer shuffles all pairs of characters.
func newNamer(r *rand.Rand) *namer {
	n := &namer{r: r, used: map[string]bool{"Jiangnan": true}}
	for _, h := range nameHeads {
		for _, t := range nameTails {
			n.deck = append(n.deck, Name{En: h.en + t.en, Zh: h.zh + t.zh})
		}
	}
	r.Shuffle(len(n.deck), func(i, j int) { n.deck[i], n.deck[j] = n.deck[j], n.deck[i] })
	return n
}

// stem is a pair of characters that sounds like no pair before it.
func (n *namer) stem() Name {
	for len(n.deck) > 0 {
		name := n.deck[0]
		n.deck = n.deck[1:]
		if !n.used[name.En] {
			n.used[name.En] = true
			return name
		}
	}
	return Name{En: "Xin", Zh: "新"}
}

// next is a street name that fits the class.
func (n *namer) next(class Class) Name {
	s := n.stem()
	kind := Name{" Road", "路"}
	switch class {
	case Expressway:
		kind = Name{" Expressway", "快速路"}
	case Arterial:
		kind = Name{" Avenue", "大道"}
	case Residential:
		kind = []Name{{" Street", "街"}, {" Lane", "巷"}, {" Road", "路"}}[n.r.IntN(3)]
	}
	return Name{s.En + kind.En, s.Zh + kind.Zh}
}

// bridge is the name of a bridge.
func (n *namer) bridge() Name {
	s := n.stem()
	return Name{s.En + " Bridge", s.Zh + "大桥"}
}

// green is the name of a park.
func (n *namer) green() Name {
	s := n.stem()
	return Name{s.En + " Park", s.Zh + "公园"}
}
