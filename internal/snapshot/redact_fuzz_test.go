// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"strings"
	"testing"
)

// FuzzRedact: a secret is removed whatever surrounds it, and equal texts become equal.
func FuzzRedact(f *testing.F) {
	f.Add("sshd@3-", ".service")
	f.Add(`backup\x2d`, "_db")
	f.Add("::ffff:", ":22-")
	f.Add("300.", ".7")
	f.Add("\xff\\x6", "1")
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before)+len(after) > 1000 {
			return
		}
		r, err := newRedactor([32]byte{3}, []string{"qzalice"})
		check(t, err)
		r.machine(&Machine{Host: "qzweb1.qzcorp.example"})
		for _, secret := range []string{"198.51.100.77", "198-51-100-77", "qzalice", "qzweb1", "qzcorp.example", "qzuwsxk", "2001:db8:77aa::99bb", "c633644d"} {
			if strings.Contains(before+after, secret) {
				continue
			}
			text := before + secret + after
			for _, replace := range []func(string) string{r.name, r.text} {
				got := replace(text)
				if strings.Contains(got, secret) {
					t.Errorf("%q became %q", text, got)
				}
				if again := replace(text); again != got {
					t.Errorf("%q became %q, and then %q", text, got, again)
				}
			}
		}
	})
}
