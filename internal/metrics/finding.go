// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// A FindingID identifies a finding by what a metric may have: no remote address and
// no process id.
type FindingID struct {
	Rule, Severity, Netns string
	Local                 string // the listener or local address that the finding is about; "" for none
	Destination           string // network and port; "" for none
	Process               string // the name of its owner
	Unit, Container       string
}

// A Finding counts the findings with the same labels.
type Finding struct {
	FindingID

	Count uint64
}

// FindingsOf groups findings by their labels and keeps the top worst.
func FindingsOf(d *diagnose.Diagnosis, networks []Network, top int) Top[Finding] {
	at := map[FindingID]int{}
	var all []Finding
	for i := range d.Findings {
		f := &d.Findings[i]
		id := idOf(f, networks)
		n, ok := at[id]
		if !ok {
			n = len(all)
			at[id] = n
			all = append(all, Finding{FindingID: id})
		}
		all[n].Count += max(1, f.Others)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(severity(a), severity(b)), cmp.Compare(a.Rule, b.Rule))
	})
	return cut(all, top)
}

func severity(f Finding) diagnose.Severity {
	s, _ := diagnose.ParseSeverity(f.Severity)
	return s
}

func idOf(f *diagnose.Finding, networks []Network) FindingID {
	id := FindingID{Rule: f.Code, Severity: f.Severity.String(), Netns: netnsOf(f.Netns)}
	id.Local = localOf(f.About.Local)
	if remote := f.About.Remote; remote.IsValid() {
		id.Destination = groupOf(remote.Addr(), networks) + ":" + strconv.Itoa(int(remote.Port()))
	}
	id.Process, id.Unit, id.Container = namesOf(f.Owner)
	return id
}

func localOf(local netip.AddrPort) string {
	switch {
	case local.IsValid() && local.Port() == 0:
		return local.Addr().String()
	case local.IsValid():
		return local.String()
	case local.Port() != 0:
		return ":" + strconv.Itoa(int(local.Port()))
	default:
		return ""
	}
}

func namesOf(o *socket.Owner) (process, unit, container string) {
	if o == nil {
		return "", "", ""
	}
	if o.Process != nil {
		process = o.Process.Name
	}
	return clean(process), clean(o.Unit), clean(o.Container)
}
