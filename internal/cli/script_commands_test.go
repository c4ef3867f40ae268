// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// commands are the verbs that the scripts have beside testscript's own.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":    exits,
		"cmpjson":  cmpjson,
		"samejson": samejson,
		"repeat":   repeat,
	}
}

// exits CODE COMMAND ARGS: runs the command, keeps its stdout and stderr for the
// following checks, and fails unless the exit code is CODE. A file "stdin" in the work
// directory is its standard input.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// cmpjson FILE WANT: the JSON in FILE (or stdout) has the keys of WANT with the same
// values. Under "..." an object of WANT names the keys that it omits: a key in neither
// fails, and so does an omitted key that no longer exists. "key?" is optional.
func cmpjson(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cmpjson FILE WANT")
	}
	var got, want any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &got))
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &want))
	pruned, err := prune(got, want)
	if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if diff := cmp.Diff(want, pruned); diff != "" {
		ts.Fatalf("JSON (-want +got):\n%s", diff)
	}
}

// samejson FILE WANT: the JSON in FILE (or stdout) equals WANT. Full documents of each
// command are in testdata/golden.
func samejson(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samejson FILE WANT")
	}
	var got, want any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &got))
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &want))
	if diff := cmp.Diff(want, got); diff != "" {
		ts.Fatalf("JSON (-want +got):\n%s", diff)
	}
}

// prune drops from got the keys that an object of want omits.
func prune(got, want any) (any, error) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got, nil
		}
		return pruneObject(g, w)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got, nil
		}
		out := make([]any, len(g))
		for i := range g {
			var err error
			if out[i], err = prune(g[i], w[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	default:
		return got, nil
	}
}

func pruneObject(got, want map[string]any) (any, error) {
	out := map[string]any{}
	left, _ := want["..."].([]any)
	for _, name := range left {
		key, optional := strings.CutSuffix(name.(string), "?")
		if _, there := got[key]; !there && !optional {
			return nil, fmt.Errorf("%q is left out and is not there", key)
		}
		delete(got, key)
	}
	if left != nil {
		out["..."] = left
	}
	for key, value := range got {
		wanted, named := want[key]
		if !named {
			return nil, fmt.Errorf("%q is neither named nor left out: it is %v", key, value)
		}
		var err error
		if out[key], err = prune(value, wanted); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// repeat FILE (COUNT LINE)...: writes COUNT times LINE for each pair.
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args)%2 == 0 {
		ts.Fatalf("usage: repeat FILE COUNT LINE [COUNT LINE]...")
	}
	var b strings.Builder
	for i := 1; i < len(args); i += 2 {
		n, err := strconv.Atoi(args[i])
		ts.Check(err)
		b.WriteString(strings.Repeat(args[i+1]+"\n", n))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// TestNothingIsPassedOver: cmpjson fails for each key that the script does not name,
// and for each omitted key that does not exist.
func TestNothingIsPassedOver(t *testing.T) {
	for _, tt := range []struct{ got, want, err string }{
		{`{"a": 1, "b": 2}`, `{"a": 1}`, `"b" is neither named nor left out`},
		{`{"a": 1, "b": 2}`, `{"a": 1, "...": ["b"]}`, ""},
		{`{"a": 1}`, `{"a": 1, "...": ["b"]}`, `"b" is left out and is not there`},
		{`{"a": 1}`, `{"a": 1, "...": ["b?"]}`, ""},
		{`[{"a": 1, "b": 2}]`, `[{"a": 1}]`, `"b" is neither named nor left out`},
	} {
		var got, want any
		if err := errors.Join(json.Unmarshal([]byte(tt.got), &got), json.Unmarshal([]byte(tt.want), &want)); err != nil {
			t.Fatal(err)
		}
		pruned, err := prune(got, want)
		switch {
		case tt.err == "" && (err != nil || !cmp.Equal(want, pruned)):
			t.Errorf("%s with %s: %v %v", tt.got, tt.want, pruned, err)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%s with %s: %v, want %s", tt.got, tt.want, err, tt.err)
		}
	}
}
