// SPDX-License-Identifier: Apache-2.0

package report

// appendIndented appends well-formed JSON without blanks as [encoding/json.Indent]
// would with two blanks per level. begin is a newline with the indentation of the
// lines. It does not validate, which saves most of the time.
func appendIndented(b, compact []byte, begin string) []byte {
	const step = "  "
	line := []byte(begin)
	for i := 0; i < len(compact); i++ {
		switch c := compact[i]; c {
		case '"':
			end := textEnd(compact, i)
			b = append(b, compact[i:end]...)
			i = end - 1
		case '{', '[':
			if compact[i+1] == c+2 { // the closing character follows at once
				b = append(b, c, c+2)
				i++
				continue
			}
			line = append(line, step...)
			b = append(append(b, c), line...)
		case '}', ']':
			line = line[:len(line)-len(step)]
			b = append(append(b, line...), c)
		case ',':
			b = append(append(b, c), line...)
		case ':':
			b = append(b, ": "...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// textEnd returns the offset after the closing quote of the string that begins at an
// offset.
func textEnd(compact []byte, i int) int {
	for i++; compact[i] != '"'; i++ {
		if compact[i] == '\\' {
			i++
		}
	}
	return i + 1
}
