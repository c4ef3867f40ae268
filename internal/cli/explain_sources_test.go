// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// TestAddressesOfSources: an address that a page cites is encrypted, whole and spelt in
// one way. Whether it still answers cannot be tested without asking it.
func TestAddressesOfSources(t *testing.T) {
	x := knowledge.NewIndex(knowledge.Topics(), diagnose.Topics(), audit.Topics())
	spelt := map[string]string{}
	for _, topic := range x.Topics() {
		for _, section := range topic.Sections {
			for _, statement := range section.Statements {
				for part := range strings.SplitSeq(statement.Source, "; ") {
					if address, _, _ := strings.Cut(part, " "); strings.Contains(address, "://") {
						checkAddress(t, topic.Name, address, spelt)
					}
				}
			}
		}
	}
	if len(spelt) < 30 {
		t.Errorf("only %d addresses are cited", len(spelt))
	}
}

// checkAddress notes in spelt how an address is written, by its host and path.
func checkAddress(t *testing.T, topic, address string, spelt map[string]string) {
	t.Helper()
	u, err := url.Parse(address)
	switch {
	case err != nil:
		t.Errorf("%s: %v", topic, err)
		return
	case u.Scheme != "https" || u.User != nil || u.Port() != "" || !strings.Contains(u.Host, "."):
		t.Errorf("%s cites %s, which is no address of an encrypted page of a public host", topic, address)
	case u.RawQuery != "":
		t.Errorf("%s cites %s: what is after the question mark is an answer that changes", topic, address)
	case strings.ContainsAny(address[len(address)-1:], ".,;:)\"'"):
		t.Errorf("%s cites %s, which ends in a sign of the sentence around it", topic, address)
	case strings.ToLower(u.Host) != u.Host || u.String() != address:
		t.Errorf("%s cites %s rather than %s", topic, address, u)
	}
	page := strings.TrimSuffix(strings.TrimPrefix(u.Host, "www.")+u.Path, "/")
	if before, ok := spelt[page]; ok && before != u.Host+u.Path {
		t.Errorf("one page is cited as %s and as %s%s", before, u.Host, u.Path)
	}
	spelt[page] = u.Host + u.Path
}
