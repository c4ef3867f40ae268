// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"os"
	"testing"
)

// TestTree applies all house rules to this tree.
func TestTree(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Go) < 10 || tree.Text("go.mod") == "" {
		t.Fatalf("found %d Go files: this is not the whole tree", len(tree.Go))
	}
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			for _, violation := range rule.Check(tree) {
				t.Error(violation)
			}
		})
	}
}
