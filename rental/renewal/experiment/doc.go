// Package experiment compares texts of renewal messages on households, and says which is better only when that is shown.
//
// Each household is put into a variant by a hash (Assign): the same one whenever it is asked, and the same one when the share
// of households that take part grows. Nobody is moved by a later decision.
//
// The test is an e-process: a bet, made before each outcome is looked at, on which variant a household that did this is in.
// When the variants do not matter the bet is fair whatever the rate is, whether it changes from hour to hour or from
// household to household, because the draw alone decides; by the inequality of Ville the money grows to 1/alpha with
// probability alpha at most, however often and whenever somebody looks. It is the sequential two-sample test for Bernoulli
// outcomes of Turner, Ly and Gruenwald (Generic E-variables for exact sequential k-sample tests that allow for optional
// stopping, 2024) turned to the draw, with beta-binomial estimates and one household a round; the mixture SPRT of Johari and
// others has the same promise, but for large samples alone. That variants do not matter means for clicks and for how soon
// they come. Intervals of rates are confidence sequences by the beta-binomial mixture (Robbins 1970), which take a rate that
// does not drift; the check of the draw is the same mixture at the shares that were asked for (Lindon and Malek 2022), with
// the familiar chi-square beside it.
//
// Start with experiment.go, then analyze.go.
package experiment
