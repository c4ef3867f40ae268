// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// fullKey returns the parameter for a name without its path, such as tcp_fin_timeout.
// A name with which no parameter ends, or several do, stays as it is.
func fullKey(key string) string {
	if strings.Contains(key, ".") {
		return key
	}
	var found []string
	for _, name := range knowledge.SysctlNames() {
		if strings.HasSuffix(name, "."+key) && !strings.HasPrefix(name, "net.ipv4.netfilter.") {
			found = append(found, name)
		}
	}
	// net.nf_conntrack_max is a second name of the parameter in net.netfilter.
	found = slices.DeleteFunc(found, func(name string) bool { return name == "net.nf_conntrack_max" })
	if len(found) != 1 {
		return key
	}
	return found[0]
}
