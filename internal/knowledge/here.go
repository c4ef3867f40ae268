// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"slices"
	"strings"
)

// A Deviation is a parameter that is otherwise on a host than its page says.
type Deviation struct {
	Key     string
	Live    string // the value; empty where the host does not have the parameter
	Default string
	Former  string // the Linux version before which Live was the default; empty if it was not
}

// Deviations are those of the parameter that a topic is about, or that it leads to, and
// for the page of kernels' defaults of all. live reads a parameter; exists is false for
// one that the host does not have, known for one that cannot be read.
func Deviations(t Topic, facts HostFacts, live func(key string) (value string, exists, known bool)) []Deviation {
	var all []Deviation
	for s := range Sysctls() {
		own := t.Name == s.Key
		if s.Status != SysctlLive || !own && t.Name != kernelDefaultsName && !slices.Contains(t.See, s.Key) && !slices.Contains(t.See, strings.TrimPrefix(s.Key, "net.ipv4.")) {
			continue
		}
		want, ok := s.Default.On(facts)
		value, exists, known := live(s.Key)
		value = strings.Join(strings.Fields(value), " ")
		switch {
		case !exists && own:
			all = append(all, Deviation{Key: s.Key})
		case exists && known && ok && value != want:
			all = append(all, Deviation{s.Key, value, want, formerly(s, value)})
		}
	}
	return all
}

// formerly is the Linux version before which a value was the default.
func formerly(s Sysctl, value string) string {
	for _, former := range s.Default.Former {
		if former.Value == value {
			return former.Until
		}
	}
	return ""
}

// Text says it in a sentence.
func (d Deviation) Text() Text {
	switch {
	case d.Live == "":
		return Text{
			"Here " + d.Key + " is not there: this kernel is older, or built without it, or the network namespace does not have it.",
			"本机没有 " + d.Key + "：内核较旧、编译时没有启用，或该网络命名空间里没有。",
		}
	case d.Former != "":
		return Text{
			"Here " + d.Key + " is " + d.Live + ", the default before Linux " + d.Former + "; today it is " + d.Default + ".",
			"本机的 " + d.Key + " 是 " + d.Live + "，即 Linux " + d.Former + " 之前的默认值；现在默认是 " + d.Default + "。",
		}
	default:
		return Text{
			"Here " + d.Key + " is " + d.Live + "; the default is " + d.Default + ".",
			"本机的 " + d.Key + " 是 " + d.Live + "，默认是 " + d.Default + "。",
		}
	}
}
