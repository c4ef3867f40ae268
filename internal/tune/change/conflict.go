// SPDX-License-Identifier: Apache-2.0

package change

import (
	"path"

	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// A Conflict is a line of a foreign file that sets a parameter of a change.
type Conflict struct {
	Line *audit.Line
	// WinsAtBoot says that it is read after the file of the change.
	WinsAtBoot bool
	// WinsByHand says the same of sysctl --system, which reads /etc/sysctl.conf last.
	WinsByHand bool
}

// audited are the files that set parameters here.
func (e *Changer) audited() (*audit.Found, error) {
	if e.o.EtcDir != "" {
		return audit.Given([]string{e.o.EtcDir})
	}
	return audit.Search("/")
}

// Conflicts returns what other files say of the parameters of a change. None of
// them is touched.
func (e *Changer) Conflicts(h *Header) ([]Conflict, error) {
	ours := path.Base(e.persistFile(max(h.ID, 1)))
	if h.Persist != "" {
		ours = path.Base(h.Persist)
	}
	found, err := e.audited()
	if err != nil {
		return nil, err
	}
	files := found.Procps
	if found.Boot == audit.Systemd {
		files = found.Systemd
	}
	var conflicts []Conflict
	for _, f := range files {
		if path.Base(f.Path) == ours {
			continue
		}
		for _, l := range f.Lines {
			if l.Assigns() && h.sets(l) {
				conflicts = append(conflicts, Conflict{Line: l, WinsAtBoot: after(f.Path, ours, found.Boot), WinsByHand: after(f.Path, ours, audit.Procps)})
			}
		}
	}
	return conflicts, nil
}

// sets reports whether a line sets one of the parameters. A pattern never wins over a
// key that is written out.
func (h *Header) sets(l *audit.Line) bool {
	for _, s := range h.Settings {
		if l.Key == s.Key {
			return true
		}
	}
	return false
}

// after reports whether a program reads a file after the file of the change.
// Distributions link /etc/sysctl.conf as 99-sysctl.conf, which comes before it.
func after(file, ours string, by audit.Reader) bool {
	if file == "/etc/sysctl.conf" {
		return by == audit.Procps
	}
	return path.Base(file) > ours
}
