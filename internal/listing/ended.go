// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file knows titles and names which say that what is counted below them has ended:
// closed connections by their last state are no sockets of now.

// endedIn returns the word of a title which says so; nil if there is none. A title that
// names other states too lists them.
func endedIn(b []byte) (word []byte) {
	var last []byte
	for w := range bytes.FieldsFuncSeq(b, betweenLetters) {
		switch {
		case isStateWord(w) && (isEndingWord(last) || isEarlier(last)):
			return last // as in "final state"
		case isWord(w, "open") || isWord(w, "active") || isWord(w, "opened"):
			return nil
		case isEndingWord(w):
			word = w
		case mentioned(w):
			return nil
		}
		last = w
	}
	return word
}

// isEndingWord reports whether w says of connections that they are over.
func isEndingWord(w []byte) bool {
	switch foldKey(string(w)) {
	case "closed", "ended", "finished", "terminated", "completed", "expired", "past", "former", "final", "dead", "gone", "destroyed", "evicted":
		return true
	default:
		return false
	}
}

func isStateWord(w []byte) bool { return isWord(w, "state") || isWord(w, "states") }
