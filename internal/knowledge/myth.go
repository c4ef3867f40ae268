// SPDX-License-Identifier: Apache-2.0

package knowledge

import "slices"

// Myths returns the advice that is widespread and wrong, each with what is true.
func Myths() []Topic {
	return slices.Concat(timeWaitMyths(), reuseMyths(), queueMyths(), counterMyths(), timeoutMyths(), scopeMyths())
}

// A myth is one piece of such advice.
type myth struct {
	name    string
	aliases []string
	said    Text        // as people say it, without a full stop
	truth   []Statement // what is true
	instead []Statement // what to do
	see     []string
	prove   []string
}

func (m myth) topic() Topic {
	t := Topic{Kind: KindMyth, Name: m.name, Aliases: m.aliases, Title: m.said, See: m.see, Prove: m.prove}
	t.Sections = []Section{section("What is true", "事实是", m.truth...)}
	if len(m.instead) > 0 {
		t.Sections = append(t.Sections, section("What to do instead", "应该怎么做", m.instead...))
	}
	return t
}

func mythTopics(all ...myth) []Topic {
	topics := make([]Topic, len(all))
	for i, m := range all {
		topics[i] = m.topic()
	}
	return topics
}
