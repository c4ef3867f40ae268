// SPDX-License-Identifier: Apache-2.0

// Package listing reads the TCP socket tables that other programs print:
// netstat of Linux (net-tools and busybox), of BSD and macOS and of Windows,
// PowerShell's Get-NetTCPConnection, ss, /proc/net/tcp itself, and the counts
// by state that the old one-liners print. Which of them it is, it finds out
// line by line.
//
// It is for text of any machine and any day, pasted or piped. It does not look
// at this machine, opens no file and knows no time; internal/kernel does the
// first. What a listing cannot tell is said in [Result.Gaps] and
// [Result.Limits], never counted as zero.
//
//	result, err := listing.Count(os.Stdin, "standard input")
//	fmt.Println(result.Format, result.Counts.Of(tcp.TimeWait))
//
//	rd := listing.NewReader(file, "netstat.txt")
//	for row, err := range rd.Rows() {
//		if err != nil {
//			return err
//		}
//		fmt.Println(row.Socket.Local, row.Socket.State)
//	}
//	result = rd.Result()
//
// [Count] is the hot path. The rows of Linux's netstat, of ss and of
// /proc/net/tcp go through fast.go, which finds the state and nothing else;
// every other line goes through the careful reading of classify.go. A fuzz
// test holds the two equal on every line.
package listing
