// SPDX-License-Identifier: Apache-2.0

package listing

import "strings"

// This file knows what the keys of JSON are called.

// isStateKey reports whether key is a state, or has the name of one in it that is
// no word of English.
func isStateKey(key string) bool {
	_, ok := loosely([]byte(key))
	return ok || certainly(key)
}

// certainly reports whether the name of a state in key is not a word of English.
func certainly(key string) bool {
	m, ok := nextMention([]byte(key), 0)
	return ok && m.force == certain
}

// isCountKey reports whether key says that a number under it is one of sockets.
func isCountKey(key string) bool {
	key = strings.ToLower(key)
	for _, word := range [...]string{"count", "total", "num", "sockets", "conn", "nb_", "n_"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

func isEpoch(v string) bool {
	_, ok := epoch([]byte(v))
	return ok
}

// isHostKey reports whether key is under what the machine of a record stands.
func isHostKey(key string) bool {
	switch strings.ToLower(key) {
	case "host", "hostname", "instance", "node", "server", "machine", "pod", "container", "host.name":
		return true
	default:
		return false
	}
}

// isLabel reports whether key is under what groups are called.
func isLabel(key string) bool {
	switch strings.ToLower(key) {
	case "name", "status", "key", "_id", "label", "term", "group":
		return true
	default:
		return false
	}
}

// isTimeKey reports whether key is under what the time of a record stands.
func isTimeKey(key string) bool {
	switch strings.ToLower(key) {
	case "time", "timestamp", "@timestamp", "ts", "date", "datetime", "_time", "taken", "taken_at", "__realtime_timestamp":
		return true
	default:
		return false
	}
}

// isLineKey reports whether the texts under key are lines of output.
func isLineKey(key string) bool {
	switch strings.ToLower(key) {
	case "log", "message", "msg", "line", "lines", "output", "text", "body", "content", "_raw", "data", "out", "result":
		return true
	default:
		return false
	}
}

// isCommandKey reports whether the text under key is the command whose output stands
// beside it.
func isCommandKey(key string) bool {
	switch strings.ToLower(key) {
	case "cmd", "command", "_raw_params":
		return true
	default:
		return false
	}
}

// isValueKey reports whether a number under key is the value of what it stands beside,
// whatever that is.
func isValueKey(key string) bool {
	switch strings.ToLower(key) {
	case "value", "val":
		return true
	default:
		return false
	}
}

// isSilent reports whether the texts under key are about something else, or repeat what was
// read already.
func isSilent(key string) bool {
	switch strings.ToLower(key) {
	case "reason", "source", "cmd", "command", "_raw_params", "hint", "stderr", "stderr_lines", "by", "columns", "argv", "gaps", "gap", "filter":
		return true
	default:
		return false
	}
}

// measuresBeside reports whether the number v, beside states that are keys, measures
// something else: an interval, a limit, a queue. Times, totals, versions and
// what tells one machine or port from another say whose the counts are.
func measuresBeside(key, v string) bool {
	if v == "0" || isTimeKey(key) || isEpoch(v) || isHostKey(key) || isTotal([]byte(key)) {
		return false
	}
	switch foldKey(key) {
	case "version", "schema", "schemaversion":
		return false
	case "recvq", "sendq", "acceptq", "backlog", "age", "expires", "retrans", "timer":
		return true
	}
	_, known := columnOf([]byte(key))
	return !known && describes([]byte(key))
}
