// SPDX-License-Identifier: Apache-2.0

package change

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// A RefusedError tells all reasons why a plan was not applied. Nothing was written.
type RefusedError struct{ Problems []Problem }

// A Problem is one reason to refuse a plan.
type Problem struct {
	Key  string
	Line int // of the plan, 0 if unknown
	Why  error
}

func (e *RefusedError) Error() string {
	return "nothing was written: " + each(e.reasons(), false, "\n")
}

// Chinese is the error in Chinese.
func (e *RefusedError) Chinese() string {
	return "什么也没写：" + each(e.reasons(), true, "\n")
}

// Unwrap returns the reasons, for [problem.Lines] to tell each on a line of its own.
func (e *RefusedError) Unwrap() error { return errors.Join(e.reasons()...) }

// reasons are sentences alone: what kind of trouble one is does not make it the kind of
// the whole.
func (e *RefusedError) reasons() []error {
	all := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = problem.Errorf("%s: %w", "%s：%w", p.Key, p.Why)
		if p.Line > 0 {
			all[i] = problem.Errorf("line %d: %w", "第 %d 行：%w", p.Line, all[i])
		}
		all[i] = problem.New(problem.Wording(all[i], false), problem.Wording(all[i], true))
	}
	return all
}

// Hint tells the way out.
func (e *RefusedError) Hint() string {
	return "edit the plan, or make it anew with tcpvitals tune plan"
}

// HintChinese is [RefusedError.Hint] in Chinese.
func (e *RefusedError) HintChinese() string {
	return "请修改计划，或用 tcpvitals tune plan 重新生成"
}

// Preview returns what [Changer.Apply] would do, without a number and deadlines, or
// the error of Apply. It needs no right except to enter the namespace. It leaves out
// parameters that have their new value already.
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
			why := e.refuse(c, answers[i], o.Force)
			if why != nil {
				refused.Problems = append(refused.Problems, Problem{Key: c.Key, Line: c.Line, Why: why})
			}
			if why == nil && answers[i].Kind != plan.AlreadySo {
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
		s.Risk, s.RiskZh = a.SentenceIn(knowledge.English), a.SentenceIn(knowledge.Chinese)
	case c.Accepted:
		s.Risk, s.RiskZh = "nothing known here speaks against it.", "这里没有已知的反对理由。"
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

// refuse returns why one entry of a plan cannot be applied; nil if it can.
func (e *Changer) refuse(c plan.Change, a plan.Answer, force bool) error {
	switch {
	case !sysctl.Valid(c.Key):
		return problem.New("no name of a parameter", "不是参数名")
	case !strings.HasPrefix(c.Key, "net.") && !netns.IsInit():
		return problem.New("it belongs to the whole host, not to a network namespace", "它属于整台主机，而不是某个网络命名空间")
	case a.Kind == plan.AlreadySo:
		return nil
	case a.Kind != plan.Planned && a.Acceptable:
		return problem.Errorf("%w To do it all the same, put above it: #: accept-risk %s", "%w 仍要这样做，请在它上面写：#: accept-risk %s", judged(a), c.Key)
	case a.Kind != plan.Planned:
		return judged(a)
	case c.WasKnown && !force && !sysctl.Same(c.Was, a.Now):
		return problem.Errorf("it was %s when the plan was made and is %s now; somebody else has set it (--force applies it all the same)", "生成计划时它是 %s，现在是 %s；有人改过它（加 --force 仍会应用）", c.Was, a.Now)
	}
	return nil
}

// judged turns an answer of the plan's judge into an error.
func judged(a plan.Answer) error {
	return problem.New(a.Kind.String()+": "+a.Sentence(), a.Kind.Text().Zh+"："+a.SentenceIn(knowledge.Chinese))
}

// NeedsRights returns a [*problem.PermissionError] if this process may not set the
// values, else nil. It writes nothing.
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
				return problem.Errorf("nothing was written: %w", "什么也没写：%w", err)
			}
		}
		return nil
	})
}
