// SPDX-License-Identifier: Apache-2.0

// Package plan answers requests to change kernel parameters one by one. It writes the
// accepted changes to a file that people can read and edit.
//
// It changes nothing and reads nothing by itself: the caller passes a [Machine] and
// [Evidence]. Package internal/tune/change applies plans.
//
//	answers := plan.Judge(requests, machine, evidence, plan.Rules{Accept: accept})
//	p := plan.Of(answers)
//	text := p.Format()
//	p, err := plan.Parse("web.plan", text)
package plan
