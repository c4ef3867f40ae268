// SPDX-License-Identifier: Apache-2.0

package render

import "testing"

// TestGist: the gist of a summary is its part before the details; a name before a
// colon belongs to it.
func TestGist(t *testing.T) {
	for summary, want := range map[string]string{
		"accept queue of nginx :443 is full: 512 waiting, limit 511; 9 dropped": "accept queue of nginx :443 is full",
		"app[4]: 10 connections were not read for 30 s: 5,000 bytes wait":       "app[4]: 10 connections were not read for 30 s",
		"app[4]：10 个连接 30 秒没有被读取：5,000 字节在等待":                                   "app[4]：10 个连接 30 秒没有被读取",
		"10 个 FIN_WAIT1，每秒关闭 10.0 个，平均停留 1.00 秒：客户端响应慢或已离开":                     "10 个 FIN_WAIT1，每秒关闭 10.0 个，平均停留 1.00 秒",
		`accept queue of "gunicorn: maste" :443 is full: 512 waiting`:           `accept queue of "gunicorn: maste" :443 is full`,
		`accept queue of "a; b" :443 is full: 512 waiting`:                      `accept queue of "a; b" :443 is full`,
		`"x\"; rm -rf /;'"[4]: 10 connections were not read: 5,000 bytes`:       `"x\"; rm -rf /;'"[4]: 10 connections were not read`,
		`"a: \\"[4]: 10 connections were not read: 5,000 bytes wait`:            `"a: \\"[4]: 10 connections were not read`,
		`"a；b" :443 的接受队列已满：512 个在等待`:                                           `"a；b" :443 的接受队列已满`,
		"a SYN queue was full": "a SYN queue was full",
		"tcp_tw_recycle：已移除":   "tcp_tw_recycle：已移除",
	} {
		if got := gist(summary); got != want {
			t.Errorf("%q: %q", summary, got)
		}
	}
}
