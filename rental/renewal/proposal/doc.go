// Package proposal is what a tenant is offered so that a lease is renewed: an Offer of the catalogue with its cost and stock, a
// Proposal with what the tenant may choose of it, and the one formula by which a Choice becomes the terms of the contract.
//
// Terms is that formula: the sliders of a page, the answer to an acceptance and the lease itself go through it, so that no figure
// that a tenant was shown differs from what is signed. Money is in fen, days are those of the zone of the org.
//
// A proposal changes by its verbs alone; who changes it meanwhile is a matter of versions, and so is the stock: Take counts one
// more, and a store that keeps only one of two changes of the same version never gives away more than there is.
//
// Read offer.go, price.go, proposal.go.
package proposal
