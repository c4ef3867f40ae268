// SPDX-License-Identifier: Apache-2.0

package knowledge

import "slices"

// Questions returns the questions that people ask, with their answers.
func Questions() []Topic {
	return slices.Concat(timeWaitQuestions(), closingQuestions(), settingQuestions(), countingQuestions(), errorQuestions(), errnoQuestions(), endedQuestions(), logQuestions(), manyQuestions(), programQuestions(), networkQuestions(), pathQuestions(), streamQuestions(), transferQuestions(), platformQuestions(), []Topic{whySourcesDisagree()})
}

// A question is one of them.
type question struct {
	name    string
	aliases []string
	ask     Text // ends with a question mark
	short   []Statement
	detail  []Statement
	more    []Section
	see     []string
	prove   []string
	read    []string
}

func (q question) topic() Topic {
	t := Topic{Kind: KindQuestion, Name: q.name, Aliases: q.aliases, Title: q.ask, See: q.see, Prove: q.prove, Read: q.read}
	t.Sections = []Section{section("In short", "简短回答", q.short...)}
	if len(q.detail) > 0 {
		t.Sections = append(t.Sections, section("In detail", "详细说明", q.detail...))
	}
	t.Sections = append(t.Sections, q.more...)
	return t
}

func questionTopics(all ...question) []Topic {
	topics := make([]Topic, len(all))
	for i, q := range all {
		topics[i] = q.topic()
	}
	return topics
}
