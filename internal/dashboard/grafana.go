// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"bytes"
	"encoding/json"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// What Grafana reads, as far as it is used here (schemaVersion 41).
type (
	board struct {
		Title         string     `json:"title"`
		UID           string     `json:"uid"`
		Tags          []string   `json:"tags"`
		SchemaVersion int        `json:"schemaVersion"`
		Version       int        `json:"version"`
		Editable      bool       `json:"editable"`
		Refresh       string     `json:"refresh"`
		Time          span       `json:"time"`
		Templating    templating `json:"templating"`
		Panels        []panel    `json:"panels"`
	}
	span struct {
		From string `json:"from"`
		To   string `json:"to"`
	}
	templating struct {
		List []variable `json:"list"`
	}
	variable struct {
		Name       string  `json:"name"`
		Label      string  `json:"label"`
		Type       string  `json:"type"`
		Query      string  `json:"query"`
		Datasource *source `json:"datasource,omitempty"`
		Refresh    int     `json:"refresh,omitempty"`
		Multi      bool    `json:"multi,omitempty"`
		IncludeAll bool    `json:"includeAll,omitempty"`
		AllValue   string  `json:"allValue,omitempty"`
	}
	source struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	panel struct {
		ID          int           `json:"id"`
		Type        Kind          `json:"type"`
		Title       string        `json:"title"`
		Description string        `json:"description,omitempty"`
		GridPos     place         `json:"gridPos"`
		Datasource  *source       `json:"datasource,omitempty"`
		FieldConfig *fields       `json:"fieldConfig,omitempty"`
		Options     *panelOptions `json:"options,omitempty"`
		Targets     []target      `json:"targets,omitempty"`
	}
	place struct {
		H int `json:"h"`
		W int `json:"w"`
		X int `json:"x"`
		Y int `json:"y"`
	}
	fields struct {
		Defaults  defaults `json:"defaults"`
		Overrides []string `json:"overrides"`
	}
	defaults struct {
		Unit string   `json:"unit"`
		Min  *float64 `json:"min,omitempty"`
	}
	panelOptions struct {
		Legend *legend `json:"legend,omitempty"`
	}
	legend struct {
		DisplayMode string   `json:"displayMode"`
		Placement   string   `json:"placement"`
		Calcs       []string `json:"calcs"`
	}
	target struct {
		RefID        string  `json:"refId"`
		Expr         string  `json:"expr"`
		LegendFormat string  `json:"legendFormat,omitempty"`
		Datasource   *source `json:"datasource"`
		Format       string  `json:"format,omitempty"`
		Instant      bool    `json:"instant,omitempty"`
	}
)

// row is the kind of a heading over panels.
const row Kind = "row"

const (
	columns = 24 // of Grafana's grid
	height  = 8  // of a panel, in rows of the grid
)

// JSON returns the dashboard in a language.
func JSON(lang knowledge.Lang) ([]byte, error) {
	chosen := &source{Type: "prometheus", UID: "${datasource}"}
	b := board{
		Title: "tcpvitals", UID: "tcpvitals-" + string(lang), Tags: []string{"tcp", "tcpvitals"}, SchemaVersion: 41, Version: 1, Editable: true,
		Refresh: "30s", Time: span{"now-1h", "now"},
		Templating: templating{[]variable{
			{Name: "datasource", Label: knowledge.Text{En: "Data source", Zh: "数据源"}.In(lang), Type: "datasource", Query: "prometheus"},
			{
				Name: "instance", Label: knowledge.Text{En: "Host", Zh: "主机"}.In(lang), Type: "query", Query: "label_values(tcpvitals_build_info, instance)",
				Datasource: chosen, Refresh: 2, Multi: true, IncludeAll: true, AllValue: ".*",
			},
		}},
	}
	y := 0
	for _, r := range Rows() {
		b.Panels = append(b.Panels, panel{ID: len(b.Panels) + 1, Type: row, Title: r.Title.In(lang), GridPos: place{1, columns, 0, y}})
		y++
		x := 0
		for i := range r.Panels {
			if x+r.Panels[i].Width > columns {
				x, y = 0, y+height
			}
			b.Panels = append(b.Panels, r.Panels[i].grafana(lang, len(b.Panels)+1, place{height, r.Panels[i].Width, x, y}, chosen))
			x += r.Panels[i].Width
		}
		y += height
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // PromQL stays readable; the file is not part of a page
	e.SetIndent("", "  ")
	err := e.Encode(b)
	return text.Bytes(), err
}

func (p *Panel) grafana(lang knowledge.Lang, id int, at place, from *source) panel {
	least := 0.0
	out := panel{
		ID: id, Type: p.Kind, Title: p.Title.In(lang), Description: p.Help.In(lang), GridPos: at, Datasource: from,
		FieldConfig: &fields{defaults{Unit: p.Unit, Min: &least}, []string{}},
	}
	if p.Kind == Lines {
		out.Options = &panelOptions{&legend{"table", "bottom", []string{"lastNotNull", "max"}}}
	}
	for i, e := range p.Exprs {
		t := target{RefID: string(rune('A' + i)), Expr: e.PromQL, LegendFormat: e.Legend, Datasource: from}
		if p.Kind != Lines {
			t.Instant = true
		}
		if p.Kind == Table {
			t.Format = "table"
		}
		out.Targets = append(out.Targets, t)
	}
	return out
}
