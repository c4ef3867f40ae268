// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// aside returns the findings that are ignored, with the reason, and entries that no
// longer ignore anything.
func (v doctorView) aside() (lines []string) {
	for i := range v.Ignored {
		f := &v.Ignored[i]
		said := severityWord(f.Severity, v.lang) + " " + f.Code + " " + v.where(&f.Finding) + f.Summary.In(v.lang)
		lines = append(lines, visible.Text(v.words.ignored+said+bracketed(v.ignore(f.By), v.lang)))
	}
	for i := range v.Expired {
		lines = append(lines, visible.Text(v.words.expired+v.ignore(&v.Expired[i])))
	}
	return lines
}

// ignore returns who decided to ignore something.
func (v doctorView) ignore(g *diagnose.Ignore) string {
	parts := []string{g.String()}
	if g.Reason != "" {
		parts[0] += v.words.colon + g.Reason
	}
	if !g.Until.IsZero() {
		parts = append(parts, fmt.Sprintf(v.words.until, g.Until.Format(time.DateOnly)))
	}
	if g.Place != "" {
		parts = append(parts, g.Place)
	}
	return strings.Join(parts, separator(v.lang))
}
