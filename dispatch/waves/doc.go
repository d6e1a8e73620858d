// Package waves decides, wave after wave over a day, which of the requests known so far leave now and which wait for a
// later wave, before the requests of those later waves are known: the dynamic dispatch waves problem. Waiting lets a
// request share a route with what is still to come; but a request that waits too long cannot be served.
//
// The days are those of the dynamic variant of the EURO meets NeurIPS 2022 vehicle routing competition, drawn exactly as its
// environment draws them: the same seed gives the same requests to the last bit. Kool et al. (2023), "The EURO meets NeurIPS
// 2022 vehicle routing competition", Proceedings of Machine Learning Research 220, 35-49. What leaves is final; the score of
// a day is the driving time of all its routes.
//
// An Episode is such a day, and hands out one Epoch after another. A Policy answers an epoch with routes: Greedy sends
// everything, Lazy only what cannot wait. Prizes, the best of them, sends what is worth its way by learned prices: Baty et
// al. (2024), Transportation Science 58(4), 708-725, arXiv:2304.00789. Consensus needs nothing learned and asks sampled
// futures: Lan, van Doorn, Wouda et al. (2024), "An iterative sample scenario approach for the dynamic dispatch waves
// problem", Transportation Science 58(4), 726-740, doi:10.1287/trsc.2023.0111. The package has no clock and reads no files.
//
// Read stream.go (the random stream), episode.go (Instance, Episode, Epoch), policy.go (Policy, Greedy, Lazy), prizes.go,
// consensus.go and scenario.go.
package waves
