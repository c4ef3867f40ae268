// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// ofDatabases are counts by state as databases, consoles and reports print them.
func ofDatabases() []paste {
	each := func(format string) string {
		return fmt.Sprintf(format, 1, "TIME_WAIT", 2044) + fmt.Sprintf(format, 2, "ESTABLISHED", 311) + fmt.Sprintf(format, 3, "LISTEN", 17)
	}
	const several, xml, numbers = "several numbers for one state", "is XML", "may be counts"
	return []paste{
		{name: "psql, expanded", source: "psql \\x", text: each("-[ RECORD %d ]----\nstate | %s\ncount | %d\n"), want: byABC},
		{name: "psql, expanded, another name", source: "psql \\x", text: each("-[ RECORD %d ]----\nstate | %s\nn     | %d\n"), want: byABC},
		{name: "psql", source: "psql", text: " state       | count \n-------------+-------\n" + each(" %[2]s | %[3]d\n") + "(3 rows)\n", want: byABC},
		{name: "lines of SQLite", source: "sqlite3 -line", text: each("state = %[2]s\ncount = %[3]d\n\n"), want: byABC},
		{name: "numbered by grep", source: "grep -n", text: each("%d:%s %d\n"), want: byABC},
		{name: "numbered by grep, some", source: "grep -n of a longer file", text: "12:TIME_WAIT 2044\n40:LISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17"},
		{name: "numbered by cat", source: "cat -n", text: each("     %d\t%s %d\n"), want: byABC},
		{name: "numbered by cat, number first", source: "uniq -c | cat -n", text: each("     %[1]d\t   %[3]d %[2]s\n"), want: byABC},
		{name: "numbered by an editor", source: "vim, set number", text: each("  %d %s %d\n"), want: byABC},
		{name: "two numbers", source: "a script", text: "40 TIME_WAIT 2044\n3 LISTEN 17\n", want: "TIME_WAIT 2044, LISTEN 17", says: numbers, lossy: true},
		{name: "two numbers, one line", source: "a script", text: "40 TIME_WAIT 2044\n", want: "TIME_WAIT 2044", says: numbers, lossy: true},
		{name: "MongoDB", source: "mongosh", text: each("{ _id: '%[2]s', n: %[3]d }\n"), want: byABC},
		{name: "MongoDB, a list", source: "mongosh", text: "[\n" + each("  { _id: '%[2]s', count: %[3]d },\n") + "]\n", want: byABC},
		{name: "MongoDB, with types", source: "mongo", text: each("{ _id: \"%[2]s\", total: NumberLong(%[3]d) }\n"), want: byABC},
		{name: "YAML in one line", source: "yaml.dump", text: each("- {state: %[2]s, count: %[3]d}\n"), want: byABC},
		{name: "YAML with other names", source: "a script", text: each("- name: %[2]s\n  value: %[3]d\n"), want: byABC},
		{name: "tables of TOML", source: "a script", text: each("[[state]]\nname = \"%[2]s\"\ncount = %[3]d\n\n"), want: byABC},
		{name: "attributes of XML", source: "a report", text: "<tcp>\n" + each("  <state name=\"%[2]s\" count=\"%[3]d\"/>\n") + "</tcp>\n", want: byABC},
		{name: "an attribute and a text of XML", source: "a report", text: "<tcp>\n" + each("  <state name=\"%[2]s\">%[3]d</state>\n") + "</tcp>\n", want: byABC},
		{name: "elements of XML", source: "a report", text: "<tcp>\n" + each("  <%[2]s>%[3]d</%[2]s>\n") + "</tcp>\n", want: byABC},
		{name: "elements of XML of two protocols", source: "a report", text: "<udp>\n  <ESTABLISHED>9</ESTABLISHED>\n</udp>\n<tcp>\n" + each("  <%[2]s>%[3]d</%[2]s>\n") + "</tcp>\n", want: byABC},
		{name: "XML with two numbers", source: "a report", text: "<state name=\"LISTEN\" count=\"17\" max=\"40\"/>\n", says: xml},
		{name: "XML with a child", source: "a report", text: "<state name=\"LISTEN\"><n>17</n></state>\n", says: xml},
		{name: "before and after", source: "a report", text: "State Before After\nESTABLISHED 5 7\nLISTEN 3 3\n", says: several},
		{name: "before and after, markdown", source: "a report", text: "| State | Before | After |\n|---|---|---|\n| ESTABLISHED | 5 | 7 |\n| LISTEN | 3 | 3 |\n", says: several},
		{name: "two machines, CSV", source: "a spreadsheet", text: "State,web1,web2\nESTABLISHED,5,7\nLISTEN,3,3\n", says: several},
		{name: "a difference too", source: "a report", text: "State;Before;After;Delta\nESTABLISHED;5;7;+2\nLISTEN;3;3;0\n", says: several},
		{name: "a sum in a column", source: "a script", text: "host,ESTABLISHED,LISTEN,total\ndb1,5,3,8\n", want: "ESTABLISHED 5, LISTEN 3"},
		{name: "a wrong sum in a column", source: "a script", text: "host,ESTABLISHED,LISTEN,total\ndb1,5,3,9\n", want: "ESTABLISHED 5, LISTEN 3", says: "do not add up", lossy: true},
		{name: "a number in brackets", source: "a report", text: "ESTABLISHED 5 (7)\nLISTEN 3 (3)\n", want: "ESTABLISHED 5, LISTEN 3", says: "of another time"},
		{name: "half a character", source: "a file that was cut", text: "\ufeff" + wide("ESTABLISHED 5\r\nLISTEN 3", binary.LittleEndian) + "4", want: "ESTABLISHED 5, LISTEN 3", says: "can be read", lossy: true},
	}
}

// TestPastedTools: counts by state of databases, consoles and reports are read, or
// refused by their name.
func TestPastedTools(t *testing.T) {
	for _, p := range ofDatabases() {
		if rest, marked := strings.CutPrefix(p.text, "\ufeff"); marked {
			p.text = "\xff\xfe" + rest
		}
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
