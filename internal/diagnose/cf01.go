// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/command"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

func cf01() Rule {
	return Rule{
		Code: "CF01", Name: "config-drift",
		Title: text("Kernel parameters that somebody has set", "被人设置过的内核参数"),
		Facts: []string{"kernel parameters", "configuration files"},
		Formula: text("each parameter of the catalogue: its value against the kernel's default, and against the last line of a configuration file that sets it",
			"目录中的每个参数：当前值与内核默认值相比，并与配置文件中最后一个设置它的行相比"),
		Threshold: []knowledge.Statement{
			claim("Info, always: a value that differs is somebody's decision and no fault. One that differs from its file will be another after the next boot.",
				"总是信息：与默认不同是有人作出的决定，并不是错误。与文件不同的值，下次启动后会变成另一个。",
				"sysctl.d(5); net/ipv4/tcp_ipv4.c tcp_sk_init"),
		},
		Excluded: []knowledge.Statement{
			claim("Defaults that follow from the size of the host are computed from tcp_ehash_entries; where that is not known, they are not compared. A value that was the default of an older kernel is not listed.",
				"由主机规模决定的默认值按 tcp_ehash_entries 计算；不知道它时不比较。等于旧内核默认值的不列出。",
				"net/ipv4/tcp.c tcp_init; net/ipv4/tcp_ipv4.c tcp_set_hashinfo"),
			claim("Files are compared in the host's own network namespace only: nothing applies them to containers.",
				"只在主机自己的网络命名空间里与文件比较：容器不会套用这些文件。", "sysctl.d(5); measured on Linux 6.18"),
		},
		Kernel: []knowledge.Statement{
			claim("Keep what somebody can give a reason for; tcpvitals explain NAME says what each does.", "说得出理由的才保留；tcpvitals explain 参数名 会说明每个参数的作用。", "Documentation/networking/ip-sysctl.rst"),
		},
		Check:   command.Of("doctor", "-v"),
		Sources: []string{"net/ipv4/tcp_ipv4.c tcp_sk_init", "Documentation/networking/ip-sysctl.rst", "sysctl.d(5)"},
		See:     []string{"TW07", "FW03", "SY03"},
		Judge:   judgeCF01,
	}
}

// drift is a parameter that does not have the value that it would have if nobody had
// changed it.
type drift struct{ key, value, other string }

func judgeCF01(c *Case) (out []Finding) {
	if len(c.Now.Sysctls) == 0 {
		c.Lacks("kernel parameters", c.Now.why("net"))
		return nil
	}
	if f, ok := c.changedFromDefault(); ok {
		out = append(out, f)
	}
	if f, ok := c.changedFromFiles(); ok {
		out = append(out, f)
	}
	return out
}

// changedFromDefault compares with the kernel's defaults. Host-wide parameters are
// compared in the first namespace only.
func (c *Case) changedFromDefault() (f Finding, ok bool) {
	host := knowledge.HostFacts{EhashEntries: c.buckets()}
	first := c.Now == c.Machine.Spaces[0]
	var all []drift
	for s := range knowledge.Sysctls() {
		facts, _ := c.facts(s.Key)
		value, known := facts.Sysctls[s.Key]
		standard, told := s.Default.On(host)
		if !known || !told || s.Status != knowledge.SysctlLive || s.Scope != knowledge.PerNetns && !first {
			continue
		}
		if sameValue(value, standard) || slices.ContainsFunc(s.Default.Former, func(d knowledge.FormerDefault) bool { return sameValue(value, d.Value) }) {
			continue
		}
		all = append(all, drift{s.Key, value, standard})
	}
	return driftFinding(all)
}

// driftFinding is the finding about parameters that do not have their default values.
func driftFinding(all []drift) (f Finding, ok bool) {
	if len(all) == 0 {
		return Finding{}, false
	}
	f = Finding{
		drifts: all, Severity: Info, Basis: Setting,
		Summary:  say("kernel parameters that are not at their default (%s): %s", "不是默认值的内核参数（%s 个）：%s", len(all), keysOf(all)),
		Evidence: []Evidence{{Name: "kernel parameters that are not at their default", Value: float64(len(all))}},
	}
	for _, d := range all {
		f.Detail = append(f.Detail, say("%s is %s, the default is %s", "%s 为 %s，默认为 %s", d.key, knowledge.Shown(spaced(d.value)), knowledge.Shown(spaced(d.other))))
	}
	return f, true
}

// saidOnce omits, among parameters that differ from the default, those that another
// finding of the namespace proposes to change: that finding gives the reason.
func saidOnce(found []Finding) (out []Finding) {
	for _, f := range found {
		if len(f.drifts) > 0 {
			left := slices.DeleteFunc(slices.Clone(f.drifts), func(d drift) bool {
				return slices.ContainsFunc(found, func(other Finding) bool { return sameNetns(other.Netns, f.Netns) && other.proposes(d.key) })
			})
			again, ok := driftFinding(left)
			if !ok {
				continue
			}
			if len(left) < len(f.drifts) {
				f.drifts, f.Summary, f.Detail, f.Evidence = again.drifts, again.Summary, again.Detail, again.Evidence
			}
		}
		out = append(out, f)
	}
	return out
}

// proposes reports whether a finding proposes to change a parameter.
func (f *Finding) proposes(key string) bool {
	return slices.ContainsFunc(f.Changes, func(c Change) bool { return c.Key == key })
}

// changedFromFiles compares with the lines of configuration files. The last line that
// sets a parameter counts.
func (c *Case) changedFromFiles() (f Finding, ok bool) {
	if !c.Now.Initial {
		return Finding{}, false
	}
	if c.Machine.Files == nil {
		c.Lacks("sysctl.d", text("the configuration files were not read", "未读取配置文件"))
		return Finding{}, false
	}
	last := map[string]SysctlLine{}
	var keys []string
	for _, line := range c.Machine.Files {
		if _, seen := last[line.Key]; !seen {
			keys = append(keys, line.Key)
		}
		last[line.Key] = line
	}
	var all []drift
	for _, key := range keys {
		facts, _ := c.facts(key)
		value, known := facts.Sysctls[key]
		if line := last[key]; known && !sameValue(value, line.Value) {
			all = append(all, drift{key, value, line.Value})
			f.Detail = append(f.Detail, say("%s is %s, but %s sets it to %s", "%s 为 %s，而 %s 将其设为 %s",
				key, spaced(value), fmt.Sprintf("%s:%d", line.File, line.Line), spaced(line.Value)))
		}
	}
	f.Severity, f.Basis = Info, Setting
	f.Summary = say("kernel parameters that differ from the configuration files, until the next boot (%s): %s",
		"与配置文件不同的内核参数，下次启动后将按文件设置（%s 个）：%s", len(all), keysOf(all))
	f.Evidence = []Evidence{{Name: "kernel parameters that differ from their file", Value: float64(len(all))}}
	return f, len(all) > 0
}

// buckets is the size of the hash table of connections. The kernel shows a negative
// size in a namespace that uses the host's table (net/ipv4/sysctl_net_ipv4.c
// proc_tcp_ehash_entries).
func (c *Case) buckets() uint64 {
	defer c.optional()()
	n, ok := c.Sysctl("net.ipv4.tcp_ehash_entries")
	if !ok {
		return 0
	}
	return uint64(max(n, -n))
}

// sameValue compares values as the kernel parses them: as lists of numbers if they
// are, else as text.
func sameValue(a, b string) bool {
	x, errX := knowledge.ParseSysctlNumbers(a)
	y, errY := knowledge.ParseSysctlNumbers(b)
	if errX == nil && errY == nil {
		return slices.Equal(x, y)
	}
	return spaced(a) == spaced(b)
}

// spaced writes a value of several numbers with one blank between them.
func spaced(value string) string { return strings.Join(strings.Fields(value), " ") }

// namedKeys is how many parameters a summary names at most.
const namedKeys = 3

func keysOf(all []drift) knowledge.Text {
	var names []string
	for _, d := range all[:min(namedKeys, len(all))] {
		names = append(names, d.key[strings.LastIndexByte(d.key, '.')+1:])
	}
	if len(all) > namedKeys {
		names = append(names, "…")
	}
	return knowledge.ListedText(names)
}
