// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"cmp"
	"slices"
	"strconv"
)

// Myths returns the advice that is widespread and wrong, each with what is
// true, in the order of their numbers: "myth 1" is another name of the first.
func Myths() []Topic {
	all := slices.Concat(timeWaitMyths(), reuseMyths(), queueMyths(), counterMyths(), timeoutMyths(), scopeMyths())
	slices.SortFunc(all, func(a, b myth) int { return cmp.Compare(a.number, b.number) })
	topics := make([]Topic, len(all))
	for i, m := range all {
		topics[i] = m.topic()
	}
	return topics
}

// A myth is one piece of such advice.
type myth struct {
	number  int // for references such as "myth 7"; it never changes
	name    string
	aliases []string
	said    Text        // as people say it, without a full stop
	truth   []Statement // what is true
	instead []Statement // what to do
	see     []string
	prove   []string
}

func (m myth) topic() Topic {
	t := Topic{Kind: KindMyth, Name: m.name, Aliases: append(m.aliases, "myth "+strconv.Itoa(m.number)), Title: m.said, See: m.see, Prove: m.prove}
	t.Sections = []Section{section("What is true", "事实是", m.truth...)}
	if len(m.instead) > 0 {
		t.Sections = append(t.Sections, section("What to do instead", "应该怎么做", m.instead...))
	}
	return t
}
