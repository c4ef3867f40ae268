// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// Here returns what is otherwise on this host than the pages of an answer say; nothing
// for lists and search results, and where this system has no such parameters.
func (a *Answer) Here() []knowledge.Deviation {
	if _, exists, _ := audit.Live("net.ipv4.tcp_fin_timeout"); a.Kind != Pages || !exists {
		return nil
	}
	facts := audit.Facts()
	var all []knowledge.Deviation
	told := map[string]bool{}
	for _, topic := range a.Topics {
		for _, d := range knowledge.Deviations(topic, facts, audit.Live) {
			if !told[d.Key] {
				told[d.Key] = true
				all = append(all, d)
			}
		}
	}
	return all
}
