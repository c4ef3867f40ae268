// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// A Case is what one rule judges: one namespace at one reading, or at two readings
// with a window between them. The rule takes its facts through the methods, which
// record missing facts. A rule that lacks a fact and finds nothing counts as not
// judged, not as passed.
type Case struct {
	Machine *Machine
	Now     *Space
	Before  *Space        // nil without a window
	Window  time.Duration // between Before and Now

	hostBefore *Facts
	past       *Machine   // nil without a window
	judged     *listeners // made when a rule first needs it
	missing    []Missing
	samples    []knowledge.Text // says where the rule saw only a sample of the sockets
	portUses   []PortUse
	surplus    surplus // findings of the present rule that had no room
}

// Missing is a fact that a rule needed, and why it is missing.
type Missing struct {
	Fact   string
	Reason knowledge.Text
}

// Lacks records that a fact is missing.
func (c *Case) Lacks(fact string, reason knowledge.Text) {
	if !slices.ContainsFunc(c.missing, func(m Missing) bool { return m.Fact == fact }) {
		c.missing = append(c.missing, Missing{fact, reason})
	}
}

// optional is for facts that a rule can do without: until the returned function is
// called, missing facts are not recorded. Use it as: defer c.optional()()
func (c *Case) optional() (end func()) {
	saved := c.missing
	return func() { c.missing = saved }
}

// facts returns the facts that may have a name, now and at the earlier reading: those
// of the namespace, or for a host-wide name those of the host.
func (c *Case) facts(name string) (now, before *Facts) {
	if hostWide(name) {
		return &c.Machine.Host, c.hostBefore
	}
	if c.Before == nil {
		return &c.Now.Facts, nil
	}
	return &c.Now.Facts, &c.Before.Facts
}

// HostWide reports whether a name belongs to [Machine.Host] rather than to a
// namespace.
func HostWide(name string) bool { return hostWide(name) }

// hostWide reports whether a name has one value for all network namespaces: the kernel
// counts orphans and buffer pages once (net/ipv4/proc.c sockstat_seq_show), and
// received packets per processor.
func hostWide(name string) bool {
	switch name {
	case "TCP.orphan", "TCP.mem", "TCP.alloc", "net.ipv4.tcp_mem", "net.ipv4.tcp_max_orphans":
		return true
	default:
		return hasPrefix(name, "softnet.", "fs.", "file-nr.", "net.core.netdev_")
	}
}

func hasPrefix(name string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// Text returns a kernel parameter as text.
func (c *Case) Text(sysctl string) (value string, ok bool) {
	facts, _ := c.facts(sysctl)
	value, ok = facts.Sysctls[sysctl]
	if !ok {
		c.Lacks(sysctl, facts.why(sysctl))
	}
	return value, ok
}

// Sysctl returns a kernel parameter that is one number.
func (c *Case) Sysctl(name string) (n int64, ok bool) {
	text, ok := c.Text(name)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		c.Lacks(name, quoting("it is not a number", "不是一个数", text))
		return 0, false
	}
	return n, true
}

// Sysctls returns a kernel parameter that consists of count numbers, such as tcp_mem.
func (c *Case) Sysctls(name string, count int) (all []int64, ok bool) {
	text, ok := c.Text(name)
	if !ok {
		return nil, false
	}
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			break
		}
		all = append(all, n)
	}
	if len(all) != count {
		c.Lacks(name, quoting("it does not read as expected", "内容与预期不符", text))
		return nil, false
	}
	return all, true
}

// Gauge returns a number that can rise and fall.
func (c *Case) Gauge(name string) (n uint64, ok bool) {
	facts, _ := c.facts(name)
	n, ok = facts.Gauges.Of(name)
	if !ok {
		c.Lacks(name, facts.why(name))
	}
	return n, ok
}

// Total returns a counter's value since boot, or since the namespace was made. It is
// not a rate and says nothing about the present.
func (c *Case) Total(counter string) (n uint64, ok bool) {
	facts, _ := c.facts(counter)
	n, ok = facts.Counters.Of(counter)
	if !ok {
		c.Lacks(counter, facts.why(counter))
	}
	return n, ok
}

// Delta returns by how much a counter grew in the window.
func (c *Case) Delta(counter string) (n uint64, ok bool) {
	now, before := c.facts(counter)
	if before == nil {
		c.Lacks("window", noWindow())
		return 0, false
	}
	a, known := before.Counters.Of(counter)
	b, stillKnown := now.Counters.Of(counter)
	switch {
	case !known || !stillKnown:
		c.Lacks(counter, now.why(counter))
		return 0, false
	case b < a:
		c.Lacks(counter, knowledge.Text{En: "it went backwards: not the same boot or namespace", Zh: "它变小了：不是同一次启动或同一命名空间"})
		return 0, false
	default:
		return b - a, true
	}
}

// Moved returns by how much a counter grew, 0 if that is not known. It is for counters
// whose growth changes a verdict but whose absence does not prevent one.
func (c *Case) Moved(counter string) uint64 {
	defer c.optional()()
	n, _ := c.Delta(counter)
	return n
}

// Opened reports whether any connection was opened in the window, in either direction.
func (c *Case) Opened() bool { return c.Moved("Tcp.PassiveOpens")+c.Moved("Tcp.ActiveOpens") > 0 }

// MovedAnywhere returns by how much a counter grew in all namespaces together that
// were read twice. It is for limits that the kernel has once for the whole host.
func (c *Case) MovedAnywhere(counter string) (sum uint64) {
	if c.past == nil {
		return 0
	}
	for _, space := range c.Machine.Spaces {
		sum += newCase(c.Machine, c.past, space, c.Window).Moved(counter)
	}
	return sum
}

// Rate returns a counter's growth per second.
func (c *Case) Rate(counter string) (perSecond float64, ok bool) {
	n, ok := c.Delta(counter)
	if !ok || c.Window <= 0 {
		return 0, false
	}
	return float64(n) / c.Window.Seconds(), true
}

// Count returns how many sockets are in a state.
func (c *Case) Count(s tcp.State) uint64 { return c.Now.Sockets.Tally.Of(s).Total }

// steady returns a number of this reading, or that of the earlier reading if it is
// smaller. A burst of closes, as when a server restarts, is in one of the two readings
// only.
func (c *Case) steady(count func(*Reading) uint64) uint64 {
	n := count(c.Now.Sockets)
	if c.Before != nil && c.Before.Sockets != nil {
		n = min(n, count(c.Before.Sockets))
	}
	return n
}

// Closes returns how many connections per second this side closes. In a window that is
// counted. From one reading it is the number of TIME_WAIT divided by 60 s (Little's
// law), which is how long TIME_WAIT lasts whatever is configured (include/net/tcp.h
// TCP_TIMEWAIT_LEN).
func (c *Case) Closes() (perSecond float64) {
	defer c.optional()()
	rate, ok := c.Rate("TcpExt.TW")
	if ok {
		return rate
	}
	return float64(c.Count(tcp.TimeWait)) / timeWait.Seconds()
}

// closesSeen returns how many connections per second this side closes: counted in a
// window, or from one reading the least possible rate. known is false if the number of
// TIME_WAIT gives no rate, because connect() takes them over or because they have
// existed for less than 60 s.
func (c *Case) closesSeen() (perSecond float64, counted, known bool) {
	defer c.optional()()
	least := float64(c.Count(tcp.TimeWait)) / timeWait.Seconds()
	if n, ok := c.Delta("TcpExt.TW"); ok && c.Window > 0 {
		n += c.Moved("TcpExt.TWKilled") + c.Moved("TcpExt.TCPTimeWaitOverflow")
		if rate := float64(n) / c.Window.Seconds(); rate >= least { // less means that the window fell between two bursts
			return rate, true, true
		}
	}
	recycled, _ := c.Total("TcpExt.TWRecycled")
	oldest := c.Now.Sockets.timeWaits.oldest
	if recycled > 0 || oldest > 0 && oldest < timeWait-bucketSpan {
		return 0, false, false
	}
	return least, false, true
}

// ClosesAtLeast is [Case.Closes], but at least the mean of the last minute, because a
// short window may fall between two bursts.
func (c *Case) ClosesAtLeast() (perSecond float64) {
	return max(c.Closes(), float64(c.Count(tcp.TimeWait))/timeWait.Seconds())
}

// Kept returns what a watch kept of its rows, now and at the earlier reading (nil
// without one). ok is false if the source does not show the fields that the watch
// needs.
func (c *Case) Kept(w WatchID) (now, before *Watch, ok bool) {
	now = c.watch(w)
	if now == nil {
		reason, known := c.Now.Absent[w.String()]
		if !known {
			reason.Code = knowledge.AbsentRows
		}
		c.Lacks(w.String(), reason.Text())
		return nil, nil, false
	}
	if c.Before != nil && c.Before.Sockets != nil {
		before = c.Before.Sockets.Watch(w)
	}
	return now, before, true
}

// watch returns what a watch kept now, nil if the source does not show it. If it kept
// a sample, the rule's findings say so.
func (c *Case) watch(id WatchID) *Watch {
	w := c.Now.Sockets.Watch(id)
	if w == nil {
		return nil
	}
	if t, ok := w.sampleText(); ok && !slices.Contains(c.samples, t) {
		c.samples = append(c.samples, t)
	}
	return w
}

func noWindow() knowledge.Text {
	return knowledge.Text{En: "one reading only: look twice with --window 10s", Zh: "只读取了一次：请用 --window 10s 读取两次"}
}

// why says why a name is not known: the reason for the name itself, or for its group.
func (f *Facts) why(name string) knowledge.Text {
	for group := name; group != ""; {
		// net.netfilter.nf_conntrack_max and nf_conntrack.drop belong to one group.
		for _, name := range []string{group, group[strings.LastIndexByte(group, '.')+1:]} {
			if reason, ok := f.Absent[name]; ok {
				return reason.Text()
			}
		}
		cut := strings.LastIndexAny(group, "._")
		if cut < 0 {
			break
		}
		group = group[:cut]
	}
	return f.Absent[""].Text()
}
