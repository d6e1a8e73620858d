package cost

// Fairness prices unequal work: weight for each tick by which a load exceeds the mean, rounded up. loads are on-site ticks
// by technician, history included. O(technicians).
func Fairness(weight int64, loads []int64) int64 {
	if weight == 0 || len(loads) == 0 {
		return 0
	}
	var sum int64
	for _, l := range loads {
		sum += l
	}
	mean := (sum + int64(len(loads)) - 1) / int64(len(loads))
	var over int64
	for _, l := range loads {
		over += max(l-mean, 0)
	}
	return over * weight
}
