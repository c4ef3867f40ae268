// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"slices"
	"strings"
)

// A Proof is how a statement was verified.
type Proof string

// The proofs, the strongest first.
const (
	ProofLab      Proof = "lab"      // a scenario of the lab shows it on any kernel, at any time
	ProofMeasured Proof = "measured" // it was measured on Linux 6.18
	ProofRead     Proof = "read"     // it was read: kernel source, a commit, a document, an RFC
)

// labSource begins a source that is a scenario of the lab.
const labSource = "lab: "

// Proofs returns how the statement was verified, the strongest proof first. It
// is empty when a part of the source is not of a known form; a test sees to it
// that no statement is like that.
func (s Statement) Proofs() []Proof {
	var found []Proof
	for part := range strings.SplitSeq(s.Source, "; ") {
		proof := proofOf(part)
		if proof == "" {
			return nil
		}
		found = append(found, proof)
	}
	var ordered []Proof
	for _, proof := range []Proof{ProofLab, ProofMeasured, ProofRead} {
		if slices.Contains(found, proof) {
			ordered = append(ordered, proof)
		}
	}
	return ordered
}

// Scenarios returns the scenarios of the lab that the source names.
func (s Statement) Scenarios() []string {
	var names []string
	for part := range strings.SplitSeq(s.Source, "; ") {
		if name, ok := strings.CutPrefix(part, labSource); ok {
			names = append(names, name)
		}
	}
	return names
}

func proofOf(part string) Proof {
	switch {
	case strings.HasPrefix(part, labSource):
		return ProofLab
	case strings.HasPrefix(part, measured), strings.HasPrefix(part, "slab"):
		return ProofMeasured
	}
	for _, place := range []string{
		"RFC ", "net/", "include/", "fs/", "kernel/", "drivers/", "commit ", "Documentation/", "iproute2 ", "https://", "Little's law",
	} {
		if strings.HasPrefix(part, place) {
			return ProofRead
		}
	}
	if manual, _, _ := strings.Cut(part, " "); manualPage(manual) {
		return ProofRead
	}
	return ""
}

// manualPage reports whether a word is the name of a manual page: tcp(7).
func manualPage(word string) bool {
	name, ok := strings.CutSuffix(word, ")")
	i := strings.LastIndexByte(name, '(')
	return ok && i > 0 && i == len(name)-2 && name[i+1] >= '1' && name[i+1] <= '8'
}
