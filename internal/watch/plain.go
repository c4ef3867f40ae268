// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// runPlain writes a line for each look, and one for each finding that appears or
// ends.
func runPlain(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	told := make(chan any)
	m, r, err := begin(ctx, o, func(what any) {
		select {
		case told <- what:
		case <-ctx.Done():
		}
	})
	if err != nil {
		return err
	}
	defer r.all.Wait()
	defer cancel()
	m.start(r)
	for {
		select {
		case <-ctx.Done():
			return nil
		case what := <-told:
			old := m.judged
			m.heard(what)
			if m.stopped != nil {
				return m.stopped
			}
			var text string
			switch what := what.(type) {
			case looked:
				text = m.plainLook(what.At)
			case examined:
				var before *judgement
				if old != nil {
					before = old.Value
				}
				text = m.plainFindings(before, what.Value, what.At)
			}
			if err := m.write(text); err != nil {
				return err
			}
			if s, ok := what.(looked); ok && s.Seq == o.Count {
				return nil
			}
		}
	}
}

func (m *model) write(text string) error {
	if m.o.ASCII {
		text = render.ASCII(text)
	}
	_, err := io.WriteString(m.o.Out, text)
	return err
}

// stamp is the format of times in lines.
const stamp = "2006-01-02T15:04:05Z"

// plainLook returns a look as one line.
func (m *model) plainLook(at time.Time) string {
	parts := []string{at.UTC().Format(stamp)}
	for s := range tcp.AllStates.All() {
		a := m.amountOf(s)
		if a.none && m.net(s) == 0 {
			continue
		}
		part := s.String() + " " + a.text
		if a.more != "" {
			part += " (" + a.more + ")"
		}
		parts = append(parts, part)
	}
	if len(parts) == 1 {
		parts = append(parts, m.say("no sockets", "没有套接字"))
	}
	if text, with := m.status(); with == warn {
		parts = append(parts, text)
	}
	return visible.Text(strings.Join(parts, "  ")) + "\n"
}

// plainFindings returns the findings that have appeared or ended.
func (m *model) plainFindings(before, now *judgement, at time.Time) string {
	was := map[string]bool{}
	if before != nil {
		for _, f := range before.found {
			was[f.key] = true
		}
	}
	var b strings.Builder
	is := map[string]bool{}
	for i := range now.found {
		f := &now.found[i]
		is[f.key] = true
		if !was[f.key] {
			word, _ := m.severity(f.Severity)
			fmt.Fprintf(&b, "%s  %s\n", at.UTC().Format(stamp), visible.Text(m.say("found: ", "发现：")+strings.Join([]string{word, f.Code, m.findingText(f)}, " ")))
		}
	}
	if before == nil {
		return b.String()
	}
	for i := range before.found {
		f := &before.found[i]
		if !is[f.key] {
			fmt.Fprintf(&b, "%s  %s\n", at.UTC().Format(stamp), visible.Text(m.say("gone: ", "消失：")+f.Code+" "+m.findingText(f)))
		}
	}
	return b.String()
}
