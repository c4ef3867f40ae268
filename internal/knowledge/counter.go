// SPDX-License-Identifier: Apache-2.0

package knowledge

// Counters returns a topic for each number of the kernel that tells something
// about connections.
func Counters() []Topic { return nil }
