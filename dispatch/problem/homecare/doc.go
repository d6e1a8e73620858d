// Package homecare reads the JSON of the home health care routing and scheduling sets (HHCRSP) that Ceschia, Di Gaspero,
// Rosati and Schaerf (2024) collected, with those of Mankowska, Meisel and Bierwirth (2014) among them, and writes and reads
// their solutions.
//
// Every service that a patient requires is a visit; two services of one patient are tied by a link: at the same instant, or
// the second some time after the first, always by two caregivers. The objective of the sets is a third of the distance, of
// the total tardiness and of the largest tardiness. Windows have a hard start and a soft end.
//
// Read file.go for the format, build.go for the problem, plan.go for solutions.
package homecare
