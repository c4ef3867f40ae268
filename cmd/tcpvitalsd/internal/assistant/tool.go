// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"context"
	"encoding/json"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// A tool is one question that can be asked.
type tool struct {
	name        string
	title, help knowledge.Text
	takes       []argument
	answer      func(ctx context.Context, q *question) (*page, error)
}

// tools returns all tools, in the order in which they are listed.
func tools() []tool {
	return []tool{doctorTool(), queuesTool(), portsTool(), censusTool(), listTool(), explainTool(), historyTool()}
}

// declared returns a tool as the protocol declares it.
func (t *tool) declared(lang knowledge.Lang) *mcp.Tool {
	closed := false
	properties := map[string]any{}
	for i := range t.takes {
		properties[t.takes[i].name] = t.takes[i].schema(lang)
	}
	return &mcp.Tool{
		Name: t.name, Title: t.title.In(lang), Description: t.help.In(lang),
		Annotations:  &mcp.ToolAnnotations{Title: t.title.In(lang), ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: &closed, OpenWorldHint: &closed},
		InputSchema:  map[string]any{"type": "object", "properties": properties, "additionalProperties": false},
		OutputSchema: schemaOfAnswers(lang),
	}
}

// longest is how long an answer may take, beside the window that was asked for.
const longest = 60 * time.Second

// call answers a question.
func (t *tool) call(ctx context.Context, o *Options, raw json.RawMessage) *mcp.CallToolResult {
	q, err := t.parse(o, raw)
	if err != nil {
		return failed(err, q.lang)
	}
	ctx, cancel := context.WithTimeout(ctx, longest+q.window())
	defer cancel()
	p, err := t.answer(ctx, q)
	if err == nil {
		var result *mcp.CallToolResult
		if result, err = p.result(q); err == nil {
			return result
		}
	}
	return failed(err, q.lang)
}

// failed returns an error of the program with the way out.
func failed(err error, lang knowledge.Lang) *mcp.CallToolResult {
	chinese := lang == knowledge.Chinese
	text := "tcpvitals: " + problem.Lines(err, chinese)
	if hint := problem.Hint(err, chinese); hint != "" {
		text += "\n  " + hint
	}
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: fenced(cutLines(text, MostAnswer/2))}}}
}

// A question is a call of a tool with its arguments.
type question struct {
	*Options

	given map[string]any // strings and integers
	lang  knowledge.Lang
}

func (q *question) text(name string) string {
	text, _ := q.given[name].(string)
	return text
}

// number returns a number, or another one if it was not given.
func (q *question) number(name string, otherwise int) int {
	if n, ok := q.given[name].(int); ok {
		return n
	}
	return otherwise
}

func (q *question) window() time.Duration { return time.Duration(q.number(argWindow, 0)) * time.Second }

// live opens this host.
func (q *question) live() (engine.Source, error) {
	netns := q.Netns
	if given := q.text(argNetns); given != "" {
		netns = given
	}
	name, err := q.Hostname()
	if err != nil {
		name = "" // a host without a name is shown without one
	}
	return engine.Open(engine.Options{Engine: q.Engine, Netns: netns, Name: name})
}
