// SPDX-License-Identifier: Apache-2.0

package knowledge

// AskUnseen is [Index.Ask] as if nobody had asked these words before.
func (x *Index) AskUnseen(text string) []Hit { return x.ask(text, text) }

// A Part is what speaks for a topic as an answer, see [candidate].
type Part struct {
	Name  string
	Parts []float64
}

// PartsUnseen returns what speaks for each topic that words may be about, as if nobody had
// asked them before.
func (x *Index) PartsUnseen(words string) (all []Part) {
	for _, c := range x.candidates(words, mostMistyped, words) {
		all = append(all, Part{x.topics[c.topic].Name, c.parts[:]})
	}
	return all
}

// Weights returns what the parts count.
func Weights() []float64 {
	weights := partWeights()
	return weights[:]
}

// SameWords is the number of the part that tells that the very words were asked before.
const SameWords = partSame
