// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// parameter begins the lines of testdata/kernel that name kernel parameters.
const parameter = "sysctl"

// tables are the places in the kernel's sources that define the parameters that the
// project mentions.
func tables() map[string]string {
	return map[string]string{
		"net/ipv4/sysctl_net_ipv4.c":              "net.ipv4.",
		"net/core/sysctl_net_core.c":              "net.core.",
		"net/netfilter/nf_conntrack_standalone.c": "net.netfilter.",
		"net/mptcp/ctrl.c":                        "net.mptcp.",
		"fs/file_table.c":                         "fs.",
	}
}

// parametersOf reads the names of kernel parameters out of a kernel's sources.
func parametersOf(t *testing.T, dir string) (keys []string) {
	t.Helper()
	entry := regexp.MustCompile(`\.procname\s*=\s*"([\w-]+)"`)
	for file, prefix := range tables() {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range entry.FindAllSubmatch(data, -1) {
			if key := prefix + string(found[1]); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	if len(keys) < 150 {
		t.Fatalf("only %d parameters were found in %s", len(keys), dir)
	}
	return keys
}

// parametersByKernel are those names, by version, as testdata/kernel has them.
func parametersByKernel(t *testing.T) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob(citationData + "/*.txt")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d lists of kernels: %v", len(files), err)
	}
	all := map[string]map[string]bool{}
	for _, file := range files {
		has := map[string]bool{}
		for c := range readCitations(t, file) {
			if c.file == parameter {
				has[c.name] = true
			}
		}
		if len(has) < 150 {
			t.Fatalf("%s: only %d parameters", file, len(has))
		}
		all[strings.TrimSuffix(filepath.Base(file), ".txt")] = has
	}
	return all
}

// TestParametersOfKernels: every parameter of the catalogue exists in all kernels, or
// its page says which kernels have it. A parameter that is said to be removed is in
// none.
func TestParametersOfKernels(t *testing.T) {
	versioned := regexp.MustCompile(`Linux [3-9]|kernels? (before|from|since)`)
	for version, has := range parametersByKernel(t) {
		for s := range knowledge.Sysctls() {
			switch {
			case s.Status == knowledge.SysctlRemoved && has[s.Key]:
				t.Errorf("%s is said to be removed, and Linux %s has it", s.Key, version)
			case s.Status != knowledge.SysctlRemoved && !has[s.Key] && !slices.ContainsFunc(s.History, func(h knowledge.Statement) bool { return versioned.MatchString(h.En) }):
				t.Errorf("%s is not in Linux %s, and its page does not say which kernels have it", s.Key, version)
			}
		}
	}
}

// TestParametersThatAreNamed: every text in a page or document that looks like a
// parameter's key names one that some kernel has, or that the catalogue knows as
// removed.
func TestParametersThatAreNamed(t *testing.T) {
	known := map[string]bool{}
	for _, name := range knowledge.SysctlNames() {
		known[name] = true
	}
	for _, has := range parametersByKernel(t) {
		for key := range has {
			known[key] = true
		}
	}
	key := regexp.MustCompile(`\bnet\.(?:ipv4|core|netfilter|mptcp)\.[a-z][a-z0-9_]*[a-z0-9]\b`)
	named := 0
	check := func(where, text string) {
		for _, found := range key.FindAllString(text, -1) {
			named++
			if !known[found] && !branch(found) {
				t.Errorf("%s names %s, which no kernel has", where, found)
			}
		}
	}
	for _, topic := range slices.Concat(knowledge.Topics(), Topics()) {
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				check(topic.Name, s.En+" "+s.Zh)
			}
		}
	}
	for file, text := range textsOfTheProject(t) {
		if strings.HasSuffix(file, ".md") {
			check(file, text)
		}
	}
	if named < 200 {
		t.Errorf("only %d were found", named)
	}
}

// branch reports whether a key is the common beginning of many, such as net.ipv4.conf
// of net.ipv4.conf.all.rp_filter, or of net.netfilter.nf_conntrack_tcp_timeout_*.
func branch(key string) bool {
	return slices.Contains([]string{"net.ipv4.conf", "net.ipv4.route", "net.ipv4.neigh", "net.netfilter.nf_conntrack_tcp_timeout"}, key)
}
