// SPDX-License-Identifier: Apache-2.0

package knowledge

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// StateTopics returns a topic for each state: its card, with links.
func StateTopics() []Topic {
	var topics []Topic
	for s := range tcp.AllStates.All() {
		topics = append(topics, stateTopic(StateCardOf(s)))
	}
	return topics
}

func stateTopic(card StateCard) Topic {
	links := linksOf(card.State)
	return Topic{
		Kind:     KindState,
		Name:     card.State.String(),
		Title:    card.Summary,
		Sections: card.Sections(),
		See:      links.see,
		Prove:    links.prove,
		Read:     card.RFC,
	}
}

// stateLinks lead on from a state.
type stateLinks struct{ see, prove []string }

func linksOf(s tcp.State) stateLinks {
	switch s {
	default:
		return stateLinks{}
	}
}
