// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/hashwalk"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// hashwalkName is the name of the engine that counts inside the kernel.
const hashwalkName = "hashwalk"

// A Plan tells how a question will be answered, and why in this way.
type Plan struct {
	// Engine is the engine that answers. If it fails, the others are tried in order.
	Engine string
	// Size is how much has to be read, as far as that is known beforehand.
	Size Size
	// States are the states that the kernel is asked for.
	States tcp.StateSet
	// Kernel is the part of the filter that the kernel decides; "" if it decides only
	// by state. InPart says that the kernel does not decide the whole filter.
	Kernel string
	InPart bool
	// Here is the part of the filter that is decided here, socket by socket; "" for
	// none.
	Here string
	// Counted says that the kernel sends numbers, not sockets.
	Counted bool
	// Engines are all engines, in the order in which they are considered.
	Engines []Considered

	only   bool          // no other engine may answer
	denied error         // why no program may be loaded
	gaps   []problem.Gap // gaps of the answer
}

// A Considered is an engine with its estimated cost and the reason why it was not
// taken.
type Considered struct {
	Name string
	Cost time.Duration // an estimate; 0 if none can be made
	// Not is why the engine was not taken; nil for the one that was.
	Not error
}

// walks reports whether the plan lets the kernel count.
func (p *Plan) walks() bool { return p.Engine == hashwalkName }

// refuse records that an engine that the plan had chosen cannot answer.
func (p *Plan) refuse(engine string, err error) {
	p.gaps = append(p.gaps, problem.Failed(engine, err).NeverShown())
}

// explain plans the answer of [Host.Count]. It reads no socket.
func (h *Host) explain(ctx context.Context, q Counting) (*Plan, error) {
	o, chosen := h.options, h.engines
	p := &Plan{only: len(chosen) == 1 || q.sampled(), Size: h.size(ctx)}
	split := pushDown(q.Filter)
	p.States, p.Here = split.states, split.rest.String()
	if split.bytecode != nil {
		p.Kernel, p.InPart = q.Filter.String(), !split.rest.All()
	}
	not, hard := p.notWalk(h, q)
	switch {
	case not == nil:
		p.Engine, p.Counted, p.Here, p.Kernel, p.InPart = hashwalkName, true, "", q.Filter.String(), false
	case q.sampled(), hard && o.named(hashwalkName):
		return nil, p.noWalk(q, not)
	default:
		p.Engine = withoutWalk(chosen)[0].name
	}
	p.consider(h, not)
	return p, nil
}

// noWalk returns the error of a question that only a walk can answer. An error of the
// machine keeps its kind, such as missing permission.
func (p *Plan) noWalk(q Counting, why error) error {
	what, hint, zh, hintZh := "the engine hashwalk cannot answer this", "leave --engine out", "引擎 hashwalk 无法回答", "去掉 --engine"
	if q.sampled() {
		what, hint, zh, hintZh = "a sample is not possible here", "leave --sample and --within out", "这里无法抽样", "去掉 --sample 和 --within"
	}
	if p.denied != nil {
		return fmt.Errorf("%w: %w", problem.New(what, zh), p.denied)
	}
	return &problem.UsageError{Msg: what + ": " + why.Error(), Hint: hint, Zh: zh + "：" + problem.Wording(why, true), HintZh: hintZh}
}

// notWalk returns why the kernel is not asked to count; nil if it is. hard says that
// the kernel cannot count; otherwise counting there would only be slower. On a small
// host the rights for a walk are not probed.
func (p *Plan) notWalk(h *Host, q Counting) (why error, hard bool) {
	o := h.options
	wanted := o.named(hashwalkName) || q.sampled()
	switch {
	case o.ProcRoot != "":
		return problem.New("it reads the kernel, not files", "它读取内核，不读文件"), true
	case o.Engine != "" && !o.named(Auto) && !o.named(hashwalkName):
		return anotherEngine(), true
	case !q.Fields.Empty():
		return problem.New("it only counts, and has no rows", "它只计数，不提供逐个套接字"), true
	case !wanted && h.walkCost(p.Size) >= p.Size.dumpCost():
		return problem.Errorf(
			"for so few sockets it costs more: its program has to be loaded first (%v)", "套接字这么少时代价反而更大：要先装载它的程序（%v）", loadCost,
		), false
	}
	if why := unwalkable(q); why != nil {
		return why, true
	}
	p.denied = h.mayWalk()
	if p.denied == nil {
		return nil, false
	}
	if !wanted {
		p.refuse(hashwalkName, p.denied)
	}
	return p.denied, true
}

// walkCost estimates the cost of a walk here. The cost is lower if the programs are
// loaded, or if further questions will use them.
func (h *Host) walkCost(s Size) time.Duration {
	if h.walker != nil || h.options.Stays {
		return s.walkCost() - loadCost
	}
	return s.walkCost()
}

// unwalkable returns the part of a question that the kernel cannot decide; nil if it
// can decide all.
func unwalkable(q Counting) error {
	w, why := walkQuery(q)
	if why != nil {
		return why
	}
	return hashwalk.Supports(w)
}

// walkQuery translates a question for the walk in the kernel. why names what the
// kernel cannot decide.
func walkQuery(q Counting) (w hashwalk.Query, why error) {
	states, cond, rest := query.Split(q.Filter, hashwalk.Pushable())
	if !rest.All() {
		return w, problem.Errorf("the kernel cannot decide %s", "内核无法判断 %s", rest)
	}
	w = hashwalk.Query{States: states, Where: cond, Unowned: q.Unowned}
	for _, k := range q.Keys {
		if !hashwalk.Groupable().Has(k.Field.ID) {
			return w, problem.Errorf("the kernel cannot tell %s", "内核分不清 %s", k.Field.Name)
		}
		w.By = append(w.By, hashwalk.Key{Field: k.Field.ID, Cut: k.Cut, Bits4: k.Bits4, Bits6: k.Bits6})
	}
	return w, nil
}

// consider lists the engines, each with the reason why it was or was not taken.
func (p *Plan) consider(h *Host, notWalk error) {
	o := h.options
	for _, e := range live() {
		c := Considered{Name: e.name}
		switch e.name {
		case hashwalkName:
			c.Cost, c.Not = h.walkCost(p.Size), notWalk
		case "sock_diag":
			c.Cost = p.Size.dumpCost()
		}
		if e.name == p.Engine {
			c.Not = nil
		} else if c.Not == nil {
			c.Not = problem.Errorf("used only when %s cannot answer", "仅在 %s 无法回答时采用", p.Engine)
			if o.Engine != "" && !o.named(Auto) {
				c.Not = anotherEngine()
			}
		}
		p.Engines = append(p.Engines, c)
	}
}

func anotherEngine() error {
	return problem.New("another engine was asked for", "已指定别的引擎")
}

// named reports whether the user asked for the engine of that name.
func (o Options) named(name string) bool { return fold(o.Engine) == fold(name) }

// isNetnsKey reports whether a key shows the name of a namespace.
func isNetnsKey(id socket.FieldID) bool {
	return id == socket.FieldNetns || id == socket.FieldNetnsContainer
}
