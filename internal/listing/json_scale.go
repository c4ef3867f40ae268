// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"cmp"
	"strings"
)

// This file knows the keys of JSON that say what the numbers beside them or below
// them are of, and those which say that the document is a part of more.

// scales keeps a value that says what numbers are of: a unit, a factor, a statistic.
func (f *frame) scales(key, v string) {
	if f.scale != "" || v == "" || v == "1" || v == "0" {
		return
	}
	if key == "__name__" && (isStrangeMetric([]byte(v)) || strayInMetric([]byte(v), nil) != nil) {
		f.scale = key + ": " + v
		return
	}
	if folded := foldKey(key); folded == "le" || strings.HasPrefix(folded, "sampl") && strings.Contains(folded, "rat") {
		f.scale = key + ": " + v
		return
	}
	scaled, statistic := namesOther(key, v), false
	if strings.Count(v, " ") > 0 && strings.Count(v, " ") < longestTitle && !isLineKey(key) && !isSilent(key) {
		scaled = strings.Contains(v, "%")
		wordsOf(v, func(w string) { // a note
			scaled = scaled || len(w) > 1 && (scales([]byte(w)) || measures([]byte(w)) && !isUnit([]byte(w)))
		})
	}
	wordsOf(key, func(w string) {
		scaled = scaled || scales([]byte(w))
		switch strings.ToLower(w) {
		case "stat", "statistic", "statistics", "aggregation", "aggregate", "aggregator", "agg", "function", "func", "measure", "measurement", "quantile", "percentile", "rollup", "consolidation", "cf", "per":
			statistic = true
		case "type", "kind", "mode":
			statistic = statistic || measures([]byte(v))
		}
	})
	switch {
	case scaled && (isNumber([]byte(v)) || !isHarmless([]byte(v))) && !strings.Contains(v, ".s"), statistic && !isHarmless([]byte(v)) && v != "last" && v != "sum" && v != "json", scales([]byte(v)) && !isSilent(key) && !isLineKey(key) && !isHostKey(key):
		f.scale = key + ": " + v
	}
}

// scaled reports a unit or a factor in an object with counts.
func (j *jsonReader) scaled(f *frame) {
	if up := j.top(); f.scale != "" && j.counted > f.counted {
		j.doubt(f.scale, "", "")
	} else if up != nil && up.object && up.scale == "" && isLabels(f.name) {
		up.scale = f.scale // the scale of the number beside them
	}
	if f.foreign() != "" && j.counted > f.counted {
		j.doubt(f.name, "protocol", f.foreign()) // the protocol comes after the counts
	}
}

// namesColumns reports whether a list under key has the names of the columns of
// others.
func namesColumns(key string) bool {
	switch strings.ToLower(key) {
	case "columns", "headers", "header", "fields":
		return true
	default:
		return false
	}
}

// strayName reports whether it is not known that the name of a column is that of a
// state, of a count, or of what tells whose they are.
func strayName(w []byte) bool {
	if measures(w) {
		return true
	}
	return countColumn(w) == columnOther && !isKnown(w) && !describes(w) && !isLabelName(w) && !isLabel(string(w))
}

// isLabels reports whether what is under key tells of the object around it.
func isLabels(key string) bool {
	switch strings.ToLower(key) {
	case "metric", "labels", "dimensions", "tags", "attributes", "meta", "metadata":
		return true
	default:
		return false
	}
}

// foreign returns the protocol that an object says it is of when that is not TCP.
func (f *frame) foreign() string {
	if proto := f.cell[columnProtocol]; isForeign(proto) {
		return proto
	}
	return ""
}

// foreignValue returns the protocol that a value names when that is not TCP,
// whatever its key is but that of what people give names to.
func foreignValue(key, v string) string {
	if holdsNames([]byte(key)) || isSilent(key) || isLineKey(key) {
		return ""
	}
	if _, ok := foreignWord([]byte(v)); ok {
		return v
	}
	switch c, _ := foreignKind([]byte(v)); c {
	case otherUDP:
		return "udp"
	case otherUnix:
		return "unix"
	case otherRaw:
		return "raw"
	case otherProto:
		return "sctp"
	default:
		return ""
	}
}

// holdsProtocols reports whether key can be that of a protocol, a family or a type.
func holdsProtocols(key string) bool {
	if c, _ := columnOf([]byte(key)); c == columnProtocol {
		return true
	}
	key = foldKey(key)
	for _, part := range [...]string{"proto", "type", "kind", "family", "transport", "sock", "l4", "l3", "layer", "netid", "class", "af"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

// lost notes a text v under a key which says that something went wrong, or that the
// document has a part of the sockets.
func (j *jsonReader) lost(key, v string) {
	if v == "" || strings.EqualFold(v, "none") || strings.EqualFold(v, "null") {
		return
	}
	if !isSilent(key) && (unanswered([]byte(v)) || strings.Contains(v, "command not found")) {
		j.partial = cmp.Or(j.partial, key+": "+v)
	}
	switch foldKey(key) {
	case "error", "errors", "err", "errormessage", "warning", "warnings", "failed", "failures", "failedhosts", "unreachable", "missing", "skippedhosts":
		j.partial = cmp.Or(j.partial, key+": "+v)
	case "filter", "where", "selector", "condition", "only":
		j.more = key + ": " + v
	}
}

// answers keeps what a machine has in the place of its counts, by the first such key.
func (f *frame) answers(key, v string) {
	if f.answer == "" && v != "" && !strings.Contains(v, "\n") && !mentioned([]byte(v)) && (isHost([]byte(key)) && strings.ContainsAny(key, "0123456789.-") || isAddress([]byte(key))) {
		f.answer = key + ": " + v
	}
}

// isTrouble reports whether a key that is true says that the numbers are not those of now,
// or of a machine.
func isTrouble(key string) bool {
	switch foldKey(key) {
	case "stale", "outdated", "expired", "cached", "estimated", "approximate", "error", "failed", "degraded", "mock", "fake", "example", "demo", "dryrun", "simulated", "synthetic":
		return true
	default:
		return false
	}
}

// inColumns reports whether the present value is about the columns of others.
func (j *jsonReader) inColumns() bool {
	for i := range j.stack {
		if namesColumns(j.stack[i].name) {
			return true
		}
	}
	return false
}

// isPartKey reports whether a truth value under key says whether there is more than
// the document has.
func isPartKey(key string) bool {
	switch foldKey(key) {
	case "truncated", "istruncated", "hasmore", "more", "moreresults", "hasnext", "hasnextpage", "partial", "ispartial", "incomplete", "incompleteresults", "timedout", "limited", "limitreached", "clipped", "cut", "sampled", "omitted", "overflow", "overflowed",
		"complete", "iscomplete", "last", "lastpage", "islast", "islastpage", "whole", "final":
		return true
	default:
		return false
	}
}

// saysMore returns the truth value under key with which there is more.
func saysMore(key string) bool {
	switch foldKey(key) {
	case "complete", "iscomplete", "last", "lastpage", "islast", "islastpage", "whole", "final":
		return false
	default:
		return true
	}
}

// foldKey writes a key in small letters, without what stands between its words.
func foldKey(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.TrimSuffix(key, "\x00")))
}

// pages watches for values which say that there is another part: the address of
// the next, or the number of this one.
func (j *jsonReader) pages(f *frame, key, v string, number bool) {
	n, _, size := readNumberOf([]byte(v))
	switch foldKey(key) {
	case "next", "nextpage", "nexttoken", "nextpagetoken", "nextcursor", "nextlink", "nexturl", "nextoffset", "nextmarker", "continuationtoken", "odatanextlink", "@odatanextlink", "continue", "scrollid":
		if v != "" && v != "0" {
			j.more = key + ": " + v
		}
	case "page", "currentpage", "pagenumber":
		f.page = n
	case "pages", "totalpages", "pagecount", "lastpage", "numpages":
		if f.page > 0 && n > f.page || f.page == 0 && n > 1 {
			j.more = key + ": " + v
		}
	case "omitted", "truncated", "skipped", "omittedrows", "omittedlines", "remaining", "moreresults", "othercount", "dropped":
		if number && size > 0 && n > 0 {
			j.more = key + ": " + v
		}
	case "failed":
		if f.name == "_shards" && n > 0 { // output of Elasticsearch
			j.more = f.name + "." + key + ": " + v
		}
	}
}
