// Package sift selects and orders messages as callers ask for by the fields of the message: filters in the language of AIP-160
// (https://google.aip.dev/160) and orders as of AIP-132. The grammar is parsed by a library; names, types and meaning are of
// this package.
//
//	state = NEW OR state = ASSIGNED AND urgency = EMERGENCY
//	createTime > "2026-03-01T00:00:00Z" AND NOT requiredSkills.skill : "gas"
//	assignment.technicianId = "te_*" AND onSiteDuration >= "3600s"
//
// AND, OR (which binds closer), NOT and -, parentheses, = != < <= > >= and : (has). A name is a field of the message as JSON
// spells it, with dots into messages; of a list any element counts. In texts * at an end stands for anything. What is absent
// matches nothing but != and NOT; "field:*" asks whether something is there.
//
// Filter.Equal finds what a filter demands of a field, so that stores can look there alone.
package sift
