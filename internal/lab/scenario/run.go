// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// Run runs one scenario once, in a new namespace. It always returns a result: a
// failure is in its verdict and error.
func Run(ctx context.Context, s *Scenario, o Options) *Result {
	lab, err := openLab(o)
	if err != nil {
		r := &Result{Scenario: s, Family: o.family()}
		r.judge(nil, err)
		return r
	}
	defer lab.close()
	return lab.run(ctx, s, o.family())
}

func (o Options) family() socket.Family {
	if o.Family == 0 {
		return socket.IPv4
	}
	return o.Family
}

// Parallel is how many scenarios [RunAll] runs at the same time by default. Scenarios
// spend most of their time waiting.
const Parallel = 32

// RunAll runs each scenario for each of its families, or for the family of the
// options. It runs at most parallel of them at the same time (0: [Parallel]), the
// slowest first. It calls each with every result in the order of the scenarios, as
// soon as that result and all earlier ones exist, and returns when all are done.
func RunAll(ctx context.Context, all []*Scenario, o Options, parallel int, each func(*Result)) {
	jobs := jobsFor(all, o)
	lab, err := openLab(o)
	if err == nil {
		defer lab.close()
	}
	if parallel <= 0 {
		parallel = Parallel
	}
	var workers sync.WaitGroup
	queue := make(chan *job)
	for range min(parallel, max(len(jobs), 1)) {
		workers.Go(func() {
			for j := range queue {
				j.done <- j.run(ctx, lab, err)
			}
		})
	}
	workers.Go(func() {
		defer close(queue)
		for _, j := range slowestFirst(jobs) {
			queue <- j
		}
	})
	for _, j := range jobs {
		each(<-j.done)
	}
	workers.Wait()
}

// job is one scenario for one family.
type job struct {
	scenario *Scenario
	family   socket.Family
	done     chan *Result
}

func (j *job) run(ctx context.Context, lab *laboratory, err error) *Result {
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		r := &Result{Scenario: j.scenario, Family: j.family}
		r.judge(nil, err)
		return r
	}
	return lab.run(ctx, j.scenario, j.family)
}

func jobsFor(all []*Scenario, o Options) []*job {
	var jobs []*job
	for _, s := range all {
		for _, family := range s.Families {
			if o.Family == 0 || o.Family == family {
				jobs = append(jobs, &job{s, family, make(chan *Result, 1)})
			}
		}
	}
	return jobs
}

// slowestFirst orders jobs by their waiting time, the longest first, so that no long
// one is left for the end.
func slowestFirst(jobs []*job) []*job {
	ordered := slices.Clone(jobs)
	slices.SortStableFunc(ordered, func(a, b *job) int {
		return cmp.Compare(b.scenario.Script.Waits(), a.scenario.Script.Waits())
	})
	return ordered
}
