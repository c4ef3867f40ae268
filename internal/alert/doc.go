// SPDX-License-Identifier: Apache-2.0

// Package alert is the one table of alerts: what each is called, the PromQL that
// makes it fire, how long that must hold, and its page in both languages. [File]
// writes the table as a rules file that Prometheus reads.
//
// Most alerts ask for a finding of the doctor, so that an alert and `tcpvitals
// doctor` never say different things: the rule has compared with the kernel's own
// limit and has left out the false alarms that it knows. The labels of such an
// alert are the finding's identity. The others compare a metric with the limit of
// the kernel that stands beside it.
package alert
