// Package esign makes and checks signatures over documents: detached CMS (RFC 5652), stamped with the time by an authority (RFC 3161)
// where one is configured.
//
// A Provider signs. Demo signs with a key that the service has made for itself: it shows how everything works and proves to nobody
// outside who has signed. Remote asks a provider by HTTP. Whatever a provider answers is checked over the document before it is
// taken, so that no broken signature is ever kept.
package esign
