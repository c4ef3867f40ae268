// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// finders are two rules: one makes as many findings in a namespace as the namespace's
// number says, the last one critical; the other makes one.
func finders(critical bool) []Rule {
	return []Rule{
		{Code: "XX01", Check: command.Of("queues"), Judge: func(c *Case) (out []Finding) {
			for i := range int(c.Now.Netns.Inode) {
				f := Finding{Severity: Warning, Basis: Limit, Summary: text(fmt.Sprint(i), fmt.Sprint(i))}
				if critical && i == int(c.Now.Netns.Inode)-1 {
					f.Severity = Critical
				}
				out = append(out, f)
			}
			return out
		}},
		{Code: "XX02", Judge: func(*Case) []Finding { return []Finding{{Severity: Warning, Basis: Limit}} }},
	}
}

func machineOf(found ...uint64) *Machine {
	m := &Machine{}
	for _, n := range found {
		m.Spaces = append(m.Spaces, &Space{Netns: &socket.Netns{Inode: n, Name: fmt.Sprint(n)}})
	}
	return m
}

// TestFindingsKept: if a rule has very many findings, the worst are reported, some of
// every namespace, and the number of the others.
func TestFindingsKept(t *testing.T) {
	for _, test := range []struct {
		found  []uint64
		others uint64
	}{
		{[]uint64{FindingsKept}, 0},
		{[]uint64{FindingsKept + 1}, 1},
		{[]uint64{5000, 3}, 5003 - FindingsKept},
		{[]uint64{3, 5000, 700}, 5703 - FindingsKept},
	} {
		d := judgeBy(finders(true), machineOf(test.found...), nil, 0)
		kept, others, critical, namespaces := 0, uint64(0), 0, map[string]bool{}
		for i := range d.Findings {
			switch f := &d.Findings[i]; {
			case f.Code != "XX01":
			case f.Others > 0:
				others += f.Others
				if f.Severity != Warning || f.Check.None() || f.Summary.Zh == "" {
					t.Errorf("%v: the rest is %+v", test.found, f)
				}
			default:
				kept++
				namespaces[f.Netns.Name] = true
				if f.Severity == Critical {
					critical++
				}
			}
		}
		if want := min(FindingsKept, int(test.found[0]+sum(test.found[1:]))); kept != want || others != test.others {
			t.Errorf("%v: %d are told and %d are not, want %d and %d", test.found, kept, others, want, test.others)
		}
		if critical != len(test.found) || len(namespaces) != len(test.found) {
			t.Errorf("%v: %d critical of %d namespaces are told", test.found, critical, len(namespaces))
		}
		if first := d.Findings[0]; first.Severity != Critical {
			t.Errorf("%v: the first is %v", test.found, first.Severity)
		}
	}
}

func sum(all []uint64) (n uint64) {
	for _, one := range all {
		n += one
	}
	return n
}

// TestAcceptQueuesLeftOut: once enough accept queues have a finding, further ones get
// none and are counted.
func TestAcceptQueuesLeftOut(t *testing.T) {
	c := &Case{}
	full := &Queue{Signs: []QueueSign{SignFull}}
	for _, members := range [][]*Queue{{full}, {{}, full}, {{Signs: []QueueSign{SignFilling}}}, {{}}} {
		c.leaveOut("AQ01", members)
	}
	if f := c.surplus.finding(&Rule{}); f.Others != 3 || f.Severity != Critical || f.Basis != Limit {
		t.Errorf("%+v", f)
	}
}
