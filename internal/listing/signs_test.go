// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"strings"
	"testing"
)

// TestSigns: a sign beside a count that says what its number is, about, at least, a
// difference, a mean, is reported, wherever it stands; a picture says nothing.
func TestSigns(t *testing.T) {
	places := []string{"TIME_WAIT %s 412\nLISTEN 7\n", "%s 412 TIME_WAIT\n7 LISTEN\n", "TIME_WAIT 412 %s\nLISTEN 7\n", "%s TIME_WAIT 412\nLISTEN 7\n", "TIME_WAIT: %s 412\nLISTEN: 7\n", "| State | Count |\n|---|---|\n| TIME_WAIT | %s 412 |\n| LISTEN | 7 |\n", "State,Count\nTIME_WAIT,%s 412\nLISTEN,7\n", "| TIME_WAIT | %s 412 |\n| LISTEN | 7 |\n"}
	for sign := range strings.FieldsSeq("≥ ≤ ≈ ≧ ≦ ⩾ ⩽ ∼ ≃ ≅ ≳ ≲ ≫ ≪ ≠ ± ∓ ↑ ↓ ↗ ↘ ⇑ ⇓ ▲ ▼ △ ▽ ∆ ∅ ⌀ ∑ ∞ × ÷ ➕ ➖ ⬆ ⬇ 🔺 🔻 ⑤ ❺ Ⓜ") {
		for _, place := range places {
			text := fmt.Sprintf(place, sign)
			got, err := Count(strings.NewReader(text), "signs")
			if err == nil && got.Whole() && sign != "×" {
				t.Errorf("%q: %s, nothing is told", text, summary(&got.Counts))
			}
		}
	}
	for number := range strings.FieldsSeq("⑤ ⑫ ❺ ➄ ㉕ ⓹") {
		text := "TIME_WAIT " + number + "\nLISTEN 7\n"
		if got, err := Count(strings.NewReader(text), "signs"); err == nil && got.Whole() {
			t.Errorf("%q: %s, nothing is told", text, summary(&got.Counts))
		}
	}
	for picture := range strings.FieldsSeq("✅ ❌ 🔴 ⚠ ● ■ ▶ ★ ⏳ ⌛ ➜ ⬛ 🚀") {
		for _, place := range places[2:4] {
			text := fmt.Sprintf(place, picture)
			got, err := Count(strings.NewReader(text), "signs")
			if err != nil || !got.Whole() || summary(&got.Counts) != "TIME_WAIT 412, LISTEN 7" {
				t.Errorf("%q: %s, %v, %v", text, summary(&got.Counts), err, got.Gaps)
			}
		}
	}
}
