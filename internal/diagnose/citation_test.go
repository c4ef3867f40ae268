// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"bufio"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// The sources of kernels in which to look citations up, as version=directory, such as
// Debian's packages linux-source-6.1 and linux-source-6.12:
//
//	apt-get download linux-source-6.1 && dpkg -x linux-source-6.1_*.deb d && tar -xf d/usr/src/linux-source-6.1.tar.xz
//	go test ./internal/diagnose -run TestCitations -trees 6.1.192=linux-source-6.1,6.12.117=linux-source-6.12
//
// That writes testdata/kernel: for each version the citations that its sources
// contain, each a file and a name in it, and the names of its parameters. Other runs
// of the tests need only these lists: a citation that is in none of them is wrong or
// new.
var trees = flag.String("trees", "", "look citations up in these kernel sources: version=directory,...")

const citationData = "testdata/kernel"

// A citation is a name in a file of the kernel's sources.
type citation struct{ file, name string }

func (c citation) String() string { return c.file + " " + c.name }

// elsewhereOnly are the names that one of the kernels lacks, each with what the citing
// texts say about that. No other citation may be missing in any kernel.
func elsewhereOnly() map[citation]string {
	return map[citation]string{
		{"include/net/tcp_states.h", "TCP_BOUND_INACTIVE"}:      "BOUND: only kernels from 6.8 on can list them",
		{"fs/proc/fd.c", "proc_readfd_count"}:                   "the size of /proc/PID/fd: since Linux 6.2",
		{"fs/proc/fd.c", "proc_fd_getattr"}:                     "the size of /proc/PID/fd: since Linux 6.2",
		{"net/ipv4/tcp.c", "sysctl_tcp_rto_min_us"}:             "net.ipv4.tcp_rto_min_us: Linux 6.12 has it, 6.1 does not",
		{"net/ipv4/tcp_ipv4.c", "sysctl_tcp_backlog_ack_defer"}: "net.ipv4.tcp_backlog_ack_defer: Linux 6.12 has it, 6.1 does not",
		{"net/ipv4/tcp_ipv4.c", "sysctl_tcp_plb_enabled"}:       "net.ipv4.tcp_plb_enabled: Linux 6.12 has it, 6.1 does not",
		{"net/ipv4/tcp_plb.c", "-"}:                             "TcpExt.TCPPLBRehash: since Linux 6.2",
		{"net/ipv4/tcp_plb.c", "tcp_plb_check_rehash"}:          "TcpExt.TCPPLBRehash: since Linux 6.2",
	}
}

func TestCitations(t *testing.T) {
	cited := citations(t)
	if len(cited) < 300 {
		t.Fatalf("only %d citations were found", len(cited))
	}
	if *trees != "" {
		writeCitations(t, cited)
	}
	files, err := filepath.Glob(citationData + "/*.txt")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d lists of kernels: %v", len(files), err)
	}
	excused := elsewhereOnly()
	missed := map[citation]bool{}
	for _, file := range files {
		has := readCitations(t, file)
		for _, c := range slices.SortedFunc(maps.Keys(cited), func(a, b citation) int { return strings.Compare(a.String(), b.String()) }) {
			if has[c] {
				continue
			}
			missed[c] = true
			if excused[c] == "" {
				t.Errorf("%s is not in Linux %s (cited by %s)", c, strings.TrimSuffix(filepath.Base(file), ".txt"), cited[c])
			}
		}
	}
	for c := range excused {
		if !missed[c] {
			t.Errorf("%s is in every kernel, or is not cited: it needs no excuse", c)
		}
	}
}

// citations returns every citation in pages, documents, comments and lab scripts, each
// with the name of a text that has it.
func citations(t *testing.T) map[citation]string {
	t.Helper()
	topics := slices.Concat(knowledge.Topics(), Topics())
	cited := map[citation]string{}
	for _, topic := range topics {
		sources := splitRead(topic.Read)
		for _, section := range topic.Sections {
			for _, statement := range section.Statements {
				sources = append(sources, statement.Source)
			}
		}
		for _, source := range sources {
			for part := range strings.SplitSeq(source, "; ") {
				for _, c := range parseCitation(part) {
					cited[c] = topic.Name
				}
			}
		}
	}
	for file, text := range textsOfTheProject(t) {
		for _, c := range citedIn(text) {
			cited[c] = file
		}
	}
	return cited
}

// textsOfTheProject returns the sources, scripts and documents by file, each joined
// into one line. It excludes tests, which cite nonexistent names on purpose.
func textsOfTheProject(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	comment := regexp.MustCompile(`\n\s*//`)
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git"):
			return filepath.SkipDir
		case entry.IsDir() && path == "../../docs/reference": // written out from the pages, which are looked up themselves
			return filepath.SkipDir
		case entry.IsDir() || !slices.Contains([]string{".go", ".md", ".tcp"}, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		data, err := os.ReadFile(path)
		texts[path] = strings.Join(strings.Fields(comment.ReplaceAllString(string(data), " ")), " ")
		return err
	})
	if err != nil || len(texts) < 300 {
		t.Fatalf("%d texts: %v", len(texts), err)
	}
	return texts
}

// citedIn finds the kernel files that a text names, each with the names after it that
// can only be functions or constants.
func citedIn(text string) (all []citation) {
	place := regexp.MustCompile(`(?:^|[^\w/])((?:net|include|fs|kernel|drivers|mm)/[a-zA-Z0-9_/.-]+\.[ch])\b((?:,? [A-Za-z_][\w.*]*)*)`)
	identifier := regexp.MustCompile(`^([a-z][a-z0-9]*_[a-z0-9_]*[a-z0-9]|[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]|__[a-z0-9_]+)$`)
	for _, found := range place.FindAllStringSubmatch(text, -1) {
		all = append(all, citation{found[1], "-"})
		for word := range strings.FieldsSeq(strings.ReplaceAll(found[2], ",", " ")) {
			if !identifier.MatchString(word) {
				break
			}
			all = append(all, citation{found[1], word})
		}
	}
	return all
}

// splitRead separates the sources of a page into one entry each.
func splitRead(read []string) (all []string) {
	for _, source := range read {
		all = append(all, strings.Split(source, "; ")...)
	}
	return all
}

// parseCitation reads "net/ipv4/tcp.c tcp_done, __tcp_close (comment)".
func parseCitation(part string) (all []citation) {
	file, names, ok := strings.Cut(part, " ")
	if !ok && strings.Contains(part, "/") {
		file = part
	}
	if !regexp.MustCompile(`^(net|include|fs|kernel|drivers|mm)/[a-zA-Z0-9_/.-]+\.[ch]$`).MatchString(file) {
		return nil
	}
	names = regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(names, "")
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimPrefix(strings.TrimSpace(name), "struct ")
		if name != "" {
			all = append(all, citation{file, name})
		}
	}
	if len(all) == 0 {
		all = []citation{{file, "-"}}
	}
	return all
}

func writeCitations(t *testing.T, cited map[citation]string) {
	t.Helper()
	for tree := range strings.SplitSeq(*trees, ",") {
		version, dir, _ := strings.Cut(tree, "=")
		var lines []string
		for c := range cited {
			data, err := os.ReadFile(filepath.Join(dir, c.file))
			if err != nil || c.name != "-" && !regexp.MustCompile(`\b`+regexp.QuoteMeta(c.name)+`\b`).Match(data) {
				continue
			}
			lines = append(lines, c.String())
		}
		for _, key := range parametersOf(t, dir) {
			lines = append(lines, parameter+" "+key)
		}
		slices.Sort(lines)
		text := fmt.Sprintf("# citations that the sources of Linux %s have; written by go test -trees, see citation_test.go\n%s\n", version, strings.Join(lines, "\n"))
		if err := os.MkdirAll(citationData, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(citationData, version+".txt"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readCitations(t *testing.T, file string) map[citation]bool {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	has := map[citation]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if path, name, ok := strings.Cut(lines.Text(), " "); ok && path != "#" {
			has[citation{path, name}] = true
		}
	}
	return has
}
