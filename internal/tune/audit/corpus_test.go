// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCorpus judges files in the style of well-known tuning recipes. The expected
// verdict follows each line after "#!"; a line without it is good, and a complaint
// about it is an error.
func TestCorpus(t *testing.T) {
	names, err := filepath.Glob("testdata/corpus/*.want")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".want"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file, want := expected(string(data))
			got := map[string][]string{}
			for _, f := range Judge(Input{Found: Stream("x.conf", []byte(file))}) {
				at := fmt.Sprintf("%d %s", f.Line, f.Text)
				got[at] = append(got[at], string(f.Code))
			}
			for at := range got {
				slices.Sort(got[at])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// expected splits a file into the text to judge and the expected verdicts.
func expected(text string) (file string, want map[string][]string) {
	want = map[string][]string{}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		judged, codes, marked := strings.Cut(line, "  #! ")
		file += judged + "\n"
		if marked {
			at := fmt.Sprintf("%d %s", i+1, strings.TrimSpace(judged))
			want[at] = strings.Fields(codes)
			slices.Sort(want[at])
		}
	}
	return file, want
}

// corpus returns the files without the expected verdicts.
func corpus(t *testing.T) (files []string) {
	t.Helper()
	names, err := filepath.Glob("testdata/corpus/*.want")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, _ := expected(string(data))
		files = append(files, file)
	}
	return files
}
