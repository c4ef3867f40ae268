// SPDX-License-Identifier: Apache-2.0

// Package diagnose tells whether what was read of a machine is a problem:
// facts in, judgements out. Every threshold says where it comes from.
//
// It reads nothing and knows no clock: who asks brings the rows, the kernel
// parameters and the time between two readings. What a judgement is called in
// English and Chinese stands in internal/knowledge, under the same names.
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
