// SPDX-License-Identifier: Apache-2.0

package knowledge

import "strings"

// Lang is a language that knowledge is written in.
type Lang string

// The languages. Every [Text] exists in both; a test sees to it.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// ParseLang returns the language of a code or a POSIX locale such as
// "zh", "zh_CN.UTF-8" or "C". ok is false when it names neither language.
func ParseLang(code string) (lang Lang, ok bool) {
	code, _, _ = strings.Cut(strings.ToLower(code), ".")
	code, _, _ = strings.Cut(code, "_")
	code, _, _ = strings.Cut(code, "-")
	switch code {
	case "en", "c", "posix":
		return English, true
	case "zh":
		return Chinese, true
	default:
		return English, false
	}
}

// Text is something a user reads, in every language.
type Text struct {
	En string
	Zh string
}

// In returns the text in lang.
func (t Text) In(lang Lang) string {
	if lang == Chinese {
		return t.Zh
	}
	return t.En
}
