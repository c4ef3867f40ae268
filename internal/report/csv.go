// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// A csvWriter writes records (RFC 4180) whose texts others may have chosen. They
// reach a terminal as visible characters, and a spreadsheet as text: what begins
// like a formula and is no number has an apostrophe before it (docs/json.md).
type csvWriter struct{ *csv.Writer }

func newCSV(w io.Writer) csvWriter { return csvWriter{csv.NewWriter(w)} }

// Write writes one record. It changes its cells.
func (c csvWriter) Write(record []string) error {
	for i, cell := range record {
		record[i] = inCSV(cell)
	}
	return c.Writer.Write(record)
}

// WriteAll writes records, and flushes.
func (c csvWriter) WriteAll(records [][]string) error {
	for _, record := range records {
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// csvName is a name of a column that is empty where there is none.
func csvName(name string) string {
	if name == "" {
		return ""
	}
	return visible.Word(name)
}

// formulaStarts are the characters with which spreadsheets begin a formula, and
// their full-width and small forms, which some treat alike.
const formulaStarts = "=+-@＝＋－＠﹦﹢﹣﹫"

func inCSV(cell string) string {
	cell = visible.Text(cell)
	if first, size := utf8.DecodeRuneInString(cell); size == len(cell) || !strings.ContainsRune(formulaStarts, first) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
