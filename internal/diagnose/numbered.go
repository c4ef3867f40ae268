// SPDX-License-Identifier: Apache-2.0

package diagnose

import "strings"

// numbered chooses the words of an English format that follow a number:
//
//	%s connection[s] [was|were] dropped
//	%s SYN[s] to %s destination[s] [1:is|are] sent again
//
// [s] is empty for 1, [a|b] is a for 1 and b for all else. They follow the value
// that was written last, [2:a|b] the second. What is to be counted by a word is
// thus seen where it is written, and nothing is guessed from the finished sentence.
func numbered(format string, values []any) string {
	var b strings.Builder
	last := 0 // the number of the value that was written last, from 1
	for {
		i := strings.IndexAny(format, "%[")
		if i < 0 {
			b.WriteString(format)
			return b.String()
		}
		b.WriteString(format[:i])
		format = format[i:]
		if format[0] == '%' {
			verb, number := nextVerb(format, last)
			b.WriteString(verb)
			format, last = format[len(verb):], number
			continue
		}
		choice, rest, closed := strings.Cut(format[1:], "]")
		if !closed {
			b.WriteString(format)
			return b.String()
		}
		b.WriteString(choose(choice, values, last))
		format = rest
	}
}

// nextVerb returns the verb at the beginning of a format, and the number of its
// value: %s is the next one, %[3]s the third, %% none.
func nextVerb(format string, last int) (verb string, number int) {
	switch {
	case strings.HasPrefix(format, "%["):
		end := strings.IndexByte(format, ']') + 2
		return format[:end], int(format[2] - '0')
	case strings.HasPrefix(format, "%%"):
		return format[:2], last
	default:
		return format[:2], last + 1
	}
}

// choose returns one of the words between brackets.
func choose(choice string, values []any, last int) string {
	if n, words, ok := strings.Cut(choice, ":"); ok && len(n) == 1 {
		choice, last = words, int(n[0]-'0')
	}
	one, many, ok := strings.Cut(choice, "|")
	if !ok {
		one, many = "", choice
	}
	if last > 0 && last <= len(values) && readable(values[last-1]) == "1" {
		return one
	}
	return many
}
