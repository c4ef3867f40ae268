// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// A RefusedError says why a plan was not applied, all reasons together. Nothing
// was written.
type RefusedError struct{ Problems []Problem }

// A Problem is one reason.
type Problem struct {
	Key  string
	Line int // of the plan, 0 when not known
	Msg  string
}

func (e *RefusedError) Error() string {
	all := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = p.Key + ": " + p.Msg
		if p.Line > 0 {
			all[i] = fmt.Sprintf("line %d: %s", p.Line, all[i])
		}
	}
	return "nothing was written: " + strings.Join(all, "\n  ")
}

// Hint is the way out.
func (e *RefusedError) Hint() string {
	return "edit the plan, or make it anew with tcpvitals tune plan"
}

// Preview returns what [Changer.Apply] would do, without numbers and deadlines,
// or why it would not. It needs no rights but to enter the namespace. Values
// that are there already are left out.
func (e *Changer) Preview(ctx context.Context, p *plan.Plan, o ApplyOptions) (*Header, error) {
	scope := p.Netns
	if o.Netns != "" {
		scope = o.Netns
	}
	ns, err := Find(ctx, scope)
	if err != nil {
		return nil, err
	}
	h := &Header{Netns: ns}
	refused := &RefusedError{}
	err = e.o.Calls.Enter(ctx, ns.Identity, func() error {
		requests := asked(p)
		answers := plan.Judge(requests, machine{e.o.Calls}, plan.Evidence{Host: Facts(ctx)}, plan.Rules{Accept: accepted(p)})
		for i, c := range p.Changes {
			msg := e.refuse(c, answers[i], o.Force)
			if msg != "" {
				refused.Problems = append(refused.Problems, Problem{Key: c.Key, Line: c.Line, Msg: msg})
			}
			if msg == "" && answers[i].Kind != plan.AlreadySo {
				h.Settings = append(h.Settings, setting(c, answers[i]))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(refused.Problems) > 0 {
		return nil, refused
	}
	return h, nil
}

func setting(c plan.Change, a plan.Answer) Setting {
	s := Setting{Key: c.Key, Old: a.Now, New: c.Value, Reason: c.Reason, Finding: c.Finding, Subject: c.Subject, Measure: c.Measure}
	switch {
	case c.Accepted && a.Accepted:
		s.Risk = a.Sentence()
	case c.Accepted:
		s.Risk = "nothing known here speaks against it."
	}
	return s
}

func asked(p *plan.Plan) (requests []plan.Request) {
	for _, c := range p.Changes {
		requests = append(requests, plan.Request{Key: c.Key, Value: c.Value})
	}
	return requests
}

func accepted(p *plan.Plan) (keys []string) {
	for _, c := range p.Changes {
		if c.Accepted {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// refuse returns why one change of a plan cannot be made, or "".
func (e *Changer) refuse(c plan.Change, a plan.Answer, force bool) string {
	switch {
	case !sysctl.Valid(c.Key):
		return "no name of a parameter"
	case !strings.HasPrefix(c.Key, "net.") && !netns.IsInit():
		return "it belongs to the whole host, not to a network namespace"
	case a.Kind == plan.AlreadySo:
		return ""
	case a.Kind != plan.Planned && a.Acceptable:
		return fmt.Sprintf("%s: %s To do it all the same, put above it: #: accept-risk %s", a.Kind, a.Sentence(), c.Key)
	case a.Kind != plan.Planned:
		return fmt.Sprintf("%s: %s", a.Kind, a.Sentence())
	case c.WasKnown && !force && !sysctl.Same(c.Was, a.Now):
		return fmt.Sprintf("it was %s when the plan was made and is %s now; somebody else has set it (--force applies it all the same)", c.Was, a.Now)
	}
	return ""
}

// NeedsRights returns what keeps this process from setting the values, as a
// [*problem.PermissionError], or nil. Nothing is written.
func (e *Changer) NeedsRights(ctx context.Context, h *Header) error {
	return e.o.Calls.Enter(ctx, h.Netns.Identity, func() error {
		for _, s := range h.Settings {
			err := sysctl.Writable(e.o.Calls, s.Key)
			if errors.Is(err, fs.ErrPermission) {
				return &problem.PermissionError{
					Op: "set " + s.Key, Need: []string{"root, or CAP_NET_ADMIN in the user namespace that owns the network namespace"}, Err: err,
					Hint: "nothing was changed. Run it as root: sudo tcpvitals tune apply ...",
					OpZh: "设置 " + s.Key, HintZh: "什么也没改。用 root 运行：sudo tcpvitals tune apply ...",
				}
			}
			if err != nil {
				return fmt.Errorf("nothing was written: %w", err)
			}
		}
		return nil
	})
}
