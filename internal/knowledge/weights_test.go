// SPDX-License-Identifier: Apache-2.0

package knowledge_test

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

var fit = flag.Bool("fit", false, "find the weights of a search that fit best to what was asked")

// A choice is a query with the pages that a search has to choose from.
type choice struct {
	parts [][]float64
	right []bool
}

// TestWeights fits the weights of a search to the queries of search_asked.txt, each asked
// as if it were not there, and prints them to be put into partWeights. It is a trial of
// its own, as it takes a minute: go test ./internal/knowledge -run TestWeights -v -fit.
func TestWeights(t *testing.T) {
	if !*fit {
		t.Skip("only when asked for, with -fit")
	}
	const rounds, gravity = 300, 0.0003
	all := choices(t, everything())
	weights := knowledge.Weights()
	slope, square := make([]float64, len(weights)), make([]float64, len(weights)) // as Adam remembers them
	for round := 1; round <= rounds; round++ {
		loss, gradient := slopeOf(all, weights)
		for i := range weights {
			if i == knowledge.SameWords {
				continue // none is asked with its own words here
			}
			g := gradient[i] + gravity*weights[i]
			slope[i] = 0.9*slope[i] + 0.1*g
			square[i] = 0.99*square[i] + 0.01*g*g
			first, second := slope[i]/(1-math.Pow(0.9, float64(round))), square[i]/(1-math.Pow(0.99, float64(round)))
			weights[i] -= 0.03 * first / (math.Sqrt(second) + 1e-8)
		}
		if round%50 == 0 {
			t.Logf("after %d rounds the loss is %.4f", round, loss)
		}
	}
	var text strings.Builder
	for _, weight := range weights {
		fmt.Fprintf(&text, "%.2f ", weight)
	}
	t.Log("in the order of the parts: ", text.String())
}

func choices(t *testing.T, x *knowledge.Index) (all []choice) {
	for _, q := range queries(t) {
		var one choice
		for _, part := range x.PartsUnseen(q.words) {
			one.parts = append(one.parts, part.Parts)
			one.right = append(one.right, slices.Contains(q.pages, part.Name))
		}
		if slices.Contains(one.right, true) && slices.Contains(one.right, false) {
			all = append(all, one)
		}
	}
	return all
}

// slopeOf is how unlikely weights make the right choices, and how that grows with each.
func slopeOf(all []choice, weights []float64) (loss float64, gradient []float64) {
	gradient = make([]float64, len(weights))
	for _, one := range all {
		odds := make([]float64, len(one.parts))
		highest := math.Inf(-1)
		for i, parts := range one.parts {
			for k, part := range parts {
				odds[i] += weights[k] * part
			}
			highest = max(highest, odds[i])
		}
		sum, right := 0.0, 0.0
		for i := range odds {
			odds[i] = math.Exp(odds[i] - highest)
			sum += odds[i]
			if one.right[i] {
				right += odds[i]
			}
		}
		loss -= math.Log(right/sum) / float64(len(all))
		for i, parts := range one.parts {
			wrong := odds[i] / sum
			if one.right[i] {
				wrong -= odds[i] / right
			}
			for k, part := range parts {
				gradient[k] += wrong * part / float64(len(all))
			}
		}
	}
	return loss, gradient
}
