// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
)

// TestTranslations reads every state in another language, in a row and in a
// count, as each code page may write it.
func TestTranslations(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range translations() {
		if seen[w.word] || w.of.source() == "" || !w.state.Valid() {
			t.Errorf("%+v: twice, or without a source or a state", w)
		}
		seen[w.word] = true
		for _, letter := range []string{"\u00d6", "\xd6", "\x99", "?"} {
			word := strings.ReplaceAll(w.word, ".", letter)
			for _, text := range []string{
				"tcp 0 0 10.9.8.7:80 172.20.3.4:40222 " + word + "\n",
				"TCP 10.9.8.7:80 172.20.3.4:40222 " + word + " 771\n",
				word + " 1\n",
			} {
				if got, err := countSmall(text); err != nil || !got.Whole() || got.Counts.Of(w.state) != 1 || got.Counts.Total() != 1 {
					t.Errorf("%q: %s, %v: %+v", text, summary(&got.Counts), err, got.Gaps)
				}
			}
		}
	}
	for _, text := range []string{ // Czech, where the state has two words
		"tcp 0 0 10.9.8.7:80 172.20.3.4:40222 POSLEDN\u00cd ACK 771/caddy\n", "     1 POSLEDN\u00cd\n", // of awk '{print $6}'
	} {
		if got, err := countSmall(text); err != nil || !got.Whole() || summary(&got.Counts) != "LAST_ACK 1" {
			t.Errorf("%q: %s, %v: %+v", text, summary(&got.Counts), err, got.Gaps)
		}
	}
}
