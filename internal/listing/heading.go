// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// This file knows the headings of numbers, of a column or of a key. A row is one
// socket only when it is known of every number in it that it counts none.

// A figure is what the numbers below a heading are.
type figure uint8

const (
	figureOpen   figure = iota // unknown
	figureCount                // a number of sockets
	figureSocket               // a property of one socket: a port, a process, a queue, a time
	figureSum                  // a property of several sockets that is not their number: a share, a mean, a limit
)

// figureOf tells what the numbers below a heading are.
func figureOf(name []byte) figure {
	c, known := columnOf(name)
	switch {
	case c == columnCount || !known && countsByName(name):
		return figureCount
	case c == columnShare:
		return figureSum
	case known || isSocketFigure(name):
		return figureSocket
	case isStatistic(name):
		return figureSum
	case measures(name):
		return figureSocket
	default:
		return figureOpen
	}
}

// countsByName reports whether every word of a heading is one that stands above
// numbers of sockets, and one of them says that they are numbers. In other languages
// than English the first word says so, and what is counted follows.
func countsByName(name []byte) bool {
	if bytes.ContainsAny(name, "%\u2030\u00d7+=<>$\u20ac") {
		return false
	}
	if inner, ok := countOfColumn(name); ok {
		return !isStatistic(inner)
	}
	counting, foreign, n := false, false, 0
	for w := range bytes.FieldsFuncSeq(name, betweenLetters) {
		switch {
		case isCountWord(w):
			foreign = foreign || n == 0 && !isFiller(w)
			counting = true
		case !isFiller(w) && !isFamily(w) && (!foreign || !isCounted(w)):
			return false
		}
		n++
	}
	if n == 0 {
		switch string(bytes.Trim(name, " \t\"'()")) {
		case "#", "\u2116":
			return true
		}
	}
	return counting
}

// countOfColumn reads what databases call a count of rows: count(1), COUNT(id).
func countOfColumn(name []byte) (inner []byte, ok bool) {
	if len(name) < len("count(1)") || !bytes.EqualFold(name[:len("count(")], []byte("count(")) || name[len(name)-1] != ')' {
		return nil, false
	}
	inner = name[len("count(") : len(name)-1]
	return inner, bytes.IndexFunc(inner, func(c rune) bool { return c != '_' && c != '.' && betweenLetters(c) }) < 0
}

// isCounted reports whether w says what is counted, after a word for a number, in
// another language than English.
func isCounted(w []byte) bool {
	var lower [32]byte
	return slices.Contains([]string{
		"de", "des", "der", "di", "delle", "do", "das", "van", "connexions", "verbindungen", "conexiones", "conex\u00f5es", "connessioni", "verbindingen", "po\u0142\u0105cze\u0144", "spojen\u00ed", "ba\u011flant\u0131",
		"\u043f\u043e\u0434\u043a\u043b\u044e\u0447\u0435\u043d\u0438\u0439", "\u0441\u043e\u0435\u0434\u0438\u043d\u0435\u043d\u0438\u0439", "\u0441\u043e\u043a\u0435\u0442\u043e\u0432", "\u0437'\u0454\u0434\u043d\u0430\u043d\u044c",
	}, string(folded(lower[:0], w)))
}

// isCountWord reports whether w stands above numbers of sockets, in any language.
func isCountWord(w []byte) bool {
	var lower [32]byte
	return slices.Contains([]string{
		"count", "counts", "cnt", "n", "num", "number", "numbers", "total", "totals", "sum", "value", "val", "qty", "quantity", "hits", "amount", "freq", "frequency", "occurrences", "instances", "tally", "items", "entries", "records", "connections", "conns", "nconn", "nconns", "sockets", "sessions",
		"verbindungen", "connexions", "conexiones", "conex\u00f5es", "connessioni", "verbindingen", "po\u0142\u0105czenia", "spojen\u00ed", "ba\u011flant\u0131", "\u043f\u043e\u0434\u043a\u043b\u044e\u0447\u0435\u043d\u0438\u044f", "\u0441\u043e\u0435\u0434\u0438\u043d\u0435\u043d\u0438\u044f", "\u0441\u043e\u043a\u0435\u0442\u044b", "\u8fde\u63a5", "\u9023\u63a5", "\u9023\u7dda", "\u63a5\u7d9a", "\u5957\u63a5\u5b57",
		"anzahl", "summe", "gesamt", "nombre", "nb", "nbre", "nbr", "effectif", "cantidad", "n\u00famero", "numero", "cuenta", "conteo", "quantidade", "qtd", "qtde", "contagem", "quantit\u00e0", "quantit\u00e9", "conteggio", "totale",
		"aantal", "totaal", "antal", "antall", "m\u00e4\u00e4r\u00e4", "lukum\u00e4\u00e4r\u00e4", "liczba", "ilo\u015b\u0107", "suma", "po\u010det", "sz\u00e1m", "say\u0131", "say\u0131s\u0131", "adet", "toplam", "s\u1ed1", "jumlah",
		"\u043a\u043e\u043b\u0438\u0447\u0435\u0441\u0442\u0432\u043e", "\u041a\u043e\u043b\u0438\u0447\u0435\u0441\u0442\u0432\u043e", "\u0447\u0438\u0441\u043b\u043e", "\u0427\u0438\u0441\u043b\u043e", "\u043a\u0456\u043b\u044c\u043a\u0456\u0441\u0442\u044c", "\u041a\u0456\u043b\u044c\u043a\u0456\u0441\u0442\u044c", "\u0432\u0441\u0435\u0433\u043e", "\u0412\u0441\u0435\u0433\u043e", "\u043a\u043e\u043b", "\u041a\u043e\u043b", "\u0432\u043e", "\u0448\u0442",
		"\u4ef6\u6570", "\u4ef6\u6578", "\u6570", "\u6578", "\u6570\u91cf", "\u6578\u91cf", "\u6570\u76ee", "\u6578\u76ee", "\u4e2a\u6570", "\u500b\u6578", "\u500b\u6570", "\u603b\u6570", "\u7e3d\u6578", "\u5408\u8ba1", "\u5408\u8a08", "\u603b\u8ba1", "\u8fde\u63a5\u6570", "\u9023\u63a5\u6578", "\u9023\u7dda\u6578", "\u63a5\u7d9a\u6570", "\u30b3\u30cd\u30af\u30b7\u30e7\u30f3\u6570", "\u30bd\u30b1\u30c3\u30c8\u6570", "\u6b21\u6570", "\u6b21\u6578",
		"\uac1c\uc218", "\uac2f\uc218", "\uac74\uc218", "\uc218", "\uc218\ub7c9", "\uc5f0\uacb0\uc218",
	}, string(folded(lower[:0], w)))
}

// isStatistic reports whether a word of a heading says that the numbers below it are
// a share, a mean, a bound, or of another time.
func isStatistic(name []byte) bool {
	if string(bytes.TrimSpace(name)) == "%" {
		return true
	}
	if _, state := loosely(name); state {
		return false // as in LAST_ACK
	}
	for w := range bytes.FieldsFuncSeq(name, betweenLetters) {
		if isStatisticWord(w) {
			return true
		}
	}
	return false
}

func isStatisticWord(w []byte) bool {
	var lower [32]byte
	return slices.Contains([]string{
		"max", "min", "maximum", "minimum", "maxima", "avg", "mean", "average", "averages", "median", "peak", "peaks", "stddev", "p50", "p90", "p95", "p99", "limit", "limits", "threshold", "thresholds", "warn", "warning", "crit", "critical", "quota", "target", "expected", "desired", "baseline", "forecast", "historical",
		"percent", "percentage", "pct", "share", "ratio", "rate", "rates", "fraction", "proportion", "delta", "diff", "difference", "change", "changes", "growth", "trend", "prev", "previous", "old", "before", "after", "yesterday", "earlier", "last", "lastweek", "week", "month", "weight", "rank", "transitions", "cumulative",
		"mittel", "mittelwert", "durchschnitt", "schnitt", "anteil", "prozent", "grenze", "grenzwert", "schwelle", "schwellwert", "schwellenwert", "gestern", "vorher", "nachher", "differenz", "h\u00f6chstwert", "moyenne", "moyen", "seuil", "limite", "avant", "apr\u00e8s", "hier", "\u00e9cart", "part", "promedio", "umbral", "l\u00edmite", "ayer", "antes", "despu\u00e9s", "diferencia", "porcentaje", "m\u00e9dia", "m\u00e1ximo", "m\u00ednimo", "ontem", "massimo", "minimo", "soglia", "ieri", "prima", "dopo", "gemiddelde", "gisteren",
		"\u0441\u0440\u0435\u0434\u043d\u0435\u0435", "\u043c\u0430\u043a\u0441\u0438\u043c\u0443\u043c", "\u043c\u0438\u043d\u0438\u043c\u0443\u043c", "\u0432\u0447\u0435\u0440\u0430", "\u043f\u0440\u043e\u0446\u0435\u043d\u0442", "\u043b\u0438\u043c\u0438\u0442",
		"\u5e73\u5747", "\u5e73\u5747\u503c", "\u6700\u5927", "\u6700\u5927\u503c", "\u6700\u5c0f", "\u6700\u5c0f\u503c", "\u5cf0\u503c", "\u6628\u5929", "\u6628\u65e5", "\u4e0a\u9650", "\u4e0b\u9650", "\u9650\u5236", "\u9608\u503c", "\u95be\u503c", "\u5360\u6bd4", "\u6bd4\u4f8b", "\u767e\u5206\u6bd4", "\u53d8\u5316", "\u8b8a\u5316", "\u5909\u5316", "\u5dee\u503c", "\u5dee", "\u589e\u91cf", "\u4e4b\u524d", "\u4e4b\u540e", "\u5272\u5408",
	}, string(folded(lower[:0], w)))
}

// isSocketFigure reports whether a number of one socket stands below a heading: a
// field of this program's own list, or what other programs call such a number.
func isSocketFigure(name []byte) bool {
	var lower [32]byte
	w := folded(lower[:0], bytes.Trim(name, " \t\"'()*"))
	if _, ok := socket.Lookup(string(w)); ok {
		return true
	}
	return slices.Contains([]string{
		"family", "type", "af", "ip", "addressfamily", "ip_version", "ipversion", "ip_family", "version", "vrf", "zone", "scope", "scopeid", "scope_id", "localscopeid", "remotescopeid", "ifindex", "iif", "interface", "if", "flow", "flowlabel", "flow_label", "mark", "fwmark", "priority", "prio", "tos", "dscp", "ttl",
		"socket", "sock", "sk", "handle", "sl", "st", "state_code", "statecode", "ref", "refs", "refcnt", "ref_count", "refcount", "usecnt", "rtncnt", "gencnt", "pointer", "tr", "tm", "when", "tm_when", "tm->when", "retrnsmt", "rexmit", "rexmits", "probes", "keepalive", "linger", "flags", "flags1", "options", "opts", "gen", "pcb",
		"rx", "tx", "rxq", "txq", "rxqueue", "txqueue", "rx_queue", "tx_queue", "rqueue", "wqueue", "r_queue", "w_queue", "recvqueue", "sendqueue", "recv_queue", "send_queue", "rxbytes", "txbytes", "rhiwat", "shiwat", "rxpackets", "txpackets", "inbytes", "outbytes", "bytesin", "bytesout", "bytes_in", "bytes_out", "in", "out", "bytessent", "bytesreceived", "bytes_received", "bytes_sent", "bytes_retrans", "bytes_acked", "segs_in", "segs_out", "data_segs_in", "data_segs_out", "packetsin", "packetsout", "segsin", "segsout", "iw", "ow",
		"local_port_num", "foreign_port_num", "peer_port_num", "remote_port_num", "epid", "parentid", "parentpid", "parent", "sid", "session", "sessionid", "session_id", "gid", "euid", "egid", "userid", "user_id", "cpu", "threads", "tgid", "inodeid", "inode_number", "net_namespace", "netnamespace", "namespace", "nsid",
		"rtt", "rttvar", "rto", "ato", "srtt", "cwnd", "ssthresh", "mss", "pmtu", "advmss", "rcvmss", "wscale", "snd_wnd", "rcv_wnd", "rcv_space", "rcv_ssthresh", "notsent", "unacked", "lost", "sacked", "dsack_dups", "reordering", "retransmits", "unsent", "rcvbuf", "sndbuf", "skmem", "minrtt", "pacing_rate", "delivery_rate", "delivered", "lastsnd", "lastrcv", "lastack", "swnd", "rwnd", "snd_cwnd",
		"opened", "start", "started", "starttime", "start_time", "created", "createtime", "create_time", "lastseen", "last_seen", "firstseen", "first_seen",
		"\u7aef\u53e3", "\u672c\u5730\u7aef\u53e3", "\u8fdc\u7a0b\u7aef\u53e3", "\u8fdb\u7a0b", "\u8fdb\u7a0bid", "\u8fdb\u7a0b\u53f7", "\u30dd\u30fc\u30c8", "puerto", "porta", "poort", "\u043f\u043e\u0440\u0442", "prozess", "prozessid", "prozess-id", "processus",
	}, string(w))
}
