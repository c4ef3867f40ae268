// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

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
	code, charset, _ := strings.Cut(strings.ToLower(code), ".")
	if notWritten(code, charset) {
		return English, true
	}
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

// ErrorText is what an error says.
func ErrorText(err error) Text {
	return Text{En: problem.Wording(err, false), Zh: problem.Wording(err, true)}
}

// LocaleLang returns the language of the locale (LC_ALL, LC_MESSAGES, LANG: the
// first that is set decides, POSIX.1-2017 section 8.2), English when it is neither.
func LocaleLang(getenv func(string) string) Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			lang, _ := ParseLang(value)
			return lang
		}
	}
	return English
}

// LocaleASCII reports whether nothing but ASCII is sure to be shown: the locale is C
// or POSIX, or names another encoding than UTF-8, as zh_CN.GBK does (LC_ALL,
// LC_CTYPE, LANG: the first that is set decides).
func LocaleASCII(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			_, encoding, named := strings.Cut(value, ".")
			encoding, _, _ = strings.Cut(strings.ToLower(encoding), "@")
			return value == "C" || value == "POSIX" || named && encoding != "utf-8" && encoding != "utf8"
		}
	}
	return false
}

// notWritten reports a locale whose Chinese this program does not write: in other
// characters than simplified ones, or in other bytes than UTF-8.
func notWritten(code, charset string) bool {
	if !strings.HasPrefix(code, "zh") {
		return false
	}
	for _, other := range []string{"tw", "hk", "mo", "hant"} {
		if strings.HasSuffix(code, "_"+other) || strings.HasSuffix(code, "-"+other) {
			return true
		}
	}
	charset, _, _ = strings.Cut(charset, "@")
	return charset != "" && charset != "utf-8" && charset != "utf8"
}

// Text is something a user reads, in every language.
type Text struct {
	En string
	Zh string
}

// Shown writes a value for a reader: an empty one in a word.
func Shown(value string) Text {
	if value == "" {
		return Text{"empty", "空"}
	}
	return Text{value, value}
}

// In returns the text in lang.
func (t Text) In(lang Lang) string {
	if lang == Chinese {
		return t.Zh
	}
	return t.En
}

// Listed writes names one behind the other, as a sentence of the language does.
func Listed(names []string, lang Lang) string { return strings.Join(names, comma(lang)) }

// ListedText is [Listed] in both languages.
func ListedText(names []string) Text { return Text{Listed(names, English), Listed(names, Chinese)} }

// Relisted writes processes with their numbers, which are listed as English does, as
// a language does: "nginx[7], nginx[8]".
func Relisted(names string, lang Lang) string {
	return strings.ReplaceAll(names, "], ", "]"+comma(lang))
}

func comma(lang Lang) string {
	if lang == Chinese {
		return "、"
	}
	return ", "
}
