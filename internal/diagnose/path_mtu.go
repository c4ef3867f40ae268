// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"time"
)

// Some paths pass small packets and silently drop large ones, because the ICMP errors
// about them are filtered. Then a handshake and a short question succeed, and the
// first full segment is sent again until the connection ends (RFC 2923 section 2.1). A
// peer that has gone looks the same, except that it sends nothing meanwhile.

// stalledFor is how long at least the same data has been sent again, given the number
// of retries: each timeout is twice the one before, and the first is 0.2 s or more
// (RFC 6298 5.5).
func stalledFor(retrans uint8) time.Duration {
	return 200 * time.Millisecond * time.Duration(1<<min(retrans, 16)-1)
}

// onlyFullSegments reports whether only large packets seem to be lost. Each connection
// has at least a full segment to send, and earlier data of it was acknowledged. Each
// peer is reachable: it sent data while nothing was acknowledged, or one connection to
// it stalled so much later than another one that the peer must have accepted or
// answered it meanwhile.
func onlyFullSegments(rows []Kept) bool {
	heard := map[netip.Addr]bool{}
	least, most := map[netip.Addr]uint8{}, map[netip.Addr]uint8{}
	for i := range rows {
		k := &rows[i]
		l := &k.Life
		if !l.Counted || !l.Timed || l.SendMSS == 0 || k.SendQ < l.SendMSS || l.Acked <= 1 { // an Acked of 1 counts only the SYN
			return false
		}
		peer := plainPlace(k.Remote).Addr()
		if l.LastRecv < stalledFor(k.Retrans) {
			heard[peer] = true
		}
		if n, known := least[peer]; !known || k.Retrans < n {
			least[peer] = k.Retrans
		}
		most[peer] = max(most[peer], k.Retrans)
	}
	for peer := range most {
		if !heard[peer] && most[peer] < least[peer]+laterRetries {
			return false
		}
	}
	return len(rows) > 0
}

// laterRetries is the difference in retries from which on one connection has stalled
// four times as long as another: the peer answered the one while it did not answer the
// other.
const laterRetries = 2
