package holiday

import "time"

// China is the public holidays of the mainland by the yearly notices of the State Council's General Office, 2021 to 2026,
// with the weekend days worked in exchange. Other years have only the days whose date does not depend on the moon and on
// a notice: 1 January, 1 May, 1 to 3 October. Add a year by [Read], or here.
func China() *Calendar { return build("cn", cnYear) }

// span is days of a year from one date to another, both included.
type span struct {
	name     string
	from, to [2]int // month, day
}

// cnNotice is one year's notice.
type cnNotice struct {
	off  []span
	work [][2]int
}

func cnNotices() map[int]cnNotice {
	const newYear, spring, qingming = "New Year", "Spring Festival", "Qingming"
	const labor, dragon, moon, national = "Labour Day", "Dragon Boat", "Mid-Autumn", "National Day"
	return map[int]cnNotice{
		2021: {
			off: []span{
				{newYear, [2]int{1, 1}, [2]int{1, 3}},
				{spring, [2]int{2, 11}, [2]int{2, 17}},
				{qingming, [2]int{4, 3}, [2]int{4, 5}},
				{labor, [2]int{5, 1}, [2]int{5, 5}},
				{dragon, [2]int{6, 12}, [2]int{6, 14}},
				{moon, [2]int{9, 19}, [2]int{9, 21}},
				{national, [2]int{10, 1}, [2]int{10, 7}},
			},
			work: [][2]int{{2, 7}, {2, 20}, {4, 25}, {5, 8}, {9, 18}, {9, 26}, {10, 9}},
		},
		2022: {
			off: []span{
				{newYear, [2]int{1, 1}, [2]int{1, 3}},
				{spring, [2]int{1, 31}, [2]int{2, 6}},
				{qingming, [2]int{4, 3}, [2]int{4, 5}},
				{labor, [2]int{4, 30}, [2]int{5, 4}},
				{dragon, [2]int{6, 3}, [2]int{6, 5}},
				{moon, [2]int{9, 10}, [2]int{9, 12}},
				{national, [2]int{10, 1}, [2]int{10, 7}},
				{newYear, [2]int{12, 31}, [2]int{12, 31}},
			},
			work: [][2]int{{1, 29}, {1, 30}, {4, 2}, {4, 24}, {5, 7}, {10, 8}, {10, 9}},
		},
		2023: {
			off: []span{
				{newYear, [2]int{1, 1}, [2]int{1, 2}},
				{spring, [2]int{1, 21}, [2]int{1, 27}},
				{qingming, [2]int{4, 5}, [2]int{4, 5}},
				{labor, [2]int{4, 29}, [2]int{5, 3}},
				{dragon, [2]int{6, 22}, [2]int{6, 24}},
				{national, [2]int{9, 29}, [2]int{10, 6}},
				{newYear, [2]int{12, 30}, [2]int{12, 31}},
			},
			work: [][2]int{{1, 28}, {1, 29}, {4, 23}, {5, 6}, {6, 25}, {10, 7}, {10, 8}},
		},
		2024: {
			off: []span{
				{newYear, [2]int{1, 1}, [2]int{1, 1}},
				{spring, [2]int{2, 10}, [2]int{2, 17}},
				{qingming, [2]int{4, 4}, [2]int{4, 6}},
				{labor, [2]int{5, 1}, [2]int{5, 5}},
				{dragon, [2]int{6, 8}, [2]int{6, 10}},
				{moon, [2]int{9, 15}, [2]int{9, 17}},
				{national, [2]int{10, 1}, [2]int{10, 7}},
			},
			work: [][2]int{{2, 4}, {2, 18}, {4, 7}, {4, 28}, {5, 11}, {9, 14}, {9, 29}, {10, 12}},
		},
		2025: {
			off: []span{
				{newYear, [2]int{1, 1}, [2]int{1, 1}},
				{spring, [2]int{1, 28}, [2]int{2, 4}},
				{qingming, [2]int{4, 4}, [2]int{4, 6}},
				{labor, [2]int{5, 1}, [2]int{5, 5}},
				{dragon, [2]int{5, 31}, [2]int{6, 2}},
				{national, [2]int{10, 1}, [2]int{10, 8}},
			},
			work: [][2]int{{1, 26}, {2, 8}, {4, 27}, {9, 28}, {10, 11}},
		},
		2026: {
			off: []span{
				{newYear, [2]int{1, 1}, [2]int{1, 3}},
				{spring, [2]int{2, 15}, [2]int{2, 23}},
				{qingming, [2]int{4, 4}, [2]int{4, 6}},
				{labor, [2]int{5, 1}, [2]int{5, 5}},
				{dragon, [2]int{6, 19}, [2]int{6, 21}},
				{moon, [2]int{9, 25}, [2]int{9, 27}},
				{national, [2]int{10, 1}, [2]int{10, 7}},
			},
			work: [][2]int{{1, 4}, {2, 14}, {2, 28}, {5, 9}, {9, 20}, {10, 10}},
		},
	}
}

func cnYear(year int) map[int]Day {
	days := map[int]Day{}
	notice, known := cnNotices()[year]
	if !known {
		days[date(year, time.January, 1)] = Day{Name: "New Year", Weight: 1}
		days[date(year, time.May, 1)] = Day{Name: "Labour Day", Weight: 1}
		for d := 1; d <= 3; d++ {
			days[date(year, time.October, d)] = Day{Name: "National Day", Weight: 1}
		}
		return days
	}
	for _, s := range notice.off {
		last := date(year, time.Month(s.to[0]), s.to[1])
		for d := date(year, time.Month(s.from[0]), s.from[1]); d <= last; d++ {
			days[d] = Day{Name: s.name, Weight: 1}
		}
	}
	for _, w := range notice.work {
		days[date(year, time.Month(w[0]), w[1])] = Day{Name: "worked weekend", Work: true}
	}
	return days
}
