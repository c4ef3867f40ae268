// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// claim is a statement with its source.
func claim(en, zh, source string) knowledge.Statement {
	return knowledge.Statement{Text: text(en, zh), Source: source}
}

func text(en, zh string) knowledge.Text { return knowledge.Text{En: en, Zh: zh} }

// quoting is a reason that quotes a text that was read. What others wrote is cut and made
// safe.
func quoting(en, zh, read string) knowledge.Text {
	return text(en+": "+visible.Excerpt(read), zh+"："+visible.Excerpt(read))
}

// seconds writes a duration as a number of seconds, without trailing zeros.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64)
}

// placeName names the place of a listener: for a wildcard address only the port.
func placeName(addr netip.AddrPort) string {
	if addr.Addr().IsUnspecified() {
		return ":" + strconv.Itoa(int(addr.Port()))
	}
	return addr.String()
}

// shortOwner names an owner in one word, "" for none.
func shortOwner(o *socket.Owner) string {
	switch {
	case o == nil:
		return ""
	case o.Among != "" || o.Process != nil && o.Process.Name == "":
		return processName(o)
	case o.Process != nil:
		return visible.Phrase(o.Process.Name)
	case o.Unit != "":
		return visible.Phrase(o.Unit)
	case o.Container != "":
		return visible.Phrase(o.Container)
	default:
		return ""
	}
}

// listenerName names a listener by its owner and place: nginx[411]
// (nginx.service) :443.
func listenerName(s *socket.Socket) knowledge.Text {
	place := placeName(s.Local)
	if s.Owner == nil || shortOwner(s.Owner) == "" {
		return text(place, place)
	}
	return say("%s %s", "%s %s", ownerText(s.Owner), place)
}

// howMany writes "n of all", or "all" if n is all of them.
func howMany(n, all int) knowledge.Text {
	if n == all {
		return text("all of them", "全部")
	}
	return say("%s of them", "其中 %s 个", n)
}

// until writes a duration in the unit that people would use.
func until(d time.Duration) knowledge.Text {
	switch {
	case d < 2*time.Minute:
		return say("%s s", "%s 秒", seconds(d))
	case d < 2*time.Hour:
		return say("%s min", "%s 分钟", int(d.Round(time.Minute)/time.Minute))
	default:
		return say("%s h", "%s 小时", int(d.Round(time.Hour)/time.Hour))
	}
}

// percent writes a share as a percentage.
func percent(share float64) string {
	p := 100 * share
	if p < 9.95 {
		return strconv.FormatFloat(p, 'f', 1, 64)
	}
	return strconv.FormatFloat(p, 'f', 0, 64)
}

// plain writes a kernel parameter as sysctl does, without commas.
func plain[N int | int64 | uint64](n N) string { return strconv.FormatInt(int64(n), 10) }
