// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TestChineseWindows: headings in Chinese are headings, not lines that are no socket,
// in the characters of the mainland and of Taiwan, and as cmd writes them to a file.
func TestChineseWindows(t *testing.T) {
	const rows = "  TCP    10.9.8.7:8080    172.20.3.4:40222    CLOSE_WAIT\r\n"
	for name, heading := range map[string]string{
		"simplified":  "\r\n活动连接\r\n\r\n  协议  本地地址          外部地址        状态\r\n",
		"with pids":   "\r\n活动连接\r\n\r\n  协议  本地地址          外部地址        状态           PID\r\n",
		"traditional": "\r\n使用中連線\r\n\r\n  協定   本機位址               外部位址               狀態\r\n",
		"GBK":         "\r\n\xbb\xee\xb6\xaf\xc1\xac\xbd\xd3\r\n\r\n  \xd0\xad\xd2\xe9  \xb1\xbe\xb5\xd8\xb5\xd8\xd6\xb7   \xcd\xe2\xb2\xbf\xb5\xd8\xd6\xb7   \xd7\xb4\xcc\xac\r\n",
	} {
		r, err := Count(strings.NewReader(heading+rows), "netstat.txt")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, g := range append(append([]problem.Gap{}, r.Gaps...), r.Limits...) {
			if strings.Contains(g.Source, "other lines") {
				t.Errorf("%s: %+v", name, g)
			}
		}
	}
}
