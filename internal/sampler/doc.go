// SPDX-License-Identifier: Apache-2.0

// Package sampler looks again and again: it has the only ticker of the program.
//
// A tick is one pass; out of it comes a [Sample], in which nothing is changed
// any more. Who looks reads the newest and may miss some; who keeps is a [Sink]
// and gets every one, in order. A pass that is too slow skips ticks, and never
// lets them queue up; one that costs more than its share of the time stretches
// the interval, so that a tool that finds overload is not the cause of it. Where a
// part can be looked at ([Sampler.Between]), that is done at the ticks between. All
// of this is said in the sample.
package sampler
