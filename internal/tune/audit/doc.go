// SPDX-License-Identifier: Apache-2.0

// Package audit judges files of kernel parameters: what sysctl(8) and
// systemd-sysctl(8) would read, in their order, or given files of any machine.
// What it says about a value comes from the catalogue in internal/knowledge;
// here is how files are read, which line wins, and what a host adds to that.
//
// It reads and never writes. Changing parameters is not its business.
//
//	lines := audit.Parse("/etc/sysctl.conf", data)
//	for _, f := range audit.Judge(audit.Input{Lines: lines}) {
//		fmt.Println(f.File, f.Line, f.Code, f.Message.En)
//	}
package audit
