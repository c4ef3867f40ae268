// SPDX-License-Identifier: Apache-2.0

// Package diagnose judges whether the state of a machine is a problem: facts in,
// findings out. Every threshold states its source.
//
// It reads nothing from the machine and uses no clock: the caller passes the rows, the
// kernel parameters and the time between two readings. What is said of a rule, in English
// and Chinese, stands beside the rule.
//
//	var now diagnose.QueueReading
//	for row := range rows {
//		now.Add(row, true)
//	}
//	for _, q := range diagnose.JudgeQueues(&now, nil, 0) {
//		if q.Severity >= diagnose.Warning {
//			fmt.Println(q.Socket.Local, q.Signs, q.Knobs)
//		}
//	}
package diagnose
