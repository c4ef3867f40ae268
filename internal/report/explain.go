// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

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

// NewExplainPages returns the JSON form of pages.
func NewExplainPages(topics []knowledge.Topic) ExplainDocument {
	d := ExplainDocument{Schema: ExplainSchema, Kind: "pages", Topics: []ExplainTopic{}}
	for _, t := range topics {
		page := explainEntry(t)
		for _, section := range t.Sections {
			page.Sections = append(page.Sections, explainSection(section))
		}
		page.See, page.Prove, page.Read = t.See, t.Prove, t.Read
		d.Topics = append(d.Topics, page)
	}
	return d
}

// NewExplainList returns the JSON form of a list of topics, or of the results for
// words.
func NewExplainList(kind, words string, topics []knowledge.Topic) ExplainDocument {
	d := ExplainDocument{Schema: ExplainSchema, Kind: kind, Words: words, Topics: []ExplainTopic{}}
	for _, t := range topics {
		d.Topics = append(d.Topics, explainEntry(t))
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
