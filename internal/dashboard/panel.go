// SPDX-License-Identifier: Apache-2.0

package dashboard

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// A Kind is how Grafana draws a panel.
type Kind string

// The kinds, as Grafana calls them.
const (
	Lines Kind = "timeseries"
	Stat  Kind = "stat"
	Table Kind = "table"
)

// A Panel is one picture.
type Panel struct {
	Title knowledge.Text
	Help  knowledge.Text // what one sees, and what to do about it
	Kind  Kind
	Unit  string // Grafana's: short, percentunit, s, bytes, cps (a second)
	Width int    // of 24
	Exprs []Expr
}

// An Expr is one query of a panel.
type Expr struct {
	PromQL string // $instance chooses the hosts
	Legend string // Grafana's template over the labels
}

// A Row is panels that belong together.
type Row struct {
	Title  knowledge.Text
	Panels []Panel
}

// host is the matcher of the hosts that are chosen.
const host = `instance=~"$instance"`

// perSecond is the rate of a counter of the kernel.
func perSecond(counter string) string {
	return `rate(tcpvitals_kernel_events_total{` + host + `,counter="` + counter + `"}[$__rate_interval])`
}

// Rows returns what the dashboard shows, from the top.
func Rows() []Row {
	return []Row{overview(), findings(), listeners(), destinations(), owners(), losses(), agent()}
}
