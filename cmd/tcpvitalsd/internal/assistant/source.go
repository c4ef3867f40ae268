// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
)

// open opens what a question is about: this host, or the snapshot that was kept at the
// time that was asked for, of which source says so.
func (q *question) open() (src engine.Source, source knowledge.Text, err error) {
	if q.text(argAt) == "" {
		src, err = q.live()
		return src, source, err
	}
	if q.text(argNetns) != "" {
		return nil, source, &problem.UsageError{
			Msg: "netns is for the present: a snapshot has the namespaces that were read", Hint: "leave it out, or narrow by a filter: netns = NAME",
			Zh: "netns 只用于当前：快照包含当时读取的命名空间", HintZh: "请去掉它，或用过滤条件：netns = 名称",
		}
	}
	at, p, err := kept.Choose(q.DataDir, q.text(argAt), q.Now())
	if err != nil {
		return nil, source, err
	}
	q.given[argWindow] = 0 // a snapshot does not change
	src, err = engine.OpenFile(p.Name)
	return src, p.Answers(at), err
}

// filter parses the filter; nil chooses everything.
func (q *question) filter(src engine.Source) (*query.Filter, error) {
	if q.text(argFilter) == "" {
		return nil, nil
	}
	return query.Parse(q.text(argFilter), src.Names())
}

// clock is the clock of a window.
func (q *question) clock() sampler.Options { return sampler.Options{Now: q.Now, Wait: q.Wait} }

// scope is where commands that are printed look again.
func (q *question) scope(about engine.About) command.Scope {
	s := command.Scope{Netns: q.Netns}
	if given := q.text(argNetns); given != "" {
		s.Netns = given
	}
	if s.Netns == "self" {
		s.Netns = ""
	}
	if about.Saved() {
		s = command.Scope{From: []string{about.Name}}
	}
	return s
}

// close forgets a source that was only read.
func closing(src engine.Source) { _ = src.Close() }
