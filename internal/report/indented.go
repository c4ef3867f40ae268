// SPDX-License-Identifier: Apache-2.0

package report

// appendIndented appends JSON that is well formed and has no blanks between its words,
// as [encoding/json.Indent] has it with two blanks a level; begin is the end of a line
// and what the lines begin with. It checks nothing, which is most of the time that the
// other takes.
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
			if compact[i+1] == c+2 { // its end, in ASCII
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

// textEnd returns where the string that begins at a place ends, behind its quote.
func textEnd(compact []byte, i int) int {
	for i++; compact[i] != '"'; i++ {
		if compact[i] == '\\' {
			i++
		}
	}
	return i + 1
}
