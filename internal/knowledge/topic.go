// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"slices"
	"strings"
)

// A Kind is what a topic is about.
type Kind string

// The kinds of topics.
const (
	KindState    Kind = "state"    // a state of a connection, such as TIME_WAIT
	KindCounter  Kind = "counter"  // a number that the kernel keeps, such as TcpExt.ListenDrops
	KindSysctl   Kind = "sysctl"   // a kernel parameter, such as net.ipv4.tcp_tw_reuse
	KindOption   Kind = "option"   // a socket option, such as TCP_USER_TIMEOUT
	KindRule     Kind = "rule"     // a rule of the doctor, such as TW03
	KindCode     Kind = "code"     // a code of tune audit, such as HARMFUL
	KindAlert    Kind = "alert"    // an alert of Prometheus, such as TCPAcceptQueueFull
	KindMyth     Kind = "myth"     // widespread advice that is wrong
	KindQuestion Kind = "question" // a question that people ask, with its answer
)

// Kinds lists the kinds in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{KindState, KindCounter, KindSysctl, KindOption, KindRule, KindCode, KindAlert, KindMyth, KindQuestion}
}

// Title returns what a list of topics of the kind is called.
func (k Kind) Title() Text {
	switch k {
	case KindState:
		return Text{"States", "状态"}
	case KindCounter:
		return Text{"Counters", "计数器"}
	case KindSysctl:
		return Text{"Kernel parameters", "内核参数"}
	case KindOption:
		return Text{"Socket options", "套接字选项"}
	case KindRule:
		return Text{"Rules of the doctor", "诊断规则"}
	case KindCode:
		return Text{"Codes of tune audit", "tune audit 的代码"}
	case KindAlert:
		return Text{"Alerts", "告警"}
	case KindMyth:
		return Text{"Myths", "常见误区"}
	case KindQuestion:
		return Text{"Questions", "常见问题"}
	default:
		return Text{}
	}
}

// Word returns what one topic of the kind is called.
func (k Kind) Word() Text {
	switch k {
	case KindState:
		return Text{"state", "状态"}
	case KindCounter:
		return Text{"counter", "计数器"}
	case KindSysctl:
		return Text{"kernel parameter", "内核参数"}
	case KindOption:
		return Text{"socket option", "套接字选项"}
	case KindRule:
		return Text{"rule of the doctor", "诊断规则"}
	case KindCode:
		return Text{"code of tune audit", "tune audit 的代码"}
	case KindAlert:
		return Text{"alert", "告警"}
	case KindMyth:
		return Text{"myth", "常见误区"}
	case KindQuestion:
		return Text{"question", "常见问题"}
	default:
		return Text{}
	}
}

// A Topic is one page of what is known. Pages link to each other by name.
type Topic struct {
	Kind Kind
	// Name is how the topic is called everywhere: the state, the counter with
	// its group, the whole key of a sysctl, the code of a rule, a few words
	// joined by '-' for the others.
	Name string
	// Aliases are other names that mean this topic. Case, '-', '_', '.', '/' and
	// blanks do not matter in any of them, nor do the prefixes of [Index.Lookup].
	Aliases []string
	// Title is one line: what it is, for a myth what is said, for a question the
	// question.
	Title    Text
	Sections []Section
	See      []string // names of other topics
	Prove    []string // scenarios of the lab that show it on the user's own kernel
	Read     []string // what to read on, such as "RFC 9293 3.6.1"
}

// Sources returns where the statements of the topic are known from, each place
// once, in reading order.
func (t Topic) Sources() []string {
	var all []string
	for _, section := range t.Sections {
		for _, statement := range section.Statements {
			for part := range strings.SplitSeq(statement.Source, "; ") {
				if !slices.Contains(all, part) {
					all = append(all, part)
				}
			}
		}
	}
	return all
}

// Topics returns all topics of this package: states, counters, kernel
// parameters, socket options, myths and questions. The rules are those of internal/diagnose, which knows them.
func Topics() []Topic {
	return slices.Concat(StateTopics(), Counters(), SysctlTopics(), Options(), Myths(), Questions())
}

// section makes a section.
func section(en, zh string, statements ...Statement) Section {
	return Section{Heading: Text{en, zh}, Statements: statements}
}
