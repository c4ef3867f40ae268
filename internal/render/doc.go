// SPDX-License-Identifier: Apache-2.0

// Package render turns what tcpvitals knows into text for a terminal: the state
// diagram, a state's part of it, and the pages that explain things.
//
// The package is pure: it reads no kernel, no clock and no environment, and prints
// nothing. [Options] tell the width and whether to colour.
//
//	topic, _ := knowledge.NewIndex(knowledge.Topics()).Lookup("TIME_WAIT")
//	fmt.Print(render.Topic(topic, render.Options{Lang: knowledge.Chinese, Width: 100}))
package render

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// Options tell how to draw. The zero value draws English without colour, in
// box-drawing characters, for 80 columns.
type Options struct {
	Lang    knowledge.Lang // "" is English
	Width   int            // columns; 0 is 80
	ASCII   bool           // +-| instead of box-drawing characters
	Colour  bool           // ANSI bold and faint
	Sources bool           // only Topic: print the source below each statement
	Program string         // the name by which this program was called; "" is its usual name
}

// minWidth is the least width that is used; narrower terminals wrap lines.
const minWidth = 40

func (o Options) width() int {
	if o.Width == 0 {
		return 80
	}
	return max(o.Width, minWidth)
}

// style is how a text stands out if colour is on.
type style uint8

const (
	plain style = iota
	bold
	faint
)

// in returns text in style s.
func (o Options) in(s style, text string) string {
	if !o.Colour || s == plain || text == "" {
		return text
	}
	return sgr(s) + text + sgr(plain)
}

// sgr returns the ANSI sequence (ECMA-48 SGR) that switches to s.
func sgr(s style) string {
	switch s {
	case bold:
		return "\x1b[1m"
	case faint:
		return "\x1b[2m"
	default:
		return "\x1b[0m"
	}
}
