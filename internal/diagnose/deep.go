// SPDX-License-Identifier: Apache-2.0

package diagnose

import "github.com/tcpvitals/tcpvitals/internal/socket"

// LightFields are [ReadingFields] without those that come with struct tcp_info,
// which makes three times the bytes of every full socket.
func LightFields() socket.FieldSet {
	var light socket.FieldSet
	for f := range socket.Fields() {
		if ReadingFields().Has(f.ID) && f.Cost != socket.CostInfo {
			light.Add(f.ID)
		}
	}
	return light
}

// DeepWatches are the names of what a reading of [LightFields] does not show,
// as they stand in [Missing.Fact].
func DeepWatches() (names []string) {
	for _, w := range watches {
		if socket.FieldsOf(w.needs...).Costs(socket.CostInfo) {
			names = append(names, w.name)
		}
	}
	return names
}
