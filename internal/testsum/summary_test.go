// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name, in, want string
		failed         bool
	}{
		{
			name: "pass and skip with its reason",
			in: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:3: needs root\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Elapsed":0.5}
`,
			want: "skip  p TestB: b_test.go:3: needs root\nok    p 0.50s\n1 passed, 0 failed, 1 skipped\n",
		},
		{
			name: "failure shows its output",
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: boom\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p","Elapsed":1}
`,
			want:   "    a_test.go:9: boom\nFAIL  p 1.00s\n0 passed, 1 failed, 0 skipped\n",
			failed: true,
		},
		{
			name: "build failure is counted",
			in: `{"Action":"build-output","ImportPath":"p","Output":"p.go:1: syntax error\n"}
{"Action":"build-fail","ImportPath":"p"}
{"Action":"fail","Package":"p"}
`,
			want:   "p.go:1: syntax error\nFAIL  p 0.00s\n0 passed, 1 failed, 0 skipped\n",
			failed: true,
		},
		{
			name:   "a run cut short",
			in:     `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}` + "\n",
			want:   "=== RUN   TestA\nFAIL  p TestA: never ended\n0 passed, 1 failed, 0 skipped\n",
			failed: true,
		},
		{
			name: "kernels",
			in: `{"Action":"pass","Package":"7.1.3: p","Test":"TestA"}
{"Action":"pass","Package":"6.1.0: p","Test":"TestA"}
{"Action":"pass","Package":"6.1.0: p","Test":"TestB"}
{"Action":"skip","Package":"7.1.3: p","Test":"TestB"}
{"Action":"output","Package":"7.1.3: p","Test":"TestC","Output":"so far\n"}
`,
			want:   "skip  7.1.3: p TestB: \nso far\nFAIL  7.1.3: p TestC: never ended\n6.1.0: 2 passed, 0 failed, 0 skipped\n7.1.3: 1 passed, 1 failed, 1 skipped\n3 passed, 1 failed, 1 skipped\n",
			failed: true,
		},
		{name: "nothing ran", want: "0 passed, 1 failed, 0 skipped\n", failed: true},
		{
			name:   "the go command itself failed",
			in:     "go: cannot find main module\n",
			want:   "go: cannot find main module\n0 passed, 1 failed, 0 skipped\n",
			failed: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			failed, err := run(strings.NewReader(tt.in), &out)
			if err != nil || failed != tt.failed {
				t.Errorf("run: failed %v, error %v; want failed %v", failed, err, tt.failed)
			}
			if out.String() != tt.want {
				t.Errorf("output:\n%s\nwant:\n%s", out.String(), tt.want)
			}
		})
	}
}
