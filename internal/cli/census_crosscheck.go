// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/tcpvitals/tcpvitals/internal/collect"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
)

// takeVerbose counts and reads the kernel's own numbers for comparison.
func (o CensusOptions) takeVerbose(ctx context.Context, src engine.Source, q question) (*query.Census, []diagnose.Comparison, error) {
	if err := o.checkVerbose(q); err != nil {
		return nil, nil, err
	}
	c, crossCheck, gaps, err := collect.CensusWithCounters(ctx, src)
	if err != nil {
		return nil, nil, err
	}
	c.Gaps = append(c.Gaps, gaps...)
	return c, diagnose.Reconcile(crossCheck), nil
}

// checkVerbose refuses questions with which the kernel's numbers cannot be compared:
// these cover all sockets of one namespace.
func (o CensusOptions) checkVerbose(q question) error {
	e := &problem.UsageError{Hint: "leave -v out", HintZh: "请去掉 -v"}
	switch {
	case !q.byState():
		e.Msg, e.Zh = "-v goes with a count by state only", "-v 只用于按状态计数"
	case q.sampled():
		e.Msg, e.Zh = "-v compares all sockets, not a sample", "-v 比较的是全部套接字，而不是样本"
	case !q.filter.All():
		e.Msg, e.Zh = "-v compares all sockets, not those of a filter", "-v 比较的是全部套接字，而不是过滤条件选中的"
	case o.Netns != "" && o.Netns != "self":
		e.Msg, e.Hint = "-v compares the network namespace that it runs in", "nsenter --net=FILE tcpvitals census -v compares another"
		e.Zh, e.HintZh = "-v 只比较运行所在的网络命名空间", "nsenter --net=FILE tcpvitals census -v 可比较另一个"
	default:
		return nil
	}
	return e
}
