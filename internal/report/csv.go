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

// A csvWriter writes records (RFC 4180) with texts that others may have chosen.
// Invisible characters become visible. A text that begins like a formula, and is not
// a number, gets an apostrophe in front, so that a spreadsheet takes it as text
// (docs/json.md).
type csvWriter struct{ *csv.Writer }

func newCSV(w io.Writer) csvWriter { return csvWriter{csv.NewWriter(w)} }

// Write writes one record. It changes the record's cells.
func (c csvWriter) Write(record []string) error {
	for i, cell := range record {
		record[i] = inCSV(cell)
	}
	return c.Writer.Write(record)
}

// WriteAll writes records and flushes.
func (c csvWriter) WriteAll(records [][]string) error {
	for _, record := range records {
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// csvName returns a name for a column that is empty if there is none.
func csvName(name string) string {
	if name == "" {
		return ""
	}
	return visible.Word(name)
}

// formulaStarts are the characters with which formulas begin in spreadsheets, with
// their full-width and small forms, which some spreadsheets treat alike.
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
