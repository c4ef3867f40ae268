// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"
)

// A Purse pays for several samplers of one process: together with all else that the
// process does they take [Share] of a processor's time. It measures what is done
// beside passes, such as drawing, and leaves passes the rest.
type Purse struct {
	spent func() time.Duration
	now   func() time.Time

	mu     sync.Mutex
	passes []*running    // the passes that are running
	last   time.Duration // spent at the last change of passes
	at     time.Time     // time of that change
	beside float64       // processors taken by all but passes, on average
}

// A running is a pass that has begun.
type running struct {
	cost   time.Duration
	shared bool // another one ran at the same time: the cost is a guess
}

const (
	// smooth is over which time what is done beside passes is averaged. A second of
	// drawing is forgotten after a few minutes.
	smooth = time.Minute
	// spared is how much of their share passes have left if all else takes more than
	// all: one in so many.
	spared = 4
)

// NewPurse returns a Purse. spent returns the processor time that the process has
// used so far; now is the clock, nil for the system's.
func NewPurse(spent func() time.Duration, now func() time.Time) *Purse {
	if now == nil {
		now = time.Now
	}
	return &Purse{spent: spent, now: now, last: spent(), at: now()}
}

// settle divides what was spent since the last change among the passes that ran.
func (p *Purse) settle() {
	spent, now := p.spent(), p.now()
	cost, took := spent-p.last, now.Sub(p.at)
	p.last, p.at = spent, now
	if n := time.Duration(len(p.passes)); n > 0 {
		for _, pass := range p.passes {
			pass.cost += cost / n
			pass.shared = pass.shared || n > 1
		}
		return
	}
	if took > 0 {
		weight := min(1, float64(took)/float64(smooth))
		p.beside += weight * (float64(cost)/float64(took) - p.beside)
	}
}

// pass begins a pass. The function that it returns ends the pass and returns its cost,
// and whether that is a guess.
func (p *Purse) pass() func() (cost time.Duration, shared bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	pass := new(running)
	p.passes = append(p.passes, pass)
	return func() (time.Duration, bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.settle()
		p.passes = slices.DeleteFunc(p.passes, func(one *running) bool { return one == pass })
		return pass.cost, pass.shared
	}
}

// left turns the share of a sampler, as one in share of a processor's time, into what
// is left of it.
func (p *Purse) left(share int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	part := max(1./spared, 1-Share*p.beside)
	return int(math.Ceil(float64(share) / part))
}

// one returns the part of the time that passes may take now, as one in so many.
func (o *Options) one() int {
	share := cmp.Or(o.Share, Share)
	if o.Purse == nil {
		return share
	}
	return o.Purse.left(share)
}
