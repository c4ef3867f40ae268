// SPDX-License-Identifier: Apache-2.0

package query

import "github.com/tcpvitals/tcpvitals/internal/socket"

// NearestField returns the name of the field that is spelled most like name, or
// "" when none is near enough to be meant.
func NearestField(name string) string {
	if f := begins(name); f != "" {
		return f
	}
	var names []string
	for f := range socket.Fields() {
		names = append(names, f.Name)
	}
	return nearestOf(name, names)
}
