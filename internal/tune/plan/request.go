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

// A Request asks that a parameter have a value.
type Request struct {
	Key, Value string
	// From tells who asks: "--set", "web.conf:12", "AQ01".
	From string
	// Finding is the finding that asks; nil if a person asks.
	Finding *Finding
}

// A Finding is the part of a diagnosis that a plan needs.
type Finding struct {
	Code     string         // code of the rule: AQ01
	Netns    string         // the namespace as --netns takes it; "" is that of the process
	Subject  string         // a listener, a destination; "" for the namespace. One word
	Evidence knowledge.Text // what was seen, one sentence, with its numbers
	Measure  *Measure       // the number to compare afterwards; nil if there is none
	Check    string         // a command that shows whether the change helped; may be ""
	Key      string         // the parameter that would help
	Value    string         // the value to set; "" if no value can be named
	Why      knowledge.Text
}

// FromFindings turns findings into requests, one for each parameter. If several
// findings ask for one parameter, the request with the largest value counts, else the
// first. A finding that names no value gives a request too: the answer says so.
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

// ParseSet parses the KEY=VALUE of --set; a key without its path is looked up.
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

// blanks turns tabs into blanks.
func blanks(text string) string { return strings.ReplaceAll(text, "\t", " ") }

// ParseConf reads a file in sysctl.conf syntax. If a key occurs twice the last line
// counts, as for sysctl(8).
func ParseConf(name, text string) (requests []Request, err error) {
	place := map[string]int{}
	for _, l := range audit.Parse(name, []byte(text)) {
		if l.Exclude {
			continue // an exclusion from patterns has no meaning here
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
