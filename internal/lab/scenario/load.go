// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/script"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

//go:embed tcp
var files embed.FS

// folder is where the embedded scenarios are, one folder for each topic.
const folder = "tcp"

// embedded parses the embedded scenarios once.
var embedded = sync.OnceValue(func() []*Scenario {
	var all []*Scenario
	topics, err := files.ReadDir(folder)
	if err != nil {
		panic(err) // a bug: they are part of the program
	}
	for _, topic := range topics {
		scripts, err := files.ReadDir(path.Join(folder, topic.Name()))
		if err != nil {
			panic(err)
		}
		for _, file := range scripts {
			all = append(all, mustParse(topic.Name(), file.Name()))
		}
	}
	return all
})

func mustParse(topic, name string) *Scenario {
	text, err := files.ReadFile(path.Join(folder, topic, name))
	if err != nil {
		panic(err)
	}
	s, err := Parse(name, string(text))
	if err != nil {
		panic(err)
	}
	s.Topic = topic
	return s
}

// All returns the embedded scenarios, ordered by topic and name.
func All() []*Scenario { return slices.Clone(embedded()) }

// Find returns the embedded scenario with a name. The error is a
// [*problem.UsageError].
func Find(name string) (*Scenario, error) {
	var similar []string
	for _, s := range embedded() {
		if s.Name == name {
			return s, nil
		}
		if strings.Contains(s.Name, name) || strings.Contains(name, s.Name) {
			similar = append(similar, s.Name)
		}
	}
	hint, hintZh := "tcpvitals lab list shows them all", "tcpvitals lab list 列出全部"
	if len(similar) > 0 {
		hint, hintZh = "did you mean "+strings.Join(similar, ", ")+"?", "是不是 "+strings.Join(similar, "、")+"？"
	}
	return nil, &problem.UsageError{Msg: fmt.Sprintf("there is no scenario %q", name), Hint: hint, Zh: fmt.Sprintf("没有实验 %q", name), HintZh: hintZh}
}

// maxFile is the greatest size of a script, in bytes.
const maxFile = 1 << 20

// Load reads a user's scenario from a file. The error is from [userfile.Read], or a
// [*script.Error] that points at the line.
func Load(file string) (*Scenario, error) {
	text, err := userfile.Read(file, maxFile)
	if err != nil {
		return nil, err
	}
	s, err := Parse(file, string(text))
	if err == nil {
		s.Topic = "user"
	}
	return s, err
}

// Parse makes a scenario from the text of a file. The error is a [*script.Error].
func Parse(file, text string) (*Scenario, error) {
	parsed, err := script.Parse(file, text)
	if err != nil {
		return nil, err
	}
	s := &Scenario{
		Name: strings.TrimSuffix(path.Base(file), ".tcp"), File: file, Script: parsed,
		Families: []socket.Family{socket.IPv4, socket.IPv6},
	}
	for _, h := range parsed.Headers {
		if err := s.header(h); err != nil {
			line := h.Key + ": " + h.Value
			wrong := &problem.SyntaxError{Src: line, End: len(line), Msg: err.Msg, Zh: err.Zh, Hint: "the headers are " + headers, HintZh: "头部有 " + strings.ReplaceAll(headers, ", ", "、")}
			return nil, &script.Error{File: file, Line: h.Line, Err: wrong}
		}
	}
	s.complete()
	return s, nil
}

const headers = "title, title.zh, claim, claim.zh, expect, varies, see, needs, slow, family"

// header applies one header to the scenario. The error is nil if the header is valid.
func (s *Scenario) header(h script.Header) (wrong *problem.UsageError) {
	var err error
	switch h.Key {
	case "title":
		s.Title.En = h.Value
	case "title.zh":
		s.Title.Zh = h.Value
	case "claim":
		s.Claim.En = h.Value
	case "claim.zh":
		s.Claim.Zh = h.Value
	case "expect":
		s.Expected, err = ParseVerdict(h.Value)
	case "varies":
		s.Varies = h.Value
	case "see":
		s.See = list(h.Value, ";")
	case "needs":
		s.Needs = list(h.Value, ",")
	case "slow":
		if s.Slow, err = time.ParseDuration(h.Value); err != nil {
			err = &problem.UsageError{Msg: fmt.Sprintf("no duration: %q", h.Value), Zh: fmt.Sprintf("不是时长：%q", h.Value)}
		}
	case "family":
		s.Families, err = families(h.Value)
	default:
		err = &problem.UsageError{Msg: fmt.Sprintf("unknown header %q", h.Key), Zh: fmt.Sprintf("没有头部 %q", h.Key)}
	}
	errors.As(err, &wrong)
	return wrong
}

// complete fills in what a user's short script omits.
func (s *Scenario) complete() {
	if s.Expected == Failed {
		s.Expected = Holds
	}
	if s.Title.En == "" {
		s.Title.En = s.Name
	}
	if s.Title.Zh == "" {
		s.Title.Zh = s.Title.En
	}
	if s.Claim == (knowledge.Text{}) {
		s.Claim = knowledge.Text{En: "everything comes out as " + s.Name + " says", Zh: "结果与 " + s.Name + " 所写的一致"}
	}
	if s.Claim.En == "" {
		s.Claim.En = s.Claim.Zh
	}
	if s.Claim.Zh == "" {
		s.Claim.Zh = s.Claim.En
	}
}

func list(text, separator string) []string {
	var all []string
	for part := range strings.SplitSeq(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

func families(name string) ([]socket.Family, error) {
	for _, f := range []socket.Family{socket.IPv4, socket.IPv6} {
		if strings.EqualFold(name, f.String()) {
			return []socket.Family{f}, nil
		}
	}
	return nil, &problem.UsageError{Msg: fmt.Sprintf("unknown family %q: it is ipv4 or ipv6", name), Zh: fmt.Sprintf("没有地址族 %q：可用的有 ipv4 和 ipv6", name)}
}
