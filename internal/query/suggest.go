// SPDX-License-Identifier: Apache-2.0

package query

import "github.com/tcpvitals/tcpvitals/internal/socket"

// NearestField returns the name of the field that is most similar to name, or "" if
// none is similar enough.
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
