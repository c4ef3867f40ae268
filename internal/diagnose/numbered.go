// SPDX-License-Identifier: Apache-2.0

package diagnose

import "strings"

// numbered makes the words of an English format agree with a number:
//
//	%s connection[s] [was|were] dropped
//	%s SYN[s] to %s destination[s] [1:is|are] sent again
//
// [s] is empty for 1; [a|b] is a for 1 and b otherwise. Both follow the value that was
// written last, [2:a|b] follows the second value. So the format itself shows which
// words depend on a number, and nothing is guessed from the finished sentence.
func numbered(format string, values []any) string {
	var b strings.Builder
	last := 0 // number of the value that was written last, counted from 1
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

// nextVerb returns the verb at the beginning of a format and the number of its value:
// %s takes the next one, %[3]s the third, %% none.
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

// choose returns one of the words between the brackets.
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
