// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// An Index finds topics by name and by words. It does not change once it is
// made; any number of goroutines may use it.
type Index struct {
	topics []Topic
	exact  map[string]int // by name as it is written
	names  map[string]int // by folded name
	// phrases are the names that may stand in a longer text.
	phrases []phrase
	words   func() *searchable // made when it is first asked for
	broken  []string
}

// NewIndex makes an index of all topics in groups. Names that two topics claim
// are the first one's; [Index.Broken] tells them.
func NewIndex(groups ...[]Topic) *Index {
	x := &Index{topics: slices.Concat(groups...), exact: map[string]int{}, names: map[string]int{}}
	for i, topic := range x.topics {
		if _, taken := x.exact[topic.Name]; !taken {
			x.exact[topic.Name] = i
		}
		for _, name := range append([]string{topic.Name}, topic.Aliases...) {
			x.claim(name, i)
			x.phrases = append(x.phrases, phrasesOf(topic, name, i)...)
		}
	}
	x.words = sync.OnceValue(func() *searchable {
		c := newCutter(newLexicon())
		s := newSearchable(x.topics, c)
		s.asked = x.newExamples(c)
		s.callings = reaching(s.callings, len(s.tokens)-1)
		return s
	})
	return x
}

// claim gives a name to a topic, with and without its prefix.
func (x *Index) claim(name string, topic int) {
	for _, key := range []string{fold(name), short(fold(name))} {
		owner, taken := x.names[key]
		if !taken {
			x.names[key] = topic
		} else if owner != topic && !x.differInCase(owner, topic) {
			x.broken = append(x.broken, fmt.Sprintf("%q is both %s and %s", name, x.topics[owner].Name, x.topics[topic].Name))
		}
	}
}

// differInCase reports whether one of two topics is a socket option, which is in
// capitals, and the other a kernel parameter of the same name, which is not.
func (x *Index) differInCase(a, b int) bool {
	kinds := [2]Kind{x.topics[a].Kind, x.topics[b].Kind}
	return kinds == [2]Kind{KindSysctl, KindOption} || kinds == [2]Kind{KindOption, KindSysctl}
}

// Lookup returns the topic of a name: the whole name, an alias, or a state in
// any spelling. A socket option and a kernel parameter of one name differ in case,
// the parameter being meant unless all are capitals. Otherwise case, '-', '_', '.', '/' and blanks do not matter, and neither
// do the prefixes net.ipv4., net.core. and the like of sysctls, /proc/sys/,
// TcpExt of counters and node_netstat_ of their metrics.
func (x *Index) Lookup(name string) (Topic, bool) {
	if i, ok := x.exact[name]; ok {
		return x.topics[i], true
	}
	key := fold(name)
	if i, ok := x.names[key]; ok {
		return x.topics[i], true
	}
	if i, ok := x.names[short(key)]; ok {
		return x.topics[i], true
	}
	if s, ok := tcp.ParseBytes([]byte(name)); ok {
		if i, ok := x.names[fold(s.Reported().String())]; ok {
			return x.topics[i], true
		}
	}
	return Topic{}, false
}

// Topics returns the topics of these kinds, or all, in the order in which they
// were given.
func (x *Index) Topics(kinds ...Kind) []Topic {
	if len(kinds) == 0 {
		return slices.Clone(x.topics)
	}
	var found []Topic
	for _, topic := range x.topics {
		if slices.Contains(kinds, topic.Kind) {
			found = append(found, topic)
		}
	}
	return found
}

// Broken lists what is wrong with the topics taken together: names that two
// topics claim, and links that lead nowhere.
func (x *Index) Broken() []string {
	broken := slices.Clone(x.broken)
	for _, topic := range x.topics {
		for _, name := range topic.See {
			to, ok := x.Lookup(name)
			switch {
			case !ok:
				broken = append(broken, fmt.Sprintf("%s links to %q, which is no topic", topic.Name, name))
			case to.Name == topic.Name:
				broken = append(broken, topic.Name+" links to itself")
			}
		}
	}
	return broken
}

// fold brings the spellings of a name together.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_./ :'\"", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// short cuts the prefix off a folded name that people write or leave out.
func short(key string) string {
	key = strings.TrimPrefix(key, "nodenetstat")
	key = strings.TrimPrefix(key, "procsys")
	key = strings.TrimPrefix(key, "sysctl")
	for _, prefix := range []string{"netipv4", "netipv6", "netcore", "netnetfilter", "tcpext"} {
		if rest, ok := strings.CutPrefix(key, prefix); ok && rest != "" {
			return rest
		}
	}
	return key
}
