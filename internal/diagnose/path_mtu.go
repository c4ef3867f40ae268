// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"net/netip"
	"time"
)

// Where a path takes small packets and drops large ones without a word, because the
// ICMP errors that would say so are filtered, a handshake and a short question
// succeed, and the first full segment is sent again until the connection ends
// (RFC 2923 section 2.1). A peer that is gone looks the same, but for what it says
// meanwhile.

// stalledFor is how long at least the same data was sent again so many times: each
// timeout is twice the one before, and the first 0.2 s or more (RFC 6298 5.5).
func stalledFor(retrans uint8) time.Duration {
	return 200 * time.Millisecond * time.Duration(1<<min(retrans, 16)-1)
}

// onlyFullSegments reports whether it looks as if large packets alone were lost. Each
// connection has a full segment or more to send, and earlier data of it was
// acknowledged. Each peer is reachable: data came in from it while nothing was
// acknowledged, or one connection to it stalled so much later than another one that
// it was opened, or answered, meanwhile.
func onlyFullSegments(rows []Kept) bool {
	heard := map[netip.Addr]bool{}
	least, most := map[netip.Addr]uint8{}, map[netip.Addr]uint8{}
	for i := range rows {
		k := &rows[i]
		l := &k.Life
		if !l.Counted || !l.Timed || l.SendMSS == 0 || k.SendQ < l.SendMSS || l.Acked <= 1 { // 1 is the SYN
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

// laterRetries is by how many retries two connections are apart of which one had
// an answer while the other had none: it stalled for four times as long.
const laterRetries = 2
