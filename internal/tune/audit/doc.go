// SPDX-License-Identifier: Apache-2.0

// Package audit judges files of kernel parameters: what sysctl(8) and
// systemd-sysctl(8) would read, in their order, or given files of any machine. The
// judgement of a value comes from the catalogue in internal/knowledge. This package
// knows how the files are read, which line wins, and what the present values of a
// host add.
//
// It reads and never writes; internal/tune/change changes parameters.
//
//	lines := audit.Parse("/etc/sysctl.conf", data)
//	for _, f := range audit.Judge(audit.Input{Lines: lines}) {
//		fmt.Println(f.File, f.Line, f.Code, f.Message.En)
//	}
package audit
