package experiment

import "gonum.org/v1/gonum/stat/distuv"

// chiSquareTail is how likely a chi-square value is exceeded by chance.
func chiSquareTail(value float64, degrees int) float64 {
	return distuv.ChiSquared{K: float64(degrees)}.Survival(value)
}
