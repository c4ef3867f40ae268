// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// TestAppendIndented: every document has the same indentation as with encoding/json.
func TestAppendIndented(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", `"`, `\`, `\"`, "a:b,c", "{}[]", "{[", "\n\t", "\u202e", "\xff", `x\\`}
	var value func(deep int) any
	value = func(deep int) any {
		switch kind := random.IntN(9); {
		case kind < 2 && deep < 5:
			list := make([]any, random.IntN(4))
			for i := range list {
				list[i] = value(deep + 1)
			}
			return list
		case kind < 5 && deep < 5:
			object := map[string]any{}
			for range random.IntN(4) {
				object[texts[random.IntN(len(texts))]] = value(deep + 1)
			}
			return object
		case kind < 7:
			return texts[random.IntN(len(texts))]
		case kind < 8:
			return random.Float64() - 0.5
		default:
			return []any{nil, true, false, -1}[random.IntN(4)]
		}
	}
	for range 3000 {
		compact, err := marshal(value(0))
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Indent(&want, compact, "    ", "  "); err != nil {
			t.Fatal(err)
		}
		if got := appendIndented(nil, compact, "\n    "); string(got) != want.String() {
			t.Fatalf("%s\ngot\n%s\nwant\n%s", compact, got, &want)
		}
	}
}
