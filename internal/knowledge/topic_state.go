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
	case tcp.Established:
		return stateLinks{
			[]string{"send-receive-timeout", "keepalive-sysctl-enables", "rcvtimeo-closes", "CurrEstab", "EstabResets", "ES01", "ES02", "ES03", "ES04"},
			[]string{"established-reset", "retries2", "keepalive", "zero-window"},
		}
	case tcp.SynSent:
		return stateLinks{[]string{"full-queue-syn-recv", "ActiveOpens", "AttemptFails", "tcp_syn_retries", "SY05"}, []string{"syn-sent", "syn-sent-refused", "syn-retries"}}
	case tcp.SynRecv:
		return stateLinks{
			[]string{"syn-recv-flood-size", "max-syn-backlog", "syncookies-degrade", "SyncookiesSent", "tcp_syncookies", "tcp_synack_retries", "SY01", "SY04"},
			[]string{"syn-recv", "synack-retries", "defer-accept", "syncookies-1"},
		}
	case tcp.FinWait1:
		return stateLinks{[]string{"orphan-retries-default", "orphan-limit", "sockstat.TCP.orphan", "tcp_orphan_retries", "FW04", "FW05"}, []string{"fin-wait1", "fin-wait1-orphan-retries"}}
	case tcp.FinWait2:
		return stateLinks{[]string{"fin-wait2-full-sockets", "fin-timeout-larger", "sockstat.TCP.tw", "tcp_fin_timeout", "FW01", "FW02", "FW03"}, []string{"fin-wait1-fin-wait2", "fin-wait2-held", "fin-timeout-orphan"}}
	case tcp.TimeWait:
		return stateLinks{
			[]string{
				"many-time-wait", "why-time-wait", "why-two-msl", "who-is-in-time-wait", "time-wait-cost", "lost-last-ack", "four-settings",
				"TCPTimeWaitOverflow", "TWRecycled", "tcp_max_tw_buckets", "tcp_tw_reuse", "TW01", "TW02", "TW03",
			},
			[]string{"active-close", "time-wait-length", "lost-last-ack", "old-duplicate"},
		}
	default:
		return otherLinks(s)
	}
}

func otherLinks(s tcp.State) stateLinks {
	switch s {
	case tcp.Close:
		return stateLinks{[]string{"straight-to-closed", "sockstat.TCP.alloc", "BOUND", "UC01"}, []string{"linger-zero", "retries2"}}
	case tcp.CloseWait:
		return stateLinks{[]string{"close-wait-sysctl", "CurrEstab", "TCPSYNChallenge", "CW01", "CW02", "CW03"}, []string{"established-close-wait", "close-wait-sends"}}
	case tcp.LastAck:
		return stateLinks{[]string{"lost-last-ack", "lost-last-ack-without", "orphan-retries-default", "LA01"}, []string{"last-ack", "last-ack-repeats"}}
	case tcp.Listen:
		return stateLinks{
			[]string{"ListenOverflows", "ListenDrops", "SK_MEMINFO_DROPS", "somaxconn-128", "max-syn-backlog", "abort-on-overflow", "somaxconn", "AQ01", "AQ02", "AQ03"},
			[]string{"listen", "somaxconn", "accept-overflow-0"},
		}
	case tcp.Closing:
		return stateLinks{[]string{"who-is-in-time-wait", "FIN_WAIT1", "CL01"}, []string{"simultaneous-close", "fin-wait1-closing"}}
	case tcp.Bound:
		return stateLinks{[]string{"ephemeral-host-wide", "sockstat.TCP.alloc", "TW05"}, []string{"bound", "ports-bind"}}
	default:
		return stateLinks{}
	}
}
