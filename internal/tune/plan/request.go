// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// A Request is a parameter that somebody wants to have a value.
type Request struct {
	Key, Value string
	// From says who asks: "--set", "web.conf:12", "AQ01".
	From string
	// Finding is what asks; nil when a person does.
	Finding *Finding
}

// A Finding is as much of a diagnosis as a plan needs.
type Finding struct {
	Code     string   // of the rule: AQ01
	Netns    string   // the namespace as --netns takes it; "" is that of the process
	Subject  string   // a listener, a destination; "" for the namespace. One word
	Evidence string   // what was seen, one sentence, with its numbers
	Measure  *Measure // the number to compare afterwards; nil when there is none
	Check    string   // a command that shows whether it helped; may be empty
	Key      string   // the parameter that would help
	Value    string   // what to set it to; "" when no value can be named: no request then
}

// FromFindings makes the requests of findings.
func FromFindings(found []Finding) (requests []Request) {
	for _, f := range found {
		if f.Key != "" && f.Value != "" {
			requests = append(requests, Request{Key: audit.NormalizeKey(f.Key), Value: f.Value, From: f.Code, Finding: &f})
		}
	}
	return requests
}

// ParseSet reads the KEY=VALUE of --set.
func ParseSet(text string) (Request, error) {
	key, value, ok := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return Request{}, &problem.UsageError{Msg: fmt.Sprintf("%q is not KEY=VALUE", text), Hint: "such as: --set net.core.somaxconn=8192"}
	}
	return Request{Key: audit.NormalizeKey(key), Value: oneLine(value), From: "--set"}, nil
}

// ParseConf reads a file in sysctl.conf syntax. Of a key that stands there twice
// the last line counts, as it does for sysctl(8).
func ParseConf(name, text string) (requests []Request, err error) {
	place := map[string]int{}
	for _, l := range audit.Parse(name, []byte(text)) {
		if l.Exclude {
			continue // a key that patterns leave out: there are no patterns here
		}
		if l.Glob() || len(l.Defects) > 0 {
			return nil, fmt.Errorf("%s:%d: %w", name, l.Number, wrong(l.Text, l.Text, "not KEY = VALUE", "tcpvitals tune audit "+name+" says what is wrong; of a pattern, name each parameter"))
		}
		r := Request{Key: l.Key, Value: oneLine(l.Value), From: fmt.Sprintf("%s:%d", name, l.Number)}
		if i, twice := place[r.Key]; twice {
			requests[i] = r
			continue
		}
		place[r.Key] = len(requests)
		requests = append(requests, r)
	}
	return requests, nil
}
