// Package tenant is who rents a dwelling: name, numbers, emergency contact and consents, as plain values with their rules. A number
// that is no number is an *invalid.Error; one that breaks a rule, as the check character of an identity number, a
// *fault.RuleError. No error repeats a number.
//
// Read tenant.go, then number.go for what is known of telephone and identity numbers.
package tenant
