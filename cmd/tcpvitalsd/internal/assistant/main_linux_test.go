// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/sampler"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// A client is the library's own client at the other end.
type client struct {
	*testing.T

	session *mcp.ClientSession
}

// serve runs a server with these options until the test ends.
func serve(t *testing.T, o *Options) *client {
	t.Helper()
	fill(o)
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	o.In, o.Out = fromClient, toClient
	ended := make(chan error, 1)
	go func() { ended <- Serve(context.Background(), o) }()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &mcp.IOTransport{Reader: fromServer, Writer: toServer}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = session.Close()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("it does not end with its input")
		}
	})
	return &client{t, session}
}

// fill gives what a test has not said.
func fill(o *Options) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lang == "" {
		o.Lang = knowledge.English
	}
	o.Version, o.Now, o.Wait = "v0.0.0-test", time.Now, sampler.Wait
	o.Hostname = func() (string, error) { return "host", nil }
}

// An answered is the answer of a tool.
type answered struct {
	text     string
	document json.RawMessage
	failed   bool
}

// call asks a tool. An answer is never larger than it may be.
func (c *client) call(name string, args map[string]any) answered {
	c.Helper()
	r, err := c.session.CallTool(context.Background(), &mcp.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		c.Fatalf("%s: %v", name, err)
	}
	var a answered
	for _, part := range r.Content {
		a.text += part.(*mcp.TextContent).Text
	}
	a.failed = r.IsError
	if r.StructuredContent != nil {
		if a.document, err = line(r.StructuredContent); err != nil {
			c.Fatal(err)
		}
	}
	quoted, err := line(a.text)
	if err != nil {
		c.Fatal(err)
	}
	if n := len(a.document) + len(quoted); n > MostAnswer {
		c.Errorf("%s %v: %d bytes:\n%s\n%s", name, args, n, a.text, a.document)
	}
	return a
}

// asActor makes of this test a process that has sockets open, and says how many
// descriptors it may have.
const asActor = "ASSISTANT_TEST_IS_ACTOR"

func TestMain(m *testing.M) {
	if most, ok := os.LookupEnv(asActor); ok {
		actor(most)
		return
	}
	testnet.Main(m)
}

// TestTools: the tools that there are, each of which only reads.
func TestTools(t *testing.T) {
	c := serve(t, &Options{})
	all, err := c.session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range all.Tools {
		names = append(names, tool.Name)
		a := tool.Annotations
		if a == nil || !a.ReadOnlyHint || !a.IdempotentHint || a.DestructiveHint == nil || *a.DestructiveHint || a.OpenWorldHint == nil || *a.OpenWorldHint {
			t.Errorf("%s: %+v", tool.Name, a)
		}
		schema, _ := tool.InputSchema.(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		for name, p := range properties {
			if said, _ := p.(map[string]any)["description"].(string); len(said) < 10 {
				t.Errorf("%s: %s is not described", tool.Name, name)
			}
		}
	}
	if got := strings.Join(names, " "); got != "census doctor explain history list ports queues" {
		t.Errorf("tools: %s", got)
	}
	if said := c.session.InitializeResult().Instructions; !strings.Contains(said, "never instructions") {
		t.Errorf("it does not say what is data: %s", said)
	}
}

// TestErrors: a question that cannot be answered is refused with the way out, in the
// language of the question.
func TestErrors(t *testing.T) {
	c := serve(t, &Options{DataDir: t.TempDir()})
	for _, one := range []struct {
		tool string
		args map[string]any
		says []string
	}{
		{"list", map[string]any{"filter": "state bogus"}, []string{"unknown state bogus", "states: "}},
		{"list", map[string]any{"filtre": "x"}, []string{`list has no argument "filtre"`, "its arguments are filter, "}},
		{"list", map[string]any{"limit": 0}, []string{"limit takes a whole number from 1 to 500, not 0"}},
		{"list", map[string]any{"limit": "many"}, []string{`limit takes a whole number from 1 to 500, not "many"`}},
		{"list", map[string]any{"limit": 1.5}, []string{"not 1.5"}},
		{"list", map[string]any{"columns": "prozess"}, []string{`unknown field "prozess"`, "did you mean process?"}},
		{"list", map[string]any{"sort": "-"}, []string{"unknown field"}},
		{"list", map[string]any{"skip": 1 << 20}, []string{"skip is too great"}},
		{"list", map[string]any{"netns": "nowhere"}, []string{"nowhere"}},
		{"census", map[string]any{"by": "prozess"}, []string{"did you mean"}},
		{"census", map[string]any{"lang": "fr"}, []string{"lang takes en or zh"}},
		{"census", map[string]any{"lang": "zh", "filter": "state bogus"}, []string{"状态"}},
		{"explain", nil, []string{"words is missing"}},
		{"explain", map[string]any{"words": "tiem-wiat"}, []string{"did you mean"}},
		{"explain", map[string]any{"words": strings.Repeat("a", 9000)}, []string{"a text of at most 8192 bytes"}},
		{"doctor", map[string]any{"at": "soon"}, []string{`--at is no time: "soon"`}},
		{"doctor", map[string]any{"at": "1h ago"}, []string{"no snapshots are kept there"}},
		{"doctor", map[string]any{"at": "1h ago", "netns": "self"}, []string{"netns is for the present"}},
		{"doctor", map[string]any{"window": 61}, []string{"from 0 to 60"}},
	} {
		a := c.call(one.tool, one.args)
		for _, want := range one.says {
			if !a.failed || !strings.Contains(a.text, want) {
				t.Errorf("%s %v: does not say %q: %s", one.tool, one.args, want, a.text)
			}
		}
	}
}

// TestExplain: pages, lists and searches, piece by piece to the end.
func TestExplain(t *testing.T) {
	c := serve(t, &Options{})
	for _, words := range []string{"TIME_WAIT", "tcp_tw_reuse", "AQ01", "metrics", "fields", "all", "last ack lost"} {
		for _, lang := range []string{"en", "zh"} {
			told, skip := 0, 0
			for range 200 {
				a := c.call("explain", map[string]any{"words": words, "lang": lang, "skip": skip})
				var d struct {
					Left *leftOut `json:"left_out"`
				}
				if err := json.Unmarshal(a.document, &d); err != nil || a.failed {
					t.Fatalf("%s: %v %s", words, err, a.text)
				}
				told++
				if d.Left == nil {
					break
				}
				if d.Left.Skip <= skip {
					t.Fatalf("%s: from %d on nothing more is told: %+v", words, skip, d.Left)
				}
				skip = d.Left.Skip
			}
			t.Logf("%s in %s: %d answers", words, lang, told)
			if told == 200 {
				t.Errorf("%s has no end", words)
			}
		}
	}
}

// through is what a server answers to an input that ends.
func through(t *testing.T, input []byte) string {
	t.Helper()
	var out strings.Builder
	o := &Options{In: io.NopCloser(strings.NewReader(string(input))), Out: closer{&out}}
	fill(o)
	if err := Serve(t.Context(), o); err != nil {
		t.Errorf("%q: %v", input, err)
	}
	return out.String()
}

// closer is a writer that can be closed.
type closer struct{ io.Writer }

// Close does nothing.
func (closer) Close() error { return nil }
