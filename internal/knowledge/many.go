// SPDX-License-Identifier: Apache-2.0

package knowledge

// Many is a number with what is counted, in English: "1 socket", "2,345 sockets". A
// noun that does not take an s is not for it.
func Many(n uint64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + one + "s"
}
