// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/tcpvitals/tcpvitals/internal/explain"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// ExplainSchema names the JSON form of explain (docs/json.md).
const ExplainSchema = "tcpvitals.explain/1"

// ExplainDocument is the document that explain -o json prints.
type ExplainDocument struct {
	Schema string         `json:"schema"`
	Kind   string         `json:"kind"`            // pages, list or search
	Words  string         `json:"words,omitempty"` // what was searched for
	Topics []ExplainTopic `json:"topics"`
}

// ExplainTopic is a page in both languages. In lists and search results it has no
// sections.
type ExplainTopic struct {
	Kind     string           `json:"kind"`
	Name     string           `json:"name"`
	Title    LabText          `json:"title"`
	Sections []ExplainSection `json:"sections,omitempty"`
	See      []string         `json:"see,omitempty"`
	Prove    []string         `json:"prove,omitempty"`
	Read     []string         `json:"read,omitempty"`
}

// ExplainSection is a part of a page under its heading.
type ExplainSection struct {
	Heading    LabText            `json:"heading"`
	Statements []ExplainStatement `json:"statements"`
}

// ExplainStatement is one statement with its source.
type ExplainStatement struct {
	Text     LabText           `json:"text"`
	Source   string            `json:"source"`
	Verified []knowledge.Proof `json:"verified"`
}

// NewExplain returns the JSON form of an answer.
func NewExplain(a *explain.Answer) ExplainDocument {
	d := ExplainDocument{Schema: ExplainSchema, Kind: string(a.Kind), Words: a.Words, Topics: []ExplainTopic{}}
	for _, t := range a.Topics {
		entry := explainEntry(t)
		if a.Kind == explain.Pages {
			for _, section := range t.Sections {
				entry.Sections = append(entry.Sections, explainSection(section))
			}
			entry.See, entry.Prove, entry.Read = t.See, t.Prove, t.Read
		}
		d.Topics = append(d.Topics, entry)
	}
	return d
}

func explainEntry(t knowledge.Topic) ExplainTopic {
	return ExplainTopic{Kind: string(t.Kind), Name: t.Name, Title: labText(t.Title)}
}

func explainSection(s knowledge.Section) ExplainSection {
	section := ExplainSection{Heading: labText(s.Heading), Statements: []ExplainStatement{}}
	for _, statement := range s.Statements {
		section.Statements = append(section.Statements, ExplainStatement{labText(statement.Text), statement.Source, statement.Proofs()})
	}
	return section
}
