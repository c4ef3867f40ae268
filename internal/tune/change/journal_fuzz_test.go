// SPDX-License-Identifier: Apache-2.0

package change

import (
	"path"
	"strings"
	"testing"
	"time"
)

// FuzzJournal: of no journal is anything believed that a plan could not have
// asked for.
func FuzzJournal(f *testing.F) {
	const begin = `{"step":"begin","change":{"version":1,"id":1,"boot":"b","netns":{"name":"self","inode":4026532600},"settings":[{"key":"net.core.somaxconn","old":"4096","new":"8192"}]}}` + "\n"
	f.Add([]byte(begin))
	f.Add([]byte(begin + `{"step":"write","key":"net.core.somaxconn"}` + "\n" + `{"step":"applied"}` + "\n"))
	f.Add([]byte(strings.Replace(begin, `"boot"`, `"persist":"/etc/sysctl.d/99-tcpvitals-0001.conf","boot"`, 1) + `{"step":"persist","file":"/etc/sysctl.d/99-tcpvitals-0001.conf"}` + "\n"))
	f.Add([]byte(strings.Replace(begin, "net.core.somaxconn", "net/../../kernel/core_pattern", 1)))
	e := New(Options{StateDir: "/nonexistent", Now: time.Now})
	f.Fuzz(func(t *testing.T, text []byte) {
		records, whole, err := parseJournal(text)
		if err != nil || e.believe(1, records) != nil {
			return
		}
		c := replay(records, int64(whole))
		if c.Persist != "" && path.Dir(c.Persist) != DefaultEtcDir {
			t.Errorf("a file %q", c.Persist)
		}
		for _, s := range c.Settings {
			if strings.Contains(s.Key, "..") || strings.HasPrefix(s.Key, "/") || strings.ContainsAny(s.Key+s.Old+s.New, "\n\x00") {
				t.Errorf("a parameter %q, %q, %q", s.Key, s.Old, s.New)
			}
		}
		_ = c.content()
	})
}
