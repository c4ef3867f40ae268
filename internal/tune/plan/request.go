// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
	"github.com/tcpvitals/tcpvitals/internal/visible"
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
	Code     string         // of the rule: AQ01
	Netns    string         // the namespace as --netns takes it; "" is that of the process
	Subject  string         // a listener, a destination; "" for the namespace. One word
	Evidence knowledge.Text // what was seen, one sentence, with its numbers
	Measure  *Measure       // the number to compare afterwards; nil when there is none
	Check    string         // a command that shows whether it helped; may be empty
	Key      string         // the parameter that would help
	Value    string         // what to set it to; "" when no value can be named
	Why      knowledge.Text
}

// FromFindings makes the requests of findings, one for each parameter: where
// several ask for the same one, that of the greatest value, or else of the first.
// One that names no value is a request too: the answer says so.
func FromFindings(found []Finding) (requests []Request) {
	place := map[string]int{}
	for _, f := range found {
		if f.Key == "" {
			continue
		}
		r := Request{Key: audit.NormalizeKey(f.Key), Value: f.Value, From: f.Code, Finding: &f}
		at, twice := place[r.Key]
		switch {
		case !twice:
			place[r.Key] = len(requests)
			requests = append(requests, r)
		case more(r.Value, requests[at].Value):
			requests[at] = r
		}
	}
	return requests
}

// more reports whether a value is larger than another one; any value is larger than none.
func more(value, than string) bool {
	a, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value != "" && than == ""
	}
	b, err := strconv.ParseInt(than, 10, 64)
	return than == "" || err == nil && a > b
}

// ParseSet reads the KEY=VALUE of --set; a key without its path is looked up.
func ParseSet(text string) (Request, error) {
	key, value, ok := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return Request{}, &problem.UsageError{Msg: fmt.Sprintf("%q is not KEY=VALUE", text), Hint: "such as: --set net.core.somaxconn=8192", Zh: fmt.Sprintf("%q 不是 KEY=VALUE", text), HintZh: "例如：--set net.core.somaxconn=8192"}
	}
	if at := visible.Hidden(blanks(text)); at >= 0 {
		return Request{}, &problem.UsageError{Msg: fmt.Sprintf("%q has %s in it", text, visible.Name(blanks(text))), Hint: "such as: --set net.core.somaxconn=8192", Zh: fmt.Sprintf("%q 里有 %s", text, visible.Name(blanks(text))), HintZh: "例如：--set net.core.somaxconn=8192"}
	}
	return Request{Key: fullKey(audit.NormalizeKey(key)), Value: oneLine(value), From: "--set"}, nil
}

// blanks turns tabs into blanks, which they are in files of parameters.
func blanks(text string) string { return strings.ReplaceAll(text, "\t", " ") }

// ParseConf reads a file in sysctl.conf syntax. Of a key that stands there twice
// the last line counts, as it does for sysctl(8).
func ParseConf(name, text string) (requests []Request, err error) {
	place := map[string]int{}
	for _, l := range audit.Parse(name, []byte(text)) {
		if l.Exclude {
			continue // a key that patterns leave out: there are no patterns here
		}
		if l.Glob() || len(l.Defects) > 0 {
			return nil, fmt.Errorf("%s:%d: %w", visible.Text(name), l.Number, wrong(l.Text, l.Text, "not KEY = VALUE", command.Of("tune", "audit", command.File(name)).String()+" says what is wrong; of a pattern, name each parameter",
				"不是 KEY = VALUE", command.Of("tune", "audit", command.File(name)).String()+" 会指出错误；不展开通配符，请逐个写出参数"))
		}
		if at := visible.Hidden(blanks(l.Text)); at >= 0 {
			return nil, fmt.Errorf("%s:%d: %w", visible.Text(name), l.Number, hidden(blanks(l.Text), at))
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
