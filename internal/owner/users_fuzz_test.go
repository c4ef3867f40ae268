// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"strings"
	"testing"
)

// FuzzPasswd: whatever stands in the file, a user has a name.
func FuzzPasswd(f *testing.F) {
	f.Add("root:x:0:0:root:/root:/bin/bash\n#a:x:1:1:\n+::::\n:x:2:2:\na:x:4294967296:\n")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := readPasswd(strings.NewReader(text))
		for uid, name := range names {
			if name == "" || strings.ContainsAny(name, ":\n") {
				t.Errorf("user %d is %q, %v", uid, name, err)
			}
		}
	})
}
