// Package storagetest holds every implementation of engine.Store to the promises of that contract: one subtest for each,
// named in the same words. A store is used only if it passes.
package storagetest
