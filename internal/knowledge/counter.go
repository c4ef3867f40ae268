// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	_ "embed"
	"slices"
	"strings"
)

// Counters returns a topic for each number of the kernel that tells something
// about connections: those that only grow, and those that say how many there
// are now.
func Counters() []Topic {
	return slices.Concat(
		timeWaitCounters(), listenCounters(), cookieCounters(), openCounters(), abortCounters(), retransmitCounters(),
		challengeCounters(), pawsCounters(), memoryCounters(), sockstatCounters(), pathCounters(), fastOpenCounters(), signatureCounters(), plainCounters(),
	)
}

// A counter is one of them, in the words that are its own.
type counter struct {
	name    string
	aliases []string
	title   Text
	counts  []Statement // what it really counts
	scope   []Statement // whose it is
	traps   []Statement // how it misleads
	use     []Statement // what to do with it
	see     []string
	prove   []string
}

func (c counter) topic(printed map[string][]string) Topic {
	aliases := append(c.aliases, printed[c.name]...)
	if bare, ok := strings.CutPrefix(c.name, "Tcp."); ok {
		aliases = append(aliases, bare) // /proc/net/snmp and people leave the group out
	}
	t := Topic{Kind: KindCounter, Name: c.name, Aliases: aliases, Title: c.title, See: c.see, Prove: c.prove}
	for _, s := range []Section{
		section("What it counts", "计的是什么", c.counts...),
		section("Where it holds", "作用范围", c.scope...),
		section("How it misleads", "容易误读之处", c.traps...),
		section("What to do with it", "怎么用", c.use...),
	} {
		if len(s.Statements) > 0 {
			t.Sections = append(t.Sections, s)
		}
	}
	return t
}

// sentencesOfNetstat has the form that its head describes.
//
//go:embed counter_netstat.txt
var sentencesOfNetstat string

// printedByNetstat is what netstat -s prints for each counter: people paste it.
func printedByNetstat() map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(sentencesOfNetstat) {
		if counter, sentence, ok := strings.Cut(strings.TrimSpace(line), " | "); ok {
			all[counter] = append(all[counter], sentence)
		}
	}
	return all
}

func counterTopics(all ...counter) []Topic {
	topics, printed := make([]Topic, len(all)), printedByNetstat()
	for i, c := range all {
		topics[i] = c.topic(printed)
	}
	return topics
}

// perNamespace is the scope of everything in /proc/net/netstat and /proc/net/snmp.
func perNamespace() []Statement {
	return []Statement{say(
		"One number for each network namespace, IPv4 and IPv6 together. It starts at 0 when the namespace is made and only grows: take the difference of two readings.",
		"每个网络命名空间各有一份，IPv4 与 IPv6 合计。从命名空间创建时的 0 开始只增不减：要看两次读数之差。",
		"net/ipv4/proc.c netstat_seq_show, snmp_seq_show; include/net/netns/mib.h struct netns_mib",
	)}
}

// newIn618 is the scope of counters that older kernels do not have.
func newIn618() []Statement {
	return append(perNamespace(), say(
		"It is there on Linux 6.18 and not in 6.12: where the column is missing the number is unknown, not 0.",
		"Linux 6.18 有，6.12 没有：没有这一列时是“未知”，不是 0。",
		"net/ipv4/proc.c snmp4_net_list; "+measured,
	))
}
