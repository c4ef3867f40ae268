// SPDX-License-Identifier: Apache-2.0

package listing

import "bytes"

// This file takes off the first cell what grep -H, grep -n and findstr /n glue before
// each line: the name of a file or the number of the line, with a colon. The heading has
// it too, and shows how many colons there are.

// glued returns how many colons stand before the name of the first column of a
// heading, when that is the name of one with them taken off and of none with them.
func (c *cells) glued() int {
	first := c.at[0]
	if _, known := columnOf(first); known {
		return 0
	}
	i := bytes.LastIndexByte(first, ':')
	if i < 1 {
		return 0
	}
	if of, _ := columnOf(first[i+1:]); of == columnOther {
		return 0
	}
	return bytes.Count(first, []byte(":"))
}

// unglue takes n colons and what is before them off the first cell. A cell that has
// fewer stays as it is.
func (c *cells) unglue(n int) {
	rest := c.at[0]
	for range n {
		i := bytes.IndexByte(rest, ':')
		if i < 0 {
			return
		}
		rest = rest[i+1:]
	}
	c.at[0] = bytes.Trim(rest, " \t\"`'")
}
