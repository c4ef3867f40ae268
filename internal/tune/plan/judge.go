// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Machine is a network namespace as its parameters show it.
type Machine interface {
	// Value returns a parameter; the error matches [fs.ErrNotExist] if there is none.
	Value(key string) (string, error)
	// ReadOnly reports whether nobody can set the parameter in this namespace.
	// Missing rights of the caller do not count.
	ReadOnly(key string) bool
}

// Evidence is what is known of the connections. What is unknown is nil, or returns ok
// false.
type Evidence struct {
	Count            func(tcp.State) (n uint64, ok bool)
	OutgoingTimeWait func() (n uint64, ok bool) // TIME_WAIT of connections that this side opened, except to loopback
	Host             knowledge.HostFacts
}

// Rules are what the user has decided about requests.
type Rules struct {
	Accept []string // keys whose risk is accepted
}

// Judge answers requests one by one, in order. A second request for the same key is
// left out.
func Judge(requests []Request, m Machine, e Evidence, r Rules) []Answer {
	j := judge{requests: requests, machine: m, evidence: e}
	seen := map[string]bool{}
	var answers []Answer
	for _, q := range requests {
		if seen[q.Key] {
			continue
		}
		seen[q.Key] = true
		a := j.answer(q)
		if a.Acceptable && slices.Contains(r.Accept, a.Key) {
			a.Kind, a.Accepted = Planned, true
		}
		answers = append(answers, a)
	}
	return answers
}

type judge struct {
	requests []Request
	machine  Machine
	evidence Evidence
}

// answer checks in order: first what is impossible, then what is unwise.
func (j judge) answer(q Request) Answer {
	a := Answer{Request: q}
	a.Known, _ = knowledge.SysctlOf(q.Key)
	now, err := j.machine.Value(q.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a.absent()
	case err != nil:
		return a.say(NotReadable, knowledge.ErrorText(err), knowledge.Text{})
	}
	a.Now = now
	if q.Value == "" && q.Finding != nil {
		return j.noValue(a)
	}
	for _, ask := range []func(Answer) (Answer, bool){j.settled, j.judged, j.ranges, j.direction, j.needless} {
		if answer, ok := ask(a); ok {
			return answer
		}
	}
	a.Kind = Planned
	return a
}

func (a Answer) say(kind Kind, why, do knowledge.Text) Answer {
	a.Kind, a.Why, a.Do = kind, why, do
	return a
}

// absent makes the answer that the parameter does not exist, which cannot be
// accepted.
func (a Answer) absent() Answer {
	s := a.Known
	switch {
	case s.Status == knowledge.SysctlRemoved:
		why := knowledge.Text{En: "this kernel does not have it", Zh: "此内核没有这个参数"}
		if s.Since != "" {
			why = knowledge.Text{En: "removed in Linux " + s.Since, Zh: "Linux " + s.Since + " 已删除"}
		}
		if s.Risk.En != "" {
			why.En += "; " + s.Risk.En
			why.Zh += "；" + s.Risk.Zh
		}
		do := knowledge.Text{En: "Delete the line.", Zh: "删掉这一行。"}
		if s.Renamed != "" {
			do = knowledge.Text{En: "It is called " + s.Renamed + " now.", Zh: "现在叫 " + s.Renamed + "。"}
		}
		return a.say(Refused, why, do)
	case s.Key != "" && s.Scope == knowledge.InitNetnsOnly:
		return a.say(Absent, knowledge.Text{
			En: "it exists in the initial network namespace only", Zh: "只存在于初始网络命名空间",
		}, knowledge.Text{En: "Change it on the host.", Zh: "请在宿主机上修改。"})
	default:
		return a.say(Absent, knowledge.Text{
			En: "neither this kernel nor a loaded module has it", Zh: "此内核及已加载的模块都没有这个参数",
		}, knowledge.Text{})
	}
}

// noValue answers for a parameter that would help but whose right value depends on
// the machine and cannot be computed.
func (judge) noValue(a Answer) Answer {
	f := a.Finding
	why := knowledge.Text{
		En: fmt.Sprintf("%s says that it would help, how far is for you to say; it is %s now", strings.TrimSpace(f.Code+" "+f.Subject), oneLine(a.Now)),
		Zh: fmt.Sprintf("%s 指出调整它会有帮助，调到多少需由你决定；现在是 %s", strings.TrimSpace(f.Code+" "+f.Subject), oneLine(a.Now)),
	}
	return a.say(NoValue, why, knowledge.Text{En: sentence(f.Why.En, "."), Zh: sentence(f.Why.Zh, "。")})
}

// sentence turns a phrase into a sentence: capital letter, full stop.
func sentence(text, stop string) string {
	if text == "" || strings.HasSuffix(text, stop) {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:] + stop
}

// settled answers for values that are set already, and for parameters that cannot be
// set or have no effect.
func (j judge) settled(a Answer) (Answer, bool) {
	switch {
	case oneLine(a.Now) == oneLine(a.Value):
		why := knowledge.Text{En: "the value is " + oneLine(a.Now), Zh: "当前值就是 " + oneLine(a.Now)}
		if value, ok := a.Known.Default.On(j.evidence.Host); ok && oneLine(value) == oneLine(a.Value) {
			why = knowledge.Text{En: why.En + ", which is the kernel's default", Zh: why.Zh + "，也是内核默认值"}
		}
		return a.say(AlreadySo, why, knowledge.Text{}), true
	case a.Known.Status == knowledge.SysctlNoEffect:
		a.Acceptable = true
		return a.say(NoEffect, knowledge.Text{En: "the kernel never reads it", Zh: "内核从不读取它"}, knowledge.Text{En: "Delete the line.", Zh: "删掉这一行。"}), true
	case a.Known.Status == knowledge.SysctlReadOnly:
		return a.say(ReadOnly, knowledge.Text{En: "it only tells something", Zh: "它只用于显示"}, knowledge.Text{}), true
	case j.machine.ReadOnly(a.Key):
		return a.say(ReadOnly, knowledge.Text{En: "it cannot be set in this namespace", Zh: "在此命名空间不能设置"}, knowledge.Text{En: "Change it on the host.", Zh: "请在宿主机上修改。"}), true
	}
	return a, false
}

// judged applies the verdicts of the catalogue.
func (j judge) judged(a Answer) (Answer, bool) {
	for _, v := range a.Known.Verdicts {
		if !v.Applies(a.Value, j.lookup) || !j.meantSo(v) {
			continue
		}
		if a.Finding != nil && v.Applies(a.Now, j.lookup) && !backwards(a.Known.Direction, a.Now, a.Value) {
			continue // a change that improves an advised-against value is not refused
		}
		a.Acceptable = v.Kind != knowledge.Refused
		return a.say(kindOf(v), j.tangible(v), v.Do), true
	}
	return a, false
}

// lookup returns the future value of another parameter: the requested or the present
// one.
func (j judge) lookup(key string) (string, bool) {
	for _, q := range j.requests {
		if q.Key == key {
			return q.Value, true
		}
	}
	value, err := j.machine.Value(key)
	return value, err == nil
}

// meantSo reports whether a verdict on remedies for TIME_WAIT applies: the requests
// contain another part of the same recipe.
func (j judge) meantSo(v knowledge.SysctlVerdict) bool {
	return len(v.Recipe) == 0 || slices.ContainsFunc(j.requests, func(q Request) bool { return slices.Contains(v.Recipe, q.Key) })
}

func kindOf(v knowledge.SysctlVerdict) Kind {
	switch {
	case v.Kind == knowledge.WithoutEffect:
		return NoEffect
	case v.Kind == knowledge.WrongMeaning && len(v.Recipe) > 0:
		return WrongTarget
	default:
		return Refused
	}
}

// tangible adds to a verdict how many sockets it concerns.
func (j judge) tangible(v knowledge.SysctlVerdict) knowledge.Text {
	if v.Counts == 0 || j.evidence.Count == nil {
		return v.Text
	}
	n, ok := j.evidence.Count(v.Counts)
	if !ok {
		return v.Text
	}
	return knowledge.Text{
		En: fmt.Sprintf("%s, of which there are %s here", v.Text.En, knowledge.Grouped(n)),
		Zh: fmt.Sprintf("%s，这里有 %s 个", v.Text.Zh, knowledge.Grouped(n)),
	}
}

// ranges refuses values that the kernel does not accept and values that tune does not offer.
func (j judge) ranges(a Answer) (Answer, bool) {
	s := a.Known
	switch {
	case s.Key == "":
		a.Acceptable = true
		return a.say(Refused, knowledge.Text{
			En: "it is not in the catalogue: what it does to this host is not known here", Zh: "目录里没有它：无法判断它对本机的影响",
		}, knowledge.Text{}), true
	case !s.Kernel.Empty() && !s.Kernel.Contains(a.Value):
		return a.say(Refused, knowledge.Text{
			En: "the kernel takes " + s.Kernel.String(), Zh: "内核只接受 " + s.Kernel.Chinese(),
		}, knowledge.Text{}), true
	case !s.Safe.Empty() && !s.Safe.Contains(a.Value) && !j.isDefault(a) && !nearer(s.Safe, a.Now, a.Value):
		a.Acceptable = true
		return a.say(Refused, knowledge.Text{
			En: "the safe range is " + s.Safe.String(), Zh: "安全范围是 " + s.Safe.Chinese(),
		}, s.Risk), true
	}
	return a, false
}

// nearer reports whether a number is outside a range, as the present one is, but
// nearer to it: an improvement is not refused.
func nearer(r knowledge.SysctlRange, now, then string) bool {
	if !r.Numeric() || r.Count > 1 || r.Contains(now) {
		return false
	}
	from, err := knowledge.ParseSysctlNumbers(now)
	to, errToo := knowledge.ParseSysctlNumbers(then)
	if err != nil || errToo != nil || len(from) != 1 || len(to) != 1 {
		return false
	}
	low, high := r.Spans[0].Min, r.Spans[len(r.Spans)-1].Max
	return from[0] < to[0] && to[0] < low || high < to[0] && to[0] < from[0]
}

// isDefault reports whether a value is the kernel's default: returning to it is
// always allowed.
func (j judge) isDefault(a Answer) bool {
	value, ok := a.Known.Default.On(j.evidence.Host)
	return ok && oneLine(value) == oneLine(a.Value)
}

// direction answers for changes that give up a protection.
func (j judge) direction(a Answer) (Answer, bool) {
	if a.Finding != nil && a.Known.Direction == knowledge.MoveNever {
		return a, false // a rule has found that the present value does harm
	}
	if j.isDefault(a) || !backwards(a.Known.Direction, a.Now, a.Value) {
		return a, false
	}
	a.Acceptable = true
	d := a.Known.Direction.Text()
	return a.say(Refused, knowledge.Text{
		En: fmt.Sprintf("%s: it is %s now", d.En, oneLine(a.Now)), Zh: fmt.Sprintf("%s：现在是 %s", d.Zh, oneLine(a.Now)),
	}, a.Known.Risk), true
}

// backwards reports whether one of the numbers moves against the direction.
func backwards(d knowledge.SysctlDirection, now, then string) bool {
	switch d {
	case knowledge.MoveEither:
		return false
	case knowledge.MoveNever:
		return true
	case knowledge.OnlyRaise, knowledge.OnlyLower:
	}
	from, err := knowledge.ParseSysctlNumbers(now)
	if err != nil {
		return false
	}
	to, err := knowledge.ParseSysctlNumbers(then)
	if err != nil {
		return false
	}
	for i := range min(len(from), len(to)) {
		if d == knowledge.OnlyRaise && to[i] < from[i] || d == knowledge.OnlyLower && to[i] > from[i] {
			return true
		}
	}
	return false
}

// needless answers for parameters that affect outgoing connections if there are no
// such connections. A finding has looked at them already.
func (j judge) needless(a Answer) (Answer, bool) {
	s := a.Known
	if a.Finding != nil || s.Effect != knowledge.AtConnect || s.States != tcp.SetOf(tcp.TimeWait) || j.evidence.OutgoingTimeWait == nil {
		return a, false
	}
	n, ok := j.evidence.OutgoingTimeWait()
	if !ok || n > 0 {
		return a, false
	}
	a.Acceptable = true
	return a.say(NoEffect, knowledge.Text{
		En: "only connect() uses it, and no TIME_WAIT of this host is of a connection that it opened to another host",
		Zh: "只有 connect() 用到它，而本机没有一个 TIME_WAIT 来自本机主动连到其他主机的连接",
	}, knowledge.Text{}), true
}
