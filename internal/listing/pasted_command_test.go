// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofCommands are commands that were left above what they printed.
func ofCommands() []paste {
	var all []paste
	for _, command := range []string{"ss -4tan", "netstat -6ant", "netstat -an -f inet6", "netstat -an -p tcpv6", `netstat -ant | awk "NR<=3"`, "netstat -ant | uniq -d", "netstat -ant | perl -ne 'print if /443/'", "netstat -ant | ag 443", "netstat -ant | shuf", "netstat -ant | sed 2q", "netstat -ant | sort -u", "netstat -ant | strainer", "netstat -ant | sed 3,9d"} {
		all = append(all, paste{name: command, source: "a terminal", text: "$ " + command + "\n" + abc, want: counts, says: "leaves some out", lossy: true})
	}
	for _, command := range []string{"netstat -ant", "netstat -ant | sort", "netstat -ant | sort | uniq", "sudo netstat -antp | less", "netstat -ant | column -t", "netstat -ant | tee x.txt", "netstat -ant | nl", "netstat -ant | sed 1,2d", "netstat -ant | awk 'NR>2'", "netstat -ant | cat", "netstat -ant | tac"} {
		all = append(all, paste{name: command, source: "a terminal", text: "$ " + command + "\n" + abc, want: counts})
	}
	return append(all,
		paste{name: "both families", source: "a terminal", text: "$ netstat -4ant\n" + rowA + "$ netstat -6ant\n" + rowB + rowC, want: counts},
		paste{name: "with -a", source: "a terminal", text: "$ netstat -ant\n" + rowB, want: "CLOSE_WAIT 1"},
		paste{name: "without -a", source: "a terminal", text: "$ netstat -nt\n" + rowB, want: "CLOSE_WAIT 1", says: "without -a"})
}

// TestCommands: a stage that is not known to keep every line is reported.
func TestCommands(t *testing.T) {
	for _, p := range ofCommands() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
