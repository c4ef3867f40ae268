// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestStreamedJSON: a document with streamed arrays equals the one that is encoded at
// once, whatever its texts are.
func TestStreamedJSON(t *testing.T) {
	type item struct {
		Key  map[string]any `json:"key"`
		Note string         `json:"note,omitempty"`
	}
	type document struct {
		Title string `json:"title"`
		First []any  `json:"first"`
		Mid   int    `json:"mid"`
		Last  []any  `json:"last"`
	}
	items := []any{
		item{Key: map[string]any{}},
		item{Key: map[string]any{"process": "a\n  \"last\": []\"\\ <&> \u202e\u2028", "n": 3}, Note: `\"`},
		[]int{},
		nil,
	}
	for _, lists := range [][2][]any{{{}, {}}, {items, {}}, {items[:1], items}} {
		whole := document{"x\n  \"first\": []", lists[0], 7, lists[1]}
		empty := whole
		empty.First, empty.Last = []any{}, []any{}
		var want, got, line bytes.Buffer
		if err := JSON(&want, whole); err != nil {
			t.Fatal(err)
		}
		streams := []stream{{field: "first", each: slices.Values(lists[0])}, {field: "last", each: slices.Values(lists[1])}}
		if err := streamedJSON(&got, empty, streams...); err != nil || got.String() != want.String() {
			t.Errorf("%v, got\n%s\nwant\n%s", err, &got, &want)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, want.Bytes()); err != nil {
			t.Fatal(err)
		}
		// It accepts bytes in portions of any size.
		c := &compactor{w: &line}
		for _, b := range got.Bytes() {
			_, _ = c.Write([]byte{b})
		}
		if line.String() != strings.TrimSuffix(compact.String(), "\n") {
			t.Errorf("compacted\n%s\nwant\n%s", &line, &compact)
		}
	}
	if err := streamedJSON(&bytes.Buffer{}, document{}, stream{field: "first", each: slices.Values(items)}); err == nil {
		t.Error("an array that is missing is no error")
	}
}

// TestStreamedDeep: the same for a document whose streamed array is inside others.
func TestStreamedDeep(t *testing.T) {
	type run struct {
		Before  string `json:"before"`
		Results []any  `json:"results"`
		After   int    `json:"after"`
	}
	type document struct {
		Runs []run `json:"runs"`
	}
	for _, list := range [][]any{{}, {1, map[string]any{"a": []int{1, 2}}}} {
		var want, got bytes.Buffer
		if err := JSON(&want, document{[]run{{"x", list, 1}}}); err != nil {
			t.Fatal(err)
		}
		err := streamedJSON(&got, document{[]run{{"x", []any{}, 1}}}, stream{field: "results", each: slices.Values(list), deep: 2})
		if err != nil || got.String() != want.String() {
			t.Errorf("%v, got\n%s\nwant\n%s", err, &got, &want)
		}
	}
}
