// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file knows numbers that count no sockets, by the word for what they
// count: times, sizes, rates and shares.

// isUnit reports whether w, beside a number, says that it is not a number of
// sockets.
func isUnit(w []byte) bool {
	w = bytes.ToLower(bytes.Trim(w, ".,;:!()"))
	switch string(w) {
	case "%", "pct", "percent", "percentage", "permille", "prozent", "pourcent", "procent", "‰", "％",
		"s", "sec", "secs", "second", "seconds", "ms", "msec", "msecs", "millis", "millisecond", "milliseconds", "us", "usec", "usecs", "µs", "μs",
		"microseconds", "ns", "nsec", "nanoseconds", "min", "mins", "minute", "minutes", "h", "hr", "hrs", "hour", "hours", "d", "day", "days",
		"week", "weeks", "month", "months", "year", "years", "ago", "jiffies", "ticks", "sekunden", "sekunde", "minuten", "stunden", "secondes", "segundos", "minutos",
		"秒", "秒钟", "秒鐘", "毫秒", "微秒", "纳秒", "分", "分钟", "分鐘", "小时", "小時", "天", "分前",
		"b", "byte", "bytes", "octets", "bit", "bits", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "kbit", "mbit", "gbit", "kbps", "mbps", "gbps", "bps", "pages",
		"字节", "字節", "バイト",
		"per", "hz", "khz", "rps", "qps", "pps", "cps", "times", "retries", "packets", "segments", "次", "每秒":
		return true
	default:
		return len(w) > 1 && w[0] == '/' && !isMark(w[1]) && string(w) != "/t" // 30 /s
	}
}

// hasMeasure reports whether a word of a name or of a title says that what is below
// it are no numbers of sockets: prev_states, "=== avg ===".
func hasMeasure(name string) (measure bool) {
	wordsOf(name, func(w string) {
		measure = measure || len(w) > 2 && w != "per" && measures([]byte(w)) || scales([]byte(w))
	})
	return measure
}

// measures reports whether name, of a column or of an object, says that what is
// in it are no numbers of sockets.
func measures(name []byte) bool {
	name = bytes.ToLower(name)
	for _, of := range [...]string{
		"timeout", "timer", "second", "duration", "latency", "percent", "share", "ratio", "bytes", "interval", "limit", "expire", "dauer", "zeit", "größe", "tiempo", "durée", "temps", "时间", "時間", "时长", "大小", "内存", "memory", "超时", "秒", "占比",
	} {
		if bytes.Contains(name, []byte(of)) {
			return true
		}
	}
	switch string(bytes.Trim(name, " \t\"()")) {
	case "age", "ages", "idle", "max", "min", "avg", "mean", "rate", "rates", "rtt", "size", "sizes", "mem", "averages", "peaks", "maxima", "stddev":
		return true
	case "errors", "error", "resets", "retransmits", "retransmissions", "drops", "dropped", "p50", "p90", "p95", "p99", "cpu", "prev", "old", "baseline", "expected", "target", "quota", "desired", "median", "average", "forecast", "historical", "delta", "diff", "change", "changes", "yesterday", "previous", "peak", "transitions", "code", "codes", "index", "rank", "weight",
		"warn", "warning", "crit", "critical", "threshold", "thresholds": // limits and levels for states, not numbers of present sockets
		return true
	default:
		return isUnit(name) || isOverTime(name)
	}
}

// isOverTime reports whether w, in small letters, is what is made of a number over a
// time, with the time after it or not: rate5m, avg_1h, irate.
func isOverTime(w []byte) bool {
	of := w
	if last := len(w) - 1; last > 0 && bytes.IndexByte([]byte("smhdw"), w[last]) >= 0 {
		if of = bytes.TrimRight(w[:last], "0123456789"); len(of) == last {
			of = w
		}
	}
	switch string(of) {
	case "irate", "idelta", "increase", "increment", "deriv":
		return true
	case "sum", "count", "total", "std", "quantile", "med", "first":
		return len(of) < len(w) // else they are of now
	default:
		return len(of) < len(w) && isStatisticWord(of)
	}
}
