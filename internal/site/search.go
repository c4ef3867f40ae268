// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"regexp"
	"strings"
)

// A section is what the search finds: a part of a page below a heading.
type section struct {
	URL   string `json:"u"`
	Page  string `json:"p"`
	Title string `json:"t"`
	Text  string `json:"x"`
}

// joined matches the end of a line of Chinese that goes on in the next.
var joined = regexp.MustCompile(`([\p{Han}，。、；：）])\n`)

// searchIndex returns a script with all sections of a side, which the page loads
// when somebody wants to search. It is no JSON, so that it loads from a disk too.
func searchIndex(all []section) ([]byte, error) {
	for i := range all {
		all[i].Text = strings.Join(strings.Fields(joined.ReplaceAllString(all[i].Text, "$1")), " ")
	}
	text, err := json.Marshal(all)
	return append(append([]byte("window.tcpvitalsSections = "), text...), ";\n"...), err
}
